using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <summary>
/// The Book in memory: a deterministic state machine over batches of commands. No clock, no chance, no thread: the same batches give
/// the same bytes (<see cref="StateHash"/>). Not thread-safe; <see cref="Venue"/> guards it.
/// </summary>
/// <remarks>Rules and codes: docs/book.md. This part holds the tables, the batch loop, command ids and chains; setting up, finding rows,
/// postings, holds, serial blocks and queries each have their own.</remarks>
public sealed partial class BookState : IBookState
{
    const uint None = uint.MaxValue;

    /// <summary>Rows a table may have; what lies above is room for one batch to finish in.</summary>
    const uint MostRows = uint.MaxValue - (1u << 28);

    internal readonly Rows<AccountRow> Accounts;
    internal readonly Rows<HoldingRow> HoldingTable;
    internal readonly Rows<CommandRow> Commands;
    internal readonly Rows<BatchRow> Batches;
    internal readonly Rows<MoveRow> Moves;
    internal readonly Rows<CheckpointRow> Checkpoints;
    internal readonly Rows<NodeRow> Nodes;
    internal readonly Rows<ParentRow> Parents;
    internal readonly Rows<BlockRow> BlockTable;
    internal readonly Rows<HoldRow> Holds;
    internal readonly List<AssetState> Assets = [];

    readonly Dictionary<int, AssetState> assetById = [];
    readonly Dictionary<string, AssetState> assetByCode = new(StringComparer.Ordinal);
    readonly Dictionary<ulong, Rule> rules = [];
    readonly Dictionary<(long Account, long Trusted), long> trusts = [];
    readonly Dictionary<(long Account, int Asset), FreezeScope> freezes = [];
    readonly HashIndex accountIndex, holdingIndex;
    readonly CommandIndex commandIndex;
    readonly TimerHeap timers = new();
    readonly UndoLog undo = new();
    readonly List<(int Index, uint Row)> repeats = [];

    long timerSequence;
    EffectList? effects;
    int current; // of the batch, as all indexes of commands
    int fed;     // commands of the batch before the piece at hand
    AssetState? lastAsset;

    /// <param name="ahead">Memory for growing tables is got ready on another thread, which changes when, never what.</param>
    public BookState(bool ahead = true)
    {
        var slabs = new Slabs(ahead);
        Accounts = new(slabs);
        HoldingTable = new(slabs);
        Commands = new(slabs, 1 << 16);
        Batches = new(slabs);
        Moves = new(slabs);
        Checkpoints = new(slabs);
        Nodes = new(slabs);
        Parents = new(slabs);
        BlockTable = new(slabs);
        Holds = new(slabs);
        accountIndex = new(slabs);
        holdingIndex = new(slabs);
        commandIndex = new(slabs);
        BlockTable.Add(); // row 0 stands for none
        Array.Fill(parties, (None, None));
    }

    public long LastBatch => Batches.Count;

    /// <summary>Time of the last batch; 0 before the first.</summary>
    public long TimeMicros { get; private set; }

    /// <summary>Sequence number the next command will have in the journal.</summary>
    public long NextSequence { get; private set; } = 1;

    /// <summary>When something expires or is released next; null when nothing waits.</summary>
    public long? NextDue
    {
        get
        {
            while (timers.Count > 0 && IsStale(timers.First)) timers.RemoveFirst();
            return timers.Count > 0 ? timers.First.Due : null;
        }
    }

    /// <summary>
    /// Applies the next batch: first what is due at its time, then the commands in order.
    /// </summary>
    /// <param name="timeMicros">Not before <see cref="TimeMicros"/>.</param>
    /// <param name="codes">Receives one code a command; as long as <paramref name="commands"/>.</param>
    /// <param name="into">Cleared, then receives the effects; null where nobody wants them.</param>
    public void Apply(long timeMicros, ReadOnlySpan<Command> commands, Span<Code> codes, EffectList? into)
    {
        Begin(timeMicros, into);
        More(commands, codes);
    }

    /// <summary>Opens the next batch and lets its time pass. Its commands follow by <see cref="More"/>, in as many pieces as their sender likes.</summary>
    /// <param name="timeMicros">Not before <see cref="TimeMicros"/>.</param>
    /// <param name="into">Cleared, then receives the effects of the whole batch; null where nobody wants them.</param>
    public void Begin(long timeMicros, EffectList? into)
    {
        if (timeMicros < TimeMicros) throw new ArgumentOutOfRangeException(nameof(timeMicros), "Batch times never go back.");
        effects = into;
        effects?.Clear();
        repeats.Clear();
        fed = 0;
        TimeMicros = timeMicros;
        ref var batch = ref Batches[Batches.Add()];
        batch.Time = timeMicros;
        batch.FirstCommand = Commands.Count;
        batch.FirstMove = Moves.Count;
        FireTimers();
    }

    /// <summary>
    /// Applies the next commands of the batch that <see cref="Begin"/> opened. Cut into pieces in whatever way, a batch gives the same bytes of state,
    /// as long as no piece but the last ends inside a chain.
    /// </summary>
    /// <param name="codes">Receives one code a command; as long as <paramref name="commands"/>.</param>
    public void More(ReadOnlySpan<Command> commands, Span<Code> codes)
    {
        if (codes.Length != commands.Length) throw new ArgumentException("One code a command.", nameof(codes));
        if (commands.Length == 1 && (commands[0].Flags & CommandFlags.Linked) == 0)
        {
            current = fed;
            codes[0] = Decide(commands[0]);
            fed++;
            NextSequence++;
            return;
        }
        // Of a few there is no ahead; their sender has asked for what it could.
        if (commands.Length > Ahead / 2)
        {
            for (int i = 0; i < Ahead && i < commands.Length; i++) PrefetchIndexes(commands[i]);
            for (int i = 0; i < Ahead / 2; i++) PrefetchRows(commands[i], fed + i);
        }
        for (int i = 0; i < commands.Length;)
        {
            if (i + Ahead < commands.Length) PrefetchIndexes(commands[i + Ahead]);
            if (i + Ahead / 2 < commands.Length) PrefetchRows(commands[i + Ahead / 2], fed + i + Ahead / 2);
            if (i + Ahead / 4 < commands.Length) PrefetchHoldings(commands[i + Ahead / 4], fed + i + Ahead / 4);
            if ((commands[i].Flags & CommandFlags.Linked) == 0)
            {
                current = fed + i;
                codes[i] = Decide(commands[i]);
                i++;
                continue;
            }
            int last = i;
            while (last < commands.Length && (commands[last].Flags & CommandFlags.Linked) != 0) last++;
            if (last == commands.Length) DecideOpenChain(commands, codes, i);
            else DecideChain(commands, codes, i, last);
            i = last + 1;
        }
        fed += commands.Length;
        NextSequence += commands.Length;
    }

    /// <summary>
    /// Takes a Note into the open batch if its id is new. Else nothing happens, not even a repeat in the batch, and <paramref name="seen"/> is the first outcome, or the refusal of the id.
    /// </summary>
    internal bool TryTake(in Command note, out Outcome seen)
    {
        int before = repeats.Count;
        if (Identify(note, out var code, out _) == Known.New)
        {
            fed++;
            NextSequence++;
            seen = default;
            return true;
        }
        if (repeats.Count == before) seen = new(code, 0, 0, false);
        else
        {
            long batch = BatchOfCommand(repeats[^1].Row);
            seen = new(code, batch, Batches[(uint)(batch - 1)].Time, Repeated: true);
            repeats.RemoveAt(before);
        }
        return false;
    }

    /// <summary>The outcome a command would get for its id alone: that of the first time, or a refusal of the id; null where the id is new.</summary>
    internal Outcome? Seen(in Command command)
    {
        if (command.Id == UInt128.Zero) return new(Code.CommandIdMissing, 0, 0, false);
        uint row = commandIndex.Find(command.Id, new CommandMatch(this, command.Id));
        if (row == None) return null;
        if (Commands[row].Content != Mix.Content(command)) return new(Code.CommandIdReused, 0, 0, false);
        long batch = BatchOfCommand(row);
        return new(Commands[row].Code, batch, Batches[(uint)(batch - 1)].Time, Repeated: true);
    }

    /// <summary>Commands of the last batch that were repeats, with the batch and time that first decided them.</summary>
    internal IEnumerable<(int Index, long Batch, long TimeMicros)> Repeats()
    {
        foreach (var (index, row) in repeats)
        {
            long batch = BatchOfCommand(row);
            yield return (index, batch, Batches[(uint)(batch - 1)].Time);
        }
    }

    enum Known { New, Answered }

    readonly struct CommandMatch(BookState state, UInt128 id) : IMatch
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(uint row) => state.Commands[row].Id == id;
    }

    readonly struct AccountMatch(BookState state, long id) : IMatch
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(uint row) => state.Accounts[row].Id == id;
    }

    readonly struct HoldingMatch(BookState state, uint account, int asset) : IMatch
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(uint row)
        {
            ref var holding = ref state.HoldingTable[row];
            return holding.Account == account && holding.Asset == asset;
        }
    }

    /// <summary>Checks 1 and 2, and repeats. A new command gets its row; its code is still Accepted.</summary>
    Known Identify(in Command command, out Code code, out uint row)
    {
        row = None;
        if (command.Id == UInt128.Zero)
        {
            code = Code.CommandIdMissing;
            return Known.Answered;
        }
        ulong content = Mix.Content(command);
        row = commandIndex.Find(command.Id, new CommandMatch(this, command.Id));
        if (row != None)
        {
            ref var seen = ref Commands[row];
            if (seen.Content != content)
            {
                row = None;
                code = Code.CommandIdReused;
                return Known.Answered;
            }
            code = seen.Code;
            repeats.Add((current, row));
            return Known.Answered;
        }
        if (Commands.Count >= MostRows)
        {
            code = Code.LimitReached;
            return Known.Answered;
        }
        row = Commands.Add();
        commandIndex.Add(command.Id, row);
        ref var added = ref Commands[row];
        added.Id = command.Id;
        added.Content = content;
        code = Code.Accepted;
        return Known.New;
    }

    Code Decide(in Command command)
    {
        if (Identify(command, out var code, out uint row) == Known.Answered) return code;
        code = Shape(command);
        if (code == Code.Accepted) code = Execute(command, row);
        Commands[row].Code = code;
        return code;
    }

    /// <summary>A chain that the batch cuts off: nothing of it happens.</summary>
    void DecideOpenChain(ReadOnlySpan<Command> commands, Span<Code> codes, int first)
    {
        for (int i = first; i < commands.Length; i++)
        {
            current = fed + i;
            if (Identify(commands[i], out codes[i], out uint row) == Known.Answered) continue;
            var code = Shape(commands[i]);
            Commands[row].Code = codes[i] = code is Code.OperationUnknown or Code.ReservedFieldSet ? code : Code.ChainOpen;
        }
    }

    /// <summary>All of a chain or nothing. A repeat inside counts as what it was the first time and fails the chain where that was a refusal.</summary>
    void DecideChain(ReadOnlySpan<Command> commands, Span<Code> codes, int first, int last)
    {
        undo.Begin();
        uint moves = Moves.Count, nodes = Nodes.Count, parents = Parents.Count, checkpoints = Checkpoints.Count, holds = Holds.Count, rows = Commands.Count;
        int effectCount = effects?.Count ?? 0, repeatCount = repeats.Count, failed = -1;
        for (int i = first; i <= last; i++)
        {
            current = fed + i;
            if (Identify(commands[i], out codes[i], out uint row) == Known.New)
            {
                var code = Shape(commands[i]);
                if (code == Code.Accepted) code = Execute(commands[i], row);
                Commands[row].Code = codes[i] = code;
            }
            if (codes[i] != Code.Accepted)
            {
                failed = i;
                break;
            }
        }
        if (failed < 0)
        {
            undo.Commit();
            return;
        }

        undo.Rollback(this);
        Moves.Truncate(moves);
        Nodes.Truncate(nodes);
        Parents.Truncate(parents);
        Checkpoints.Truncate(checkpoints);
        Holds.Truncate(holds);
        effects?.Truncate(effectCount);
        // Commands that had been accepted on the way fail with the chain; the one at fault keeps its code.
        for (uint row = rows; row < Commands.Count; row++)
        {
            ref var command = ref Commands[row];
            command.Hold = 0;
            command.TransactionType = 0;
            if (command.Code == Code.Accepted) command.Code = Code.LinkedFailed;
        }
        for (int i = first; i < failed; i++) codes[i] = Code.LinkedFailed;
        for (int i = failed + 1; i <= last; i++)
        {
            current = fed + i;
            if (Identify(commands[i], out codes[i], out uint row) == Known.Answered) continue;
            var code = Shape(commands[i]);
            Commands[row].Code = codes[i] = code is Code.OperationUnknown or Code.ReservedFieldSet ? code : Code.LinkedFailed;
        }
        for (int r = repeatCount; r < repeats.Count; r++) codes[repeats[r].Index - fed] = Commands[repeats[r].Row].Code;
    }

    Code Execute(in Command c, uint row) => c.Operation switch
    {
        Operation.Transfer => Transfer(c, row),
        Operation.Hold => OpenHold(c, row),
        Operation.PostHold => PostHold(c, row),
        Operation.VoidHold => VoidHold(c, row),
        Operation.DefineAsset => DefineAsset(c),
        Operation.OpenAccount => OpenAccount(c),
        Operation.SetRule => SetRule(c),
        Operation.SetTrust => SetTrust(c),
        Operation.RemoveTrust => RemoveTrust(c),
        Operation.Freeze => Freeze(c, freeze: true),
        Operation.Unfreeze => Freeze(c, freeze: false),
        Operation.CloseAccount => CloseAccount(c),
        Operation.Note => Code.Accepted,
        Operation.Pulse => ActingForKnown(c.ActingFor) ? Code.Accepted : Code.ActingForUnknown,
        _ => Code.OperationUnknown,
    };
}
