using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>
/// Closes hours that are over, and works out again those that late readings reached. The first closing of an hour is its version 1; a later one that comes to something else is the next version, and one that comes to the
/// same is none. A substitute rests on the thirty days before it, so a new version of an hour marks those that may rest on it.
/// </summary>
sealed class HourClosing(MeterLimits limits)
{
    /// <summary>Tags of one transaction: other work on the database comes in between.</summary>
    const int MostTags = 250;

    /// <summary>Closes one portion of hours.</summary>
    /// <returns>Hours closed or worked out again.</returns>
    public Task<int> Run(DbSession s, CancellationToken ct) => s.InTransaction(async t =>
    {
        await s.Run("select pg_advisory_xact_lock($1)", t, Consolidation.Lock);
        var over = s.Now - limits.Grace - Duration.FromHours(1);
        var due = await s.All("""
            select s.tag, s.closed_to from footprint.meter_state s join footprint.meter_tag m on m.id = s.tag
            where s.closed_to <= $1 and (m.retired_at is null or s.closed_to < m.retired_at) order by s.closed_to, s.tag limit $2
            """, r => (Tag: r.GetInt32(0), Hour: r.Time(1)), t, over, MostTags);
        if (due.Count > 0)
        {
            var hour = due[0].Hour;
            var tags = due.Where(d => d.Hour == hour).Select(d => d.Tag).ToArray();
            await Write(s, await Close(s, hour, tags, t), t);
            await s.Run("update footprint.meter_state set closed_to = $2 where tag = any ($1)", t, tags, hour + Duration.FromHours(1));
            return tags.Length;
        }
        var late = await s.All("select tag, hour from footprint.meter_hour where dirty order by hour, tag limit $1", r => (Tag: r.GetInt32(0), Hour: r.Time(1)), t, MostTags);
        if (late.Count == 0) return 0;
        var again = late.Where(d => d.Hour == late[0].Hour).Select(d => d.Tag).ToArray();
        var rows = await Close(s, late[0].Hour, again, t);
        var changed = await Write(s, rows, t);
        await s.Run("update footprint.meter_hour set dirty = false where tag = any ($1) and hour = $2", t, again, late[0].Hour);
        if (changed.Length > 0)
        {
            await s.Run("update footprint.meter_hour set dirty = true where tag = any ($1) and hour > $2 and hour <= $3 and state in (2, 3) and not dirty", t, changed, late[0].Hour, late[0].Hour + Duration.FromDays(limits.Gaps.ReferenceDays));
            await s.Run("""
                update footprint.meter_day d set dirty = true from footprint.meter_tag m
                where m.id = d.tag and d.tag = any ($1) and d.day = (($2::timestamptz at time zone 'UTC') + make_interval(hours => m.day_offset_hours))::date
                """, t, changed, late[0].Hour);
        }
        return again.Length;
    }, ct);

    async Task<List<HourRow>> Close(DbSession s, Instant hour, int[] ids, CancellationToken ct)
    {
        var tags = await TagStore.ByIds(s, ids, ct);
        var readings = await Readings(s, hour, ids, ct);
        var rows = new List<HourRow>();
        var hourMs = hour.ToUnixTimeMilliseconds();
        foreach (var tag in tags)
        {
            var meter = tag.Traits(limits.RollOverSharePercent);
            var minutes = Rollup.Of(meter, readings.GetValueOrDefault(tag.Id) ?? [], hourMs, 60_000, 60);
            var whole = minutes.Aggregate((a, b) => a + b);
            var needsReference = !GapFilling.Valid(whole, HourRow.LengthMs, limits.Gaps) && meter.Kind != MeterKind.Gauge;
            rows.Add(HourRow.Of(tag, meter, hour, minutes, GapFilling.Fill(meter, whole, HourRow.LengthMs, needsReference ? await Reference(s, tag.Id, hour, ct) : [], limits.Gaps)));
        }
        return rows;
    }

    /// <summary>Readings of the hour with the last that counts before it and the first after it.</summary>
    static async Task<Dictionary<int, List<Reading>>> Readings(DbSession s, Instant hour, int[] ids, CancellationToken ct)
    {
        var byTag = new Dictionary<int, List<Reading>>(ids.Length);
        var open = await s.Connection(ct);
        await using var command = Sql.Command(open, """
            select t.tag, m.minute, m.packed from unnest($1::int[]) as t (tag) cross join lateral (
              (select minute, packed from footprint.meter_minute where tag = t.tag and minute < $2 and counted > 0 order by minute desc limit 1)
              union all (select minute, packed from footprint.meter_minute where tag = t.tag and minute >= $2 and minute < $3)
              union all (select minute, packed from footprint.meter_minute where tag = t.tag and minute >= $3 and counted > 0 order by minute limit 1)) m
            order by t.tag, m.minute
            """, ids, hour, hour + Duration.FromHours(1));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var tag = reader.GetInt32(0);
            if (!byTag.TryGetValue(tag, out var list)) byTag.Add(tag, list = new(3700));
            ReadingPack.Read(reader.GetFieldValue<byte[]>(2), reader.Time(1).ToUnixTimeMilliseconds(), list);
        }
        return byTag;
    }

    async Task<IReadOnlyCollection<decimal>> Reference(DbSession s, int tag, Instant hour, CancellationToken ct) =>
        await s.All("select amount from footprint.meter_hour where tag = $1 and hour >= $2 and hour < $3 and state in (0, 1) and amount is not null", r => r.GetDecimal(0), ct, tag, hour - Duration.FromDays(limits.Gaps.ReferenceDays), hour);

    /// <returns>Tags whose hour has come to something else than before.</returns>
    static async Task<int[]> Write(DbSession s, List<HourRow> rows, CancellationToken ct)
    {
        var changed = await s.All("""
            insert into footprint.meter_hour (tag, hour, version, dirty, state, amount, measured, mean, low, high, readings, uncertain, disputed, resets, known_ms, spread_ms, minutes, closed_at)
            select tag, hour, 1, false, state, amount, measured, mean, low, high, readings, uncertain, disputed, resets, known_ms, spread_ms, minutes::jsonb, $16
            from unnest($1::int[], $2::timestamptz[], $3::smallint[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::int[], $10::int[], $11::int[], $12::int[], $13::int[], $14::int[], $15::text[])
              as r (tag, hour, state, amount, measured, mean, low, high, readings, uncertain, disputed, resets, known_ms, spread_ms, minutes)
            on conflict (tag, hour) do update set version = meter_hour.version + 1, state = excluded.state, amount = excluded.amount, measured = excluded.measured, mean = excluded.mean, low = excluded.low, high = excluded.high,
              readings = excluded.readings, uncertain = excluded.uncertain, disputed = excluded.disputed, resets = excluded.resets, known_ms = excluded.known_ms, spread_ms = excluded.spread_ms, minutes = excluded.minutes, closed_at = excluded.closed_at
            where (meter_hour.state, meter_hour.amount, meter_hour.measured, meter_hour.mean, meter_hour.low, meter_hour.high, meter_hour.readings, meter_hour.uncertain, meter_hour.disputed, meter_hour.resets, meter_hour.known_ms, meter_hour.spread_ms, meter_hour.minutes)
              is distinct from (excluded.state, excluded.amount, excluded.measured, excluded.mean, excluded.low, excluded.high, excluded.readings, excluded.uncertain, excluded.disputed, excluded.resets, excluded.known_ms, excluded.spread_ms, excluded.minutes)
            returning tag
            """, r => r.GetInt32(0), ct,
            rows.ConvertAll(r => r.Tag).ToArray(), rows.ConvertAll(r => r.Hour.ToDateTimeUtc()).ToArray(), rows.ConvertAll(r => (short)r.State).ToArray(), rows.ConvertAll(r => r.Amount).ToArray(), rows.ConvertAll(r => r.Measured).ToArray(),
            rows.ConvertAll(r => r.Mean).ToArray(), rows.ConvertAll(r => r.Figures.Low).ToArray(), rows.ConvertAll(r => r.Figures.High).ToArray(), rows.ConvertAll(r => r.Figures.Count).ToArray(), rows.ConvertAll(r => r.Figures.Uncertain).ToArray(),
            rows.ConvertAll(r => r.Figures.Disputed).ToArray(), rows.ConvertAll(r => r.Figures.Resets).ToArray(), rows.ConvertAll(r => (int)r.Figures.KnownMs).ToArray(), rows.ConvertAll(r => (int)r.Figures.SpreadMs).ToArray(), rows.ConvertAll(r => r.MinutesJson).ToArray(), s.Now);
        return [.. changed];
    }
}
