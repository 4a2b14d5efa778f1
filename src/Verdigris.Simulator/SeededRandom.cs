namespace Verdigris.Simulator;

/// <summary>
/// SplitMix64: the only source of chance in a simulation, so that a seed is the whole run. The algorithm is written out here because
/// the framework's generator may change between versions, and a seed noted today must replay tomorrow.
/// </summary>
public sealed class SeededRandom(ulong seed)
{
    ulong state = seed;

    public ulong Next()
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15UL;
            ulong z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)Below((long)bound);

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public long Below(long bound) => (long)(Next() % (ulong)bound);

    /// <summary>Both ends included.</summary>
    public long Between(long low, long high) => low + Below(high - low + 1);

    /// <summary>True in <paramref name="times"/> of <paramref name="outOf"/> cases.</summary>
    public bool Chance(int times, int outOf = 100) => Below(outOf) < times;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public UInt128 NextId() => new(Next(), Next() | 1);

    /// <summary>A stream of its own, so that more or fewer draws in one part of a run do not shift another.</summary>
    public SeededRandom Fork() => new(Next());
}
