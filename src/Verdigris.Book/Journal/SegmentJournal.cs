using System.Buffers.Binary;

namespace Verdigris.Book;

/// <summary>How segment files are laid out. Sizes in bytes.</summary>
/// <param name="SegmentBytes">A segment is left when the next record would pass this size.</param>
/// <param name="StepBytes">Space is written with zeros this far ahead, so that a flush need not record a new length or new blocks.</param>
/// <param name="Beside">Runs work beside the writer: once a segment is a quarter full of small records, the next one is prepared there. Null: the writer prepares step by step.</param>
public sealed record SegmentOptions(long SegmentBytes = 64L << 20, int StepBytes = 1 << 20, Func<Action, Task>? Beside = null);

/// <summary>
/// The default journal: segment files in one folder, appended at an offset and flushed before <see cref="Append"/> returns.
/// </summary>
/// <remarks>
/// Opening recovers: a torn tail - a damaged last record that nothing follows - was never acknowledged and is cut; any other damage is a
/// <see cref="JournalCorruptException"/>, never dropped. Two fences keep a second writer harmless: an exclusive lock file, and an epoch
/// that each writer raises on opening and compares on both sides of every append, so that a writer whose lock was lost stops.
/// </remarks>
public sealed class SegmentJournal : IJournal
{
    const string LockName = "lock", EpochName = "epoch";
    static readonly byte[] Zeros = new byte[1 << 20];

    readonly IDisk disk;
    readonly string folder;
    readonly UInt128 venueId;
    readonly SegmentOptions options;
    readonly SegmentReader reader;
    readonly IDisposable fileLock;
    readonly byte[] lastHash = new byte[RecordCodec.HashSize];
    readonly byte[] epoch = new byte[16];
    SegmentAhead? ahead;
    IDiskFile? epochFile;
    IDiskFile? file;
    long offset, prepared;
    bool broken, disposed;

    SegmentJournal(IDisk disk, string folder, UInt128 venueId, SegmentOptions options)
    {
        this.disk = disk;
        this.folder = folder;
        this.venueId = venueId;
        this.options = options;
        reader = new(disk, folder);
        fileLock = disk.Lock(Path.Combine(folder, LockName));
    }

    public long LastBatch { get; private set; }

    public ReadOnlySpan<byte> LastHash => lastHash;

    /// <summary>Bytes of a torn tail that opening cut away; 0 after a clean stop.</summary>
    public long CutBytes { get; private set; }

    /// <summary>Opens the journal in a folder, creating and recovering it.</summary>
    /// <exception cref="JournalFencedException">Another writer is alive.</exception>
    /// <exception cref="JournalCorruptException">Damage before the tail, or records of another venue.</exception>
    public static SegmentJournal Open(IDisk disk, string folder, UInt128 venueId, SegmentOptions? options = null)
    {
        var journal = new SegmentJournal(disk, folder, venueId, options ?? new());
        try
        {
            journal.RaiseEpoch();
            journal.Recover();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    public void Append(long batch, ReadOnlySpan<byte> record)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (broken) throw new IOException("An earlier append failed: what lies on disk is known only after recovery.");
        if (batch != LastBatch + 1) throw new ArgumentException($"Batch {batch} does not follow batch {LastBatch}.", nameof(batch));
        broken = true; // until proven otherwise
        CheckEpoch();
        if (file is null || offset > 0 && offset + record.Length > options.SegmentBytes) Roll(batch);
        Prepare(record.Length);
        file!.Write(offset, record);
        file.Flush();
        CheckEpoch(); // a writer that took over meanwhile did not see this record: it must not be acknowledged
        offset += record.Length;
        if (offset > prepared) prepared = offset;
        RecordCodec.Hash(record).CopyTo(lastHash);
        LastBatch = batch;
        broken = false;
        if (offset > options.SegmentBytes / 4 && IsSmall(record.Length)) ahead!.Begin();
    }

    public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch) => batch > LastBatch ? [] : reader.Read(batch, LastBatch);

    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        ahead?.Dispose();
        file?.Dispose();
        epochFile?.Dispose();
        fileLock.Dispose();
    }

    /// <summary>Begins a segment; its name is durable before anything in it is.</summary>
    void Roll(long batch)
    {
        file?.Dispose();
        file = ahead!.Take(reader.PathOf(batch));
        prepared = file is null ? 0 : options.SegmentBytes;
        if (file is null)
        {
            file = disk.Open(reader.PathOf(batch), create: true);
            file.SetLength(0); // a name left by a crash holds nothing that was acknowledged
            file.Flush();
        }
        disk.FlushFolder(folder);
        offset = 0;
    }

    /// <summary>Small enough that recording a new length would be felt.</summary>
    bool IsSmall(int length) => length < options.StepBytes / 4;

    /// <summary>Small records are laid on zeros already written; a large one extends the file itself, which costs it little.</summary>
    void Prepare(int length)
    {
        if (offset + length <= prepared || !IsSmall(length)) return;
        long until = Math.Min(offset + length + options.StepBytes, Math.Max(options.SegmentBytes, offset + length));
        long step = Math.Min(until - prepared, offset == 0 ? Math.Max(length, 64 << 10) : Math.Max(length, Math.Min(options.StepBytes, offset * 2)));
        for (long done = 0; done < step;)
        {
            int n = (int)Math.Min(Zeros.Length, step - done);
            file!.Write(prepared + done, Zeros.AsSpan(0, n));
            done += n;
        }
        prepared += step;
    }

    void Recover()
    {
        var segments = reader.Segments();
        // The last segment may be an empty name, created just before a crash; it goes. A name is given only after everything before it
        // was durable, so an earlier segment that does not end clean is damaged, not torn.
        for (int s = segments.Count - 1; s >= 0; s--)
        {
            var opened = disk.Open(reader.PathOf(segments[s]), create: false);
            bool keep = false;
            try
            {
                keep = RecoverSegment(opened, segments, s);
            }
            finally
            {
                if (!keep) opened.Dispose();
            }
            if (keep) return;
            disk.Delete(reader.PathOf(segments[s]));
            disk.FlushFolder(folder);
        }
    }

    /// <summary>Takes a segment as the one to go on with; false where it holds no record, so that the one before decides.</summary>
    bool RecoverSegment(IDiskFile segment, IReadOnlyList<long> segments, int index)
    {
        var scanner = new SegmentScanner(segment, 0, segments[index], 4 << 20);
        bool any = false;
        byte[] previous = new byte[RecordCodec.HashSize];
        while (scanner.Next() is { } record)
        {
            RecordCodec.TryReadHeader(record.Span, out var header);
            if (header.VenueId != venueId) throw new JournalCorruptException(header.Batch, $"Batch {header.Batch} belongs to another venue.");
            if ((any || header.Batch == 1) && !RecordCodec.PreviousHash(record.Span).SequenceEqual(previous))
                throw new JournalCorruptException(header.Batch, $"Batch {header.Batch} does not follow from the one before it: the hash chain is broken.");
            RecordCodec.Hash(record.Span).CopyTo(previous);
            any = true;
        }
        bool clean = scanner.EndsClean();
        if (!clean)
        {
            if (index + 1 < segments.Count || scanner.LaterRecordFollows(venueId))
                throw new JournalCorruptException(scanner.ExpectedBatch, $"Batch {scanner.ExpectedBatch} is damaged, and later batches follow it.");
            CutBytes = segment.Length - scanner.Offset;
            segment.SetLength(scanner.Offset);
            segment.Flush();
        }
        if (!any && index > 0) return false;
        CheckBefore(segments, index, any);
        // A writer killed between write and flush leaves a whole record in the page cache alone, and perhaps a name only its folder's cache
        // knows. From here on both count as there, so they must be durable before anybody is told.
        segment.Flush();
        disk.FlushFolder(folder);
        file = segment;
        offset = scanner.Offset;
        prepared = segment.Length;
        previous.CopyTo(lastHash);
        LastBatch = scanner.ExpectedBatch - 1;
        return true;
    }

    /// <summary>The segment before must end exactly where this one begins, and chain into it.</summary>
    void CheckBefore(IReadOnlyList<long> segments, int index, bool any)
    {
        if (index == 0)
        {
            if (segments[0] != 1) throw new JournalCorruptException(1, $"The journal begins with batch {segments[0]}.");
            return;
        }
        if (!any) return;
        long last = 0;
        foreach (var record in reader.Read(segments[index - 1], segments[index]))
        {
            RecordCodec.TryReadHeader(record.Span, out var header);
            last = header.Batch;
        }
        if (last != segments[index]) throw new JournalCorruptException(last + 1, $"Batch {last + 1} is missing before batch {segments[index]}.");
    }

    void RaiseEpoch()
    {
        string path = Path.Combine(folder, EpochName);
        bool created = !disk.Exists(path);
        epochFile = disk.Open(path, create: true);
        Span<byte> old = stackalloc byte[16];
        long number = epochFile.Read(0, old) == 16 && BinaryPrimitives.ReadUInt32LittleEndian(old[8..]) == RecordCodec.Crc32C(old[..8]) ? BinaryPrimitives.ReadInt64LittleEndian(old) : 0;
        BinaryPrimitives.WriteInt64LittleEndian(epoch, number + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(epoch.AsSpan(8), RecordCodec.Crc32C(epoch.AsSpan(0, 8)));
        epochFile.Write(0, epoch);
        epochFile.Flush();
        ahead = new(disk, folder, number + 1, options);
        ahead.Clean();
        if (created) disk.FlushFolder(folder);
    }

    void CheckEpoch()
    {
        Span<byte> now = stackalloc byte[16];
        if (epochFile!.Read(0, now) != 16 || !now.SequenceEqual(epoch))
            throw new JournalFencedException("Another writer has opened this journal: this one is stale.");
    }
}
