namespace Verdigris.Book;

/// <summary>Watches a program's checkpoints go by and, once one is complete and durable, notes where it begins.</summary>
sealed class CheckpointKeeper(IVenueProgram program, CheckpointHints hints, Action<string>? warn)
{
    readonly byte[] recordHash = new byte[RecordCodec.HashSize];
    long began;     // in the batch that is open: the sequence number of the Note a checkpoint begins with
    long sequence;  // of the Note the checkpoint at hand begins with, once durable; 0 for none
    long batch;     // that holds it
    long completed = program.CheckpointsCompleted;

    /// <summary>A Note was given to the program, in the batch that is open.</summary>
    public void Began(in Command note, long noteSequence)
    {
        if (program.BeginsCheckpoint(note)) began = noteSequence;
    }

    /// <summary>The open batch is decided: the checkpoint that began in it, 0 for none, and how many were completed with it.</summary>
    public (long Began, long Completed) Decided()
    {
        long here = began;
        began = 0;
        return (here, program.CheckpointsCompleted);
    }

    /// <summary>The batch is durable. The program may be deciding the next one meanwhile, so it is not asked.</summary>
    public void Durable(DecidedBatch decided, ReadOnlySpan<byte> record)
    {
        if (decided.CheckpointBegan != 0)
        {
            (sequence, batch) = (decided.CheckpointBegan, decided.Batch);
            RecordCodec.Hash(record).CopyTo(recordHash);
        }
        if (sequence == 0 || decided.CheckpointsCompleted == completed) return;
        completed = decided.CheckpointsCompleted;
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
