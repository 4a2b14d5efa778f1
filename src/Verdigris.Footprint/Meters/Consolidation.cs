using System.Runtime.InteropServices;
using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>
/// Empties the inbox into the rows of the minutes: what was read of a minute and what has come of it become one set. A batch leaves the inbox in the same transaction, so that it counts once; what is sent again
/// joins what is there and changes nothing. Hours that were closed without what came now are marked.
/// </summary>
sealed class Consolidation
{
    /// <summary>One writer of minutes and hours at a time, whichever server it runs on.</summary>
    internal const long Lock = 0x6d65746572;

    const int MostReadings = 1_000_000;
    const long MinuteMs = 60_000, HourMs = 60 * MinuteMs;

    /// <summary>A minute is taken once it is over, so that its row is written once; nothing waits longer than this.</summary>
    static readonly Duration Longest = Duration.FromSeconds(60);

    /// <returns>Readings taken out of the inbox.</returns>
    public static Task<int> Run(DbSession s, CancellationToken ct) => s.InTransaction(async t =>
    {
        await s.Run("select pg_advisory_xact_lock($1)", t, Lock);
        var minute = Instant.FromUnixTimeSeconds(s.Now.ToUnixTimeSeconds() / 60 * 60);
        var byTag = new Dictionary<int, List<Reading>>();
        var taken = new List<long>();
        var count = 0;
        var due = await s.All("select id, readings from footprint.meter_inbox where last_at < $1 or received_at < $2 order by id limit 2000", r => (Id: r.GetInt64(0), Readings: r.GetInt32(1)), t, minute, s.Now - Longest);
        foreach (var (id, readings) in due)
        {
            if (count > 0 && count + readings > MostReadings) break;
            taken.Add(id);
            count += readings;
        }
        if (count == 0) return 0;
        foreach (var packed in await s.All("select packed from footprint.meter_inbox where id = any ($1)", r => r.GetFieldValue<byte[]>(0), t, taken.ToArray())) BatchPack.Read(packed, byTag);
        var minutes = Minutes(byTag);
        await Join(s, minutes, t);
        var changed = minutes.Where(m => m.Changed).ToList();
        await Write(s, changed, t);
        await Advance(s, changed, t);
        await s.Run("delete from footprint.meter_inbox where id = any ($1)", t, taken.ToArray());
        return count;
    }, ct);

    sealed class MinuteRow(int tag, long atMs, List<Reading> readings)
    {
        public int Tag => tag;
        public long AtMs => atMs;
        public List<Reading> Readings { get; set; } = readings;
        public bool Changed { get; set; } = true;
    }

    static List<MinuteRow> Minutes(Dictionary<int, List<Reading>> byTag)
    {
        var minutes = new List<MinuteRow>();
        foreach (var (tag, readings) in byTag.OrderBy(t => t.Key))
        {
            var ordered = Reading.InOrder(readings);
            for (var i = 0; i < ordered.Count;)
            {
                var (from, at) = (i, ordered[i].AtMs / MinuteMs * MinuteMs);
                while (i < ordered.Count && ordered[i].AtMs < at + MinuteMs) i++;
                minutes.Add(new(tag, at, ordered[from..i]));
            }
        }
        return minutes;
    }

    static async Task Join(DbSession s, List<MinuteRow> minutes, CancellationToken ct)
    {
        var known = await s.All("select k.ord, m.packed from unnest($1::int[], $2::timestamptz[]) with ordinality as k (tag, minute, ord) join footprint.meter_minute m on m.tag = k.tag and m.minute = k.minute",
            r => (Index: (int)r.GetInt64(0) - 1, Packed: r.GetFieldValue<byte[]>(1)), ct, minutes.Select(m => m.Tag).ToArray(), minutes.Select(m => At(m.AtMs)).ToArray());
        foreach (var (index, packed) in known)
        {
            var row = minutes[index];
            var before = new List<Reading>();
            ReadingPack.Read(packed, row.AtMs, before);
            var joined = Reading.Union(before, row.Readings);
            row.Changed = !joined.SequenceEqual(before);
            row.Readings = joined;
        }
    }

    static Task Write(DbSession s, List<MinuteRow> rows, CancellationToken ct) => rows.Count == 0 ? Task.CompletedTask : s.Run("""
        insert into footprint.meter_minute (tag, minute, counted, packed) select * from unnest($1::int[], $2::timestamptz[], $3::int[], $4::bytea[])
        on conflict (tag, minute) do update set counted = excluded.counted, packed = excluded.packed
        """, ct, rows.Select(m => m.Tag).ToArray(), rows.Select(m => At(m.AtMs)).ToArray(), rows.Select(m => m.Readings.Count(r => r.Quality != ReadingQuality.Bad)).ToArray(),
        rows.Select(m => ReadingPack.Write(CollectionsMarshal.AsSpan(m.Readings), m.AtMs)).ToArray());

    /// <summary>Notes the newest reading of each tag, and marks the closed hours that the new readings reach into: from the reading before them to the one after them.</summary>
    static async Task Advance(DbSession s, List<MinuteRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0) return;
        var tags = rows.GroupBy(r => r.Tag).Select(g => (Tag: g.Key, First: g.First().Readings[0], Last: g.Last().Readings[^1])).ToList();
        var ids = tags.ConvertAll(t => t.Tag).ToArray();
        var states = (await s.All("select tag, last_at, closed_to from footprint.meter_state where tag = any ($1)", r => (Tag: r.GetInt32(0), LastAt: r.Time(1), ClosedTo: r.Time(2)), ct, ids)).ToDictionary(r => r.Tag);
        var offsets = await s.All("select id, day_offset_hours from footprint.meter_tag where id = any ($1)", r => (Id: r.GetInt32(0), Hours: (int)r.GetInt16(1)), ct, ids);
        var offset = offsets.ToDictionary(o => o.Id, o => o.Hours);
        await s.Run("""
            insert into footprint.meter_state (tag, last_at, last_value, last_quality, closed_to, days_to) select * from unnest($1::int[], $2::timestamptz[], $3::numeric[], $4::smallint[], $5::timestamptz[], $6::date[])
            on conflict (tag) do update set last_at = excluded.last_at, last_value = excluded.last_value, last_quality = excluded.last_quality where excluded.last_at >= meter_state.last_at
            """, ct, ids, tags.ConvertAll(t => At(t.Last.AtMs)).ToArray(), tags.ConvertAll(t => t.Last.Value).ToArray(), tags.ConvertAll(t => (short)t.Last.Quality).ToArray(),
            tags.ConvertAll(t => At(Hour(t.First.AtMs))).ToArray(), tags.ConvertAll(t => Instant.FromUnixTimeMilliseconds(t.First.AtMs).InUtc().LocalDateTime.PlusHours(offset[t.Tag]).Date.ToDateOnly()).ToArray());
        foreach (var (tag, first, last) in tags)
        {
            // In the usual case the reading before lies in an hour that is still open, and there is nothing to mark.
            if (!states.TryGetValue(tag, out var state)) continue;
            var closed = state.ClosedTo.ToUnixTimeMilliseconds();
            if (Math.Min(first.AtMs, Hour(state.LastAt.ToUnixTimeMilliseconds())) >= closed) continue;
            await s.Run("""
                update footprint.meter_hour set dirty = true where tag = $1 and not dirty
                  and hour >= date_trunc('hour', coalesce((select minute from footprint.meter_minute where tag = $1 and minute < $2 and counted > 0 order by minute desc limit 1), $2), 'UTC')
                  and hour <= coalesce((select minute from footprint.meter_minute where tag = $1 and minute > $3 and counted > 0 order by minute limit 1), $3)
                """, ct, tag, Instant.FromUnixTimeMilliseconds(first.AtMs / MinuteMs * MinuteMs), Instant.FromUnixTimeMilliseconds(last.AtMs / MinuteMs * MinuteMs));
            if (Hour(first.AtMs) < closed) await Reopen(s, tag, Hour(first.AtMs), offset[tag], ct);
        }
    }

    /// <summary>A tag whose history begins earlier than was known: the hours before the first that was closed are still to be closed.</summary>
    static Task Reopen(DbSession s, int tag, long hourMs, int offset, CancellationToken ct) => s.Run("""
        update footprint.meter_state set closed_to = $2, days_to = least(days_to, $3) where tag = $1 and not exists (select from footprint.meter_hour where tag = $1 and hour <= $2)
        """, ct, tag, Instant.FromUnixTimeMilliseconds(hourMs), Instant.FromUnixTimeMilliseconds(hourMs).InUtc().LocalDateTime.PlusHours(offset).Date);

    static long Hour(long atMs) => atMs / HourMs * HourMs;

    static DateTime At(long ms) => Instant.FromUnixTimeMilliseconds(ms).ToDateTimeUtc();
}
