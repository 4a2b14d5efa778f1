using System.Numerics;

namespace Verdigris.Primitives.Statistics;

/// <summary>The generator xoshiro256** 1.0 of Blackman and Vigna (public domain), its state filled by splitmix64 from the seed as they advise. The same numbers on every machine and in every version.</summary>
public sealed class Xoshiro
{
    ulong s0, s1, s2, s3;

    Xoshiro(ulong a, ulong b, ulong c, ulong d) => (s0, s1, s2, s3) = (a, b, c, d);

    public static Xoshiro OfState(ulong a, ulong b, ulong c, ulong d) => new(a, b, c, d);

    public static Xoshiro OfSeed(long seed)
    {
        var x = unchecked((ulong)seed);
        return new(SplitMix(ref x), SplitMix(ref x), SplitMix(ref x), SplitMix(ref x));
    }

    public static ulong SplitMix(ref ulong x)
    {
        unchecked
        {
            var z = x += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    public ulong Next()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
            var t = s1 << 17;
            s2 ^= s0;
            s3 ^= s1;
            s1 ^= s2;
            s0 ^= s3;
            s2 ^= t;
            s3 = BitOperations.RotateLeft(s3, 45);
            return result;
        }
    }

    /// <summary>Above 0 and below 1, in steps of 2^-52: never a tail that does not end.</summary>
    public double Uniform() => ((Next() >> 12) + 0.5) * (1.0 / (1L << 52));
}
