using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>Who acts for a scheme.</summary>
/// <param name="AdministratorId">Null: nobody was named yet, and nothing can be asked for.</param>
public sealed record SchemeStanding(string Scheme, Guid? AdministratorId);

/// <summary>The organisation that administers a scheme, named by the market's staff, and what its people may.</summary>
public sealed class Administration(SchemeSet schemes, IHolderDirectory directory)
{
    public async Task<IReadOnlyList<SchemeStanding>> All(DbSession s, CancellationToken ct) => await s.All("select code, administrator_id from registry.scheme order by code", r => new SchemeStanding(r.GetString(0), r.MaybeGuid(1)), ct);

    /// <summary>Names the administrator of a scheme. Exchange staff only; <c>scheme.unknown</c>, <c>scheme.authority</c>.</summary>
    public async Task<Answer<SchemeStanding>> Appoint(DbSession s, string scheme, Guid organisation, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (schemes.Find(scheme) is null) return Refusal.NotFound("scheme.unknown", "scheme", ("given", scheme));
        if ((await directory.Authorities(s, ct)).All(a => a.Id != organisation)) return Refusal.Of("scheme.authority", "organisationId");
        return await s.InTransaction<SchemeStanding>(async t =>
        {
            var before = await AdministratorOf(s, scheme, t);
            await s.Run("update registry.scheme set administrator_id = $2, appointed_by = $3, appointed_at = $4 where code = $1", t, scheme, organisation, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("registry-scheme.appointed", "registry-scheme", scheme, Details: new { Before = before, Organisation = organisation }), t);
            return new SchemeStanding(scheme, organisation);
        }, ct);
    }

    static readonly Administered Schemes = new("registry.scheme", "scheme", "scheme.no-administrator", "scheme.not-administered");

    public static Task<Guid?> AdministratorOf(DbSession s, string scheme, CancellationToken ct) => Schemes.By(s, scheme, ct);

    /// <summary>The administrator to send a task to; <c>scheme.no-administrator</c>.</summary>
    internal static Task<Answer<Guid>> Needed(DbSession s, string scheme, CancellationToken ct) => Schemes.Needed(s, scheme, ct);

    /// <summary>Why the actor does not act for the scheme; null where he does: an officer (or approver) of its administrator.</summary>
    internal static Task<Refusal?> Acts(DbSession s, string scheme, CancellationToken ct, string role = Role.AuthorityOfficer) => Schemes.Acts(s, scheme, role, ct);

    /// <summary>Whether the actor reads all of the scheme: any of the administrator's people.</summary>
    internal static async Task<bool> Reads(DbSession s, string scheme, CancellationToken ct) =>
        s.Actor.Is(Role.System) || (Allow.AnyRole(s.Actor, Role.AuthorityOfficer, Role.AuthorityApprover, Role.Reader) is null && await AdministratorOf(s, scheme, ct) == s.Actor.OrganisationId);
}
