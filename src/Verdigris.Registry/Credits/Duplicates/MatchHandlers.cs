using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>Matches of projects across registries, read and decided by the staff of the two programmes. Every decision has its reason, keeps what was compared, and can be followed by another.</summary>
public sealed class MatchHandlers(RulePacks packs)
{
    public MatchRules Rules { get; } = MatchRules.Of(packs);

    /// <summary>Matches of the programmes the actor's organisation administers, those that wait first.</summary>
    public async Task<Answer<IReadOnlyList<ProjectMatch>>> List(DbSession s, CancellationToken ct) => Staff(s) is { } no ? no : await MatchStore.List(s, "true", ct);

    /// <summary>Matches of the projects a file names.</summary>
    public async Task<Answer<IReadOnlyList<ProjectMatch>>> OfImport(DbSession s, Guid import, CancellationToken ct) => Staff(s) is { } no ? no : await MatchStore.List(s, """
        exists (select from registry.credit_import i join registry.credit_import_project n on n.import_id = i.id where i.id = $1 and ((m.one_programme = i.programme and m.one_number = n.number) or (m.other_programme = i.programme and m.other_number = n.number)))
        """, ct, import);

    public async Task<Answer<ProjectMatch>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (Staff(s) is { } no) return no;
        return (await MatchStore.List(s, "m.id = $1", ct, id)).FirstOrDefault() is { } found ? found : Refusal.NotFound("credits.match-not-found");
    }

    /// <summary>
    /// Decides, or decides anew. An approver of one of the two programmes, and not who brought what the match was found in. <c>credits.match-not-found</c>, <c>credits.match-decision</c>, <c>credits.match-stands</c>, <c>credits.match-own</c>, <c>credits.match-changed</c>.
    /// </summary>
    public async Task<Answer<ProjectMatch>> Decide(DbSession s, Guid id, NewRuling wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.AuthorityApprover) is { } no) return no;
        var wrong = new List<Refusal>();
        var reason = Given.Text(wanted.Reason, "reason", Given.Longest, wrong);
        if (wanted.Decision is not (MatchDecision.Distinct or MatchDecision.Moved or MatchDecision.Linked or MatchDecision.Duplicate)) wrong.Add(Refusal.Of("credits.match-decision", "decision", ("known", string.Join(", ", Enum.GetNames<MatchDecision>().Where(n => n != nameof(MatchDecision.Open))))));
        if (wanted.Decision == MatchDecision.Moved && wanted.MovedOn is null) wrong.Add(Refusal.Of("input.required", "movedOn"));
        if (wrong.Count > 0) return wrong;
        var decision = wanted.Decision!.Value;
        return await s.InTransaction<ProjectMatch>(async t =>
        {
            if ((await MatchStore.List(s, "m.id = $1", t, id)).FirstOrDefault() is not { } match) return Refusal.NotFound("credits.match-not-found");
            var standing = decision is MatchDecision.Moved or MatchDecision.Duplicate ? wanted.Stands : null;
            if (decision is MatchDecision.Moved or MatchDecision.Duplicate && standing != match.One.Programme && standing != match.Other.Programme) return Refusal.Of("credits.match-stands", "stands", ("known", $"{match.One.Programme}, {match.Other.Programme}"));
            if (await ProgrammeAdministration.Acts(s, match.One.Programme, t, Role.AuthorityApprover) is { } notOne && await ProgrammeAdministration.Acts(s, match.Other.Programme, t, Role.AuthorityApprover) is not null) return notOne;
            return await s.AsSystem<Answer<ProjectMatch>>(async u =>
            {
                if (await s.Value<Guid>("select found_by from registry.credit_match where id = $1", u, id) == s.Actor.PersonId) return Refusal.Forbidden("credits.match-own", "id");
                var moved = decision == MatchDecision.Moved ? wanted.MovedOn : null;
                if (await s.Run("update registry.credit_match set decision = $2, stands = $3, moved_on = $4, row_version = row_version + 1 where id = $1 and row_version = $5", u, id, (short)decision, standing, moved, wanted.RowVersion) == 0) return Refusal.Conflict("credits.match-changed", "rowVersion");
                await s.Run("insert into registry.credit_match_decision (id, match_id, decision, stands, moved_on, reason, evidence, years_meet, organisation_id, decided_by, decided_at) select $1, $2, $3, $4, $5, $6, m.evidence, m.years_meet, $7, $8, $9 from registry.credit_match m where m.id = $2", u,
                    s.NewId(), id, (short)decision, standing, moved, reason, s.Actor.OrganisationId, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("credit-match.decided", "credit-match", id.ToString(), reason, new { Decision = decision.ToString(), Stands = standing, MovedOn = moved is { } day ? $"{day:uuuu-MM-dd}" : null }), u);
                return (await MatchStore.List(s, "m.id = $1", u, id))[0];
            }, t);
        }, ct);
    }

    static Refusal? Staff(DbSession s) => Allow.AnyRole(s.Actor, Role.AuthorityOfficer, Role.AuthorityApprover, Role.Reader);
}
