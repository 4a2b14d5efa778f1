using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Verdigris.Auditor.Replay;

/// <summary>Account id to slot: open addressing, ids never removed. A look-up in a large table is one miss of the memory, which <see cref="Warm"/> asks for in time.</summary>
sealed class AccountIndex
{
    (long Id, int SlotPlusOne)[] entries = new (long, int)[1024];

    public int Count { get; private set; }

    /// <summary>Slot of an account, -1 if unknown.</summary>
    public int Find(long id) => Place(entries, id).SlotPlusOne - 1;

    public void Add(long id, int slot)
    {
        if (Count * 2 >= entries.Length)
        {
            var bigger = new (long, int)[checked(entries.Length * 2)];
            foreach (var entry in entries)
                if (entry.SlotPlusOne != 0) Place(bigger, entry.Id) = entry;
            entries = bigger;
        }
        Place(entries, id) = (id, slot + 1);
        Count++;
    }

    public void Warm(long id) => Memory.Warm(ref entries[Start(entries, id)]);

    static ref (long Id, int SlotPlusOne) Place((long Id, int SlotPlusOne)[] entries, long id)
    {
        for (var at = Start(entries, id); ; at = (at + 1) & (entries.Length - 1))
        {
            ref var entry = ref entries[at];
            if (entry.SlotPlusOne == 0 || entry.Id == id) return ref entry;
        }
    }

    static int Start((long, int)[] entries, long id)
    {
        var hash = unchecked((ulong)id * 0x9E37_79B9_7F4A_7C15UL);
        return (int)((hash >> 32) & (ulong)(entries.Length - 1));
    }
}

/// <summary>Asks the processor to fetch what a later command will need. A hint: where the processor has none, or the object has moved meanwhile, nothing happens.</summary>
static unsafe class Memory
{
    public static void Warm<T>(ref T place) where T : unmanaged
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref place));
    }

    public static void Warm<T>(List<T> list, int at) where T : unmanaged
    {
        if (at >= 0 && at < list.Count) Warm(ref CollectionsMarshal.AsSpan(list)[at]);
    }
}
