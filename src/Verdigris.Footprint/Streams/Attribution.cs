using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Streams;

/// <summary>Method <c>mrr.chp-split</c>: CO2 of heat and power made together, by the efficiencies beside their references; 2025/2547 Annex II.</summary>
sealed class ChpSplit() : Calculator("mrr.chp-split", "1.0", new("Heat and power made together", "热电联产分摊"),
    Number("tco2", "CO2 of the plant", "机组 CO2", "t CO2"),
    Number("efficiencyHeat", "Heat made a unit of fuel", "供热效率", max: 2, optional: true),
    Number("efficiencyPower", "Power made a unit of fuel", "供电效率", max: 2, optional: true),
    Number("referenceHeat", "Reference efficiency of heat", "供热参考效率", above: true, max: 2),
    Number("referencePower", "Reference efficiency of power", "供电参考效率", above: true, max: 2))
{
    protected override void Work(Working w)
    {
        decimal heat, power;
        if (w.Input.Has("efficiencyHeat") || w.Input.Has("efficiencyPower"))
        {
            w.Either("efficiencyHeat+efficiencyPower");
            (heat, power) = (w["efficiencyHeat"], w["efficiencyPower"]);
        }
        else
        {
            var (row, rule) = w.Rule(StreamMethods.Pack, "chp", "efficiencyHeat", null, "CBAM-2025");
            (heat, power) = (w.Or("efficiencyHeat", row.Decimal("efficiencyHeat"), null, rule), w.Or("efficiencyPower", row.Decimal("efficiencyPower"), null, rule));
        }
        decimal heatPart = heat / w["referenceHeat"], powerPart = power / w["referencePower"];
        if (heatPart + powerPart == 0) { w.Stop<Done>(Refusal.Of("calc.division-by-zero", "efficiencyHeat", ("field", "efficiencyHeat + efficiencyPower"))); return; }
        var share = w.Step("heat-share", "Share of heat", "供热份额", "(efficiencyHeat / referenceHeat) / (efficiencyHeat / referenceHeat + efficiencyPower / referencePower)", null, heatPart / (heatPart + powerPart), w.Cite(StreamMethods.Pack, "2025/2547 Annex II, combined heat and power"),
            ("efficiencyHeat", heat), ("referenceHeat", w["referenceHeat"]), ("efficiencyPower", power), ("referencePower", w["referencePower"]));
        var toHeat = w.Put("heatTco2", w.Step("heat", "CO2 of heat", "供热 CO2", "tco2 * heatShare", "t CO2", w["tco2"] * share, ("tco2", w["tco2"]), ("heatShare", share)));
        w.Put("powerTco2", w.Step("power", "CO2 of power", "供电 CO2", "tco2 - heatTco2", "t CO2", w["tco2"] - toHeat, ("tco2", w["tco2"]), ("heatTco2", toHeat)));
    }
}

/// <summary>Method <c>mrr.waste-gas</c>: waste gas between processes: what comes in counts as natural gas of the same energy, what goes out is credited with the corrected part of it.</summary>
sealed class WasteGas() : Calculator("mrr.waste-gas", "1.0", new("Waste gas between processes", "工序间废气"),
    Number("importedTj", "Waste gas taken in", "输入废气", "TJ"),
    Number("exportedTj", "Waste gas given away", "输出废气", "TJ"))
{
    protected override void Work(Working w)
    {
        var (row, rule) = w.Rule(StreamMethods.Pack, "waste-gas", "exportedTj", null, "CBAM-2025");
        decimal factor = row.Decimal("naturalGasTPerTj"), correction = row.Decimal("correction");
        var into = w.Put("importedTco2", w.Step("in", "Taken in", "输入", "importedTj * naturalGasTPerTj", "t CO2", w["importedTj"] * factor, rule, ("importedTj", w["importedTj"]), ("naturalGasTPerTj", factor)));
        var given = w.Put("exportedTco2", w.Step("out", "Given away", "输出", "exportedTj * naturalGasTPerTj * correction", "t CO2", w["exportedTj"] * factor * correction, rule, ("exportedTj", w["exportedTj"]), ("naturalGasTPerTj", factor), ("correction", correction)));
        w.Put("tco2", w.Step("net", "Added to the process", "计入工序", "importedTco2 - exportedTco2", "t CO2", into - given, ("importedTco2", into), ("exportedTco2", given)));
    }
}

/// <summary>Method <c>mrr.heat-flow</c>: measurable heat between processes, 2025/2547 Annex III: imported heat adds, exported heat is taken off.</summary>
sealed class HeatFlow() : Calculator("mrr.heat-flow", "1.0", new("Measurable heat between processes", "工序间可测热量"),
    Number("importedTj", "Heat taken in", "输入热量", "TJ"),
    Number("importedEfTPerTj", "Its emission factor", "输入热量排放因子", "t CO2/TJ", max: 10_000),
    Number("exportedTj", "Heat given away", "输出热量", "TJ"),
    Number("exportedEfTPerTj", "Its emission factor", "输出热量排放因子", "t CO2/TJ", max: 10_000))
{
    protected override void Work(Working w) =>
        w.Put("tco2", w.Step("tco2", "Added to the process", "计入工序", "importedTj * importedEfTPerTj - exportedTj * exportedEfTPerTj", "t CO2", w["importedTj"] * w["importedEfTPerTj"] - w["exportedTj"] * w["exportedEfTPerTj"],
            w.Cite(StreamMethods.Pack, "2025/2547 Annex III, attribution of heat"), ("importedTj", w["importedTj"]), ("importedEfTPerTj", w["importedEfTPerTj"]), ("exportedTj", w["exportedTj"]), ("exportedEfTPerTj", w["exportedEfTPerTj"])));
}
