using Verdigris.Primitives;

namespace Verdigris.Registry.Links;

public enum LinkEvent { Open, TurnDown, Suspend, AskResume, KeepSuspended, Resume }

/// <summary>The life of a link. Pure.</summary>
static class LinkRules
{
    /// <summary>What was turned down is over. One officer stops a link, or whoever finds the logs to disagree, also while its taking up again is asked for; it opens by two people, the first time and every other.</summary>
    public static StateTable<LinkState, LinkEvent> Table { get; } = new(Refusal.Conflict("link.state-forbids", "state"),
    [
        (LinkState.Proposed, LinkEvent.Open, LinkState.Open),
        (LinkState.Proposed, LinkEvent.TurnDown, LinkState.TurnedDown),
        (LinkState.Open, LinkEvent.Suspend, LinkState.Suspended),
        (LinkState.Suspended, LinkEvent.AskResume, LinkState.ResumeAsked),
        (LinkState.ResumeAsked, LinkEvent.Suspend, LinkState.Suspended),
        (LinkState.ResumeAsked, LinkEvent.KeepSuspended, LinkState.Suspended),
        (LinkState.ResumeAsked, LinkEvent.Resume, LinkState.Open),
    ]);
}
