using Verdigris.Book;
using Verdigris.Market.Modes;

namespace Verdigris.Market.Trading;

/// <summary>How far an order goes that names no price of its own.</summary>
static class PriceProtection
{
    /// <summary>
    /// Where a series has no limits of the day, an order without a price of its own goes so many per cent past its stop price, the best opposite price, the last, or the reference, whichever there is first, and no further: it would else have to set aside the highest price there is. Null where the limits of the day protect it.
    /// </summary>
    /// <param name="stop">In ticks; null where it is no stop.</param>
    /// <returns>In ticks: upwards to the next for who buys, downwards for who sells.</returns>
    public static int? Of(IFloor floor, Instrument instrument, TradingModes modes, Side side, int? stop)
    {
        var (view, depth) = floor.Read(f => (f.Instrument(instrument.Number), f.Depth(instrument.Number, 1)));
        if (view is null || view.Terms.HighestPrice != BookTerms.MostPrice) return null;
        var opposite = side == Side.Buy ? depth.Asks : depth.Bids;
        if ((stop ?? (opposite.Count > 0 ? opposite[0].Price : (int?)null) ?? view.Last ?? view.Terms.ReferencePrice) is not (> 0 and var from)) return null;
        var away = from * modes.ProtectionPercent / 100;
        return side == Side.Buy ? (int)Math.Min(decimal.Ceiling(from + away), BookTerms.MostPrice) : (int)Math.Max(decimal.Floor(from - away), view.Terms.LowestPrice);
    }
}
