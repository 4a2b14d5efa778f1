using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Verdigris.Book;

/// <summary>Tells whether a row is the one looked for.</summary>
interface IMatch
{
    bool Matches(uint row);
}

/// <summary>
/// From a 64-bit hash to row numbers: open addressing in 1,024 parts that grow one at a time and at staggered fillings, so that no
/// batch pays for more than a few small parts. Rows are never removed.
/// </summary>
sealed class HashIndex
{
    const int PartBits = 10;

    // A slot is (lower half of the hash) << 32 | row + 1; zero is free.
    readonly ulong[]?[] parts = new ulong[1 << PartBits][];
    readonly int[] counts = new int[1 << PartBits];

    public long Bytes => parts.Sum(p => p is null ? 0L : p.Length * 8L);

    /// <summary>The row that matches, or <see cref="uint.MaxValue"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find<TMatch>(ulong hash, TMatch match) where TMatch : struct, IMatch
    {
        var part = parts[hash >> (64 - PartBits)];
        if (part is null) return uint.MaxValue;
        uint tag = (uint)(hash & uint.MaxValue), mask = (uint)part.Length - 1;
        for (uint at = tag & mask; ; at = (at + 1) & mask)
        {
            ulong slot = part[at];
            if (slot == 0) return uint.MaxValue;
            if ((uint)(slot >> 32) == tag)
            {
                uint row = (uint)(slot & uint.MaxValue) - 1;
                if (match.Matches(row)) return row;
            }
        }
    }

    /// <summary>A row whose hash agrees in 42 bits, without looking at it; <see cref="uint.MaxValue"/> for none. To be confirmed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Guess(ulong hash)
    {
        var part = parts[hash >> (64 - PartBits)];
        if (part is null) return uint.MaxValue;
        uint tag = (uint)(hash & uint.MaxValue), mask = (uint)part.Length - 1;
        for (uint at = tag & mask; ; at = (at + 1) & mask)
        {
            ulong slot = part[at];
            if (slot == 0) return uint.MaxValue;
            if ((uint)(slot >> 32) == tag) return (uint)(slot & uint.MaxValue) - 1;
        }
    }

    /// <summary>Adds a row known to be absent.</summary>
    public void Add(ulong hash, uint row)
    {
        int p = (int)(hash >> (64 - PartBits));
        var part = parts[p] ??= new ulong[4];
        // Parts grow at fillings between 62 and 87 per cent, each at its own.
        if ((counts[p] + 1) * 4096L > part.Length * (2560L + p)) part = parts[p] = Grown(part);
        counts[p]++;
        Place(part, (hash << 32) | (row + 1UL));
    }

    /// <summary>Sizes an empty index for this many rows.</summary>
    public void Reserve(uint rows)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2(rows / (1u << PartBits) * 10 / 7 + 4);
        for (int p = 0; p < parts.Length; p++) parts[p] = new ulong[size];
    }

    /// <summary>Asks the memory for the slot ahead of its use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong hash)
    {
        var part = parts[hash >> (64 - PartBits)];
        if (part is null || !Sse.IsSupported) return;
        Memory.Prefetch(ref part[(uint)(hash & uint.MaxValue) & ((uint)part.Length - 1)]);
    }

    static ulong[] Grown(ulong[] part)
    {
        var larger = new ulong[part.Length * 2];
        foreach (ulong slot in part)
            if (slot != 0) Place(larger, slot);
        return larger;
    }

    static void Place(ulong[] part, ulong slot)
    {
        uint mask = (uint)part.Length - 1, at = (uint)(slot >> 32) & mask;
        while (part[at] != 0) at = (at + 1) & mask;
        part[at] = slot;
    }
}

static class Memory
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref T place) where T : unmanaged
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref place)); // a hint only: the address is never read through
    }
}

/// <summary>64-bit mixing by wide multiplication (the construction of wyhash). Not for secrets.</summary>
static class Mix
{
    const ulong A = 0xA0761D6478BD642F, B = 0xE7037ED1A0B428DB, C = 0x8EBC6AF09C88C6E3, D = 0x589965CC75374CC3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Wide(ulong x, ulong y)
    {
        ulong high = Math.BigMul(x, y, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(UInt128 id) => Wide(Wide((ulong)(id & ulong.MaxValue) ^ A, (ulong)(id >> 64) ^ B) ^ C, D);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ulong value) => Wide(Wide(value ^ A, B) ^ C, D);

    /// <summary>Everything of a command but its id.</summary>
    public static ulong Content(in Command command)
    {
        var words = MemoryMarshal.Cast<Command, ulong>(MemoryMarshal.CreateReadOnlySpan(in command, 1));
        ulong x = Wide(words[2] ^ A, words[3] ^ B) ^ Wide(words[4] ^ C, words[5] ^ D);
        ulong y = Wide(words[6] ^ B, words[7] ^ C ^ x) ^ Wide(words[8] ^ D, words[9] ^ A);
        ulong z = Wide(words[10] ^ C, words[11] ^ D ^ y) ^ Wide(words[12] ^ A, words[13] ^ B);
        return Wide(words[14] ^ x ^ D, words[15] ^ z ^ A) ^ Wide(y ^ B, z ^ C ^ x);
    }
}
