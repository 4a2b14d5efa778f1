using NodaTime;

namespace Verdigris.Footprint.Charts;

/// <summary>What a source emitted in a month; null where it is not known.</summary>
/// <param name="Marked">Filled by a rule rather than measured.</param>
public sealed record MonthAmount(LocalDate Month, string Source, decimal? Tco2e, bool Marked = false);

/// <param name="Source">Place of the source in the order given.</param>
public sealed record StackPart(int Source, string Name, decimal Tco2e, bool Marked, int Y, int Height);

/// <param name="Incomplete">A source of this month is not known: the bar is too short.</param>
public sealed record StackBar(LocalDate Month, int X, IReadOnlyList<StackPart> Parts, bool Incomplete);

/// <summary>Months side by side, in each the sources one upon the other; credits go below the line. One scale, from zero. Places are whole units of a picture <see cref="Width"/> wide. Pure.</summary>
public sealed record MonthStack(int Width, int BarWidth, int Zero, IReadOnlyList<(decimal Value, int Y)> Ticks, IReadOnlyList<StackBar> Bars)
{
    public const int Top = 12, Height = 260, Left = 64, Right = 8;

    public static MonthStack Of(IReadOnlyList<MonthAmount> amounts, int width)
    {
        var months = amounts.Select(a => a.Month).Distinct().Order().ToList();
        var sources = amounts.Select(a => a.Source).Distinct().ToList();
        var by = amounts.ToLookup(a => a.Month);
        decimal high = months.Count == 0 ? 0 : months.Max(m => by[m].Sum(a => Math.Max(a.Tco2e ?? 0, 0))), low = months.Count == 0 ? 0 : months.Min(m => by[m].Sum(a => Math.Min(a.Tco2e ?? 0, 0)));
        if (high == low) high = low + 1;
        var step = Waterfall.Step(high - low);
        (low, high) = (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step);
        int Y(decimal value) => Top + (int)Math.Round((high - value) / (high - low) * Height, MidpointRounding.AwayFromZero);
        var room = (width - Left - Right) / Math.Max(1, months.Count);
        var bar = Math.Max(4, room * 7 / 10);
        var bars = months.Select((month, i) =>
        {
            decimal up = 0, down = 0;
            var parts = new List<StackPart>();
            foreach (var amount in by[month].Where(a => a.Tco2e is not (null or 0)))
            {
                var value = amount.Tco2e!.Value;
                var from = value > 0 ? up : down;
                var (top, bottom) = value > 0 ? (Y(from + value), Y(from)) : (Y(from), Y(from + value));
                if (value > 0) up += value; else down += value;
                // Places are rounded at the stack's sums, so that parts meet and the whole is as high as its sum.
                if (bottom > top) parts.Add(new(sources.IndexOf(amount.Source), amount.Source, value, amount.Marked, top, bottom - top));
            }
            return new StackBar(month, Left + i * room + (room - bar) / 2, parts, by[month].Any(a => a.Tco2e is null));
        });
        var ticks = Enumerable.Range(0, (int)((high - low) / step) + 1).Select(i => low + i * step).Select(v => (v, Y(v)));
        return new(width, bar, Y(0), [.. ticks], [.. bars]);
    }
}
