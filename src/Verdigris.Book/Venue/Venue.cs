using System.Diagnostics;

namespace Verdigris.Book;

/// <summary>
/// A venue in this process: many callers, one writer thread. What waits while a batch is being flushed becomes the next batch (group
/// commit), so the rate follows the load and a lone command pays one flush. Thread-safe.
/// </summary>
/// <remarks>
/// The writer holds the state's lock from applying a batch until it is durable, or until it has given it to the <see cref="BatchFlusher"/>, which a read waits for: reads never see what could still be lost.
/// </remarks>
public sealed class Venue : IVenue, IAsyncDisposable, IDisposable
{
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    readonly VenueOptions options;
    readonly VenueCore core;
    readonly SnapshotMaker snapshots;
    readonly SubmissionQueue queue;
    readonly BatchFlusher flusher;
    readonly Thread writer;
    readonly Lock stateLock = new();
    readonly CancellationTokenSource stopped = new();
    readonly CancellationToken stoppedToken;
    int waitingReaders;
    readonly List<int> places = []; // of the commands of each submission in the batch at hand
    bool disposed;

    Venue(VenueOptions options, VenueCore core, SnapshotMaker snapshots)
    {
        this.options = options;
        this.core = core;
        this.snapshots = snapshots;
        stoppedToken = stopped.Token;
        queue = new(options.QueueLimit);
        flusher = new(core);
        writer = new(Write) { IsBackground = true, Name = "book writer", Priority = ThreadPriority.AboveNormal };
        writer.Start();
    }

    public UInt128 VenueId => core.VenueId;

    public int MaxBatch => options.MaxBatch;

    /// <summary>Cancelled when the venue has stopped taking commands, for whatever reason.</summary>
    public CancellationToken Stopped => stoppedToken;

    public event Action<CommittedBatch>? Committed
    {
        add { Follow(() => core.Committed += value); }
        remove { Follow(() => core.Committed -= value); }
    }

    /// <summary>Followers change between two batches: what a batch did is only kept for those who were there when it began.</summary>
    void Follow(Action change)
    {
        lock (stateLock)
        {
            flusher.Wait();
            change();
        }
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
            var core = VenueCore.OpenWith(options.VenueId, journal, store, options.Warn, options.Program, options.Program is null ? null : new(options.Disk, options.ProgramFile, options.VenueId));
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
        if (core.Program is not null) MayBeSent(command);
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
        if (core.Program is not null)
            foreach (ref readonly var command in commands.Span) MayBeSent(command);
        var submission = new GroupSubmission(commands);
        if (queue.Offer(submission) is { } room) await OfferUntilTaken(submission, room).ConfigureAwait(false);
        return await submission.Task.ConfigureAwait(false);
    }

    /// <summary>Gives Notes to the program, in order and with no other Note between them, and answers when the last is durable. Only the host sends Notes: what they say is not checked by the Book.</summary>
    /// <exception cref="VenueStoppedException">The venue stopped: nothing is known of the Notes; repeat them with the same ids.</exception>
    /// <exception cref="InvalidOperationException">The venue has no program.</exception>
    public async ValueTask<NoteAnswer[]> SendNotes(ReadOnlyMemory<Command> notes)
    {
        if (notes.IsEmpty) return [];
        var submission = new NoteGroup(notes);
        await Offer(submission).ConfigureAwait(false);
        return await submission.Task.ConfigureAwait(false);
    }

    /// <summary>Gives Notes in a form of the host's own to the writer.</summary>
    internal ValueTask Offer(NoteSubmission submission)
    {
        if (core.Program is null) throw new InvalidOperationException("The venue has no program that a Note could be for.");
        if (submission.Count > MaxBatch) throw new ArgumentException($"At most {MaxBatch} Notes are sent together.", nameof(submission));
        foreach (ref readonly var note in submission.Notes)
            if (note.Operation != Operation.Note || note.Flags != 0 || ProgramWriter.IsDerived(note.Id)) throw new ArgumentException("Not a Note that may be sent.", nameof(submission));
        return queue.Offer(submission) is { } room ? new(OfferUntilTaken(submission, room)) : default;
    }

    /// <summary>Notes and ids of derived commands come from the writer alone: from anybody else they would lead the program's replay astray.</summary>
    static void MayBeSent(in Command command)
    {
        if (command.Operation == Operation.Note || ProgramWriter.IsDerived(command.Id)) throw new ArgumentException("Notes are sent to the program, and derived ids are the writer's.", nameof(command));
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
                flusher.Wait();
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
        try
        {
            if (core.Unfinished) Decide(batch); // what the process before this one was in the middle of
            while (queue.Take(batch, MaxBatch, UntilDue()))
            {
                if (batch.Count > 0) Decide(batch);
                else if (IsDue()) Pulse();
                batch.Clear();
                GiveWay();
                if (snapshots.Wants()) MakeSnapshot();
            }
        }
        catch (Exception e)
        {
            var reason = e as VenueStoppedException ?? new VenueStoppedException("The venue stopped.", e);
            foreach (var submission in batch) submission.Fail(reason);
            foreach (var submission in queue.Abandon(reason)) submission.Fail(reason);
            options.Warn?.Invoke($"The venue stopped: {(reason.InnerException ?? reason).Message}");
        }
        flusher.End();
        stopped.Cancel();
    }

    /// <summary>Decides what was taken, in one batch or, where Notes of a program make it long, in several. What is answered, or given away to be answered, leaves the list.</summary>
    void Decide(List<Submission> batch)
    {
        int note = 0; // of the group of Notes at hand
        bool cut = false; // its step goes on with the next batch
        do
        {
            int next = 0;
            bool given;
            DecidedBatch? decided;
            places.Clear();
            lock (stateLock)
            {
                long now = options.NowMicros();
                if (core.Unfinished) core.Begin(now);
                if (!core.Unfinished)
                {
                    if (cut) core.AnswerLast((NoteSubmission)batch[0], note++);
                    while (next < batch.Count && (batch[next] is NoteSubmission notes ? TryNotes(notes, now, ref note) : TryCommands(batch[next], now))) next++;
                    cut = next < batch.Count && batch[next] is NoteSubmission && core.NoteTaken;
                }
                // Also where nothing came to be decided: what is only repeated may lie in the batch before.
                flusher.Wait();
                decided = core.Close();
                given = decided is not null && MayGoAhead(decided, more: next < batch.Count || core.Unfinished);
                if (given) flusher.Give(decided!, batch.Take(next), places);
                else if (decided is not null) core.MakeDurable(decided);
            }
            if (decided is not null) snapshots.Grew(decided.RecordLength);
            if (!given) BatchFlusher.Answer(decided, batch.Take(next), places);
            batch.RemoveRange(0, next);
        }
        while (batch.Count > 0 || core.Unfinished);
    }

    /// <summary>Whether something else can be decided while a batch is made durable, and is worth waking a thread for. Followers are told by the writer, as they may read the state.</summary>
    bool MayGoAhead(DecidedBatch decided, bool more) => decided.RecordLength >= options.AheadFromBytes && (more || !queue.IsEmpty) && !core.IsFollowed;

    bool TryCommands(Submission submission, long now)
    {
        if (!core.TryStage(submission.Count, now, out int at)) return false;
        submission.CopyTo(core.Staged(submission.Count));
        core.Apply(submission.Count);
        places.Add(at);
        return true;
    }

    bool TryNotes(NoteSubmission notes, long now, ref int note)
    {
        var all = notes.Notes;
        for (; note < all.Length; note++)
        {
            core.Prefetch(all, note);
            if (!core.TryNote(all[note], now, notes, note)) return false;
        }
        note = 0;
        return true;
    }

    /// <summary>A batch of its own for what falls due while nobody sends anything. Its id cannot come from a caller's generator of ids.</summary>
    void Pulse()
    {
        lock (stateLock)
        {
            flusher.Wait();
            while (!core.TryStage(1, options.NowMicros(), out _)) core.End();
            core.Staged(1)[0] = Commands.Pulse(new UInt128(0x50554C53452D0000, (ulong)core.State.LastBatch));
            core.Apply(1);
            core.End();
        }
        snapshots.Grew(RecordCodec.RecordLength(1));
    }

    void MakeSnapshot()
    {
        lock (stateLock)
        {
            flusher.Wait();
            snapshots.Make(core);
        }
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
