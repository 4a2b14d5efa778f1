namespace Verdigris.Book;

/// <summary>
/// Decides when a snapshot is due and makes it beside the writer: a second state is loaded from the last snapshot, the durable journal
/// is replayed onto it, and that is written. The writer never waits, and every snapshot proves that replay works; the price is the
/// state's memory once more while it lasts.
/// </summary>
sealed class SnapshotMaker(VenueOptions options, SnapshotStore store, long lastBatch) : IDisposable
{
    readonly CancellationTokenSource stop = new();
    long grown = lastBatch > 0 && options.SnapshotEveryBytes > 0 ? BytesSince(options, store) : 0;
    long lastSize;
    Task? running;

    /// <summary>Journal bytes were appended.</summary>
    public void Grew(long bytes) => grown += bytes;

    public bool Wants() => options.SnapshotEveryBytes > 0 && grown >= Math.Max(options.SnapshotEveryBytes, Volatile.Read(ref lastSize)) && running is not { IsCompleted: false };

    /// <summary>Starts one as of the core's last batch; called with the state locked.</summary>
    public void Make(VenueCore core)
    {
        grown = 0;
        long batch = core.State.LastBatch;
        if (options.ReadJournal is null)
        {
            Try(core.WriteSnapshot);
            return;
        }
        running = Background.RunLast(() => Try(() => Beside(batch)));
    }

    public void Dispose()
    {
        stop.Cancel();
        running?.Wait();
        stop.Dispose();
    }

    void Try(Func<long> make)
    {
        try
        {
            Volatile.Write(ref lastSize, make());
        }
        catch (OperationCanceledException)
        {
            // shutting down: the journal has everything
        }
        catch (Exception e)
        {
            options.Warn?.Invoke($"No snapshot was written ({e.Message}); the journal has everything, a restart takes longer.");
        }
    }

    long Beside(long batch)
    {
        var loaded = store.LoadLatest(options.Warn, ahead: false);
        var state = loaded?.State ?? new BookState(ahead: false);
        if (state.LastBatch >= batch) return Volatile.Read(ref lastSize);
        var hash = new byte[RecordCodec.HashSize];
        Replayer.Replay(options.VenueId, state, loaded?.RecordHash, options.ReadJournal!(state.LastBatch + 1, batch), (record, _) =>
        {
            stop.Token.ThrowIfCancellationRequested();
            RecordCodec.Hash(record.Span).CopyTo(hash);
        });
        return state.LastBatch == batch ? store.Save(state, hash, beside: true) : throw new IOException($"The journal could be read only to batch {state.LastBatch}.");
    }

    /// <summary>A venue that was restarted often must still get its snapshot: what lies behind the last one counts from the start.</summary>
    static long BytesSince(VenueOptions options, SnapshotStore store)
    {
        if (options.ReadJournal is null) return 0;
        long last = store.Batches().FirstOrDefault(), bytes = 0;
        var reader = new SegmentReader(options.Disk, options.JournalFolder);
        foreach (long first in reader.Segments().Where(s => s > last))
            using (var file = options.Disk.Open(reader.PathOf(first), create: false)) bytes += file.Length;
        return bytes;
    }
}
