using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>
/// Adds closed hours up to days of the tag's own clock. A day of which an hour is unknown has no amount. Like hours, a day that comes to something else rises to its next version.
/// </summary>
static class DayClosing
{
    const int MostDays = 2000;

    const string Summed = """
        insert into footprint.meter_day (tag, day, version, dirty, amount, measured, mean, low, high, readings, known_ms, hours, scaled, substituted, unknown, closed_at)
        select d.tag, d.day, 1, false, case when count(h.hour) = 24 and bool_and(h.amount is not null) then sum(h.amount) end, sum(h.measured), round(sum(h.mean * h.known_ms) / nullif(sum(h.known_ms) filter (where h.mean is not null), 0), 15),
          min(h.low), max(h.high), coalesce(sum(h.readings), 0), coalesce(sum(h.known_ms), 0), count(h.hour), count(h.hour) filter (where h.state = 1), count(h.hour) filter (where h.state = 2), count(h.hour) filter (where h.state = 3), $3
        from unnest($1::int[], $2::date[]) as d (tag, day) join footprint.meter_tag t on t.id = d.tag
        left join footprint.meter_hour h on h.tag = d.tag and h.hour >= (d.day::timestamp at time zone 'UTC') - make_interval(hours => t.day_offset_hours) and h.hour < (d.day::timestamp at time zone 'UTC') - make_interval(hours => t.day_offset_hours - 24)
        group by d.tag, d.day
        on conflict (tag, day) do update set version = meter_day.version + 1, amount = excluded.amount, measured = excluded.measured, mean = excluded.mean, low = excluded.low, high = excluded.high, readings = excluded.readings,
          known_ms = excluded.known_ms, hours = excluded.hours, scaled = excluded.scaled, substituted = excluded.substituted, unknown = excluded.unknown, closed_at = excluded.closed_at
        where (meter_day.amount, meter_day.measured, meter_day.mean, meter_day.low, meter_day.high, meter_day.readings, meter_day.known_ms, meter_day.hours, meter_day.scaled, meter_day.substituted, meter_day.unknown)
          is distinct from (excluded.amount, excluded.measured, excluded.mean, excluded.low, excluded.high, excluded.readings, excluded.known_ms, excluded.hours, excluded.scaled, excluded.substituted, excluded.unknown)
        returning tag, day, version
        """;

    /// <summary>Closes one portion of days. Days wait for every hour of theirs, and for hours that are to be worked out again.</summary>
    public static Task<int> Run(DbSession s, Func<IReadOnlyList<(int Tag, DateOnly Day)>, CancellationToken, Task> changed, CancellationToken ct) => s.InTransaction(async t =>
    {
        await s.Run("select pg_advisory_xact_lock($1)", t, Consolidation.Lock);
        var over = await s.All("""
            select s.tag, s.days_to from footprint.meter_state s join footprint.meter_tag t on t.id = s.tag
            where s.closed_to >= (s.days_to::timestamp at time zone 'UTC') - make_interval(hours => t.day_offset_hours - 24) order by s.days_to, s.tag limit $1
            """, r => (Tag: r.GetInt32(0), Day: r.GetFieldValue<DateOnly>(1)), t, MostDays);
        var late = over.Count > 0 ? [] : await s.All("select tag, day from footprint.meter_day where dirty order by day, tag limit $1", r => (Tag: r.GetInt32(0), Day: r.GetFieldValue<DateOnly>(1)), t, MostDays);
        var due = over.Count > 0 ? over : late;
        if (due.Count == 0) return 0;
        var (tags, days) = (due.ConvertAll(d => d.Tag).ToArray(), due.ConvertAll(d => d.Day).ToArray());
        var written = await s.All(Summed, r => (Tag: r.GetInt32(0), Day: r.GetFieldValue<DateOnly>(1), Version: r.GetInt32(2)), t, tags, days, s.Now);
        if (over.Count > 0) await s.Run("update footprint.meter_state s set days_to = d.day + 1 from unnest($1::int[], $2::date[]) as d (tag, day) where s.tag = d.tag", t, tags, days);
        else await s.Run("update footprint.meter_day m set dirty = false from unnest($1::int[], $2::date[]) as d (tag, day) where m.tag = d.tag and m.day = d.day", t, tags, days);
        if (written.Where(w => w.Version > 1).Select(w => (w.Tag, w.Day)).ToList() is { Count: > 0 } again) await changed(again, t);
        return due.Count;
    }, ct);
}
