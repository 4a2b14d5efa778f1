namespace Verdigris.Footprint.Meters;

/// <summary>
/// Readings added up over periods of equal length. Pure, and a function of the set of readings: in which order, how often and in which batches they came is of no matter.
/// A rate and a gauge stand from a reading to the next, and no longer than the meter's readings hold. A counter and an event tell of the time since the reading before: it is covered where that is no longer ago; the rise
/// of a counter is spread evenly over the time between two readings, however long it is.
/// </summary>
public static class Rollup
{
    /// <summary>Places a part of a rise is rounded to. The last part takes what is left, so that the parts make the whole.</summary>
    const int Places = 12;

    /// <param name="readings">In order, each time once; with the one before the first period and the one after the last where there are such.</param>
    /// <param name="fromMs">Beginning of the first period.</param>
    public static PeriodFigures[] Of(MeterTraits meter, IReadOnlyList<Reading> readings, long fromMs, long stepMs, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepMs);
        var periods = new Period[count];
        var span = new Span(periods, fromMs, stepMs);
        var previous = default(Reading);
        var any = false;
        foreach (var reading in readings)
        {
            if (reading.Quality == ReadingQuality.Bad) continue;
            if (any)
            {
                if (reading.AtMs <= previous.AtMs) throw new ArgumentException("Readings come in order, each time once.", nameof(readings));
                Between(meter, previous, reading, span);
            }
            At(meter, reading, span);
            (previous, any) = (reading, true);
        }
        if (any && meter.Kind is (MeterKind.Rate or MeterKind.Gauge)) Hold(previous, previous.AtMs + meter.HoldMs, span);
        return Array.ConvertAll(periods, p => p.Figures);
    }

    /// <summary>What a reading says of its own moment.</summary>
    static void At(MeterTraits meter, Reading reading, Span span)
    {
        if (!span.Holds(reading.AtMs)) return;
        ref var period = ref span.Of(reading.AtMs);
        period.Count++;
        if (reading.Quality == ReadingQuality.Uncertain) period.Uncertain++;
        if (reading.Disputed) period.Disputed++;
        period.Low = period.Count == 1 ? reading.Value : Math.Min(period.Low, reading.Value);
        period.High = period.Count == 1 ? reading.Value : Math.Max(period.High, reading.Value);
        if (meter.Kind == MeterKind.Event) period.Sum += reading.Value;
    }

    static void Between(MeterTraits meter, Reading before, Reading after, Span span)
    {
        var length = after.AtMs - before.AtMs;
        if (meter.Kind is MeterKind.Rate or MeterKind.Gauge)
        {
            Hold(before, Math.Min(after.AtMs, before.AtMs + meter.HoldMs), span);
            return;
        }
        if (meter.Kind == MeterKind.Event)
        {
            if (length <= meter.HoldMs)
                foreach (var (index, from, to) in span.Parts(before.AtMs, after.AtMs)) span[index].CoveredMs += to - from;
            return;
        }
        var (rise, reset) = meter.Step(before.Value, after.Value);
        if (reset && span.Holds(after.AtMs)) span.Of(after.AtMs).Resets++;
        foreach (var (index, from, to) in span.Parts(before.AtMs, after.AtMs))
        {
            ref var period = ref span[index];
            period.Sum += to - from == length ? rise : Part(rise, to - before.AtMs, length) - Part(rise, from - before.AtMs, length);
            // How much a register that was set back had shown before is not known.
            if (reset) continue;
            if (length <= meter.HoldMs) period.CoveredMs += to - from;
            else period.SpreadMs += to - from;
        }
    }

    static void Hold(Reading reading, long until, Span span)
    {
        foreach (var (index, from, to) in span.Parts(reading.AtMs, until))
        {
            ref var period = ref span[index];
            period.Sum += reading.Value * (to - from);
            period.CoveredMs += to - from;
        }
    }

    static decimal Part(decimal rise, long passed, long length) => passed == length ? rise : Math.Round(rise * passed / length, Places);

    struct Period
    {
        public decimal Sum, Low, High;
        public int Count, Uncertain, Disputed, Resets;
        public long CoveredMs, SpreadMs;

        public readonly PeriodFigures Figures => new(Sum, Count > 0 ? Low : null, Count > 0 ? High : null, Count, Uncertain, Disputed, Resets, CoveredMs, SpreadMs);
    }

    /// <summary>The periods by time.</summary>
    readonly struct Span(Period[] periods, long fromMs, long stepMs)
    {
        readonly long toMs = fromMs + stepMs * periods.Length;

        public bool Holds(long atMs) => atMs >= fromMs && atMs < toMs;

        public ref Period this[int index] => ref periods[index];

        public ref Period Of(long atMs) => ref periods[(atMs - fromMs) / stepMs];

        /// <summary>The parts of a time that lie in each period.</summary>
        public PartList Parts(long from, long to) => new(fromMs, stepMs, Math.Max(from, fromMs), Math.Min(to, toMs));
    }

    /// <summary>Walks over the parts without an allocation: it is done for every reading.</summary>
    struct PartList(long fromMs, long stepMs, long at, long end)
    {
        long next = at;

        public (int Index, long From, long To) Current { get; private set; }

        public readonly PartList GetEnumerator() => this;

        public bool MoveNext()
        {
            if (next >= end) return false;
            var index = (next - fromMs) / stepMs;
            var to = Math.Min(end, fromMs + (index + 1) * stepMs);
            Current = ((int)index, next, to);
            next = to;
            return true;
        }
    }
}
