namespace Verdigris.Footprint.Meters;

public enum MeterKind
{
    /// <summary>A register that counts up: the amount is what it rose by.</summary>
    Counter,
    /// <summary>So much an hour, or a second: the amount is the sum over the time.</summary>
    Rate,
    /// <summary>A state such as a temperature: it has a mean and no amount.</summary>
    Gauge,
    /// <summary>Each reading is how long an event lasted that has just ended; zero says that there was none since the reading before.</summary>
    Event,
}

/// <summary>What has to be known of a meter to add its readings up.</summary>
/// <param name="HoldSeconds">How long a reading stands where no other follows: beyond it there is a gap. 1 to 86,400.</param>
/// <param name="RollOver">First value a counter cannot show, where it begins again at zero: 1,000,000 for six digits. Null: every fall is a reset.</param>
/// <param name="RollOverSharePercent">Largest part of its range a counter passes between two readings where it begins again; a larger one is a reset.</param>
/// <param name="PerSeconds">Seconds in the time unit of a rate: 3600 for kW and m³/h.</param>
public sealed record MeterTraits(MeterKind Kind, int HoldSeconds, decimal? RollOver = null, decimal RollOverSharePercent = 10, int PerSeconds = 3600)
{
    public long HoldMs => HoldSeconds * 1000L;

    /// <summary>What a counter rose by between two readings, and whether it was set back: then only what it shows since is known.</summary>
    public (decimal Rise, bool Reset) Step(decimal before, decimal after)
    {
        if (after >= before) return (after - before, false);
        if (RollOver is { } range && before < range && range - before + after is var around && around * 100 <= range * RollOverSharePercent) return (around, false);
        return (Math.Max(after, 0), true);
    }
}
