using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Metals;

static class OtherMetalMethods
{
    public const string Pack = "footprint/metals";

    public static IReadOnlyList<ICalculator> All { get; } = [new MetalRoute(), new SteelCarbonBalance(), new PotOutput(), new CellEnergy(), new Electrowinning(), new AluminiumLimits()];
}

/// <summary>Method <c>metal.route</c>: process CO2 by a route's default, IPCC 2006 vol. 3 ch. 4. Power and fuel are not in it.</summary>
sealed class MetalRoute() : Calculator("metal.route", "1.0", new("Process CO2 by route", "按工艺路线的过程 CO2"),
    Choice("metal", "Metal", "金属", ["PB", "ZN", "FE", "FERROALLOY"]),
    Text("route", "Route, for example waelz", "工艺路线，例如 waelz"),
    Number("productionT", "Production", "产量", "t"))
{
    protected override void Work(Working w)
    {
        var (row, rule) = w.Rule(OtherMetalMethods.Pack, "routes", "route", null, w.Input.Text("metal"), w.Input.Text("route"));
        w.Warn("metal.process-only", "Process CO2 only: fuel and electricity come on top.", "仅为过程 CO2：燃料与电力须另计。");
        w.Put("tco2", w.Step("tco2", "Process CO2", "过程 CO2", "productionT * tco2PerT", "t CO2", w["productionT"] * row.Decimal("tco2PerT"), rule, ("productionT", w["productionT"]), ("tco2PerT", row.Decimal("tco2PerT"))));
    }
}

/// <summary>Method <c>steel.carbon-balance</c>: carbon of what enters a site less what leaves it, IPCC 2006 vol. 3 ch. 4 tier 2.</summary>
sealed class SteelCarbonBalance() : Calculator("steel.carbon-balance", "1.0", new("Carbon balance of a steel site", "钢铁企业碳平衡"),
    Items("materials", "What enters (positive) and leaves (negative)", "输入（正）与输出（负）物料",
        Text("material", "Material, for example coke", "物料，例如 coke"),
        Number("massT", "Mass", "质量", "t", min: -1_000_000_000_000m),
        Number("carbonFraction", "Carbon, as a fraction of one; the table's where not given", "含碳量（小数）；未给出则查表", max: 1, optional: true)))
{
    protected override void Work(Working w)
    {
        var materials = w.Input.List("materials");
        decimal carbon = 0;
        for (var i = 0; i < materials.Count; i++)
        {
            var name = materials[i].Text("material");
            RuleRef? rule = null;
            if (materials[i].DecimalOrNull("carbonFraction") is not { } fraction)
            {
                (var row, rule) = w.Rule(OtherMetalMethods.Pack, "steel-carbon", $"materials[{i}].material", null, name);
                fraction = row.Decimal("carbonFraction");
            }
            carbon += w.Step($"carbon-{i + 1}", $"Carbon in {name}", $"{name} 含碳", "massT * carbonFraction", "t C", materials[i].Decimal("massT") * fraction, rule, ("massT", materials[i].Decimal("massT")), ("carbonFraction", fraction));
        }
        Percents.NotBelowZero(w, "materials", carbon);
        w.Put("carbonT", carbon);
        w.Put("tco2", w.Step("tco2", "CO2 of the carbon that stays", "留存碳的 CO2", "carbonT * 44 / 12", "t CO2", Carbon.Co2(carbon), ("carbonT", carbon)));
    }
}

/// <summary>Faraday's law: how much metal a charge makes at most, and what energy it takes at a voltage.</summary>
static class Faraday
{
    /// <summary>Grams of metal an ampere-hour makes at full efficiency: M x 3600 / (z x F).</summary>
    public static decimal GramsPerAmpereHour(Working w, string metal)
    {
        var (row, rule) = w.Rule(OtherMetalMethods.Pack, "electrolysis", "metal", null, metal);
        var (constant, _) = w.Rule(OtherMetalMethods.Pack, "constants", "metal", null, "faraday");
        decimal mass = row.Decimal("molarMassG"), electrons = row.Integer("electrons"), faraday = constant.Decimal("value");
        return w.Step("k", "Metal of an ampere-hour", "每安时析出量", "molarMassG * 3600 / (electrons * faraday)", "g/Ah", mass * 3600 / (electrons * faraday), rule, ("molarMassG", mass), ("electrons", electrons), ("faraday", faraday));
    }
}

/// <summary>Method <c>physics.pot-output</c>: aluminium an electrolysis cell makes a day.</summary>
sealed class PotOutput() : Calculator("physics.pot-output", "1.0", new("Output of an aluminium cell", "电解槽日产量"),
    Number("kiloAmpere", "Line current", "系列电流", "kA", max: 10_000), Number("currentEfficiency", "Current efficiency, as a fraction of one", "电流效率（小数）", above: true, max: 1),
    Whole("cells", "Cells", "槽数", 1, 100_000, optional: true), Whole("days", "Days", "天数", 1, 366, optional: true))
{
    protected override void Work(Working w)
    {
        var k = Faraday.GramsPerAmpereHour(w, "AL");
        var perDay = w.Put("kgPerCellDay", w.Step("day", "A cell and day", "每槽日", "k * 24 * kiloAmpere * currentEfficiency", "kg", k * 24 * w["kiloAmpere"] * w["currentEfficiency"], ("k", k), ("kiloAmpere", w["kiloAmpere"]), ("currentEfficiency", w["currentEfficiency"])));
        if (w.Input.IntegerOrNull("cells") is { } cells && w.Input.IntegerOrNull("days") is { } days)
            w.Put("massT", w.Step("line", "The line over these days", "系列期间产量", "kgPerCellDay * cells * days / 1000", "t", perDay * cells * days / 1000, ("kgPerCellDay", perDay), ("cells", cells), ("days", days)));
    }
}

/// <summary>Method <c>physics.cell-energy</c>: direct-current energy of aluminium at a cell voltage.</summary>
sealed class CellEnergy() : Calculator("physics.cell-energy", "1.0", new("Energy of an aluminium cell", "电解槽直流电耗"),
    Number("volts", "Cell voltage", "槽电压", "V", max: 100), Number("currentEfficiency", "Current efficiency, as a fraction of one", "电流效率（小数）", above: true, max: 1))
{
    protected override void Work(Working w)
    {
        var k = Faraday.GramsPerAmpereHour(w, "AL");
        w.Put("kwhPerKg", w.Step("energy", "Energy a kilogram", "每千克电耗", "volts / (k * currentEfficiency)", "kWh/kg", w["volts"] / (k * w["currentEfficiency"]), ("volts", w["volts"]), ("k", k), ("currentEfficiency", w["currentEfficiency"])));
    }
}

/// <summary>Method <c>metal.electrowinning</c>: energy and emissions of electrowinning copper, zinc, nickel, cobalt, lead or aluminium.</summary>
sealed class Electrowinning() : Calculator("metal.electrowinning", "1.0", new("Electrowinning", "电积"),
    Choice("metal", "Metal", "金属", ["CU", "ZN", "NI", "CO", "PB", "AL"]),
    Number("volts", "Cell voltage", "槽电压", "V", max: 100), Number("currentEfficiency", "Current efficiency, as a fraction of one", "电流效率（小数）", above: true, max: 1),
    Number("productionT", "Production", "产量", "t"), Number("gridKgPerKwh", "Factor of the electricity", "电力排放因子", "kg CO2/kWh", max: 10))
{
    protected override void Work(Working w)
    {
        var k = Faraday.GramsPerAmpereHour(w, w.Input.Text("metal"));
        var perT = w.Put("kwhPerT", w.Step("energy", "Energy a tonne", "每吨电耗", "volts / (k * currentEfficiency) * 1000", "kWh/t", w["volts"] / (k * w["currentEfficiency"]) * 1000, ("volts", w["volts"]), ("k", k), ("currentEfficiency", w["currentEfficiency"])));
        w.Put("tco2", w.Step("tco2", "CO2 of the electricity", "电力 CO2", "kwhPerT * productionT * gridKgPerKwh / 1000", "t CO2", perT * w["productionT"] * w["gridKgPerKwh"] / 1000, ("kwhPerT", perT), ("productionT", w["productionT"]), ("gridKgPerKwh", w["gridKgPerKwh"])));
    }
}

/// <summary>Method <c>physics.aluminium-limits</c>: what cannot be true of a smelter. What lies outside is a finding for the verifier; the figures stand as reported.</summary>
sealed class AluminiumLimits() : Calculator("physics.aluminium-limits", "1.0", new("Physical limits of a smelter", "铝电解物理限值检查"),
    Number("currentEfficiency", "Current efficiency, as a fraction of one", "电流效率（小数）", above: true, max: 1.5m),
    Number("netAnodeTPerT", "Anodes used, net of butts", "净阳极消耗", "t/t", max: 5, optional: true),
    Number("aluminaTPerT", "Alumina used", "氧化铝消耗", "t/t", max: 10, optional: true),
    Number("dcKwhPerT", "Direct-current energy", "直流电耗", "kWh/t", max: 100_000, optional: true),
    Number("acKwhPerT", "Alternating-current energy", "交流电耗", "kWh/t", max: 100_000, optional: true),
    Number("productionT", "Production reported", "报告产量", "t", optional: true),
    Number("kiloAmpereHours", "Charge: line current times hours times cells", "电量：电流×小时×槽数", "kAh", optional: true))
{
    protected override void Work(Working w)
    {
        var findings = new JsonArray();
        var pack = w.Rules.Pack(OtherMetalMethods.Pack);
        void Judge(string check, string field, decimal value, decimal? low, decimal? high, RuleRow rule)
        {
            w.Note(new(check, new(rule.Article!, rule.Article!), "low <= value <= high", new JsonObject { ["value"] = Working.Shown(value), ["low"] = low is { } l ? Working.Shown(l) : null, ["high"] = high is { } h ? Working.Shown(h) : null }, low is { } least && value < least || high is { } most && value > most ? "outside" : "within", rule.Text("unit"), rule.Ref(pack)));
            if (low is { } under && value < under || high is { } over && value > over)
                findings.Add(new JsonObject { ["check"] = check, ["field"] = field, ["value"] = Working.Shown(value), ["low"] = low is { } a ? Working.Shown(a) : null, ["high"] = high is { } b ? Working.Shown(b) : null, ["unit"] = rule.Text("unit"), ["rule"] = rule.Article });
        }
        RuleRow Limit(string check) => w.Rule(OtherMetalMethods.Pack, "aluminium-limits", "currentEfficiency", null, check).Row;
        var efficiency = w["currentEfficiency"];
        var band = Limit("current-efficiency");
        Judge("current-efficiency", "currentEfficiency", efficiency, band.Decimal("low"), band.Decimal("high"), band);
        if (w.Input.DecimalOrNull("netAnodeTPerT") is { } anode) Judge("anode", "netAnodeTPerT", anode, Limit("carbon-stoichiometric").Decimal("low") / efficiency, null, Limit("carbon-stoichiometric"));
        if (w.Input.DecimalOrNull("aluminaTPerT") is { } alumina) Judge("alumina", "aluminaTPerT", alumina, Limit("alumina-stoichiometric").Decimal("low"), null, Limit("alumina-stoichiometric"));
        var k = Faraday.GramsPerAmpereHour(w, "AL");
        if (w.Input.DecimalOrNull("dcKwhPerT") is { } dc) Judge("dc-energy", "dcKwhPerT", dc, Limit("cell-voltage").Decimal("low") / k * 1000, null, Limit("cell-voltage"));
        if (w.Input.DecimalOrNull("acKwhPerT") is { } ac && w.Input.DecimalOrNull("dcKwhPerT") is { } direct) Judge("ac-over-dc", "acKwhPerT", ac, direct, null, Limit("cell-voltage"));
        if (w.Input.DecimalOrNull("productionT") is { } production && w.Input.DecimalOrNull("kiloAmpereHours") is > 0 and { } charge)
        {
            var expected = w.Step("faraday", "Production the charge allows", "按电量推算产量", "k * kiloAmpereHours * currentEfficiency / 1000", "t", k * charge * efficiency / 1000, ("k", k), ("kiloAmpereHours", charge), ("currentEfficiency", efficiency));
            var most = Limit("production-against-faraday");
            Judge("production", "productionT", Math.Abs(production / expected - 1) * 100, null, most.Decimal("high"), most);
        }
        w.Put("withinLimits", findings.Count == 0);
        w.Put("findings", findings);
    }
}
