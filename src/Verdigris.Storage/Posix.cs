using System.Runtime.InteropServices;

namespace Verdigris.Storage;

/// <summary>The few calls of the C library that the base library has no name for.</summary>
static class Posix
{
    public const int SigInt = 2, SigQuit = 3;

    public static bool IsRoot => geteuid() == 0;

    /// <summary>True while a process of that number runs (also one of another user); one that has ended and only waits to be reaped does not.</summary>
    public static bool Alive(int pid)
    {
        if (pid <= 0 || (kill(pid, 0) != 0 && Marshal.GetLastPInvokeError() != 1 /* EPERM */)) return false;
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return kill(pid, 0) == 0 && !Directory.Exists("/proc/self"); // gone between the two looks, or no /proc on this system
        }
    }

    public static bool Signal(int pid, int signal) => kill(pid, signal) == 0;

    /// <exception cref="IOException">The owner could not be changed.</exception>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (chown(path, user, group) != 0) throw new IOException($"chown {path}: error {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Makes creations and renames in a folder durable.</summary>
    public static void FlushFolder(string folder)
    {
        var file = open(folder, 0);
        if (file < 0) throw new IOException($"open {folder}: error {Marshal.GetLastPInvokeError()}");
        try
        {
            if (fsync(file) != 0) throw new IOException($"fsync {folder}: error {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = close(file);
        }
    }

    /// <summary>Writes everything of the file system a folder lies on to the disk and returns when it is there: for many small files far quicker than one flush each.</summary>
    public static void FlushFileSystem(string folder)
    {
        var file = open(folder, 0);
        if (file < 0) throw new IOException($"open {folder}: error {Marshal.GetLastPInvokeError()}");
        try
        {
            if (syncfs(file) != 0) throw new IOException($"syncfs {folder}: error {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = close(file);
        }
    }

    [DllImport("libc")] static extern uint geteuid();
    [DllImport("libc", SetLastError = true)] static extern int syncfs(int file);
    [DllImport("libc", SetLastError = true)] static extern int kill(int pid, int signal);
    [DllImport("libc", SetLastError = true)] static extern int chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint user, uint group);
    [DllImport("libc", SetLastError = true)] static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
    [DllImport("libc", SetLastError = true)] static extern int fsync(int file);
    [DllImport("libc")] static extern int close(int file);
}
