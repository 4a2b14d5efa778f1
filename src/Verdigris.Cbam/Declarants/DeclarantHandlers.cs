using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarants;

/// <summary>The record by which an organisation imports and declares. Its trader writes it; every change is in the audit trail.</summary>
public sealed class DeclarantHandlers
{
    const string Columns = "organisation_id, eori, member_state, account_number, applied_on, authorised_since, representative_eori, representative_name, written_by, written_at";

    /// <summary>Who reads what a declarant keeps: its people, and nobody of another organisation.</summary>
    internal static Refusal? Reader(Actor actor) => Allow.AnyRole(actor, Role.OwnerTrader, Role.OwnerApprover, Role.Reader, Role.Administrator);

    /// <summary>Makes the record of the own organisation or replaces what it says. An EORI number belongs to one organisation.</summary>
    public async Task<Answer<Declarant>> Save(DbSession s, DeclarantData given, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        var read = DeclarantRules.Check(given, s.Today());
        if (!read.Ok) return Answer<Declarant>.From(read.Refusals);
        var d = read.Value;
        try
        {
            return await s.InTransaction<Declarant>(async t =>
            {
                var before = await Find(s, s.Actor.OrganisationId, t);
                await s.Run("""
                    insert into cbam.declarant (organisation_id, eori, member_state, account_number, applied_on, authorised_since, representative_eori, representative_name, written_by, written_at, row_version)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
                    on conflict (organisation_id) do update set eori = $2, member_state = $3, account_number = $4, applied_on = $5, authorised_since = $6, representative_eori = $7, representative_name = $8,
                      written_by = $9, written_at = $10, row_version = cbam.declarant.row_version + 1
                    """, t, s.Actor.OrganisationId, d.Eori, d.MemberState, d.AccountNumber, d.AppliedOn, d.AuthorisedSince, d.RepresentativeEori, d.RepresentativeName, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("declarant.saved", "declarant", s.Actor.OrganisationId.ToString(), Details: new { Before = before is null ? null : new { before.Eori, before.MemberState, before.AccountNumber, before.AppliedOn, before.AuthorisedSince }, d.Eori, d.MemberState, d.AccountNumber, d.AppliedOn, d.AuthorisedSince }), t);
                return (await Find(s, s.Actor.OrganisationId, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("declarant.eori-taken", "eori", ("given", d.Eori));
        }
    }

    /// <summary>The own record; <c>declarant.none</c> where there is none yet.</summary>
    public async Task<Answer<Declarant>> Read(DbSession s, CancellationToken ct)
    {
        if (Reader(s.Actor) is { } no) return no;
        return await Find(s, s.Actor.OrganisationId, ct) is { } known ? known : Refusal.NotFound("declarant.none");
    }

    /// <summary>The own record for somebody who is about to write; <c>access.role-needed</c>, <c>declarant.none</c>.</summary>
    internal static async Task<Answer<Declarant>> Writing(DbSession s, CancellationToken ct, string role = Role.OwnerTrader)
    {
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await Find(s, s.Actor.OrganisationId, ct) is { } known ? known : Refusal.Conflict("declarant.none");
    }

    /// <summary>Holds the record, so that what is counted over all lines of a declarant is counted by one at a time.</summary>
    internal static Task<Declarant?> Locked(DbSession s, Guid organisation, CancellationToken ct) => s.One($"select {Columns} from cbam.declarant where organisation_id = $1 for update", Map, ct, organisation);

    internal static Task<Declarant?> Find(DbSession s, Guid organisation, CancellationToken ct) => s.One($"select {Columns} from cbam.declarant where organisation_id = $1", Map, ct, organisation);

    static Declarant Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.Text(3), r.MaybeDay(4), r.MaybeDay(5), r.Text(6), r.Text(7), r.GetGuid(8), r.Time(9));
}
