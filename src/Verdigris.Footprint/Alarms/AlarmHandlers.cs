using NodaTime;
using Verdigris.Footprint.Meters;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Alarms;

/// <param name="Until">Nobody is told before it; null to hear again at once.</param>
public sealed record MuteBody(Instant? Until);

public sealed record CommentBody(string? Text);

/// <summary>Rules and alarms in the hands of the operator's people.</summary>
public sealed class AlarmHandlers(RulePacks rules)
{
    static readonly Duration LongestMute = Duration.FromDays(90), LongestBack = Duration.FromDays(40);

    /// <summary>Watches from now on, or from a moment before on.</summary>
    public async Task<Answer<AlarmRule>> Create(DbSession s, Guid facility, NewAlarmRule wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await FacilityHandlers.Find(s, facility, ct) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("facility.not-found");
        var wrong = AlarmRules.Check(wanted).ToList();
        var tag = wanted.Tag is { } name ? await TagStore.Find(s, facility, name, ct) : null;
        var over = wanted.OverTag is { } overName ? await TagStore.Find(s, facility, overName, ct) : null;
        if (tag is null) wrong.Add(Refusal.Of("meter.tag-unknown", "tag", ("given", wanted.Tag ?? "")));
        if (wanted.OverTag is not null && over is null) wrong.Add(Refusal.Of("meter.tag-unknown", "overTag", ("given", wanted.OverTag)));
        // A mean over tonnes is nothing; and two days that begin at different hours are not the same day.
        if (over is { Kind: MeterKind.Gauge } || over is not null && tag is { Kind: MeterKind.Gauge }) wrong.Add(Refusal.Of("alarm.gauge-in-ratio", "overTag"));
        if (wanted.Step == RollupStep.Day && over is not null && tag is not null && over.DayOffsetHours != tag.DayOffsetHours) wrong.Add(Refusal.Of("alarm.days-differ", "overTag"));
        if (wanted.From > s.Now || wanted.From < s.Now - LongestBack) wrong.Add(Refusal.Of("alarm.from", "from", ("days", $"{LongestBack.Days}")));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<AlarmRule>(async t =>
        {
            if (await s.Value<long>("select count(*) from footprint.alarm_rule where facility_id = $1 and ended_at is null", t, facility) >= AlarmRules.MostRules) return Refusal.Conflict("alarm.too-many-rules", null, ("most", $"{AlarmRules.MostRules}"));
            var closed = wanted.From ?? tag!.ClosedTo ?? s.Now;
            await s.Run("""
                insert into footprint.alarm_rule (id, facility_id, operator_id, name, unit, tag, over_tag, factor, step, kind, low, high, target, sigma, slack, decision, weight, width, created_by, created_at, seen_to, begins_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
                """, t, id, facility, known.OperatorId, wanted.Name.Trim(), wanted.Unit.Trim(), tag!.Id, over?.Id, wanted.Factor ?? 1, (short)wanted.Step, (short)wanted.Kind, wanted.Low, wanted.High, wanted.Target, wanted.Sigma,
                wanted.Kind == AlarmKind.Cusum ? wanted.K ?? AlarmRules.Setting(rules, "cusum-k") : null, wanted.Kind == AlarmKind.Cusum ? wanted.H ?? AlarmRules.Setting(rules, "cusum-h") : null,
                wanted.Kind == AlarmKind.Ewma ? wanted.Lam ?? AlarmRules.Setting(rules, "ewma-lam") : null, wanted.Kind == AlarmKind.Ewma ? wanted.L ?? AlarmRules.Setting(rules, "ewma-limit") : null, s.Actor.PersonId, s.Now, closed, Instant.FromUtc(1970, 1, 1, 0, 0));
            await s.Audit(new AuditEntry("alarm.rule-created", "facility", facility.ToString(), Details: wanted), t);
            return (await AlarmStore.Rule(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<IReadOnlyList<AlarmRule>>> Rules(DbSession s, Guid facility, CancellationToken ct) =>
        await FacilityHandlers.Find(s, facility, ct) is null ? Refusal.NotFound("facility.not-found") : await AlarmStore.Rules(s, facility, ct);

    /// <summary>Nobody is told of the rule's alarms until then; at most ninety days.</summary>
    public Task<Answer<AlarmRule>> Mute(DbSession s, Guid rule, Instant? until, CancellationToken ct) => OnRule(s, rule, "alarm.rule-muted", until?.ToString(), (known, t) =>
        until <= s.Now || until > s.Now + LongestMute ? Task.FromResult<Refusal?>(Refusal.Of("alarm.mute-until", "until", ("days", "90"))) : Done(s.Run("update footprint.alarm_rule set muted_until = $2 where id = $1", t, known.Id, until)), ct);

    /// <summary>Watches no longer. Its alarms stay.</summary>
    public Task<Answer<AlarmRule>> End(DbSession s, Guid rule, CancellationToken ct) => OnRule(s, rule, "alarm.rule-ended", null, (known, t) =>
        known.EndedAt is not null ? Task.FromResult<Refusal?>(Refusal.Conflict("alarm.rule-over", "id")) : Done(s.Run("update footprint.alarm_rule set ended_at = $2 where id = $1", t, known.Id, s.Now)), ct);

    public async Task<Answer<Page<Alarm>>> List(DbSession s, Guid facility, AlarmFilter filter, CancellationToken ct)
    {
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        return await FacilityHandlers.Find(s, facility, ct) is null ? Refusal.NotFound("facility.not-found") : await AlarmStore.List(s, facility, filter, ct);
    }

    public async Task<Answer<AlarmView>> Read(DbSession s, Guid id, CancellationToken ct) => await AlarmStore.View(s, id, ct) is { } view ? view : Refusal.NotFound("alarm.not-found");

    /// <summary>Somebody has seen it and looks after it.</summary>
    public Task<Answer<AlarmView>> Acknowledge(DbSession s, Guid id, CancellationToken ct) => OnAlarm(s, id, AlarmEvent.Acknowledge, "alarm.acknowledged", null,
        (alarm, t) => s.Run("update footprint.alarm set state = 1, acknowledged_by = $2, acknowledged_at = $3 where id = $1", t, alarm.Id, s.Actor.PersonId, s.Now), ct);

    /// <summary>It is dealt with, and how is said: the chart begins anew behind its last signal.</summary>
    public Task<Answer<AlarmView>> Close(DbSession s, Guid id, string? text, CancellationToken ct) => OnAlarm(s, id, AlarmEvent.Close, "alarm.closed", text ?? "", async (alarm, t) =>
    {
        await s.Run("update footprint.alarm set state = 2, closed_by = $2, closed_at = $3 where id = $1", t, alarm.Id, s.Actor.PersonId, s.Now);
        await s.Run("update footprint.alarm_rule set begins_at = $2 where id = $1", t, alarm.RuleId, alarm.LastFrom + Duration.FromMilliseconds(1));
    }, ct);

    public Task<Answer<AlarmView>> Comment(DbSession s, Guid id, string? text, CancellationToken ct) => OnAlarm(s, id, null, "alarm.commented", text ?? "", (_, _) => Task.CompletedTask, ct);

    static async Task<Answer<AlarmView>> OnAlarm(DbSession s, Guid id, AlarmEvent? happened, string action, string? text, Func<Alarm, CancellationToken, Task> change, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        var wrong = new List<Refusal>();
        if (text is not null) Texts.Check(text, "text", Texts.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<AlarmView>(async t =>
        {
            if (await AlarmStore.Locked(s, id, t) is not { } alarm) return Refusal.NotFound("alarm.not-found");
            if (happened is { } step && AlarmRules.Table.Next(alarm.State, step) is { Ok: false } forbidden) return Answer<AlarmView>.From(forbidden.Refusals);
            await change(alarm, t);
            if (text is not null) await s.Run("insert into footprint.alarm_comment (id, alarm_id, operator_id, text, written_by, written_at) values ($1, $2, $3, $4, $5, $6)", t, s.NewId(), id, s.Actor.OrganisationId, text.Trim(), s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry(action, "alarm", id.ToString(), text?.Trim()), t);
            return (await AlarmStore.View(s, id, t))!;
        }, ct);
    }

    static async Task<Answer<AlarmRule>> OnRule(DbSession s, Guid id, string action, string? reason, Func<AlarmRule, CancellationToken, Task<Refusal?>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        return await s.InTransaction<AlarmRule>(async t =>
        {
            if (await AlarmStore.Rule(s, id, t) is not { } rule) return Refusal.NotFound("alarm.rule-not-found");
            if (await change(rule, t) is { } refused) return refused;
            await s.Audit(new AuditEntry(action, "facility", rule.FacilityId.ToString(), reason, new { Rule = id }), t);
            return (await AlarmStore.Rule(s, id, t))!;
        }, ct);
    }

    static async Task<Refusal?> Done(Task work)
    {
        await work;
        return null;
    }
}
