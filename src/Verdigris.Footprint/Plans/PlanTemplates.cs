using System.Text.Json.Nodes;

namespace Verdigris.Footprint.Plans;

/// <summary>A plan to begin with, where there is none yet.</summary>
static class PlanTemplates
{
    /// <summary>The streams of a prebake smelter without its own power station; factors and meters are the operator's to fill in.</summary>
    public static PlanContent Smelter => new("Primary aluminium", "AR5",
    [
        new("anodes", "electrolysis", StreamScope.Direct, "aluminium.anode-prebake", new JsonObject { ["sulphurPercent"] = 2.0, ["ashPercent"] = 0.4 }, ["productionT", "netAnodeTPerT"], "Weighbridge", null, null, null, "Anode shop", true),
        new("pfc", "electrolysis", StreamScope.Direct, "aluminium.pfc-slope", new JsonObject { ["technology"] = "PFPB_M", ["factors"] = "CBAM-2025", ["collectionEfficiencyPercent"] = 100 }, ["productionT", "aeMinutesPerCellDay"], "Pot control system", null, null, null, "Potroom", true),
        new("gas", "casting", StreamScope.Direct, "mrr.combustion", new JsonObject { ["activityUnit"] = "t", ["fuel"] = "natural-gas", ["factors"] = "IPCC-2006", ["biomassPercent"] = 0 }, ["activity"], "Gas meter", null, null, null, "Utilities", true, GapRule.HighestMonth),
        new("power", "electrolysis", StreamScope.Indirect, "electricity.location-based", new JsonObject { ["area"] = "CN", ["year"] = 2023, ["variant"] = "average", ["basis"] = "direct" }, ["loadMwh"], "Grid meter", null, null, null, "Utilities", true),
    ]);

    /// <summary>The streams of a remelt or casthouse: fuel and power, no process emissions.</summary>
    public static PlanContent Remelt => new("Aluminium, remelted and cast", "AR5",
    [
        new("gas", "melting", StreamScope.Direct, "mrr.combustion", new JsonObject { ["activityUnit"] = "t", ["fuel"] = "natural-gas", ["factors"] = "IPCC-2006", ["biomassPercent"] = 0 }, ["activity"], "Gas meter", null, null, null, "Casthouse", true, GapRule.HighestMonth),
        new("diesel", "casting", StreamScope.Direct, "mrr.combustion", new JsonObject { ["activityUnit"] = "t", ["fuel"] = "diesel", ["factors"] = "IPCC-2006", ["biomassPercent"] = 0 }, ["activity"], "Tank", null, null, null, "Casthouse", true),
        new("power", "melting", StreamScope.Indirect, "electricity.location-based", new JsonObject { ["area"] = "CN", ["year"] = 2023, ["variant"] = "average", ["basis"] = "direct" }, ["loadMwh"], "Grid meter", null, null, null, "Utilities", true),
    ]);
}
