using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A flag with its plan.</summary>
/// <param name="NextCheckDue">Null without a plan and once it is closed.</param>
public sealed record FlagView(Assessment Assessment, Flag Flag, Supplier? Supplier, MitigationPlan? Plan, LocalDate? NextCheckDue, bool CheckOverdue);

/// <summary>A plan that is not closed, for lists of what is due.</summary>
/// <param name="Since">Day of the last check, or of the plan where none was made yet.</param>
public sealed record OpenPlan(Guid FlagId, Guid AssessmentId, string BrandCode, MitigationResponse Response, LocalDate Since, LocalDate NextCheckDue, bool Overdue);

/// <summary>Use cases of mitigation plans: the producer makes one for each confirmed flag, checks progress, settles its actions and closes it. Plans go on after the filing.</summary>
public sealed class MitigationHandlers(SourcingRules rules)
{
    /// <summary>Makes the plan of a confirmed flag, before the filing.</summary>
    public Task<Answer<FlagView>> Plan(DbSession s, Guid flagId, NewPlan plan, CancellationToken ct) => OnFlag(s, flagId, Role.ProducerEditor, async (known, flag, there, t) =>
    {
        if (known.State is not (AssessmentState.FlagsFound or AssessmentState.Mitigation)) return [Refusal.Conflict("sourcing.no-mitigation-now", "state", ("state", known.State.ToString()))];
        if (flag.Decision != FlagDecision.Confirmed) return [Refusal.Conflict("sourcing.flag-not-confirmed", "flag")];
        if (there is not null) return [Refusal.Conflict("sourcing.plan-there")];
        if (MitigationRules.Check(plan, s.Today()) is [_, ..] wrong) return wrong;
        await s.Run("insert into passport.sourcing_plan (flag_id, assessment_id, producer_id, response, consultation, opened_on) values ($1, $2, $3, $4, $5, $6)", t, flagId, known.Id, known.ProducerId, (short)plan.Response, plan.Consultation, s.Today());
        foreach (var action in plan.Actions) await Insert(s, known, flagId, action, t);
        await s.Audit(AssessmentStore.Audit(known, "plan-made", details: new { Flag = flagId, Response = plan.Response.ToString(), Actions = plan.Actions.Count }), t);
        return [];
    }, ct);

    /// <summary>Every confirmed flag has its plan: mitigation begins.</summary>
    public Task<Answer<Assessment>> Begin(DbSession s, Guid assessment, CancellationToken ct) => AssessmentStore.Change(s, assessment, Role.ProducerApprover, async (known, t) =>
    {
        var planned = (await AssessmentStore.Plans(s, assessment, t)).Select(p => p.FlagId).ToHashSet();
        var without = (await AssessmentStore.Flags(s, assessment, t)).Count(f => f.Decision == FlagDecision.Confirmed && !planned.Contains(f.Id));
        if (known.State == AssessmentState.FlagsFound && without > 0) return [Refusal.Conflict("sourcing.flags-without-plan", "flags", ("count", without.ToString(System.Globalization.CultureInfo.InvariantCulture)))];
        return await AssessmentStore.Move(s, known, AssessmentEvent.Mitigate, null, AssessmentStore.Audit(known, "mitigating"), t);
    }, ct);

    /// <summary>Adds an action to a plan that is not closed.</summary>
    public Task<Answer<FlagView>> AddAction(DbSession s, Guid flagId, NewAction action, CancellationToken ct) => OnPlan(s, flagId, async (known, plan, t) =>
    {
        var wrong = new List<Refusal>();
        MitigationRules.Check(action, "", s.Today(), wrong);
        if (plan.Actions.Count >= MitigationRules.MostActions) wrong.Add(Refusal.Conflict("sourcing.too-many", "actions", ("limit", "50")));
        if (wrong.Count > 0) return wrong;
        await Insert(s, known, flagId, action, t);
        await s.Audit(AssessmentStore.Audit(known, "action-added", details: new { Flag = flagId, action.What }), t);
        return [];
    }, ct);

    /// <summary>An action is done, or dropped, with what came of it.</summary>
    public Task<Answer<FlagView>> Settle(DbSession s, Guid flagId, Guid action, bool done, string? result, CancellationToken ct) => OnPlan(s, flagId, async (known, plan, t) =>
    {
        if (SourcingText.Note(result, "result") is [_, ..] wrong) return wrong;
        if (plan.Actions.FirstOrDefault(a => a.Id == action) is not { } one) return [AssessmentStore.Hidden()];
        if (one.State != ActionState.Open) return [Refusal.Conflict("sourcing.action-settled", "action")];
        await s.Run("update passport.sourcing_action set state = $2, result = $3, settled_on = $4 where id = $1", t, action, (short)(done ? ActionState.Done : ActionState.Dropped), result, s.Today());
        await s.Audit(AssessmentStore.Audit(known, "action-settled", result, new { Flag = flagId, one.What, Done = done }), t);
        return [];
    }, ct);

    /// <summary>Writes down a check of progress.</summary>
    public Task<Answer<FlagView>> CheckProgress(DbSession s, Guid flagId, ProgressCheck check, CancellationToken ct) => OnPlan(s, flagId, async (known, plan, t) =>
    {
        if (MitigationRules.Check(plan, check, s.Today()) is [_, ..] wrong) return wrong;
        await s.Run("insert into passport.sourcing_progress (id, flag_id, producer_id, day, finding, checked_by) values ($1, $2, $3, $4, $5, $6)", t, s.NewId(), flagId, known.ProducerId, check.Day, check.Finding, s.Actor.PersonId);
        await s.Audit(AssessmentStore.Audit(known, "progress-checked", check.Finding, new { Flag = flagId }), t);
        return [];
    }, ct);

    /// <summary>Closes a plan every action of which is settled.</summary>
    public Task<Answer<FlagView>> Close(DbSession s, Guid flagId, CancellationToken ct) => OnFlag(s, flagId, Role.ProducerApprover, async (known, _, plan, t) =>
    {
        if (plan is null) return [AssessmentStore.Hidden()];
        if (MitigationRules.Close(plan) is { } open) return [open];
        await s.Run("update passport.sourcing_plan set closed_on = $2 where flag_id = $1", t, flagId, s.Today());
        await s.Audit(AssessmentStore.Audit(known, "plan-closed", details: new { Flag = flagId }), t);
        return [];
    }, ct);

    public async Task<Answer<FlagView>> Read(DbSession s, Guid flagId, CancellationToken ct)
    {
        if (await AssessmentStore.Flag(s, flagId, ct) is not { } flag || await AssessmentStore.Find(s, flag.AssessmentId, ct) is not { } known) return AssessmentStore.Hidden();
        var plan = (await AssessmentStore.Plans(s, known.Id, ct)).FirstOrDefault(p => p.FlagId == flagId);
        var supplier = flag.SupplierKey is { } key ? (await AssessmentStore.Chain(s, known.Id, ct)).Find(key) : null;
        return new FlagView(known, flag, supplier, plan, plan is null ? null : MitigationRules.NextCheckDue(plan, rules.Terms.ProgressMonths), plan is not null && MitigationRules.CheckOverdue(plan, rules.Terms.ProgressMonths, s.Today()));
    }

    static readonly ListOrders<OpenPlan> DueOrders = new("open-plans", "due", ListKey<OpenPlan>.Id("flag", "flag_id", p => p.FlagId), ListKey<OpenPlan>.Day("due", "since", p => p.Since), ListKey<OpenPlan>.Text("brand", "brand_code", p => p.BrandCode));

    /// <summary>Open plans the reader may see.</summary>
    /// <param name="sort">due, brand or flag, with a leading minus for descending; null is due, the first due first.</param>
    public async Task<Answer<Page<OpenPlan>>> Due(DbSession s, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var today = s.Today();
        var months = rules.Terms.ProgressMonths;
        return await DueOrders.Page(s, """
            select * from (
              select p.flag_id, p.assessment_id, a.brand_code, p.response, p.opened_on, c.last_check, coalesce(c.last_check, p.opened_on) as since from passport.sourcing_plan p join passport.sourcing_assessment a on a.id = p.assessment_id
              left join lateral (select max(day) as last_check from passport.sourcing_progress where flag_id = p.flag_id) c on true where p.closed_on is null
            ) open_plan
            """, new Where(), sort, cursor, limit, r =>
        {
            var plan = new MitigationPlan(r.GetGuid(0), r.GetGuid(1), (MitigationResponse)r.GetInt16(3), "", r.Day(4), null, [], r.MaybeDay(5) is { } last ? [new(last, "")] : []);
            return new OpenPlan(plan.FlagId, plan.AssessmentId, r.GetString(2), plan.Response, r.Day(6), MitigationRules.NextCheckDue(plan, months)!.Value, MitigationRules.CheckOverdue(plan, months, today));
        }, ct);
    }

    static Task Insert(DbSession s, Assessment known, Guid flagId, NewAction a, CancellationToken t) =>
        s.Run("insert into passport.sourcing_action (id, flag_id, producer_id, what, owner, indicator, due, state) values ($1, $2, $3, $4, $5, $6, $7, 0)", t, s.NewId(), flagId, known.ProducerId, a.What, a.Owner, a.Indicator, a.Due);

    Task<Answer<FlagView>> OnPlan(DbSession s, Guid flagId, Func<Assessment, MitigationPlan, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct) => OnFlag(s, flagId, Role.ProducerEditor, async (known, _, plan, t) =>
        plan is null ? [AssessmentStore.Hidden()] : plan.ClosedOn is not null ? [Refusal.Conflict("sourcing.plan-closed")] : await change(known, plan, t), ct);

    async Task<Answer<FlagView>> OnFlag(DbSession s, Guid flagId, string role, Func<Assessment, Flag, MitigationPlan?, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (await AssessmentStore.Flag(s, flagId, ct) is not { } found) return AssessmentStore.Hidden();
        var done = await AssessmentStore.Change(s, found.AssessmentId, role, async (known, t) =>
        {
            // Read again: the row of the assessment is held now.
            if (await AssessmentStore.Flag(s, flagId, t) is not { } flag) return [AssessmentStore.Hidden()];
            return await change(known, flag, (await AssessmentStore.Plans(s, known.Id, t)).FirstOrDefault(p => p.FlagId == flagId), t);
        }, ct);
        return done.Ok ? await Read(s, flagId, ct) : Answer<FlagView>.From(done.Refusals);
    }
}
