using NodaTime;
using NodaTime.Text;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>A figure of a report that came from meters.</summary>
/// <param name="ChangedTo">What the meters come to since late readings arrived; null where they say the same.</param>
public sealed record MeteredFigure(string Stream, LocalDate Month, string Field, decimal Value, Instant TakenAt, Instant? ChangedAt, decimal? ChangedTo);

/// <param name="Taken">Figures put into the report.</param>
/// <param name="Incomplete">Months of streams that the meters do not know whole; they stay as they were.</param>
public sealed record FiguresTaken(IReadOnlyList<MeteredFigure> Taken, IReadOnlyList<IncompleteMonth> Incomplete);

/// <param name="Days">Days of the month that are closed and known.</param>
public sealed record IncompleteMonth(string Stream, LocalDate Month, string Field, int Days, int DaysOfMonth);

/// <summary>
/// Months of meters as activity data of a report: the days of all tags that give a field, added up in the field's unit, where each day of the month is closed and known. What was taken is remembered, and late readings that
/// change a day of it are told: an open report takes the figures again, an accepted one is frozen and asks for a correction.
/// </summary>
public sealed class MeteredFigures(ReportHandlers reports)
{
    public const string Changed = "meter.figure-changed";

    const string Columns = "stream, month, field, value, taken_at, changed_at, changed_to";

    public async Task<Answer<FiguresTaken>> Take(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await ReportStore.Find(s, id, ct) is not { Report: { } report } row || report.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("report.not-found");
        var fields = (await TagStore.Reported(s, report.FacilityId, ct)).GroupBy(t => (t.Stream, Field: t.Field!)).ToList();
        if (fields.Count == 0) return Refusal.Conflict("meter.none-reported", "facilityId");
        var (taken, incomplete) = (new List<ActivityValue>(), new List<IncompleteMonth>());
        foreach (var field in fields)
            foreach (var month in ReportCalculation.Months(report.PeriodFrom, report.PeriodTo))
            {
                var (sum, days) = await Month(s, report.FacilityId, field.Key.Stream, field.Key.Field, month, ct);
                if (sum is { } value) taken.Add(new(field.Key.Stream, month, field.Key.Field, value, Source(field)));
                else incomplete.Add(new(field.Key.Stream, month, field.Key.Field, days, DaysOf(month)));
            }
        if (taken.Count == 0) return Refusal.Conflict("meter.no-whole-month", "periodFrom");
        return await s.InTransaction<FiguresTaken>(async t =>
        {
            var keys = taken.Select(v => (v.Stream, v.Month, v.Field)).ToHashSet();
            var set = await reports.SetActivity(s, id, [.. row.Activity.Where(v => !keys.Contains((v.Stream, v.Month, v.Field))), .. taken], t);
            if (!set.Ok) return Answer<FiguresTaken>.From(set.Refusals);
            foreach (var value in taken)
                await s.Run("""
                    insert into footprint.metered_figure (report_id, operator_id, stream, month, field, value, taken_at) values ($1, $2, $3, $4, $5, $6, $7)
                    on conflict (report_id, stream, month, field) do update set value = excluded.value, taken_at = excluded.taken_at, changed_at = null, changed_to = null
                    """, t, id, report.OperatorId, value.Stream, value.Month, value.Field, value.Value, s.Now);
            return new FiguresTaken(await Of(s, id, t), incomplete);
        }, ct);
    }

    public async Task<Answer<IReadOnlyList<MeteredFigure>>> List(DbSession s, Guid id, CancellationToken ct) => await ReportStore.Find(s, id, ct) is null ? Refusal.NotFound("report.not-found") : await Of(s, id, ct);

    /// <summary>Whether a meter of the facility gives a field of the plan.</summary>
    public async Task<bool> Any(DbSession s, Guid facility, CancellationToken ct) => (await TagStore.Reported(s, facility, ct)).Count > 0;

    internal static async Task<List<MeteredFigure>> Of(DbSession s, Guid report, CancellationToken ct) => await s.All($"select {Columns} from footprint.metered_figure where report_id = $1 order by stream, field, month",
        r => new MeteredFigure(r.GetString(0), r.Day(1), r.GetString(2), r.GetDecimal(3), r.Time(4), r.MaybeTime(5), r.MaybeDecimal(6)), ct, report);

    /// <summary>Looks at the reports that hold a month of days that have changed, and tells their operators. Runs as the system, in the transaction that changes the days.</summary>
    internal static async Task DaysChanged(DbSession s, IReadOnlyList<(int Tag, DateOnly Day)> days, CancellationToken ct)
    {
        var held = await s.All("""
            select distinct f.report_id, r.facility_id, f.stream, f.month, f.field, f.value, f.changed_to, r.operator_id, r.state from unnest($1::int[], $2::date[]) as d (tag, day) join footprint.meter_tag t on t.id = d.tag
            join footprint.report r on r.facility_id = t.facility_id join footprint.metered_figure f on f.report_id = r.id and f.stream = t.stream and f.field = t.field and f.month = date_trunc('month', d.day)::date
            where r.state <> 7
            """, r => (Report: r.GetGuid(0), Facility: r.GetGuid(1), Stream: r.GetString(2), Month: r.Day(3), Field: r.GetString(4), Value: r.GetDecimal(5), ChangedTo: r.MaybeDecimal(6), Operator: r.GetGuid(7), State: (ReportState)r.GetInt16(8)), ct,
            days.Select(d => d.Tag).ToArray(), days.Select(d => d.Day).ToArray());
        foreach (var of in held.GroupBy(h => (h.Report, h.Operator, h.State)))
        {
            var told = 0;
            foreach (var figure in of)
            {
                var (sum, _) = await Month(s, figure.Facility, figure.Stream, figure.Field, figure.Month, ct);
                var now = sum == figure.Value ? null : sum;
                // A month no longer known whole is left to the gaps of the meter: there is no other figure to take.
                if (now == figure.ChangedTo || (sum is null && figure.ChangedTo is null)) continue;
                await s.Run("update footprint.metered_figure set changed_at = $5, changed_to = $6 where report_id = $1 and stream = $2 and month = $3 and field = $4", ct, figure.Report, figure.Stream, figure.Month, figure.Field, now is null ? null : s.Now, now);
                if (now is not null) told++;
            }
            if (told == 0) continue;
            await s.Notify(new Notice(Changed, new NoticeTo(Organisation: of.Key.Operator, Roles: [Role.ProducerEditor, Role.ProducerApprover]),
                of.Key.State is ReportState.Accepted or ReportState.Failed ? "meter.notice.changed-decided" : ReportStates.Open(of.Key.State) ? "meter.notice.changed" : "meter.notice.changed-handed-in",
                new Dictionary<string, string> { ["count"] = Numbers(told), ["month"] = LocalDatePattern.Iso.Format(of.Min(f => f.Month)) }, $"/footprint/reports/{of.Key.Report}", "report", of.Key.Report.ToString()), ct);
        }
    }

    /// <summary>The month's amount in the field's unit; null where a day of a tag that gives it is missing or unknown. A tag gives it from its first reading on.</summary>
    static async Task<(decimal? Sum, int Days)> Month(DbSession s, Guid facility, string stream, string field, LocalDate month, CancellationToken ct)
    {
        var tags = await s.All("""
            select t.factor, count(d.amount)::int, sum(d.amount), t.retired_at from footprint.meter_tag t left join footprint.meter_day d on d.tag = t.id and d.day >= $4 and d.day < $5 and not d.dirty
            where t.facility_id = $1 and t.stream = $2 and t.field = $3 group by t.id
            """, r => (Factor: r.GetDecimal(0), Days: r.GetInt32(1), Sum: r.MaybeDecimal(2), RetiredAt: r.MaybeTime(3)), ct, facility, stream, field, month, month.PlusMonths(1));
        // A meter that had gone before the month gives nothing to it; one that went within it leaves its month open.
        var giving = tags.FindAll(t => t.RetiredAt is not { } gone || t.Days > 0 || gone.InUtc().Date >= month.PlusMonths(1));
        var days = giving.Count == 0 ? 0 : giving.Min(t => t.Days);
        return (giving.Count > 0 && days == DaysOf(month) ? Working.Shown(giving.Sum(t => t.Sum!.Value * t.Factor)) : null, days);
    }

    static string Source(IEnumerable<MeterTag> tags)
    {
        var names = string.Join(" + ", tags.Select(t => t.Name));
        return names.Length <= 180 ? "meter " + names : $"meter {names[..170]}...";
    }

    static int DaysOf(LocalDate month) => month.Calendar.GetDaysInMonth(month.Year, month.Month);

    static string Numbers(int count) => count.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
