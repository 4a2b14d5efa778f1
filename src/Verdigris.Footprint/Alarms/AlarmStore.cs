using NodaTime;
using Npgsql;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Alarms;

/// <param name="Open">Raised and acknowledged ones only.</param>
/// <param name="Sort">raised, with a leading minus for descending; null is -raised.</param>
public sealed record AlarmFilter(bool Open = false, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>Rows of rules, alarms and comments.</summary>
static class AlarmStore
{
    const string RuleColumns = "r.id, r.facility_id, r.operator_id, r.name, r.unit, t.name, o.name, r.factor, r.step, r.kind, r.low, r.high, r.target, r.sigma, r.slack, r.decision, r.weight, r.width, r.created_at, r.ended_at, r.muted_until, r.seen_to, r.tag, r.over_tag, r.begins_at";
    const string RuleFrom = "footprint.alarm_rule r join footprint.meter_tag t on t.id = r.tag left join footprint.meter_tag o on o.id = r.over_tag";
    const string AlarmColumns = "a.id, a.rule_id, r.name, r.unit, a.facility_id, a.state, a.side, a.period_from, a.value, a.signal, a.limit_value, a.last_from, a.signals, a.raised_at, a.acknowledged_at, a.closed_at, r.muted_until";
    const string AlarmFrom = "footprint.alarm a join footprint.alarm_rule r on r.id = a.rule_id";

    static readonly ListOrders<Alarm> Orders = new("alarms", "-raised", ListKey<Alarm>.Id("raised", "a.id", a => a.Id));

    public static Task<AlarmRule?> Rule(DbSession s, Guid id, CancellationToken ct) => s.One($"select {RuleColumns} from {RuleFrom} where r.id = $1", MapRule, ct, id);

    public static Task<List<AlarmRule>> Rules(DbSession s, Guid facility, CancellationToken ct) => s.All($"select {RuleColumns} from {RuleFrom} where r.facility_id = $1 order by r.ended_at is not null, r.name, r.id", MapRule, ct, facility);

    /// <summary>Rules whose next period is closed for every tag they need, with the end of what is closed.</summary>
    public static Task<List<(AlarmRule Rule, int Tag, int? Over, Instant Begins, Instant ClosedTo)>> Due(DbSession s, CancellationToken ct) => s.All($"""
        select {RuleColumns}, x.closed from {RuleFrom}
        join footprint.meter_state ts on ts.tag = r.tag left join footprint.meter_state os on os.tag = r.over_tag
        cross join lateral (select case r.step when 1 then least(ts.closed_to, os.closed_to) else (least(ts.days_to, os.days_to)::timestamp at time zone 'UTC') - make_interval(hours => t.day_offset_hours) end as closed) x
        where r.ended_at is null and (r.over_tag is null or os.tag is not null) and x.closed > r.seen_to order by r.id limit 500
        """, r => (MapRule(r), r.GetInt32(22), r.MaybeInt(23), r.Time(24), r.Time(25)), ct);

    public static Task<AlarmView?> View(DbSession s, Guid id, CancellationToken ct) => Viewed(s, s.One($"select {AlarmColumns} from {AlarmFrom} where a.id = $1", MapAlarm, ct, id), ct);

    public static Task<Alarm?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {AlarmColumns} from {AlarmFrom} where a.id = $1 for update of a", MapAlarm, ct, id);

    static async Task<AlarmView?> Viewed(DbSession s, Task<Alarm?> found, CancellationToken ct) => await found is { } alarm
        ? new(alarm, await s.All("select id, text, written_by, written_at from footprint.alarm_comment where alarm_id = $1 order by id", r => new AlarmComment(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.Time(3)), ct, alarm.Id)) : null;

    public static async Task<Answer<Page<Alarm>>> List(DbSession s, Guid facility, AlarmFilter filter, CancellationToken ct)
    {
        var query = new Where();
        query.And("a.facility_id = ", facility);
        if (filter.Open) query.And("a.state <> 2");
        return await Orders.Page(s, $"select {AlarmColumns} from {AlarmFrom}", query, filter.Sort, filter.Cursor, filter.Limit, MapAlarm, ct);
    }

    static AlarmRule MapRule(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(3), r.GetString(4), r.GetString(5), r.Text(6), r.GetDecimal(7), (RollupStep)r.GetInt16(8), (AlarmKind)r.GetInt16(9), r.MaybeDecimal(10), r.MaybeDecimal(11), r.MaybeDecimal(12), r.MaybeDecimal(13),
        r.MaybeDecimal(14), r.MaybeDecimal(15), r.MaybeDecimal(16), r.MaybeDecimal(17), r.Time(18), r.MaybeTime(19), r.MaybeTime(20), r.Time(21))
    { OperatorId = r.GetGuid(2) };

    static Alarm MapAlarm(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetGuid(4), (AlarmState)r.GetInt16(5), (AlarmSide)r.GetInt16(6), r.Time(7), r.GetDecimal(8), r.GetDecimal(9), r.GetDecimal(10), r.Time(11), r.GetInt32(12), r.Time(13),
        r.MaybeTime(14), r.MaybeTime(15), r.MaybeTime(16));
}
