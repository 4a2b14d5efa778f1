using Verdigris.Primitives;

namespace Verdigris.Registry.Links;

public enum LinkEvent { Open, TurnDown, Suspend, Resume }

/// <summary>The life of a link. Pure.</summary>
static class LinkRules
{
    /// <summary>What was turned down is over: one officer takes up again what two people opened once, and nothing else.</summary>
    public static StateTable<LinkState, LinkEvent> Table { get; } = new(Refusal.Conflict("link.state-forbids", "state"),
    [
        (LinkState.Proposed, LinkEvent.Open, LinkState.Open),
        (LinkState.Proposed, LinkEvent.TurnDown, LinkState.TurnedDown),
        (LinkState.Open, LinkEvent.Suspend, LinkState.Suspended),
        (LinkState.Suspended, LinkEvent.Resume, LinkState.Open),
    ]);
}
