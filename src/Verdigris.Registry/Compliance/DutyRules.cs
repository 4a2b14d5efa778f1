using Verdigris.Primitives;

namespace Verdigris.Registry.Compliance;

public enum CarryOverEvent { Approve, TurnDown, Carry, BookRefuses }

public enum PenaltyEvent { Set, TurnDown, Pay, Lift }

/// <summary>The lives of what is carried over and of penalties. Pure.</summary>
static class DutyRules
{
    public static StateTable<CarryOverState, CarryOverEvent> CarryOvers { get; } = new(Refusal.Conflict("carry-over.state-forbids", "state"),
    [
        (CarryOverState.Proposed, CarryOverEvent.Approve, CarryOverState.Pending),
        (CarryOverState.Proposed, CarryOverEvent.TurnDown, CarryOverState.TurnedDown),
        (CarryOverState.Pending, CarryOverEvent.Carry, CarryOverState.Done),
        (CarryOverState.Pending, CarryOverEvent.BookRefuses, CarryOverState.Refused),
    ]);

    /// <summary>One that was turned down and one that was lifted end alike: there is none, and another may be proposed.</summary>
    public static StateTable<PenaltyState, PenaltyEvent> Penalties { get; } = new(Refusal.Conflict("penalty.state-forbids", "state"),
    [
        (PenaltyState.Open, PenaltyEvent.Set, PenaltyState.Set),
        (PenaltyState.Open, PenaltyEvent.TurnDown, PenaltyState.Lifted),
        (PenaltyState.Set, PenaltyEvent.Pay, PenaltyState.Paid),
        (PenaltyState.Set, PenaltyEvent.Lift, PenaltyState.Lifted),
    ]);
}
