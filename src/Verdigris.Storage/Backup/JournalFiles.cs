using Verdigris.Book;

namespace Verdigris.Storage;

/// <summary>The segment files of the Book's journal, read while a server may be writing them.</summary>
sealed class JournalFiles(string folder)
{
    readonly SegmentReader reader = new(new RealDisk(), folder);

    /// <summary>
    /// The last batch that lies whole in the journal. Quick: it looks at the last segment only. A record that is half there is being written now, or was when the
    /// server stopped; nobody was told of it.
    /// </summary>
    /// <exception cref="JournalCorruptException">A damaged record is followed by later ones.</exception>
    public long LastWholeBatch()
    {
        if (!Directory.Exists(folder)) return 0;
        var segments = reader.Segments();
        if (segments.Count == 0) return 0;
        var last = segments[^1] - 1;
        long offset = 0;
        try
        {
            foreach (var record in reader.Read(segments[^1]))
            {
                last++;
                offset += record.Length;
            }
        }
        catch (JournalCorruptException e)
        {
            if (e.Batch != last + 1 || LaterRecordFollows(reader.PathOf(segments[^1]), offset, e.Batch)) throw;
        }
        return last;
    }

    /// <summary>Each segment up to the given batch and how many bytes of it to take: whole records only. Every record is checked on the way.</summary>
    /// <exception cref="JournalCorruptException">A record up to that batch is damaged or missing.</exception>
    public IReadOnlyList<(string Path, long Bytes)> Slices(long lastBatch)
    {
        if (lastBatch == 0) return [];
        var segments = reader.Segments();
        var bytes = new long[segments.Count];
        var at = 0;
        long batch = 0;
        foreach (var record in reader.Read(1, lastBatch))
        {
            batch++;
            while (at + 1 < segments.Count && segments[at + 1] <= batch) at++;
            bytes[at] += record.Length;
        }
        if (batch != lastBatch) throw new JournalCorruptException(batch + 1, $"Batch {batch + 1} is missing.");
        return [.. segments.Select((first, i) => (reader.PathOf(first), bytes[i])).Where(s => s.Item2 > 0)];
    }

    /// <summary>Records begin at multiples of eight bytes and are recognised by a header whose checksum holds.</summary>
    static bool LaterRecordFollows(string path, long offset, long damaged)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = offset;
        var rest = new byte[file.Length - offset];
        var length = file.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false);
        for (var i = 8; i + RecordCodec.HeaderSize <= length; i += 8)
        {
            if (rest[i] == (byte)'V' && RecordCodec.TryReadHeader(rest.AsSpan(i, RecordCodec.HeaderSize), out var header) && header.Batch > damaged) return true;
        }
        return false;
    }
}
