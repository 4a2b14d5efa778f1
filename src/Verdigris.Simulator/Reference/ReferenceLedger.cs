using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>
/// The Book a second time, written from docs/book.md with nothing in mind but being obviously right: immutable dictionaries and lists,
/// each operation a straight list of checks in the documented order. It predicts every code, effect and balance; the simulation holds the
/// real Book against it. It shares the Command, Code and Effect layouts with the Book and no other line.
/// </summary>
public sealed partial class ReferenceLedger(LedgerState state)
{
    public ReferenceLedger() : this(LedgerState.Empty) { }

    /// <summary>May be set back to an earlier state: a crash has undone the batches after it.</summary>
    public LedgerState State { get; set; } = state;

    readonly List<Effect> effects = [];
    long batch;
    long now;
    int index;

    /// <summary>Decides a batch stamped with the given clock (never before the last batch's time) and returns what each command is answered and all that happened.</summary>
    public Decided Apply(ReadOnlySpan<Command> commands, long clockMicros)
    {
        effects.Clear();
        batch = State.LastBatch + 1;
        now = Math.Max(clockMicros, State.TimeMicros);
        State = State with { LastBatch = batch, TimeMicros = now };
        PassTime();

        Outcome[] outcomes = new Outcome[commands.Length];
        for (int first = 0; first < commands.Length;)
        {
            int last = first;
            while (last < commands.Length - 1 && commands[last].Flags.HasFlag(CommandFlags.Linked)) last++;
            DecideChain(commands, first, last, outcomes);
            first = last + 1;
        }
        return new(batch, now, outcomes, [.. effects]);
    }

    /// <summary>
    /// One command, or a chain of linked ones: all of them happen or none. A repeat within a chain counts as what it was the first time; after
    /// the first failure the others are only looked at for what stands before LinkedFailed in the list of codes.
    /// </summary>
    void DecideChain(ReadOnlySpan<Command> commands, int first, int last, Outcome[] outcomes)
    {
        LedgerState before = State;
        int effectsBefore = effects.Count;
        bool open = commands[last].Flags.HasFlag(CommandFlags.Linked);
        bool failed = false;
        for (int i = first; i <= last; i++)
        {
            Command command = commands[i];
            if (command.Id == 0)
            {
                outcomes[i] = new(Code.CommandIdMissing, 0, 0, false);
            }
            else if (State.Outcomes.TryGetValue(command.Id, out Remembered? seen))
            {
                outcomes[i] = SameBytes(seen.Command, command) ? seen.Outcome with { Repeated = true } : new(Code.CommandIdReused, 0, 0, false);
            }
            else
            {
                Code code = CheckShape(command, open);
                if (code == Code.Accepted || (failed && code > Code.LinkedFailed)) code = failed ? Code.LinkedFailed : Execute(command, i);
                outcomes[i] = new(code, batch, now, false);
                State = State with { Outcomes = State.Outcomes.Add(command.Id, new(command, outcomes[i])) };
            }
            // A chain that the batch cuts off is decided command by command: none can be accepted, so there is nothing to undo.
            failed |= !open && outcomes[i].Code != Code.Accepted;
        }
        if (!failed || first == last) return;

        ImmutableDictionary<UInt128, Remembered> decided = State.Outcomes;
        State = before;
        effects.RemoveRange(effectsBefore, effects.Count - effectsBefore);
        for (int i = first; i <= last; i++)
        {
            UInt128 id = commands[i].Id;
            if (id == 0 || outcomes[i].Code == Code.CommandIdReused || before.Outcomes.ContainsKey(id)) continue;
            Outcome outcome = decided[id].Outcome;
            if (outcome.Code == Code.Accepted) outcome = outcome with { Code = Code.LinkedFailed };
            outcomes[i] = outcome with { Repeated = State.Outcomes.ContainsKey(id) };
            State = State with { Outcomes = State.Outcomes.SetItem(id, new(decided[id].Command, outcome)) };
        }
    }

    /// <summary>Checks 3 to 7.</summary>
    static Code CheckShape(in Command command, bool chainOpen)
    {
        Code code = FieldUse.Check(command);
        if (code != Code.Accepted) return code;
        if (chainOpen) return Code.ChainOpen;
        return command.Flags.HasFlag(CommandFlags.Linked) && !FieldUse.Linkable(command.Operation) ? Code.NotLinkable : Code.Accepted;
    }

    Code Execute(in Command command, int at)
    {
        index = at;
        return command.Operation switch
        {
            Operation.DefineAsset => DefineAsset(command),
            Operation.OpenAccount => OpenAccount(command),
            Operation.SetRule => SetRule(command),
            Operation.SetTrust => SetTrust(command),
            Operation.RemoveTrust => RemoveTrust(command),
            Operation.Freeze => Freeze(command),
            Operation.Unfreeze => Unfreeze(command),
            Operation.CloseAccount => CloseAccount(command),
            Operation.Transfer => Transfer(command),
            Operation.Hold => OpenHold(command),
            Operation.PostHold => PostHold(command),
            Operation.VoidHold => VoidHold(command),
            Operation.Note => Code.Accepted,
            _ => ActingForKnown(command) ? Code.Accepted : Code.ActingForUnknown,
        };
    }

    static bool SameBytes(in Command a, in Command b) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<Command>(in a)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<Command>(in b)));

    bool ActingForKnown(in Command c) => c.ActingFor == 0 || State.Accounts.ContainsKey(c.ActingFor);

    bool ActsForAuthority(in Command c) => State.Accounts.TryGetValue(c.ActingFor, out Account? account) && account.Authority;
}

/// <summary>What a batch came to. Its effects stand in order: first those of time, then those of the commands.</summary>
public sealed record Decided(long Batch, long TimeMicros, Outcome[] Outcomes, Effect[] Effects);
