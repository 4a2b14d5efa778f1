using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Methods;

/// <summary>What the methods on an import line share: its fields, the line and scenario read from them, and its result put out.</summary>
abstract class LineMethod(string method, Bilingual title, params IReadOnlyList<InputField> fields) : Calculator(method, "1.0", title, fields)
{
    /// <summary>Earliest and latest day taken: the transitional period, and as far as a factor is foreseen.</summary>
    public const int FirstYear = 2023, LastYear = 2040;

    protected static InputField Cn => Text("cn", "CN code, eight digits", "CN 编码（8 位）");
    protected static InputField Origin => Text("origin", "Country of origin, ISO code", "原产国 ISO 代码", optional: true);
    protected static InputField Imported => Day("importDate", "Day of importation", "进口日期", optional: false);
    protected static InputField Cscf => Number("cscf", "Cross-sectoral factor to assume", "假定的跨行业修正系数", max: 1, optional: true);

    protected static IReadOnlyList<InputField> Line { get; } =
    [
        Cn, Origin, Imported,
        Choice("basis", "Default values or actual data", "默认值或实际数据", ["default", "actual"]),
        Text("route", "Route letter, for example K", "工艺路线代码，例如 K", optional: true),
        Text("territory", "Territory of Annex III", "附件三所列领土", optional: true),
        Whole("productionYear", "Year of production", "生产年份", 2000, LastYear, optional: true),
        Number("specificEmbedded", "Verified embedded emissions of the finished good", "经核查的成品单位隐含排放", "t CO2e/t", optional: true),
        Number("processEmissions", "Direct emissions of the process", "工序直接排放", "t CO2e/t", optional: true),
        Number("processIndirect", "Indirect emissions of the process", "工序间接排放", "t CO2e/t", optional: true),
        Number("processBenchmark", "Column A, where the table has none", "A 栏基准（表中缺失时）", "t CO2e/t", optional: true),
        Number("specificFreeAllocation", "Verified free allocation of the finished good", "经核查的成品单位免费配额", "t CO2e/t", optional: true),
        Precursors(1), Cscf,
        Number("priceEur", "Certificate price to assume", "假定的证书价格", "EUR", optional: true),
        Choice("factorPath", "Path of free allocation", "免费配额路径", [DueRules.Law, DueRules.Proposal616], optional: true),
        Choice("scopePath", "Goods covered", "覆盖商品", [Scope.Law, Scope.Proposal989], optional: true),
        new InputField("cscfUnpublished", InputKind.Flag, new("As if no cross-sectoral factor were published", "按跨行业修正系数未公布处理"), Required: false),
        Number("carbonPricePaidEurPerT", "Effective carbon price paid abroad, a t of good", "境外已付碳价（每吨商品）", "EUR/t", optional: true),
    ];

    protected static InputField Mass => Number("massT", "Net mass", "净重", "t");

    /// <summary>Precursors, each of which may have been made from others, so many steps back.</summary>
    protected static InputField Precursors(int steps) => new("precursors", InputKind.List, new("Precursors a t of good; an empty list where there are none", "每吨商品的前体；没有时为空列表"), Required: false, AtLeast: 0, Items:
    [
        Text("cn", "CN code", "CN 编码", optional: true),
        Number("tPerT", "Consumed a t of good", "每吨商品消耗量", "t/t", max: 1000),
        Text("origin", "Country of origin", "原产国", optional: true),
        Text("route", "Route letter", "工艺路线代码", optional: true),
        Number("specificEmbedded", "Verified embedded emissions", "经核查的单位隐含排放", "t CO2e/t", optional: true),
        Number("direct", "Verified direct emissions", "经核查的直接排放", "t CO2e/t", optional: true),
        Number("indirect", "Verified indirect emissions", "经核查的间接排放", "t CO2e/t", optional: true),
        Number("specificFreeAllocation", "Free allocation supplied by its producer", "生产者提供的单位免费配额", "t CO2e/t", optional: true),
        Number("benchmark", "Column B, where no row is found", "B 栏基准（无对应行时）", "t CO2e/t", optional: true),
        Number("preConsumerFraction", "Of scrap: the share that is pre-consumer", "废料中消费前废料比例", max: 1, optional: true),
        new InputField("sameProcess", InputKind.Flag, new("Made inside the same process", "同一工序内产生"), Required: false),
        Whole("productionYear", "Year of production", "生产年份", 2000, LastYear, optional: true),
        .. steps > 0 ? MadeFrom(steps - 1) : [],
    ]);

    static IReadOnlyList<InputField> MadeFrom(int steps) =>
    [
        Number("processEmissions", "Direct emissions of its process", "其工序直接排放", "t CO2e/t", optional: true),
        Number("processIndirect", "Indirect emissions of its process", "其工序间接排放", "t CO2e/t", optional: true),
        Precursors(steps),
    ];

    protected static (LineCase Line, CbamScenario Scenario) Read(Working w, decimal massT, string? basis = null)
    {
        var input = w.Input;
        var actual = (basis ?? input.Text("basis")) == "actual";
        if (!actual)
            foreach (var field in new[] { "specificEmbedded", "processEmissions", "processIndirect", "processBenchmark", "specificFreeAllocation", "precursors" })
                if (input.Has(field)) w.Refuse(Refusal.Of("cbam.needs-actual", field, ("field", field)));
        if (w.Refused) w.Stop<Done>(Refusal.Of("cbam.needs-actual", "basis", ("field", "basis")));
        var data = actual ? new ActualData(input.TextOrNull("route"), input.DecimalOrNull("specificEmbedded"), input.DecimalOrNull("processEmissions"), input.DecimalOrNull("processIndirect"), PrecursorsOf(input), input.DecimalOrNull("processBenchmark"), input.DecimalOrNull("specificFreeAllocation")) : null;
        return (new(input.Text("cn"), input.TextOrNull("origin"), massT, Imports(w), input.IntegerOrNull("productionYear"), input.TextOrNull("territory"), input.TextOrNull("route"), data, input.DecimalOrNull("carbonPricePaidEurPerT")), ScenarioOf(w));
    }

    protected static CbamScenario ScenarioOf(Working w) => new(w.Input.DecimalOrNull("cscf"), w.Input.Flag("cscfUnpublished"), w.Input.TextOrNull("factorPath") ?? DueRules.Law, w.Input.DecimalOrNull("priceEur"), null, w.Input.TextOrNull("scopePath") ?? Scope.Law);

    /// <summary>The day of importation, within the years anything is known of.</summary>
    protected static LocalDate Imports(Working w)
    {
        var day = w.Input.DateOrNull("importDate")!.Value;
        return day.Year is >= FirstYear and <= LastYear ? day : w.Stop<LocalDate>(Refusal.Of("cbam.year-outside", "importDate", ("given", $"{day.Year}"), ("first", $"{FirstYear}"), ("last", $"{LastYear}")));
    }

    protected static IReadOnlyList<Precursor>? PrecursorsOf(CalcInput input) => !input.Has("precursors") ? null :
        [.. input.List("precursors").Select(p => new Precursor(p.TextOrNull("cn") ?? "", p.Decimal("tPerT"), p.TextOrNull("origin"), p.TextOrNull("route"), p.DecimalOrNull("specificEmbedded"), p.DecimalOrNull("direct"), p.DecimalOrNull("indirect"),
            p.DecimalOrNull("specificFreeAllocation"), p.DecimalOrNull("benchmark"), p.Flag("sameProcess"), p.IntegerOrNull("productionYear"),
            new[] { "processEmissions", "processIndirect", "precursors" }.Any(p.Has) ? new(p.TextOrNull("route"), null, p.DecimalOrNull("processEmissions"), p.DecimalOrNull("processIndirect"), PrecursorsOf(p)) : null, p.DecimalOrNull("preConsumerFraction")))];

    /// <summary>A line's result; what is unknown is null.</summary>
    protected static JsonObject Shown(LineResult line) => new()
    {
        ["status"] = LineStatusWords.Of(line.Status),
        ["specificEmbedded"] = Number(line.SpecificEmbeddedTco2ePerT),
        ["specificFreeAllocation"] = Number(line.SpecificFreeAllocationTco2ePerT),
        ["embeddedTco2e"] = Number(line.EmbeddedTco2e),
        ["freeAllocationTco2e"] = Number(line.FreeAllocationTco2e),
        ["priceReductionTco2e"] = Number(line.PriceReductionTco2e),
        ["certificates"] = Number(line.Certificates),
        ["priceEur"] = Number(line.PriceEur),
        ["costEur"] = Number(line.CostEur),
        ["assumed"] = line.Assumed,
        ["reasons"] = ReasonList(line.Reasons),
    };

    protected static JsonNode? Number(decimal? value) => value is { } known ? Working.Shown(known) : null;

    protected static JsonArray ReasonList(IEnumerable<LineReason> reasons) => [.. reasons.Select(r => (JsonNode)new JsonObject { ["code"] = r.Code, ["blocks"] = r.Blocks, ["given"] = r.Given })];

    protected static void PutAll(Working w, JsonObject values)
    {
        foreach (var (name, value) in values.ToList())
        {
            values.Remove(name);
            w.Put(name, value);
        }
    }

    protected static CbamRules RulesOf(Working w) => CbamRules.Of(w.Rules);

    /// <summary>Hands the steps of a line to a method's trace; a step that comes again gets a number.</summary>
    protected sealed class Steps(Working w) : ILineTrace
    {
        readonly Dictionary<string, int> seen = new(StringComparer.Ordinal);

        public void Note(TraceStep step)
        {
            var count = seen[step.Id] = seen.GetValueOrDefault(step.Id) + 1;
            w.Note(count == 1 ? step : step with { Id = $"{step.Id}-{count}" });
        }
    }
}
