using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <summary>Where the rows of a <see cref="SlotTable{T}"/> lie; good as long as the table is.</summary>
readonly unsafe struct SlotRows<T>(T* first) where T : unmanaged
{
    /// <summary>No bounds are checked, so callers only use slots that were handed out.</summary>
    public T* this[uint slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => unchecked(first + slot);
    }
}

/// <summary>
/// Rows in one line at addresses that never change, by slot. Addresses for all the rows there can ever be are set aside at once, which costs no memory; memory comes behind them as they are used. So a row is found
/// by one addition, and growing moves nothing.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Goes back when it is collected, as the arrays of other tables do: nobody would know when an engine that others still read is done with.")]
sealed unsafe class SlotTable<T> where T : unmanaged
{
    const int Step = 1 << 12;

    public const uint MostRows = 1 << 24;

    readonly AddressRange range = new((nuint)MostRows * (nuint)sizeof(T));
    uint room;

    public SlotTable() => Rows = new((T*)range.Start);

    public SlotRows<T> Rows { get; }

    /// <summary>Slots from 0 that have a row.</summary>
    public uint Count { get; private set; }

    public T* this[uint slot]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Rows[slot];
    }

    public uint Add()
    {
        if (Count == room) Reserve(Step);
        return Count++;
    }

    /// <summary>Memory for so many more rows, every page of it touched.</summary>
    public void Reserve(uint rows)
    {
        rows = Math.Min((rows + Step - 1) & ~(uint)(Step - 1), MostRows - room);
        if (rows == 0) return;
        range.Grow((nuint)(room + rows) * (nuint)sizeof(T));
        room += rows;
    }
}
