using System.Globalization;
using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Electricity;

static class ElectricityMethods
{
    public const string Pack = "footprint/grid";

    public static IReadOnlyList<ICalculator> All { get; } = [new LocationBased(), new MarketBased(), new HourlyMatching(), new GreenShare()];

    /// <summary>Grid factor by area, variant, basis and year.</summary>
    public static (RuleRow Row, RuleRef Rule) Grid(Working w) => w.Rule(Pack, "factors", "area", null,
        w.Input.Text("area"), w.Input.TextOrNull("variant") ?? "average", w.Input.TextOrNull("basis") ?? "direct", w.Input.Integer("year").ToString(CultureInfo.InvariantCulture));
}

/// <summary>Method <c>electricity.location-based</c>: consumption by the grid's average, GHG Protocol Scope 2.</summary>
sealed class LocationBased() : Calculator("electricity.location-based", "1.0", new("Electricity by location", "按地点法计算电力排放"),
    Number("loadMwh", "Consumption", "用电量", "MWh"),
    Text("area", "Area of the grid: CN, CN-yunnan, or a country in three letters", "电网地区：CN、CN-yunnan 或三位国家代码"),
    Whole("year", "Year of the factor", "因子年份", 2000, 2100),
    Choice("variant", "Variant of the factor", "因子类型", ["average", "excluding-traded-non-fossil", "fossil-only", "ets-earlier"], optional: true),
    Choice("basis", "Direct CO2 of the power stations, or the life cycle", "直接排放或生命周期", ["direct", "life-cycle"], optional: true))
{
    protected override void Work(Working w)
    {
        if (!w.Input.Has("variant")) w.Warn("calc.default", "variant not given: average.", "未给出 variant：按 average。", "variant");
        if (!w.Input.Has("basis")) w.Warn("calc.default", "basis not given: direct.", "未给出 basis：按 direct。", "basis");
        var (row, rule) = ElectricityMethods.Grid(w);
        w.Put("factor", row.Decimal("kgPerKwh"));
        w.Put("basis", row.Text("basis"));
        w.Put("tco2", w.Step("tco2", "CO2 by the grid's factor", "按电网因子的 CO2", "loadMwh * kgPerKwh", "t CO2", w["loadMwh"] * row.Decimal("kgPerKwh"), rule, ("loadMwh", w["loadMwh"]), ("kgPerKwh", row.Decimal("kgPerKwh"))));
    }
}

/// <summary>
/// Method <c>electricity.market-based</c>: contracts and certificates first, what is left by the residual mix; GHG Protocol Scope 2 order. A certificate counts once: its id may stand in the list once,
/// and whether it is used elsewhere the Book decides.
/// </summary>
sealed class MarketBased() : Calculator("electricity.market-based", "1.0", new("Electricity by contracts", "按市场法计算电力排放"),
    Number("loadMwh", "Consumption", "用电量", "MWh"),
    new("contracts", InputKind.List, new("Contracts and certificates", "合同与证书"), Items:
    [
        Number("mwh", "Energy", "电量", "MWh"),
        Number("factor", "Its factor", "排放因子", "t CO2/MWh", max: 10),
        Text("certificate", "Id of the certificate", "证书编号", optional: true),
        Whole("year", "Year of generation", "发电年份", 2000, 2100, optional: true),
        Text("market", "Market of generation", "发电所在市场", optional: true),
    ], AtLeast: 0),
    Number("residualFactor", "Factor of the residual mix", "剩余组合因子", "t CO2/MWh", max: 10),
    Whole("year", "Year of consumption", "用电年份", 2000, 2100, optional: true),
    Text("market", "Market of consumption", "用电所在市场", optional: true))
{
    protected override void Work(Working w)
    {
        var contracts = w.Input.List("contracts");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < contracts.Count; i++)
        {
            if (contracts[i].TextOrNull("certificate") is { } id && !ids.Add(id)) w.Refuse(Refusal.Of("electricity.certificate-twice", $"contracts[{i}].certificate", ("given", id)));
            if (w.Input.IntegerOrNull("year") is { } year && contracts[i].IntegerOrNull("year") is { } generated && generated != year)
                w.Refuse(Refusal.Of("electricity.other-year", $"contracts[{i}].year", ("given", generated.ToString(CultureInfo.InvariantCulture)), ("year", year.ToString(CultureInfo.InvariantCulture))));
            if (w.Input.TextOrNull("market") is { } market && contracts[i].TextOrNull("market") is { } sold && sold != market)
                w.Refuse(Refusal.Of("electricity.other-market", $"contracts[{i}].market", ("given", sold), ("market", market)));
        }
        var covered = contracts.Sum(c => c.Decimal("mwh"));
        if (covered > w["loadMwh"]) w.Refuse(Refusal.Of("electricity.contracts-over-load", "contracts", ("given", DecimalText.Write(covered)), ("load", DecimalText.Write(w["loadMwh"]))));
        var bought = w.Step("contracts", "CO2 of contracts", "合同电量 CO2", "sum(mwh * factor)", "t CO2", contracts.Sum(c => c.Decimal("mwh") * c.Decimal("factor")), ("contractMwh", covered));
        var left = w.Step("residual-mwh", "Not under contract", "未签约电量", "loadMwh - contractMwh", "MWh", w["loadMwh"] - covered, ("loadMwh", w["loadMwh"]), ("contractMwh", covered));
        var residual = w.Step("residual", "CO2 of the residual mix", "剩余组合 CO2", "residualMwh * residualFactor", "t CO2", left * w["residualFactor"], ("residualMwh", left), ("residualFactor", w["residualFactor"]));
        w.Put("contractMwh", covered);
        w.Put("residualMwh", left);
        w.Put("tco2", w.Step("tco2", "CO2 by contracts", "市场法 CO2", "contracts + residual", "t CO2", bought + residual, ("contracts", bought), ("residual", residual)));
    }
}

/// <summary>Method <c>electricity.hourly-matching</c>: how much of the consumption was covered in the very hour it took place. Hours may not lend to each other.</summary>
sealed class HourlyMatching() : Calculator("electricity.hourly-matching", "1.0", new("Hourly matching", "小时级匹配"),
    new("loadMwh", InputKind.Numbers, new("Consumption hour by hour", "逐小时用电量"), Unit: "MWh", Minimum: 0, Maximum: 1_000_000),
    new("greenMwh", InputKind.Numbers, new("Contracted green energy hour by hour", "逐小时绿电"), Unit: "MWh", Minimum: 0, Maximum: 1_000_000),
    Number("residualFactor", "Factor of what is not matched", "未匹配部分因子", "t CO2/MWh", max: 10))
{
    protected override void Work(Working w)
    {
        IReadOnlyList<decimal> load = w.Input.Numbers("loadMwh"), green = w.Input.Numbers("greenMwh");
        if (load.Count != green.Count) { w.Stop<Done>(Refusal.Of("electricity.hours-differ", "greenMwh", ("given", green.Count.ToString(CultureInfo.InvariantCulture)), ("expected", load.Count.ToString(CultureInfo.InvariantCulture)))); return; }
        decimal total = load.Sum(), matched = load.Zip(green, Math.Min).Sum();
        if (total == 0) { w.Stop<Done>(Refusal.Of("calc.division-by-zero", "loadMwh", ("field", "loadMwh"))); return; }
        w.Put("matchedMwh", w.Step("matched", "Matched in its own hour", "当小时匹配电量", "sum(min(load, green))", "MWh", matched, ("hours", load.Count)));
        w.Put("hourlyShare", w.Step("share", "Hourly share", "小时匹配率", "matchedMwh / loadMwh", null, matched / total, ("matchedMwh", matched), ("loadMwh", total)));
        w.Put("annualShare", w.Step("annual", "Share by the year's sums, for comparison", "年度总量匹配率（对照）", "min(loadMwh, greenMwh) / loadMwh", null, Math.Min(total, green.Sum()) / total, ("loadMwh", total), ("greenMwh", green.Sum())));
        w.Put("tco2", w.Step("tco2", "CO2 of what is not matched", "未匹配部分 CO2", "(loadMwh - matchedMwh) * residualFactor", "t CO2", (total - matched) * w["residualFactor"], ("loadMwh", total), ("matchedMwh", matched), ("residualFactor", w["residualFactor"])));
    }
}

/// <summary>Method <c>electricity.green-share</c>: share of green power against a province's duty for aluminium. One certificate is 1 MWh.</summary>
sealed class GreenShare() : Calculator("electricity.green-share", "1.0", new("Green power share", "绿色电力消费比例"),
    Number("loadMwh", "Consumption", "用电量", "MWh", above: true),
    Number("ownUseMwh", "Generated and used on site, or by direct connection", "自发自用及直连绿电", "MWh"),
    Number("tradedMwh", "Bought in green power trades", "绿电交易", "MWh"),
    Whole("certificates", "Green certificates retired", "核销绿证数", 0, int.MaxValue),
    Text("area", "Province, for example CN-yunnan", "省份，例如 CN-yunnan"),
    Whole("year", "Year assessed", "考核年份", 2020, 2100))
{
    protected override void Work(Working w)
    {
        var year = w.Input.Integer("year").ToString(CultureInfo.InvariantCulture);
        decimal certificates = w.Input.Integer("certificates"), green = w["ownUseMwh"] + w["tradedMwh"] + certificates;
        if (green > w["loadMwh"]) w.Warn("electricity.green-over-load", "More green power than consumption: something may be counted twice.", "绿电量超过用电量，可能存在重复计算。", "certificates");
        var share = w.Put("sharePercent", w.Step("share", "Share of green power", "绿电比例", "(ownUseMwh + tradedMwh + certificates) / loadMwh * 100", "%", green / w["loadMwh"] * 100, w.Cite(ElectricityMethods.Pack, "Green power share, one certificate a MWh", RuleStatus.Recalled),
            ("ownUseMwh", w["ownUseMwh"]), ("tradedMwh", w["tradedMwh"]), ("certificates", certificates), ("loadMwh", w["loadMwh"])));
        var pack = w.Rules.Pack(ElectricityMethods.Pack);
        if (pack.Table("green-power-share").Find(null, w.Input.Text("area"), year) is not { } duty)
        {
            w.Warn("electricity.duty-unknown", $"No duty is known for {w.Input.Text("area")} in {year}.", $"未掌握 {w.Input.Text("area")} {year} 年的比例要求。", "area");
            w.Put("requiredPercent", (JsonNode?)null);
            w.Put("met", (JsonNode?)null);
            return;
        }
        var required = duty.Decimal("percent");
        w.Put("requiredPercent", required);
        w.Put("shortMwh", w.Step("short", "Missing to the duty", "距要求缺口", "max(0, loadMwh * requiredPercent / 100 - green)", "MWh", Math.Max(0, w["loadMwh"] * required / 100 - green), duty.Ref(pack), ("loadMwh", w["loadMwh"]), ("requiredPercent", required), ("green", green)));
        w.Put("met", share >= required);
    }
}
