using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A flag of an assessment with its decision.</summary>
/// <param name="Finding">Why the screening raised it; null where somebody did.</param>
public sealed record Flag(Guid Id, Guid AssessmentId, string Kind, string? SupplierKey, string? Place, string? Finding, Guid? ListId, string? Evidence, LocalDate? EvidenceDay, Guid? RaisedBy,
    FlagDecision Decision, IReadOnlyList<string> Risks, string? Reason, string? ReviewerName, Instant? ReviewedAt);

/// <summary>A question of the exchange about what was filed.</summary>
public sealed record SourcingQuery(Guid Id, string Question, Instant AskedAt, string? Answer, Instant? AnsweredAt);

/// <summary>Rows of assessments. Every read goes through row-level security; what is hidden and what is not there look alike.</summary>
static class AssessmentStore
{
    public const string Columns = "id, brand_code, producer_id, year, state, state_before, track, day, next_check_due, created_by, created_at, filed_at, accepted_at, row_version";

    public static Assessment Map(NpgsqlDataReader r, LocalDate today)
    {
        var due = r.MaybeDay(8);
        return new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetInt16(3), AssessmentRules.StateOn((AssessmentState)r.GetInt16(4), due, today), r.IsDBNull(5) ? null : (AssessmentState)r.GetInt16(5),
            r.IsDBNull(6) ? null : (Track)r.GetInt16(6), r.MaybeDay(7), due, r.GetGuid(9), r.Time(10), r.MaybeTime(11), r.MaybeTime(12), r.GetInt32(13));
    }

    public static Refusal Hidden() => EmissionsAccess.NotVisible("sourcing");

    /// <summary>Whether the actor is one of the producer's people, the exchange or the system.</summary>
    public static bool Sees(Actor actor, Guid producer) => actor.Is(Role.ExchangeStaff) || actor.Is(Role.System) || (actor.SignedIn && actor.OrganisationId == producer);

    /// <summary>Null also where the reader may not see it.</summary>
    public static async Task<Assessment?> Find(DbSession s, Guid id, CancellationToken ct, bool hold = false)
    {
        var today = s.Today();
        var found = await s.One($"select {Columns} from passport.sourcing_assessment where id = $1{(hold ? " for update" : "")}", r => Map(r, today), ct, id);
        return found is not null && Sees(s.Actor, found.ProducerId) ? found : null;
    }

    /// <summary>
    /// One change in a transaction that holds the assessment's row: role, then visibility, then <paramref name="change"/>, which answers what is wrong or nothing. A producer's
    /// role changes only its own. Answers the assessment as it stands afterwards.
    /// </summary>
    public static async Task<Answer<Assessment>> Change(DbSession s, Guid id, string role, Func<Assessment, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await s.InTransaction<Assessment>(async t =>
        {
            if (await Find(s, id, t, hold: true) is not { } known || (role != Role.ExchangeStaff && known.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return Hidden();
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<Assessment>.From(wrong) : (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>The same for somebody who need not know the whole assessment: answers what <paramref name="after"/> reads.</summary>
    public static async Task<Answer<T>> Change<T>(DbSession s, Guid id, string role, Func<Assessment, CancellationToken, Task<IReadOnlyList<Refusal>>> change, Func<CancellationToken, Task<T>> after, CancellationToken ct)
    {
        var done = await Change(s, id, role, change, ct);
        return done.Ok ? await after(ct) : Answer<T>.From(done.Refusals);
    }

    /// <summary>Moves the state by the table and writes it down.</summary>
    public static async Task<IReadOnlyList<Refusal>> Move(DbSession s, Assessment known, AssessmentEvent happened, AssessmentState? end, AuditEntry audit, CancellationToken t)
    {
        var next = AssessmentRules.Table.Next(known.State, happened, end);
        if (!next.Ok) return next.Refusals;
        await s.Run("update passport.sourcing_assessment set state = $2, row_version = row_version + 1 where id = $1", t, known.Id, (short)next.Value);
        await s.Audit(audit, t);
        return [];
    }

    public static AuditEntry Audit(Assessment a, string what, string? reason = null, object? details = null) => new("sourcing." + what, "sourcing", a.Id.ToString(), reason, details);

    public static async Task<SupplyChain> Chain(DbSession s, Guid assessment, CancellationToken ct) =>
        await s.One("select chain::text from passport.sourcing_supply_chain where assessment_id = $1", r => StorageJson.Read<SupplyChain>(r.GetString(0)), ct, assessment) ?? SupplyChain.Empty;

    public static async Task<IReadOnlyList<Flag>> Flags(DbSession s, Guid assessment, CancellationToken ct) =>
        await s.All($"select {FlagColumns} from passport.sourcing_flag where assessment_id = $1 order by id", MapFlag, ct, assessment);

    public static Task<Flag?> Flag(DbSession s, Guid id, CancellationToken ct) => s.One($"select {FlagColumns} from passport.sourcing_flag where id = $1", MapFlag, ct, id);

    const string FlagColumns = "id, assessment_id, flag, supplier_key, place, finding, list_id, evidence, evidence_day, raised_by, decision, risks, reason, reviewer_name, reviewed_at";

    static Flag MapFlag(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.Text(3), r.Text(4), r.Text(5), r.MaybeGuid(6), r.Text(7), r.MaybeDay(8), r.MaybeGuid(9),
        (FlagDecision)r.GetInt16(10), r.Texts(11), r.Text(12), r.Text(13), r.MaybeTime(14));

    public static Task<Filing?> Filing(DbSession s, Guid assessment, CancellationToken ct) =>
        s.One("select filing::text from passport.sourcing_filing where assessment_id = $1", r => StorageJson.Read<Filing>(r.GetString(0)), ct, assessment);

    public static async Task<IReadOnlyList<SourcingQuery>> Queries(DbSession s, Guid assessment, CancellationToken ct) =>
        await s.All("select id, question, asked_at, answer, answered_at from passport.sourcing_query where assessment_id = $1 order by id", r => new SourcingQuery(r.GetGuid(0), r.GetString(1), r.Time(2), r.Text(3), r.MaybeTime(4)), ct, assessment);

    /// <summary>The plans of an assessment with their actions and checks.</summary>
    public static async Task<IReadOnlyList<MitigationPlan>> Plans(DbSession s, Guid assessment, CancellationToken ct)
    {
        var actions = await s.All("select a.flag_id, a.id, a.what, a.owner, a.indicator, a.due, a.state, a.result, a.settled_on from passport.sourcing_action a join passport.sourcing_plan p on p.flag_id = a.flag_id where p.assessment_id = $1 order by a.id",
            r => (Flag: r.GetGuid(0), Action: new PlanAction(r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Day(5), (ActionState)r.GetInt16(6), r.Text(7), r.MaybeDay(8))), ct, assessment);
        var checks = await s.All("select c.flag_id, c.day, c.finding from passport.sourcing_progress c join passport.sourcing_plan p on p.flag_id = c.flag_id where p.assessment_id = $1 order by c.id",
            r => (Flag: r.GetGuid(0), Check: new ProgressCheck(r.Day(1), r.GetString(2))), ct, assessment);
        return await s.All("select flag_id, response, consultation, opened_on, closed_on from passport.sourcing_plan where assessment_id = $1 order by flag_id", r => new MitigationPlan(r.GetGuid(0), assessment, (MitigationResponse)r.GetInt16(1), r.GetString(2),
            r.Day(3), r.MaybeDay(4), [.. actions.Where(a => a.Flag == r.GetGuid(0)).Select(a => a.Action)], [.. checks.Where(c => c.Flag == r.GetGuid(0)).Select(c => c.Check)]), ct, assessment);
    }
}
