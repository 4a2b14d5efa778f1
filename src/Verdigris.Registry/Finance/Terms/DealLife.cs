using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Finance.Terms;

public enum DealState
{
    /// <summary>Written by one person; another of the same side decides whether it goes out.</summary>
    Drafted,
    /// <summary>One side has approved it; the other decides.</summary>
    Proposed,
    Declined,
    Withdrawn,
    /// <summary>Both agreed; the units are held in the Book, the first money is awaited.</summary>
    Agreed,
    /// <summary>The first money did not come; the units are free again.</summary>
    Abandoned,
    /// <summary>The Book refused the units.</summary>
    Failed,
    /// <summary>Units and first money have moved.</summary>
    Open,
    /// <summary>A margin call is open.</summary>
    Called,
    /// <summary>A day was missed.</summary>
    Defaulted,
    /// <summary>The secured side took what was its security.</summary>
    Enforced,
    /// <summary>A right to buy back was not used.</summary>
    Lapsed,
    Settled,
}

public enum DealEvent { Offer, Drop, Accept, Decline, Withdraw, BookRefuses, Open, Abandon, Cover, Call, Meet, Miss, Cure, Settle, Enforce, Lapse }

/// <summary>What is known of a deal when somebody wants something of it.</summary>
/// <param name="Actor">Whose side acts; null: the system, by the passing of days or once money was confirmed.</param>
/// <param name="Proposer">The side that proposed.</param>
/// <param name="OpeningPaid">Every money of the opening was confirmed by who receives it.</param>
/// <param name="ClosingPaid">Likewise of the end.</param>
/// <param name="Held">Whether the Book holds the units to be delivered, or to be given back by who borrowed them.</param>
/// <param name="Free">Whether units may leave the giver by now: the other account is trusted, or the delay of a transfer is over.</param>
/// <param name="Standing">Units against money; null where no price is known, or nothing is watched.</param>
/// <param name="CallDue">Last day of an open call.</param>
/// <param name="DefaultedOn">Day of the default.</param>
/// <param name="Stopped">Whether the scheme's authority stopped what holders move among themselves.</param>
public sealed record DealFacts(LocalDate Today, Side? Actor, Side Proposer, bool OpeningPaid = false, bool ClosingPaid = false, bool Held = false, bool Free = false, MarginStanding? Standing = null, LocalDate? CallDue = null, LocalDate? DefaultedOn = null, bool Stopped = false);

/// <summary>
/// The life of a deal: which event leads where, and what must be so before it may happen. What is not known never lets an event pass. Pure.
/// </summary>
public static class DealLife
{
    public static StateTable<DealState, DealEvent> Table { get; } = new(Refusal.Conflict("finance.state-forbids", "state"),
    [
        (DealState.Drafted, DealEvent.Offer, DealState.Proposed),
        (DealState.Drafted, DealEvent.Drop, DealState.Withdrawn),
        (DealState.Proposed, DealEvent.Accept, DealState.Agreed),
        (DealState.Proposed, DealEvent.Decline, DealState.Declined),
        (DealState.Proposed, DealEvent.Withdraw, DealState.Withdrawn),
        (DealState.Proposed, DealEvent.BookRefuses, DealState.Failed),
        (DealState.Agreed, DealEvent.Open, DealState.Open),
        (DealState.Agreed, DealEvent.Abandon, DealState.Abandoned),
        (DealState.Open, DealEvent.Cover, DealState.Open),
        (DealState.Open, DealEvent.Call, DealState.Called),
        (DealState.Called, DealEvent.Meet, DealState.Open),
        (DealState.Called, DealEvent.Miss, DealState.Defaulted),
        (DealState.Open, DealEvent.Miss, DealState.Defaulted),
        (DealState.Defaulted, DealEvent.Cure, DealState.Open),
        (DealState.Defaulted, DealEvent.Enforce, DealState.Enforced),
        (DealState.Open, DealEvent.Settle, DealState.Settled),
        (DealState.Called, DealEvent.Settle, DealState.Settled),
        (DealState.Defaulted, DealEvent.Settle, DealState.Settled),
        (DealState.Open, DealEvent.Lapse, DealState.Lapsed),
    ]);

    /// <summary>The state an event leads to, or why it may not happen: <c>finance.state-forbids</c>, <c>finance.side</c>, <c>finance.stopped</c>, then what the event itself needs.</summary>
    public static Answer<DealState> Next(DealState state, DealEvent happened, DealTerms t, DealFacts f)
    {
        var next = Table.Next(state, happened);
        if (!next.Ok) return next;
        if (happened == DealEvent.Cover && Covering(t) is null) return Refusal.Conflict("finance.not-of-kind", "state", ("kind", $"{t.Kind}"));
        if (Sides(happened, t, f) is { } sides && !sides.Contains(f.Actor)) return Refusal.Forbidden("finance.side", null, ("event", $"{happened}"));
        if (f.Stopped && StandsStill(happened, t, f.Held)) return Refusal.Conflict("finance.stopped", "state");
        return Needs(state, happened, t, f) is { } missing ? missing : next;
    }

    /// <summary>Whether an event waits while nothing may move: what takes units or gives them on, what begins a deal, and what somebody would miss.</summary>
    static bool StandsStill(DealEvent happened, DealTerms t, bool held) =>
        happened is DealEvent.Offer or DealEvent.Accept or DealEvent.Miss or DealEvent.Enforce or DealEvent.Lapse || UnitLegs.Of(t, happened, [], held).Any(l => l.Act != UnitAct.Void);

    /// <summary>Whose units of the end must be held before its money moves; null where they are held from the opening on, or none come back.</summary>
    public static Side? Covering(DealTerms t) => t.Kind switch { DealKind.Forward => Side.Giver, DealKind.Lending => Side.Taker, _ => null };

    /// <summary>The side that fails where a day is missed: who owes the money of the end, the borrower of units, or the seller of a forward whose units never were held.</summary>
    public static Side Failing(DealTerms t, bool held) => t.Kind switch { DealKind.Forward => held ? Side.Taker : Side.Giver, DealKind.Lending => Side.Taker, _ => Side.Giver };

    /// <summary>Who may act; null: anybody of the two and the system.</summary>
    static Side?[]? Sides(DealEvent happened, DealTerms t, DealFacts f)
    {
        Side other = f.Proposer == Side.Giver ? Side.Taker : Side.Giver, waiting = Failing(t, f.Held) == Side.Giver ? Side.Taker : Side.Giver;
        return happened switch
        {
            DealEvent.Accept or DealEvent.Decline => [other],
            DealEvent.Withdraw or DealEvent.Offer or DealEvent.Drop => [f.Proposer],
            DealEvent.BookRefuses or DealEvent.Open or DealEvent.Cure or DealEvent.Meet => [null],
            DealEvent.Cover => [Covering(t)],
            // Money confirmed ends a deal; of what is kept for him the owner has it back at his word.
            DealEvent.Settle => t.Kind == DealKind.Custody ? [null, Side.Giver, Side.Beneficiary] : [null],
            DealEvent.Call => [null, Side.Taker],
            DealEvent.Miss => [null, waiting],
            DealEvent.Enforce => [waiting],
            DealEvent.Lapse => [null, Side.Taker],
            _ => null,
        };
    }

    static Refusal? Needs(DealState state, DealEvent happened, DealTerms t, DealFacts f)
    {
        Refusal? Paid(bool paid) => paid ? null : Refusal.Conflict("finance.unpaid", "state");
        Refusal? After(LocalDate? day) => day is not { } last ? Refusal.Conflict("finance.no-day", "state") : f.Today > last ? null : Refusal.Conflict("finance.too-early", "state", ("after", $"{last:uuuu-MM-dd}"));
        Refusal? Standing(bool called) => !t.Margined ? Refusal.Conflict("finance.not-margined", "state") : f.Standing is not { } standing ? Refusal.Conflict("finance.price-unknown", "state") : standing.Called == called ? null : Refusal.Conflict(called ? "finance.margin-suffices" : "finance.margin-short", "state");
        return happened switch
        {
            DealEvent.Accept => f.Today <= t.Start ? null : Refusal.Conflict("finance.start-over", "start", ("start", $"{t.Start:uuuu-MM-dd}")),
            // A pledge leaves the units where they are, a forward has not come to them yet.
            DealEvent.Open => Paid(f.OpeningPaid) ?? (f.Free || t.Kind is DealKind.Pledge or DealKind.Forward ? null : Refusal.Conflict("finance.delay", "state")),
            // Without money to wait for there is nothing that could be missed.
            DealEvent.Abandon => f.OpeningPaid ? Refusal.Conflict("finance.paid", "state") : After(t.Start.PlusDays(t.GraceDays)),
            DealEvent.Cover => f.Held ? Refusal.Conflict("finance.held", "state") : null,
            DealEvent.Call => Standing(true),
            DealEvent.Meet => Standing(false),
            DealEvent.Miss when state == DealState.Called => After(f.CallDue),
            DealEvent.Miss => t.Kind is DealKind.Custody or DealKind.BuyBack ? Refusal.Conflict("finance.nothing-owed", "state") : f.ClosingPaid ? Refusal.Conflict("finance.paid", "state") : After(t.End?.PlusDays(t.GraceDays)),
            // A default by a margin call is cured by the margin; one at the end by all the money, which settles.
            DealEvent.Cure => f.CallDue is null ? Refusal.Conflict("finance.settles", "state") : Standing(false),
            DealEvent.Settle when t.Kind == DealKind.Custody && f.Actor is not null => null,
            DealEvent.Settle => Covering(t) is not null && !f.Held ? Refusal.Conflict("finance.not-held", "state") : Paid(f.ClosingPaid) ?? (f.Free || t.Kind != DealKind.Forward ? null : Refusal.Conflict("finance.delay", "state")),
            DealEvent.Enforce => After(f.DefaultedOn?.PlusDays(t.CureDays)),
            DealEvent.Lapse => t.Kind != DealKind.BuyBack ? Refusal.Conflict("finance.not-of-kind", "state", ("kind", $"{t.Kind}")) : f.ClosingPaid ? Refusal.Conflict("finance.paid", "state") : After(t.End),
            _ => null,
        };
    }
}
