using Verdigris.Passport.Pages;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Emissions.Pages;

/// <summary>The yearly form as it is typed. Figures in tCO2e a tonne of metal; what is left empty is not stated, never zero.</summary>
public sealed class EmissionsForm
{
    public string? BrandCode { get; set; }
    public string? ReportYear { get; set; }
    public string? Method { get; set; }
    public string? Verification { get; set; }
    public string? VerifierId { get; set; }
    public bool PublicOptIn { get; set; }
    public string? CorrectionReason { get; set; }
    public FiguresForm Values { get; set => field = value ?? new(); } = new();

    public sealed class FiguresForm
    {
        public string? DirectTco2ePerT { get; set; }
        public string? IndirectTco2ePerT { get; set; }
        public string? Scope3Tco2ePerT { get; set; }
        public string? ElectricityTco2ePerMwh { get; set; }
        public string? ElectricitySource { get; set; }
        public string? ScrapSharePct { get; set; }
        public string? BoundaryNote { get; set; }
        public List<PrecursorForm> Precursors { get; set => field = value ?? []; } = [];

        /// <summary>Empty rows to write into.</summary>
        public void AddRows(int count) => Precursors.AddRange(Enumerable.Range(0, count).Select(_ => new PrecursorForm()));
    }

    public sealed class PrecursorForm
    {
        public string? Name { get; set; }
        public string? TonnesPerTonne { get; set; }
        public string? DirectTco2ePerT { get; set; }
        public string? IndirectTco2ePerT { get; set; }

        internal bool Empty => string.IsNullOrWhiteSpace(Name + TonnesPerTonne + DirectTco2ePerT + IndirectTco2ePerT);
    }

    public EmissionsValues? ReadValues(FormText read)
    {
        var v = Values;
        var direct = Figure(v.DirectTco2ePerT, "directTco2ePerT");
        var indirect = Figure(v.IndirectTco2ePerT, "indirectTco2ePerT");
        var scope3 = Figure(v.Scope3Tco2ePerT, "scope3Tco2ePerT", required: false);
        var electricity = Figure(v.ElectricityTco2ePerMwh, "electricityTco2ePerMwh", required: false);
        var source = read.Text(v.ElectricitySource, "values.electricitySource", 64, required: false);
        var scrap = read.Decimal(v.ScrapSharePct, "values.scrapSharePct", 0, 100, 3, required: false);
        var note = read.Text(v.BoundaryNote, "values.boundaryNote", 2000, required: false);
        var precursors = new List<Precursor>();
        foreach (var (row, i) in EntryRows.Filled(v.Precursors, r => r.Empty))
        {
            var name = read.Text(row.Name, $"values.precursors[{i}].name", 64);
            var tonnes = Figure(row.TonnesPerTonne, $"precursors[{i}].tonnesPerTonne");
            var own = Figure(row.DirectTco2ePerT, $"precursors[{i}].directTco2ePerT");
            var bought = Figure(row.IndirectTco2ePerT, $"precursors[{i}].indirectTco2ePerT");
            if (name is not null && tonnes is { } t && own is { } d1 && bought is { } i1) precursors.Add(new(name, t, d1, i1));
        }
        return direct is { } d && indirect is { } ind ? new EmissionsValues(d, ind, scope3, electricity, source, scrap, precursors, note) : null;

        decimal? Figure(string? given, string field, bool required = true) => read.Decimal(given, "values." + field, 0, 999_999, 4, required);
    }

    /// <summary>Refusals with the numbers of precursors as they stand on the page, where empty rows are counted too.</summary>
    public IReadOnlyList<Refusal> Typed(IReadOnlyList<Refusal> refusals) =>
        [.. refusals.Select(r => r.Field is { } f && f.StartsWith("values.precursors[", StringComparison.Ordinal) ? r with { Field = EntryRows.AsTyped(f, Values.Precursors, x => x.Empty) } : r)];

    public Answer<NewSubmission> Read()
    {
        var read = new FormText();
        var brand = read.Text(BrandCode, "brandCode", 10);
        var year = read.Whole(ReportYear, "reportYear", 2000, 2100);
        var method = read.Choice(Method, "method", ["Cbam", "Iai", "Epd"]);
        var verification = read.Choice(Verification, "verification", ["None", "Limited", "Reasonable"]);
        var verifier = read.Id(VerifierId, "verifierId", required: verification is not (null or "None"));
        var values = ReadValues(read);
        var reason = read.Text(CorrectionReason, "correctionReason", 2000, required: false);
        if (!read.Ok) return read.Refusals;
        return new NewSubmission(brand!, year!.Value, Enum.Parse<EmissionsMethod>(method!), values!, Enum.Parse<VerificationStatus>(verification!), verifier, PublicOptIn, CorrectionReason: reason);
    }

    /// <summary>The form of a submission that is to be corrected. Verification is not carried over: it was of other figures.</summary>
    public static EmissionsForm Correcting(SubmissionView known) => new()
    {
        BrandCode = known.Submission.BrandCode,
        ReportYear = Wording.Text(known.Submission.ReportYear),
        Method = known.Submission.Method.ToString(),
        VerifierId = known.Submission.VerifierId?.ToString(),
        PublicOptIn = known.Submission.PublicOptIn,
        Values = Of(known.Values),
    };

    public static FiguresForm Of(EmissionsValues v) => new()
    {
        DirectTco2ePerT = Wording.Text(v.DirectTco2ePerT),
        IndirectTco2ePerT = Wording.Text(v.IndirectTco2ePerT),
        Scope3Tco2ePerT = Text(v.Scope3Tco2ePerT),
        ElectricityTco2ePerMwh = Text(v.ElectricityTco2ePerMwh),
        ElectricitySource = v.ElectricitySource,
        ScrapSharePct = Text(v.ScrapSharePct),
        BoundaryNote = v.BoundaryNote,
        Precursors =
        [
            .. (v.Precursors ?? []).Select(p => new PrecursorForm
            {
                Name = p.Name,
                TonnesPerTonne = Wording.Text(p.TonnesPerTonne),
                DirectTco2ePerT = Wording.Text(p.DirectTco2ePerT),
                IndirectTco2ePerT = Wording.Text(p.IndirectTco2ePerT),
            }),
        ],
    };

    static string? Text(decimal? value) => value is { } v ? Wording.Text(v) : null;
}
