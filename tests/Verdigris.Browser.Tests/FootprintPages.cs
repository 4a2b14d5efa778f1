namespace Verdigris.Browser.Tests;

/// <summary>Methods and footprints: they keep nothing, so they show all they have to anybody.</summary>
static class FootprintPages
{
    /// <summary>One cell line of a modern smelter, as the form's address carries it; one value of its rules is recalled, and one default is taken.</summary>
    public const string Pfc = "/methods/aluminium.pfc-slope?input=%7B%22productionT%22%3A1000%2C%22aeMinutesPerCellDay%22%3A0.2%2C%22technology%22%3A%22PFPB_M%22%2C%22factors%22%3A%22CBAM-2025%22%2C%22gwp%22%3A%22AR5%22%7D";

    const string Green = "/methods/electricity.green-share?input=%7B%22loadMwh%22%3A1000%2C%22ownUseMwh%22%3A100%2C%22tradedMwh%22%3A50%2C%22certificates%22%3A60%2C%22area%22%3A%22CN-yunnan%22%2C%22year%22%3A2024%7D";
    const string Wrong = "/methods/mrr.process?input=%7B%22activity%22%3A%22a%20lot%22%7D";

    public static (string? Seat, string[] Paths)[] Seats { get; } =
    [
        (null, ["/footprint", "/footprint?example=yunnan-hydro", "/footprint?example=yunnan-hydro&beside=shandong-coal", "/methods", "/methods?q=pfc", "/methods?q=nothing-has-this", Pfc, Green, Wrong, "/methods/transport.chain", "/methods/facility.footprint", "/methods/electricity.hourly-matching", "/methods/warehouse.rent"]),
    ];
}
