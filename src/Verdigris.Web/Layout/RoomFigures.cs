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

/// <param name="Kind">producer, warehouse, owner, exchange, verifier, other.</param>
public sealed record OrganisationInfo(Guid Id, string Name, string? NameZh, string Kind)
{
    public string In(string language) => language == StringCatalogue.Chinese && NameZh is { Length: > 0 } zh ? zh : Name;
}

/// <summary>Names and kinds of organisations; the room that keeps organisations implements it, the server's people and pages ask it.</summary>
public interface IOrganisationDirectory
{
    Task<OrganisationInfo?> Find(Guid id, CancellationToken ct);

    /// <summary>All of one kind, by name.</summary>
    Task<IReadOnlyList<OrganisationInfo>> OfKind(string kind, CancellationToken ct);
}
