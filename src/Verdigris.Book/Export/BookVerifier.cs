namespace Verdigris.Book;

/// <summary>What verifying a data folder found. Nothing is wrong where <see cref="Problems"/> is empty.</summary>
/// <param name="LastBatch">Last whole batch, verified up to the first problem of the journal.</param>
/// <param name="TailIsClean">False after a crash in the middle of a batch, which was never acknowledged, and while a venue writes.</param>
/// <param name="SnapshotsVerified">Batches whose snapshots are the state that replaying gives.</param>
public sealed record VerifyReport(UInt128 VenueId, long LastBatch, long Commands, long LastTimeMicros, byte[] LastHash, byte[] StateHash, bool TailIsClean,
    IReadOnlyList<DailyRoot> DailyRoots, IReadOnlyList<long> SnapshotsVerified, IReadOnlyList<string> Problems);

/// <summary>
/// Verifies a venue's data folder without changing it: every record's checksums, hash, number and chain; that replaying gives the recorded
/// outcomes; and that each snapshot is the state replaying gives at its batch. The venue may be running.
/// </summary>
public static class BookVerifier
{
    public static VerifyReport Verify(IDisk disk, string dataFolder, CancellationToken ct = default)
    {
        var problems = new List<string>();
        var verified = new List<long>();
        var state = new BookState();
        var roots = new MerkleRoots();
        var hash = new byte[RecordCodec.HashSize];
        var end = new JournalEnd(0, 0, hash, true);
        var reader = new SegmentReader(disk, Path.Combine(dataFolder, "journal"));
        try
        {
            end = reader.End();
            var store = new SnapshotStore(disk, Path.Combine(dataFolder, "snapshots"), end.VenueId);
            var snapshots = store.Batches().ToHashSet();
            Replayer.Replay(end.VenueId, state, null, end.LastBatch == 0 ? [] : reader.Read(1, end.LastBatch), (record, _) =>
            {
                ct.ThrowIfCancellationRequested();
                RecordCodec.Hash(record.Span).CopyTo(hash);
                roots.Add(state.LastBatch, state.TimeMicros, hash);
                if (snapshots.Remove(state.LastBatch)) Compare(store, state, hash, verified, problems);
            });
            foreach (long left in snapshots.Order()) problems.Add($"Snapshot {left} is of a batch the journal does not have.");
        }
        catch (JournalCorruptException e)
        {
            problems.Add(e.Message);
        }
        return new(end.VenueId, state.LastBatch, state.NextSequence - 1, state.TimeMicros, hash, state.StateHash(), end.Clean, roots.Roots(), verified, problems);
    }

    static void Compare(SnapshotStore store, BookState state, byte[] hash, List<long> verified, List<string> problems)
    {
        long batch = state.LastBatch;
        try
        {
            var loaded = store.Load(batch);
            if (loaded is null) problems.Add($"Snapshot {batch} is damaged or of another version.");
            else if (!loaded.RecordHash.AsSpan().SequenceEqual(hash)) problems.Add($"Snapshot {batch} names another record hash than the journal.");
            else if (!loaded.State.StateHash().AsSpan().SequenceEqual(state.StateHash())) problems.Add($"Snapshot {batch} is not the state that replaying the journal gives.");
            else verified.Add(batch);
        }
        catch (FileNotFoundException)
        {
            // a running venue has replaced it by a newer one meanwhile
        }
        catch (Exception e) when (e is not OperationCanceledException) // damaged bytes can fail in any way while they are put together
        {
            problems.Add($"Snapshot {batch} cannot be read ({e.Message}).");
        }
    }
}
