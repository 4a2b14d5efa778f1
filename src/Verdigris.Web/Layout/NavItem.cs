using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>An entry of the main navigation, registered by its room as a singleton.</summary>
/// <param name="TextKey">Key of the label.</param>
/// <param name="Order">Position from the left; rooms use steps of ten.</param>
/// <param name="Shown">Whether this actor sees it; null = everybody.</param>
/// <param name="Aside">Stands in the account menu instead of the bar: what is needed seldom.</param>
public sealed record NavItem(string TextKey, string Path, int Order, Func<Actor, bool>? Shown = null, bool Aside = false)
{
    public bool IsFor(Actor actor) => Shown is null || Shown(actor);
}

/// <summary>What the page's frame shows of the session at hand. The server fills it; without one the frame is that of the public.</summary>
public interface IFrame
{
    /// <summary>The organisation acted for, in the request's language; null for the public.</summary>
    Task<string?> OrganisationName();

    /// <summary>Open approval tasks the actor may decide; null where not known.</summary>
    Task<int?> OpenTasks();

    /// <summary>Notices the person has not read; null where not known.</summary>
    Task<int?> UnreadNotices();

    /// <summary>Whether the person may switch to another organisation.</summary>
    bool SeveralOrganisations { get; }
}
