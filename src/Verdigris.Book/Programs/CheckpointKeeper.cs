namespace Verdigris.Book;

/// <summary>Watches a program's checkpoints go by and, once one is complete and durable, notes where it begins.</summary>
sealed class CheckpointKeeper(IVenueProgram program, CheckpointHints hints, Action<string>? warn)
{
    readonly byte[] recordHash = new byte[RecordCodec.HashSize];
    long sequence;  // of the Note the checkpoint at hand begins with; 0 for none
    long batch;     // that holds it, once durable
    long completed = program.CheckpointsCompleted;

    /// <summary>A Note was given to the program, in the batch that is open.</summary>
    public void Began(in Command note, long noteSequence)
    {
        if (!program.BeginsCheckpoint(note)) return;
        sequence = noteSequence;
        batch = 0;
    }

    /// <summary>The batch is durable.</summary>
    public void Durable(long number, ReadOnlySpan<byte> record)
    {
        if (sequence == 0) return;
        if (batch == 0)
        {
            batch = number;
            RecordCodec.Hash(record).CopyTo(recordHash);
        }
        if (program.CheckpointsCompleted == completed) return;
        completed = program.CheckpointsCompleted;
        try
        {
            hints.Write(new(batch, sequence, recordHash.ToArray()));
        }
        catch (Exception e) // the journal has the checkpoint; a restart only looks for it further back
        {
            warn?.Invoke($"The place of the checkpoint in batch {batch} was not noted ({e.Message}); a restart takes longer.");
        }
        sequence = 0;
    }
}
