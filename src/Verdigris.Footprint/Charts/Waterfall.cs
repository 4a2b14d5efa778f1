namespace Verdigris.Footprint.Charts;

/// <summary>What one facility's process adds; null where the facility has no such process.</summary>
/// <param name="X">Where the bar begins, from the left.</param>
public sealed record WaterfallBar(decimal? Tco2ePerT, int X, int Width);

/// <summary>A process, or the whole (<see cref="Name"/> null), with a bar for each facility.</summary>
public sealed record WaterfallRow(string? Name, IReadOnlyList<WaterfallBar> Bars);

/// <summary>The part of a facility's footprint that its 95 % range covers.</summary>
public sealed record WaterfallBand(int Facility, int X, int Width);

/// <summary>
/// Footprints a tonne, process upon process: each bar begins where the one before ended, the last row is the whole. One scale for all facilities. Places are whole units of a picture
/// <see cref="Width"/> wide. Pure.
/// </summary>
public sealed record Waterfall(int Width, int Zero, IReadOnlyList<(decimal Value, int X)> Ticks, IReadOnlyList<WaterfallRow> Rows, IReadOnlyList<WaterfallBand> Bands)
{
    public const int Side = 14;

    /// <param name="facilities">Each facility's processes in order, and the half-width of its range in percent where known.</param>
    public static Waterfall Of(IReadOnlyList<(IReadOnlyList<KeyValuePair<string, decimal>> ByProcess, decimal? UncertaintyPercent)> facilities, int width)
    {
        var names = facilities.SelectMany(f => f.ByProcess.Select(p => p.Key)).Distinct().ToList();
        var totals = facilities.Select(f => f.ByProcess.Sum(p => p.Value)).ToList();
        var spans = facilities.Select((f, i) => Math.Abs(totals[i]) * (f.UncertaintyPercent ?? 0) / 100).ToList();
        decimal low = 0, high = 0;
        foreach (var (i, facility) in facilities.Index())
        {
            var sum = 0m;
            foreach (var (_, value) in facility.ByProcess)
            {
                sum += value;
                (low, high) = (Math.Min(low, sum), Math.Max(high, sum));
            }
            (low, high) = (Math.Min(low, totals[i] - spans[i]), Math.Max(high, totals[i] + spans[i]));
        }
        if (high == low) high = low + 1;
        var step = Step(high - low);
        low = Math.Floor(low / step) * step;
        high = Math.Ceiling(high / step) * step;
        int X(decimal value) => Side + (int)Math.Round((value - low) / (high - low) * (width - 2 * Side), MidpointRounding.AwayFromZero);
        WaterfallBar Bar(decimal? value, decimal from) => value is { } v ? new(v, Math.Min(X(from), X(from + v)), Math.Max(1, Math.Abs(X(from + v) - X(from)))) : new(null, X(from), 0);
        var reached = new decimal[facilities.Count];
        var rows = new List<WaterfallRow>();
        foreach (var name in names)
            rows.Add(new(name, [.. facilities.Select((f, i) =>
            {
                var given = f.ByProcess.Where(p => p.Key == name).Select(p => (decimal?)p.Value).FirstOrDefault();
                var bar = Bar(given, reached[i]);
                reached[i] += given ?? 0;
                return bar;
            })]));
        rows.Add(new(null, [.. totals.Select(t => Bar(t, 0))]));
        var bands = facilities.Select((f, i) => f.UncertaintyPercent is null ? null : new WaterfallBand(i, X(totals[i] - spans[i]), Math.Max(1, X(totals[i] + spans[i]) - X(totals[i] - spans[i])))).OfType<WaterfallBand>();
        var ticks = Enumerable.Range(0, (int)((high - low) / step) + 1).Select(i => low + i * step).Select(v => (v, X(v)));
        return new(width, X(0), [.. ticks], rows, [.. bands]);
    }

    /// <summary>A step of 1, 2 or 5 times a power of ten that divides a span into three to eight parts.</summary>
    public static decimal Step(decimal span)
    {
        var power = 1m;
        while (power * 10 <= span / 3) power *= 10;
        while (power > span / 3) power /= 10;
        return span / (power * 5) >= 3 ? power * 5 : span / (power * 2) >= 3 ? power * 2 : power;
    }
}
