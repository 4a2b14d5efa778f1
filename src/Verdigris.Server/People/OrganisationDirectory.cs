using System.Collections.Concurrent;
using NodaTime;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Names and kinds of organisations, which the passport room keeps. Kept for a minute: every page shows one. Thread-safe.</summary>
sealed class OrganisationDirectory(OrganisationHandlers organisations, IDbSessions sessions, IClock clock)
{
    static readonly Duration Kept = Duration.FromMinutes(1);
    readonly ConcurrentDictionary<Guid, (Organisation Organisation, Instant Until)> known = new();

    public async ValueTask<Organisation?> Find(Guid id, CancellationToken ct)
    {
        if (id == Guid.Empty) return null;
        var now = clock.GetCurrentInstant();
        if (known.TryGetValue(id, out var entry) && entry.Until > now) return entry.Organisation;
        await using var session = sessions.Open(Actor.System);
        var found = await organisations.Find(session, id, ct);
        if (found is not null) known[id] = (found, now + Kept);
        return found;
    }

    /// <summary>The name in a language, or null where there is no such organisation.</summary>
    public async ValueTask<string?> Name(Guid id, string language, CancellationToken ct) =>
        await Find(id, ct) is { } found ? language == StringCatalogue.Chinese && found.NameZh is { Length: > 0 } zh ? zh : found.Name : null;

    public Task<IReadOnlyList<Organisation>> OfKind(OrganisationKind kind, CancellationToken ct) => List(kind, ct);

    public Task<IReadOnlyList<Organisation>> All(CancellationToken ct) => List(null, ct);

    async Task<IReadOnlyList<Organisation>> List(OrganisationKind? kind, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        return await organisations.List(session, kind, ct);
    }

    /// <summary>Roles an organisation may give; none where it is unknown.</summary>
    public async Task<IReadOnlyList<string>> RolesOf(Guid organisation, CancellationToken ct) =>
        await Find(organisation, ct) is { } found ? OrganisationRules.RolesOf(found.Kind) : [];
}
