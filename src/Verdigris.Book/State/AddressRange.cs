using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// A range of addresses with memory behind its first part, which grows and never moves; zeroed. Only what has memory behind it counts as memory; a limit of addresses (RLIMIT_AS) counts the whole range. Goes back when it is collected, so
/// whoever uses addresses keeps it alive.
/// </summary>
sealed unsafe partial class AddressRange : SafeHandle
{
    const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;
    const nint None = -1;

    static readonly nuint Page = (nuint)Environment.SystemPageSize;

    readonly nuint length;
    nuint grown;

    /// <param name="most">Bytes it can ever have.</param>
    /// <exception cref="Win32Exception">The system has no such range.</exception>
    public AddressRange(nuint most) : base(None, ownsHandle: true)
    {
        length = (most + Page - 1) & ~(Page - 1);
        SetHandle(Map(0, length, NoAccess, PrivateAnonymous, -1, 0));
        if (IsInvalid) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{length} bytes of addresses: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public override bool IsInvalid => handle == None;

    public byte* Start => (byte*)handle;

    /// <summary>Has at least so many bytes of memory from its start, every page of it touched.</summary>
    /// <exception cref="Win32Exception">The system gives no more.</exception>
    public void Grow(nuint bytes)
    {
        nuint end = Math.Min((bytes + Page - 1) & ~(Page - 1), length);
        if (end <= grown) return;
        if (Protect(Start + grown, end - grown, ReadWrite) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{end - grown} bytes of memory: {Marshal.GetLastPInvokeErrorMessage()}");
        Memory.AdviseHugePages(Start + grown, end - grown);
        for (nuint at = grown; at < end; at += Page) Start[at] = 0;
        grown = end;
    }

    protected override bool ReleaseHandle() => Unmap(Start, length) == 0;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(byte* address, nuint length);
}
