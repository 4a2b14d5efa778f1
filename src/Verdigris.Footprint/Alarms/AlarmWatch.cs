using System.Globalization;
using NodaTime;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Alarms;

/// <summary>
/// Looks at each period once, when it is closed: first the chart runs over the values before, then over the new ones. An hour or day that is unknown or stands on a substitute is no measurement and is passed over. While
/// an alarm is open, further signals are counted on it; once it is closed, the chart begins anew.
/// </summary>
sealed class AlarmWatch(RulePacks rules)
{
    public const string Raised = "meter.alarm";

    const decimal Largest = 1_000_000_000_000_000m;

    readonly int kept = (int)AlarmRules.Setting(rules, "values-kept");

    /// <returns>Rules looked at.</returns>
    public Task<int> Run(DbSession s, CancellationToken ct) => s.InTransaction(async t =>
    {
        await s.Run("select pg_advisory_xact_lock($1)", t, Consolidation.Lock);
        var due = await AlarmStore.Due(s, t);
        foreach (var (rule, tag, over, begins, closedTo) in due)
        {
            await Look(s, rule, await Values(s, rule, tag, over, begins, closedTo, t), t);
            await s.Run("update footprint.alarm_rule set seen_to = $2 where id = $1", t, rule.Id, closedTo);
        }
        return due.Count;
    }, ct);

    async Task<List<(Instant From, decimal Value)>> Values(DbSession s, AlarmRule rule, int tag, int? over, Instant begins, Instant closedTo, CancellationToken ct)
    {
        var table = rule.Step == RollupStep.Hour
            ? "select hour as at, tag, coalesce(amount, mean) as value, state < 2 as good from footprint.meter_hour"
            : "select (d.day::timestamp at time zone 'UTC') - make_interval(hours => t.day_offset_hours) as at, d.tag, coalesce(d.amount, d.mean) as value, d.hours = 24 and d.substituted = 0 and d.unknown = 0 as good from footprint.meter_day d join footprint.meter_tag t on t.id = d.tag";
        var newest = (await s.All($"""
            with period as ({table}) select a.at, a.value, b.value from period a left join period b on b.tag = $2 and b.at = a.at and b.good
            where a.tag = $1 and a.good and a.value is not null and a.at >= $3 and a.at < $4 and ($2 is null or b.value <> 0) order by a.at desc limit {kept + 1000}
            """, r => (From: r.Time(0), Value: Intensity(r.GetDecimal(1), r.MaybeDecimal(2) ?? 1, rule.Factor)), ct, tag, over, begins, closedTo)).FindAll(v => v.Value is not null).ConvertAll(v => (v.From, Value: v.Value!.Value));
        newest.Reverse();
        // Of what was seen before, the newest are enough; nothing new is passed over.
        var seen = newest.FindIndex(v => v.From >= rule.SeenTo);
        return newest[Math.Max(0, (seen < 0 ? newest.Count : seen) - kept)..];
    }

    /// <summary>Null where the quotient is so large that no chart could say anything of it: a divisor next to nothing.</summary>
    static decimal? Intensity(decimal value, decimal over, decimal factor)
    {
        try
        {
            return value / over * factor is var intensity && Math.Abs(intensity) <= Largest ? Working.Shown(intensity) : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    async Task Look(DbSession s, AlarmRule rule, List<(Instant From, decimal Value)> values, CancellationToken ct)
    {
        var chart = rule.Chart();
        foreach (var (from, value) in values)
            if (chart.Next(value) is { } signal && from >= rule.SeenTo) await Signal(s, rule, from, value, signal, ct);
    }

    static async Task Signal(DbSession s, AlarmRule rule, Instant from, decimal value, Signal signal, CancellationToken ct)
    {
        if (await s.Run("update footprint.alarm set signals = signals + 1, last_from = $2 where rule_id = $1 and state <> 2", ct, rule.Id, from) > 0) return;
        var id = s.NewId();
        await s.Run("insert into footprint.alarm (id, rule_id, facility_id, operator_id, state, side, period_from, value, signal, limit_value, last_from, signals, raised_at) values ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $6, 1, $10)", ct,
            id, rule.Id, rule.FacilityId, rule.OperatorId, (short)signal.Side, from, value, Working.Shown(signal.Value), Working.Shown(signal.Limit), s.Now);
        await s.Audit(new AuditEntry("alarm.raised", "alarm", id.ToString(), Details: new { Rule = rule.Id, From = from, Value = value, Signal = signal.Value }), ct);
        if (rule.MutedUntil > s.Now) return;
        await s.Notify(new Notice(Raised, new NoticeTo(Organisation: rule.OperatorId, Roles: [Role.ProducerEditor, Role.ProducerApprover]), "meter.notice.alarm." + signal.Side,
            new Dictionary<string, string> { ["rule"] = rule.Name, ["value"] = DecimalText.Write(Math.Round(value, 6)), ["unit"] = rule.Unit, ["from"] = from.ToString("uuuu-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC" },
            $"/footprint/alarms/{id}", "alarm", id.ToString()), ct);
    }
}
