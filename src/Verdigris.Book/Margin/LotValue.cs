namespace Verdigris.Book;

/// <summary>
/// What a price is worth a lot, in the smallest unit of the currency: price x lot size, rounded once, half away from zero. Every flow of money that follows from prices is a difference of such values times lots, so both sides of a contract
/// pay and receive the same to the cent, and the flows of many days add up to the difference of the first price and the last.
/// </summary>
public static class LotValue
{
    /// <param name="price">Money a unit of the contract's quantity; may be negative.</param>
    /// <param name="lotSize">Units a lot, above 0.</param>
    /// <param name="scale">Decimal places of the currency.</param>
    /// <exception cref="OverflowException">The value leaves the range of a long.</exception>
    public static long Of(decimal price, decimal lotSize, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lotSize);
        return decimal.ToInt64(Math.Round(price * lotSize * Unit(scale), MidpointRounding.AwayFromZero));
    }

    /// <summary>Variation margin: what a position gains (above 0) or loses when the value of a lot goes from one to the other. A long position has lots above 0.</summary>
    /// <exception cref="OverflowException">The amount leaves the range of a long.</exception>
    public static long Variation(long from, long to, long lots) => checked((to - from) * lots);

    /// <summary>Smallest units of a currency in its whole unit: 100 for two places.</summary>
    public static long Unit(int scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(scale);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(scale, 9);
        var unit = 1L;
        for (var i = 0; i < scale; i++) unit *= 10;
        return unit;
    }
}
