using System.Diagnostics;

namespace Verdigris.Book;

/// <summary>
/// A venue in this process: many callers, one writer thread. What waits while a batch is being flushed becomes the next batch (group
/// commit), so the rate follows the load and a lone command pays one flush. Thread-safe.
/// </summary>
/// <remarks>The writer holds the state's lock from applying a batch until it is durable: reads never see what could still be lost.</remarks>
public sealed class Venue : IVenue, IAsyncDisposable, IDisposable
{
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    readonly VenueOptions options;
    readonly VenueCore core;
    readonly SnapshotMaker snapshots;
    readonly SubmissionQueue queue;
    readonly Thread writer;
    readonly Lock stateLock = new();
    readonly CancellationTokenSource stopped = new();
    readonly CancellationToken stoppedToken;
    int waitingReaders;
    bool disposed;

    Venue(VenueOptions options, VenueCore core, SnapshotMaker snapshots)
    {
        this.options = options;
        this.core = core;
        this.snapshots = snapshots;
        stoppedToken = stopped.Token;
        queue = new(options.QueueLimit);
        writer = new(Write) { IsBackground = true, Name = "book writer", Priority = ThreadPriority.AboveNormal };
        writer.Start();
    }

    public UInt128 VenueId => core.VenueId;

    public int MaxBatch => options.MaxBatch;

    /// <summary>Cancelled when the venue has stopped taking commands, for whatever reason.</summary>
    public CancellationToken Stopped => stoppedToken;

    public event Action<CommittedBatch>? Committed
    {
        add { lock (stateLock) core.Committed += value; }
        remove { lock (stateLock) core.Committed -= value; }
    }

    /// <summary>Opens a venue with its journal in segment files, recovering it.</summary>
    /// <exception cref="JournalFencedException">Another process has it open.</exception>
    /// <exception cref="JournalCorruptException">The journal is damaged before its tail.</exception>
    public static Venue Open(VenueOptions options)
    {
        var reader = new SegmentReader(options.Disk, options.JournalFolder);
        return Open(options with { ReadJournal = reader.Read }, SegmentJournal.Open(options.Disk, options.JournalFolder, options.VenueId, options.Segments));
    }

    /// <summary>Opens a venue on a journal of the caller's choice, which it owns from now on.</summary>
    public static Venue Open(VenueOptions options, IJournal journal)
    {
        try
        {
            if (options.MaxBatch is < 1 or > VenueCore.LargestBatch) throw new ArgumentException($"MaxBatch is 1 to {VenueCore.LargestBatch}.", nameof(options));
            if (options.QueueLimit < options.MaxBatch) throw new ArgumentException("QueueLimit holds at least one batch.", nameof(options));
            var store = new SnapshotStore(options.Disk, options.SnapshotFolder, options.VenueId);
            var core = VenueCore.Open(options.VenueId, journal, store, options.Warn);
            return new(options, core, new SnapshotMaker(options, store, core.State.LastBatch));
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    public ValueTask<Outcome> Send(in Command command)
    {
        var submission = SingleSubmission.Rent(command);
        Task? room;
        try
        {
            room = queue.Offer(submission);
        }
        catch (VenueStoppedException e)
        {
            return ValueTask.FromException<Outcome>(e);
        }
        return room is null ? submission.Task : SendLater(submission, room);
    }

    async ValueTask<Outcome> SendLater(SingleSubmission submission, Task room)
    {
        await OfferUntilTaken(submission, room).ConfigureAwait(false);
        return await submission.Task.ConfigureAwait(false);
    }

    public async ValueTask<Outcome[]> Send(ReadOnlyMemory<Command> commands)
    {
        if (commands.Length > MaxBatch) throw new ArgumentException($"At most {MaxBatch} commands stay together.", nameof(commands));
        if (commands.IsEmpty) return [];
        var submission = new GroupSubmission(commands);
        if (queue.Offer(submission) is { } room) await OfferUntilTaken(submission, room).ConfigureAwait(false);
        return await submission.Task.ConfigureAwait(false);
    }

    async Task OfferUntilTaken(Submission submission, Task? room)
    {
        while (room is not null)
        {
            await room.ConfigureAwait(false);
            room = queue.Offer(submission);
        }
    }

    public T Read<T>(Func<IBookState, T> query)
    {
        Interlocked.Increment(ref waitingReaders);
        try
        {
            lock (stateLock)
            {
                // After a failed append memory is ahead of the journal: what it shows may never have happened.
                if (core.Stopped is not null) throw new VenueStoppedException("The venue has stopped.", core.Stopped);
                return query(core.State);
            }
        }
        finally
        {
            Interlocked.Decrement(ref waitingReaders);
        }
    }

    /// <summary>Takes no more commands, finishes what waits, and closes the journal.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        queue.Close(new VenueStoppedException("The venue is shutting down."));
        writer.Join();
        snapshots.Dispose();
        core.Dispose();
        stopped.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    void Write()
    {
        var batch = new List<Submission>();
        var outcomes = new Outcome[MaxBatch];
        try
        {
            while (queue.Take(batch, MaxBatch, UntilDue()))
            {
                if (batch.Count > 0) Decide(batch, outcomes);
                else if (IsDue()) Pulse(outcomes);
                batch.Clear();
                GiveWay();
                if (snapshots.Wants()) lock (stateLock) snapshots.Make(core);
            }
        }
        catch (Exception e)
        {
            var reason = e as VenueStoppedException ?? new VenueStoppedException("The venue stopped.", e);
            foreach (var submission in batch) submission.Fail(reason);
            foreach (var submission in queue.Abandon(reason)) submission.Fail(reason);
            options.Warn?.Invoke($"The venue stopped: {(reason.InnerException ?? reason).Message}");
        }
        stopped.Cancel();
    }

    void Decide(List<Submission> batch, Outcome[] outcomes)
    {
        int count = 0;
        foreach (var submission in batch) count += submission.Count;
        int at = 0;
        lock (stateLock)
        {
            var staged = core.Stage(count);
            foreach (var submission in batch)
            {
                submission.CopyTo(staged[at..]);
                at += submission.Count;
            }
            core.Commit(count, options.NowMicros(), outcomes);
        }
        snapshots.Grew(RecordCodec.RecordLength(count));
        at = 0;
        foreach (var submission in batch)
        {
            submission.Complete(outcomes.AsSpan(at, submission.Count));
            at += submission.Count;
        }
        batch.Clear();
    }

    /// <summary>A batch of its own for what falls due while nobody sends anything. Its id cannot come from a caller's generator of ids.</summary>
    void Pulse(Outcome[] outcomes)
    {
        lock (stateLock)
        {
            core.Stage(1)[0] = Commands.Pulse(new UInt128(0x50554C53452D0000, (ulong)(core.State.LastBatch + 1)));
            core.Commit(1, options.NowMicros(), outcomes);
        }
        snapshots.Grew(RecordCodec.RecordLength(1));
    }

    bool IsDue() => core.State.NextDue is { } due && due <= options.NowMicros();

    TimeSpan UntilDue()
    {
        if (core.State.NextDue is not { } due) return LongestWait;
        var wait = Int128.Clamp((Int128)due - options.NowMicros(), 1_000, (long)LongestWait.TotalMicroseconds);
        return TimeSpan.FromMicroseconds((long)wait);
    }

    /// <summary>Readers that wait get the lock before the next batch, for a fifth of a millisecond at most.</summary>
    void GiveWay()
    {
        if (Volatile.Read(ref waitingReaders) == 0) return;
        long until = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 5_000;
        while (Volatile.Read(ref waitingReaders) > 0 && Stopwatch.GetTimestamp() < until) Thread.Yield();
    }
}
