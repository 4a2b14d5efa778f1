using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.China;

static class ChinaMethods
{
    public const string Pack = "footprint/china-aluminium";

    public static IReadOnlyList<ICalculator> All { get; } = [new ChinaSmelting(), new ChinaEnterprise(), new ChinaAllocation()];

    public static (decimal Value, RuleRef Rule) Value(Working w, string name)
    {
        var (row, rule) = w.Rule(Pack, "values", name, null, name);
        return (row.Decimal("value"), rule);
    }

    /// <summary>A field of the input, or the guideline's recommended value.</summary>
    public static decimal Or(Working w, string field, string unit)
    {
        var (value, rule) = Value(w, field);
        return w.Or(field, value, unit, rule);
    }

    /// <summary>Rounds half up to the places the guideline prescribes; a step of its own, as it is part of the rule.</summary>
    public static decimal Round(Working w, string value, decimal number)
    {
        var (row, rule) = w.Rule(Pack, "rounding", value, null, value);
        var places = row.Integer("places");
        var rounded = Math.Round(number, places, MidpointRounding.AwayFromZero);
        return rounded == number ? number : w.Step($"round-{value}", $"{value} in {places} places", $"{value} 保留 {places} 位小数", $"round({value}, {places})", null, rounded, rule, (value, number));
    }
}

/// <summary>
/// Method <c>cn.aluminium-smelting</c>: direct emissions of the electrolysis (the allowance boundary) by CETS-AG-04.01-V01-2024. The anode factor is rounded to two places before it is
/// multiplied; with <c>monthlyPlaces</c> so are the data of a monthly form: production in two places, gas factors in three and four.
/// </summary>
sealed class ChinaSmelting() : Calculator("cn.aluminium-smelting", "1.0", new("Aluminium smelting, China", "铝冶炼（中国核算指南）"),
    Number("productionT", "Liquid aluminium", "铝液产量", "t"),
    Number("aeMinutesPerCellDay", "Measured anode-effect minutes a cell and day", "实测阳极效应分钟数（每槽日）", "min", max: 1440, optional: true),
    Number("netAnodeTPerT", "Anodes used, net of butts", "净阳极消耗", "t/t", max: 5, optional: true),
    Number("grossAnodeTPerT", "Anodes used, gross", "毛阳极消耗", "t/t", max: 5, optional: true),
    Number("sulphurPercent", "Sulphur in the anodes", "阳极含硫量", "%", max: 100, optional: true),
    Number("ashPercent", "Ash in the anodes", "阳极灰分", "%", max: 100, optional: true),
    new("monthlyPlaces", InputKind.Flag, new("Round the data as the monthly form does", "按月度报表位数修约数据"), false))
{
    protected override void Work(Working w)
    {
        var production = Monthly(w, "productionT", w["productionT"]);
        var net = NetAnode(w);
        decimal sulphur = ChinaMethods.Or(w, "sulphurPercent", "%"), ash = ChinaMethods.Or(w, "ashPercent", "%");
        Percents.Within(w, "ashPercent", sulphur + ash);
        var guide = w.Cite(ChinaMethods.Pack, "CETS-AG-04.01, anode consumption", RuleStatus.Secondary);
        var exact = w.Step("anode-factor", "CO2 of anodes a tonne", "阳极消耗排放因子", "netAnodeTPerT * (1 - sulphurPercent / 100 - ashPercent / 100) * 44 / 12", "t CO2/t", Carbon.Co2(net * (1 - sulphur / 100 - ash / 100)), guide, ("netAnodeTPerT", net), ("sulphurPercent", sulphur), ("ashPercent", ash));
        var factor = ChinaMethods.Round(w, "anodeFactor", exact);
        w.Put("anodeFactorTPerT", factor);
        var anode = w.Put("anodeTco2", w.Step("anode", "CO2 of anodes", "阳极消耗 CO2", "productionT * anodeFactor", "t CO2", production * factor, guide, ("productionT", production), ("anodeFactor", factor)));
        var (cf4, c2f6) = GasFactors(w);
        w.Put("cf4KgPerT", cf4);
        w.Put("c2f6KgPerT", c2f6);
        var (gwpCf4, gwpRule) = ChinaMethods.Value(w, "gwpCf4");
        var gwpC2f6 = ChinaMethods.Value(w, "gwpC2f6").Value;
        var pfc = w.Put("pfcTco2e", w.Step("pfc", "PFC as CO2", "PFC 折合 CO2", "productionT * (cf4KgPerT * gwpCf4 + c2f6KgPerT * gwpC2f6) / 1000", "t CO2e", production * (cf4 * gwpCf4 + c2f6 * gwpC2f6) / 1000, gwpRule,
            ("productionT", production), ("cf4KgPerT", cf4), ("gwpCf4", gwpCf4), ("c2f6KgPerT", c2f6), ("gwpC2f6", gwpC2f6)));
        w.Put("totalTco2e", w.Step("total", "Direct emissions of electrolysis", "电解工序直接排放", "anodeTco2 + pfcTco2e", "t CO2e", anode + pfc, ("anodeTco2", anode), ("pfcTco2e", pfc)));
    }

    static decimal Monthly(Working w, string value, decimal number) => w.Input.Flag("monthlyPlaces") ? ChinaMethods.Round(w, value, number) : number;

    static decimal NetAnode(Working w)
    {
        if (!w.Input.Has("grossAnodeTPerT")) return ChinaMethods.Or(w, "netAnodeTPerT", "t/t");
        if (w.Input.Has("netAnodeTPerT")) return w.Stop<decimal>(Refusal.Of("calc.either", "grossAnodeTPerT", ("choices", "netAnodeTPerT | grossAnodeTPerT")));
        var (loss, rule) = ChinaMethods.Value(w, "grossLossPercent");
        return w.Step("net-anode", "Net of butts", "扣除残极", "grossAnodeTPerT * (1 - lossPercent / 100)", "t/t", w["grossAnodeTPerT"] * (1 - loss / 100), rule, ("grossAnodeTPerT", w["grossAnodeTPerT"]), ("lossPercent", loss));
    }

    static (decimal Cf4, decimal C2f6) GasFactors(Working w)
    {
        if (!w.Input.Has("aeMinutesPerCellDay")) return (ChinaMethods.Or(w, "cf4KgPerT", "kg/t"), ChinaMethods.Or(w, "c2f6KgPerT", "kg/t"));
        var (slope, slopeRule) = ChinaMethods.Value(w, "slope");
        var (fraction, fractionRule) = ChinaMethods.Value(w, "c2f6Fraction");
        var minutes = w["aeMinutesPerCellDay"];
        var cf4 = Monthly(w, "cf4KgPerT", w.Step("cf4", "CF4 from measured minutes", "按实测分钟数计算 CF4", "slope * aeMinutesPerCellDay", "kg/t", slope * minutes, slopeRule, ("slope", slope), ("aeMinutesPerCellDay", minutes)));
        var c2f6 = Monthly(w, "c2f6KgPerT", w.Step("c2f6", "C2F6 as a tenth of CF4", "C2F6 取 CF4 的十分之一", "cf4KgPerT * c2f6Fraction", "kg/t", cf4 * fraction, fractionRule, ("cf4KgPerT", cf4), ("c2f6Fraction", fraction)));
        return (cf4, c2f6);
    }
}

/// <summary>Method <c>cn.aluminium-enterprise</c>: what lies around the electrolysis: fuel, carbonates, power and heat bought net of what is sold.</summary>
sealed class ChinaEnterprise() : Calculator("cn.aluminium-enterprise", "1.0", new("Enterprise layer, China", "企业层级排放（中国）"),
    Number("electrolysisTco2e", "Direct emissions of electrolysis", "电解工序直接排放", "t CO2e"),
    Number("fuelTco2", "Combustion of fuels", "化石燃料燃烧排放", "t CO2"),
    Number("carbonateTco2", "Decomposition of carbonates", "碳酸盐分解排放", "t CO2"),
    Number("boughtMwh", "Electricity bought", "净购入前：外购电量", "MWh"),
    Number("soldMwh", "Electricity sold", "外供电量", "MWh"),
    Number("nonFossilMwh", "Of it non-fossil, bought on the market", "其中市场化购入非化石电量", "MWh"),
    Text("area", "Area of the grid factor", "电网因子地区"),
    Choice("variant", "Variant of the grid factor", "电网因子类型", ["average", "excluding-traded-non-fossil", "fossil-only", "ets-earlier"]),
    Whole("year", "Year of the grid factor", "电网因子年份", 2000, 2100),
    Number("boughtHeatGj", "Heat bought, less heat sold", "净购入热力", "GJ", min: -1_000_000_000))
{
    protected override void Work(Working w)
    {
        if (w["nonFossilMwh"] > w["boughtMwh"]) w.Stop<Done>(Refusal.Of("footprint.parts-over-whole", "nonFossilMwh", ("given", DecimalText.Write(w["nonFossilMwh"]))));
        var year = w.Input.Integer("year").ToString(System.Globalization.CultureInfo.InvariantCulture);
        var (grid, gridRule) = w.Rule("footprint/grid", "factors", "area", null, w.Input.Text("area"), w.Input.Text("variant"), "direct", year);
        var net = w.Step("net-mwh", "Net electricity that counts", "计入的净购入电量", "boughtMwh - soldMwh - nonFossilMwh", "MWh", w["boughtMwh"] - w["soldMwh"] - w["nonFossilMwh"], w.Cite(ChinaMethods.Pack, "Non-fossil power bought on the market counts nothing", RuleStatus.Recalled),
            ("boughtMwh", w["boughtMwh"]), ("soldMwh", w["soldMwh"]), ("nonFossilMwh", w["nonFossilMwh"]));
        var power = w.Put("powerTco2", w.Step("power", "CO2 of electricity", "电力 CO2", "netMwh * kgPerKwh", "t CO2", net * grid.Decimal("kgPerKwh"), gridRule, ("netMwh", net), ("kgPerKwh", grid.Decimal("kgPerKwh"))));
        var (perGj, heatRule) = ChinaMethods.Value(w, "heatTco2PerGj");
        var heat = w.Put("heatTco2", w.Step("heat", "CO2 of heat", "热力 CO2", "boughtHeatGj * tco2PerGj", "t CO2", w["boughtHeatGj"] * perGj, heatRule, ("boughtHeatGj", w["boughtHeatGj"]), ("tco2PerGj", perGj)));
        w.Put("totalTco2e", w.Step("total", "Enterprise", "企业合计", "electrolysisTco2e + fuelTco2 + carbonateTco2 + powerTco2 + heatTco2", "t CO2e", w["electrolysisTco2e"] + w["fuelTco2"] + w["carbonateTco2"] + power + heat,
            ("electrolysisTco2e", w["electrolysisTco2e"]), ("fuelTco2", w["fuelTco2"]), ("carbonateTco2", w["carbonateTco2"]), ("powerTco2", power), ("heatTco2", heat)));
    }
}

/// <summary>Method <c>cn.allocation-2025</c>: intensity-based allocation; slope and clip are data of the scheme, put down from memory.</summary>
sealed class ChinaAllocation() : Calculator("cn.allocation-2025", "1.0", new("Allocation of 2025 by intensity, China", "2025 年基于强度的配额分配（中国）"),
    Number("balanceIntensity", "Balance value published", "公布的平衡值", "t/t", above: true, max: 1000),
    Number("intensity", "Own intensity", "企业强度", "t/t", max: 1000),
    Number("emissions", "Verified emissions", "经核查排放量", "t CO2e"))
{
    protected override void Work(Working w)
    {
        var (row, rule) = w.Rule(ChinaMethods.Pack, "allocation", "emissions", null, "2025");
        decimal clip = row.Decimal("clip"), slope = row.Decimal("slope");
        var deviation = w.Step("deviation", "Below or above the balance value", "相对平衡值的偏差", "(balanceIntensity - intensity) / balanceIntensity", null, (w["balanceIntensity"] - w["intensity"]) / w["balanceIntensity"], rule, ("balanceIntensity", w["balanceIntensity"]), ("intensity", w["intensity"]));
        var within = w.Step("clipped", "Within the clip", "限幅后", "clamp(deviation, -clip, clip)", null, Math.Clamp(deviation, -clip, clip), rule, ("deviation", deviation), ("clip", clip));
        var rate = w.Put("rate", w.Step("rate", "Surplus or shortfall", "盈缺率", "slope * deviation", null, slope * within, rule, ("slope", slope), ("deviation", within)));
        w.Put("allocation", w.Step("allocation", "Allowances", "配额", "emissions * (1 + rate)", "t CO2e", w["emissions"] * (1 + rate), rule, ("emissions", w["emissions"]), ("rate", rate)));
    }
}
