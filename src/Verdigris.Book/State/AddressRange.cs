using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// A range of addresses with memory behind its first part, which grows and never moves; zeroed. Only what has memory behind it counts as memory; a limit of addresses (RLIMIT_AS) counts the whole range. Goes back when it is collected, so whoever uses addresses keeps it alive.
/// </summary>
sealed unsafe partial class AddressRange : CriticalFinalizerObject
{
    static readonly nuint Page = (nuint)Environment.SystemPageSize;
    const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;

    readonly nuint length;
    nuint grown;

    /// <param name="most">Bytes it can ever have.</param>
    /// <exception cref="OutOfMemoryException">The system has no such range.</exception>
    public AddressRange(nuint most)
    {
        length = (most + Page - 1) & ~(Page - 1);
        nint start = Map(0, length, NoAccess, PrivateAnonymous, -1, 0);
        if (start == -1) throw new OutOfMemoryException($"{length} bytes of addresses.");
        Start = (byte*)start;
    }

    ~AddressRange()
    {
        if (Start is not null) _ = Unmap(Start, length);
    }

    public byte* Start { get; }

    /// <summary>Has at least so many bytes of memory from its start, every page of it touched.</summary>
    /// <exception cref="OutOfMemoryException">The system gives no more.</exception>
    public void Grow(nuint bytes)
    {
        nuint end = Math.Min((bytes + Page - 1) & ~(Page - 1), length);
        if (end <= grown) return;
        if (Protect(Start + grown, end - grown, ReadWrite) != 0) throw new OutOfMemoryException($"{end - grown} bytes of memory.");
        Memory.AdviseHugePages(Start + grown, end - grown);
        for (nuint at = grown; at < end; at += Page) Start[at] = 0;
        grown = end;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
