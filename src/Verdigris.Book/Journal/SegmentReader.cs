using System.Globalization;

namespace Verdigris.Book;

/// <summary>
/// Reads records out of segment files, checking every one: numbering, both checksums, hash and chain. Independent of the writer, so a
/// verifier, an export or a snapshot in the making can read while the venue writes.
/// </summary>
/// <remarks>A segment <c>NNNNNNNNNNNNNNNNNNN.vbj</c> begins with the record of that batch number; records follow each other without gap,
/// then zeros to the end of the file.</remarks>
public sealed class SegmentReader(IDisk disk, string folder)
{
    const string Suffix = ".vbj";
    const int Window = 4 << 20;

    public static string FileName(long firstBatch) => firstBatch.ToString("D19", CultureInfo.InvariantCulture) + Suffix;

    /// <summary>First batch numbers of the segments there are, ascending.</summary>
    public IReadOnlyList<long> Segments() =>
        disk.List(folder).Where(n => n.EndsWith(Suffix, StringComparison.Ordinal) && n.Length == 19 + Suffix.Length)
            .Select(n => long.TryParse(n.AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture, out long first) ? first : -1)
            .Where(n => n > 0).Order().ToList();

    public string PathOf(long firstBatch) => Path.Combine(folder, FileName(firstBatch));

    /// <summary>
    /// The last whole record there is, without taking part in writing: what follows it in the last segment may be a record being written or
    /// a torn tail, which is not judged here unless a later whole record shows it to be damage.
    /// </summary>
    /// <exception cref="JournalCorruptException">Damage before the tail of the last segment.</exception>
    public JournalEnd End()
    {
        var segments = Segments();
        for (int s = segments.Count - 1; s >= 0; s--)
        {
            using var file = disk.Open(PathOf(segments[s]), create: false);
            var scanner = new SegmentScanner(file, 0, segments[s], Window);
            var hash = new byte[RecordCodec.HashSize];
            UInt128 venueId = 0;
            while (scanner.Next() is { } record)
            {
                RecordCodec.TryReadHeader(record.Span, out var header);
                venueId = header.VenueId;
                RecordCodec.Hash(record.Span).CopyTo(hash);
            }
            bool clean = scanner.EndsClean();
            if (!clean && (s + 1 < segments.Count || scanner.LaterRecordFollows(null)))
                throw new JournalCorruptException(scanner.ExpectedBatch, $"Batch {scanner.ExpectedBatch} is damaged, and later batches follow it.");
            if (venueId != 0 || s == 0) return new(scanner.ExpectedBatch - 1, venueId, hash, clean);
        }
        return new(0, 0, new byte[RecordCodec.HashSize], true);
    }

    /// <summary>Whole records with numbers <paramref name="from"/> to <paramref name="to"/>; each is valid until the next step.</summary>
    /// <exception cref="JournalCorruptException">A record in the range is damaged, or missing before a later one.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Read(long from, long to = long.MaxValue)
    {
        if (from < 1) from = 1;
        var segments = Segments();
        int start = 0;
        while (start + 1 < segments.Count && segments[start + 1] <= from) start++;
        long expected = segments.Count == 0 ? 0 : segments[start];
        if (segments.Count > 0 && expected > from) throw new JournalCorruptException(from, $"Batch {from} is missing: the first segment begins with batch {expected}.");
        byte[] previous = new byte[RecordCodec.HashSize];
        bool chained = expected == 1;
        for (int s = start; s < segments.Count && segments[s] <= to; s++)
        {
            if (segments[s] != expected) throw new JournalCorruptException(expected, $"Batch {expected} is missing: the next segment begins with batch {segments[s]}.");
            using var file = disk.Open(PathOf(segments[s]), create: false);
            foreach (var record in Scan(file, expected))
            {
                if (chained && !RecordCodec.PreviousHash(record.Span).SequenceEqual(previous))
                    throw new JournalCorruptException(expected, $"Batch {expected} does not follow from batch {expected - 1}: the hash chain is broken.");
                RecordCodec.Hash(record.Span).CopyTo(previous);
                chained = true;
                if (expected >= from) yield return record;
                if (expected++ == to) yield break;
            }
        }
    }

    /// <summary>Records of one segment until its clean end. A damaged record is an exception here; only recovery may judge it a torn tail.</summary>
    static IEnumerable<ReadOnlyMemory<byte>> Scan(IDiskFile file, long firstBatch)
    {
        var scanner = new SegmentScanner(file, 0, firstBatch, Window);
        while (scanner.Next() is { } record) yield return record;
        if (!scanner.EndsClean()) throw new JournalCorruptException(scanner.ExpectedBatch, $"Batch {scanner.ExpectedBatch} is damaged.");
    }
}

/// <summary>Where a journal ends. <see cref="Clean"/> is false while a record is being written, and after a crash in the middle of one.</summary>
/// <param name="VenueId">0 where there is no record.</param>
public sealed record JournalEnd(long LastBatch, UInt128 VenueId, byte[] LastHash, bool Clean);

/// <summary>Walks the records of one segment file and stops where no whole record of the expected number lies.</summary>
sealed class SegmentScanner(IDiskFile file, long offset, long firstBatch, int window)
{
    byte[] buffer = new byte[64 << 10];
    long bufferAt = offset;
    int bufferLength;

    /// <summary>Where the next record would begin.</summary>
    public long Offset { get; private set; } = offset;

    public long ExpectedBatch { get; private set; } = firstBatch;

    public ReadOnlyMemory<byte>? Next()
    {
        if (!Fill(RecordCodec.HeaderSize) || !RecordCodec.TryReadHeader(Span(RecordCodec.HeaderSize), out var header) || header.Batch != ExpectedBatch) return null;
        int length = RecordCodec.RecordLength(header.Commands);
        if (!Fill(length) || !RecordCodec.TryRead(Span(length), out _)) return null;
        var record = buffer.AsMemory((int)(Offset - bufferAt), length);
        Offset += length;
        ExpectedBatch++;
        return record;
    }

    /// <summary>Nothing but zeros from here to the end of the file: no record was ever begun.</summary>
    public bool EndsClean()
    {
        var chunk = new byte[256 << 10];
        for (long at = Offset; ;)
        {
            int n = file.Read(at, chunk);
            if (n == 0) return true;
            if (chunk.AsSpan(0, n).ContainsAnyExcept((byte)0)) return false;
            at += n;
        }
    }

    /// <summary>A whole record with a later number lies behind this place: then what lies here is damage, not a torn tail.</summary>
    /// <param name="venueId">Records of other venues do not count; null where the venue is not known.</param>
    public bool LaterRecordFollows(UInt128? venueId)
    {
        int step = 8;
        long at = Offset;
        // A damaged record with a sound header tells its own length; nothing inside it may be taken for a record.
        if (Fill(RecordCodec.HeaderSize) && RecordCodec.TryReadHeader(Span(RecordCodec.HeaderSize), out var own) && own.Batch == ExpectedBatch) at += RecordCodec.RecordLength(own.Commands);
        else at += step;
        var chunk = new byte[1 << 20];
        byte[] candidate = [];
        for (long length = file.Length; at < length;)
        {
            int n = file.Read(at, chunk);
            if (n < RecordCodec.HeaderSize) return false;
            for (int i = 0; i + RecordCodec.HeaderSize <= n; i += step)
            {
                if (chunk[i] != (byte)'V' || !RecordCodec.TryReadHeader(chunk.AsSpan(i, RecordCodec.HeaderSize), out var header)) continue;
                if (venueId is { } venue && header.VenueId != venue || header.Batch <= ExpectedBatch) continue;
                int size = RecordCodec.RecordLength(header.Commands);
                if (candidate.Length < size) candidate = new byte[size];
                if (file.Read(at + i, candidate.AsSpan(0, size)) == size && RecordCodec.TryRead(candidate.AsSpan(0, size), out _)) return true;
            }
            int advance = (n - RecordCodec.HeaderSize) / step * step + step;
            at += advance;
        }
        return false;
    }

    ReadOnlySpan<byte> Span(int length) => buffer.AsSpan((int)(Offset - bufferAt), length);

    bool Fill(int length)
    {
        if (Offset + length <= bufferAt + bufferLength) return true;
        int kept = (int)Math.Max(0, bufferAt + bufferLength - Offset);
        int wanted = Math.Max(length, (int)Math.Min(window, Math.Max(buffer.Length * 2L, 64 << 10)));
        if (buffer.Length < wanted)
        {
            var larger = new byte[wanted];
            buffer.AsSpan(bufferLength - kept, kept).CopyTo(larger);
            buffer = larger;
        }
        else
        {
            buffer.AsSpan(bufferLength - kept, kept).CopyTo(buffer);
        }
        bufferAt = Offset;
        bufferLength = kept + file.Read(Offset + kept, buffer.AsSpan(kept));
        return length <= bufferLength;
    }
}
