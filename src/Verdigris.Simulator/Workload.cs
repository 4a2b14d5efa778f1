using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator;

/// <summary>
/// What the clients of a simulated venue send: mostly sensible commands on the state as it is, so that the run gets deep into it, with every
/// kind of mistake, repetition and nonsense among them. Drawn from one seed and the reference's state alone.
/// </summary>
public sealed class Workload(SeededRandom random) : IWorkload
{
    const int Remembered = 400;

    readonly List<Command> sent = [];
    readonly List<UInt128> holds = [];
    readonly Garbage garbage = new(random);
    LedgerState state = LedgerState.Empty;
    long nextAccount = 100;
    int nextAsset = 100;

    /// <summary>The commands that set the world up; the first batch of a run.</summary>
    public Command[] Beginning() => [.. World.Commands(random)];

    /// <summary>A batch of commands for a state as it is before it.</summary>
    public Command[] NextBatch(LedgerState before, int most)
    {
        state = before;
        int size = Math.Min(most, random.Below(20) switch { < 4 => 1, < 16 => 2 + random.Below(12), < 19 => 14 + random.Below(60), _ => 100 + random.Below(200) });
        List<Command> batch = [];
        while (batch.Count < size)
        {
            if (random.Chance(7)) AddChain(batch, size - batch.Count);
            else Add(batch, NextCommand());
        }
        foreach (Command command in batch) Remember(command);
        return [.. batch];
    }

    void Add(List<Command> batch, Command command) => batch.Add(random.Chance(3) ? garbage.Spoil(command, state) : command);

    void AddChain(List<Command> batch, int room)
    {
        int length = Math.Min(room, 2 + random.Below(5));
        for (int i = 0; i < length; i++)
        {
            Command command = random.Chance(4) ? NextCommand() : NextPosting();
            // Now and then the last one too: the chain is left open at the end of the batch, or runs into what follows.
            if (i < length - 1 || random.Chance(6)) command.Flags |= CommandFlags.Linked;
            if (random.Chance(2)) command = garbage.Spoil(command, state);
            batch.Add(command);
        }
    }

    void Remember(in Command command)
    {
        if (sent.Count < Remembered) sent.Add(command);
        else sent[random.Below(Remembered)] = command;
        if (command.Operation != Operation.Hold || command.Id == 0) return;
        if (holds.Count < Remembered) holds.Add(command.Id);
        else holds[random.Below(Remembered)] = command.Id;
    }

    Command NextCommand()
    {
        int dice = random.Below(100);
        if (dice < 80) return NextPosting();
        if (dice < 90) return NextRegistration();
        if (dice < 92) return Fresh(new() { Operation = Operation.Pulse });
        if (dice < 93) return Fresh(new() { Operation = Operation.Note, Debit = random.Below(5), Amount = -random.Below(5), Detail = random.Below(3), ActingFor = random.Below(4) });
        if (sent.Count == 0) return Fresh(new() { Operation = Operation.Pulse });
        Command again = random.Pick(sent);
        if (dice < 98) return again;
        again.Reference += 1;
        return again;
    }

    Command NextPosting() => random.Below(100) switch
    {
        < 30 => Transfer(),
        < 38 => Issue(),
        < 62 => Hold(),
        < 88 => Post(),
        _ => Void(),
    };

    Command Fresh(Command command)
    {
        command.Id = random.NextId();
        if (command.Operation != Operation.DefineAsset && random.Chance(30)) command.Reference = random.NextId();
        if (random.Chance(85)) command.Actor = random.Pick(World.Actors);
        return command;
    }

    long ActingFor(long debit, long credit) => random.Below(100) switch
    {
        < 45 => debit,
        < 60 => credit,
        < 75 => 0,
        < 90 => random.Chance(80) ? 4 : 8,
        _ => AnyAccount(),
    };

    long AnyAccount() => random.Chance(1) ? random.Between(-1, 3000) : state.Accounts.IsEmpty ? 1 : random.Pick(AccountIds());

    List<long> accountIds = [];
    LedgerState accountsOf = LedgerState.Empty;

    // Open accounts four times as often as closed ones.
    List<long> AccountIds()
    {
        if (accountsOf.Accounts != state.Accounts)
        {
            accountsOf = state;
            accountIds = [.. state.Accounts.Values.Where(a => !a.Closed).SelectMany(a => Enumerable.Repeat(a.Id, 4)), .. state.Accounts.Values.Where(a => a.Closed).Select(a => a.Id).Take(30)];
        }
        return accountIds;
    }

    long AccountOf(ushort type)
    {
        for (int i = 0; i < 12; i++)
        {
            long id = AnyAccount();
            if (state.Accounts.TryGetValue(id, out Account? account) && account.Type == type && !account.Closed) return id;
        }
        return AnyAccount();
    }

    Command Issue()
    {
        int asset = 1 + random.Below(6);
        long credit = AccountOf(random.Chance(80) ? World.Holder : World.Exchange);
        bool held = random.Chance(20);
        Command command = new()
        {
            Operation = held ? Operation.Hold : Operation.Transfer,
            TransactionType = held ? World.IssueHeld : World.Issue,
            Asset = asset,
            Debit = 1 + random.Below(3),
            Credit = credit,
            Amount = AmountToIssue(asset),
            ActingFor = random.Chance(70) ? 4 : 0,
        };
        if (asset is World.Credit or World.Warrant or World.VastSerials && random.Chance(25)) command.SerialFirst = SerialToIssue(asset);
        if (held) AddTime(ref command);
        return Fresh(command);
    }

    long AmountToIssue(int asset) => asset is World.Vast or World.VastSerials && random.Chance(60)
        ? long.MaxValue / (1 + random.Below(6)) - random.Below(3)
        : 1 + random.Below(asset == World.Cash ? 1_000_000 : 1000);

    long SerialToIssue(int asset)
    {
        Asset known = state.Assets.GetValueOrDefault(asset) ?? new(asset, "", AssetKind.Serialised, 0, 0);
        long highest = known.Issued.IsEmpty ? 0 : known.Issued[^1].Last;
        if (asset == World.VastSerials && random.Chance(50)) return long.MaxValue - random.Below(2000);
        if (random.Chance(15) && highest > 0) return 1 + random.Below(highest);
        return highest > long.MaxValue - 5000 ? 1 + random.Below(long.MaxValue - 1) : highest + 1 + random.Below(300);
    }

    Command Transfer()
    {
        (long debit, int asset) = SomethingHeld();
        ushort debitType = TypeOf(debit);
        ushort type = random.Below(20) switch
        {
            < 8 => World.Pay,
            < 11 => World.Trusted,
            < 13 => World.Retire,
            < 15 => World.Return,
            15 => World.Shadowed,
            < 18 => World.Either,
            18 => World.FourEyes,
            _ => (ushort)random.Below(14),
        };
        Command command = new() { Operation = Operation.Transfer, TransactionType = type, Asset = asset, Debit = debit, Credit = CreditFor(type, debit) };
        if (debitType == World.Issuer && random.Chance(70)) command.TransactionType = World.Return;
        command.ActingFor = ActingFor(debit, command.Credit);
        ChooseUnits(ref command);
        return Fresh(command);
    }

    Command Hold()
    {
        (long debit, int asset) = SomethingHeld();
        ushort type = random.Below(20) switch
        {
            < 4 => World.FourEyes,
            < 8 => World.Deliver,
            < 12 => World.Trusted,
            < 15 => World.Pledge,
            < 17 => World.Pay,
            17 => World.Retire,
            18 => World.Return,
            _ => (ushort)random.Below(14),
        };
        Command command = new() { Operation = Operation.Hold, TransactionType = type, Asset = asset, Debit = debit, Credit = CreditFor(type, debit) };
        if (type == World.Pledge && random.Chance(90) || random.Chance(3)) command.Flags |= CommandFlags.Lien;
        command.ActingFor = ActingFor(debit, command.Credit);
        ChooseUnits(ref command);
        AddTime(ref command);
        return Fresh(command);
    }

    void AddTime(ref Command command)
    {
        int dice = random.Below(10);
        if (dice >= 5) return;
        command.Flags |= dice < 3 ? CommandFlags.Expires : CommandFlags.Releases;
        command.Time = SomeTime();
    }

    // Around the rules' delay, on it, some batches away, far away, and sometimes not after now.
    long SomeTime() => state.TimeMicros + random.Below(8) switch
    {
        0 => random.Between(-2, 2),
        1 => World.DelayMicros,
        < 5 => World.DelayMicros + random.Below(6_000_000),
        < 7 => random.Below(3_000_000),
        _ => random.Below(4_000_000_000),
    };

    long CreditFor(ushort type, long debit)
    {
        if (random.Chance(1)) return debit;
        return type switch
        {
            World.Retire => random.Chance(90) ? 6 + random.Below(2) : AnyAccount(),
            World.Return => TypeOf(debit) == World.Issuer ? AccountOf(World.Holder) : 1 + random.Below(3),
            _ => random.Chance(95) ? AccountOf(random.Chance(75) ? World.Holder : World.Exchange) : AnyAccount(),
        };
    }

    ushort TypeOf(long account) => state.Accounts.GetValueOrDefault(account)?.Type ?? 0;

    (long Account, int Asset) SomethingHeld()
    {
        for (int i = 0; i < 6; i++)
        {
            long account = AnyAccount();
            int asset = 1 + random.Below(6);
            if (state.Holding(account, asset).Available > 0) return (account, asset);
        }
        return (AnyAccount(), random.Chance(98) ? 1 + random.Below(6) : random.Between(-1, 200) is var a ? (int)a : 0);
    }

    void ChooseUnits(ref Command command)
    {
        Holding holding = state.Holding(command.Debit, command.Asset);
        long available = Math.Max(1, holding.Available);
        command.Amount = random.Below(12) switch
        {
            0 => available,
            1 => available == long.MaxValue ? available : available + 1,
            2 => 1,
            3 => Math.Max(1, available / 2),
            _ => 1 + random.Below(Math.Min(available, 40)),
        };
        if (holding.Blocks.IsEmpty || !random.Chance(40)) return;
        Run block = holding.Blocks[random.Below(holding.Blocks.Count)];
        command.Amount = 1 + random.Below(Math.Min(block.Count, 25));
        command.SerialFirst = random.Below(4) switch
        {
            0 => block.First,
            1 => block.Last - command.Amount + 1,
            _ => block.First + random.Below(block.Count - command.Amount + 1),
        };
        // Past the block's end: into a neighbour in other hands, or a gap.
        if (random.Chance(8)) command.Amount += 1 + random.Below(3);
    }

    PendingPosting? SomeHold()
    {
        PendingPosting? hold = null;
        for (int i = 0; i < 6 && holds.Count > 0; i++)
        {
            hold = state.Holds.GetValueOrDefault(random.Pick(holds)) ?? hold;
            if (hold?.State is HoldState.Pending && !random.Chance(10)) break;
        }
        return hold;
    }

    Command Post()
    {
        PendingPosting? hold = SomeHold();
        Command command = new() { Operation = Operation.PostHold, Target = hold?.Id ?? random.NextId() };
        if (hold is not null)
        {
            command.ActingFor = random.Chance(60) ? hold.Credit : ActingFor(hold.Debit, hold.Credit);
            if (random.Chance(45))
            {
                command.Amount = random.Below(8) switch { 0 => hold.Remaining, 1 => hold.Amount == long.MaxValue ? 1 : hold.Amount + 1, _ => 1 + random.Below(Math.Max(1, hold.Remaining)) };
                if (random.Chance(50)) command.Flags |= CommandFlags.KeepRest;
            }
        }
        if (random.Chance(15))
        {
            command.Flags |= CommandFlags.Releases;
            if (random.Chance(80)) command.Amount = 0;
            command.Time = SomeTime();
        }
        return Fresh(command);
    }

    Command Void()
    {
        PendingPosting? hold = SomeHold();
        return Fresh(new() { Operation = Operation.VoidHold, Target = hold?.Id ?? random.NextId(), ActingFor = hold is null ? 0 : ActingFor(hold.Debit, hold.Credit) });
    }

    Command NextRegistration()
    {
        int dice = random.Below(100);
        if (dice < 22) return Fresh(new() { Operation = Operation.SetTrust, Debit = AnyAccount(), Credit = AnyAccount(), Time = random.Chance(70) ? 0 : SomeTime() });
        if (dice < 28) return Fresh(new() { Operation = Operation.RemoveTrust, Debit = AnyAccount(), Credit = AnyAccount() });
        if (dice < 40 || (dice < 62 && state.Freezes.Count < 8))
            return Fresh(new() { Operation = Operation.Freeze, Debit = AnyAccount(), Asset = random.Chance(30) ? 0 : 1 + random.Below(6), Detail = 1 + random.Below(3) });
        if (dice < 68 && !state.Freezes.IsEmpty)
        {
            (long account, int asset) = random.Pick([.. state.Freezes.Keys]);
            return Fresh(new() { Operation = Operation.Unfreeze, Debit = account, Asset = asset, Detail = random.Chance(70) ? 3 : 1 + random.Below(3) });
        }
        if (dice < 78) return CloseOrOpen();
        if (dice < 84) return ChangeRule();
        if (dice < 87) return Fresh(World.DefineAsset(random.Chance(50) ? nextAsset++ : 1 + random.Below(6), random.Chance(50) ? "NEW-" + nextAsset : "EUA", (AssetKind)random.Below(2), random.Below(10), (ushort)random.Below(7)));
        return CloseOrOpen();
    }

    Command CloseOrOpen()
    {
        int open = state.Accounts.Values.Count(a => !a.Closed);
        if (random.Chance(40) || open < 20)
        {
            ushort type = random.Below(10) switch { < 7 => World.Holder, < 9 => World.Exchange, _ => (ushort)random.Below(6) };
            long id = random.Chance(5) ? AnyAccount() : nextAccount++;
            return Fresh(World.OpenAccount(id, type, random.Chance(5), random));
        }
        // Never the ones the world needs, but by mistake: most of those have units in them, and the answer is no.
        long account = AnyAccount();
        return Fresh(new() { Operation = Operation.CloseAccount, Debit = account < 12 && random.Chance(95) ? AccountOf(World.Holder) : account });
    }

    Command ChangeRule()
    {
        var rules = World.Rules().ToList();
        (ushort type, ushort assetClass, ushort from, ushort to, RuleFlags flags) = random.Pick(rules);
        // Two times in three back to what it was, so that the world stays alive.
        if (random.Chance(33)) flags ^= (RuleFlags)(1u << random.Below(8));
        if ((flags & RuleFlags.Issues) != 0 && from != World.Issuer) flags &= ~RuleFlags.Issues;
        return Fresh(World.SetRule(type, assetClass, from, to, flags, flags.HasFlag(RuleFlags.TrustedOrDelay) ? World.DelayMicros : 0));
    }
}
