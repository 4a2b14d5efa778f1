using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Tells the registry of organisations, which the passport room keeps, and of people, whom this one keeps.</summary>
sealed class HolderDirectory(OrganisationHandlers organisations, IDbSessions sessions) : IHolderDirectory
{
    public async Task<DirectoryName?> Organisation(DbSession session, Guid id, CancellationToken ct) => await organisations.Find(session, id, ct) is { } known ? Of(known) : null;

    public Task<IReadOnlyList<DirectoryName>> Authorities(DbSession session, CancellationToken ct) => Active(session, OrganisationKind.Authority, ct);

    public Task<IReadOnlyList<DirectoryName>> Verifiers(DbSession session, CancellationToken ct) => Active(session, OrganisationKind.Verifier, ct);

    async Task<IReadOnlyList<DirectoryName>> Active(DbSession session, OrganisationKind kind, CancellationToken ct) =>
        [.. (await organisations.List(session, kind, ct)).Where(o => o.State == "active").OrderBy(o => o.Name, StringComparer.Ordinal).Select(Of)];

    public async Task<IReadOnlyList<DirectoryPerson>> Representatives(DbSession session, Guid organisation, CancellationToken ct)
    {
        await using var system = sessions.Open(Actor.System);
        return await system.All("select p.id, p.display_name from server.membership m join server.person p on p.id = m.person_id where m.organisation_id = $1 and $2 = any(m.roles) and p.state = 'active' order by p.display_name, p.id",
            r => new DirectoryPerson(r.GetGuid(0), r.GetString(1)), ct, organisation, Role.AccountRepresentative);
    }

    public async Task<string?> Person(DbSession session, Guid id, CancellationToken ct)
    {
        await using var system = sessions.Open(Actor.System);
        return (await system.All("select display_name from server.person where id = $1", r => r.GetString(0), ct, id)).FirstOrDefault();
    }

    static DirectoryName Of(Organisation o) => new(o.Id, o.Name, o.NameZh);
}
