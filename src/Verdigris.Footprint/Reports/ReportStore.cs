using NodaTime;
using Npgsql;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Verification;
using Verdigris.Storage;

namespace Verdigris.Footprint.Reports;

/// <summary>A report with what lies behind it.</summary>
sealed record ReportRow(Report Report, IReadOnlyList<ActivityValue> Activity, IReadOnlyList<ManualFigure> Manual, ReportFigures? Figures);

/// <summary>Rows of reports and findings. Who may read and change them the database decides as well.</summary>
static class ReportStore
{
    const string Columns = """
        id, facility_id, operator_id, plan_id, version, corrects, period_from, period_to, state, verifier_id, reason, figures_sha256, opinion::text, written_by, written_at, submitted_by, submitted_at, lead_by, reviewed_by, decided_at,
        activity::text, manual::text, figures::text
        """;

    const string FindingColumns = "id, report_id, kind, stream, text, tco2e, due_on, state, raised_by, raised_at, answer, answered_by, answered_at, conclusion, closed_at";

    static readonly ListOrders<Report> Orders = new("reports", "-written", ListKey<Report>.Id("written", "id", r => r.Id), ListKey<Report>.Day("period", "period_from", r => r.PeriodFrom), ListKey<Report>.Number("state", "state", r => (int)r.State));

    public static Task<ReportRow?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from footprint.report where id = $1", Map, ct, id);

    public static Task<ReportRow?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from footprint.report where id = $1 for update", Map, ct, id);

    public static async Task<Primitives.Answer<Primitives.Page<Report>>> List(DbSession s, ReportFilter filter, CancellationToken ct)
    {
        var query = new Where();
        if (filter.Facility is { } facility) query.And("facility_id = ", facility);
        if (filter.State is { } state) query.And("state = ", (short)state);
        return await Orders.Page(s, $"select {Columns} from footprint.report", query, filter.Sort, filter.Cursor, filter.Limit, r => Map(r).Report, ct);
    }

    /// <summary>Years in which a verifier accepted or failed a report of the facility.</summary>
    public static async Task<IReadOnlySet<int>> VerifiedYears(DbSession s, Guid facility, Guid verifier, CancellationToken ct) =>
        (await s.All("select distinct extract(year from period_to)::int from footprint.report where facility_id = $1 and verifier_id = $2 and state in (5, 6, 7)", r => r.GetInt32(0), ct, facility, verifier)).ToHashSet();

    public static Task<List<Finding>> Findings(DbSession s, Guid report, CancellationToken ct) => s.All($"select {FindingColumns} from footprint.finding where report_id = $1 order by id", MapFinding, ct, report);

    public static Task<Finding?> FindFinding(DbSession s, Guid id, CancellationToken ct) => s.One($"select {FindingColumns} from footprint.finding where id = $1", MapFinding, ct, id);

    public static Task<Finding?> LockedFinding(DbSession s, Guid id, CancellationToken ct) => s.One($"select {FindingColumns} from footprint.finding where id = $1 for update", MapFinding, ct, id);

    /// <summary>The data as a whole, with who wrote them now.</summary>
    public static Task<int> WriteActivity(DbSession s, Guid report, IReadOnlyList<ActivityValue> values, CancellationToken ct) =>
        s.Run("update footprint.report set activity = $2, written_by = $3, written_at = $4, row_version = row_version + 1 where id = $1", ct, report, new Json(StorageJson.Write(values)), s.Actor.PersonId, s.Now);

    static ReportRow Map(NpgsqlDataReader r) => new(
        new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetGuid(3), r.GetInt32(4), r.MaybeGuid(5), r.Day(6), r.Day(7), (ReportState)r.GetInt16(8), r.MaybeGuid(9), r.Text(10), r.Text(11), r.Text(12) is { } opinion ? StorageJson.Read<Opinion>(opinion) : null,
            r.GetGuid(13), r.Time(14), r.MaybeGuid(15), r.MaybeTime(16), r.MaybeGuid(17), r.MaybeGuid(18), r.MaybeTime(19)),
        StorageJson.Read<List<ActivityValue>>(r.GetString(20)), StorageJson.Read<List<ManualFigure>>(r.GetString(21)), r.Text(22) is { } figures ? StorageJson.Read<ReportFigures>(figures) : null);

    static Finding MapFinding(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), (FindingKind)r.GetInt16(2), r.Text(3), r.GetString(4), r.MaybeDecimal(5), r.Day(6), (FindingState)r.GetInt16(7), r.GetGuid(8), r.Time(9), r.Text(10), r.MaybeGuid(11), r.MaybeTime(12), r.Text(13), r.MaybeTime(14));
}

/// <param name="Sort">written, period or state, with a leading minus for descending; null is -written.</param>
public sealed record ReportFilter(Guid? Facility = null, ReportState? State = null, string? Sort = null, string? Cursor = null, int Limit = 50);
