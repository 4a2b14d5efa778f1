using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Meters;

public enum FillState
{
    /// <summary>Known from its first to its last moment.</summary>
    Measured,
    /// <summary>Most of it is known, and the rest counts as much, moment for moment.</summary>
    Scaled,
    /// <summary>Too little is known: mean and twice the standard deviation of the valid hours before stand in, and never less than was measured.</summary>
    Substituted,
    /// <summary>Too little is known, of this hour and of those before. Unknown is not zero.</summary>
    Unknown,
}

/// <summary>The gap rule in force, from <c>footprint/meters</c>.</summary>
public sealed record GapLimits(decimal ValidSharePercent, decimal Deviations, int ReferenceDays, int LeastHours)
{
    public const string Pack = "footprint/meters";

    public static GapLimits Of(RulePacks rules) => new(Limit(rules, "valid-share"), Limit(rules, "deviations"), (int)Limit(rules, "reference-days"), (int)Limit(rules, "least-hours"));

    public static decimal Limit(RulePacks rules, string limit) => (rules.Pack(Pack).Table("limits").Find(null, limit) ?? throw new KeyNotFoundException($"{Pack} has no limit '{limit}'.")).Decimal("value");
}

/// <param name="Amount">What the hour counts as; null where it is unknown, and for a gauge.</param>
/// <param name="Mean">Of the hours the substitute rests on.</param>
public readonly record struct FilledHour(FillState State, decimal? Amount, decimal? Mean = null, decimal? Deviation = null);

/// <summary>What an hour counts as that was not measured whole. Pure.</summary>
public static class GapFilling
{
    /// <summary>Whether enough of an hour is known to reckon it from that part.</summary>
    public static bool Valid(PeriodFigures hour, long lengthMs, GapLimits limits) => hour.KnownMs * 100 >= lengthMs * limits.ValidSharePercent && hour.KnownMs > 0;

    /// <param name="reference">Amounts of the valid hours in the days before, in no order.</param>
    public static FilledHour Fill(MeterTraits meter, PeriodFigures hour, long lengthMs, IReadOnlyCollection<decimal> reference, GapLimits limits)
    {
        var amount = hour.Amount(meter);
        if (hour.KnownMs == lengthMs) return new(FillState.Measured, amount);
        if (Valid(hour, lengthMs, limits)) return new(FillState.Scaled, amount is { } part ? Working.Shown(part * lengthMs / hour.KnownMs) : null);
        if (meter.Kind == MeterKind.Gauge || reference.Count < limits.LeastHours || reference.Count < 2) return new(FillState.Unknown, null);
        var (mean, deviation) = Spread(reference);
        return new(FillState.Substituted, Math.Max(mean + limits.Deviations * deviation, amount ?? 0), mean, deviation);
    }

    /// <summary>Mean and standard deviation of a sample (n - 1).</summary>
    public static (decimal Mean, decimal Deviation) Spread(IReadOnlyCollection<decimal> sample)
    {
        var mean = sample.Sum() / sample.Count;
        // The squares of what a register shows that jumps to and fro leave the range of a decimal: they are taken in a larger unit.
        var unit = Math.Max(1, sample.Max(Math.Abs) / 1_000_000_000_000m);
        return (Working.Shown(mean), Working.Shown(DecimalText.Sqrt(sample.Sum(x => (x - mean) / unit * ((x - mean) / unit)) / (sample.Count - 1)) * unit));
    }
}
