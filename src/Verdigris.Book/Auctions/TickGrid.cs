namespace Verdigris.Book.Auctions;

/// <summary>Prices as multiples of a tick, exactly.</summary>
/// <param name="tick">Above 0.</param>
readonly struct TickGrid(decimal tick)
{
    /// <summary>Largest price in ticks that is taken; far above any price, far below what a rank can hold.</summary>
    const long Most = 1_000_000_000_000_000;

    readonly (long Mantissa, int Scale)? plain = Parts(tick);

    /// <summary>False where the price is not above 0, not a multiple of the tick, or beyond all reason.</summary>
    public bool TryTicks(decimal price, out long ticks)
    {
        ticks = 0;
        if (price <= 0) return false;
        // The common case without a division of decimals: both fit a long, and the price has no more places than the tick.
        if (plain is { } t && Parts(price) is { } p && p.Scale <= t.Scale && p.Mantissa <= Most)
        {
            var scaled = p.Mantissa;
            for (var i = p.Scale; i < t.Scale; i++)
                if (scaled > Most) return false;
                else scaled *= 10;
            ticks = scaled / t.Mantissa;
            return ticks * t.Mantissa == scaled && ticks <= Most;
        }
        if (price > Most * tick || price % tick != 0) return false;
        ticks = (long)(price / tick);
        return true;
    }

    public decimal Price(long ticks) => ticks * tick;

    /// <summary>The first tick at or above a price; where <paramref name="down"/>, the last at or below it.</summary>
    public long Reaching(decimal price, bool down) => price > Most * tick ? Most : (long)(down ? decimal.Floor(price / tick) : decimal.Ceiling(price / tick));

    static (long Mantissa, int Scale)? Parts(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        return bits[2] == 0 && bits[1] >= 0 && bits[3] >= 0 ? ((long)bits[1] << 32 | unchecked((uint)bits[0]), bits[3] >> 16 & 0xFF) : null;
    }
}
