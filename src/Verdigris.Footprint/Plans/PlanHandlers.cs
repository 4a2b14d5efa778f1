using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Plans;

/// <param name="ValidFrom">First day of the periods it holds for.</param>
public sealed record PlanDraft(LocalDate ValidFrom, PlanContent Content);

/// <summary>Monitoring plans: one person writes a version, another puts it in force, and the version before gives way.</summary>
public sealed class PlanHandlers(CalculatorSet methods, RulePacks rules)
{
    const string Columns = "id, facility_id, operator_id, version, state, valid_from, content::text, content_sha256, written_by, written_at, approved_by, approved_at";

    /// <summary>A new version, as a draft. One draft a facility.</summary>
    public async Task<Answer<MonitoringPlan>> Draft(DbSession s, Guid facility, PlanDraft draft, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await FacilityHandlers.Find(s, facility, ct) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("facility.not-found");
        if (Check(draft) is { Count: > 0 } wrong) return Answer<MonitoringPlan>.From(wrong);
        var id = s.NewId();
        try
        {
            return await s.InTransaction<MonitoringPlan>(async t =>
            {
                await s.Run("""
                    insert into footprint.monitoring_plan (id, facility_id, operator_id, version, state, valid_from, content, written_by, written_at, row_version)
                    select $1, $2, $3, coalesce(max(version), 0) + 1, 0, $4, $5, $6, $7, 1 from footprint.monitoring_plan where facility_id = $2
                    """, t, id, facility, s.Actor.OrganisationId, draft.ValidFrom, new Json(StorageJson.Write(draft.Content)), s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("plan.drafted", "monitoring-plan", id.ToString()), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("plan.draft-there", "facilityId");
        }
    }

    public Task<Answer<MonitoringPlan>> Revise(DbSession s, Guid id, PlanDraft draft, CancellationToken ct) => Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (known.State != PlanState.Draft) return [Refusal.Conflict("plan.state-forbids", "state", ("state", known.State.ToString()), ("event", "Revise"))];
        if (Check(draft) is { Count: > 0 } wrong) return wrong;
        await s.Run("update footprint.monitoring_plan set valid_from = $2, content = $3, written_by = $4, written_at = $5, row_version = row_version + 1 where id = $1", t,
            id, draft.ValidFrom, new Json(StorageJson.Write(draft.Content)), s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("plan.revised", "monitoring-plan", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Puts it in force: the operator's approver, another person than who wrote it. The version in force before gives way.</summary>
    public Task<Answer<MonitoringPlan>> Approve(DbSession s, Guid id, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var next = PlanStates.Table.Next(known.State, PlanEvent.Approve);
        if (!next.Ok) return next.Refusals;
        if (known.WrittenBy == s.Actor.PersonId) return [Refusal.Forbidden("plan.approver-wrote-it")];
        // A method or a pack may have changed since it was written.
        if (Check(new(known.ValidFrom, known.Content)) is { Count: > 0 } wrong) return wrong;
        await s.Run("update footprint.monitoring_plan set state = 2, row_version = row_version + 1 where facility_id = $1 and state = 1", t, known.FacilityId);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StorageJson.Write(known.Content))));
        await s.Run("update footprint.monitoring_plan set state = $2, approved_by = $3, approved_at = $4, content_sha256 = $5, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, s.Actor.PersonId, s.Now, sha256);
        await s.Audit(new AuditEntry("plan.approved", "monitoring-plan", id.ToString(), EvidenceSha256: sha256), t);
        return [];
    }, ct);

    public async Task<Answer<MonitoringPlan>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } known ? known : Refusal.NotFound("plan.not-found");

    /// <summary>All versions of a facility's plan, newest first.</summary>
    public async Task<Answer<IReadOnlyList<MonitoringPlan>>> Versions(DbSession s, Guid facility, CancellationToken ct) =>
        await FacilityHandlers.Find(s, facility, ct) is null ? Refusal.NotFound("facility.not-found")
        : await s.All($"select {Columns} from footprint.monitoring_plan where facility_id = $1 order by version desc", Map, ct, facility);

    internal static Task<MonitoringPlan?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from footprint.monitoring_plan where id = $1", Map, ct, id);

    internal static Task<MonitoringPlan?> InForce(DbSession s, Guid facility, CancellationToken ct) => s.One($"select {Columns} from footprint.monitoring_plan where facility_id = $1 and state = 1", Map, ct, facility);

    IReadOnlyList<Refusal> Check(PlanDraft draft) => draft.Content is null ? [Refusal.Of("plan.stream-count", "content.streams", ("most", $"{PlanRules.MostStreams}"))] : PlanRules.Check(draft.Content, methods, rules);

    static async Task<Answer<MonitoringPlan>> Change(DbSession s, Guid id, string role, Func<MonitoringPlan, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await s.InTransaction<MonitoringPlan>(async t =>
        {
            if (await s.One($"select {Columns} from footprint.monitoring_plan where id = $1 for update", Map, t, id) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("plan.not-found");
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<MonitoringPlan>.From(wrong) : (await Find(s, id, t))!;
        }, ct);
    }

    static MonitoringPlan Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetInt32(3), (PlanState)r.GetInt16(4), r.Day(5), StorageJson.Read<PlanContent>(r.GetString(6)), r.Text(7), r.GetGuid(8), r.Time(9), r.MaybeGuid(10), r.MaybeTime(11));
}
