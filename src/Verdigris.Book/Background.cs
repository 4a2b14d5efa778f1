using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Work beside the writer, on a thread of its own.</summary>
static partial class Background
{
    const int ThisThread = 0, IdlePolicy = 5;

    /// <summary>For work the writer waits for if it is late: short, or in short steps.</summary>
    public static Task Run(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>For work that may take as long as it likes: it gives way to everything.</summary>
    public static Task RunLast(Action work) => Run(() =>
    {
        Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        // On Linux the runtime's priorities have no effect. A thread of the idle policy leaves its processor the moment another wakes up; one that is merely nice was seen to keep it for 6 ms and more.
        int none = 0;
        if (OperatingSystem.IsLinux()) _ = SetScheduler(ThisThread, IdlePolicy, in none); // refused, others are only disturbed more
        work();
    });

    /// <summary>Between two steps of such work: what others want of the disk comes first.</summary>
    public static void GiveWay() => Thread.Sleep(1);

    /// <param name="priority">The policy's parameters, of which there is this one; zero for the idle policy.</param>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int priority);
}
