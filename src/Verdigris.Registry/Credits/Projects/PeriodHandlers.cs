using Npgsql;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>Monitoring periods, and what bodies declare and find.</summary>
public sealed class PeriodHandlers(RulePacks packs)
{
    readonly CreditRules rules = CreditRules.Of(packs);

    /// <summary>Opens a period of a registered project. <c>credits.period-overlaps</c> where it shares a day with another.</summary>
    public async Task<Answer<CreditPeriod>> Open(DbSession s, Guid project, PeriodContent content, CancellationToken ct)
    {
        if (ProjectRoles.Writes(s.Actor) is { } no) return no;
        if (Wrong(content) is { Count: > 0 } wrong) return Answer<CreditPeriod>.From(wrong);
        var id = s.NewId();
        return await Apart(s.InTransaction<CreditPeriod>(async t =>
        {
            if (await ProjectStore.Locked(s, project, t) is not { } known || known.DeveloperId != s.Actor.OrganisationId) return Refusal.NotFound("credits.project-not-found");
            if (known.State is not (ProjectState.Registered or ProjectState.LateToVerify)) return Refusal.Conflict("credits.guard.project-registered", "state");
            await s.Run("insert into registry.credit_period (id, project_id, first_day, last_day, state, reported_t, data_complete, verifier_id, written_by, written_at) values ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9)", t,
                id, project, content.FirstDay, content.LastDay, content.ReportedT, content.DataComplete, content.VerifierId, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-period.opened", "credit-project", project.ToString(), Details: new { Period = id, First = $"{content.FirstDay:uuuu-MM-dd}", Last = $"{content.LastDay:uuuu-MM-dd}" }), t);
            return (await ProjectStore.Periods(s, project, t)).First(p => p.Id == id);
        }, ct));
    }

    /// <summary>Changes a period that is open; once reported, only the body that is to verify.</summary>
    public async Task<Answer<CreditPeriod>> Change(DbSession s, Guid project, Guid period, PeriodContent content, CancellationToken ct)
    {
        if (ProjectRoles.Writes(s.Actor) is { } no) return no;
        if (Wrong(content) is { Count: > 0 } wrong) return Answer<CreditPeriod>.From(wrong);
        return await Apart(s.InTransaction<CreditPeriod>(async t =>
        {
            if (await ProjectStore.Locked(s, project, t) is not { } known || known.DeveloperId != s.Actor.OrganisationId) return Refusal.NotFound("credits.project-not-found");
            if ((await ProjectStore.Periods(s, project, t)).FirstOrDefault(p => p.Id == period) is not { } of) return Refusal.NotFound("credits.period-not-found");
            var same = content with { VerifierId = of.VerifierId } == new PeriodContent(of.FirstDay, of.LastDay, of.ReportedT, of.DataComplete, of.VerifierId);
            if (of.State != PeriodState.Open && !(of.State == PeriodState.Reported && same)) return Refusal.Conflict("credits.period-fixed", "state", ("state", of.State.ToString()));
            await s.Run("update registry.credit_period set first_day = $2, last_day = $3, reported_t = $4, data_complete = $5, verifier_id = $6, written_by = $7, written_at = $8, row_version = row_version + 1 where id = $1", t,
                period, content.FirstDay, content.LastDay, content.ReportedT, content.DataComplete, content.VerifierId, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-period.changed", "credit-project", project.ToString(), Details: new { Period = period }), t);
            return (await ProjectStore.Periods(s, project, t)).First(p => p.Id == period);
        }, ct));
    }

    /// <summary>A body says whether it has an interest in the project; every word stays, the last one counts.</summary>
    public async Task<Answer<Done>> Declare(DbSession s, Guid project, bool independent, string? statement, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.VerifierLead) is { } no) return no;
        var wrong = new List<Refusal>();
        var text = Given.Text(statement, "statement", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Done>(async t =>
        {
            if (await ProjectStore.Find(s, project, t) is not { } known) return Refusal.NotFound("credits.project-not-found");
            if (known.ValidatorId != s.Actor.OrganisationId && (await ProjectStore.Periods(s, project, t)).All(p => p.VerifierId != s.Actor.OrganisationId)) return Refusal.Forbidden("credits.not-the-body", "id");
            await s.Run("insert into registry.credit_declaration (id, project_id, body_id, independent, statement, declared_by, declared_at) values ($1, $2, $3, $4, $5, $6, $7)", t, s.NewId(), project, s.Actor.OrganisationId, independent, text, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-body.declared", "credit-project", project.ToString(), text, new { independent }), t);
            return default(Done);
        }, ct);
    }

    /// <summary>The validation body's opinion on the design, while it validates.</summary>
    public async Task<Answer<Done>> Validate(DbSession s, Guid project, bool positive, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.VerifierLead) is { } no) return no;
        return await s.InTransaction<Done>(async t =>
        {
            if (await ProjectStore.Locked(s, project, t) is not { } known) return Refusal.NotFound("credits.project-not-found");
            if (known.ValidatorId != s.Actor.OrganisationId) return Refusal.Forbidden("credits.not-the-body", "id");
            if (known.State != ProjectState.Validation) return Refusal.Conflict("credits.project-fixed", "state", ("state", known.State.ToString()!));
            await s.Run("update registry.credit_project set validation_positive = $2, row_version = row_version + 1 where id = $1", t, project, positive);
            await s.Audit(new AuditEntry("credit-project.validated", "credit-project", project.ToString(), Details: new { positive }), t);
            return default(Done);
        }, ct);
    }

    /// <summary>What the verification body found, while it verifies: units by year, in whole tonnes. <c>credits.over-reported</c> where more is verified than was reported.</summary>
    public async Task<Answer<CreditPeriod>> Verify(DbSession s, Guid project, Guid period, Verification found, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.VerifierLead) is { } no) return no;
        var wrong = new List<Refusal>();
        if (found.Positive is null) wrong.Add(Refusal.Of("input.required", "positive"));
        if (found.Units is < 1 or > 1_000_000_000) wrong.Add(Refusal.Of("credits.amount", "units", ("given", $"{found.Units}")));
        if (found.Positive is true && found.Units is null) wrong.Add(Refusal.Of("input.required", "units"));
        if (found.Vintages!.Any(v => v is not { Units: >= 1, Year: >= 1990 and <= 2100 }) || found.Vintages!.Select(v => v?.Year).Distinct().Count() != found.Vintages!.Count) wrong.Add(Refusal.Of("credits.vintages", "vintages"));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<CreditPeriod>(async t =>
        {
            if (await ProjectStore.Find(s, project, t) is null) return Refusal.NotFound("credits.project-not-found");
            if ((await ProjectStore.Periods(s, project, t)).FirstOrDefault(p => p.Id == period) is not { } of) return Refusal.NotFound("credits.period-not-found");
            if (of.VerifierId != s.Actor.OrganisationId) return Refusal.Forbidden("credits.not-the-body", "id");
            if (of.State != PeriodState.Verification) return Refusal.Conflict("credits.period-fixed", "state", ("state", of.State.ToString()));
            if (found.Units > of.ReportedT) return Refusal.Of("credits.over-reported", "units", ("units", $"{found.Units}"), ("reported", DecimalText.Write(of.ReportedT!.Value)));
            await s.Run("update registry.credit_period set verification_positive = $2, verified_units = $3, row_version = row_version + 1 where id = $1", t, period, found.Positive, found.Units);
            await s.Run("delete from registry.credit_vintage where period_id = $1", t, period);
            foreach (var v in found.Vintages!) await s.Run("insert into registry.credit_vintage (period_id, year, units) values ($1, $2, $3)", t, period, v.Year, v.Units);
            await s.Audit(new AuditEntry("credit-period.verified", "credit-project", project.ToString(), Details: new { Period = period, found.Positive, found.Units }), t);
            return (await ProjectStore.Periods(s, project, t)).First(p => p.Id == period);
        }, ct);
    }

    /// <summary>Writes down for which scope of a programme a body is accredited; the programme's officer.</summary>
    public async Task<Answer<AccreditationEntry>> Accredit(DbSession s, NewAccreditation wanted, CancellationToken ct)
    {
        if (rules.Programme(wanted.Programme) is not { } programme) return Refusal.NotFound("credits.programme-unknown", "programme", ("given", wanted.Programme ?? ""), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code))));
        if (await ProgrammeAdministration.Acts(s, programme.Code, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        if (!rules.Scopes.ContainsKey(wanted.Scope)) wrong.Add(Refusal.Of("credits.scope", "scope", ("given", $"{wanted.Scope}")));
        if (wanted.ValidFrom is null) wrong.Add(Refusal.Of("input.required", "validFrom"));
        if (wanted.ValidTo <= wanted.ValidFrom) wrong.Add(Refusal.Of("credits.days-reversed", "validTo", ("from", $"{wanted.ValidFrom:uuuu-MM-dd}"), ("to", $"{wanted.ValidTo:uuuu-MM-dd}")));
        if (wanted.OrganisationId == Guid.Empty) wrong.Add(Refusal.Of("input.required", "organisationId"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<AccreditationEntry>(async t =>
        {
            await s.Run("""
                insert into registry.credit_accreditation (id, organisation_id, programme, scope, valid_from, valid_to, entered_by, entered_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict (organisation_id, programme, scope, valid_from) do update set valid_to = $6
                """, t, id, wanted.OrganisationId, programme.Code, wanted.Scope, wanted.ValidFrom, wanted.ValidTo, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-body.accredited", "credit-programme", programme.Code, Details: new { wanted.OrganisationId, wanted.Scope, From = $"{wanted.ValidFrom:uuuu-MM-dd}", To = $"{wanted.ValidTo:uuuu-MM-dd}" }), t);
            return (await Accreditations(s, programme.Code, t)).First(a => a.OrganisationId == wanted.OrganisationId && a.Scope == wanted.Scope && a.ValidFrom == wanted.ValidFrom);
        }, ct);
    }

    /// <summary>Bodies of a programme and what they are accredited for; public.</summary>
    public async Task<IReadOnlyList<AccreditationEntry>> Accreditations(DbSession s, string? programme, CancellationToken ct) =>
        await s.All("select id, organisation_id, programme, scope, valid_from, valid_to from registry.credit_accreditation where $1 = '' or programme = $1 order by programme, scope, valid_from", r => new AccreditationEntry(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetInt32(3), r.Day(4), r.MaybeDay(5)), ct, programme ?? "");

    static async Task<Answer<CreditPeriod>> Apart(Task<Answer<CreditPeriod>> work)
    {
        try { return await work; }
        catch (PostgresException e) when (e.ConstraintName is "credit_periods_apart" or "credit_period_begins_once") { return Refusal.Conflict("credits.period-overlaps", "firstDay"); }
    }

    static List<Refusal> Wrong(PeriodContent c)
    {
        var wrong = new List<Refusal>();
        if (c.FirstDay is null) wrong.Add(Refusal.Of("input.required", "firstDay"));
        if (c.LastDay is null) wrong.Add(Refusal.Of("input.required", "lastDay"));
        if (c.LastDay < c.FirstDay) wrong.Add(Refusal.Of("credits.days-reversed", "lastDay", ("from", $"{c.FirstDay:uuuu-MM-dd}"), ("to", $"{c.LastDay:uuuu-MM-dd}")));
        if (c.ReportedT is < 0 or > 1_000_000_000) wrong.Add(Refusal.Of("credits.amount", "reportedT", ("given", DecimalText.Write(c.ReportedT.Value))));
        return wrong;
    }
}
