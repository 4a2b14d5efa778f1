using System.Globalization;
using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;

namespace Verdigris.Passport.Certificates;

/// <summary>An edition a contract accepts, with the elements it lists (those an analysis must state).</summary>
/// <param name="SpecRef">Id of the edition, as a certificate keeps it.</param>
/// <param name="Names">Other names it may be called by: standard and grade, aliases, the contract's wording.</param>
public sealed record EditionFacts(string SpecRef, IReadOnlyList<string> Names, IReadOnlyList<string> LimitedElements)
{
    public bool IsCalled(string name)
    {
        if (name == SpecRef) return true;
        foreach (var other in Names) if (other == name) return true;
        return false;
    }
}

/// <summary>What the rules need to know beside the certificate itself; gathered once and good for a whole import.</summary>
/// <param name="Brand">Null where no brand of the producer has the code.</param>
/// <param name="Editions">The editions the brand's contract accepts.</param>
/// <param name="Today">Day in UTC; nothing may be dated after it.</param>
/// <param name="FromPaper">Typed off paper by two people; only such a certificate may name another issuer than the producer.</param>
public sealed record CertificateFacts(BrandFacts? Brand, IReadOnlyList<EditionFacts> Editions, LocalDate Today, bool FromPaper = false);

/// <summary>
/// Every rule a certificate must meet before it exists, in documented order; each refusal names the field's path and, where there is one, the
/// right value. Pure; allocates only for what is wrong.
/// </summary>
public static class CertificateRules
{
    public const decimal LargestKg = 999_999_999.999m;
    public const int LongestText = 64;
    const string Rule = "certificate of analysis, field table";

    public static List<Refusal> Check(CertificateContent c, CertificateFacts facts)
    {
        var wrong = new List<Refusal>(0);
        CheckBrand(c, facts, wrong);
        CheckOrigin(c, facts.Brand, wrong);
        CheckHeats(c, wrong);
        CheckDates(c, facts.Today, wrong);
        CheckQuantities(c, wrong);
        CheckBundles(c, wrong);
        CheckResults(c, facts, wrong);
        CheckIssuer(c, facts, wrong);
        return wrong;
    }

    /// <summary>What is worth a word but stops nothing: expired accreditation, analysis without a laboratory named.</summary>
    public static List<Refusal> Warnings(CertificateContent c)
    {
        var noted = new List<Refusal>(0);
        if (c.Lab is null) noted.Add(Refusal.Of("certificate.lab-missing", "lab"));
        else if (c.Lab.ValidTo is { } to && to < c.AnalysisDate)
            noted.Add(Refusal.Of("certificate.lab-expired", "lab.validTo", ("validTo", Iso(to)), ("analysisDate", Iso(c.AnalysisDate))));
        return noted;
    }

    static void CheckBrand(CertificateContent c, CertificateFacts facts, List<Refusal> wrong)
    {
        if (string.IsNullOrWhiteSpace(c.ExchangeBrandCode)) { Add(wrong, "certificate.brand-missing", "exchangeBrandCode"); return; }
        if (facts.Brand is not { } brand) { Add(wrong, "certificate.brand-unknown", "exchangeBrandCode", ("given", c.ExchangeBrandCode)); return; }
        if (brand.StateOn(c.ProductionDate) is not (ListingState.Listed or ListingState.Suspended))
            Add(wrong, "certificate.brand-not-listed", "exchangeBrandCode", ("brand", brand.Code), ("date", Iso(c.ProductionDate)));
        if (c.PlantId is { } plant && plant != brand.PlantId)
            Add(wrong, "certificate.plant-not-of-brand", "plantId", ("given", plant.ToString()), ("expected", brand.PlantId.ToString()));
        if (c.Metal is { } metal && metal != brand.Metal)
            Add(wrong, "certificate.metal-not-of-brand", "metal", ("given", metal), ("expected", brand.Metal));
        if (c.ContractCode is { } contract && contract != brand.ContractCode)
            Add(wrong, "certificate.contract-not-of-brand", "contractCode", ("given", contract), ("expected", brand.ContractCode));
        if (!brand.Shapes.Contains(c.Shape))
            Add(wrong, "certificate.shape-not-allowed", "shape", ("given", c.Shape), ("allowed", string.Join(", ", brand.Shapes)));
    }

    static void CheckOrigin(CertificateContent c, BrandFacts? brand, List<Refusal> wrong)
    {
        if (!CountryCode.IsAssigned(c.CountryOfOrigin)) Add(wrong, "certificate.country-unknown", "countryOfOrigin", ("given", c.CountryOfOrigin));
        else if (brand is not null && c.CountryOfOrigin != brand.PlantCountry)
            Add(wrong, "certificate.country-not-of-plant", "countryOfOrigin", ("given", c.CountryOfOrigin), ("expected", brand.PlantCountry));
        if (c.CustomsCode is { } code && Specifications.CustomsCodes.Digits(code) is null) Add(wrong, "customs.code-invalid", "customsCode", ("given", code));
    }

    static void CheckHeats(CertificateContent c, List<Refusal> wrong)
    {
        if (c.HeatNumbers.Count == 0) Add(wrong, "certificate.heat-missing", "heatNumbers");
        for (var i = 0; i < c.HeatNumbers.Count; i++)
        {
            var heat = c.HeatNumbers[i];
            if (!IsWord(heat)) Add(wrong, "certificate.heat-invalid", $"heatNumbers[{i}]", ("given", heat ?? ""));
            for (var j = 0; j < i; j++)
                if (c.HeatNumbers[j] == heat) { Add(wrong, "certificate.heat-repeated", $"heatNumbers[{i}]", ("given", heat ?? "")); break; }
        }
        if (c.BatchNo is not null && !IsWord(c.BatchNo)) Add(wrong, "certificate.batch-invalid", "batchNo", ("given", c.BatchNo));
    }

    static void CheckDates(CertificateContent c, LocalDate today, List<Refusal> wrong)
    {
        if (c.ProductionDate > c.AnalysisDate) Add(wrong, "certificate.analysis-before-production", "analysisDate", ("given", Iso(c.AnalysisDate)), ("earliest", Iso(c.ProductionDate)));
        if (c.AnalysisDate > c.IssueDate) Add(wrong, "certificate.issue-before-analysis", "issueDate", ("given", Iso(c.IssueDate)), ("earliest", Iso(c.AnalysisDate)));
        var latest = c.ProductionDate > c.IssueDate ? c.ProductionDate : c.IssueDate;
        if (c.AnalysisDate > latest) latest = c.AnalysisDate;
        if (latest > today) Add(wrong, "certificate.date-in-future", latest == c.IssueDate ? "issueDate" : latest == c.AnalysisDate ? "analysisDate" : "productionDate", ("given", Iso(latest)), ("latest", Iso(today)));
    }

    static void CheckQuantities(CertificateContent c, List<Refusal> wrong)
    {
        if (c.Pieces < 1) Add(wrong, "certificate.pieces-not-positive", "pieces", ("given", Text(c.Pieces)));
        if (c.Bundles < 1) Add(wrong, "certificate.bundles-not-positive", "bundles", ("given", Text(c.Bundles)));
        if (c.Pieces >= 1 && c.Bundles > c.Pieces) Add(wrong, "certificate.bundles-over-pieces", "bundles", ("given", Text(c.Bundles)), ("most", Text(c.Pieces)));
        CheckWeights(c, wrong);
    }

    /// <summary>Heats and weights alone, by the same rules: what a second person types off a paper.</summary>
    internal static List<Refusal> CheckHeatsAndWeights(CertificateContent c)
    {
        var wrong = new List<Refusal>(0);
        CheckHeats(c, wrong);
        CheckWeights(c, wrong);
        return wrong;
    }

    static void CheckWeights(CertificateContent c, List<Refusal> wrong)
    {
        CheckMass(c.NetKg, "netKg", wrong);
        CheckMass(c.GrossKg, "grossKg", wrong);
        if (c.NetKg > c.GrossKg) Add(wrong, "certificate.net-over-gross", "netKg", ("given", Text(c.NetKg)), ("most", Text(c.GrossKg)));
    }

    static void CheckMass(decimal kg, string field, List<Refusal> wrong)
    {
        if (kg <= 0 || kg > LargestKg) Add(wrong, "certificate.mass-out-of-range", field, ("given", Text(kg)), ("most", Text(LargestKg)));
        else if (Decimals(kg) > 3) Add(wrong, "certificate.mass-too-precise", field, ("given", Text(kg)), ("decimals", "3"));
    }

    static void CheckBundles(CertificateContent c, List<Refusal> wrong)
    {
        if (c.BundleList.Count == 0) return;
        if (c.BundleList.Count != c.Bundles) Add(wrong, "certificate.bundle-count-differs", "bundleList", ("given", Text(c.BundleList.Count)), ("expected", Text(c.Bundles)));
        var numbers = new HashSet<string>();
        var seals = new HashSet<string>();
        long pieces = 0;
        decimal net = 0;
        for (var i = 0; i < c.BundleList.Count; i++)
        {
            var bundle = c.BundleList[i];
            if (!IsWord(bundle.BundleNo)) Add(wrong, "certificate.bundle-number-invalid", $"bundleList[{i}].bundleNo", ("given", bundle.BundleNo ?? ""));
            else if (!numbers.Add(bundle.BundleNo)) Add(wrong, "certificate.bundle-number-repeated", $"bundleList[{i}].bundleNo", ("given", bundle.BundleNo));
            if (bundle.SealNo is { } seal && (!IsWord(seal) || !seals.Add(seal))) Add(wrong, "certificate.seal-repeated", $"bundleList[{i}].sealNo", ("given", seal));
            if (bundle.Pieces < 1) Add(wrong, "certificate.pieces-not-positive", $"bundleList[{i}].pieces", ("given", Text(bundle.Pieces)));
            CheckMass(bundle.NetKg, $"bundleList[{i}].netKg", wrong);
            CheckSize(bundle.LengthMm, i, "lengthMm", wrong);
            CheckSize(bundle.WidthMm, i, "widthMm", wrong);
            CheckSize(bundle.HeightMm, i, "heightMm", wrong);
            pieces += bundle.Pieces;
            if (bundle.NetKg is > 0 and <= LargestKg) net += bundle.NetKg;
        }
        if (pieces != c.Pieces) Add(wrong, "certificate.bundle-pieces-differ", "bundleList", ("given", pieces.ToString(CultureInfo.InvariantCulture)), ("expected", Text(c.Pieces)));
        if (net != c.NetKg) Add(wrong, "certificate.bundle-net-differs", "bundleList", ("given", Text(net)), ("expected", Text(c.NetKg)));
    }

    static void CheckSize(int? mm, int bundle, string name, List<Refusal> wrong)
    {
        if (mm is < 1 or > 100_000) Add(wrong, "certificate.size-out-of-range", $"bundleList[{bundle}].{name}", ("given", Text(mm.Value)), ("most", "100000"));
    }

    static void CheckResults(CertificateContent c, CertificateFacts facts, List<Refusal> wrong)
    {
        EditionFacts? edition = null;
        foreach (var known in facts.Editions) if (known.IsCalled(c.SpecRef)) { edition = known; break; }
        if (edition is null && facts.Brand is not null)
            Add(wrong, "certificate.spec-not-in-contract", "specRef", ("given", c.SpecRef), ("allowed", string.Join("; ", facts.Editions.Select(e => e.SpecRef))));
        for (var i = 0; i < c.Results.Count; i++)
        {
            var result = c.Results[i];
            if (!Elements.IsSymbol(result.Element)) Add(wrong, "certificate.element-unknown", $"results[{i}].element", ("given", result.Element));
            for (var j = 0; j < i; j++)
                if (c.Results[j].Element == result.Element) { Add(wrong, "certificate.element-repeated", $"results[{i}].element", ("given", result.Element)); break; }
            var most = result.Unit == ContentUnit.Ppm ? 1_000_000m : 100m;
            var decimals = result.Unit == ContentUnit.Ppm ? 2 : 6;
            if (result.Value < 0 || result.Value > most) Add(wrong, "certificate.value-out-of-range", $"results[{i}].value", ("given", Text(result.Value)), ("most", Text(most)));
            else if (Decimals(result.Value) > decimals) Add(wrong, "certificate.value-too-precise", $"results[{i}].value", ("given", Text(result.Value)), ("decimals", Text(decimals)));
            if (result.Qualifier == Qualifier.Below && result.Value == 0) Add(wrong, "certificate.below-nothing", $"results[{i}].value", ("element", result.Element));
            if (result.Uncertainty is { } u && (u < 0 || u > most || Decimals(u) > 6)) Add(wrong, "certificate.uncertainty-invalid", $"results[{i}].uncertainty", ("given", Text(u)));
            if (result.Method is not null && !IsText(result.Method)) Add(wrong, "certificate.text-invalid", $"results[{i}].method", ("most", Text(LongestText)));
        }
        if (edition is null) return;
        foreach (var element in edition.LimitedElements)
        {
            var stated = false;
            for (var i = 0; i < c.Results.Count && !stated; i++) stated = c.Results[i].Element == element;
            if (!stated) Add(wrong, "certificate.result-missing", "results", ("element", element), ("spec", edition.SpecRef));
        }
    }

    static void CheckIssuer(CertificateContent c, CertificateFacts facts, List<Refusal> wrong)
    {
        if (c.IssuerKind != IssuerKind.Producer && !facts.FromPaper) Add(wrong, "certificate.issuer-needs-paper", "issuerKind", ("given", Words.Of(c.IssuerKind)));
        if (c.Lab is { } lab)
        {
            if (!IsText(lab.Name)) Add(wrong, "certificate.text-invalid", "lab.name", ("most", Text(LongestText)));
            if (!IsText(lab.AccreditationNo)) Add(wrong, "certificate.text-invalid", "lab.accreditationNo", ("most", Text(LongestText)));
        }
        if (c.IssuerKind == IssuerKind.SamplerAssayer && c.Lab is null) Add(wrong, "certificate.sampler-without-lab", "lab");
        if (c.IssuerKind == IssuerKind.WarehouseScan && c.SourceDoc is null) Add(wrong, "certificate.scan-without-document", "sourceDoc");
        if (c.SourceDoc is { } doc)
        {
            if (!IsSha256(doc.Sha256)) Add(wrong, "certificate.hash-invalid", "sourceDoc.sha256", ("given", doc.Sha256));
            if (doc.Pages < 1) Add(wrong, "certificate.pages-not-positive", "sourceDoc.pages", ("given", Text(doc.Pages)));
        }
        if (c.SourceRef is not null && !IsWord(c.SourceRef)) Add(wrong, "certificate.reference-invalid", "sourceRef", ("given", c.SourceRef));
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public static bool IsSha256(string? text) => text is { Length: 64 } && text.AsSpan().IndexOfAnyExcept("0123456789abcdef") < 0;

    /// <summary>A mark as it is stamped: 1-40 letters, digits and <c>- _ . /</c>.</summary>
    public static bool IsWord(string? text)
    {
        if (text is not { Length: >= 1 and <= 40 }) return false;
        foreach (var ch in text) if (!char.IsAsciiLetterOrDigit(ch) && ch is not ('-' or '_' or '.' or '/')) return false;
        return true;
    }

    /// <summary>1-64 printable characters of the basic plane, not blank: what every JSON writer writes alike.</summary>
    public static bool IsText(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestText) return false;
        foreach (var ch in text)
            if (char.GetUnicodeCategory(ch) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) return false;
        return true;
    }

    /// <summary>Decimals that carry a digit other than zero.</summary>
    static int Decimals(decimal value)
    {
        var places = value.Scale;
        while (places > 0 && decimal.Round(value, places - 1) == value) places--;
        return places;
    }

    static void Add(List<Refusal> wrong, string code, string field, params (string Name, string Value)[] args) =>
        wrong.Add(Refusal.Of(code, field, args) with { Rule = Rule });

    static string Iso(LocalDate day) => day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
    static string Text(decimal value) => value.ToString(CultureInfo.InvariantCulture);
}
