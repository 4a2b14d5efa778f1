namespace Verdigris.Registry.Finance.Terms;

/// <summary>What is done with units in the Book.</summary>
public enum UnitAct
{
    /// <summary>Set aside for the other side, who receives them when they are posted.</summary>
    Hold,
    /// <summary>Set aside as security: only the side it is for can post or give up.</summary>
    Lien,
    Post,
    Void,
}

/// <param name="Slot">Names the hold that is opened, posted or given up: opening, closing, pledge, delivery, added-1.</param>
public sealed record UnitLeg(UnitAct Act, string Slot, Side From, Side To, long Units)
{
    /// <summary>Whose agreement the Book is told: who gives opens, who receives posts, and who gave or, of a security, who had it gives it up.</summary>
    public Side ActsFor => Act switch { UnitAct.Post => To, UnitAct.Void => UnitLegs.IsSecurity(Slot) ? To : From, _ => From };
}

/// <summary>
/// What each event does with the units. A sale is held until the money was confirmed, then posted; what must come back is held for it from the same moment on, so that the one who has it cannot let it go. Pure.
/// </summary>
public static class UnitLegs
{
    const string OpeningSlot = "opening", ClosingSlot = "closing", PledgeSlot = "pledge", DeliverySlot = "delivery", AddedSlot = "added-";

    /// <summary>Whether a slot that is given up was a lien: custody's is only ever posted.</summary>
    internal static bool IsSecurity(string slot) => slot == PledgeSlot || slot.StartsWith(AddedSlot, StringComparison.Ordinal);

    /// <param name="added">Units of each addition to the security, in order.</param>
    /// <param name="held">Whether the units of the end are held already.</param>
    /// <returns>Done together or not at all, in this order.</returns>
    public static IReadOnlyList<UnitLeg> Of(DealTerms t, DealEvent happened, IReadOnlyList<long> added, bool held) => (t.Kind, happened) switch
    {
        (DealKind.Repo or DealKind.BuyBack or DealKind.Lending or DealKind.Custody, DealEvent.Accept) => [new(UnitAct.Hold, OpeningSlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Repo or DealKind.BuyBack or DealKind.Lending or DealKind.Custody, DealEvent.Abandon) => [new(UnitAct.Void, OpeningSlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Repo or DealKind.BuyBack, DealEvent.Open) => [new(UnitAct.Post, OpeningSlot, Side.Giver, Side.Taker, t.Units), new(UnitAct.Hold, ClosingSlot, Side.Taker, Side.Giver, t.Units)],
        (DealKind.Custody, DealEvent.Open) => [new(UnitAct.Post, OpeningSlot, Side.Giver, Side.Taker, t.Units), new(UnitAct.Lien, ClosingSlot, Side.Taker, Side.Beneficiary, t.Units)],
        (DealKind.Lending, DealEvent.Open) => [new(UnitAct.Post, OpeningSlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Repo, DealEvent.Settle) => [new(UnitAct.Post, ClosingSlot, Side.Taker, Side.Giver, t.Units), .. Added(UnitAct.Void, added)],
        (DealKind.BuyBack, DealEvent.Settle) => [new(UnitAct.Post, ClosingSlot, Side.Taker, Side.Giver, t.Units)],
        (DealKind.Custody, DealEvent.Settle) => [new(UnitAct.Post, ClosingSlot, Side.Taker, Side.Beneficiary, t.Units)],
        (DealKind.Lending, DealEvent.Cover) => [new(UnitAct.Hold, ClosingSlot, Side.Taker, Side.Giver, t.Units)],
        (DealKind.Lending, DealEvent.Settle) => [new(UnitAct.Post, ClosingSlot, Side.Taker, Side.Giver, t.Units)],
        (DealKind.Lending, DealEvent.Enforce) when held => [new(UnitAct.Void, ClosingSlot, Side.Taker, Side.Giver, t.Units)],
        (DealKind.Repo, DealEvent.Enforce) => [new(UnitAct.Void, ClosingSlot, Side.Taker, Side.Giver, t.Units), .. Added(UnitAct.Post, added)],
        (DealKind.BuyBack, DealEvent.Lapse) => [new(UnitAct.Void, ClosingSlot, Side.Taker, Side.Giver, t.Units)],
        (DealKind.Pledge, DealEvent.Accept) => [new(UnitAct.Lien, PledgeSlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Pledge, DealEvent.Abandon or DealEvent.Settle) => [new(UnitAct.Void, PledgeSlot, Side.Giver, Side.Taker, t.Units), .. Added(UnitAct.Void, added)],
        (DealKind.Pledge, DealEvent.Enforce) => [new(UnitAct.Post, PledgeSlot, Side.Giver, Side.Taker, t.Units), .. Added(UnitAct.Post, added)],
        (DealKind.Forward, DealEvent.Accept) when t.Covered => [new(UnitAct.Hold, DeliverySlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Forward, DealEvent.Cover) => [new(UnitAct.Hold, DeliverySlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Forward, DealEvent.Settle) => [new(UnitAct.Post, DeliverySlot, Side.Giver, Side.Taker, t.Units)],
        (DealKind.Forward, DealEvent.Enforce) when held => [new(UnitAct.Void, DeliverySlot, Side.Giver, Side.Taker, t.Units)],
        _ => [],
    };

    /// <summary>Units added to the security after a call.</summary>
    public static UnitLeg Adding(int place, long units) => new(UnitAct.Lien, $"{AddedSlot}{place}", Side.Giver, Side.Taker, units);

    static IEnumerable<UnitLeg> Added(UnitAct act, IReadOnlyList<long> added) => added.Select((units, i) => new UnitLeg(act, $"{AddedSlot}{i + 1}", Side.Giver, Side.Taker, units));
}
