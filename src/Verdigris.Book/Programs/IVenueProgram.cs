namespace Verdigris.Book;

/// <summary>
/// A deterministic machine beside the Book, in the same journal (docs/book.md section 8): each line of its host is a Note, each change it wants in the ledger a derived
/// command behind that Note. It must decide by nothing but Notes, the batch times and the codes of its own commands; the same Notes give the same commands, now and at every replay.
/// </summary>
/// <remarks>Called on the venue's writer thread alone, with the state locked; but for <see cref="Committed"/>, which may be called beside it while the next batch is decided. What it throws stops the venue.</remarks>
public interface IVenueProgram
{
    /// <summary>The most commands one <see cref="Step"/> or <see cref="Continue"/> derives; what is left to do then waits for <see cref="Continue"/>. Far below <see cref="VenueCore.LargestBatch"/>.</summary>
    int MostDerived { get; }

    /// <summary>The last step stopped at its bound. Nothing but <see cref="Continue"/> is called until it is done.</summary>
    bool Unfinished { get; }

    /// <summary>What the last finished Note is answered.</summary>
    ProgramAnswer Answer { get; }

    /// <summary>Acts on a new Note.</summary>
    void Step(in Command note, ProgramWriter writer);

    /// <summary>Goes on where the last step stopped.</summary>
    void Continue(ProgramWriter writer);

    /// <summary>A Note will be given soon: asks the memory for what its step will touch. Called up to four times for a Note (<paramref name="turn"/> 0 to 3), each nearer to it. Decides nothing, and may find things otherwise than the step will.</summary>
    void Prefetch(in Command note, int turn, BookAhead book) { }

    /// <summary>What a Note sent again is answered, as far as it is still known; the venue says beside it that it is a repeat.</summary>
    ProgramAnswer Recall(in Command note);

    /// <summary>The open batch is decided: what happens from now on belongs to the next. <see cref="Committed"/> of it comes before this is called again.</summary>
    void Decided() { }

    /// <summary>Everything up to and including this batch is durable: events of the batches that were <see cref="Decided"/> may be shown. May come from another thread than the rest, which goes on with the next batch.</summary>
    void Committed(long batch, long timeMicros);

    /// <summary>The Note that a checkpoint begins with.</summary>
    bool BeginsCheckpoint(in Command note);

    /// <summary>How many checkpoints were begun and completed in this process. The venue notes where the last complete one begins.</summary>
    long CheckpointsCompleted { get; }

    /// <summary>Takes the next Note of a checkpoint, from the one it begins with; true when it was the last. Called on an empty program.</summary>
    /// <exception cref="InvalidDataException">It is not the next part of a checkpoint.</exception>
    bool Load(in Command note, long sequence, long timeMicros);

    /// <summary>Empty again, as before the first Note.</summary>
    void Reset();
}

/// <summary>Lets a program ask for memory of the Book ahead of its use: hints that decide nothing and tell nothing.</summary>
public readonly struct BookAhead
{
    readonly BookState state;

    internal BookAhead(BookState state) => this.state = state;

    /// <summary>The place of an id in the index; then its command; then the hold it opened: a call each, some Notes apart.</summary>
    public void Index(UInt128 id) => state.PrefetchId(id);

    /// <inheritdoc cref="Index"/>
    public void Command(UInt128 id) => state.PrefetchCommand(id);

    /// <inheritdoc cref="Index"/>
    public void Hold(UInt128 id) => state.PrefetchHold(id);
}

/// <summary>A program's answer to a Note; what the parts mean is the program's to say. Code 0 is success.</summary>
public readonly record struct ProgramAnswer(int Code, long First = 0, long Second = 0);

/// <param name="Outcome">What the Book says: durable in which batch, repeated or not. <see cref="Answer"/> means something only where it is accepted.</param>
public readonly record struct NoteAnswer(Outcome Outcome, ProgramAnswer Answer);
