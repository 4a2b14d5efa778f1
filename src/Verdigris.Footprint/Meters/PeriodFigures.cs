namespace Verdigris.Footprint.Meters;

/// <summary>
/// What the readings say of a period. Figures of periods that follow each other add up to those of the whole, exactly: an hour is the sum of its minutes.
/// </summary>
/// <param name="Sum">Counter: its rise. Rate and gauge: value times milliseconds. Event: durations. Over what is known of the period only.</param>
/// <param name="CoveredMs">Time a reading stood for.</param>
/// <param name="SpreadMs">Time between two readings of a counter too far apart: the rise is known, and spread evenly over it.</param>
/// <param name="Count">Readings that count.</param>
public readonly record struct PeriodFigures(decimal Sum, decimal? Low, decimal? High, int Count, int Uncertain, int Disputed, int Resets, long CoveredMs, long SpreadMs)
{
    /// <summary>Time of which the amount is known.</summary>
    public long KnownMs => CoveredMs + SpreadMs;

    public static PeriodFigures operator +(PeriodFigures a, PeriodFigures b) => new(a.Sum + b.Sum, Least(a.Low, b.Low), Most(a.High, b.High), a.Count + b.Count, a.Uncertain + b.Uncertain, a.Disputed + b.Disputed,
        a.Resets + b.Resets, a.CoveredMs + b.CoveredMs, a.SpreadMs + b.SpreadMs);

    /// <summary>What was counted, in the unit of the counter, of the rate times its time unit, or of the event; null for a gauge and where nothing is known.</summary>
    public decimal? Amount(MeterTraits meter) => meter.Kind == MeterKind.Gauge || Count == 0 && KnownMs == 0 ? null : meter.Kind == MeterKind.Rate ? Sum / (meter.PerSeconds * 1000m) : Sum;

    /// <summary>Mean over the time covered of a rate or a gauge.</summary>
    public decimal? Mean(MeterTraits meter) => meter.Kind is MeterKind.Rate or MeterKind.Gauge && CoveredMs > 0 ? Sum / CoveredMs : null;

    static decimal? Least(decimal? a, decimal? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;

    static decimal? Most(decimal? a, decimal? b) => a is { } x && b is { } y ? Math.Max(x, y) : a ?? b;
}
