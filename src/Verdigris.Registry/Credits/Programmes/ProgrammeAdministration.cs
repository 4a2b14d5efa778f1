using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Programmes;

/// <summary>A programme and who administers it here.</summary>
/// <param name="AdministratorId">Null: nobody was named yet, and nothing can be asked for.</param>
public sealed record ProgrammeStanding(string Programme, Guid? AdministratorId);

/// <summary>The organisation that administers a crediting programme here, named by the market's staff, and what its people may.</summary>
public sealed class ProgrammeAdministration(RulePacks packs, IHolderDirectory directory)
{
    readonly CreditRules rules = CreditRules.Of(packs);

    public async Task<IReadOnlyList<ProgrammeStanding>> All(DbSession s, CancellationToken ct) => await s.All("select code, administrator_id from registry.credit_programme order by code", r => new ProgrammeStanding(r.GetString(0), r.MaybeGuid(1)), ct);

    /// <summary>Names the administrator of a programme. Exchange staff only; <c>credits.programme-unknown</c>, <c>scheme.authority</c>.</summary>
    public async Task<Answer<ProgrammeStanding>> Appoint(DbSession s, string programme, Guid organisation, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (rules.Programme(programme) is null) return Refusal.NotFound("credits.programme-unknown", "programme", ("given", programme), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code))));
        if ((await directory.Authorities(s, ct)).All(a => a.Id != organisation)) return Refusal.Of("scheme.authority", "organisationId");
        return await s.InTransaction<ProgrammeStanding>(async t =>
        {
            var before = await AdministratorOf(s, programme, t);
            await s.Run("update registry.credit_programme set administrator_id = $2, appointed_by = $3, appointed_at = $4 where code = $1", t, programme, organisation, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-programme.appointed", "credit-programme", programme, Details: new { Before = before, Organisation = organisation }), t);
            return new ProgrammeStanding(programme, organisation);
        }, ct);
    }

    /// <summary>Writes the programmes of the pack into the database. At every start.</summary>
    public static async Task Start(IDbSessions sessions, CreditRules rules, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        await s.Run("insert into registry.credit_programme (code) select unnest($1::text[]) on conflict do nothing", ct, (object)rules.Programmes.Select(p => p.Code).ToArray());
    }

    static readonly Administered Programmes = new("registry.credit_programme", "programme", "credits.no-administrator", "credits.not-administered");

    public static Task<Guid?> AdministratorOf(DbSession s, string programme, CancellationToken ct) => Programmes.By(s, programme, ct);

    /// <summary>The administrator to send a task to; <c>credits.no-administrator</c>.</summary>
    internal static Task<Answer<Guid>> Needed(DbSession s, string programme, CancellationToken ct) => Programmes.Needed(s, programme, ct);

    /// <summary>Why the actor does not act for the programme; null where he does: an officer (or approver) of its administrator.</summary>
    internal static Task<Refusal?> Acts(DbSession s, string programme, CancellationToken ct, string role = Role.AuthorityOfficer) => Programmes.Acts(s, programme, role, ct);
}
