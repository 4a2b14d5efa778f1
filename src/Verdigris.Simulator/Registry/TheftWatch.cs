using System.Globalization;
using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator.Registry;

/// <summary>
/// Looks at everything that was accepted and says when it was theft. Written from the registry's promises, not from the Book's rules: it knows who the people are, walks through the
/// commands and effects one by one, and keeps lists of its own of holds, trust, freezes, stops and of where every single unit is.
/// <list type="number">
/// <item>Units leave an account only on proposal of somebody who acts for it (the scheme's own accounts: for the authority), and only when another person agreed.</item>
/// <item>They reach an account that the source did not trust when that was agreed to only after the scheme's delay, counted from the opening of the hold; and where the desk was not got round, not before the walked hours.</item>
/// <item>Nothing leaves an account frozen out or reaches one frozen in; nothing of a stopped kind is opened or agreed to.</item>
/// <item>Sinks give back only by their reversal, to the account that gave.</item>
/// <item>Trust, lifting and resuming take two people of the right account; trust counts after the scheme's working days.</item>
/// <item>No unit is in two places, none vanishes, none changes scheme.</item>
/// </list>
/// </summary>
sealed class TheftWatch(RegistryWorld world, DeskPapers papers)
{
    /// <param name="Opening">The command that opened it.</param>
    /// <param name="AtMicros">When.</param>
    sealed record Opened(Command Opening, long AtMicros)
    {
        /// <summary>Who agreed to a release later on, and whether the credit account was trusted then.</summary>
        public (UInt128 Actor, UInt128 Command, bool Trusted)? Agreed { get; set; }
    }

    readonly Dictionary<UInt128, Opened> holds = [];
    readonly Dictionary<(long Account, long Trusted), long> trusts = [];
    readonly Dictionary<(long Account, long Trusted), (long From, long To)> ended = [];
    readonly Dictionary<long, FreezeScope> frozen = [];
    readonly HashSet<ushort> stopped = [];
    readonly UnitCensus census = new(world);

    public SortedDictionary<string, long> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Null, or the first thing of a batch that must not have happened.</summary>
    public string? Batch(ReadOnlySpan<Command> commands, Decided decided)
    {
        long now = decided.TimeMicros;
        foreach (Effect effect in decided.Effects)
            if (effect.CommandIndex == -1 && OfTime(effect, now) is { } theft) return theft;
        for (int i = 0; i < commands.Length; i++)
        {
            if (decided.Outcomes[i] is not { Accepted: true, Repeated: false }) continue;
            Command command = commands[i];
            if (Accepted(command, now) is { } wrong) return $"{Words(command)}: {wrong}";
            foreach (Effect effect in decided.Effects)
                if (effect.CommandIndex == i && OfCommand(effect, command, now) is { } theft) return $"{Words(command)}: {theft}";
        }
        return null;
    }

    public string? Whole(IBookState book) => census.Compare(book);

    /// <summary>What an accepted command changes before its effects are looked at.</summary>
    string? Accepted(in Command c, long now)
    {
        switch (c.Operation)
        {
            case Operation.Hold:
                if (stopped.Contains(c.TransactionType)) return "a stopped kind was opened";
                holds.Add(c.Id, new(c, now));
                return null;
            case Operation.PostHold:
                Opened known = holds[c.Target];
                if (stopped.Contains(known.Opening.TransactionType)) return "a stopped kind was agreed to";
                if (c.Flags.HasFlag(CommandFlags.Releases)) known.Agreed = (c.Actor, c.Id, Trusts(known.Opening, now));
                return null;
            case Operation.SetTrust:
                if (TwoOf(c.Id, c.Debit) is not { } trust) return "one person, or a stranger, put an account on the trusted list";
                int days = RegistryWorld.Schemes[world.Account(c.Debit)!.Scheme - 1].TrustDays;
                if (c.Time < WalkedHours.After(trust.AtMicros, days * 24)) return "an account is trusted before its time";
                trusts[(c.Debit, c.Credit)] = c.Time;
                return null;
            case Operation.RemoveTrust:
                if (trusts.Remove((c.Debit, c.Credit), out long counted)) ended[(c.Debit, c.Credit)] = (counted, now);
                return null;
            case Operation.Freeze:
                frozen[c.Debit] = frozen.GetValueOrDefault(c.Debit) | (FreezeScope)c.Detail;
                return null;
            case Operation.Unfreeze:
                if (TwoOf(c.Id, AuthorityOf(world.Account(c.Debit)!.Scheme)) is null) return "one person lifted a freeze";
                frozen[c.Debit] = frozen.GetValueOrDefault(c.Debit) & ~(FreezeScope)c.Detail;
                return null;
            case Operation.SetRule when papers.Of(c.Id) is not null:
                bool stops = ((c.Detail >> 32) & (long)RuleFlags.Allowed) == 0;
                if (!stops && TwoOf(c.Id, AuthorityOf(c.TransactionType / 100)) is null) return "one person took a stopped kind up again";
                if (stops) stopped.Add(c.TransactionType);
                else stopped.Remove(c.TransactionType);
                return null;
            default:
                return null;
        }
    }

    string? OfCommand(in Effect e, in Command c, long now)
    {
        switch (e.Kind)
        {
            case EffectKind.Posted:
                return Moved(e, c, 0, Trusts(c, now), now, now, papers.HasSlipped(c.Id));
            case EffectKind.Held:
                return IsFrozen(e.Debit, FreezeScope.Out) ? $"units were set aside in account {e.Debit}, which is frozen" : null;
            case EffectKind.HoldPosted:
                Opened hold = holds[e.Hold];
                return Moved(e, hold.Opening, c.Actor, Trusts(hold.Opening, now), hold.AtMicros, now, papers.HasSlipped(hold.Opening.Id) || papers.HasSlipped(c.Id), TrustedAtDesk(hold.Opening, c.Id));
            default:
                return null;
        }
    }

    string? OfTime(in Effect e, long now)
    {
        if (e.Kind != EffectKind.HoldReleased) return null;
        Opened hold = holds[e.Hold];
        (UInt128 agreed, UInt128 command, bool trusted) = hold.Agreed ?? default;
        string? theft = Moved(e, hold.Opening, agreed, trusted, hold.AtMicros, now, papers.HasSlipped(hold.Opening.Id) || papers.HasSlipped(command));
        return theft is null ? null : $"{Words(hold.Opening)}, released by time: {theft}";
    }

    /// <summary>Units left an account for another.</summary>
    /// <param name="proposal">The command that proposed it.</param>
    /// <param name="agreed">Who agreed to it; 0 where nobody did.</param>
    /// <param name="trusted">The source trusted the destination when it was agreed to.</param>
    /// <param name="slipped">The desk was got round: whom its commands act for, and the desk's hours, are then not promised.</param>
    /// <param name="trustedAtDesk">The desk saw the trust, and it was taken away before the Book came to the command: the Book's own delay is then all there is.</param>
    string? Moved(in Effect e, in Command proposal, UInt128 agreed, bool trusted, long openedAt, long now, bool slipped, bool trustedAtDesk = false)
    {
        if (world.Account(e.Debit) is not { } from || world.Account(e.Credit) is not { } to) return "units moved between accounts of no scheme";
        string what = string.Create(CultureInfo.InvariantCulture, $"{e.Amount} units of asset {e.Asset} left account {from.Id} for {to.Id}");
        (int scheme, Kind kind) = RegistryWorld.KindOf(proposal.TransactionType);
        if (from.Scheme != scheme || to.Scheme != scheme || e.Asset / 10 != scheme) return what + ": across schemes";
        if (!Leads(kind, from.Role, to.Role)) return $"{what}: a {kind} does not lead from {from.Role} to {to.Role}";

        long side = kind is Kind.Transfer or Kind.Surrender or Kind.Delete ? from.Id : AuthorityOf(scheme);
        // To the Book, an authority is an authority: that it is this scheme's is the desk's to check.
        bool foreign = slipped && side != from.Id && world.Account(proposal.ActingFor)?.Role == Role.Authority;
        if (proposal.ActingFor != side && !foreign) return $"{what}: proposed for account {proposal.ActingFor}";
        if (proposal.Actor == 0 || agreed == 0 || proposal.Actor == agreed) return what + ": with one actor";
        if (!slipped && (world.Person(proposal.Actor)?.Account != side || world.Person(agreed)?.Account != side)) return what + ": by people who do not act for it";

        if (IsFrozen(from.Id, FreezeScope.Out)) return what + ": it is frozen";
        if (IsFrozen(to.Id, FreezeScope.In)) return what + ": what reaches that is frozen";
        if (kind == Kind.Transfer && !trusted)
        {
            int hours = RegistryWorld.Schemes[scheme - 1].DelayHours;
            if (now < openedAt + hours * 3_600_000_000L) return $"{what}: not trusted, and {(now - openedAt) / 60_000_000} minutes after it was proposed";
            if (!slipped && !trustedAtDesk && now < WalkedHours.After(openedAt, hours)) return what + ": not trusted, and before the hours of the registry had passed";
        }
        if (!slipped && kind is Kind.ReverseSurrender or Kind.ReverseDelete && census.NotGivenBy(e.Asset, e.SerialFirst, e.Amount, to.Id) is { } other) return $"{what}: unit {other} was given by another";
        Count(kind switch
        {
            Kind.Transfer when trusted => "transfers to trusted accounts",
            Kind.Transfer when slipped => "transfers past the desk, by two and after the delay",
            Kind.Transfer => "transfers after the delay",
            Kind.ReverseSurrender or Kind.ReverseDelete => "reversals",
            Kind.Surrender or Kind.Delete => "into sinks",
            _ => "issued and allotted",
        });
        return census.Move(e) is { } lost ? $"{what}: {lost}" : null;
    }

    static bool Leads(Kind kind, Role from, Role to) => (kind, from, to) switch
    {
        (Kind.Issue, Role.Issuer, Role.Central) => true,
        (Kind.Allocate, Role.Central, Role.Holding) => true,
        (Kind.Transfer, Role.Holding or Role.Trading, Role.Holding or Role.Trading) => true,
        (Kind.Surrender, Role.Holding, Role.Surrendered) => true,
        (Kind.Delete, Role.Holding or Role.Trading, Role.Deleted) => true,
        (Kind.ReverseSurrender, Role.Surrendered, Role.Holding) => true,
        (Kind.ReverseDelete, Role.Deleted, Role.Holding or Role.Trading) => true,
        _ => false,
    };

    bool Trusts(in Command hold, long now) => trusts.TryGetValue((hold.Debit, hold.Credit), out long from) && from <= now;

    bool TrustedAtDesk(in Command hold, UInt128 post) => papers.Of(post) is { } paper && ended.TryGetValue((hold.Debit, hold.Credit), out (long From, long To) time) && time.From <= paper.AtMicros && paper.AtMicros <= time.To;

    bool IsFrozen(long account, FreezeScope scope) => (frozen.GetValueOrDefault(account) & scope) != 0;

    /// <summary>The paper of a command, where two people who act for the account stand on it.</summary>
    Paper? TwoOf(UInt128 command, long account) =>
        papers.Of(command) is { } paper && paper.AskedBy != paper.DecidedBy && world.Person(paper.AskedBy)?.Account == account && world.Person(paper.DecidedBy)?.Account == account ? paper : null;

    static long AuthorityOf(int scheme) => RegistryWorld.Central(scheme, Role.Authority);

    void Count(string what) => Seen[what] = Seen.GetValueOrDefault(what) + 1;

    static string Words(in Command c) => string.Create(CultureInfo.InvariantCulture, $"{c.Operation} {c.Id:x} by {c.Actor & ulong.MaxValue} for {c.ActingFor}");
}
