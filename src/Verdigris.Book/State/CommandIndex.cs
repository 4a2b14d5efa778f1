using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <summary>
/// From a command's id to its row. Derived commands are numbered through, so theirs is looked up by number, which is most of what a program does and costs no hash; all others are found by hash. Rows are never removed.
/// </summary>
sealed class CommandIndex(Slabs slabs)
{
    const int Shift = 12;

    /// <summary>How many chunks may be left out: numbers lie close together, and one from nowhere is not worth a table up to it.</summary>
    const int MostGap = 1 << 16;

    readonly HashIndex others = new(slabs);
    Piece[] chunks = []; // row + 1 by number, from the chunk of the first number on; zero is none
    ulong first; // number of the first chunk
    int strays;  // derived ids among the others

    public long Bytes => others.Bytes + chunks.Length * (long)Unsafe.SizeOf<Piece>() + chunks.Count(c => !c.IsNone) * ((long)sizeof(uint) << Shift);

    /// <summary>The row of the command with this id, or <see cref="uint.MaxValue"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find<TMatch>(UInt128 id, TMatch match) where TMatch : struct, IMatch
    {
        if (ProgramWriter.IsDerived(id))
        {
            uint entry = EntryOf((ulong)(id & ulong.MaxValue));
            if (entry != 0 || strays == 0) return unchecked(entry - 1);
        }
        return others.Find(Mix.Hash(id), match);
    }

    /// <summary>The row, most likely; to be confirmed.</summary>
    public uint Guess(UInt128 id) => ProgramWriter.IsDerived(id) ? unchecked(EntryOf((ulong)(id & ulong.MaxValue)) - 1) : others.Guess(Mix.Hash(id));

    /// <summary>Adds the row of an id known to be absent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(UInt128 id, uint row)
    {
        if (!ProgramWriter.IsDerived(id) || !TryAdd((ulong)(id & ulong.MaxValue), row)) others.Add(Mix.Hash(id), row);
    }

    /// <summary>Asks the memory for where an id stands or will stand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(UInt128 id)
    {
        if (!ProgramWriter.IsDerived(id)) others.Prefetch(Mix.Hash(id));
        else if (ChunkOf((ulong)(id & ulong.MaxValue)) is { IsNone: false } chunk) Memory.Prefetch(ref chunk.At<uint>(PlaceOf((ulong)(id & ulong.MaxValue))));
    }

    bool TryAdd(ulong number, uint row)
    {
        if (chunks.Length == 0) first = number >> Shift;
        ulong chunk = unchecked((number >> Shift) - first);
        if (chunk >= (ulong)(chunks.Length + MostGap))
        {
            strays++;
            return false;
        }
        if (chunk >= (ulong)chunks.Length) Array.Resize(ref chunks, Math.Max((int)chunk + 1, chunks.Length * 2));
        if (chunks[chunk].IsNone) chunks[chunk] = slabs.Take(sizeof(uint) << Shift);
        chunks[chunk].At<uint>(PlaceOf(number)) = row + 1;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    uint EntryOf(ulong number) => ChunkOf(number) is { IsNone: false } chunk ? chunk.At<uint>(PlaceOf(number)) : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    Piece ChunkOf(ulong number) => unchecked((number >> Shift) - first) is var chunk && chunk < (ulong)chunks.Length ? chunks[chunk] : default;

    static uint PlaceOf(ulong number) => unchecked((uint)number) & ((1u << Shift) - 1);
}
