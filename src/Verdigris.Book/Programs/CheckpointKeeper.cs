namespace Verdigris.Book;

/// <summary>Watches a program's checkpoints go by and, once one is complete and durable, notes where it begins.</summary>
/// <remarks>Sequence numbers are those of the Notes that checkpoints begin with; 0 for none. One is at hand at a time, but a batch may hold the end of one and the beginning of the next.</remarks>
sealed class CheckpointKeeper(IVenueProgram program, CheckpointHints hints, Action<string>? warn)
{
    // Of what is decided: the checkpoint at hand; and in the open batch the last that began and the last that was completed.
    long atHand, began, completed;
    long count; // completed when the one at hand began

    // Of what is durable: where the checkpoint at hand begins.
    CheckpointHint? place;

    /// <summary>A Note is about to be given to the program, in the batch that is open.</summary>
    public void Given(in Command note, long noteSequence)
    {
        if (program.BeginsCheckpoint(note)) (atHand, began, count) = (noteSequence, noteSequence, program.CheckpointsCompleted);
    }

    /// <summary>The program ran, in the batch that is open. One that was at hand when the process began is completed without a place.</summary>
    public void Ran()
    {
        if (atHand == 0 || program.CheckpointsCompleted == count) return;
        (completed, atHand) = (atHand, 0);
    }

    /// <summary>The open batch is decided: the last checkpoint that began in it, and the last completed with it.</summary>
    public (long Began, long Completed) Decided()
    {
        var here = (began, completed);
        (began, completed) = (0, 0);
        return here;
    }

    /// <summary>The batch is durable. The program may be deciding the next one meanwhile, so it is not asked.</summary>
    public void Durable(DecidedBatch decided, ReadOnlySpan<byte> record)
    {
        if (decided.CheckpointBegan == 0 && decided.CheckpointCompleted == 0) return;
        var hash = RecordCodec.Hash(record).ToArray();
        CheckpointHint? At(long sequence) => sequence == 0 ? null : sequence == place?.Sequence ? place : new(decided.Batch, sequence, hash);
        // Which ends here began here or before; which began here ends here or later.
        if (At(decided.CheckpointCompleted) is { } complete) Note(complete);
        place = decided.CheckpointBegan == decided.CheckpointCompleted ? null : At(decided.CheckpointBegan);
    }

    void Note(CheckpointHint complete)
    {
        try
        {
            hints.Write(complete);
        }
        catch (Exception e) // the journal has the checkpoint; a restart only looks for it further back
        {
            warn?.Invoke($"The place of the checkpoint in batch {complete.Batch} was not noted ({e.Message}); a restart takes longer.");
        }
    }
}
