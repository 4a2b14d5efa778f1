using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>A figure a room shows on the start page.</summary>
/// <param name="Value">Null when not known: shown as such, never as zero.</param>
/// <param name="Digits">Decimals shown.</param>
public sealed record FigureItem(string LabelKey, decimal? Value, string? Unit = null, string? Path = null, int Digits = 0);

/// <summary>What a room has to say on the start page; registered as a scoped service, any number of rooms.</summary>
public interface IRoomFigures
{
    /// <summary>Figures open to everybody: counts and sums that name nobody.</summary>
    Task<IReadOnlyList<FigureItem>> Public(CancellationToken ct);

    /// <summary>Figures of the actor's own organisation, the most useful first.</summary>
    Task<IReadOnlyList<FigureItem>> For(Actor actor, CancellationToken ct);
}

/// <summary>Something a person of some role often does: a link on the start page. Registered by its room as a singleton.</summary>
/// <param name="Icon">A name of the <c>Icon</c> component.</param>
public sealed record HomeLink(string TextKey, string HintKey, string Path, string Icon, Func<Actor, bool> Shown, int Order = 50);
