using Verdigris.Primitives;

namespace Verdigris.Footprint.Alarms;

public enum AlarmSide { Above, Below }

/// <summary>A value that asks for attention: what was drawn for it, and the limit that passes.</summary>
/// <param name="Value">The value itself, the cumulated sum or the weighted mean.</param>
public readonly record struct Signal(AlarmSide Side, decimal Value, decimal Limit);

/// <summary>Looks at values one after the other. Pure: it is the same after the same values.</summary>
public interface IControlChart
{
    /// <summary>Takes the next value and answers whether it signals.</summary>
    Signal? Next(decimal value);

    /// <summary>What the chart draws for the last value: above and below.</summary>
    (decimal? Above, decimal? Below) Drawn { get; }
}

/// <summary>Signals a value above the high or below the low limit.</summary>
public sealed class LimitChart(decimal? low, decimal? high) : IControlChart
{
    public (decimal? Above, decimal? Below) Drawn { get; private set; }

    public Signal? Next(decimal value)
    {
        Drawn = (value, value);
        return value > high ? new(AlarmSide.Above, value, high.Value) : value < low ? new(AlarmSide.Below, value, low.Value) : null;
    }
}

/// <summary>
/// Tabular cumulative sum: C+ = max(0, x - (target + K) + C+), C- = max(0, (target - K) - x + C-), K = k sigma; signals above H = h sigma, the larger sum, C+ where both are the same. Finds small shifts that last.
/// </summary>
public sealed class CusumChart(decimal target, decimal sigma, decimal k, decimal h) : IControlChart
{
    decimal above, below;

    public (decimal? Above, decimal? Below) Drawn => (above, below);

    public Signal? Next(decimal value)
    {
        above = Math.Max(0, value - (target + k * sigma) + above);
        below = Math.Max(0, target - k * sigma - value + below);
        var limit = h * sigma;
        return above > limit && above >= below ? new(AlarmSide.Above, above, limit) : below > limit ? new(AlarmSide.Below, below, limit) : null;
    }
}

/// <summary>
/// Exponentially weighted moving average: z = lam x + (1 - lam) z, from the target on; signals beyond target +- L sigma sqrt(lam / (2 - lam) (1 - (1 - lam)^2i)), the limits of the i-th value.
/// </summary>
public sealed class EwmaChart(decimal target, decimal sigma, decimal lam, decimal limit) : IControlChart
{
    // How far the mean has moved from the target, and what is left of its weight there.
    decimal moved, left = 1;

    public (decimal? Above, decimal? Below) Drawn => (target + moved, target + moved);

    public Signal? Next(decimal value)
    {
        moved = lam * (value - target) + (1 - lam) * moved;
        left *= (1 - lam) * (1 - lam);
        var width = limit * sigma * DecimalText.Sqrt(lam / (2 - lam) * (1 - left));
        return moved > width ? new(AlarmSide.Above, target + moved, target + width) : moved < -width ? new(AlarmSide.Below, target + moved, target - width) : null;
    }
}
