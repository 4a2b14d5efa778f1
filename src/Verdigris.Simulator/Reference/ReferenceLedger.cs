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
    Command current;
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

    /// <summary>One command, or a chain of linked ones: all of them happen or none.</summary>
    void DecideChain(ReadOnlySpan<Command> commands, int first, int last, Outcome[] outcomes)
    {
        LedgerState before = State;
        int effectsBefore = effects.Count;
        bool open = commands[last].Flags.HasFlag(CommandFlags.Linked);
        int failed = -1;
        Code[] codes = new Code[last - first + 1];
        for (int i = first; i <= last; i++)
        {
            codes[i - first] = failed >= 0 ? Code.LinkedFailed : DecideOne(commands[i], i, open, before);
            if (codes[i - first] != Code.Accepted && failed < 0) failed = i;
        }
        if (failed >= 0)
        {
            State = before;
            effects.RemoveRange(effectsBefore, effects.Count - effectsBefore);
        }
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
                Code code = failed >= 0 && i != failed && codes[i - first] is Code.Accepted ? Code.LinkedFailed : codes[i - first];
                outcomes[i] = new(code, batch, now, false);
                State = State with { Outcomes = State.Outcomes.Add(command.Id, new(command, outcomes[i])) };
            }
        }
    }

    /// <param name="chainOpen">The batch ends before the chain does.</param>
    /// <param name="before">The state before the chain, in which ids are looked up.</param>
    Code DecideOne(in Command command, int at, bool chainOpen, LedgerState before)
    {
        if (command.Id == 0) return Code.CommandIdMissing;
        if (before.Outcomes.TryGetValue(command.Id, out Remembered? seen)) return SameBytes(seen.Command, command) ? seen.Outcome.Code : Code.CommandIdReused;
        Code shape = FieldUse.Check(command);
        if (shape != Code.Accepted) return shape;
        if (chainOpen) return Code.ChainOpen;
        if (command.Flags.HasFlag(CommandFlags.Linked) && !FieldUse.Linkable(command.Operation)) return Code.NotLinkable;
        current = command;
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
