using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Tells whether a row is the one looked for.</summary>
interface IMatch
{
    bool Matches(uint row);
}

/// <summary>
/// From a hash, of which the lower 32 bits are used, to row numbers: extendible hashing over parts of 4,096 slots, open addressing
/// inside. A full part is split in two, so an addition pays for one part at most, however large the index. Rows are never removed.
/// </summary>
sealed class HashIndex(Slabs slabs)
{
    const uint PartSlots = 4096, FirstSlots = 16;

    struct Part
    {
        // A slot is tag << 32 | row + 1, the tag being the lower half of the hash; zero is free.
        public Piece Slots;
        public int Count;
        /// <summary>How many of the tag's highest bits all entries share.</summary>
        public int Depth;
    }

    Part[] parts = [new() { Slots = new(new byte[FirstSlots * sizeof(ulong)], 0) }];
    int partCount = 1;
    int[] directory = new int[1]; // by the highest bits of the tag: the part
    int depth;
    uint slotCount = FirstSlots; // of every part: the first, while it is alone, begins small

    public long Bytes => partCount * slotCount * (long)sizeof(ulong) + directory.Length * sizeof(int) + parts.Length * (long)Unsafe.SizeOf<Part>();

    /// <summary>The row that matches, or <see cref="uint.MaxValue"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find<TMatch>(ulong hash, TMatch match) where TMatch : struct, IMatch
    {
        uint tag = (uint)(hash & uint.MaxValue), mask = slotCount - 1;
        var slots = parts[PartOf(tag)].Slots;
        for (uint at = Home(tag, mask); ; at = (at + 1) & mask)
        {
            ulong slot = slots.At<ulong>(at);
            if (slot == 0) return uint.MaxValue;
            if ((uint)(slot >> 32) != tag) continue;
            uint row = (uint)(slot & uint.MaxValue) - 1;
            if (match.Matches(row)) return row;
        }
    }

    readonly struct Any : IMatch
    {
        public bool Matches(uint row) => true;
    }

    /// <summary>A row whose hash agrees in 32 bits, without looking at it; <see cref="uint.MaxValue"/> for none. To be confirmed.</summary>
    public uint Guess(ulong hash) => Find(hash, default(Any));

    /// <summary>Adds a row known to be absent.</summary>
    public void Add(ulong hash, uint row)
    {
        uint tag = (uint)(hash & uint.MaxValue);
        int p = PartOf(tag);
        while (parts[p].Count >= slotCount * 3 / 4)
        {
            if (slotCount < PartSlots) Enlarge();
            else Split(p, tag);
            p = PartOf(tag);
        }
        parts[p].Count++;
        Place(parts[p].Slots, slotCount, (ulong)tag << 32 | (row + 1UL));
    }

    /// <summary>Asks the memory for the slot ahead of its use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        uint tag = (uint)(hash & uint.MaxValue);
        Memory.Prefetch(ref parts[PartOf(tag)].Slots.At<ulong>(Home(tag, slotCount - 1)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int PartOf(uint tag) => directory[(int)((ulong)tag << depth >> 32)];

    /// <summary>Where the search for a tag begins. The directory uses the highest bits, so all are mixed in once more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Home(uint tag, uint mask) => unchecked(tag * 0x9E3779B1) >> 20 & mask;

    static void Place(Piece slots, uint count, ulong slot)
    {
        uint mask = count - 1, at = Home((uint)(slot >> 32), mask);
        while (slots.At<ulong>(at) != 0) at = (at + 1) & mask;
        slots.At<ulong>(at) = slot;
    }

    /// <summary>The part that is still alone gets twice the slots; a whole one comes from a slab, as all others do.</summary>
    void Enlarge()
    {
        uint count = slotCount * 2;
        int bytes = (int)count * sizeof(ulong);
        var larger = count == PartSlots ? slabs.Take(bytes) : new(new byte[bytes], 0);
        for (uint at = 0; at < slotCount; at++)
            if (parts[0].Slots.At<ulong>(at) is not 0 and var slot) Place(larger, count, slot);
        parts[0].Slots = larger;
        slotCount = count;
    }

    /// <summary>Entries with the next bit set move to a part of their own; the rest is laid anew. The tag is one that leads to the part.</summary>
    void Split(int p, uint tag)
    {
        if (parts[p].Depth == depth) DoubleDirectory();
        if (partCount == parts.Length) Array.Resize(ref parts, partCount * 2);
        ref var low = ref parts[p];
        ref var high = ref parts[partCount];
        high.Slots = slabs.Take((int)PartSlots * sizeof(ulong));
        high.Depth = ++low.Depth;
        uint bit = 1u << (32 - low.Depth);
        var slots = low.Slots.Span((int)PartSlots * sizeof(ulong));
        Span<byte> old = stackalloc byte[(int)PartSlots * sizeof(ulong)];
        slots.CopyTo(old);
        slots.Clear();
        foreach (ulong slot in MemoryMarshal.Cast<byte, ulong>(old))
        {
            if (slot == 0) continue;
            bool moves = ((uint)(slot >> 32) & bit) != 0;
            if (moves) high.Count++;
            Place(moves ? high.Slots : low.Slots, PartSlots, slot);
        }
        low.Count -= high.Count;
        int shared = 1 << (depth - low.Depth), first = (int)((ulong)(tag & ~(bit - 1) & ~bit) << depth >> 32);
        directory.AsSpan(first + shared, shared).Fill(partCount++); // the upper half of the entries that led to the part
    }

    void DoubleDirectory()
    {
        var larger = new int[directory.Length * 2];
        for (int i = 0; i < larger.Length; i++) larger[i] = directory[i / 2];
        directory = larger;
        depth++;
    }
}
