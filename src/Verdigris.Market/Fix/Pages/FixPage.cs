using Microsoft.AspNetCore.Components;
using Verdigris.Primitives;
using Verdigris.Web.Components;

namespace Verdigris.Market.Fix.Pages;

/// <summary>What the pages of FIX sessions share.</summary>
public abstract class FixPage : RoomPage
{
    [Inject] protected FixSessions Desks { get; set; } = null!;

    protected override string DonePrefix => "fix.done.";

    protected bool Operator => Is(Role.MarketOperator);

    protected string KindOf(FixSessionRow row) => S[row.DropCopy ? "fix.kind.drop-copy" : "fix.kind.trading"];

    /// <summary>How a session stands in one word.</summary>
    /// <param name="standing">Null where it has not begun on this server.</param>
    internal (Tone Tone, string Text) StateOf(FixSessionRow row, FixStanding? standing) => row.ClosedAt is not null ? (Tone.Neutral, S["fix.state.closed"])
        : standing is { LoggedOn: true } ? (Tone.Good, S["fix.state.logged-on"])
        : (Tone.Info, S["fix.state.away"]);
}
