using NodaTime;
using Verdigris.Passport.Pages;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Certificates.Pages;

/// <summary>A certificate as it is typed: texts only, so that the page can show exactly what was entered beside what is wrong with it. A part of which nothing was sent comes as null and is empty.</summary>
public sealed class CertificateForm
{
    public string? ExchangeBrandCode { get; set; }
    public string? CountryOfOrigin { get; set; }
    public string? Shape { get; set; }
    public string? HeatNumbers { get; set; }
    public string? BatchNo { get; set; }
    public string? ProductionDate { get; set; }
    public string? AnalysisDate { get; set; }
    public string? IssueDate { get; set; }
    public string? Pieces { get; set; }
    public string? Bundles { get; set; }
    public string? GrossKg { get; set; }
    public string? NetKg { get; set; }
    public string? SpecRef { get; set; }
    public string? CustomsCode { get; set; }
    public string? SourceRef { get; set; }
    public LabForm Lab { get; set => field = value ?? new(); } = new();
    public List<ResultForm> Results { get; set => field = value ?? []; } = [];
    public List<BundleForm> BundleList { get; set => field = value ?? []; } = [];
    public string? Reason { get; set; }

    public sealed class LabForm
    {
        public string? Name { get; set; }
        public string? AccreditationNo { get; set; }
        public string? ValidTo { get; set; }
    }

    public sealed class ResultForm
    {
        public string? Element { get; set; }
        public string? Value { get; set; }
        public string? Qualifier { get; set; }
        public string? Unit { get; set; }
        public string? Method { get; set; }
        public string? Uncertainty { get; set; }
        internal bool Empty => string.IsNullOrWhiteSpace(Value) && string.IsNullOrWhiteSpace(Uncertainty);
    }

    public sealed class BundleForm
    {
        public string? BundleNo { get; set; }
        public string? Pieces { get; set; }
        public string? NetKg { get; set; }
        public string? SealNo { get; set; }
        internal bool Empty => string.IsNullOrWhiteSpace(BundleNo) && string.IsNullOrWhiteSpace(Pieces) && string.IsNullOrWhiteSpace(NetKg) && string.IsNullOrWhiteSpace(SealNo);
    }

    /// <summary>
    /// The content meant, or what cannot be read. Rows left empty are left out; an element without a value was not analysed and is not written down
    /// as zero. <see cref="Typed"/> leads refusals back to the rows on the page.
    /// </summary>
    public Answer<CertificateContent> Read()
    {
        var read = new FormText();
        var results = new List<AnalysisResult>();
        foreach (var (row, i) in EntryRows.Filled(Results, r => r.Empty))
        {
            var element = read.Text(row.Element, $"results[{i}].element", 2);
            var value = read.Decimal(row.Value, $"results[{i}].value");
            var uncertainty = read.Decimal(row.Uncertainty, $"results[{i}].uncertainty", required: false);
            if (element is not null && value is { } v)
                results.Add(new(element, v, row.Unit == "ppm" ? ContentUnit.Ppm : ContentUnit.PercentByMass, Blank(row.Method), row.Qualifier == "<" ? Qualifier.Below : Qualifier.Equal, uncertainty));
        }
        var bundles = new List<Bundle>();
        foreach (var (row, i) in EntryRows.Filled(BundleList, b => b.Empty))
        {
            var number = read.Text(row.BundleNo, $"bundleList[{i}].bundleNo", 40);
            var pieces = read.Whole(row.Pieces, $"bundleList[{i}].pieces", 1);
            var net = read.Decimal(row.NetKg, $"bundleList[{i}].netKg");
            if (number is not null && pieces is { } p && net is { } n) bundles.Add(new(number, p, n, Blank(row.SealNo)));
        }
        var lab = Blank(Lab.Name) is null && Blank(Lab.AccreditationNo) is null
            ? null
            : new LabAccreditation(read.Text(Lab.Name, "lab.name", 64) ?? "", read.Text(Lab.AccreditationNo, "lab.accreditationNo", 64) ?? "", read.Date(Lab.ValidTo, "lab.validTo", required: false));
        var content = new CertificateContent
        {
            ExchangeBrandCode = read.Text(ExchangeBrandCode, "exchangeBrandCode", 10) ?? "",
            CountryOfOrigin = read.Text(CountryOfOrigin, "countryOfOrigin", 2)?.ToUpperInvariant() ?? "",
            Shape = read.Text(Shape, "shape", 40) ?? "",
            HeatNumbers = Wording.Split(HeatNumbers),
            BatchNo = Blank(BatchNo),
            ProductionDate = read.Date(ProductionDate, "productionDate") ?? default,
            AnalysisDate = read.Date(AnalysisDate, "analysisDate") ?? default,
            IssueDate = read.Date(IssueDate, "issueDate") ?? default,
            Pieces = read.Whole(Pieces, "pieces", 1) ?? 0,
            Bundles = read.Whole(Bundles, "bundles", 1) ?? 0,
            GrossKg = read.Decimal(GrossKg, "grossKg") ?? 0,
            NetKg = read.Decimal(NetKg, "netKg") ?? 0,
            SpecRef = read.Text(SpecRef, "specRef", 80) ?? "",
            CustomsCode = Blank(CustomsCode),
            SourceRef = Blank(SourceRef),
            Lab = lab,
            Results = results,
            BundleList = bundles,
            IssuerKind = IssuerKind.Producer,
        };
        return read.Ok ? content : read.Refusals;
    }

    /// <summary>Refusals with the numbers of rows as they stand on the page, where empty rows are counted too.</summary>
    public IReadOnlyList<Refusal> Typed(IReadOnlyList<Refusal> refusals)
    {
        return [.. refusals.Select(r => r.Field switch
        {
            { } f when f.StartsWith("results[", StringComparison.Ordinal) => r with { Field = EntryRows.AsTyped(f, Results, x => x.Empty) },
            { } f when f.StartsWith("bundleList[", StringComparison.Ordinal) => r with { Field = EntryRows.AsTyped(f, BundleList, x => x.Empty) },
            { } f when f.StartsWith("heatNumbers[", StringComparison.Ordinal) => r with { Field = "heatNumbers" },
            _ => r,
        })];
    }

    public static CertificateForm Of(CertificateContent c) => new()
    {
        ExchangeBrandCode = c.ExchangeBrandCode,
        CountryOfOrigin = c.CountryOfOrigin,
        Shape = c.Shape,
        HeatNumbers = string.Join(", ", c.HeatNumbers),
        BatchNo = c.BatchNo,
        ProductionDate = Verdigris.Web.Show.Iso(c.ProductionDate),
        AnalysisDate = Verdigris.Web.Show.Iso(c.AnalysisDate),
        IssueDate = Verdigris.Web.Show.Iso(c.IssueDate),
        Pieces = Wording.Text(c.Pieces),
        Bundles = Wording.Text(c.Bundles),
        GrossKg = Wording.Text(c.GrossKg),
        NetKg = Wording.Text(c.NetKg),
        SpecRef = c.SpecRef,
        CustomsCode = c.CustomsCode,
        SourceRef = c.SourceRef,
        Lab = new() { Name = c.Lab?.Name, AccreditationNo = c.Lab?.AccreditationNo, ValidTo = c.Lab?.ValidTo is { } to ? Verdigris.Web.Show.Iso(to) : null },
        Results = [.. c.Results.Select(r => new ResultForm { Element = r.Element, Value = Wording.Text(r.Value), Qualifier = r.Qualifier == Certificates.Qualifier.Below ? "<" : "=", Unit = r.Unit == ContentUnit.Ppm ? "ppm" : "%", Method = r.Method, Uncertainty = r.Uncertainty is { } u ? Wording.Text(u) : null })],
        BundleList = [.. c.BundleList.Select(b => new BundleForm { BundleNo = b.BundleNo, Pieces = Wording.Text(b.Pieces), NetKg = Wording.Text(b.NetKg), SealNo = b.SealNo })],
    };

    static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
