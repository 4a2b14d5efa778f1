using Verdigris.Storage;

namespace Verdigris.Footprint.Privacy;

/// <summary>
/// Who wrote, approved, handed in, verified and signed. The room keeps ids and no names, so nothing of it goes with an erasure: what is signed and hashed would no longer prove anything, and who is named responsible in a plan is
/// free text of the operator's.
/// </summary>
sealed class FootprintPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("monitoring-plans", "select id, facility_id, version, written_by = $1 as written, approved_by = $1 as approved, written_at, approved_at from footprint.monitoring_plan where $1 in (written_by, approved_by) order by id"),
        ("reports", "select id, facility_id, version, period_from, period_to, state, written_by = $1 as written, submitted_by = $1 as submitted, lead_by = $1 as verified, reviewed_by = $1 as reviewed from footprint.report where $1 in (written_by, submitted_by, lead_by, reviewed_by) order by id"),
        ("findings", "select id, report_id, kind, raised_by = $1 as raised, answered_by = $1 as answered, case when raised_by = $1 then text end as text, case when answered_by = $1 then answer end as answer from footprint.finding where $1 in (raised_by, answered_by) order by id"),
        ("report-signatures", "select id, report_id, step, signed_at from footprint.report_signature where signed_by = $1 order by id"),
        ("alarm-comments", "select id, alarm_id, text, written_at from footprint.alarm_comment where written_by = $1 order by id"),
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, FootprintRoom.Name, Tables, subject.Id, ct);

    public Task Erase(DbSession s, DataSubject subject, CancellationToken ct) => Task.CompletedTask;
}
