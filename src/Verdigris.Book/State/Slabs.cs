using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Verdigris.Book;

/// <summary>
/// Memory for tables that grow: zeroed pieces of slabs, which double up to 16 MiB. The next large slab is got ready beside the writer
/// (allocated, backed by huge pages where the system has them, zeroed), so that growth costs the writer neither page faults nor a copy.
/// Pieces are not given back; a slab is ordinary collected memory and goes with the last table that uses it. Not thread-safe.
/// </summary>
sealed class Slabs
{
    /// <summary>A little under 16 MiB: with their headers two lie in one region of the collector.</summary>
    const int Largest = (16 << 20) - 4096;

    const int Smallest = 256 << 10, Line = 64;

    byte[] slab = [];
    int used;
    Task<byte[]>? next;

    /// <summary>A piece of zeroed memory.</summary>
    /// <param name="bytes">At most the largest slab.</param>
    public Piece Take(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Largest);
        if (bytes > slab.Length - used) Renew(bytes);
        var piece = new Piece(slab, used);
        used += (bytes + Line - 1) & ~(Line - 1);
        return piece;
    }

    void Renew(int bytes)
    {
        slab = next is null ? Prepared(Math.Clamp(slab.Length * 2, Math.Max(bytes, Smallest), Largest)) : next.GetAwaiter().GetResult();
        used = 0;
        if (slab.Length >= Largest / 2) next = Task.Run(() => Prepared(Largest));
    }

    static byte[] Prepared(int size)
    {
        var fresh = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        Memory.AdviseHugePages(fresh);
        Array.Clear(fresh);
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

    /// <summary>Asks for huge pages behind a pinned array: random access to large tables then finds its translations. A hint, so failure is no fault.</summary>
    public static unsafe void AdviseHugePages(byte[] pinned)
    {
        if (!OperatingSystem.IsLinux()) return;
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned)), end = start + (nuint)pinned.Length;
        start = (start + HugePage - 1) & ~(HugePage - 1);
        end &= ~(HugePage - 1);
        if (end > start) _ = Advise(start, end - start, AdviceHugePage);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
