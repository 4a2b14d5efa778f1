using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Verification;

/// <summary>What this room tells people of. Names never change once published.</summary>
public static class ReportNotices
{
    public const string Submitted = "report.submitted", Returned = "report.returned", Opinion = "report.opinion", Decided = "report.decided", FindingRaised = "finding.raised", FindingAnswered = "finding.answered", FindingDue = "finding.due";

    static readonly string[] OperatorRoles = [Role.ProducerEditor, Role.ProducerApprover];

    public static IReadOnlyList<NoticeKind> Kinds { get; } = [new(Submitted), new(Returned), new(Opinion), new(Decided), new(FindingRaised), new(FindingAnswered), new(FindingDue)];

    internal static Task ToOperator(DbSession s, Report report, string kind, string text, CancellationToken ct, params (string, string)[] more) => Tell(s, report, kind, text, report.OperatorId, OperatorRoles, more, ct);

    internal static Task ToVerifier(DbSession s, Report report, Guid verifier, string role, string kind, string text, CancellationToken ct, params (string, string)[] more) => Tell(s, report, kind, text, verifier, [role], more, ct);

    static async Task Tell(DbSession s, Report report, string kind, string text, Guid organisation, string[] roles, (string, string)[] more, CancellationToken ct)
    {
        var facility = (await FacilityHandlers.Find(s, report.FacilityId, ct))!;
        var args = new Dictionary<string, string> { ["facility"] = facility.Name, ["from"] = LocalDatePattern.Iso.Format(report.PeriodFrom), ["to"] = LocalDatePattern.Iso.Format(report.PeriodTo) };
        foreach (var (name, value) in more) args[name] = value;
        await s.Notify(new Notice(kind, new NoticeTo(Organisation: organisation, Roles: roles, Without: s.Actor.PersonId), "reporting.notice." + text, args, $"/footprint/reports/{report.Id}", "report", report.Id.ToString()), ct);
    }
}

/// <summary>Reminds operators of findings whose day to answer comes near, once at every stage, and both sides once it is past. A stage slept through is not made up for: the next says more.</summary>
sealed class FindingReminders : IDailyWork
{
    /// <summary>Days before the last one.</summary>
    static readonly int[] Stages = [7, 3, 1];

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var today = session.Today();
        var near = await session.All("select f.id, f.report_id, f.due_on from footprint.finding f join footprint.report r on r.id = f.report_id where f.state = 0 and f.due_on <= $1 and r.state in (1, 2, 3)", r => (Id: r.GetGuid(0), Report: r.GetGuid(1), Due: r.Day(2)), ct, today.PlusDays(Stages.Max()));
        var told = 0;
        foreach (var finding in near)
        {
            if (Expiry.Reminder(today, finding.Due, Stages) is not var (stage, _)) continue;
            told += await session.InTransaction(async t =>
            {
                if (await session.Run("insert into footprint.finding_told (finding_id, due_on, stage, told_at) values ($1, $2, $3, $4) on conflict do nothing", t, finding.Id, finding.Due, stage, session.Now) == 0) return 0;
                var report = (await ReportStore.Find(session, finding.Report, t))!.Report;
                (string, string)[] args = [("day", LocalDatePattern.Iso.Format(finding.Due)), ("days", Expiry.DaysLeft(today, finding.Due).ToString(CultureInfo.InvariantCulture))];
                await ReportNotices.ToOperator(session, report, ReportNotices.FindingDue, stage == 0 ? "finding-over" : "finding-near", t, args);
                if (stage == 0) await ReportNotices.ToVerifier(session, report, report.VerifierId!.Value, Role.VerifierLead, ReportNotices.FindingDue, "finding-over", t, args);
                return 1;
            }, ct);
        }
        return told;
    }
}
