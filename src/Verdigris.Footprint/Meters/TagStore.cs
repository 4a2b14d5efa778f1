using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <param name="Text">Part of the name or stream.</param>
/// <param name="Sort">name or added, with a leading minus for descending; null is name.</param>
public sealed record TagFilter(string? Text = null, string? Stream = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>Rows of tags. Who may see them the database decides as well.</summary>
static class TagStore
{
    const string Columns = "t.id, t.facility_id, t.name, t.stream, t.field, t.unit, t.kind, t.hold_seconds, t.per_seconds, t.roll_over, t.factor, t.day_offset_hours, t.created_at, t.retired_at, s.last_at, s.last_value, s.last_quality, s.closed_to";
    const string From = "footprint.meter_tag t left join footprint.meter_state s on s.tag = t.id";

    static readonly ListOrders<MeterTag> Orders = new("meter-tags", "name", new ListKey<MeterTag>("added", "t.id", t => t.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), text => int.TryParse(text, out var id) ? id : null), ListKey<MeterTag>.Text("name", "t.name", t => t.Name));

    public static Task<MeterTag?> Find(DbSession s, Guid facility, string name, CancellationToken ct) => s.One($"select {Columns} from {From} where t.facility_id = $1 and t.name = $2", Map, ct, facility, name);

    public static Task<List<MeterTag>> ByIds(DbSession s, int[] ids, CancellationToken ct) => s.All($"select {Columns} from {From} where t.id = any ($1)", Map, ct, ids);

    public static Task<List<MeterTag>> Reported(DbSession s, Guid facility, CancellationToken ct) => s.All($"select {Columns} from {From} where t.facility_id = $1 and t.field is not null order by t.id", Map, ct, facility);

    public static async Task<Answer<Page<MeterTag>>> List(DbSession s, Guid facility, TagFilter filter, CancellationToken ct)
    {
        var query = new Where();
        query.And("t.facility_id = ", facility);
        if (filter.Text is { Length: > 0 } text) query.And("position(lower(", text, ") in lower(t.name)) > 0");
        if (filter.Stream is { Length: > 0 } stream) query.And("t.stream = ", stream);
        return await Orders.Page(s, $"select {Columns} from {From}", query, filter.Sort, filter.Cursor, filter.Limit, Map, ct);
    }

    static MeterTag Map(NpgsqlDataReader r) => new(r.GetGuid(1), r.GetString(2), r.GetString(3), r.Text(4), r.GetString(5), (MeterKind)r.GetInt16(6), r.GetInt32(7), r.GetInt32(8), r.MaybeDecimal(9), r.GetDecimal(10), r.GetInt16(11), r.Time(12), r.MaybeTime(13),
        r.MaybeTime(14), r.MaybeDecimal(15), r.IsDBNull(16) ? null : (ReadingQuality)r.GetInt16(16), r.MaybeTime(17))
    { Id = r.GetInt32(0) };
}
