namespace Verdigris.Simulator.Registry;

/// <param name="AskedBy">Who asked for it.</param>
/// <param name="DecidedBy">Who agreed; the same person where one is enough.</param>
/// <param name="AtMicros">When it was agreed to.</param>
sealed record Paper(UInt128 AskedBy, UInt128 DecidedBy, long AtMicros);

/// <summary>What the desk writes down beside the commands it sends, by command id: the registry's own documents, which the Book never sees.</summary>
sealed class DeskPapers
{
    readonly Dictionary<UInt128, Paper> papers = [];
    readonly HashSet<UInt128> slipped = [];

    public void Write(UInt128 command, Paper paper) => papers[command] = paper;

    public Paper? Of(UInt128 command) => papers.GetValueOrDefault(command);

    /// <summary>The command went past the desk's checks of who may do what; only its actor is sure.</summary>
    public void Slipped(UInt128 command) => slipped.Add(command);

    public bool HasSlipped(UInt128 command) => slipped.Contains(command);
}
