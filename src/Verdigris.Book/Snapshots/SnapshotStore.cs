using System.Globalization;

namespace Verdigris.Book;

/// <summary>
/// Snapshots of the state in a folder, the last two kept. A snapshot is written under a temporary name, flushed, and renamed, so a name
/// that ends in <c>.vbs</c> was once whole. The one that has become too old is written over by the next: freeing hundreds of megabytes would hold up the flushes of the journal
/// for as long as the device needs to be told about them (a discard took 14 ms and more).
/// </summary>
/// <remarks>Format: magic <c>VBS1</c>, version, venue id, batch number, hash of that batch's record, the state, SHA-256 of all before it. Own
/// to this version of the Book: another version ignores it and replays the journal.</remarks>
public sealed class SnapshotStore(IDisk disk, string folder, UInt128 venueId)
{
    const uint Magic = 0x31534256; // "VBS1"
    const uint Version = 2;
    const string Suffix = ".vbs", Temporary = ".tmp";
    const int Kept = 2;

    /// <summary>A snapshot read back: the state and the hash of the record it ends with.</summary>
    public sealed record Loaded(BookState State, byte[] RecordHash);

    /// <summary>Batch numbers of the snapshots there are, newest first.</summary>
    public IReadOnlyList<long> Batches() =>
        disk.List(folder).Where(n => n.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(n => long.TryParse(n.AsSpan(0, n.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long batch) ? batch : 0)
            .Where(b => b > 0).OrderDescending().ToList();

    /// <summary>Writes the state as it stands; of what is older than the last two, one file is kept to be written over. Returns the size in bytes.</summary>
    /// <param name="recordHash">Hash of the record of the state's last batch.</param>
    /// <param name="beside">A writer of the journal is at work on the same disk.</param>
    public long Save(BookState state, ReadOnlySpan<byte> recordHash, bool beside = false)
    {
        string path = PathOf(state.LastBatch), temporary = path + Temporary;
        long size;
        if (Temporaries().FirstOrDefault() is { } spare) disk.Rename(spare, temporary);
        using (var file = disk.Open(temporary, create: true))
        {
            using var writer = new StateWriter(file, beside);
            writer.Value(Magic);
            writer.Value(Version);
            writer.Value(venueId);
            writer.Value(state.LastBatch);
            writer.Bytes(recordHash);
            state.Save(writer);
            writer.Finish();
            size = writer.Written;
            if (file.Length > size) file.SetLength(size);
            file.Flush();
        }
        disk.Rename(temporary, path);
        disk.FlushFolder(folder);
        foreach (long old in Batches().Skip(Kept)) disk.Rename(PathOf(old), PathOf(old) + Temporary);
        foreach (string left in Temporaries().Skip(1)) disk.Delete(left);
        // Only now: under its old name the spare file would be taken for a snapshot after a crash.
        disk.FlushFolder(folder);
        return size;
    }

    /// <summary>The newest snapshot that is whole; null where there is none. What is skipped is told to <paramref name="warn"/>.</summary>
    /// <param name="ahead">See <see cref="BookState(bool)"/>.</param>
    public Loaded? LoadLatest(Action<string>? warn, bool ahead = true)
    {
        foreach (long batch in Batches())
        {
            try
            {
                if (Load(batch, ahead) is { } loaded) return loaded;
                warn?.Invoke($"Snapshot {batch} is damaged or of another version; an older one or the journal takes its place.");
            }
            catch (Exception e) // damaged bytes can fail in any way while they are put together; the journal still has everything
            {
                warn?.Invoke($"Snapshot {batch} cannot be read ({e.Message}); an older one or the journal takes its place.");
            }
        }
        return null;
    }

    /// <summary>One snapshot; null where it is not whole.</summary>
    public Loaded? Load(long batch, bool ahead = true)
    {
        using var file = disk.Open(PathOf(batch), create: false);
        using var reader = new StateReader(file);
        if (reader.Value<uint>() != Magic || reader.Value<uint>() != Version || reader.Value<UInt128>() != venueId || reader.Value<long>() != batch) return null;
        var hash = new byte[RecordCodec.HashSize];
        reader.Bytes(hash);
        var state = new BookState(ahead);
        state.Load(reader);
        return reader.Finish() && state.LastBatch == batch ? new(state, hash) : null;
    }

    /// <summary>What was too old, or was broken off while it was written.</summary>
    List<string> Temporaries() => [.. disk.List(folder).Where(n => n.EndsWith(Temporary, StringComparison.Ordinal)).Select(n => Path.Combine(folder, n))];

    string PathOf(long batch) => Path.Combine(folder, batch.ToString("D19", CultureInfo.InvariantCulture) + Suffix);
}
