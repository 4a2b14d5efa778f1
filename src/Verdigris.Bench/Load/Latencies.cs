using System.Diagnostics;

namespace Verdigris.Bench.Load;

/// <summary>A histogram of durations with about 1.5 % resolution (64 steps an octave), constant in memory.</summary>
sealed class Latencies
{
    const int StepsPerOctave = 64;
    readonly long[] counts = new long[64 * StepsPerOctave];

    public long Count { get; private set; }
    public long MaxTicks { get; private set; }

    public void Record(long ticks)
    {
        if (ticks < 1) ticks = 1;
        var octave = 63 - long.LeadingZeroCount(ticks);
        var step = octave < 6 ? (ticks << (int)(6 - octave)) & 63 : (ticks >> (int)(octave - 6)) & 63;
        counts[octave * StepsPerOctave + step]++;
        Count++;
        if (ticks > MaxTicks) MaxTicks = ticks;
    }

    public void Add(Latencies other)
    {
        for (var i = 0; i < counts.Length; i++) counts[i] += other.counts[i];
        Count += other.Count;
        MaxTicks = Math.Max(MaxTicks, other.MaxTicks);
    }

    /// <summary>Upper edge of the step that holds the given share (0-1), in milliseconds.</summary>
    public double Ms(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen < wanted || counts[i] == 0) continue;
            var octave = i / StepsPerOctave;
            var ticks = Math.ScaleB(1 + (i % StepsPerOctave + 1) / (double)StepsPerOctave, octave);
            return Math.Min(ticks, MaxTicks) * 1000 / Stopwatch.Frequency;
        }
        return 0;
    }

    public double MaxMs => (double)MaxTicks * 1000 / Stopwatch.Frequency;
}
