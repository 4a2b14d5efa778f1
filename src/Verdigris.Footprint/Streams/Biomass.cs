using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Streams;

/// <summary>The biomass part of a stream of carbon, and the rounding of its two halves.</summary>
static class Biomass
{
    public static IReadOnlyList<InputField> Fields { get; } =
    [
        new("biomassPercent", InputKind.Decimal, new("Biomass part of the carbon", "碳中生物质比例"), false, "%", 0, false, 100),
        new("biomassSustainable", InputKind.Flag, new("Evidence of sustainability is at hand; without it biomass counts as fossil", "有可持续性证明；无证明则按化石计"), false),
        new("roundPlaces", InputKind.Integer, new("Places the result is rounded to, half up", "结果四舍五入位数"), false, Minimum: 0, Maximum: 10),
    ];

    /// <summary>
    /// Fossil and biogenic part of an amount of CO2. An unknown biomass part is none. Without evidence of sustainability all of it counts as fossil
    /// (2018/2066 Art. 38(5), 2025/2547 Annex II); where the evidence is not spoken of, the part is taken as given and the warnings say so.
    /// </summary>
    public static void Put(Working w, decimal tco2)
    {
        var share = w.Or("biomassPercent", 0, "%");
        if (share > 0 && w.Input.Has("biomassSustainable") && !w.Input.Flag("biomassSustainable"))
        {
            w.Warn("streams.biomass-fossil", "The biomass has no evidence of sustainability: it counts as fossil.", "生物质无可持续性证明：按化石计。", "biomassSustainable");
            share = 0;
        }
        else if (share > 0 && !w.Input.Has("biomassSustainable"))
            w.Warn("streams.biomass-unproven", "Evidence of sustainability is not spoken of; without it biomass counts as fossil.", "未说明可持续性证明；若无证明，生物质应按化石计。", "biomassSustainable");
        var places = w.Input.IntegerOrNull("roundPlaces");
        w.PutPlaces("fossilTco2", w.Step("fossil", "Fossil CO2", "化石 CO2", "tco2 * (1 - biomassPercent / 100)", "t CO2", tco2 * (1 - share / 100), ("tco2", tco2), ("biomassPercent", share)), places);
        w.PutPlaces("biomassTco2", w.Step("biomass", "Biogenic CO2, reported apart", "生物源 CO2（单列）", "tco2 * biomassPercent / 100", "t CO2", tco2 * share / 100, ("tco2", tco2), ("biomassPercent", share)), places);
    }
}
