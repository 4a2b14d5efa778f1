using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <summary>The lowest and highest price of a day, both allowed.</summary>
/// <param name="Rule">The row whose percent it is; null where the percent was given.</param>
public sealed record DayLimits(decimal Low, decimal High, decimal Percent, decimal RawLow, decimal RawHigh, string Rounding, RuleRef? Rule);

/// <summary>Price limits around a reference price, rounded to the tick the way the contract says: inward (never further than the percent), outward (never nearer) or to the nearest. Pure.</summary>
public static class PriceLimits
{
    /// <summary>Where the file does not say: a limit is not passed by rounding.</summary>
    public const string DefaultRounding = "inward";

    /// <summary>The row that holds: the listing day's on that day, else the day's, else the contract's. Null: no limit is known.</summary>
    public static RuleRow? Row(Contract contract, LocalDate on, bool listingDay = false)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return (listingDay ? contract.Row("price-limits", on, "listing-day") : null) ?? contract.Row("price-limits", on, "day") ?? contract.Row("price-limits", on, "contract");
    }

    /// <summary>Refuses <c>contract.tick-unknown</c>, <c>contract.limit-unknown</c> (no percent given and none in the file).</summary>
    /// <param name="reference">Settlement or closing price of the day before; above zero.</param>
    /// <param name="percent">In place of the file's.</param>
    public static Answer<DayLimits> Of(Contract contract, decimal reference, LocalDate on, bool listingDay = false, decimal? percent = null)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(reference);
        var row = Row(contract, on, listingDay);
        if (contract.Tick(on) is not { } tick) return Refusal.Conflict("contract.tick-unknown", "contract", ("contract", contract.Code));
        if ((percent ?? row?.DecimalOrNull("percent")) is not { } share) return Refusal.Conflict("contract.limit-unknown", "limitPercent", ("contract", contract.Code));
        var rounding = row?.Text("rounding") ?? DefaultRounding;
        var (low, high) = (reference * (1 - (share / 100)), reference * (1 + (share / 100)));
        var (below, above) = rounding switch
        {
            "outward" => (decimal.Floor(low / tick), decimal.Ceiling(high / tick)),
            "nearest" => (Math.Round(low / tick, MidpointRounding.AwayFromZero), Math.Round(high / tick, MidpointRounding.AwayFromZero)),
            _ => (decimal.Ceiling(low / tick), decimal.Floor(high / tick)),
        };
        // A price is at least one tick.
        return new DayLimits(Math.Max(below, 1) * tick, above * tick, share, low, high, rounding, percent is null ? contract.Ref(row!) : null);
    }
}
