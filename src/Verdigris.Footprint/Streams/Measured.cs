using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Streams;

/// <summary>Method <c>mrr.continuous</c>: hours x flow x concentration, 2018/2066 Annex VIII. Another gas than CO2 goes through its warming potential.</summary>
sealed class ContinuousMeasurement() : Calculator("mrr.continuous", "1.0", new("Continuous measurement", "连续监测"),
[
    Number("hours", "Hours of operation", "运行小时", "h", max: 8784),
    Number("flow1000Nm3PerH", "Mean flow of flue gas", "烟气平均流量", "1000 Nm³/h", max: 1_000_000),
    Number("concentrationGPerNm3", "Mean concentration", "平均浓度", "g/Nm³", max: 100_000),
    Choice("gas", "Gas measured", "测量气体", Gwp.Gases, optional: true),
    Choice("gwp", "Set of global warming potentials, for another gas than CO2", "全球变暖潜势来源（非 CO2 气体）", Gwp.Sets, optional: true),
    .. Biomass.Fields,
])
{
    protected override void Work(Working w)
    {
        var gas = w.Input.TextOrNull("gas") ?? "CO2";
        if (!w.Input.Has("gas")) w.Warn("calc.default", "gas not given: CO2.", "未给出 gas：按 CO2。", "gas");
        var places = w.Input.IntegerOrNull("roundPlaces");
        var rule = w.Cite(StreamMethods.Pack, "2018/2066 Annex VIII");
        var flow = w.Step("flow", "Flow of the year", "年烟气量", "hours * flow1000Nm3PerH", "1000 Nm³", w["hours"] * w["flow1000Nm3PerH"], rule, ("hours", w["hours"]), ("flow1000Nm3PerH", w["flow1000Nm3PerH"]));
        w.PutPlaces("annualFlow1000Nm3", flow, places);
        var mass = w.Step("mass", $"Mass of {gas}", $"{gas} 质量", "flow1000Nm3 * concentrationGPerNm3 * 0.001", "t", flow * w["concentrationGPerNm3"] * 0.001m, rule, ("flow1000Nm3", flow), ("concentrationGPerNm3", w["concentrationGPerNm3"]));
        w.PutPlaces("massT", mass, places);
        if (gas == "CO2") { Biomass.Put(w, mass); return; }
        if (!w.Input.Has("gwp")) { w.Stop<Done>(Refusal.Of("calc.missing-field", "gwp", ("field", "gwp"))); return; }
        if (w.Input.Has("biomassPercent")) { w.Stop<Done>(Refusal.Of("streams.biomass-only-co2", "biomassPercent", ("gas", gas))); return; }
        var (potential, gwp) = Gwp.Of(w, gas);
        w.PutPlaces("tco2e", w.Step("tco2e", "As CO2", "折合 CO2", "massT * gwp", "t CO2e", mass * potential, gwp, ("massT", mass), ("gwp", potential)), places);
    }
}

/// <summary>Method <c>mrr.tier-check</c>: whether the uncertainty of a meter meets a tier, and which tier it meets.</summary>
sealed class TierCheck() : Calculator("mrr.tier-check", "1.0", new("Tier of an uncertainty", "不确定度对应的层级"),
    Choice("kind", "Kind of source stream", "源流类型", ["combustion", "process", "mass-balance", "continuous"]),
    Number("uncertaintyPercent", "Expanded uncertainty over the period", "全期扩展不确定度", "%", max: 1000),
    Choice("requiredTier", "Tier the plan requires", "计划要求的层级", ["1", "2", "3", "4"], optional: true))
{
    protected override void Work(Working w)
    {
        var pack = w.Rules.Pack(StreamMethods.Pack);
        var kind = w.Input.Text("kind");
        var rows = pack.Table("tiers").Rows.Where(r => r.Text("kind") == kind).OrderByDescending(r => r.Text("tier"), StringComparer.Ordinal).ToList();
        var met = rows.FirstOrDefault(r => w["uncertaintyPercent"] <= r.Decimal("uncertaintyPercent"));
        w.Note(new("tier", new("Highest tier met", "满足的最高层级"), "uncertaintyPercent <= limit", new() { ["uncertaintyPercent"] = w["uncertaintyPercent"] }, met?.Text("tier"), null, (met ?? rows[^1]).Ref(pack)));
        w.Put("tier", met?.Text("tier"));
        if (w.Input.TextOrNull("requiredTier") is not { } required) return;
        if (rows.All(r => r.Text("tier") != required)) { w.Stop<Done>(Refusal.Of("streams.tier-unknown", "requiredTier", ("given", required), ("known", string.Join(", ", rows.Select(r => r.Text("tier")).Order(StringComparer.Ordinal))))); return; }
        w.Put("met", met is not null && string.CompareOrdinal(met.Text("tier"), required) >= 0);
    }
}
