using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>
/// Steps of projects and periods: asked for by one person of the side whose step it is, taken when a second person of that side agrees. What a step needs (the pack's guards) is looked at both times: a day or an accreditation may have passed in between.
/// </summary>
public sealed class StepHandlers(Approvals approvals, Issuing units, RulePacks packs)
{
    public const string Task = "registry.credits-step";

    /// <summary>Steps that make a project public, or units of it: other registries are looked at before them.</summary>
    static readonly string[] Compared = [nameof(ProjectEvent.PublishDesign), nameof(ProjectEvent.Register), nameof(PeriodEvent.RequestIssuance), nameof(PeriodEvent.Issue)];

    readonly CreditRules rules = CreditRules.Of(packs);
    readonly IssuingRules issuing = IssuingRules.Of(packs);
    readonly SerialGrammars grammars = SerialGrammars.Of(packs);
    readonly MatchWatch watch = new(packs);

    /// <summary>Asks for a step. <c>credits.step-unknown</c>, <c>credits.project-step</c>, <c>credits.period-step</c>, <c>credits.step-not-yours</c>, <c>credits.step-waiting</c>, and a refusal for every guard that does not hold.</summary>
    public async Task<Answer<CreditStep>> Ask(DbSession s, Guid project, CreditStepBody body, CancellationToken ct)
    {
        var wrong = new List<Refusal>();
        Given.Text(body.Reason, "reason", Given.Longest, wrong, required: false);
        if (wrong.Count > 0) return wrong;
        // Outside the transaction: what is found stays found when the step is refused for it.
        if (Compared.Contains(body.Step) && await ProjectStore.Find(s, project, ct) is { State: not null } compared && (compared.DeveloperId == s.Actor.OrganisationId || s.Actor.Is(Role.AuthorityOfficer))) await watch.Look(s, compared, $"step|{body.Step}", ct);
        var id = s.NewId();
        return await s.InTransaction<CreditStep>(async t =>
        {
            var judged = await Judge(s, project, body.PeriodId, body.Step, body.Reason, t);
            if (!judged.Ok) return Answer<CreditStep>.From(judged.Refusals);
            var (known, period, side, from, _) = judged.Value;
            if (!ProjectRoles.IsOf(side, s.Actor, known.Project, period, await ProgrammeAdministration.AdministratorOf(s, known.Project.Programme, t))) return Refusal.Forbidden("credits.step-not-yours", "step", ("side", side.ToString()));
            if (await s.Value<bool>("select exists (select from registry.credit_step where project_id = $1 and coalesce(period_id, project_id) = $2 and state = 0)", t, project, body.PeriodId ?? project)) return Refusal.Conflict("credits.step-waiting", "step");
            await s.Run("insert into registry.credit_step (id, project_id, period_id, step, organisation_id, from_state, reason, state, asked_by, asked_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)", t,
                id, project, body.PeriodId, body.Step, s.Actor.OrganisationId, from, body.Reason?.Trim(), s.Actor.PersonId, s.Now);
            var (organisation, role) = ProjectRoles.Deciders(side, s.Actor);
            var task = await approvals.Ask(s, Task, body.Step!, id, organisation, role, $"/credits/projects/{project}", t, ("project", known.Project.Name));
            await s.Run("update registry.credit_step set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("credit-step.asked", "credit-project", project.ToString(), body.Reason, new { body.Step, body.PeriodId }), t);
            return (await ProjectStore.Steps(s, project, t)).First(x => x.Id == id);
        }, ct);
    }

    /// <summary>The second person agrees: the step is taken, if it still can be.</summary>
    internal async Task<Answer<Done>> Take(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Asked(s, id, ct) is not { } asked) return Refusal.NotFound("credits.step-not-found");
        var (project, periodId, step, reason) = asked;
        await ProjectStore.Locked(s, project, ct);
        var judged = await Judge(s, project, periodId, step, reason, ct);
        if (!judged.Ok) return Answer<Done>.From(judged.Refusals);
        var (known, period, _, _, to) = judged.Value;
        if (period is null)
        {
            var state = Enum.Parse<ProjectState>(to);
            // Shown to the public from this day; an earlier opinion was on an earlier design.
            await s.Run("""
                update registry.credit_project set state = $2, published_on = case when $3 then $4 else published_on end, comments_over_on = case when $3 then null else comments_over_on end, comments_reason = case when $3 then null else comments_reason end, comments_by = case when $3 then null else comments_by end, validation_positive = case when $3 then null else validation_positive end, row_version = row_version + 1 where id = $1
                """, ct, project, (short)state, step == nameof(ProjectEvent.PublishDesign), s.Today());
        }
        else
        {
            await s.Run("update registry.credit_period set state = $2, row_version = row_version + 1 where id = $1 and $2 <> 5", ct, period.Id, (short)Enum.Parse<PeriodState>(to));
            if (step == nameof(PeriodEvent.Refuse) && known.Project.DeveloperId is { } developer)
                await CreditNotices.Tell(s, developer, "registry.notice.credits.issuance-denied", $"/credits/projects/{project}", "credit-project", project, ct, ("project", known.Project.Name), ("reason", reason ?? ""));
            if (step == nameof(PeriodEvent.Issue) && await units.Issue(s, known, period, ct) is { } no) return no;
        }
        await s.Run("update registry.credit_step set state = 1, to_state = $2, decided_by = $3, decided_at = $4 where id = $1", ct, id, to, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("credit-step.taken", "credit-project", project.ToString(), reason, new { step, Period = periodId, To = to }), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await Asked(s, id, ct) is not { } asked) return default(Done);
        await s.Run("update registry.credit_step set state = 2, answer = $2, decided_by = nullif($3, asked_by), decided_at = $4 where id = $1", ct, id, reason, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("credit-step.turned-down", "credit-project", asked.Project.ToString(), reason, new { asked.Step, asked.Period }), ct);
        return default(Done);
    }

    /// <summary>Where a step leads, or everything that keeps it from being taken.</summary>
    async Task<Answer<(CycleCase Known, CreditPeriod? Period, CycleSide Side, string From, string To)>> Judge(DbSession s, Guid project, Guid? periodId, string? step, string? reason, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { } found) return Refusal.NotFound("credits.project-not-found");
        if (found.State is not { } state) return Refusal.Conflict("credits.project-elsewhere", "id");
        var known = await CycleCase.Read(s, rules, found, ct);
        if (periodId is null)
        {
            if (!Enum.TryParse<ProjectEvent>(step, out var wanted) || !Enum.IsDefined(wanted)) return Refusal.Of("credits.step-unknown", "step", ("given", step ?? ""), ("known", string.Join(", ", Enum.GetNames<ProjectEvent>())));
            var next = ProjectCycle.Projects.Next(state, wanted);
            if (!next.Ok) return Answer<(CycleCase, CreditPeriod?, CycleSide, string, string)>.From(next.Refusals);
            var refusals = CycleGuards.Refusals(CycleGuards.Of(rules, found.Programme, wanted, known.Facts(rules, issuing, grammars, reason)));
            return refusals.Count > 0 ? Answer<(CycleCase, CreditPeriod?, CycleSide, string, string)>.From(refusals) : (known, null, ProjectCycle.SideOf(wanted), state.ToString(), next.Value.ToString());
        }
        if (known.Periods.FirstOrDefault(p => p.Id == periodId) is not { } period) return Refusal.NotFound("credits.period-not-found", "periodId");
        if (!Enum.TryParse<PeriodEvent>(step, out var of) || !Enum.IsDefined(of)) return Refusal.Of("credits.step-unknown", "step", ("given", step ?? ""), ("known", string.Join(", ", Enum.GetNames<PeriodEvent>())));
        var then = ProjectCycle.Periods.Next(period.State, of);
        if (!then.Ok) return Answer<(CycleCase, CreditPeriod?, CycleSide, string, string)>.From(then.Refusals);
        var guarded = CycleGuards.Refusals(CycleGuards.Of(rules, found.Programme, of, known.Facts(rules, issuing, grammars, period, reason)));
        return guarded.Count > 0 ? Answer<(CycleCase, CreditPeriod?, CycleSide, string, string)>.From(guarded) : (known, period, ProjectCycle.SideOf(of), period.State.ToString(), then.Value.ToString());
    }

    static async Task<(Guid Project, Guid? Period, string Step, string? Reason)?> Asked(DbSession s, Guid id, CancellationToken ct)
    {
        var rows = await s.All("select project_id, period_id, step, reason from registry.credit_step where id = $1 and state = 0 for update", r => (r.GetGuid(0), r.MaybeGuid(1), r.GetString(2), r.Text(3)), ct, id);
        return rows.Count == 0 ? null : rows[0];
    }
}
