using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Passport.Emissions;

/// <summary>How the figures were reckoned. CBAM counts direct and indirect within the border measure's boundary; IAI the industry's cradle-to-gate footprint; EPD a product declaration.</summary>
public enum EmissionsMethod { Cbam, Iai, Epd }

public enum VerificationStatus { None, Limited, Reasonable }

/// <summary>Numbers are stored and never change.</summary>
public enum SubmissionState : short { Draft = 0, Submitted = 1, Returned = 2, Accepted = 3, Superseded = 4 }

public enum SubmissionEvent { Submit, Return, Accept, Supersede }

/// <summary>A material whose own emissions are counted in.</summary>
/// <param name="TonnesPerTonne">Tonnes of it in a tonne of the metal.</param>
public sealed record Precursor(string Name, decimal TonnesPerTonne, decimal DirectTco2ePerT, decimal IndirectTco2ePerT);

/// <summary>
/// The figures, in tonnes CO2e a tonne of metal with at most four decimals. Scope 3 is voluntary: null is "not stated", never zero.
/// </summary>
public sealed record EmissionsValues(
    decimal DirectTco2ePerT, decimal IndirectTco2ePerT, decimal? Scope3Tco2ePerT = null,
    decimal? ElectricityTco2ePerMwh = null, string? ElectricitySource = null, decimal? ScrapSharePct = null,
    IReadOnlyList<Precursor>? Precursors = null, string? BoundaryNote = null)
{
    /// <summary>
    /// SHA-256 over salt and values. The salt keeps four-decimal numbers from being found by trying; it stands beside the values, so whoever once saw
    /// them can prove later what they were.
    /// </summary>
    public string Commitment(ReadOnlySpan<byte> salt)
    {
        var text = new StringBuilder();
        Add(DirectTco2ePerT); Add(IndirectTco2ePerT); Add(Scope3Tco2ePerT); Add(ElectricityTco2ePerMwh);
        text.Append(ElectricitySource?.Length ?? -1).Append(':').Append(ElectricitySource).Append('|');
        Add(ScrapSharePct);
        foreach (var p in Precursors ?? []) { text.Append(p.Name.Length).Append(':').Append(p.Name).Append('|'); Add(p.TonnesPerTonne); Add(p.DirectTco2ePerT); Add(p.IndirectTco2ePerT); }
        var words = Encoding.UTF8.GetBytes(text.ToString());
        Span<byte> input = new byte[salt.Length + words.Length];
        salt.CopyTo(input);
        words.CopyTo(input[salt.Length..]);
        return Convert.ToHexStringLower(SHA256.HashData(input));

        void Add(decimal? value) => text.Append(value is { } v ? DecimalText.Trim(v).ToString(CultureInfo.InvariantCulture) : "-").Append('|');
    }
}

/// <summary>What a producer enters: one brand, one year, one method.</summary>
/// <param name="CorrectionReason">Why figures that were accepted before are entered again; needed exactly there.</param>
public sealed record NewSubmission(string BrandCode, int ReportYear, EmissionsMethod Method, EmissionsValues Values, VerificationStatus Verification = VerificationStatus.None,
    Guid? VerifierId = null, bool PublicOptIn = false, string? FormSha256 = null, string? CorrectionReason = null);

/// <summary>The verified report a submission's figures are from; only the room that keeps reports says so.</summary>
/// <param name="FiguresSha256">Over the report's plan, data and figures.</param>
public sealed record SubmissionSource(Guid ReportId, int Version, string FiguresSha256);

/// <summary>Everything of a submission but the figures.</summary>
public sealed record Submission(Guid Id, string BrandCode, Guid PlantId, Guid ProducerId, int ReportYear, EmissionsMethod Method, SubmissionState State, VerificationStatus Verification,
    Guid? VerifierId, bool PublicOptIn, string? FormSha256, string? Reason, string? CorrectionReason, Instant CreatedAt, Instant? SubmittedAt, Instant? DecidedAt, int RowVersion,
    SubmissionSource? Source = null);

/// <summary>States, input rules and the verification duty. Pure.</summary>
public static class SubmissionRules
{
    public const int MostPrecursors = 40;
    const int LongestReason = 2000;

    public static StateTable<SubmissionState, SubmissionEvent> Table { get; } = new(Refusal.Conflict("emissions.state-forbids", "state"),
    [
        (SubmissionState.Draft, SubmissionEvent.Submit, SubmissionState.Submitted),
        (SubmissionState.Returned, SubmissionEvent.Submit, SubmissionState.Submitted),
        (SubmissionState.Submitted, SubmissionEvent.Return, SubmissionState.Returned),
        (SubmissionState.Submitted, SubmissionEvent.Accept, SubmissionState.Accepted),
        (SubmissionState.Accepted, SubmissionEvent.Supersede, SubmissionState.Superseded),
    ]);

    /// <param name="thisYear">A year can be reported once it has begun.</param>
    public static List<Refusal> Check(NewSubmission s, int thisYear)
    {
        var wrong = new List<Refusal>();
        if (s.ReportYear < 2000 || s.ReportYear > thisYear) wrong.Add(Refusal.Of("emissions.year-out-of-range", "reportYear", ("given", Number(s.ReportYear)), ("latest", Number(thisYear))));
        if (s.Values is not { } v)
        {
            wrong.Add(Refusal.Of("emissions.values-missing", "values"));
            return wrong;
        }
        Value(v.DirectTco2ePerT, "values.directTco2ePerT", wrong);
        Value(v.IndirectTco2ePerT, "values.indirectTco2ePerT", wrong);
        Value(v.Scope3Tco2ePerT, "values.scope3Tco2ePerT", wrong);
        Value(v.ElectricityTco2ePerMwh, "values.electricityTco2ePerMwh", wrong);
        if (v.ElectricityTco2ePerMwh is not null && !CertificateRules.IsText(v.ElectricitySource)) wrong.Add(Refusal.Of("emissions.electricity-without-source", "values.electricitySource"));
        if (v.ScrapSharePct is < 0 or > 100) wrong.Add(Refusal.Of("emissions.share-out-of-range", "values.scrapSharePct"));
        if (v.Precursors?.Count > MostPrecursors) wrong.Add(Refusal.Of("emissions.precursors-too-many", "values.precursors", ("limit", Number(MostPrecursors))));
        for (var i = 0; i < Math.Min(v.Precursors?.Count ?? 0, MostPrecursors); i++)
        {
            if (v.Precursors![i] is not { } p)
            {
                wrong.Add(Refusal.Of("emissions.precursor-invalid", $"values.precursors[{i}]"));
                continue;
            }
            if (!CertificateRules.IsText(p.Name)) wrong.Add(Refusal.Of("emissions.precursor-invalid", $"values.precursors[{i}].name"));
            Value(p.TonnesPerTonne, $"values.precursors[{i}].tonnesPerTonne", wrong);
            Value(p.DirectTco2ePerT, $"values.precursors[{i}].directTco2ePerT", wrong);
            Value(p.IndirectTco2ePerT, $"values.precursors[{i}].indirectTco2ePerT", wrong);
        }
        if (s.Verification != VerificationStatus.None && s.VerifierId is null) wrong.Add(Refusal.Of("emissions.verifier-missing", "verifierId"));
        if (s.CorrectionReason is { Length: 0 or > LongestReason }) wrong.Add(Refusal.Of("emissions.correction-reason-length", "correctionReason", ("limit", Number(LongestReason))));
        if (s.FormSha256 is not null && !CertificateRules.IsSha256(s.FormSha256)) wrong.Add(Refusal.Of("emissions.hash-invalid", "formSha256"));
        return wrong;
    }

    /// <summary>A submission due on a deadline at or after the day the duty begins must be verified. Null: no duty for this one.</summary>
    public static Refusal? VerificationDuty(VerificationStatus status, LocalDate deadline, LocalDate requiredFromDeadline, string rule) =>
        status == VerificationStatus.None && deadline >= requiredFromDeadline
            ? Refusal.Of("emissions.verification-required", "verification", ("from", requiredFromDeadline.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture))) with { Rule = rule }
            : null;

    static void Value(decimal? value, string field, List<Refusal> wrong)
    {
        if (value is not { } v) return;
        if (v < 0 || v >= 1_000_000) wrong.Add(Refusal.Of("emissions.value-out-of-range", field, ("given", v.ToString(CultureInfo.InvariantCulture))));
        else if (DecimalText.Trim(v).Scale > 4) wrong.Add(Refusal.Of("emissions.value-too-precise", field, ("given", v.ToString(CultureInfo.InvariantCulture)), ("decimals", "4")));
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The words the interface and the tables use.</summary>
public static class EmissionsWords
{
    public static string Of(EmissionsMethod method) => method switch { EmissionsMethod.Cbam => "CBAM", EmissionsMethod.Iai => "IAI", _ => "EPD" };
    public static EmissionsMethod Method(string word) => word switch { "CBAM" => EmissionsMethod.Cbam, "IAI" => EmissionsMethod.Iai, "EPD" => EmissionsMethod.Epd, _ => throw new ArgumentOutOfRangeException(nameof(word), word, null) };
    public static string Of(VerificationStatus status) => status.ToString().ToLowerInvariant();
    public static VerificationStatus Verification(string word) => Enum.Parse<VerificationStatus>(word, ignoreCase: true);
}
