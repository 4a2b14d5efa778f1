namespace Verdigris.Book;

/// <summary>
/// One Book and its journal without a thread or a clock, and the program beside the Book where there is one: a batch is applied, appended, told, and only then answered. <see cref="Venue"/>
/// puts callers and time around it; a simulation drives it step by step. Not thread-safe.
/// </summary>
public sealed class VenueCore : IDisposable
{
    /// <summary>The largest batch; its record is about a mebibyte.</summary>
    public const int LargestBatch = 8_190;

    readonly IJournal journal;
    readonly SnapshotStore? snapshots;
    readonly LiveWriter? writer;
    readonly CheckpointKeeper? checkpoints;
    readonly int limit; // commands a batch may have
    DecidedBatch batch = new(); // the open one
    DecidedBatch? other;        // made where batches are made durable beside the writer
    bool open;
    volatile Exception? stopped;
    Outcome lastNote; // of the Note whose step runs, or ran last

    VenueCore(UInt128 venueId, IJournal journal, SnapshotStore? snapshots, BookState state, IVenueProgram? program, CheckpointKeeper? checkpoints, int limit)
    {
        VenueId = venueId;
        this.limit = limit;
        this.journal = journal;
        this.snapshots = snapshots;
        this.checkpoints = checkpoints;
        State = state;
        Program = program;
        if (program is null) return;
        if (program.MostDerived < 1 || program.MostDerived > limit - 2) throw new ArgumentException("One step of a program leaves room in a batch.", nameof(program));
        writer = new(this, program.MostDerived);
    }

    public UInt128 VenueId { get; }

    /// <summary>The state after the last batch. Read it only between batches.</summary>
    public BookState State { get; }

    /// <summary>The program beside the Book; null where there is none. Read it only between batches.</summary>
    public IVenueProgram? Program { get; }

    /// <summary>Why nothing more is taken; null while it works.</summary>
    public Exception? Stopped => stopped;

    /// <summary>Whether somebody wants to be told of batches.</summary>
    internal bool IsFollowed => Committed is not null;

    /// <summary>Told of every durable batch before it is answered.</summary>
    public event Action<CommittedBatch>? Committed;

    /// <summary>Recovers the state: the newest whole snapshot, then the journal from there on; and the program: its last checkpoint, then the journal from there on.</summary>
    /// <param name="journal">Owned by the core from now on.</param>
    /// <param name="snapshots">None: the whole journal is replayed.</param>
    /// <param name="warn">Told of snapshots that had to be skipped.</param>
    /// <param name="program">An empty one.</param>
    /// <param name="hints">Where the place of the last checkpoint is kept; none: the program is rebuilt from the beginning.</param>
    /// <exception cref="JournalCorruptException">The journal is damaged, ends before the snapshot, or replaying it gives other outcomes.</exception>
    internal static VenueCore OpenWith(UInt128 venueId, IJournal journal, SnapshotStore? snapshots, Action<string>? warn, IVenueProgram? program, CheckpointHints? hints, int limit = LargestBatch)
    {
        var loaded = snapshots?.LoadLatest(warn);
        if (loaded is not null && !Replayer.Belongs(loaded, journal))
            throw new JournalCorruptException(loaded.State.LastBatch, $"The snapshot of batch {loaded.State.LastBatch} does not belong to this journal, which ends with batch {journal.LastBatch}.");
        var state = loaded?.State ?? new BookState();
        Replayer.Replay(venueId, state, loaded?.RecordHash, ReadAhead.Of(journal.ReadFrom(state.LastBatch + 1)));
        if (state.LastBatch != journal.LastBatch)
            throw new JournalCorruptException(state.LastBatch + 1, $"The journal ends with batch {journal.LastBatch} but could be read only to batch {state.LastBatch}.");
        if (program is not null) ProgramReplayer.Rebuild(program, journal, hints?.Read(), warn);
        return new(venueId, journal, snapshots, state, program, program is null || hints is null ? null : new(program, hints, warn), limit);
    }

    /// <summary>Opens a venue without a program, or one whose program is rebuilt from the place kept on a disk.</summary>
    /// <param name="disk">Holds the file <c>checkpoint</c> in <paramref name="folder"/>.</param>
    /// <param name="limit">Most commands of a batch: a simulation makes it small, so that many steps of a program are cut.</param>
    public static VenueCore Open(UInt128 venueId, IJournal journal, SnapshotStore? snapshots = null, Action<string>? warn = null, IVenueProgram? program = null, IDisk? disk = null, string folder = "", int limit = LargestBatch) =>
        OpenWith(venueId, journal, snapshots, warn, program, disk is null ? null : new(disk, Path.Combine(folder, "checkpoint"), venueId), limit);

    /// <summary>Decides a batch and answers when it is durable. The batch time is the later of the clock and the last batch time.</summary>
    /// <param name="commands">At most <see cref="LargestBatch"/>; none does nothing.</param>
    /// <exception cref="VenueStoppedException">The journal failed, now or before: memory is ahead of it, nothing is answered any more.</exception>
    public Outcome[] Execute(ReadOnlySpan<Command> commands, long nowMicros)
    {
        if (commands.Length > limit) throw new ArgumentException($"A batch has at most {limit} commands.", nameof(commands));
        if (commands.IsEmpty) return [];
        int at;
        while (!TryStage(commands.Length, nowMicros, out at)) End();
        commands.CopyTo(Staged(commands.Length));
        Apply(commands.Length);
        return End().Slice(at, commands.Length).ToArray();
    }

    /// <summary>Gives Notes to the program and answers when the last is durable. They may take several batches.</summary>
    public NoteAnswer[] ExecuteNotes(ReadOnlySpan<Command> notes, long nowMicros)
    {
        var into = new NoteAnswers(notes.Length);
        for (int i = 0; i < notes.Length; i++)
        {
            if (notes[i].Operation != Operation.Note || notes[i].Flags != 0) throw new ArgumentException("Not a Note.", nameof(notes));
            Prefetch(notes, i);
            bool done;
            while (!(done = TryNote(notes[i], nowMicros, into, i)) && !NoteTaken) End();
            // The Note stands in a batch; its step goes on in the next ones.
            while (!done && Unfinished)
            {
                End();
                Begin(nowMicros);
            }
            if (!done) AnswerLast(into, i);
        }
        End();
        return into.All;
    }

    /// <summary>A step of the program goes on with the next batch.</summary>
    internal bool Unfinished => Program is { Unfinished: true };

    /// <summary>The last call of <see cref="TryNote"/> put the Note into the batch, finished or not.</summary>
    internal bool NoteTaken { get; private set; }

    /// <summary>Makes room for commands in the open batch, or a new one; false where it has to end first.</summary>
    /// <param name="at">Place of the first in the batch.</param>
    internal bool TryStage(int commands, long nowMicros, out int at)
    {
        Begin(nowMicros);
        at = batch.Count;
        return batch.Count + commands <= limit && !Unfinished;
    }

    /// <summary>Where the commands that were made room for are to be written.</summary>
    internal Span<Command> Staged(int commands) => batch.Staged(commands);

    /// <summary>Decides the commands that were staged.</summary>
    internal void Apply(int commands)
    {
        try
        {
            State.More(Staged(commands), batch.Codes.AsSpan(batch.Count, commands));
            batch.Count += commands;
        }
        catch (Exception e)
        {
            throw Stop(e);
        }
    }

    /// <summary>
    /// Gives a Note to the program. True: answered, and durable with the open batch (or of old, where it is a repeat). False: the batch has to end first, and then either the Note be
    /// given again (not <see cref="NoteTaken"/>) or its step go on with the next batch until the program is finished.
    /// </summary>
    /// <param name="into">Is given the answer, at place <paramref name="at"/>.</param>
    internal bool TryNote(in Command note, long nowMicros, INoteAnswers into, int at)
    {
        if (Program is null) throw new InvalidOperationException("There is no program that a Note could be for.");
        NoteTaken = false;
        if (open && (Unfinished || !HasRoomForStep)) return false;
        // An id that was seen opens no batch.
        if (!open && State.Seen(note) is { } old)
        {
            into.Answer(at, old, old.Accepted ? Program.Recall(note) : default);
            return true;
        }
        Begin(nowMicros);
        if (Unfinished || !HasRoomForStep) return false;
        if (!State.TryTake(note, out var seen))
        {
            if (seen.Code == Code.LimitReached) throw Stop(new InvalidOperationException("The Book takes no more Notes."));
            into.Answer(at, seen, seen.Accepted ? Program.Recall(note) : default);
            return true;
        }
        NoteTaken = true;
        Run(note, goesOn: false);
        if (Unfinished) return false;
        AnswerLast(into, at);
        return true;
    }

    /// <summary>Answers the Note whose step has finished in the open batch. Its outcome is that of the batch it stands in, as a repeat is told.</summary>
    internal void AnswerLast(INoteAnswers into, int at) => into.Answer(at, lastNote, Program!.Answer);

    /// <summary>Asks the memory for what the Notes behind the one at hand will touch.</summary>
    internal void Prefetch(ReadOnlySpan<Command> notes, int at)
    {
        const int near = 4, far = 24;
        if (at + far < notes.Length) Memory.Prefetch(notes[at + far]); // another core wrote it
        var ahead = new BookAhead(State);
        if (at + 4 * near < notes.Length) State.PrefetchId(notes[at + 4 * near].Id);
        for (int turn = 0; turn < 4; turn++)
            if (at + (4 - turn) * near is var i && i < notes.Length) Program!.Prefetch(notes[i], turn, ahead);
    }

    bool HasRoomForStep => batch.Count + 1 + Program!.MostDerived <= limit;

    /// <summary>Opens a batch where none is open, beginning with what a step before it left to do.</summary>
    internal void Begin(long nowMicros)
    {
        if (open) return;
        if (Stopped is not null) throw new VenueStoppedException("The venue has stopped.", Stopped);
        open = true;
        batch.Count = 0;
        State.Begin(Math.Max(nowMicros, State.TimeMicros), Committed is null ? null : batch.Effects);
        if (Unfinished) GoOn();
    }

    void GoOn()
    {
        do
        {
            var note = Commands.Note(ProgramWriter.IdOf(State.NextSequence));
            if (!State.TryTake(note, out var seen)) throw Stop(new InvalidOperationException($"The Book takes no more Notes: {seen.Code}."));
            Run(note, goesOn: true);
        }
        while (Unfinished && HasRoomForStep);
    }

    void Run(in Command note, bool goesOn)
    {
        long sequence = State.NextSequence - 1; // taken already
        try
        {
            Staged(1)[0] = note;
            batch.Codes[batch.Count++] = Code.Accepted;
            writer!.Open(State.LastBatch, State.TimeMicros, sequence);
            if (!goesOn) lastNote = new(Code.Accepted, State.LastBatch, State.TimeMicros, false);
            if (goesOn) Program!.Continue(writer);
            else Program!.Step(note, writer);
            if (!goesOn && Unfinished && HasRoomForStep) GoOn();
            if (!goesOn) checkpoints?.Began(note, sequence);
        }
        catch (Exception e)
        {
            throw Stop(e);
        }
    }

    /// <summary>Makes the open batch durable and tells its outcomes, one a command as they stand in the record; none where no batch is open.</summary>
    internal ReadOnlySpan<Outcome> End()
    {
        if (Close() is not { } decided) return [];
        MakeDurable(decided);
        return decided.Outcomes;
    }

    /// <summary>
    /// Ends the open batch for deciding; null where none is open. It is to be made durable before the one after it is closed: the next batch may be decided meanwhile, on another thread.
    /// </summary>
    internal DecidedBatch? Close()
    {
        if (stopped is not null) throw new VenueStoppedException("The venue has stopped.", stopped);
        if (!open) return null;
        open = false;
        var decided = batch;
        decided.Decided(State, checkpoints);
        Program?.Decided();
        (batch, other) = (other ?? new(), decided);
        return decided;
    }

    /// <summary>Appends a closed batch; when it is flushed, tells of it. Touches nothing that deciding touches.</summary>
    /// <exception cref="VenueStoppedException">It is not known to be durable: nothing more may be decided.</exception>
    internal void MakeDurable(DecidedBatch decided)
    {
        try
        {
            var bytes = decided.Seal(VenueId, journal.LastHash);
            journal.Append(decided.Batch, bytes);
            decided.Answer();
            if (Committed is { } told) decided.Tell(told);
            Program?.Committed(decided.Batch, decided.TimeMicros);
            checkpoints?.Durable(decided, bytes);
        }
        catch (Exception e)
        {
            throw Stop(e);
        }
    }

    VenueStoppedException Stop(Exception e)
    {
        if (e is VenueStoppedException already) return already;
        stopped ??= e;
        return new("The batch is not known to be durable: the venue stops.", e);
    }

    /// <summary>Writes a snapshot of the state as it stands. Returns its size in bytes, 0 where there is nothing to keep.</summary>
    /// <exception cref="VenueStoppedException">Memory may be ahead of the journal.</exception>
    public long WriteSnapshot()
    {
        if (Stopped is not null) throw new VenueStoppedException("The venue has stopped.", Stopped);
        return snapshots is null || State.LastBatch == 0 ? 0 : snapshots.Save(State, journal.LastHash);
    }

    public void Dispose() => journal.Dispose();

    /// <summary>Writes derived commands into the open batch.</summary>
    sealed class LiveWriter(VenueCore core, int most) : ProgramWriter
    {
        int derived, staged;

        public void Open(long batch, long timeMicros, long noteSequence)
        {
            Batch = batch;
            TimeMicros = timeMicros;
            NoteSequence = noteSequence;
            NextSequence = noteSequence + 1;
            derived = staged = 0;
        }

        public override void Prefetch(long sequence) => core.State.PrefetchId(IdOf(sequence));

        public override Span<Command> Stage(int count)
        {
            if (derived + count > most) throw new InvalidOperationException($"A step of the program derives more than the {most} commands it declared.");
            staged = count;
            var chain = core.Staged(count);
            chain.Clear();
            return chain;
        }

        public override Code Do(out int fault)
        {
            const int ahead = 12;
            int first = core.batch.Count, commands = staged;
            for (int i = 0; i < commands; i++) core.State.PrefetchId(IdOf(NextSequence + ahead + i));
            Link(core.Staged(commands), NextSequence);
            core.Apply(commands);
            derived += commands;
            NextSequence += commands;
            staged = 0;
            return Fault(core.batch.Codes.AsSpan(first, commands), out fault);
        }
    }
}
