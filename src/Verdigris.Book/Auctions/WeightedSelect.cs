using System.Buffers;
using System.Numerics;

namespace Verdigris.Book.Auctions;

/// <summary>Things in a row, each with a rank (the lower, the earlier it is served) and a weight of 0 or more.</summary>
interface IRanked
{
    int Count { get; }
    long Rank(int i);
    long Weight(int i);
}

/// <summary>
/// Finds where weights added up by rank reach a target, without sorting: by digits of the rank from the highest, each a pass over all. Where there are few ranks, as with prices in ticks, one pass does. Weights must add up to no more than a long holds.
/// </summary>
static class WeightedSelect
{
    /// <summary>The first rank at which the weights up to it reach the target, and what lies before it; null where all together do not reach it.</summary>
    /// <param name="target">Above 0.</param>
    public static (long Rank, long Before)? Reach<T>(T ranked, long target) where T : struct, IRanked
    {
        var n = ranked.Count;
        var (least, most, all) = (long.MaxValue, long.MinValue, 0L);
        for (var i = 0; i < n; i++)
        {
            var weight = ranked.Weight(i);
            if (weight == 0) continue;
            var rank = ranked.Rank(i);
            if (rank < least) least = rank;
            if (rank > most) most = rank;
            all += weight;
        }
        if (all < target) return null;
        // As many slots as there are things, within what a cache holds: few things need no large table.
        var digit = Math.Clamp(BitOperations.Log2((uint)n) + 1, 6, 16);
        var shift = 64 - BitOperations.LeadingZeroCount((ulong)(most - least));
        var sums = ArrayPool<long>.Shared.Rent(1 << digit);
        try
        {
            var (prefix, before) = (0L, 0L);
            do
            {
                var width = Math.Min(digit, shift);
                shift -= width;
                Array.Clear(sums, 0, 1 << width);
                Add(ranked, sums, least, prefix, shift, width);
                var slot = 0;
                while (before + sums[slot] < target) before += sums[slot++];
                prefix = prefix << width | (long)slot;
            }
            while (shift > 0);
            return (least + prefix, before);
        }
        finally { ArrayPool<long>.Shared.Return(sums); }
    }

    /// <summary>Adds each weight whose rank has the prefix found so far to the slot of its next digit.</summary>
    static void Add<T>(T ranked, long[] sums, long least, long prefix, int shift, int width) where T : struct, IRanked
    {
        var mask = (1 << width) - 1;
        var n = ranked.Count;
        for (var i = 0; i < n; i++)
        {
            var weight = ranked.Weight(i);
            if (weight == 0) continue;
            var digits = ranked.Rank(i) - least >> shift;
            if (digits >> width == prefix) sums[(int)(digits & mask)] += weight;
        }
    }

    /// <summary>Weights of all ranks up to one.</summary>
    public static long UpTo<T>(T ranked, long rank) where T : struct, IRanked
    {
        var sum = 0L;
        for (var i = 0; i < ranked.Count; i++)
            if (ranked.Rank(i) <= rank) sum += ranked.Weight(i);
        return sum;
    }

    /// <summary>The last rank with a weight; null where there is none.</summary>
    public static long? Last<T>(T ranked) where T : struct, IRanked
    {
        long? last = null;
        for (var i = 0; i < ranked.Count; i++)
            if (ranked.Weight(i) > 0 && ranked.Rank(i) is var rank && !(rank <= last)) last = rank;
        return last;
    }
}
