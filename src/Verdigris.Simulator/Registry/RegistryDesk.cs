using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator.Registry;

/// <summary>
/// The host between people and the Book: makes commands of requests as the registry does. The actor of a command is the session's person whatever the request says, no request acts for
/// the system, and none sets flags or times; who may act on an account, and when a transfer may be carried out, the desk knows. What it refuses is null, and never sent.
/// </summary>
sealed class RegistryDesk(RegistryWorld world, DeskPapers papers, SeededRandom random, RuleFlags without)
{
    /// <summary>What the desk reads before it decides: the state before the batch.</summary>
    public LedgerState State { get; set; } = LedgerState.Empty;

    long Now => State.TimeMicros;

    /// <summary>Opens a transaction: units are set aside until another person agrees.</summary>
    public Command? Propose(UInt128 session, Kind kind, int asset, long debit, long credit, long amount, long serialFirst = 0)
    {
        if (world.Person(session) is not { } person || world.Account(debit) is not { } from) return null;
        if (person.Account != ActsFor(kind, from) || !person.Rights.HasFlag(Right.Initiate)) return null;
        if (kind is Kind.ReverseSurrender or Kind.ReverseDelete && !CameFrom(asset, credit, debit, serialFirst, amount)) return null;
        return Hold(session, kind, asset, debit, credit, amount, serialFirst, person.Account);
    }

    /// <summary>Another person agrees: carried out at once where no delay applies, else when it is over.</summary>
    public Command? Approve(UInt128 session, UInt128 hold)
    {
        if (world.Person(session) is not { } person || !State.Holds.TryGetValue(hold, out PendingPosting? known) || world.Account(known.Debit) is not { } from) return null;
        (int scheme, Kind kind) = RegistryWorld.KindOf(known.TransactionType);
        if (person.Account != ActsFor(kind, from) || !person.Rights.HasFlag(Right.Approve) || person.Id == known.OpenedBy) return null;
        bool waits = kind == Kind.Transfer && !State.TrustsAt(known.Debit, known.Credit, Now);
        return Written(Post(session, hold, person.Account, waits ? DeskCalendar.After(Now, RegistryWorld.Schemes[scheme - 1].DelayHours) : 0), known.OpenedBy, session);
    }

    /// <summary>Somebody of the account, or an officer, gives the units back before it is too late.</summary>
    public Command? Cancel(UInt128 session, UInt128 hold)
    {
        if (world.Person(session) is not { } person || !State.Holds.TryGetValue(hold, out PendingPosting? known) || world.Account(known.Debit) is not { } from) return null;
        if (person.Account != from.Id && person.Account != Authority(from.Scheme)) return null;
        return Commands.VoidHold(random.NextId(), hold, session, person.Account);
    }

    /// <summary>Two people of an account put another on its trusted list; it counts from the desk's calendar on.</summary>
    public Command? Trust(UInt128 asks, UInt128 agrees, long account, long trusted)
    {
        if (world.Person(asks) is not { } first || world.Person(agrees) is not { } second || asks == agrees || world.Account(account) is not { } from) return null;
        if (first.Account != account || second.Account != account || !first.Rights.HasFlag(Right.Initiate) || !second.Rights.HasFlag(Right.Approve)) return null;
        if (world.Account(trusted) is not { OfHolder: true } to || to.Scheme != from.Scheme || trusted == account || State.Trusts.ContainsKey((account, trusted))) return null;
        long counts = DeskCalendar.AfterDays(Now, RegistryWorld.Schemes[from.Scheme - 1].TrustDays);
        return Written(Commands.SetTrust(random.NextId(), account, trusted, counts, agrees, account), asks, agrees);
    }

    public Command? Distrust(UInt128 session, long account, long trusted) =>
        world.Person(session) is { } person && person.Account == account ? Commands.RemoveTrust(random.NextId(), account, trusted, session, account) : null;

    /// <summary>One officer is enough to stop an account, and one of its people to stop what leaves it.</summary>
    public Command? Freeze(UInt128 session, long account, FreezeScope scope)
    {
        if (world.Person(session) is not { } person || world.Account(account) is not { OfHolder: true } known) return null;
        bool officer = person.Account == Authority(known.Scheme);
        if (!officer && (person.Account != account || scope != FreezeScope.Out)) return null;
        return Written(Commands.Freeze(random.NextId(), account, 0, scope, session, person.Account), session, session);
    }

    /// <summary>Lifting takes two officers.</summary>
    public Command? Lift(UInt128 asks, UInt128 agrees, long account)
    {
        if (world.Account(account) is not { } known || !TwoOfficers(asks, agrees, known.Scheme) || !State.Freezes.TryGetValue((account, 0), out FreezeScope scope)) return null;
        return Written(Commands.Unfreeze(random.NextId(), account, 0, scope, agrees, Authority(known.Scheme)), asks, agrees);
    }

    /// <summary>One officer stops a kind in a scheme; what waits of it is given back with the same batch.</summary>
    public IReadOnlyList<Command> Stop(UInt128 session, int scheme, Kind kind, IEnumerable<UInt128> openHolds)
    {
        if (world.Person(session) is not { } person || person.Account != Authority(scheme)) return [];
        return
        [
            .. RulesOf(scheme, kind, stopped: true, session, session),
            .. openHolds.Where(h => State.Holds.TryGetValue(h, out PendingPosting? known) && known.TransactionType == RegistryWorld.Type(scheme, kind)).Select(h => Commands.VoidHold(random.NextId(), h, session)),
        ];
    }

    /// <summary>Taking it up again takes two.</summary>
    public IReadOnlyList<Command> Resume(UInt128 asks, UInt128 agrees, int scheme, Kind kind) =>
        TwoOfficers(asks, agrees, scheme) ? [.. RulesOf(scheme, kind, stopped: false, asks, agrees)] : [];

    /// <summary>A hold as the registry sends it, without a look at who asks.</summary>
    public Command Hold(UInt128 session, Kind kind, int asset, long debit, long credit, long amount, long serialFirst, long actingFor) =>
        Commands.Hold(random.NextId(), RegistryWorld.Type(RegistryWorld.SchemeOfAsset(asset), kind), asset, debit, credit, amount, session, actingFor, serialFirst);

    public Command Post(UInt128 session, UInt128 hold, long actingFor, long releasesAtMicros) =>
        Commands.PostHold(random.NextId(), hold, releasesAtMicros: releasesAtMicros, actor: session, actingFor: actingFor);

    static long Authority(int scheme) => RegistryWorld.Central(scheme, Role.Authority);

    static long ActsFor(Kind kind, RegistryAccount from) => RegistryWorld.ByAuthority(kind) ? Authority(from.Scheme) : from.Id;

    bool TwoOfficers(UInt128 asks, UInt128 agrees, int scheme) => asks != agrees && world.Person(asks)?.Account == Authority(scheme) && world.Person(agrees)?.Account == Authority(scheme);

    IEnumerable<Command> RulesOf(int scheme, Kind kind, bool stopped, UInt128 asks, UInt128 agrees)
    {
        foreach (Command rule in RegistryWorld.Rules(RegistryWorld.Schemes[scheme - 1], kind, stopped, without))
            yield return Written(rule with { Id = random.NextId(), Actor = agrees, ActingFor = Authority(scheme) }, asks, agrees);
    }

    /// <summary>A reversal brings back the very units that the account gave.</summary>
    bool CameFrom(int asset, long account, long sink, long first, long amount) =>
        first > 0 && State.Movements.FindLast(m => m.Asset == asset && m.Credit == sink && m.First <= first && first < m.First + m.Amount) is { Amount: > 0 } move
        && move.Debit == account && first + amount <= move.First + move.Amount;

    Command Written(Command command, UInt128 asks, UInt128 agrees)
    {
        papers.Write(command.Id, new(asks, agrees, Now));
        return command;
    }
}

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
