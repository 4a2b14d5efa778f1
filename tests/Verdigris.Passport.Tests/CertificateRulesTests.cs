using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;

namespace Verdigris.Passport.Tests;

/// <summary>One row a rule: what is changed on a good certificate, and the code and field of the refusal.</summary>
public class CertificateRulesTests
{
    static readonly Guid Plant = Guid.NewGuid();

    static readonly CertificateFacts Facts = new(
        new BrandFacts("VALU", Guid.NewGuid(), Plant, "NO", "AL", "AH", ["ingot"], [new(new(2015, 1, 1), ListingState.Applied), new(new(2016, 1, 1), ListingState.Listed), new(new(2026, 6, 1), ListingState.Suspended), new(new(2026, 9, 1), ListingState.Delisted)]),
        [new EditionFacts("aa-p1020a", ["P1020A"], ["Si", "Fe", "Zn", "Ga", "V", "Al"])], new LocalDate(2026, 11, 20));

    static CertificateContent Good => World.Good();

    static CertificateContent With(AnalysisResult result) => Good with { Results = [.. Good.Results.Where(r => r.Element != result.Element), result] };

    public static TheoryData<string, string, string> Rows()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var (name, (_, code, field)) in Table) data.Add(name, code, field);
        return data;
    }

    static readonly Dictionary<string, (CertificateContent Content, string Code, string Field)> Table = new()
    {
        ["no brand"] = (Good with { ExchangeBrandCode = "" }, "certificate.brand-missing", "exchangeBrandCode"),
        ["made before the listing"] = (Good with { ProductionDate = new(2015, 6, 1) }, "certificate.brand-not-listed", "exchangeBrandCode"),
        ["made after the delisting"] = (Good with { ProductionDate = new(2026, 10, 1), AnalysisDate = new(2026, 10, 2), IssueDate = new(2026, 10, 2) }, "certificate.brand-not-listed", "exchangeBrandCode"),
        ["another plant"] = (Good with { PlantId = Guid.NewGuid() }, "certificate.plant-not-of-brand", "plantId"),
        ["another metal"] = (Good with { Metal = "CU" }, "certificate.metal-not-of-brand", "metal"),
        ["another contract"] = (Good with { ContractCode = "NA" }, "certificate.contract-not-of-brand", "contractCode"),
        ["another shape"] = (Good with { Shape = "sow" }, "certificate.shape-not-allowed", "shape"),
        ["no such country"] = (Good with { CountryOfOrigin = "XX" }, "certificate.country-unknown", "countryOfOrigin"),
        ["not the plant's country"] = (Good with { CountryOfOrigin = "IS" }, "certificate.country-not-of-plant", "countryOfOrigin"),
        ["no heat"] = (Good with { HeatNumbers = [] }, "certificate.heat-missing", "heatNumbers"),
        ["heat with a space"] = (Good with { HeatNumbers = ["H 1"] }, "certificate.heat-invalid", "heatNumbers[0]"),
        ["heat twice"] = (Good with { HeatNumbers = ["H1", "H1"] }, "certificate.heat-repeated", "heatNumbers[1]"),
        ["batch unreadable"] = (Good with { BatchNo = "?" }, "certificate.batch-invalid", "batchNo"),
        ["analysed before made"] = (Good with { AnalysisDate = new(2026, 3, 1) }, "certificate.analysis-before-production", "analysisDate"),
        ["issued before analysed"] = (Good with { IssueDate = new(2026, 3, 2) }, "certificate.issue-before-analysis", "issueDate"),
        ["issued tomorrow"] = (Good with { IssueDate = new(2026, 11, 21) }, "certificate.date-in-future", "issueDate"),
        ["no pieces"] = (Good with { Pieces = 0 }, "certificate.pieces-not-positive", "pieces"),
        ["no bundles"] = (Good with { Bundles = 0 }, "certificate.bundles-not-positive", "bundles"),
        ["more bundles than pieces"] = (Good with { Pieces = 10 }, "certificate.bundles-over-pieces", "bundles"),
        ["no net"] = (Good with { NetKg = 0 }, "certificate.mass-out-of-range", "netKg"),
        ["net to the tenth of a gram"] = (Good with { NetKg = 25_000.0001m }, "certificate.mass-too-precise", "netKg"),
        ["net over gross"] = (Good with { NetKg = 25_061m }, "certificate.net-over-gross", "netKg"),
        ["bundle list too short"] = (Good with { BundleList = [new("1", 1100, 25_000m)] }, "certificate.bundle-count-differs", "bundleList"),
        ["bundle pieces differ"] = (Good with { Bundles = 1, BundleList = [new("1", 1099, 25_000m)] }, "certificate.bundle-pieces-differ", "bundleList"),
        ["bundle net differs"] = (Good with { Bundles = 1, BundleList = [new("1", 1100, 24_999m)] }, "certificate.bundle-net-differs", "bundleList"),
        ["bundle number twice"] = (Good with { Bundles = 2, BundleList = [new("1", 550, 12_500m), new("1", 550, 12_500m)] }, "certificate.bundle-number-repeated", "bundleList[1].bundleNo"),
        ["bundle without number"] = (Good with { Bundles = 1, BundleList = [new("", 1100, 25_000m)] }, "certificate.bundle-number-invalid", "bundleList[0].bundleNo"),
        ["seal twice"] = (Good with { Bundles = 2, BundleList = [new("1", 550, 12_500m, "S1"), new("2", 550, 12_500m, "S1")] }, "certificate.seal-repeated", "bundleList[1].sealNo"),
        ["bundle of no size"] = (Good with { Bundles = 1, BundleList = [new("1", 1100, 25_000m, LengthMm: 0)] }, "certificate.size-out-of-range", "bundleList[0].lengthMm"),
        ["edition not of the contract"] = (Good with { SpecRef = "en-1978-1998-cu-cath-1" }, "certificate.spec-not-in-contract", "specRef"),
        ["no such element"] = (With(new("Xx", 1m)), "certificate.element-unknown", "results[6].element"),
        ["element twice"] = (Good with { Results = [.. Good.Results, new("Si", 0.05m)] }, "certificate.element-repeated", "results[6].element"),
        ["content over 100 %"] = (With(new("Al", 100.1m)), "certificate.value-out-of-range", "results[5].value"),
        ["content below nothing"] = (With(new("Al", -1m)), "certificate.value-out-of-range", "results[5].value"),
        ["seven decimals"] = (With(new("Si", 0.0400001m)), "certificate.value-too-precise", "results[5].value"),
        ["ppm with three decimals"] = (With(new("Si", 400.001m, ContentUnit.Ppm)), "certificate.value-too-precise", "results[5].value"),
        ["below zero detected"] = (With(new("Zn", 0m, Qualifier: Qualifier.Below)), "certificate.below-nothing", "results[5].value"),
        ["negative uncertainty"] = (With(new("Si", 0.04m, Uncertainty: -0.1m)), "certificate.uncertainty-invalid", "results[5].uncertainty"),
        ["limited element missing"] = (Good with { Results = [.. Good.Results.Where(r => r.Element != "Ga")] }, "certificate.result-missing", "results"),
        ["method with a line break"] = (With(new("Si", 0.04m, Method: "O\nES")), "certificate.text-invalid", "results[5].method"),
        ["laboratory without accreditation"] = (Good with { Lab = new("Lab", "", null) }, "certificate.text-invalid", "lab.accreditationNo"),
        ["sampler without laboratory"] = (Good with { IssuerKind = IssuerKind.SamplerAssayer, Lab = null }, "certificate.sampler-without-lab", "lab"),
        ["scan without document"] = (Good with { IssuerKind = IssuerKind.WarehouseScan }, "certificate.scan-without-document", "sourceDoc"),
        ["document with a bad hash"] = (Good with { SourceDoc = new("abc", "application/pdf", 1) }, "certificate.hash-invalid", "sourceDoc.sha256"),
        ["document without pages"] = (Good with { SourceDoc = new(new string('a', 64), "application/pdf", 0) }, "certificate.pages-not-positive", "sourceDoc.pages"),
        ["reference with a space"] = (Good with { SourceRef = "a b" }, "certificate.reference-invalid", "sourceRef"),
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_rule_names_its_code_and_field(string name, string code, string field)
    {
        var refusals = CertificateRules.Check(Table[name].Content, Facts);
        Assert.Contains(refusals, r => r.Code == code && r.Field == field);
    }

    [Fact]
    public void A_good_certificate_breaks_no_rule() => Assert.Empty(CertificateRules.Check(Good, Facts));

    [Fact]
    public void A_brand_suspended_at_production_may_still_be_certified() =>
        Assert.Empty(CertificateRules.Check(Good with { ProductionDate = new(2026, 7, 1), AnalysisDate = new(2026, 7, 1), IssueDate = new(2026, 7, 1) }, Facts));

    [Fact]
    public void An_edition_may_be_called_by_any_of_its_names() => Assert.Empty(CertificateRules.Check(Good with { SpecRef = "P1020A" }, Facts));

    [Fact]
    public void Bundles_that_add_up_pass() =>
        Assert.Empty(CertificateRules.Check(Good with { Bundles = 2, BundleList = [new("1", 500, 12_400.5m, "S1"), new("2", 600, 12_599.5m, "S2")] }, Facts));

    [Fact]
    public void An_unknown_brand_is_refused_without_following_faults_of_shape_or_specification()
    {
        var refusals = CertificateRules.Check(Good, Facts with { Brand = null, Editions = [] });
        Assert.Equal(["certificate.brand-unknown"], refusals.Select(r => r.Code));
    }

    [Fact]
    public void An_expired_accreditation_warns_and_refuses_nothing()
    {
        var content = Good with { Lab = new("Lab", "1", new(2026, 1, 1)) };
        Assert.Empty(CertificateRules.Check(content, Facts));
        Assert.Equal(["certificate.lab-expired"], CertificateRules.Warnings(content).Select(r => r.Code));
    }

    [Fact]
    public void The_short_judgement_of_an_import_is_that_of_the_specification_engine()
    {
        var terms = ContractTerms.Load(Verdigris.Primitives.Rules.RulePacks.Locate());
        var random = new Random(99);
        var seen = new HashSet<Specifications.SpecOutcome>();
        for (var i = 0; i < 3_000; i++)
        {
            var results = new List<AnalysisResult>();
            foreach (var (element, limit) in new[] { ("Si", 0.10m), ("Fe", 0.20m), ("Zn", 0.03m), ("Ga", 0.04m), ("V", 0.03m), ("Mn", 0.03m) })
                if (random.Next(60) != 0) results.Add(new(element, limit * random.Next(40, 103) / 100m, Qualifier: random.Next(10) == 0 ? Qualifier.Below : Qualifier.Equal));
            results.Add(new("Al", 99.70m + (random.Next(-12, 200) * 0.001m)));
            var expected = terms.Explain("aa-p1020a", results).Outcome;
            Assert.Equal(expected, terms.Judge("aa-p1020a", results));
            seen.Add(expected);
        }
        Assert.Equal(3, seen.Count);
    }
}
