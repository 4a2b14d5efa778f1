using System.Text.Json;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

public enum RollupStep { Minute, Hour, Day }

/// <summary>What a tag came to in a minute, an hour or a day.</summary>
/// <param name="Version">1, and one more each time late readings changed it. A minute has that of its hour.</param>
/// <param name="State">How it is known; null of a minute.</param>
/// <param name="Amount">What it counts as, in the tag's unit; null where it is unknown, and of a gauge.</param>
/// <param name="Measured">What the readings themselves come to.</param>
/// <param name="KnownPercent">Part of the time that is known.</param>
/// <param name="Disputed">Times of which the source said different things.</param>
public sealed record MeterPeriod(Instant From, Instant To, int Version, FillState? State, decimal? Amount, decimal? Measured, decimal? Mean, decimal? Low, decimal? High, int Readings, decimal KnownPercent, int? Uncertain, int? Disputed, int? Resets);

/// <summary>An hour that was not measured whole.</summary>
public sealed record MeterGap(string Tag, Instant Hour, FillState State, decimal? Measured, decimal? Amount, decimal KnownPercent, int Version);

public sealed record PeriodFilter(RollupStep Step = RollupStep.Hour, Instant? From = null, Instant? To = null, string? Cursor = null, int Limit = 200);

public sealed record GapFilter(string? Tag = null, Instant? From = null, Instant? To = null, string? Cursor = null, int Limit = 50);

/// <summary>Roll-ups and gaps to read, in the order of their times.</summary>
public sealed class MeterPeriods
{
    public async Task<Answer<Page<MeterPeriod>>> List(DbSession s, Guid facility, string name, PeriodFilter filter, CancellationToken ct)
    {
        if (PageSize.Wrong(filter.Limit, 1500) is { } tooMany) return tooMany;
        if (await TagStore.Find(s, facility, name, ct) is not { } tag) return Refusal.NotFound("meter.tag-not-found");
        var list = $"meter-periods/{filter.Step}";
        var from = filter.From;
        if (filter.Cursor is { } cursor)
        {
            var read = Cursor.Read(cursor, list, 1);
            if (!read.Ok || !long.TryParse(read.Value[0], out var last)) return Refusal.Of("page.cursor-invalid", "cursor");
            var after = Instant.FromUnixTimeMilliseconds(last) + Duration.FromMilliseconds(1);
            from = from > after ? from : after;
        }
        var rows = filter.Step switch { RollupStep.Day => await Days(s, tag, from, filter, ct), RollupStep.Hour => await Hours(s, tag, from, filter, ct), _ => await Minutes(s, tag, from, filter, ct) };
        var more = rows.Count > filter.Limit;
        if (more) rows.RemoveRange(filter.Limit, rows.Count - filter.Limit);
        return new Page<MeterPeriod>(rows, more ? Cursor.After(list, $"{rows[^1].From.ToUnixTimeMilliseconds()}") : null);
    }

    /// <summary>Part of the last 24 closed hours that was known, in percent, by the tag's name; tags without a closed hour are left out.</summary>
    public async Task<IReadOnlyDictionary<string, decimal?>> Coverage(DbSession s, IReadOnlyList<MeterTag> tags, CancellationToken ct) => tags.Count == 0 ? new Dictionary<string, decimal?>() : (await s.All("""
        select t.name, sum(h.known_ms), count(*) from footprint.meter_tag t join footprint.meter_state s on s.tag = t.id join footprint.meter_hour h on h.tag = t.id and h.hour >= s.closed_to - interval '24 hours' and h.hour < s.closed_to
        where t.id = any ($1) group by t.name
        """, r => (Name: r.GetString(0), Percent: (decimal?)Percent(r.GetInt64(1), r.GetInt64(2) * HourRow.LengthMs)), ct, tags.Select(t => t.Id).ToArray())).ToDictionary(t => t.Name, t => t.Percent, StringComparer.Ordinal);

    static Task<List<MeterPeriod>> Hours(DbSession s, MeterTag tag, Instant? from, PeriodFilter filter, CancellationToken ct) => s.All($"""
        select hour, version, state, amount, measured, mean, low, high, readings, known_ms, uncertain, disputed, resets from footprint.meter_hour
        where tag = $1 and hour >= $2 and hour < $3 order by hour limit {filter.Limit + 1}
        """, r => new MeterPeriod(r.Time(0), r.Time(0) + Duration.FromHours(1), r.GetInt32(1), (FillState)r.GetInt16(2), r.MaybeDecimal(3), r.MaybeDecimal(4), r.MaybeDecimal(5), r.MaybeDecimal(6), r.MaybeDecimal(7), r.GetInt32(8), Percent(r.GetInt32(9), HourRow.LengthMs),
            r.GetInt32(10), r.GetInt32(11), r.GetInt32(12)), ct, tag.Id, from ?? Begin, filter.To ?? End);

    static Task<List<MeterPeriod>> Days(DbSession s, MeterTag tag, Instant? from, PeriodFilter filter, CancellationToken ct) => s.All($"""
        select day, version, hours, scaled, substituted, unknown, amount, measured, mean, low, high, readings, known_ms from footprint.meter_day
        where tag = $1 and (day::timestamp at time zone 'UTC') - make_interval(hours => $4) >= $2 and (day::timestamp at time zone 'UTC') - make_interval(hours => $4) < $3 order by day limit {filter.Limit + 1}
        """, r => Day(tag, r), ct, tag.Id, from ?? Begin, filter.To ?? End, tag.DayOffsetHours);

    static MeterPeriod Day(MeterTag tag, NpgsqlDataReader r)
    {
        var from = tag.Begin(r.Day(0));
        var state = r.GetInt16(5) > 0 || r.GetInt16(2) < 24 ? FillState.Unknown : r.GetInt16(4) > 0 ? FillState.Substituted : r.GetInt16(3) > 0 ? FillState.Scaled : FillState.Measured;
        return new(from, from + Duration.FromDays(1), r.GetInt32(1), state, r.MaybeDecimal(6), r.MaybeDecimal(7), r.MaybeDecimal(8), r.MaybeDecimal(9), r.MaybeDecimal(10), r.GetInt32(11), Percent(r.GetInt64(12), 24L * HourRow.LengthMs), null, null, null);
    }

    static async Task<List<MeterPeriod>> Minutes(DbSession s, MeterTag tag, Instant? from, PeriodFilter filter, CancellationToken ct)
    {
        var begin = from ?? Begin;
        var hours = await s.All($"select hour, version, minutes::text from footprint.meter_hour where tag = $1 and hour > $2 and hour < $3 order by hour limit {filter.Limit / 60 + 2}", r => (Hour: r.Time(0), Version: r.GetInt32(1), Json: r.GetString(2)), ct,
            tag.Id, begin - Duration.FromHours(1), filter.To ?? End);
        var meter = tag.Traits(0);
        var rows = new List<MeterPeriod>();
        foreach (var (hour, version, json) in hours)
        {
            using var document = JsonDocument.Parse(json);
            foreach (var (i, minute) in document.RootElement.EnumerateArray().Index())
            {
                var at = hour + Duration.FromMinutes(i);
                if (at < begin || at >= (filter.To ?? End) || rows.Count > filter.Limit) continue;
                var figures = new PeriodFigures(minute[0].GetDecimal(), Number(minute[1]), Number(minute[2]), minute[3].GetInt32(), 0, 0, 0, minute[4].GetInt64(), minute[5].GetInt64());
                rows.Add(new(at, at + Duration.FromMinutes(1), version, null, figures.Amount(meter), figures.Amount(meter), figures.Mean(meter), figures.Low, figures.High, figures.Count, Percent(figures.KnownMs, 60_000), null, null, null));
            }
        }
        return rows;
    }

    /// <summary>Hours of a facility that were not measured whole, newest first.</summary>
    public async Task<Answer<Page<MeterGap>>> Gaps(DbSession s, Guid facility, GapFilter filter, CancellationToken ct)
    {
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        if (await Plans.FacilityHandlers.Find(s, facility, ct) is null) return Refusal.NotFound("facility.not-found");
        var query = new Where();
        query.And("t.facility_id = ", facility);
        query.And("h.state <> 0");
        if (filter.Tag is { Length: > 0 } tag) query.And("t.name = ", tag);
        if (filter.From is { } from) query.And("h.hour >= ", from);
        if (filter.To is { } to) query.And("h.hour < ", to);
        if (filter.Cursor is { } cursor)
        {
            var read = Cursor.Read(cursor, "meter-gaps", 2);
            if (!read.Ok || !long.TryParse(read.Value[0], out var last) || read.Value[1] is not { } after) return Refusal.Of("page.cursor-invalid", "cursor");
            query.And($"(h.hour < {query.Next(Instant.FromUnixTimeMilliseconds(last))} or h.hour = {query.Next(Instant.FromUnixTimeMilliseconds(last))} and t.name > {query.Next(after)})");
        }
        var rows = await s.All($"select t.name, h.hour, h.state, h.measured, h.amount, h.known_ms, h.version from footprint.meter_hour h join footprint.meter_tag t on t.id = h.tag {query} order by h.hour desc, t.name limit {filter.Limit + 1}",
            r => new MeterGap(r.GetString(0), r.Time(1), (FillState)r.GetInt16(2), r.MaybeDecimal(3), r.MaybeDecimal(4), Percent(r.GetInt32(5), HourRow.LengthMs), r.GetInt32(6)), ct, query.Args);
        var more = rows.Count > filter.Limit;
        if (more) rows.RemoveAt(filter.Limit);
        return new Page<MeterGap>(rows, more ? Cursor.After("meter-gaps", $"{rows[^1].Hour.ToUnixTimeMilliseconds()}", rows[^1].Tag) : null);
    }

    static readonly Instant Begin = Instant.FromUtc(1970, 1, 1, 0, 0), End = Instant.FromUtc(9000, 1, 1, 0, 0);

    static decimal? Number(JsonElement json) => json.ValueKind == JsonValueKind.Number ? json.GetDecimal() : null;

    static decimal Percent(long part, long whole) => Math.Round(part * 100m / whole, 2);
}
