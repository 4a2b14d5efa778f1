using System.Runtime.InteropServices;
using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>
/// Command ids the Book remembers, each with its outcome and 48 bits of a hash of its content: 24 bytes a command in sixty-four
/// open-addressing tables, so that growing copies one part in sixty-four.
/// </summary>
sealed class CommandIds
{
    struct Entry
    {
        public ulong Low, High;
        public ulong ContentAndCode;
    }

    sealed class Table
    {
        public Entry[] Entries = new Entry[64];
        public int Count;
    }

    readonly Table[] tables = [.. Enumerable.Range(0, 64).Select(_ => new Table())];

    /// <summary>
    /// Remembers a command. False where its id is remembered already: then <paramref name="first"/> is the first outcome and
    /// <paramref name="sameContent"/> whether these are the same 128 bytes.
    /// </summary>
    public bool TryAdd(in CommandRow command, ushort code, out ushort first, out bool sameContent)
    {
        var low = unchecked((ulong)command.Id);
        var high = (ulong)(command.Id >> 64);
        var content = Mix(in command) & ~0xFFFFUL;
        var hash = Scramble(low ^ Scramble(high));
        var table = tables[hash >> 58];
        if (table.Count * 3L > table.Entries.Length * 2L) Grow(table);
        ref var entry = ref Slot(table.Entries, low, high, hash);
        if (entry.Low == 0 && entry.High == 0)
        {
            entry = new() { Low = low, High = high, ContentAndCode = content | code };
            table.Count++;
            first = code;
            sameContent = true;
            return true;
        }
        first = (ushort)(entry.ContentAndCode & 0xFFFF);
        sameContent = (entry.ContentAndCode & ~0xFFFFUL) == content;
        return false;
    }

    public void Warm(UInt128 id)
    {
        var hash = Scramble(unchecked((ulong)id) ^ Scramble((ulong)(id >> 64)));
        var entries = tables[hash >> 58].Entries;
        Memory.Warm(ref entries[(int)(hash & (ulong)(entries.Length - 1))]);
    }

    /// <summary>Whether a command of this id is remembered.</summary>
    public bool Knows(UInt128 id)
    {
        var low = unchecked((ulong)id);
        var high = (ulong)(id >> 64);
        var hash = Scramble(low ^ Scramble(high));
        ref var entry = ref Slot(tables[hash >> 58].Entries, low, high, hash);
        return entry.Low != 0 || entry.High != 0;
    }

    static ref Entry Slot(Entry[] entries, ulong low, ulong high, ulong hash)
    {
        var mask = entries.Length - 1;
        for (var at = (int)(hash & (ulong)mask); ; at = (at + 1) & mask)
        {
            ref var entry = ref entries[at];
            if ((entry.Low == low && entry.High == high) || (entry.Low == 0 && entry.High == 0)) return ref entry;
        }
    }

    static void Grow(Table table)
    {
        var bigger = new Entry[checked(table.Entries.Length * 2)];
        foreach (ref readonly var entry in table.Entries.AsSpan())
            if (entry.Low != 0 || entry.High != 0) Slot(bigger, entry.Low, entry.High, Scramble(entry.Low ^ Scramble(entry.High))) = entry;
        table.Entries = bigger;
    }

    static ulong Mix(in CommandRow command)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(MemoryMarshal.AsBytes(new ReadOnlySpan<CommandRow>(in command)));
        unchecked
        {
            ulong hash = 0;
            foreach (var word in words) hash = (ulong.RotateLeft(hash, 27) ^ word) * 0x9E37_79B9_7F4A_7C15UL;
            return Scramble(hash);
        }
    }

    static ulong Scramble(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
            x = (x ^ (x >> 27)) * 0x94D0_49BB_1331_11EBUL;
            return x ^ (x >> 31);
        }
    }
}
