namespace Verdigris.Book;

/// <summary>
/// The hand a program writes with: commands staged together are one chain, applied at once. At a replay the same calls are held against the record, and the recorded
/// codes are the answer.
/// </summary>
public abstract class ProgramWriter
{
    /// <summary>Upper half of every derived command's id: "DERIVED-".</summary>
    public const ulong IdSpace = 0x444552495645442D;

    private protected ProgramWriter() { }

    public long Batch { get; private protected set; }

    /// <summary>Time of the batch, microseconds since 1970 UTC.</summary>
    public long TimeMicros { get; private protected set; }

    /// <summary>Sequence number in the journal of the Note at hand.</summary>
    public long NoteSequence { get; private protected set; }

    /// <summary>Sequence number the next derived command will have; its id, and that of a hold it opens, is <see cref="IdOf"/> of it.</summary>
    public long NextSequence { get; private protected set; }

    /// <summary>Id of the derived command with a sequence number.</summary>
    public static UInt128 IdOf(long sequence) => new(IdSpace, (ulong)sequence);

    /// <summary>The id lies in the space that only the writer gives ids from.</summary>
    public static bool IsDerived(UInt128 id) => (ulong)(id >> 64) == IdSpace;

    /// <summary>A hold that the command with this sequence number opened is about to be posted or voided.</summary>
    public virtual void Prefetch(long sequence) { }

    /// <summary>Where to write the next chain: zeroed commands, valid until <see cref="Do(out int)"/>. Ids and links are set there.</summary>
    public abstract Span<Command> Stage(int count);

    /// <summary>Applies what was staged, all of it or nothing, and says why not.</summary>
    /// <param name="fault">Where not accepted: which of the commands was refused for itself.</param>
    public abstract Code Do(out int fault);

    /// <summary>One command or a chain given by value.</summary>
    public Code Do(in Command command)
    {
        Stage(1)[0] = command;
        return Do(out _);
    }

    private protected static void Link(Span<Command> chain, long firstSequence)
    {
        for (int i = 0; i < chain.Length; i++)
        {
            chain[i].Id = IdOf(firstSequence + i);
            if (i + 1 < chain.Length) chain[i].Flags |= CommandFlags.Linked;
        }
    }

    private protected static Code Fault(ReadOnlySpan<Code> codes, out int fault)
    {
        for (fault = 0; fault < codes.Length; fault++)
            if (codes[fault] is not (Code.Accepted or Code.LinkedFailed)) return codes[fault];
        fault = -1;
        return Code.Accepted;
    }
}
