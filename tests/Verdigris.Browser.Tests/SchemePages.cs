namespace Verdigris.Browser.Tests;

/// <summary>The schemes and their rules: open to everybody.</summary>
static class SchemePages
{
    public static (string? Seat, string[] Paths)[] Seats { get; } =
    [
        (null, ["/schemes", "/schemes?jurisdiction=CN", "/schemes?standing=historic", "/schemes?text=nothing-has-this", "/schemes/eu-ets", "/schemes/cn-ets", "/schemes/rggi", "/schemes/in-cdm", "/schemes/wci", "/methods/ets.free-allocation", "/methods/ets.reserve-years", "/methods/auction.clear", "/methods/auction.reserve-sale"]),
    ];
}
