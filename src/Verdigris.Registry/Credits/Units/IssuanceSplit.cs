using Verdigris.Primitives;

namespace Verdigris.Registry.Credits.Units;

/// <summary>How many of the units issued go where. Their sum is what is issued.</summary>
public readonly record struct IssuanceSplit(long Project, long Buffer, long Adaptation, long Mitigation)
{
    public long Total => Project + Buffer + Adaptation + Mitigation;

    /// <summary>
    /// Parts for the buffer pool, for adaptation and for overall mitigation are taken of the whole and rounded up to a unit, so that none falls short; the rest is the project's.
    /// </summary>
    /// <param name="units">&gt;= 1.</param>
    /// <param name="bufferPercent">Risk rating, 0-100.</param>
    /// <returns>The parts; <c>credits.split-exceeds</c> where they leave the project nothing.</returns>
    public static Answer<IssuanceSplit> Of(long units, decimal bufferPercent, decimal? adaptationPercent, decimal? mitigationPercent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        long Part(decimal? percent) => (long)decimal.Ceiling(units * (percent ?? 0) / 100);
        var (buffer, adaptation, mitigation) = (Part(bufferPercent), Part(adaptationPercent), Part(mitigationPercent));
        var project = units - buffer - adaptation - mitigation;
        return project < 1 ? Refusal.Of("credits.split-exceeds", "riskPercent", ("units", $"{units}"), ("parts", $"{buffer + adaptation + mitigation}")) : new IssuanceSplit(project, buffer, adaptation, mitigation);
    }
}
