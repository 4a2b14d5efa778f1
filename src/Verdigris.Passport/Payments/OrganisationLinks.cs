using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>Two organisations that are not independent of each other.</summary>
public sealed record OrganisationLink(Guid Id, Guid OneId, string OneName, Guid OtherId, string OtherName, string Reason, Instant SaidAt, Instant? EndedAt);

public sealed record NewLink(Guid OneId, Guid OtherId, string Reason);

/// <summary>Who is linked to whom: said by the exchange with a reason, ended but never taken away. Links do not reach on: a is linked to c only where that is said.</summary>
public sealed class OrganisationLinks
{
    public async Task<Answer<OrganisationLink>> Say(DbSession s, NewLink link, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (!CertificateRules.IsText(link.Reason)) return Refusal.Of("payment.text-invalid", "reason", ("most", "64"));
        if (link.OneId == link.OtherId) return Refusal.Of("payment.link-to-itself", "otherId");
        return await s.InTransaction<OrganisationLink>(async t =>
        {
            if (await s.Value<long>("select count(*) from passport.organisation where id = any($1)", t, new[] { link.OneId, link.OtherId }) != 2) return EmissionsAccess.NotVisible("organisation");
            var id = s.NewId();
            // The smaller id first, as the database orders them: one row a pair.
            if (await s.Run("insert into passport.organisation_link (id, one_id, other_id, reason, said_by, said_at) values ($1, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid), $4, $5, $6) on conflict (one_id, other_id) where ended_at is null do nothing", t,
                id, link.OneId, link.OtherId, link.Reason.Trim(), s.Actor.PersonId, s.Now) == 0) return Refusal.Conflict("payment.link-known", "otherId");
            await s.Audit(new AuditEntry("organisation.linked", "organisation-link", id.ToString(), link.Reason, new { link.OneId, link.OtherId }), t);
            return (await Rows(s, "l.id = $1", t, id)).Single();
        }, ct);
    }

    public async Task<Answer<OrganisationLink>> End(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("payment.text-invalid", "reason", ("most", "64"));
        return await s.InTransaction<OrganisationLink>(async t =>
        {
            if (await s.Run("update passport.organisation_link set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null", t, id, s.Now, s.Actor.PersonId) == 0) return EmissionsAccess.NotVisible("organisation-link");
            await s.Audit(new AuditEntry("organisation.unlinked", "organisation-link", id.ToString(), reason), t);
            return (await Rows(s, "l.id = $1", t, id)).Single();
        }, ct);
    }

    /// <summary>Those that stand, for the exchange.</summary>
    public async Task<Answer<IReadOnlyList<OrganisationLink>>> List(DbSession s, CancellationToken ct) =>
        Allow.Role(s.Actor, Role.ExchangeStaff) is { } no ? no : await Rows(s, "l.ended_at is null", ct);

    /// <summary>Every pair that stands, in both directions: those said here, and everybody of one group of producers with each other.</summary>
    internal static async Task<IReadOnlySet<(Guid, Guid)>> Pairs(DbSession s, CancellationToken ct) => (await s.All("""
        with belongs as (
          select group_id, organisation_id from passport.group_membership where state = 1 and from_day <= $1
          union select id, head_id from passport.producer_group)
        select one_id, other_id from passport.organisation_link where ended_at is null
        union select a.organisation_id, b.organisation_id from belongs a join belongs b on b.group_id = a.group_id and b.organisation_id <> a.organisation_id
        """, r => (r.GetGuid(0), r.GetGuid(1)), ct, s.Today())).SelectMany(p => new[] { p, (p.Item2, p.Item1) }).ToHashSet();

    static Task<List<OrganisationLink>> Rows(DbSession s, string which, CancellationToken ct, params object[] args) => s.All($"""
        select l.id, l.one_id, a.name, l.other_id, b.name, l.reason, l.said_at, l.ended_at from passport.organisation_link l
        join passport.organisation a on a.id = l.one_id join passport.organisation b on b.id = l.other_id where {which} order by l.id desc
        """, r => new OrganisationLink(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetGuid(3), r.GetString(4), r.GetString(5), r.Time(6), r.MaybeTime(7)), ct, args);
}
