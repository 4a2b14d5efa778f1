using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator.Registry;

/// <summary>What thieves try, at any hour and as often as they like.</summary>
enum Attempt
{
    PostOwnHold, PostOwnHoldLater, PostInParts, OneChain, PostBeforeHold, Direct, DirectToTrusted, OthersAccount, OthersUnits, PostOthersHold, ReleaseTooSoon, TrustAndGo,
    VoidOthersHold, RoundFreeze, FalseReversal, OutOfSink, StoppedKind, OtherScheme, IssueToSelf, Repeat, ReuseId, FlagOfOwn,
    PairPatient, PairAtOnce, PairOthersUnits, PairTrust,
}

/// <summary>
/// The gang's requests. Half of them go through the desk like anybody's; the others have slipped past its checks of who may do what: any account, kind, serial, hold or time, as in a registry
/// with a fault in every form. Two things the desk never gives away: the actor is the session's person, and no request acts for the system.
/// </summary>
sealed class Thieves(RegistryWorld world, RegistryDesk desk, DeskPapers papers, HonestPeople honest, Gang gang, SeededRandom random, bool flagsPass)
{
    const int Remembered = 40;

    readonly List<Command> sent = [];

    public SortedDictionary<Attempt, long> Tried { get; } = [];

    /// <summary>Requests the desk did not turn into commands.</summary>
    public long RefusedAtDesk { get; private set; }

    LedgerState State => desk.State;
    long Now => State.TimeMicros;

    public IEnumerable<Command> Act()
    {
        bool pair = random.Chance(30);
        Attempt attempt = pair ? (Attempt)random.Between((int)Attempt.PairPatient, (int)Attempt.PairTrust) : (Attempt)random.Below((int)Attempt.PairPatient);
        if (attempt == Attempt.FlagOfOwn && !flagsPass) attempt = Attempt.PostOwnHold;
        (Person first, Person second) = random.Pick(gang.Pairs);
        Person thief = random.Pick(gang.Alone);
        List<Command> commands = [];
        foreach (Command? command in pair ? Together(attempt, first, second) : Alone(attempt, thief))
        {
            if (command is { } made) commands.Add(made);
            else RefusedAtDesk++;
        }
        Tried[attempt] = Tried.GetValueOrDefault(attempt) + 1;
        foreach (Command command in commands)
            if (sent.Count < Remembered) sent.Add(command);
            else sent[random.Below(Remembered)] = command;
        return commands;
    }

    IEnumerable<Command?> Alone(Attempt attempt, Person me)
    {
        switch (attempt)
        {
            case Attempt.PostOwnHold:
            case Attempt.PostOwnHoldLater:
            case Attempt.PostInParts:
                if (OpenedBy(me.Id) is not { } mine)
                {
                    yield return random.Chance(50) ? desk.Propose(me.Id, Kind.Transfer, Asset(me), me.Account, gang.Goal(me.Scheme), 1 + random.Below(20)) : Taken(me, AnyKind(), Victim(me));
                    break;
                }
                if (random.Chance(20)) yield return desk.Approve(me.Id, mine.Id);
                Command post = Slip(desk.Post(me.Id, mine.Id, AnyAccount(me, mine), attempt == Attempt.PostOwnHoldLater ? SomeTime(mine) : 0), me);
                if (attempt == Attempt.PostInParts) post = post with { Amount = 1, Flags = CommandFlags.KeepRest };
                yield return post;
                break;
            case Attempt.OneChain:
                Command opened = Taken(me, AnyKind(), Victim(me)).Linked();
                yield return opened;
                yield return Slip(desk.Post(me.Id, opened.Id, opened.Debit, 0), me);
                break;
            case Attempt.PostBeforeHold:
                Command late = Taken(me, AnyKind(), Victim(me));
                yield return Slip(desk.Post(me.Id, late.Id, late.Debit, 0), me);
                yield return late;
                yield return Slip(desk.Post(me.Id, late.Id, late.Credit, 0), me);
                break;
            case Attempt.Direct:
                yield return Taken(me, AnyKind(), Victim(me)) with { Operation = Operation.Transfer };
                break;
            case Attempt.DirectToTrusted:
                if (State.Trusts.IsEmpty) break;
                (long account, long trusted) = random.Pick(State.Trusts.Keys.ToList());
                yield return Slip(desk.Hold(me.Id, Kind.Transfer, Asset(world.Account(account)!.Scheme), account, trusted, 1 + random.Below(9), 0, account), me) with { Operation = Operation.Transfer };
                break;
            case Attempt.OthersAccount:
                RegistryAccount victim = Victim(me);
                yield return desk.Propose(me.Id, Kind.Transfer, Asset(victim.Scheme), victim.Id, gang.Goal(victim.Scheme), 1 + random.Below(20));
                yield return Taken(me, AnyKind(), victim);
                break;
            case Attempt.OthersUnits:
                yield return Taken(me, AnyKind(), Victim(me)) with { ActingFor = me.Account };
                break;
            case Attempt.PostOthersHold:
                if (SomeHold(h => h.State == HoldState.Pending) is not { } open) break;
                if (random.Chance(30)) yield return desk.Approve(me.Id, open.Id);
                yield return Slip(desk.Post(me.Id, open.Id, AnyAccount(me, open), 0), me);
                break;
            case Attempt.ReleaseTooSoon:
                if (SomeHold(h => h.State is HoldState.Pending or HoldState.Scheduled) is not { } soon) break;
                yield return Slip(desk.Post(me.Id, soon.Id, AnyAccount(me, soon), SomeTime(soon)), me);
                break;
            case Attempt.TrustAndGo:
                UInt128[] colleagues = [.. world.Of(me.Account, Right.Approve).Where(p => !gang.Contains(p.Id)).Select(p => p.Id)];
                yield return desk.Trust(me.Id, colleagues.Length > 0 && random.Chance(10) ? colleagues[0] : me.Id, me.Account, gang.Goal(me.Scheme));
                Command go = Taken(me, Kind.Transfer, world.Account(me.Account)!);
                yield return go;
                yield return Slip(desk.Post(me.Id, go.Id, me.Account, 0), me);
                break;
            case Attempt.VoidOthersHold:
                if (SomeHold(h => h.State is HoldState.Pending or HoldState.Scheduled) is not { } others) break;
                yield return desk.Cancel(me.Id, others.Id);
                yield return Slip(Commands.VoidHold(random.NextId(), others.Id, me.Id, AnyAccount(me, others)), me);
                break;
            case Attempt.RoundFreeze:
                if (State.Freezes.IsEmpty) break;
                RegistryAccount frozen = world.Account(random.Pick(State.Freezes.Keys.ToList()).Account)!;
                yield return desk.Lift(me.Id, me.Id, frozen.Id);
                yield return Taken(me, AnyKind(), frozen);
                if (SomeHold(h => h.Debit == frozen.Id && h.State == HoldState.Pending) is { } stuck) yield return Slip(desk.Post(me.Id, stuck.Id, frozen.Id, random.Chance(50) ? 0 : SomeTime(stuck)), me);
                break;
            case Attempt.FalseReversal:
                Movement given = State.Movements.FindLast(m => world.Account(m.Credit)!.Role is Role.Surrendered or Role.Deleted);
                if (given.Amount == 0) break;
                Kind back = world.Account(given.Credit)!.Role == Role.Surrendered ? Kind.ReverseSurrender : Kind.ReverseDelete;
                int of = RegistryWorld.SchemeOfAsset(given.Asset);
                yield return desk.Propose(me.Id, back, given.Asset, given.Credit, gang.Goal(of), 1, given.First);
                yield return Slip(desk.Hold(me.Id, back, given.Asset, given.Credit, gang.Goal(of), 1 + random.Below(given.Amount), random.Chance(50) ? given.First : 0, random.Chance(50) ? RegistryWorld.Central(of, Role.Authority) : me.Account), me);
                break;
            case Attempt.OutOfSink:
                long sink = RegistryWorld.Central(me.Scheme, random.Chance(50) ? Role.Surrendered : Role.Deleted);
                yield return Slip(desk.Hold(me.Id, AnyKind(), Asset(me), sink, gang.Goal(me.Scheme), 1, 0, sink), me);
                break;
            case Attempt.StoppedKind:
                if (honest.Stopped.Count == 0) break;
                (int scheme, Kind kind) = honest.Stopped.Order().First();
                yield return Slip(desk.Hold(me.Id, kind, Asset(scheme), Victim(me).Id, gang.Goal(scheme), 1, 0, me.Account), me);
                if (SomeHold(h => h.TransactionType == RegistryWorld.Type(scheme, kind) && h.State == HoldState.Pending) is { } waiting) yield return Slip(desk.Post(me.Id, waiting.Id, waiting.Debit, 0), me);
                break;
            case Attempt.OtherScheme:
                yield return Taken(me, AnyKind(), Victim(me)) with { Credit = gang.Goal(RegistryWorld.Schemes.Length + 1 - me.Scheme) };
                break;
            case Attempt.IssueToSelf:
                bool issue = random.Chance(50);
                long source = RegistryWorld.Central(me.Scheme, issue ? Role.Issuer : Role.Central);
                yield return Slip(desk.Hold(me.Id, issue ? Kind.Issue : Kind.Allocate, Asset(me), source, me.Account, 5, 0, random.Chance(50) ? me.Account : RegistryWorld.Central(me.Scheme, Role.Authority)), me);
                break;
            case Attempt.Repeat:
                if (sent.Count > 0) yield return random.Pick(sent);
                break;
            case Attempt.ReuseId:
                if (sent.Count > 0) yield return random.Pick(sent) with { Credit = gang.Goal(me.Scheme), Actor = me.Id };
                break;
            case Attempt.FlagOfOwn:
                Command own = Taken(me, AnyKind(), Victim(me));
                bool lien = random.Chance(50);
                yield return lien ? own with { Flags = CommandFlags.Lien } : own with { Flags = CommandFlags.Releases, Time = Now + 3 * DeskCalendar.Day };
                if (lien) yield return Slip(desk.Post(me.Id, own.Id, own.Credit, 0), me);
                break;
        }
    }

    /// <summary>Two of one account. They name no account but their own as the one they act for.</summary>
    IEnumerable<Command?> Together(Attempt attempt, Person first, Person second)
    {
        PendingPosting? open = OpenedBy(first.Id);
        switch (attempt)
        {
            case Attempt.PairPatient when open is null:
                yield return desk.Propose(first.Id, Kind.Transfer, Asset(first), first.Account, gang.Goal(first.Scheme), 1 + random.Below(3));
                break;
            case Attempt.PairPatient:
                yield return desk.Approve(second.Id, open.Id);
                break;
            case Attempt.PairAtOnce:
                Command mine = Slip(desk.Hold(first.Id, Kind.Transfer, Asset(first), first.Account, gang.Goal(first.Scheme), 1, 0, first.Account), first);
                yield return mine;
                yield return Slip(desk.Post(second.Id, mine.Id, second.Account, random.Chance(50) ? 0 : Now + DeskCalendar.Hour), second);
                break;
            case Attempt.PairOthersUnits:
                if (open is not null && random.Chance(50))
                {
                    yield return Slip(desk.Post(second.Id, open.Id, second.Account, 0), second);
                    break;
                }
                RegistryAccount from = random.Chance(60) ? Victim(first) : random.Pick(world.Accounts.Where(a => a.Scheme == first.Scheme).ToList());
                Kind kind = from.OfHolder ? Kind.Transfer : (Kind)(1 + random.Below(7));
                yield return Slip(desk.Hold(first.Id, kind, Asset(first), from.Id, from.OfHolder ? gang.Goal(first.Scheme) : first.Account, 1 + random.Below(5), 0, first.Account), first);
                break;
            case Attempt.PairTrust:
                yield return desk.Trust(first.Id, second.Id, first.Account, gang.Goal(first.Scheme));
                break;
        }
    }

    /// <summary>Units of a victim on their way to the gang, or into a sink; the account named is the victim's own.</summary>
    Command Taken(Person me, Kind kind, RegistryAccount from)
    {
        long to = kind switch
        {
            Kind.Surrender => RegistryWorld.Central(from.Scheme, Role.Surrendered),
            Kind.Delete => RegistryWorld.Central(from.Scheme, Role.Deleted),
            _ => gang.Goal(from.Scheme),
        };
        return Slip(desk.Hold(me.Id, kind, Asset(from.Scheme), from.Id, to, 1 + random.Below(12), 0, from.Id), me);
    }

    Command Slip(Command command, Person me)
    {
        papers.Slipped(command.Id);
        return command with { Actor = me.Id };
    }

    Kind AnyKind() => random.Below(6) switch { < 4 => Kind.Transfer, 4 => Kind.Surrender, _ => Kind.Delete };

    int Asset(Person me) => Asset(me.Scheme);

    int Asset(int scheme) => scheme * 10 + 1 + random.Below(2);

    RegistryAccount Victim(Person me)
    {
        RegistryAccount[] accounts = [.. world.HoldersOf(me.Scheme).Where(a => !gang.Wants(a.Id))];
        return world.Account(me.Account) is { OfHolder: true } own && random.Chance(30) ? own : random.Pick(accounts);
    }

    long AnyAccount(Person me, PendingPosting hold) => random.Below(4) switch { 0 => me.Account, 1 => hold.Credit, 2 => RegistryWorld.Central(me.Scheme, Role.Authority), _ => hold.Debit };

    /// <summary>A second from now, just short of the delay, on it, or later.</summary>
    long SomeTime(PendingPosting hold)
    {
        long delay = RegistryWorld.Schemes[RegistryWorld.SchemeOfAsset(hold.Asset) - 1].DelayHours * DeskCalendar.Hour;
        return random.Below(4) switch { 0 => Now + 1_000_000, 1 => Math.Max(Now + 1, hold.OpenedMicros + delay - 1), 2 => hold.OpenedMicros + delay, _ => Now + delay };
    }

    PendingPosting? OpenedBy(UInt128 person) => SomeHold(h => h.OpenedBy == person && h.State == HoldState.Pending);

    PendingPosting? SomeHold(Func<PendingPosting, bool> fits)
    {
        List<PendingPosting> holds = [.. honest.Proposals.Select(id => State.Holds.GetValueOrDefault(id)).OfType<PendingPosting>().Where(fits)];
        return holds.Count == 0 ? null : random.Pick(holds);
    }
}
