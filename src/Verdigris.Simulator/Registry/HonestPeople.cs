using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator.Registry;

/// <summary>
/// The people of a registry at their work: proposals, approvals, trusted lists, freezes, stops. They are no fools but not perfect: now and then somebody approves what a thief proposed, or
/// trusts the wrong account, and somebody else notices in time or does not.
/// </summary>
sealed class HonestPeople(RegistryWorld world, RegistryDesk desk, SeededRandom random, Gang gang)
{
    /// <summary>Proposals that may still be open, newest last.</summary>
    public List<UInt128> Proposals { get; } = [];

    readonly HashSet<(int Scheme, Kind Kind)> stopped = [];

    LedgerState State => desk.State;

    public IEnumerable<Command> Act() => random.Below(100) switch
    {
        < 30 => One(Transfer()),
        < 38 => One(ToSink()),
        < 44 => One(Officers()),
        < 74 => One(Decide()),
        < 80 => One(Trust()),
        < 83 => One(Distrust()),
        < 87 => One(Notice()),
        < 89 => State.Freezes.Count < 3 ? One(Freeze()) : One(Lift()),
        < 95 => One(Lift()),
        95 => stopped.Count == 0 ? Stop() : Resume(),
        < 98 => stopped.Count > 0 ? Resume() : One(Decide()),
        _ => [Commands.Pulse(random.NextId())],
    };

    static IEnumerable<Command> One(Command? command) => command is { } sent ? [sent] : [];

    Command? Transfer()
    {
        if (SomeHolding(a => a.OfHolder) is not { } from) return null;
        RegistryAccount[] others = [.. world.HoldersOf(from.Account.Scheme).Where(a => a.Id != from.Account.Id)];
        RegistryAccount[] trusted = [.. others.Where(a => State.TrustsAt(from.Account.Id, a.Id, State.TimeMicros))];
        RegistryAccount to = trusted.Length > 0 && random.Chance(60) ? random.Pick(trusted) : random.Pick(others);
        return desk.Propose(Honest(from.Account.Id, Right.Initiate), Kind.Transfer, from.Asset, from.Account.Id, to.Id, 1 + random.Below(Math.Min(20, from.Available)));
    }

    Command? ToSink()
    {
        if (SomeHolding(a => a.OfHolder) is not { } from) return null;
        bool surrender = from.Account.Role == Role.Holding && random.Chance(70);
        long sink = RegistryWorld.Central(from.Account.Scheme, surrender ? Role.Surrendered : Role.Deleted);
        return desk.Propose(Honest(from.Account.Id, Right.Initiate), surrender ? Kind.Surrender : Kind.Delete, from.Asset, from.Account.Id, sink, 1 + random.Below(Math.Min(8, from.Available)));
    }

    /// <summary>The authority issues, allots, or brings back what was surrendered or deleted.</summary>
    Command? Officers()
    {
        int asset = random.Pick(world.Assets), scheme = RegistryWorld.SchemeOfAsset(asset);
        UInt128 officer = Honest(RegistryWorld.Central(scheme, Role.Authority), Right.Initiate);
        long central = RegistryWorld.Central(scheme, Role.Central);
        switch (random.Below(4))
        {
            case 0: return desk.Propose(officer, Kind.Issue, asset, RegistryWorld.Central(scheme, Role.Issuer), central, 1 + random.Below(60));
            case 1:
                RegistryAccount to = random.Pick(world.HoldersOf(scheme).Where(a => a.Role == Role.Holding).ToList());
                return desk.Propose(officer, Kind.Allocate, asset, central, to.Id, 1 + random.Below(40));
            default:
                bool surrendered = random.Chance(60);
                long sink = RegistryWorld.Central(scheme, surrendered ? Role.Surrendered : Role.Deleted);
                Movement given = State.Movements.FindLast(m => m.Asset == asset && m.Credit == sink);
                if (given.Amount == 0) return null;
                return desk.Propose(officer, surrendered ? Kind.ReverseSurrender : Kind.ReverseDelete, asset, sink, given.Debit, given.Amount, given.First);
        }
    }

    /// <summary>Somebody with the right looks at an open proposal. A thief's is refused by most.</summary>
    Command? Decide()
    {
        if (SomeOpen(HoldState.Pending) is not { } hold || world.Account(hold.Debit) is not { } from) return null;
        bool authority = RegistryWorld.ByAuthority(RegistryWorld.KindOf(hold.TransactionType).Kind);
        UInt128 person = Honest(authority ? RegistryWorld.Central(from.Scheme, Role.Authority) : from.Id, Right.Approve);
        if (gang.Contains(hold.OpenedBy) && random.Chance(75)) return desk.Cancel(person, hold.Id);
        return random.Chance(92) ? desk.Approve(person, hold.Id) : desk.Cancel(person, hold.Id);
    }

    Command? Trust()
    {
        RegistryAccount account = random.Pick(world.Accounts.Where(a => a.OfHolder).ToList());
        RegistryAccount other = random.Pick(world.HoldersOf(account.Scheme));
        if (gang.Wants(other.Id) && !random.Chance(10)) return null;
        return desk.Trust(Honest(account.Id, Right.Initiate), Honest(account.Id, Right.Approve), account.Id, other.Id);
    }

    Command? Distrust()
    {
        if (State.Trusts.IsEmpty) return null;
        (long account, long trusted) = random.Pick(State.Trusts.Keys.ToList());
        return desk.Distrust(Honest(account, Right.Initiate), account, trusted);
    }

    /// <summary>Somebody looks at what waits for its time, and stops what goes to a thief.</summary>
    Command? Notice()
    {
        if (SomeOpen(HoldState.Scheduled) is not { } hold || world.Account(hold.Debit) is not { OfHolder: true } from) return null;
        if (!gang.Wants(hold.Credit) && !random.Chance(30)) return null;
        return random.Chance(50)
            ? desk.Cancel(Honest(from.Id, Right.Approve), hold.Id)
            : desk.Freeze(Honest(RegistryWorld.Central(from.Scheme, Role.Authority), Right.Initiate), from.Id, (FreezeScope)(1 + random.Below(3)));
    }

    Command? Freeze()
    {
        RegistryAccount account = random.Pick(world.Accounts.Where(a => a.OfHolder).ToList());
        return random.Chance(50)
            ? desk.Freeze(Honest(account.Id, Right.Initiate), account.Id, FreezeScope.Out)
            : desk.Freeze(Honest(RegistryWorld.Central(account.Scheme, Role.Authority), Right.Initiate), account.Id, (FreezeScope)(1 + random.Below(3)));
    }

    Command? Lift()
    {
        if (State.Freezes.IsEmpty) return null;
        long account = random.Pick(State.Freezes.Keys.ToList()).Account;
        (UInt128 asks, UInt128 agrees) = TwoOfficers(world.Account(account)!.Scheme);
        return desk.Lift(asks, agrees, account);
    }

    IEnumerable<Command> Stop()
    {
        (int scheme, Kind kind) = (1 + random.Below(RegistryWorld.Schemes.Length), (Kind)(3 + random.Below(5)));
        stopped.Add((scheme, kind));
        return desk.Stop(TwoOfficers(scheme).Asks, scheme, kind, Proposals);
    }

    IEnumerable<Command> Resume()
    {
        (int scheme, Kind kind) = stopped.Order().First();
        stopped.Remove((scheme, kind));
        (UInt128 asks, UInt128 agrees) = TwoOfficers(scheme);
        return desk.Resume(asks, agrees, scheme, kind);
    }

    /// <summary>The kinds that stand stopped, for those who would get round it.</summary>
    public IReadOnlyCollection<(int Scheme, Kind Kind)> Stopped => stopped;

    (UInt128 Asks, UInt128 Agrees) TwoOfficers(int scheme)
    {
        Person[] officers = [.. world.Of(RegistryWorld.Central(scheme, Role.Authority), Right.Approve).Where(p => !gang.Contains(p.Id))];
        int first = random.Below(officers.Length);
        return (officers[first].Id, officers[(first + 1) % officers.Length].Id);
    }

    UInt128 Honest(long account, Right right)
    {
        Person[] people = [.. world.Of(account, right).Where(p => !gang.Contains(p.Id))];
        return people.Length == 0 ? 0 : random.Pick(people).Id;
    }

    PendingPosting? SomeOpen(HoldState state)
    {
        for (int i = 0; i < 12 && Proposals.Count > 0; i++)
            if (State.Holds.GetValueOrDefault(random.Pick(Proposals)) is { } hold && hold.State == state) return hold;
        return null;
    }

    (RegistryAccount Account, int Asset, long Available)? SomeHolding(Func<RegistryAccount, bool> of)
    {
        List<RegistryAccount> accounts = [.. world.Accounts.Where(of)];
        for (int i = 0; i < 6; i++)
        {
            RegistryAccount account = random.Pick(accounts);
            int asset = account.Scheme * 10 + 1 + random.Below(2);
            if (State.Holding(account.Id, asset).Available is > 0 and var available) return (account, asset, available);
        }
        return null;
    }
}
