using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Streams;

/// <summary>
/// Method <c>mrr.combustion</c>: activity x calorific value x emission factor x oxidation, 2018/2066 Art. 24(1), 2025/2547 Annex II. Which unit of activity goes with which
/// calorific value and factor stands in a table; any other combination is refused.
/// </summary>
sealed class Combustion() : Calculator("mrr.combustion", "1.0", new("Combustion of a fuel", "燃料燃烧"),
[
    Number("activity", "Fuel burnt", "燃料消耗量", min: -1_000_000_000_000m),
    Choice("activityUnit", "Unit of the activity", "活动数据单位", ["t", "1000Nm3", "TJ"], optional: true),
    Number("ncvGjPerT", "Net calorific value by mass", "质量低位发热量", "GJ/t", max: 1000, optional: true),
    Number("ncvGjPer1000Nm3", "Net calorific value by volume", "体积低位发热量", "GJ/1000 Nm³", max: 100_000, optional: true),
    Number("efTPerTj", "Emission factor by energy", "单位热值排放因子", "t CO2/TJ", max: 10_000, optional: true),
    Number("efTPerT", "Emission factor by mass", "单位质量排放因子", "t CO2/t", max: 1000, optional: true),
    Number("efTPer1000Nm3", "Emission factor by volume", "单位体积排放因子", "t CO2/1000 Nm³", max: 1000, optional: true),
    Text("fuel", "Fuel, where its factors come from a set", "燃料（因子取自数据集时）", optional: true),
    Choice("factors", "Set of factors", "因子来源", ["IPCC-2006", "CN"], optional: true),
    Number("oxidationFactor", "Oxidation factor", "氧化率", max: 10, optional: true),
    .. Biomass.Fields,
])
{
    protected override void Work(Working w)
    {
        var unit = w.Input.TextOrNull("activityUnit") ?? "t";
        if (!w.Input.Has("activityUnit")) w.Warn("calc.default", "activityUnit not given: t.", "未给出 activityUnit：按 t。", "activityUnit");
        if (w.Either("efTPerTj", "efTPerT", "efTPer1000Nm3", "fuel+factors") == 3) { FromSet(w, unit); return; }
        string[] energies = ["ncvGjPerT", "ncvGjPer1000Nm3"], factors = ["efTPerTj", "efTPerT", "efTPer1000Nm3"];
        var energy = energies.Where(w.Input.Has).ToList() is [var one] ? one : energies.Any(w.Input.Has) ? "both" : "none";
        var factor = factors.Single(w.Input.Has);
        var pack = w.Rules.Pack(StreamMethods.Pack);
        var allowed = pack.Table("units");
        if (allowed.Find(null, unit, energy, factor) is not { } row)
        {
            w.Stop<Done>(Refusal.Of("streams.units-mixed", factor, ("unit", unit), ("energy", energy), ("factor", factor), ("known", string.Join("; ", allowed.Rows.Select(r => $"{r.Text("activityUnit")} + {r.Text("energy")} + {r.Text("factor")}")))));
            return;
        }
        var oxidation = w.Or("oxidationFactor", 1);
        var tj = unit == "TJ" ? w["activity"] : energy == "none" ? (decimal?)null
            : w.Step("energy", "Energy of the fuel", "燃料热量", $"activity * {energy} / 1000", "TJ", w["activity"] * w[energy] / 1000, ("activity", w["activity"]), (energy, w[energy]));
        Finish(w, tj, tj ?? w["activity"], factor, w[factor], oxidation, row.Ref(pack));
    }

    static void FromSet(Working w, string unit)
    {
        if (w.Input.Has("ncvGjPerT") || w.Input.Has("ncvGjPer1000Nm3")) w.Stop<Done>(Refusal.Of("calc.either", "fuel", ("choices", "ncvGjPerT + efTPerTj | fuel + factors")));
        if (unit == "TJ") w.Stop<Done>(Refusal.Of("streams.fuel-needs-amount", "activityUnit"));
        var (table, column) = unit == "t" ? ("mass", "ncvGjPerT") : ("volume", "ncvGjPer1000Nm3");
        var (row, rule) = w.Rule("footprint/fuels", table, "fuel", null, w.Input.Text("factors"), w.Input.Text("fuel"));
        var tj = w.Step("energy", "Energy of the fuel", "燃料热量", $"activity * {column} / 1000", "TJ", w["activity"] * row.Decimal(column) / 1000, rule, ("activity", w["activity"]), (column, row.Decimal(column)));
        var ef = row.TextOrNull("efTPerTj") is not null ? row.Decimal("efTPerTj")
            : row.DecimalOrNull("carbonKgPerGj") is { } carbon ? w.Step("factor", "Emission factor from the carbon content", "由含碳量得排放因子", "carbonKgPerGj * 44 / 12", "t CO2/TJ", Carbon.Co2(carbon), rule, ("carbonKgPerGj", carbon))
            : w.Stop<decimal>(Refusal.Of("streams.fuel-without-factor", "fuel", ("given", w.Input.Text("fuel")), ("factors", w.Input.Text("factors"))));
        var oxidation = w.Input.DecimalOrNull("oxidationFactor") ?? w.Or("oxidationFactor", row.DecimalOrNull("oxidationFactor") ?? 1, null, rule);
        Finish(w, tj, tj, "efTPerTj", ef, oxidation, rule);
    }

    static void Finish(Working w, decimal? tj, decimal amount, string factor, decimal ef, decimal oxidation, RuleRef rule)
    {
        if (tj is { } energy) w.Put("energyTj", energy);
        var name = tj is null ? "activity" : "energyTj";
        Biomass.Put(w, w.Step("tco2", "CO2 of the fuel", "燃料 CO2", $"{name} * {factor} * oxidationFactor", "t CO2", amount * ef * oxidation, rule, (name, amount), (factor, ef), ("oxidationFactor", oxidation)));
    }
}

/// <summary>Method <c>mrr.process</c>: activity x emission factor x conversion, 2018/2066 Art. 24(2).</summary>
sealed class ProcessEmissions() : Calculator("mrr.process", "1.0", new("Process emissions", "过程排放"),
[
    Number("activity", "Material used or product made", "物料用量或产品产量", min: -1_000_000_000_000m),
    Number("ef", "Emission factor for each unit of activity", "单位活动排放因子", "t CO2", max: 100_000),
    Number("conversionFactor", "Conversion factor", "转化率", max: 10, optional: true),
    .. Biomass.Fields,
])
{
    protected override void Work(Working w)
    {
        var conversion = w.Or("conversionFactor", 1);
        Biomass.Put(w, w.Step("tco2", "CO2 of the process", "过程 CO2", "activity * ef * conversionFactor", "t CO2", w["activity"] * w["ef"] * conversion, w.Cite(StreamMethods.Pack, "2018/2066 Art. 24(2)"), ("activity", w["activity"]), ("ef", w["ef"]), ("conversionFactor", conversion)));
    }
}

/// <summary>Method <c>mrr.mass-balance</c>: carbon in or out of the balance; what leaves has a negative activity. 2018/2066 Art. 25, 2025/2547 Annex II (equations 12-15).</summary>
sealed class MassBalance() : Calculator("mrr.mass-balance", "1.0", new("Mass balance of carbon", "碳质量平衡"),
[
    Number("activity", "Material in; what leaves is negative", "进入物料量；离开为负", "t", min: -1_000_000_000_000m),
    Number("carbonContent", "Carbon content", "含碳量", "t C/t", max: 1000, optional: true),
    Number("efTPerTj", "Emission factor, where the carbon content is worked out", "排放因子（推算含碳量时）", "t CO2/TJ", max: 10_000, optional: true),
    Number("ncvGjPerT", "Net calorific value, where the carbon content is worked out", "低位发热量（推算含碳量时）", "GJ/t", max: 1000, optional: true),
    Number("efTPerT", "Emission factor by mass, where the carbon content is worked out", "单位质量排放因子（推算含碳量时）", "t CO2/t", max: 1000, optional: true),
    Number("factorTco2PerTc", "t CO2 a t of carbon", "碳换算 CO2 系数", "t CO2/t C", above: true, max: 4, optional: true),
    Choice("rule", "Act whose carbon factor applies, where it is not given", "适用法规的碳系数（未给出时）", ["CBAM-2025", "EU-MRR"], optional: true),
    .. Biomass.Fields,
])
{
    protected override void Work(Working w)
    {
        decimal f;
        RuleRef? rule = null;
        if (w.Either("factorTco2PerTc", "rule") == 0) f = w["factorTco2PerTc"];
        else
        {
            (var row, rule) = w.Rule(StreamMethods.Pack, "carbon", "rule", null, w.Input.Text("rule"));
            f = row.Decimal("factorTco2PerTc");
        }
        var carbon = w.Either("carbonContent", "efTPerTj+ncvGjPerT", "efTPerT") switch
        {
            0 => w["carbonContent"],
            1 => w.Step("carbon", "Carbon from the emission factor", "由排放因子推算含碳量", "efTPerTj * ncvGjPerT / 1000 / f", "t C/t", w["efTPerTj"] * w["ncvGjPerT"] / 1000 / f, rule, ("efTPerTj", w["efTPerTj"]), ("ncvGjPerT", w["ncvGjPerT"]), ("f", f)),
            _ => w.Step("carbon", "Carbon from the emission factor", "由排放因子推算含碳量", "efTPerT / f", "t C/t", w["efTPerT"] / f, rule, ("efTPerT", w["efTPerT"]), ("f", f)),
        };
        Biomass.Put(w, w.Step("tco2", "CO2 of the carbon", "碳折合 CO2", "f * activity * carbonContent", "t CO2", f * w["activity"] * carbon, rule ?? w.Cite(StreamMethods.Pack, "2018/2066 Art. 25"), ("f", f), ("activity", w["activity"]), ("carbonContent", carbon)));
    }
}

/// <summary>Method <c>carbonate.decomposition</c>: mass x purity x calcined share x stoichiometric factor, IPCC 2006 vol. 3 ch. 2.</summary>
sealed class Carbonate() : Calculator("carbonate.decomposition", "1.0", new("Decomposition of carbonates", "碳酸盐分解"),
    Number("massT", "Carbonate used", "碳酸盐用量", "t"),
    Number("purity", "Purity, as a fraction of one", "纯度（小数）", max: 1),
    Number("calcinedFraction", "Share decomposed, as a fraction of one", "分解率（小数）", max: 1),
    Number("factor", "t CO2 a t of carbonate", "排放因子", "t CO2/t", max: 1, optional: true),
    Choice("carbonate", "Carbonate, where its factor comes from a table", "碳酸盐种类（因子查表时）", ["soda-ash", "limestone"], optional: true))
{
    protected override void Work(Working w)
    {
        RuleRef? rule = null;
        decimal factor;
        if (w.Either("factor", "carbonate") == 0) factor = w["factor"];
        else
        {
            (var row, rule) = w.Rule(StreamMethods.Pack, "carbonates", "carbonate", null, w.Input.Text("carbonate"));
            factor = row.Decimal("factor");
        }
        w.Put("tco2", w.Step("tco2", "CO2 set free", "释放的 CO2", "massT * purity * calcinedFraction * factor", "t CO2", w["massT"] * w["purity"] * w["calcinedFraction"] * factor, rule, ("massT", w["massT"]), ("purity", w["purity"]), ("calcinedFraction", w["calcinedFraction"]), ("factor", factor)));
    }
}
