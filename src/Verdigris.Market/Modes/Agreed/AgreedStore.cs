using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Agreed;

/// <summary>Rows of agreed trades. Each side sees its own.</summary>
static class AgreedStore
{
    const string Columns = "a.id, a.number, a.kind, a.series, a.side, a.account, a.organisation_id, a.counter_account, a.counter_organisation_id, a.price, a.lots, i.lot, a.effect, a.counter_effect, a.leg, a.leg_reference, a.state, a.reason, a.code, a.trade, a.reported_at, a.expires_at, a.confirmed_at, a.settled_at";
    const string From = "market.agreed_trade a join market.instrument i on i.series = a.series";

    static readonly ListOrders<AgreedTrade> Orders = new("market-agreed", "-number", ListKey<AgreedTrade>.Number("number", "a.number", a => a.Number));

    public static Task<AgreedTrade?> Find(DbSession s, Guid id, CancellationToken ct, bool locked = false) => s.One($"select {Columns} from {From} where a.id = $1{(locked ? " for update of a" : "")}", Map, ct, id);

    /// <param name="waiting">Only what the actor's organisation has still to confirm.</param>
    public static Task<Answer<Page<AgreedTrade>>> List(DbSession s, AgreedState? state, string? series, bool waiting, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        if (state is { } one) query.And("a.state = ", (short)one);
        if (series is { Length: > 0 }) query.And("a.series = ", series);
        if (waiting)
        {
            query.And("a.counter_organisation_id = ", s.Actor.OrganisationId);
            query.And("a.state = ", (short)AgreedState.Reported);
            query.And("a.expires_at > ", s.Now.ToDateTimeUtc());
        }
        return Orders.Page(s, $"select {Columns} from {From}", query, null, cursor, limit, Map, ct);
    }

    /// <summary>What the time has run out for.</summary>
    public static Task<List<Guid>> Overdue(DbSession s, Instant now, CancellationToken ct) => s.All("select id from market.agreed_trade where state = 0 and expires_at <= $1 order by expires_at limit 500", r => r.GetGuid(0), ct, now);

    /// <summary>What both sides agree on and nobody has brought to an end.</summary>
    public static Task<List<Guid>> Confirmed(DbSession s, Instant before, CancellationToken ct) => s.All("select id from market.agreed_trade where state = 1 and confirmed_at <= $1 order by confirmed_at limit 500", r => r.GetGuid(0), ct, before);

    static AgreedTrade Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), (AgreedKind)r.GetInt16(2), r.GetString(3), (Side)r.GetInt16(4), TradingAccount.CodeOf(r.GetInt64(5)), r.GetGuid(6), TradingAccount.CodeOf(r.GetInt64(7)), r.GetGuid(8), r.GetDecimal(9), r.GetInt64(10) * r.GetDecimal(11), r.GetInt64(10),
        (PositionEffect)r.GetInt16(12), r.IsDBNull(13) ? null : (PositionEffect)r.GetInt16(13), r.IsDBNull(14) ? null : (OtherLeg)r.GetInt16(14), r.Text(15), (AgreedState)r.GetInt16(16), r.Text(17), r.Text(18), r.IsDBNull(19) ? null : r.GetInt64(19), r.Time(20), r.Time(21), r.MaybeTime(22), r.MaybeTime(23));
}
