using Verdigris.Footprint;
using Verdigris.Passport.Organisations;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Tells the footprint room of organisations, which the passport room keeps.</summary>
sealed class VerifierRegister(OrganisationHandlers organisations) : IVerifierRegister
{
    public async Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct) =>
        await organisations.Find(session, organisation, ct) is { Kind: OrganisationKind.Verifier, State: "active" };

    public async Task<IReadOnlyList<OrganisationName>> All(DbSession session, CancellationToken ct) =>
        [.. (await organisations.List(session, OrganisationKind.Verifier, ct)).Where(o => o.State == "active").OrderBy(o => o.Name, StringComparer.Ordinal).Select(o => new OrganisationName(o.Id, o.Name, o.NameZh))];

    public async Task<OrganisationName?> Find(DbSession session, Guid organisation, CancellationToken ct) =>
        await organisations.Find(session, organisation, ct) is { } known ? new(known.Id, known.Name, known.NameZh) : null;
}
