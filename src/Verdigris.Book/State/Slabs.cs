using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Verdigris.Book;

/// <summary>
/// Memory for tables that grow: zeroed pieces of slabs, which double at first. Large slabs are got ready beside the writer
/// (allocated, backed by huge pages where the system has them, zeroed), so that growth costs the writer neither page faults nor a copy;
/// where one is late, a small one is made on the spot. Pieces are not given back; a slab is ordinary collected memory and goes with the
/// last table that uses it. Not thread-safe.
/// </summary>
/// <param name="ahead">False: no thread, every slab is made where it is needed.</param>
sealed class Slabs(bool ahead)
{
    /// <summary>A little under 16 MiB: with their headers two lie in one region of the collector.</summary>
    const int Largest = (16 << 20) - 4096;

    const int Smallest = 256 << 10, Late = 2 << 20, Line = 64;

    // Where pieces come from, and what the slab before had left: too little for a large piece, it serves many small ones.
    Rest current = new([], 0), before = new([], 0);
    int size;
    byte[]? ready; // handed over by the task below
    Task? preparing;

    /// <summary>A piece of zeroed memory.</summary>
    /// <param name="bytes">At most the largest slab.</param>
    public Piece Take(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Largest);
        if (bytes <= before.Bytes) return before.Take(bytes);
        if (bytes > current.Bytes) Renew(bytes);
        return current.Take(bytes);
    }

    void Renew(int bytes)
    {
        size = Math.Clamp(size * 2, Smallest, ahead ? Late : Largest);
        bool prepared = preparing is { IsCompleted: true } && ready?.Length >= bytes;
        if (current.Bytes > before.Bytes) before = current;
        current = new(prepared ? ready! : Prepared(Math.Max(bytes, size), beside: false), 0);
        if (size < Late || !ahead || preparing is { IsCompleted: false }) return;
        ready = null;
        preparing = Background.Run(() => ready = Prepared(Largest, beside: true));
    }

    struct Rest
    {
        readonly byte[] slab;
        int used;

        public Rest(byte[] slab, int used) => (this.slab, this.used) = (slab, used);

        public readonly int Bytes => slab.Length - used;

        public Piece Take(int bytes)
        {
            var piece = new Piece(slab, used);
            used = Math.Min(slab.Length, used + ((bytes + Line - 1) & ~(Line - 1)));
            return piece;
        }
    }

    static byte[] Prepared(int size, bool beside)
    {
        var fresh = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        Memory.AdviseHugePages(fresh);
        for (int at = 0; at < size; at += Late)
        {
            fresh.AsSpan(at, Math.Min(Late, size - at)).Clear();
            if (beside) Thread.Sleep(1); // a processor the writer may need is kept for a fraction of a millisecond only
        }
        return fresh;
    }
}

/// <summary>A place in a byte array, which it keeps alive.</summary>
readonly struct Piece(byte[] bytes, int offset)
{
    /// <summary>The <paramref name="index"/>-th value from the piece's start. The caller knows its length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At<T>(uint index) where T : unmanaged =>
        ref Unsafe.Add(ref Unsafe.As<byte, T>(ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(bytes), (nint)offset)), index);

    public bool IsNone => bytes is null;

    public Span<byte> Span(int length) => bytes.AsSpan(offset, length);
}

static partial class Memory
{
    const nuint HugePage = 2 << 20;
    const int AdviceHugePage = 14;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref T place) where T : unmanaged
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref place)); // a hint only: the address is never read through
    }

    /// <summary>Asks for the lines of a command: three where it does not begin with one.</summary>
    public static unsafe void Prefetch(in Command command)
    {
        if (!Sse.IsSupported) return;
        fixed (Command* at = &command)
        {
            Sse.Prefetch0(at);
            Sse.Prefetch0((byte*)at + Command.Size / 2);
            Sse.Prefetch0((byte*)at + Command.Size - 1);
        }
    }

    /// <summary>Asks for huge pages behind a pinned array.</summary>
    public static unsafe void AdviseHugePages(byte[] pinned) => AdviseHugePages((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned)), (nuint)pinned.Length);

    /// <summary>Asks for huge pages: random access to large tables then finds its translations. A hint, so failure is no fault.</summary>
    public static unsafe void AdviseHugePages(byte* memory, nuint length)
    {
        if (!OperatingSystem.IsLinux()) return;
        nuint start = ((nuint)memory + HugePage - 1) & ~(HugePage - 1), end = ((nuint)memory + length) & ~(HugePage - 1);
        if (end > start) _ = Advise(start, end - start, AdviceHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
