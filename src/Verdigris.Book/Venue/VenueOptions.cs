namespace Verdigris.Book;

/// <summary>How a venue runs.</summary>
public sealed record VenueOptions
{
    public required UInt128 VenueId { get; init; }

    /// <summary>Holds <c>journal/</c> and <c>snapshots/</c>; created where missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The clock, microseconds since 1970 UTC. Read on the writer's thread; may go back, batch times do not.</summary>
    public required Func<long> NowMicros { get; init; }

    public IDisk Disk { get; init; } = new RealDisk();

    /// <summary>Most commands in a batch, 1 to <see cref="VenueCore.LargestBatch"/>.</summary>
    public int MaxBatch { get; init; } = VenueCore.LargestBatch;

    /// <summary>Commands that may wait; beyond it callers wait to be taken.</summary>
    public int QueueLimit { get; init; } = 65_536;

    /// <summary>A snapshot after this much new journal, or as much as the last snapshot was large, whichever is more. 0: none.</summary>
    public long SnapshotEveryBytes { get; init; } = 256L << 20;

    /// <summary>A batch whose record has so many bytes is made durable beside the writer, where something else is to be decided meanwhile. Below it waking a thread costs more than it gains.</summary>
    public int AheadFromBytes { get; init; } = 64 << 10;

    public SegmentOptions Segments { get; init; } = new(Beside: Background.Run);

    /// <summary>Told in words of what an operator should know: a snapshot skipped or not written.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>
    /// Reads records (from, to) independently of the writer, so that snapshots are made beside it. The segment journal brings its own;
    /// without one the writer pauses for each snapshot.
    /// </summary>
    public Func<long, long, IEnumerable<ReadOnlyMemory<byte>>>? ReadJournal { get; init; }

    /// <summary>A machine beside the Book, empty; it is rebuilt from the journal. None: Notes are not taken.</summary>
    public IVenueProgram? Program { get; init; }

    internal string ProgramFile => Path.Combine(DataFolder, "program", "checkpoint");

    internal string JournalFolder => Path.Combine(DataFolder, "journal");

    internal string SnapshotFolder => Path.Combine(DataFolder, "snapshots");
}
