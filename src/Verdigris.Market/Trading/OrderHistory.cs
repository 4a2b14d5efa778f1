using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

public enum OrderStanding { Live, Filled, Ended }

/// <summary>An order and what became of it.</summary>
/// <param name="Average">Mean price of what traded; null before the first trade.</param>
/// <param name="Why">Why it ended.</param>
public sealed record OrderRow(long Place, long Order, string Series, string Account, Side Side, OrderType Type, TimeInForce TimeInForce, decimal Quantity, decimal? Price, decimal Traded, decimal Remaining, decimal? Average, OrderStanding Standing, FloorCode Why, Instant EnteredAt, Instant ChangedAt);

/// <summary>Orders as they are remembered, own ones or for the exchange all.</summary>
public sealed class OrderHistory
{
    static readonly ListOrders<OrderRow> Orders = new("market-orders", "-place", ListKey<OrderRow>.Number("place", "o.first_event", o => o.Place));

    public async Task<Answer<Page<OrderRow>>> List(DbSession s, string? account, string? series, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        if (account is { Length: > 0 }) query.And("o.account = ", TradingAccount.NumberOf(account) ?? -1);
        if (series is { Length: > 0 }) query.And("i.series = ", series);
        return await Orders.Page(s, "select o.first_event, o.id, i.series, o.account, o.side, o.type, o.time_in_force, o.quantity, o.price, o.traded, o.remaining, o.traded_value, o.state, o.code, o.entered_at, o.changed_at, i.lot, i.tick from market.floor_order o join market.instrument i on i.number = o.instrument", query, null, cursor, limit, r =>
        {
            var (lot, tick, traded) = (r.GetDecimal(16), r.GetDecimal(17), r.GetInt64(9));
            return new OrderRow(r.GetInt64(0), r.GetInt64(1), r.GetString(2), TradingAccount.CodeOf(r.GetInt64(3)), (Side)r.GetInt16(4), (OrderType)r.GetInt16(5), (TimeInForce)r.GetInt16(6), r.GetInt64(7) * lot, r.IsDBNull(8) ? null : r.GetInt32(8) * tick,
                traded * lot, r.GetInt64(10) * lot, traded == 0 ? null : r.GetDecimal(11) * tick / traded, (OrderStanding)r.GetInt16(12), (FloorCode)r.GetInt32(13), r.Time(14), r.Time(15));
        }, ct);
    }
}
