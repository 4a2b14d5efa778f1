namespace Verdigris.Footprint.Meters;

/// <summary>How far a source trusts its own reading. Ordered: the better one stands where a source says two things of one time.</summary>
public enum ReadingQuality : byte
{
    /// <summary>Kept, and counted as if it were not there.</summary>
    Bad,
    /// <summary>Counted, and pointed out.</summary>
    Uncertain,
    Good,
}

/// <summary>What a meter showed at a time of its own clock. A tag has one reading a time.</summary>
/// <param name="AtMs">Source time in whole milliseconds since 1970, UTC.</param>
/// <param name="Value">At most 18 digits, nine of them after the point.</param>
/// <param name="Disputed">The source has said different things of this time.</param>
public readonly record struct Reading(long AtMs, decimal Value, ReadingQuality Quality = ReadingQuality.Good, bool Disputed = false)
{
    public const int MostPlaces = 9;
    const decimal Most = 1_000_000_000_000m;

    /// <summary>Whether a value can be kept without loss.</summary>
    public static bool Fits(decimal value)
    {
        if (Math.Abs(value) > Most) return false;
        var places = DecimalPlaces(value, out var mantissa);
        return places <= MostPlaces && Int128.Abs(mantissa) <= 999_999_999_999_999_999;
    }

    /// <summary>
    /// One reading out of two of the same time, the same whichever came first and however often: the better quality, then the higher value (nothing is made smaller by sending it again), and marked where the two differ.
    /// </summary>
    public static Reading Join(Reading a, Reading b)
    {
        if (a.AtMs != b.AtMs) throw new ArgumentException("Two readings of one time are joined.", nameof(b));
        var stands = (a.Quality, a.Value).CompareTo((b.Quality, b.Value)) >= 0 ? a : b;
        return stands with { Disputed = a.Disputed || b.Disputed || a.Quality != b.Quality || a.Value != b.Value };
    }

    /// <summary>Readings of both, each time once, in the order of their times. Both are ordered so already.</summary>
    public static List<Reading> Union(IReadOnlyList<Reading> one, IReadOnlyList<Reading> other)
    {
        var all = new List<Reading>(one.Count + other.Count);
        int i = 0, k = 0;
        while (i < one.Count && k < other.Count)
        {
            if (one[i].AtMs < other[k].AtMs) all.Add(one[i++]);
            else if (other[k].AtMs < one[i].AtMs) all.Add(other[k++]);
            else all.Add(Join(one[i++], other[k++]));
        }
        for (; i < one.Count; i++) all.Add(one[i]);
        for (; k < other.Count; k++) all.Add(other[k]);
        return all;
    }

    /// <summary>Readings as they come, brought into order, each time once.</summary>
    public static List<Reading> InOrder(IEnumerable<Reading> readings)
    {
        // The order among equals is of no matter: joining them gives the same.
        var sorted = readings.ToList();
        sorted.Sort(static (a, b) => a.AtMs.CompareTo(b.AtMs));
        var kept = 0;
        for (var i = 0; i < sorted.Count; i++)
        {
            if (kept > 0 && sorted[kept - 1].AtMs == sorted[i].AtMs) sorted[kept - 1] = Join(sorted[kept - 1], sorted[i]);
            else sorted[kept++] = sorted[i];
        }
        sorted.RemoveRange(kept, sorted.Count - kept);
        return sorted;
    }

    /// <summary>Places after the point without closing zeros, and the number without its point.</summary>
    internal static int DecimalPlaces(decimal value, out Int128 mantissa)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var digits = unchecked(new Int128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]));
        var places = (bits[3] >> 16) & 0xff;
        while (places > 0 && digits % 10 == 0)
        {
            digits /= 10;
            places--;
        }
        mantissa = bits[3] < 0 ? -digits : digits;
        return places;
    }
}
