namespace Verdigris.Book;

/// <summary>Applies journal records to a state and holds every outcome against the recorded one.</summary>
public static class Replayer
{
    /// <summary>Replays records onto a state that ends right before the first of them.</summary>
    /// <param name="previousHash">Hash of the record the state ends with; null where the state is empty.</param>
    /// <param name="told">Sees every record with its effects, after it was applied.</param>
    /// <exception cref="JournalCorruptException">Numbers, chain, venue or outcomes do not fit.</exception>
    public static void Replay(UInt128 venueId, BookState state, byte[]? previousHash, IEnumerable<ReadOnlyMemory<byte>> records, ReplayedBatch? told = null)
    {
        var effects = new EffectList();
        var codes = new Code[1024];
        var previous = previousHash?.ToArray() ?? new byte[RecordCodec.HashSize];
        foreach (var memory in records)
        {
            var record = memory.Span;
            if (!RecordCodec.TryReadHeader(record, out var header)) throw new JournalCorruptException(state.LastBatch + 1, $"Batch {state.LastBatch + 1} is damaged.");
            long expected = state.LastBatch + 1;
            if (header.VenueId != venueId) throw new JournalCorruptException(expected, $"Batch {expected} belongs to another venue.");
            if (header.Batch != expected) throw new JournalCorruptException(expected, $"Batch {expected} is missing: batch {header.Batch} is in its place.");
            if (header.FirstSequence != state.NextSequence) throw new JournalCorruptException(expected, $"Batch {expected} begins with command {header.FirstSequence} and not {state.NextSequence}.");
            if (header.TimeMicros < state.TimeMicros) throw new JournalCorruptException(expected, $"Batch {expected} goes back in time.");
            if (!RecordCodec.PreviousHash(record).SequenceEqual(previous)) throw new JournalCorruptException(expected, $"Batch {expected} does not follow from the one before it: the hash chain is broken.");
            if (codes.Length < header.Commands) codes = new Code[header.Commands];
            state.Apply(header.TimeMicros, RecordCodec.Commands(record), codes.AsSpan(0, header.Commands), told is null ? null : effects);
            var recorded = RecordCodec.Codes(record);
            if (!recorded.SequenceEqual(codes.AsSpan(0, header.Commands)))
            {
                int at = 0;
                while (recorded[at] == codes[at]) at++;
                throw new JournalCorruptException(expected, $"Batch {expected}, command {at}: replaying gives {codes[at]}, the journal says {recorded[at]}.");
            }
            RecordCodec.Hash(record).CopyTo(previous);
            told?.Invoke(memory, effects);
        }
    }

    /// <summary>The record a snapshot ends with is in the journal, with the hash the snapshot names.</summary>
    internal static bool Belongs(SnapshotStore.Loaded snapshot, IJournal journal)
    {
        long batch = snapshot.State.LastBatch;
        if (batch > journal.LastBatch) return false;
        if (batch == journal.LastBatch) return journal.LastHash.SequenceEqual(snapshot.RecordHash);
        foreach (var record in journal.ReadFrom(batch)) return RecordCodec.Hash(record.Span).SequenceEqual(snapshot.RecordHash);
        return false;
    }
}

/// <param name="record">The whole record; valid only during the call.</param>
public delegate void ReplayedBatch(ReadOnlyMemory<byte> record, EffectList effects);
