using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Verdigris.Book;

/// <summary>
/// The machine's own file system. Flushes with <c>fdatasync</c> on Linux (the length of a file is data needed to read it back, so it is
/// covered; times are not) and with the runtime's full flush elsewhere. Folders are created on first use.
/// </summary>
public sealed class RealDisk : IDisk
{
    public IReadOnlyList<string> List(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal).ToList() : [];

    public bool Exists(string path) => File.Exists(path);

    public IDiskFile Open(string path, bool create)
    {
        if (create) CreateFolder(Path.GetDirectoryName(path));
        return new RealFile(File.OpenHandle(path, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS()) return; // elsewhere the file system orders its metadata itself
        int descriptor = Native.Open(folder, Native.ReadOnly);
        if (descriptor < 0) throw new IOException($"Folder {folder} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (Native.Fsync(descriptor) != 0) throw new IOException($"Folder {folder} cannot be flushed (error {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    public IDisposable Lock(string path)
    {
        CreateFolder(Path.GetDirectoryName(path));
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new JournalFencedException($"Another process holds {path}.", e);
        }
    }

    /// <summary>Creates what is missing and makes each new name durable in its parent.</summary>
    void CreateFolder(string? folder)
    {
        if (string.IsNullOrEmpty(folder) || Directory.Exists(folder)) return;
        string? parent = Path.GetDirectoryName(Path.GetFullPath(folder));
        CreateFolder(parent);
        Directory.CreateDirectory(folder);
        if (parent is not null) FlushFolder(parent);
    }

    sealed class RealFile(SafeFileHandle handle) : IDiskFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public int Read(long offset, Span<byte> into)
        {
            int read = 0;
            while (read < into.Length)
            {
                int n = RandomAccess.Read(handle, into[read..], offset + read);
                if (n == 0) break;
                read += n;
            }
            return read;
        }

        public void Write(long offset, ReadOnlySpan<byte> data) => RandomAccess.Write(handle, data, offset);

        public void Flush()
        {
            if (!OperatingSystem.IsLinux())
            {
                RandomAccess.FlushToDisk(handle);
                return;
            }
            bool added = false;
            try
            {
                handle.DangerousAddRef(ref added);
                // An error of fdatasync is final: the kernel may have dropped the pages, so it is never tried again.
                if (Native.Fdatasync((int)handle.DangerousGetHandle()) != 0)
                    throw new IOException($"fdatasync failed (error {Marshal.GetLastPInvokeError()}).");
            }
            finally
            {
                if (added) handle.DangerousRelease();
            }
        }

        public void Dispose() => handle.Dispose();
    }
}

static partial class Native
{
    public const int ReadOnly = 0;

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int Fdatasync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);
}
