namespace Verdigris.Primitives;

/// <summary>A closed interval of serial numbers, <c>1 &lt;= First &lt;= Last</c>. Ordered by first serial, then last.</summary>
public readonly record struct SerialRange : IComparable<SerialRange>
{
    /// <exception cref="ArgumentOutOfRangeException">First below 1, or last before first.</exception>
    public SerialRange(long first, long last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(last, first);
        First = first;
        Last = last;
    }

    public long First { get; }
    public long Last { get; }

    /// <summary>Number of serials; overflows (throws) only for the whole range of <see cref="long"/>.</summary>
    public long Count => checked(Last - First + 1);

    public bool Contains(long serial) => First <= serial && serial <= Last;
    public bool Contains(SerialRange other) => First <= other.First && other.Last <= Last;
    public bool Overlaps(SerialRange other) => First <= other.Last && other.First <= Last;

    /// <summary>The other begins right after this one ends, or the other way round.</summary>
    public bool Touches(SerialRange other) => (Last != long.MaxValue && Last + 1 == other.First) || (other.Last != long.MaxValue && other.Last + 1 == First);

    /// <summary>The serials both have, or null.</summary>
    public SerialRange? Common(SerialRange other) => Overlaps(other) ? new(Math.Max(First, other.First), Math.Min(Last, other.Last)) : null;

    /// <summary>One range where the two touch; null where they leave a gap.</summary>
    /// <exception cref="ArgumentException">They overlap: the same serial would be counted twice.</exception>
    public SerialRange? Join(SerialRange other)
    {
        if (Overlaps(other)) throw new ArgumentException($"{this} and {other} overlap.", nameof(other));
        return Touches(other) ? new(Math.Min(First, other.First), Math.Max(Last, other.Last)) : null;
    }

    /// <summary>The first <paramref name="count"/> serials and the rest; the second is null when nothing is left.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one, or more than there are.</exception>
    public (SerialRange Taken, SerialRange? Left) Take(long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        var last = First + count - 1;
        return (new(First, last), last == Last ? null : new(last + 1, Last));
    }

    public int CompareTo(SerialRange other) => First != other.First ? First.CompareTo(other.First) : Last.CompareTo(other.Last);

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
