using Verdigris.Primitives;

namespace Verdigris.Book;

/// <summary>What a position would have lost on the worst days of a history.</summary>
/// <param name="Shortfall">Mean loss of the worst days: 1 - confidence of all of them, the last one in part.</param>
/// <param name="ValueAtRisk">The smallest loss among them.</param>
/// <param name="Worst">The largest loss of the history; below 0 where every day gained.</param>
/// <param name="Days">Days of the history.</param>
public sealed record ShortfallFigures(decimal Shortfall, long ValueAtRisk, long Worst, int Days);

/// <summary>Historical expected shortfall: exact in decimals, nothing is fitted.</summary>
public static class ExpectedShortfall
{
    /// <param name="gains">Gain of each day, smallest unit of the currency; losses below 0.</param>
    /// <param name="confidence">0.5 to below 1, for example 0.975.</param>
    /// <returns>Refuses <c>shortfall.confidence</c> and <c>shortfall.days</c> (the tail would be less than one day).</returns>
    public static Answer<ShortfallFigures> Of(IReadOnlyList<long> gains, decimal confidence)
    {
        ArgumentNullException.ThrowIfNull(gains);
        if (confidence is < 0.5m or >= 1) return Refusal.Of("shortfall.confidence", "confidence", ("given", DecimalText.Write(confidence)));
        var tail = gains.Count * (1 - confidence);
        if (tail < 1) return Refusal.Of("shortfall.days", "gains", ("given", $"{gains.Count}"), ("least", $"{(int)Math.Ceiling(1 / (1 - confidence))}"));
        var losses = gains.Select(g => checked(-g)).OrderDescending().ToList();
        var whole = (int)decimal.Floor(tail);
        var sum = losses.Take(whole).Sum(l => (decimal)l);
        if (tail > whole) sum += (tail - whole) * losses[whole];
        return new ShortfallFigures(sum / tail, losses[(int)Math.Ceiling(tail) - 1], losses[0], gains.Count);
    }

    /// <summary>
    /// What positions held today would have gained on each day of a history of price changes. A change is relative (today's price moves by the same share as then) or absolute.
    /// </summary>
    /// <param name="positions">Price now, lots and the series' prices of each day, the oldest first; all of one length, and above 0 where changes are relative.</param>
    /// <returns>One gain for each step from one day to the next; each lot's value is rounded once (<see cref="LotValue"/>). Refuses <c>shortfall.history</c>.</returns>
    public static Answer<IReadOnlyList<long>> Gains(IReadOnlyList<(decimal Price, long Lots, decimal LotSize, int Scale, IReadOnlyList<decimal> History)> positions, bool relative)
    {
        ArgumentNullException.ThrowIfNull(positions);
        if (positions.Count == 0 || positions[0].History.Count < 2 || positions.Any(p => p.History.Count != positions[0].History.Count) || relative && positions.Any(p => p.History.Any(h => h <= 0)))
            return Refusal.Of("shortfall.history", "history");
        var gains = new long[positions[0].History.Count - 1];
        foreach (var (price, lots, size, scale, history) in positions)
        {
            var now = LotValue.Of(price, size, scale);
            for (var d = 1; d < history.Count; d++)
            {
                var moved = relative ? price * history[d] / history[d - 1] : price + history[d] - history[d - 1];
                gains[d - 1] = checked(gains[d - 1] + LotValue.Variation(now, LotValue.Of(moved, size, scale), lots));
            }
        }
        return gains;
    }

    /// <summary>
    /// Tries the measure on the past: each day's gain against the shortfall of the <paramref name="window"/> days before it. Answers for each day tried what was asked for and what was gained.
    /// </summary>
    /// <returns>Refuses as <see cref="Of"/>.</returns>
    public static Answer<IReadOnlyList<(ShortfallFigures Asked, long Gain)>> Walk(IReadOnlyList<long> gains, int window, decimal confidence)
    {
        ArgumentNullException.ThrowIfNull(gains);
        var days = new List<(ShortfallFigures, long)>();
        if (window < 1 || window >= gains.Count) return Refusal.Of("shortfall.window", "window", ("given", $"{window}"), ("days", $"{gains.Count}"));
        for (var d = window; d < gains.Count; d++)
        {
            var figures = Of([.. gains.Skip(d - window).Take(window)], confidence);
            if (!figures.Ok) return figures.Refusals.ToList();
            days.Add((figures.Value, gains[d]));
        }
        return days;
    }
}
