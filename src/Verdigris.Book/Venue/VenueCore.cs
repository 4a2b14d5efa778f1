using System.Buffers;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// One Book and its journal without a thread or a clock: a batch is applied, appended, told, and only then answered. <see cref="Venue"/>
/// puts callers and time around it; a simulation drives it step by step. Not thread-safe.
/// </summary>
public sealed class VenueCore : IDisposable
{
    /// <summary>The largest batch; its record is about a mebibyte.</summary>
    public const int LargestBatch = 8_190;

    readonly IJournal journal;
    readonly SnapshotStore? snapshots;
    readonly byte[] record = GC.AllocateUninitializedArray<byte>(RecordCodec.RecordLength(LargestBatch));
    readonly EffectList effects = new();

    VenueCore(UInt128 venueId, IJournal journal, SnapshotStore? snapshots, BookState state)
    {
        VenueId = venueId;
        this.journal = journal;
        this.snapshots = snapshots;
        State = state;
    }

    public UInt128 VenueId { get; }

    /// <summary>The state after the last batch. Read it only between batches.</summary>
    public BookState State { get; }

    /// <summary>Why nothing more is taken; null while it works.</summary>
    public Exception? Stopped { get; private set; }

    /// <summary>Told of every durable batch before it is answered.</summary>
    public event Action<CommittedBatch>? Committed;

    /// <summary>Recovers the state: the newest whole snapshot, then the journal from there on.</summary>
    /// <param name="journal">Owned by the core from now on.</param>
    /// <param name="snapshots">None: the whole journal is replayed.</param>
    /// <param name="warn">Told of snapshots that had to be skipped.</param>
    /// <exception cref="JournalCorruptException">The journal is damaged, ends before the snapshot, or replaying it gives other outcomes.</exception>
    public static VenueCore Open(UInt128 venueId, IJournal journal, SnapshotStore? snapshots = null, Action<string>? warn = null)
    {
        var loaded = snapshots?.LoadLatest(warn);
        if (loaded is not null && !Replayer.Belongs(loaded, journal))
            throw new JournalCorruptException(loaded.State.LastBatch, $"The snapshot of batch {loaded.State.LastBatch} does not belong to this journal, which ends with batch {journal.LastBatch}.");
        var state = loaded?.State ?? new BookState();
        Replayer.Replay(venueId, state, loaded?.RecordHash, ReadAhead.Of(journal.ReadFrom(state.LastBatch + 1)));
        if (state.LastBatch != journal.LastBatch)
            throw new JournalCorruptException(state.LastBatch + 1, $"The journal ends with batch {journal.LastBatch} but could be read only to batch {state.LastBatch}.");
        return new(venueId, journal, snapshots, state);
    }

    /// <summary>Decides a batch and answers when it is durable. The batch time is the later of the clock and the last batch time.</summary>
    /// <param name="commands">At most <see cref="LargestBatch"/>; none does nothing.</param>
    /// <exception cref="VenueStoppedException">The journal failed, now or before: memory is ahead of it, nothing is answered any more.</exception>
    public Outcome[] Execute(ReadOnlySpan<Command> commands, long nowMicros)
    {
        if (commands.Length > LargestBatch) throw new ArgumentException($"A batch has at most {LargestBatch} commands.", nameof(commands));
        if (commands.IsEmpty) return [];
        commands.CopyTo(Stage(commands.Length));
        var outcomes = new Outcome[commands.Length];
        Commit(commands.Length, nowMicros, outcomes);
        return outcomes;
    }

    /// <summary>Where the commands of the next batch are to be written.</summary>
    internal Span<Command> Stage(int commands) => RecordCodec.Commands(record, commands);

    /// <summary>Decides the commands that were staged.</summary>
    internal void Commit(int count, long nowMicros, Span<Outcome> outcomes)
    {
        if (Stopped is not null) throw new VenueStoppedException("The venue has stopped.", Stopped);
        try
        {
            Apply(count, nowMicros, outcomes);
        }
        catch (Exception e)
        {
            Stopped = e;
            throw new VenueStoppedException("The batch is not known to be durable: the venue stops.", e);
        }
    }

    void Apply(int count, long nowMicros, Span<Outcome> outcomes)
    {
        long time = Math.Max(nowMicros, State.TimeMicros), sequence = State.NextSequence;
        var bytes = record.AsSpan(0, RecordCodec.RecordLength(count));
        var codes = RecordCodec.Codes(bytes, count);
        State.Apply(time, RecordCodec.Commands(bytes, count), codes, Committed is null ? null : effects);
        long batch = State.LastBatch;
        RecordCodec.Seal(bytes, VenueId, batch, sequence, time, count, journal.LastHash);
        journal.Append(batch, bytes);
        for (int i = 0; i < count; i++)
            outcomes[i] = codes[i] is Code.CommandIdMissing or Code.CommandIdReused ? new(codes[i], 0, 0, false) : new(codes[i], batch, time, false);
        foreach (var (index, firstBatch, firstTime) in State.Repeats()) outcomes[index] = new(codes[index], firstBatch, firstTime, true);
        if (Committed is { } told)
        {
            using var commandMemory = new RecordMemory<Command>(record, RecordCodec.HeaderSize, count);
            using var codeMemory = new RecordMemory<Code>(record, RecordCodec.HeaderSize + count * Command.Size, count);
            told(new(batch, time, commandMemory.Memory, codeMemory.Memory, effects.Memory));
        }
    }

    /// <summary>Writes a snapshot of the state as it stands. Returns its size in bytes, 0 where there is nothing to keep.</summary>
    /// <exception cref="VenueStoppedException">Memory may be ahead of the journal.</exception>
    public long WriteSnapshot()
    {
        if (Stopped is not null) throw new VenueStoppedException("The venue has stopped.", Stopped);
        return snapshots is null || State.LastBatch == 0 ? 0 : snapshots.Save(State, journal.LastHash);
    }

    public void Dispose() => journal.Dispose();

    /// <summary>Part of the record's bytes seen as values, without a copy.</summary>
    sealed class RecordMemory<T>(byte[] bytes, int offset, int count) : MemoryManager<T> where T : unmanaged
    {
        public override Span<T> GetSpan() => MemoryMarshal.Cast<byte, T>(bytes.AsSpan(offset))[..count];
        public override MemoryHandle Pin(int elementIndex = 0) => bytes.AsMemory(offset).Pin();
        public override void Unpin() { }
        protected override void Dispose(bool disposing) { }
    }
}
