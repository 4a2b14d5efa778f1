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
    public FiguresForm Values { get; set; } = new();

    public sealed class FiguresForm
    {
        public string? DirectTco2ePerT { get; set; }
        public string? IndirectTco2ePerT { get; set; }
        public string? Scope3Tco2ePerT { get; set; }
        public string? ElectricityTco2ePerMwh { get; set; }
        public string? ElectricitySource { get; set; }
        public string? ScrapSharePct { get; set; }
        public string? BoundaryNote { get; set; }
    }

    /// <param name="kept">Precursors of an earlier entry; this form does not show them and must not lose them.</param>
    public EmissionsValues? ReadValues(FormText read, IReadOnlyList<Precursor>? kept = null)
    {
        var v = Values;
        var direct = read.Decimal(v.DirectTco2ePerT, "values.directTco2ePerT", 0, 999_999, 4);
        var indirect = read.Decimal(v.IndirectTco2ePerT, "values.indirectTco2ePerT", 0, 999_999, 4);
        var scope3 = read.Decimal(v.Scope3Tco2ePerT, "values.scope3Tco2ePerT", 0, 999_999, 4, required: false);
        var electricity = read.Decimal(v.ElectricityTco2ePerMwh, "values.electricityTco2ePerMwh", 0, 999_999, 4, required: false);
        var source = read.Text(v.ElectricitySource, "values.electricitySource", 64, required: false);
        var scrap = read.Decimal(v.ScrapSharePct, "values.scrapSharePct", 0, 100, 3, required: false);
        var note = read.Text(v.BoundaryNote, "values.boundaryNote", 2000, required: false);
        return direct is { } d && indirect is { } i ? new EmissionsValues(d, i, scope3, electricity, source, scrap, kept ?? [], note) : null;
    }

    public Answer<NewSubmission> Read()
    {
        var read = new FormText();
        var brand = read.Text(BrandCode, "brandCode", 10);
        var year = read.Whole(ReportYear, "reportYear", 2000, 2100);
        var method = read.Choice(Method, "method", ["Cbam", "Iai", "Epd"]);
        var verification = read.Choice(Verification, "verification", ["None", "Limited", "Reasonable"]);
        var verifier = read.Id(VerifierId, "verifierId", required: verification is not (null or "None"));
        var values = ReadValues(read);
        if (!read.Ok) return read.Refusals;
        return new NewSubmission(brand!, year!.Value, Enum.Parse<EmissionsMethod>(method!), values!, Enum.Parse<VerificationStatus>(verification!), verifier, PublicOptIn);
    }

    public static FiguresForm Of(EmissionsValues v) => new()
    {
        DirectTco2ePerT = Wording.Text(v.DirectTco2ePerT),
        IndirectTco2ePerT = Wording.Text(v.IndirectTco2ePerT),
        Scope3Tco2ePerT = Text(v.Scope3Tco2ePerT),
        ElectricityTco2ePerMwh = Text(v.ElectricityTco2ePerMwh),
        ElectricitySource = v.ElectricitySource,
        ScrapSharePct = Text(v.ScrapSharePct),
        BoundaryNote = v.BoundaryNote,
    };

    static string? Text(decimal? value) => value is { } v ? Wording.Text(v) : null;
}
