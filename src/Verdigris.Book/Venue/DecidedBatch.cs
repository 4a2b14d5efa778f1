using System.Buffers;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>A batch in the making, then decided, then durable: its record, and what is told when that is flushed. Two take turns, so that one can be made durable beside the writer while the next is decided.</summary>
sealed class DecidedBatch
{
    readonly byte[] record = GC.AllocateUninitializedArray<byte>(RecordCodec.RecordLength(VenueCore.LargestBatch));
    readonly Outcome[] outcomes = new Outcome[VenueCore.LargestBatch];
    readonly List<(int Index, long Batch, long TimeMicros)> repeats = [];

    public readonly Code[] Codes = new Code[VenueCore.LargestBatch];

    public readonly EffectList Effects = new();

    /// <summary>Commands in it so far.</summary>
    public int Count;

    /// <summary>What it was decided as, once it is.</summary>
    public long Batch { get; private set; }

    public long TimeMicros { get; private set; }

    public long FirstSequence { get; private set; }

    /// <summary>Sequence number of the Note that begins the last checkpoint begun in it; 0 for none.</summary>
    public long CheckpointBegan { get; private set; }

    /// <summary>Sequence number of the Note, here or in a batch before, that begins the last checkpoint completed in it; 0 for none.</summary>
    public long CheckpointCompleted { get; private set; }

    public int RecordLength => RecordCodec.RecordLength(Count);

    /// <summary>One a command, as they stand in the record; meant only once it is durable.</summary>
    public ReadOnlySpan<Outcome> Outcomes => outcomes.AsSpan(0, Count);

    /// <summary>Where the next commands are to be written.</summary>
    public Span<Command> Staged(int commands) => RecordCodec.Commands(record, Count + commands)[Count..];

    /// <summary>Nothing more comes in: takes from the state what the next batch will change.</summary>
    public void Decided(BookState state, CheckpointKeeper? checkpoints)
    {
        (Batch, TimeMicros, FirstSequence) = (state.LastBatch, state.TimeMicros, state.NextSequence - Count);
        (CheckpointBegan, CheckpointCompleted) = checkpoints?.Decided() ?? default;
        repeats.Clear();
        repeats.AddRange(state.Repeats());
    }

    /// <summary>Completes the record behind the one with this hash.</summary>
    public ReadOnlySpan<byte> Seal(UInt128 venueId, ReadOnlySpan<byte> previousHash)
    {
        var bytes = record.AsSpan(0, RecordLength);
        Codes.AsSpan(0, Count).CopyTo(RecordCodec.Codes(bytes, Count));
        RecordCodec.Seal(bytes, venueId, Batch, FirstSequence, TimeMicros, Count, previousHash);
        return bytes;
    }

    /// <summary>It is durable: its commands have outcomes.</summary>
    public void Answer()
    {
        for (int i = 0; i < Count; i++)
            outcomes[i] = Codes[i] is Code.CommandIdMissing or Code.CommandIdReused ? new(Codes[i], 0, 0, false) : new(Codes[i], Batch, TimeMicros, false);
        foreach (var (index, batch, time) in repeats) outcomes[index] = new(Codes[index], batch, time, true);
    }

    public void Tell(Action<CommittedBatch> told)
    {
        using var commands = new RecordMemory<Command>(record, RecordCodec.HeaderSize, Count);
        using var codes = new RecordMemory<Code>(record, RecordCodec.HeaderSize + Count * Command.Size, Count);
        told(new(Batch, TimeMicros, commands.Memory, codes.Memory, Effects.Memory));
    }

    /// <summary>Part of the record's bytes seen as values, without a copy.</summary>
    sealed class RecordMemory<T>(byte[] bytes, int offset, int count) : MemoryManager<T> where T : unmanaged
    {
        public override Span<T> GetSpan() => MemoryMarshal.Cast<byte, T>(bytes.AsSpan(offset))[..count];
        public override MemoryHandle Pin(int elementIndex = 0) => bytes.AsMemory(offset).Pin();
        public override void Unpin() { }
        protected override void Dispose(bool disposing) { }
    }
}
