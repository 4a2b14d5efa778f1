using NodaTime;
using NodaTime.Text;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Verification;

public sealed record FindingAnswer(string Answer);

/// <param name="Conclusion">Why it is closed.</param>
public sealed record FindingConclusion(string Conclusion);

/// <summary>Use cases of the verifier: the lead takes a report up, raises findings, returns it or gives an opinion; another person reviews and decides.</summary>
public sealed class VerificationHandlers(ReportHandlers reports, RulePacks rules, ReportSignatures signatures)
{
    public Task<Answer<ReportView>> TakeUp(DbSession s, Guid id, CancellationToken ct) => Change(s, id, [Role.VerifierLead], _ => ReportEvent.TakeUp, async (row, next, t) =>
    {
        if (VerificationRules.Rotation(await ReportStore.VerifiedYears(s, row.Report.FacilityId, s.Actor.OrganisationId, t), row.Report.PeriodTo.Year, rules) is { } turn) return [turn];
        await s.Run("update footprint.report set state = $2, lead_by = $3, row_version = row_version + 1 where id = $1", t, id, (short)next, s.Actor.PersonId);
        await s.Audit(new AuditEntry("report.taken-up", "report", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Back to the operator for amendment, as often as needed.</summary>
    public Task<Answer<ReportView>> Return(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, [Role.VerifierLead, Role.VerifierReviewer], _ => ReportEvent.Return, async (row, next, t) =>
    {
        var wrong = new List<Refusal>();
        Texts.Check(reason, "reason", Texts.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        await s.Run("update footprint.report set state = $2, reason = $3, row_version = row_version + 1 where id = $1", t, id, (short)next, reason!.Trim());
        await s.Audit(new AuditEntry("report.returned", "report", id.ToString(), reason.Trim()), t);
        await ReportNotices.ToOperator(s, row.Report, ReportNotices.Returned, "returned", t, ("reason", reason.Trim()));
        await s.Publish("footprint.report.returned", new { ReportId = id }, t);
        return [];
    }, ct);

    public Task<Answer<ReportView>> GiveOpinion(DbSession s, Guid id, Opinion opinion, CancellationToken ct) => Change(s, id, [Role.VerifierLead], _ => ReportEvent.GiveOpinion, async (row, next, t) =>
    {
        var findings = await ReportStore.Findings(s, id, t);
        if (VerificationRules.Check(opinion, findings, row.Figures!.TotalTco2e!.Value, s.Today(), rules) is { Count: > 0 } wrong) return wrong;
        await s.Run("update footprint.report set state = $2, opinion = $3, lead_by = $4, row_version = row_version + 1 where id = $1", t, id, (short)next, new Json(StorageJson.Write(opinion)), s.Actor.PersonId);
        await s.Audit(new AuditEntry("report.opinion", "report", id.ToString(), Details: new { opinion.Kind }), t);
        if (await signatures.Sign(s, ReportSignatures.Statement(SignedStep.Opinion, row.Report, s.Actor.OrganisationId, row.Report.FiguresSha256!) with { Opinion = opinion }, t) is { } unsigned) return [unsigned];
        await ReportNotices.ToVerifier(s, row.Report, s.Actor.OrganisationId, Role.VerifierReviewer, ReportNotices.Opinion, "opinion", t);
        return [];
    }, ct);

    /// <summary>The independent review: another person than the lead. An opinion with assurance freezes the report, an adverse one fails it.</summary>
    public Task<Answer<ReportView>> Review(DbSession s, Guid id, CancellationToken ct) => Change(s, id, [Role.VerifierReviewer], row => row.Report.Opinion?.Kind == OpinionKind.Adverse ? ReportEvent.Fail : ReportEvent.Accept, async (row, next, t) =>
    {
        if (row.Report.LeadBy == s.Actor.PersonId) return [Refusal.Forbidden("verification.reviewer-led")];
        // What it corrects belongs to the same operator, but another verifier may have verified it.
        if (next == ReportState.Accepted && row.Report.Corrects is { } corrected)
            await s.AsSystem(u => s.Run("update footprint.report set state = $2, row_version = row_version + 1 where id = $1 and state = 5", u, corrected, (short)ReportState.Superseded), t);
        await s.Run("update footprint.report set state = $2, reviewed_by = $3, decided_at = $4, row_version = row_version + 1 where id = $1", t, id, (short)next, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry(next == ReportState.Accepted ? "report.accepted" : "report.failed", "report", id.ToString(), EvidenceSha256: row.Report.FiguresSha256), t);
        if (await signatures.Sign(s, ReportSignatures.Statement(SignedStep.Decision, row.Report, s.Actor.OrganisationId, row.Report.FiguresSha256!) with { Opinion = row.Report.Opinion, Decision = next }, t) is { } unsigned) return [unsigned];
        await ReportNotices.ToOperator(s, row.Report, ReportNotices.Decided, next == ReportState.Accepted ? "accepted" : "failed", t);
        await ReportNotices.ToVerifier(s, row.Report, s.Actor.OrganisationId, Role.VerifierLead, ReportNotices.Decided, next == ReportState.Accepted ? "accepted" : "failed", t);
        await s.Publish(next == ReportState.Accepted ? "footprint.report.accepted" : "footprint.report.failed", new { ReportId = id, row.Report.FacilityId, row.Report.FiguresSha256 }, t);
        return [];
    }, ct);

    public async Task<Answer<Finding>> Raise(DbSession s, Guid id, NewFinding finding, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.VerifierLead) is { } no) return no;
        return await s.InTransaction<Finding>(async t =>
        {
            if (await ReportStore.Locked(s, id, t) is not { Report: { } known } row || known.VerifierId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
            if (known.State != ReportState.InVerification) return Refusal.Conflict("report.state-forbids", "state", ("state", known.State.ToString()), ("event", "Raise"));
            if (VerificationRules.Check(finding, row.Figures!.Streams.Select(f => f.Id).ToHashSet(StringComparer.Ordinal), s.Today()) is { Count: > 0 } wrong) return Answer<Finding>.From(wrong);
            var findingId = s.NewId();
            var due = finding.DueOn ?? s.Today().PlusDays((int)VerificationRules.Limit(rules, "days-to-answer").Value);
            await s.Run("insert into footprint.finding (id, report_id, operator_id, verifier_id, kind, stream, text, tco2e, due_on, state, raised_by, raised_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)", t,
                findingId, id, known.OperatorId, s.Actor.OrganisationId, (short)finding.Kind, finding.Stream, finding.Text.Trim(), finding.Tco2e, due, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("finding.raised", "report", id.ToString(), Details: new { Finding = findingId, finding.Kind, finding.Stream }), t);
            await ReportNotices.ToOperator(s, known, ReportNotices.FindingRaised, finding.Kind == FindingKind.Request ? "requested" : "finding", t, ("day", LocalDatePattern.Iso.Format(due)));
            return (await ReportStore.LockedFinding(s, findingId, t))!;
        }, ct);
    }

    /// <summary>The operator answers; once more until it is closed.</summary>
    public Task<Answer<Finding>> Answer(DbSession s, Guid id, string? answer, CancellationToken ct) => Settle(s, id, [Role.ProducerEditor, Role.ProducerApprover], r => r.OperatorId, "finding.answered", "answer", answer,
        t => s.Run("update footprint.finding set state = 1, answer = $2, answered_by = $3, answered_at = $4 where id = $1", t, id, answer!.Trim(), s.Actor.PersonId, s.Now), ct);

    /// <summary>The verifier closes it: corrected, explained, or no longer needed.</summary>
    public Task<Answer<Finding>> Close(DbSession s, Guid id, string? conclusion, CancellationToken ct) => Settle(s, id, [Role.VerifierLead], r => r.VerifierId, "finding.closed", "conclusion", conclusion,
        t => s.Run("update footprint.finding set state = 2, conclusion = $2, closed_at = $3 where id = $1", t, id, conclusion!.Trim(), s.Now), ct);

    static async Task<Answer<Finding>> Settle(DbSession s, Guid id, string[] roles, Func<Report, Guid?> whose, string action, string field, string? text, Func<CancellationToken, Task> change, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, roles) is { } no) return no;
        var wrong = new List<Refusal>();
        Texts.Check(text, field, Texts.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Finding>(async t =>
        {
            if (await ReportStore.LockedFinding(s, id, t) is not { } finding || await ReportStore.Find(s, finding.ReportId, t) is not { Report: { } report } || whose(report) != s.Actor.OrganisationId) return Refusal.NotFound("finding.not-found");
            if (finding.State == FindingState.Closed || ReportStates.Decided(report.State)) return Refusal.Conflict("finding.closed", "state");
            await change(t);
            await s.Audit(new AuditEntry(action, "report", report.Id.ToString(), text!.Trim(), new { Finding = id }), t);
            if (action == "finding.answered") await ReportNotices.ToVerifier(s, report, report.VerifierId!.Value, Role.VerifierLead, ReportNotices.FindingAnswered, "answered", t);
            return (await ReportStore.LockedFinding(s, id, t))!;
        }, ct);
    }

    async Task<Answer<ReportView>> Change(DbSession s, Guid id, string[] roles, Func<ReportRow, ReportEvent> happened, Func<ReportRow, ReportState, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, roles) is { } no) return no;
        return await s.InTransaction<ReportView>(async t =>
        {
            if (await ReportStore.Locked(s, id, t) is not { } row || row.Report.VerifierId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
            var next = ReportStates.Table.Next(row.Report.State, happened(row));
            if (!next.Ok) return Answer<ReportView>.From(next.Refusals);
            var wrong = await change(row, next.Value, t);
            return wrong.Count > 0 ? Answer<ReportView>.From(wrong) : await reports.View(s, (await ReportStore.Find(s, id, t))!, t);
        }, ct);
    }
}
