using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Reports;

/// <param name="PeriodFrom">First day of a month.</param>
/// <param name="PeriodTo">Last day of a month, at most twelve months on.</param>
public sealed record NewReport(Guid FacilityId, LocalDate PeriodFrom, LocalDate PeriodTo);

/// <summary>A report with its figures: calculated now where it is open, as handed in where it is not.</summary>
public sealed record ReportView(Report Report, ReportFigures Figures, IReadOnlyList<Finding> Findings);

public sealed record ActivityBody(IReadOnlyList<ActivityValue> Values);

/// <summary>Use cases of the operator: open a report, bring the data, look at the figures, hand in, correct.</summary>
public sealed class ReportHandlers(CalculatorSet methods, RulePacks rules, IVerifierRegister verifiers, ReportSignatures signatures)
{
    public async Task<Answer<Report>> Create(DbSession s, NewReport wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await FacilityHandlers.Find(s, wanted.FacilityId, ct) is not { } facility || facility.OperatorId != s.Actor.OrganisationId) return Refusal.Of("report.facility-not-own", "facilityId");
        var wrong = new List<Refusal>();
        if (wanted.PeriodFrom.Day != 1) wrong.Add(Refusal.Of("report.month-start", "periodFrom"));
        if (wanted.PeriodTo.PlusDays(1).Day != 1) wrong.Add(Refusal.Of("report.month-end", "periodTo"));
        if (wanted.PeriodTo <= wanted.PeriodFrom || wanted.PeriodTo > wanted.PeriodFrom.PlusMonths(12)) wrong.Add(Refusal.Of("report.period", "periodTo"));
        if (wrong.Count > 0) return wrong;
        if (await PlanHandlers.InForce(s, facility.Id, ct) is not { } plan || plan.ValidFrom > wanted.PeriodFrom) return Refusal.Conflict("report.no-plan", "periodFrom");
        return await Insert(s, facility.Id, plan.Id, 1, null, wanted.PeriodFrom, wanted.PeriodTo, null, [], [], ct);
    }

    /// <summary>A new version of an accepted report, with the data of the one it corrects and the reason.</summary>
    public async Task<Answer<Report>> Correct(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var wrong = new List<Refusal>();
        Texts.Check(reason, "reason", Texts.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (await ReportStore.Find(s, id, ct) is not { Report: { } known } row || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
        if (known.State != ReportState.Accepted) return Refusal.Conflict("report.state-forbids", "state", ("state", known.State.ToString()), ("event", "Correct"));
        if (await PlanHandlers.InForce(s, known.FacilityId, ct) is not { } plan) return Refusal.Conflict("report.no-plan", "periodFrom");
        return await Insert(s, known.FacilityId, plan.ValidFrom <= known.PeriodFrom ? plan.Id : known.PlanId, known.Version + 1, id, known.PeriodFrom, known.PeriodTo, reason!.Trim(), row.Activity, row.Manual, ct);
    }

    static async Task<Answer<Report>> Insert(DbSession s, Guid facility, Guid plan, int version, Guid? corrects, LocalDate from, LocalDate to, string? reason, IReadOnlyList<ActivityValue> activity, IReadOnlyList<ManualFigure> manual, CancellationToken ct)
    {
        var id = s.NewId();
        try
        {
            return await s.InTransaction<Report>(async t =>
            {
                await s.Run("""
                    insert into footprint.report (id, facility_id, operator_id, plan_id, version, corrects, period_from, period_to, state, reason, activity, manual, written_by, written_at, row_version)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, 1)
                    """, t, id, facility, s.Actor.OrganisationId, plan, version, corrects, from, to, reason, new Json(StorageJson.Write(activity)), new Json(StorageJson.Write(manual)), s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry(corrects is null ? "report.created" : "report.correction-begun", "report", id.ToString(), reason), t);
                return (await ReportStore.Find(s, id, t))!.Report;
            }, ct);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return Refusal.Conflict("report.period-taken", "periodFrom");
        }
    }

    /// <summary>Replaces the activity data as a whole. What does not fit the plan is kept and said; what cannot be read is refused. A figure that stays the same keeps the file and lines it came from.</summary>
    public async Task<Answer<ReportView>> SetActivity(DbSession s, Guid id, IReadOnlyList<ActivityValue> values, CancellationToken ct) => ActivityRules.Check(values) is { Count: > 0 } wrong ? Answer<ReportView>.From(wrong)
        : await Edit(s, id, "report.activity", async (row, t) =>
        {
            await ReportStore.WriteActivity(s, id, ActivityRules.WithOrigins(values, row.Activity), t);
            return [];
        }, ct);

    /// <summary>The same from a CSV file: <c>stream,month,field,value,source</c>.</summary>
    public async Task<Answer<ReportView>> ImportActivity(DbSession s, Guid id, string csv, CancellationToken ct)
    {
        var read = ActivityRules.ReadCsv(csv);
        return read.Ok ? await SetActivity(s, id, read.Value, ct) : Answer<ReportView>.From(read.Refusals);
    }

    /// <summary>Puts a figure beside the calculated one of a stream, or takes it away with a null.</summary>
    public async Task<Answer<ReportView>> SetManual(DbSession s, Guid id, string stream, ManualFigure? figure, CancellationToken ct)
    {
        var wrong = new List<Refusal>();
        if (figure is not null) Texts.Check(figure.Reason, "reason", Texts.Longest, wrong);
        if (figure is not null && Math.Abs(figure.Tco2e) > ActivityRules.Largest) wrong.Add(Refusal.Of("calc.above-maximum", "tco2e", ("field", "tco2e"), ("given", DecimalText.Write(figure.Tco2e)), ("limit", DecimalText.Write(ActivityRules.Largest))));
        if (wrong.Count > 0) return wrong;
        return await Edit(s, id, "report.manual-figure", async (row, t) =>
        {
            var others = row.Manual.Where(m => m.Stream != stream).ToList();
            if (figure is not null) others.Add(figure with { Stream = stream, Reason = figure.Reason.Trim() });
            await s.Run("update footprint.report set manual = $2, written_by = $3, written_at = $4, row_version = row_version + 1 where id = $1", t, id, new Json(StorageJson.Write(others)), s.Actor.PersonId, s.Now);
            return [];
        }, ct);
    }

    public async Task<Answer<ReportView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await ReportStore.Find(s, id, ct) is not { } row) return Refusal.NotFound("report.not-found");
        return await View(s, row, ct);
    }

    public async Task<Answer<IReadOnlyList<ActivityValue>>> Activity(DbSession s, Guid id, CancellationToken ct) => await ReportStore.Find(s, id, ct) is { } row ? row.Activity.ToList() : Refusal.NotFound("report.not-found");

    public async Task<Answer<Page<Report>>> List(DbSession s, ReportFilter filter, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        return await ReportStore.List(s, filter, ct);
    }

    /// <summary>Hands it to a verifier: the approver, another person than who wrote it last; complete, and with figures that stand from now on.</summary>
    public async Task<Answer<ReportView>> Submit(DbSession s, Guid id, Guid verifier, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (verifier == s.Actor.OrganisationId) return Refusal.Forbidden("verification.own-organisation", "verifierId");
        if (!await verifiers.IsVerifier(s, verifier, ct)) return Refusal.Of("verification.no-verifier", "verifierId");
        return await s.InTransaction<ReportView>(async t =>
        {
            if (await ReportStore.Locked(s, id, t) is not { Report: { } known } row || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
            var next = ReportStates.Table.Next(known.State, ReportEvent.Submit);
            if (!next.Ok) return Answer<ReportView>.From(next.Refusals);
            if (known.WrittenBy == s.Actor.PersonId) return Refusal.Forbidden("report.submitter-wrote-it");
            if (VerificationRules.Rotation(await ReportStore.VerifiedYears(s, known.FacilityId, verifier, t), known.PeriodTo.Year, rules) is { } turn) return turn;
            var plan = (await PlanHandlers.Find(s, known.PlanId, t))!;
            var figures = await Figures(s, plan.Content, row, t);
            if (!figures.Complete) return Refusal.Conflict("report.incomplete", "activity", ("gaps", string.Join(", ", figures.Lines.Where(l => l.Kind is LineKind.Gap or LineKind.Refused).Select(l => l.Stream).Distinct().Take(10))));
            var sha256 = Hash(plan, row, figures);
            await s.Run("update footprint.report set state = $2, verifier_id = $3, submitted_by = $4, submitted_at = $5, figures = $6, figures_sha256 = $7, opinion = null, lead_by = null, row_version = row_version + 1 where id = $1", t,
                id, (short)next.Value, verifier, s.Actor.PersonId, s.Now, new Json(StorageJson.Write(figures)), sha256);
            await s.Audit(new AuditEntry("report.submitted", "report", id.ToString(), Details: new { Verifier = verifier, figures.TotalTco2e }, EvidenceSha256: sha256), t);
            if (await signatures.Sign(s, ReportSignatures.Statement(SignedStep.HandedIn, known, verifier, sha256), t) is { } unsigned) return unsigned;
            await ReportNotices.ToVerifier(s, known, verifier, Role.VerifierLead, ReportNotices.Submitted, "submitted", t);
            await s.Publish("footprint.report.submitted", new { ReportId = id, VerifierId = verifier }, t);
            return await View(s, (await ReportStore.Find(s, id, t))!, t);
        }, ct);
    }

    internal async Task<ReportView> View(DbSession s, ReportRow row, CancellationToken ct)
    {
        var findings = await ReportStore.Findings(s, row.Report.Id, ct);
        if (row.Figures is { } handedIn && !ReportStates.Open(row.Report.State)) return new(row.Report, handedIn, findings);
        var plan = (await PlanHandlers.Find(s, row.Report.PlanId, ct))!;
        return new(row.Report, await Figures(s, plan.Content, row, ct), findings);
    }

    async Task<ReportFigures> Figures(DbSession s, PlanContent plan, ReportRow row, CancellationToken ct) =>
        ReportCalculation.Calculate(plan, row.Report.PeriodFrom, row.Report.PeriodTo, row.Activity, row.Manual, methods, await EnergyHandlers.Counting(s, row.Report, ct));

    /// <summary>Over plan, data and figures: what was verified cannot be exchanged without it showing.</summary>
    static string Hash(MonitoringPlan plan, ReportRow row, ReportFigures figures) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(StorageJson.Write(new { Plan = plan.Sha256, row.Activity, row.Manual, Figures = figures }))));

    /// <summary>Why data may not be changed now; null where they may.</summary>
    internal static Refusal? Closed(Report report) => ReportStates.Open(report.State) ? null : Refusal.Conflict("report.state-forbids", "state", ("state", report.State.ToString()), ("event", "Edit"));

    /// <summary>A change of an open report's data by its operator's editor.</summary>
    internal async Task<Answer<ReportView>> Edit(DbSession s, Guid id, string action, Func<ReportRow, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        return await s.InTransaction<ReportView>(async t =>
        {
            if (await ReportStore.Locked(s, id, t) is not { } row || row.Report.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
            if (Closed(row.Report) is { } closed) return closed;
            if (await change(row, t) is { Count: > 0 } wrong) return Answer<ReportView>.From(wrong);
            await s.Audit(new AuditEntry(action, "report", id.ToString()), t);
            return await View(s, (await ReportStore.Find(s, id, t))!, t);
        }, ct);
    }
}
