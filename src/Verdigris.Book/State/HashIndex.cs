using System.Numerics;
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
/// inside. A full part is split in two, so an addition pays for one part at most, however large the index. Where many tags agree (chance
/// does not do that, a caller who chooses ids might), splitting would not part them: such a part grows instead. Rows are never removed.
/// </summary>
sealed class HashIndex(Slabs slabs)
{
    const uint PartSlots = 4096, FirstSlots = 16;

    struct Part
    {
        // A slot is tag << 32 | row + 1, the tag being the lower half of the hash; zero is free.
        public Piece Slots;
        public uint Mask;
        public int Count;
        /// <summary>How many of the tag's highest bits all entries share.</summary>
        public int Depth;
    }

    Part[] parts = [new() { Slots = new(new byte[FirstSlots * sizeof(ulong)], 0), Mask = FirstSlots - 1 }];
    int partCount = 1;
    int[] directory = new int[1]; // by the highest bits of the tag: the part
    int depth;

    public long Bytes => parts.Take(partCount).Sum(p => (p.Mask + 1L) * sizeof(ulong)) + directory.Length * sizeof(int) + parts.Length * (long)Unsafe.SizeOf<Part>();

    /// <summary>The row that matches, or <see cref="uint.MaxValue"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find<TMatch>(ulong hash, TMatch match) where TMatch : struct, IMatch
    {
        uint tag = (uint)(hash & uint.MaxValue);
        ref var part = ref parts[PartOf(tag)];
        var slots = part.Slots;
        uint mask = part.Mask;
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
        while (parts[p].Count >= (parts[p].Mask + 1L) * 3 / 4)
        {
            // A directory of 256 entries a part tells that chance is not at work.
            if (parts[p].Mask + 1 == PartSlots && parts[p].Depth < Math.Min(32, BitOperations.Log2((uint)partCount) + 8)) Split(p, tag);
            else Enlarge(ref parts[p]);
            p = PartOf(tag);
        }
        parts[p].Count++;
        Place(parts[p], (ulong)tag << 32 | (row + 1UL));
    }

    /// <summary>Asks the memory for the slot ahead of its use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        uint tag = (uint)(hash & uint.MaxValue);
        ref var part = ref parts[PartOf(tag)];
        Memory.Prefetch(ref part.Slots.At<ulong>(Home(tag, part.Mask)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int PartOf(uint tag) => directory[(int)((ulong)tag << depth >> 32)];

    /// <summary>Where the search for a tag begins. The directory uses the highest bits, so all are mixed in once more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Home(uint tag, uint mask) => BitOperations.RotateLeft(unchecked(tag * 0x9E3779B1), 12) & mask;

    static void Place(in Part part, ulong slot)
    {
        uint at = Home((uint)(slot >> 32), part.Mask);
        while (part.Slots.At<ulong>(at) != 0) at = (at + 1) & part.Mask;
        part.Slots.At<ulong>(at) = slot;
    }

    /// <summary>A part that is still small, or cannot be split, gets twice the slots; the usual size comes from a slab.</summary>
    void Enlarge(ref Part part)
    {
        uint count = (part.Mask + 1) * 2;
        int bytes = (int)count * sizeof(ulong);
        var larger = part with { Slots = count == PartSlots ? slabs.Take(bytes) : new(new byte[bytes], 0), Mask = count - 1 };
        for (uint at = 0; at <= part.Mask; at++)
            if (part.Slots.At<ulong>(at) is not 0 and var slot) Place(larger, slot);
        part = larger;
    }

    /// <summary>Entries with the next bit set move to a part of their own; the rest is laid anew. The tag is one that leads to the part.</summary>
    void Split(int p, uint tag)
    {
        if (parts[p].Depth == depth) DoubleDirectory();
        if (partCount == parts.Length) Array.Resize(ref parts, partCount * 2);
        ref var low = ref parts[p];
        ref var high = ref parts[partCount];
        high.Slots = slabs.Take((int)PartSlots * sizeof(ulong));
        high.Mask = PartSlots - 1;
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
            Place(moves ? high : low, slot);
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
