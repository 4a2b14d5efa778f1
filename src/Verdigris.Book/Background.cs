using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Work beside the writer, on a thread of its own.</summary>
static partial class Background
{
    const int ThisThread = 0, Process = 0, Lowest = 19;

    /// <summary>For work the writer waits for if it is late: short, or in short steps.</summary>
    public static Task Run(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>For work that may take as long as it likes: it gives way to everything.</summary>
    public static Task RunLast(Action work) => Run(() =>
    {
        Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        // On Linux the runtime's priorities have no effect; there a thread's niceness is its own. Refused, others are only disturbed more.
        if (OperatingSystem.IsLinux()) _ = SetPriority(Process, ThisThread, Lowest);
        work();
    });

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int value);
}
