using System.Globalization;
using System.Text;
using System.Xml.Linq;
using NodaTime;
using Verdigris.Cbam.QReport;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Tests.QReport;

public sealed class QReportTests
{
    static readonly QReportFile File = new(RulePacks.Open(Checkout.Path("data")));
    static readonly Address Istanbul = new("TR", null, "Istanbul", "Street", null, "4", "34025", null);

    static GoodsEmissions Emissions(int number, Measure measure, decimal direct, IndirectEmissions indirect) => new(number, "TR", new("OP04-0001", "Operator", Istanbul, [new("Contact", "901234567", "a@example.org")]),
        new($"IN0{number}", "Works", "Aluminium", new("TR", null, "Istanbul", null, null, null, null, null, null, "TRIST", "41.0091982", "28.9662187", "01")), measure,
        new("01", null, "TOM02", "Method", direct, null, null, null, null, null, "EMU1", null, null), indirect,
        new(1, "P11", null, null, [new(1, "EQP08", "7", null)], [new(1, "EQP08", "9", null)]), [], [new(1, "01", "Act", 500.519m, "USD", "TR", [new(1, "TPC01", "76090000", 5m, 5m, null, null, new(5m, null, "01"))])], [new(1, "Remark")]);

    /// <summary>The numbers of the sample report of 2023, in schema 23.00.</summary>
    static QuarterlyReport Report => new(Instant.FromUtc(2024, 1, 20, 8, 21, 14), null, "Q4", 2023, new("GR293847584930295", "Declarant", "02", new(null, "Brussels", null, null, null, null, null)), null,
        new("GR293847584930295", "Importer", new("BE", null, "Brussels", null, null, null, null, null)), new(new(true, true, "Brussels", "A. Person", "Manager"), new(true)), new("Nothing more"),
        [
            new(1, null, null, new("760900", "76090000", new("Tube or pipe fittings")), new("TR"),
                [new(1, new("44", "48", [new("BE", 1, "Authorisation", 20240101, 20240201, 20240301)]), new("EU"), [new(0, 550m, null, "01")], new("Special"))], new(550m, null, "01"),
                [new(1, "E017", "CA", "Reference", 88888, "Authority", new LocalDate(2024, 1, 1), new LocalDate(2024, 12, 31), "Description", new("a.pdf", null, "application/pdf", "AAEC"))], null,
                [
                    Emissions(1, new(548m, null, "01"), 23.5m, new("02", null, null, 1m, "EMU1", null, "SOE03", "Source", null)),
                    Emissions(2, new(2000m, null, "02"), 15m, new("01", "01", 5.3m, 79.5m, "EMU1", 15m, "SOE03", null, "Value")),
                ]),
        ]);

    static QuarterlyReport With(Func<ImportedGood, ImportedGood> change) => Report with { ImportedGood = [change(Report.ImportedGood[0])] };

    [Fact]
    public void A_report_is_written_validates_and_is_read_back_the_same()
    {
        var bytes = File.Write(Report).Value;
        var read = File.Read(new MemoryStream(bytes)).Value;
        Assert.Equal(bytes, File.Write(read).Value);
        Assert.Equivalent(Report, read, strict: true);
        // Another reader of the schema than the one that wrote.
        Assert.Equal("http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1", XDocument.Load(new MemoryStream(bytes)).Root!.Name.NamespaceName);
    }

    [Fact]
    public void The_sums_are_those_the_sample_of_2023_states()
    {
        var (first, second) = (QReportTotals.Of(Report.ImportedGood[0].GoodsEmissions[0]), QReportTotals.Of(Report.ImportedGood[0].GoodsEmissions[1]));
        Assert.Equal((12_878m, 548m), (first.DirectTco2e, first.IndirectTco2e));
        Assert.Equal((30m, 159m), (second.DirectTco2e, second.IndirectTco2e));
        var all = QReportTotals.Of(Report);
        Assert.Equal((550m, 12_908m, 707m, 13_615m), (all.MassT, all.DirectTco2e, all.IndirectTco2e, all.Tco2e));
        Assert.Equal(24.75454m, decimal.Floor(all.Tco2ePerT!.Value * 100_000) / 100_000);
        // And read from the sample itself.
        XNamespace ns = "http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1";
        var stated = XDocument.Load(Checkout.Path("data/cbam/forms/qreport_sample_2023.xml")).Descendants(ns + "TotalEmissions").Single();
        decimal Stated(string name) => decimal.Parse(stated.Element(ns + name)!.Value, CultureInfo.InvariantCulture);
        Assert.Equal((Stated("TotalDirect"), Stated("TotalIndirect"), Stated("OverallEmissions")), (all.DirectTco2e, all.IndirectTco2e, all.Tco2e));
    }

    [Fact]
    public void An_unknown_unit_makes_the_sum_unknown_and_not_zero()
    {
        var total = QReportTotals.Of(With(g => g with { GoodsEmissions = [g.GoodsEmissions[0], g.GoodsEmissions[1] with { ProducedMeasure = new(2000m, null, "03") }] }));
        Assert.Null(total.Tco2e);
    }

    [Fact]
    public void Indirect_emissions_nobody_stated_are_unknown_and_not_zero()
    {
        var total = QReportTotals.Of(With(g => g with { GoodsEmissions = [g.GoodsEmissions[0], g.GoodsEmissions[1] with { IndirectEmissions = null }] }));
        Assert.Equal((12_908m, null, null), (total.DirectTco2e, total.IndirectTco2e, total.Tco2e));
    }

    [Fact]
    public void The_sample_of_an_older_schema_is_refused_where_it_differs()
    {
        using var sample = System.IO.File.OpenRead(Checkout.Path("data/cbam/forms/qreport_sample_2023.xml"));
        var fields = File.Read(sample).Refusals.Select(r => $"{r.Code} {r.Field}").ToList();
        Assert.Contains("qreport.length ReportId", fields);
        Assert.Contains("qreport.whole Year", fields);
    }

    public static TheoryData<string, string> Limits => new()
    {
        { "specific", "qreport.digits ImportedGood[1].GoodsEmissions[1].DirectEmissions.SpecificEmbeddedEmissions" },
        { "electricity", "qreport.digits ImportedGood[1].GoodsEmissions[2].IndirectEmissions.ElectricityConsumed" },
        { "mass", "qreport.digits ImportedGood[1].MeasureImported.NetMass" },
        { "cn", "qreport.length ImportedGood[1].CommodityCode.CnCode" },
        { "name", "qreport.length Declarant.Name" },
        { "country", "qreport.length ImportedGood[1].OriginCountry.Country" },
        { "item", "qreport.form ImportedGood[1].ItemNumber" },
        { "operator", "qreport.length ImportedGood[1].GoodsEmissions[1].InstallationOperator.OperatorId" },
        { "year", "qreport.whole Year" },
        { "emissions", "qreport.structure ImportedGood[1]" },
        { "period", "qreport.period ReportingPeriod" },
        { "hs", "qreport.hs-cn ImportedGood[1].CommodityCode.HsCode" },
        { "made", "qreport.mass-differs ImportedGood[1].MeasureImported.NetMass" },
        { "indirect", "qreport.indirect-differs ImportedGood[1].GoodsEmissions[2].IndirectEmissions.SpecificEmbeddedEmissions" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_broken_limit_is_refused_by_its_field(string what, string expected)
    {
        GoodsEmissions First(ImportedGood g) => g.GoodsEmissions[0];
        GoodsEmissions Second(ImportedGood g) => g.GoodsEmissions[1];
        var report = what switch
        {
            "specific" => With(g => g with { GoodsEmissions = [First(g) with { DirectEmissions = First(g).DirectEmissions with { SpecificEmbeddedEmissions = 1.12345678m } }, Second(g)] }),
            "electricity" => With(g => g with { GoodsEmissions = [First(g), Second(g) with { IndirectEmissions = Second(g).IndirectEmissions! with { ElectricityConsumed = 15.000001m } }] }),
            "mass" => With(g => g with { MeasureImported = new(550.0000001m, null, "01") }),
            "cn" => With(g => g with { CommodityCode = new("760900", "760900001", new((string?)null)) }),
            "name" => Report with { Declarant = Report.Declarant with { Name = new string('n', 71) } },
            "country" => With(g => g with { OriginCountry = new("TUR") }),
            "item" => With(g => g with { ItemNumber = 100_000 }),
            "operator" => With(g => g with { GoodsEmissions = [First(g) with { InstallationOperator = First(g).InstallationOperator! with { OperatorId = new string('9', 26) } }, Second(g)] }),
            "year" => Report with { Year = 20229 },
            "emissions" => With(g => g with { GoodsEmissions = [] }),
            "period" => Report with { ReportingPeriod = "Q3" },
            "hs" => With(g => g with { CommodityCode = g.CommodityCode! with { HsCode = "760800" } }),
            "made" => With(g => g with { MeasureImported = new(551m, null, "01") }),
            _ => With(g => g with { GoodsEmissions = [First(g), Second(g) with { IndirectEmissions = Second(g).IndirectEmissions! with { SpecificEmbeddedEmissions = 79m } }] }),
        };
        var refusal = Assert.Single(File.Write(report).Refusals);
        Assert.Equal(expected, $"{refusal.Code} {refusal.Field}");
        foreach (var language in new[] { "en", "zh" }) Assert.DoesNotContain('{', Messages.Of(refusal, language, typeof(CbamRoom).Assembly));
    }

    [Theory]
    [InlineData("<QReport", "qreport.xml-broken")]
    [InlineData("<!DOCTYPE a><a/>", "qreport.xml-broken")]
    [InlineData("<Report/>", "qreport.other-root")]
    [InlineData("<QReport xmlns='http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1'/>", "qreport.structure")]
    public void What_is_no_report_is_refused(string xml, string code) => Assert.Equal(code, Assert.Single(File.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml))).Refusals).Code);

    [Fact]
    public void A_character_xml_cannot_hold_is_refused() => Assert.Equal("qreport.text-broken", Assert.Single(File.Write(Report with { Remarks = new("a\u0001b") }).Refusals).Code);
}
