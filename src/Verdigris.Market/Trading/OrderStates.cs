using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>An order as it stands after the last event told of it. Lots and ticks.</summary>
sealed class OrderState
{
    /// <summary>The event that took it: ids of the floor come again.</summary>
    public required long FirstEvent { get; init; }
    public required long Id { get; set; }
    public required int Instrument { get; init; }
    public required long Trader { get; init; }
    public required long Account { get; init; }
    public required Guid Organisation { get; init; }
    public required UInt128 ClientId { get; set; }
    public long Session { get; init; }
    public Side Side { get; init; }
    public OrderType Type { get; init; }
    public TimeInForce TimeInForce { get; init; }
    public PositionEffect Effect { get; init; }
    public long Quantity { get; set; }
    public int? Price { get; set; }
    public int? StopPrice { get; init; }
    public long Display { get; init; }
    public long Remaining { get; set; }
    public long Traded { get; set; }
    /// <summary>Price times lots of what traded, in ticks.</summary>
    public decimal TradedValue { get; set; }
    public OrderStanding Standing { get; set; }
    public FloorCode Code { get; set; }
    public Guid? EnteredBy { get; init; }
    public Instant EnteredAt { get; init; }
    public Instant ChangedAt { get; set; }

    internal bool IsNew, IsChanged;
}

/// <summary>What an event did to an order, as the order stands after it.</summary>
/// <param name="Number">Twice the event's, so that one event can tell both sides.</param>
readonly record struct OrderReport(long Number, Instant At, FloorEventKind Kind, FloorCode Code, long Trade, long LastLots, int LastPrice, long OrderEvent, Guid Organisation, long Order, UInt128 ClientId, int? Price, long Quantity, long Remaining, long Traded, decimal TradedValue);

/// <summary>Orders in memory as the floor's events told of them, and what is still to be written down of it. What is written is everything a batch of events changed, at once. Not thread-safe.</summary>
sealed class OrderStates
{
    /// <summary>Orders that ended and are still known: what the Book refused comes back within the line that ended it.</summary>
    const int EndedKept = 4_096;

    readonly Dictionary<long, OrderState> byId = [];
    readonly Queue<OrderState> ended = new();
    readonly List<OrderState> added = [], changed = [];
    readonly List<OrderReport> reports = [];

    /// <summary>The live orders that were written down.</summary>
    public static async Task<OrderStates> Read(DbSession s, CancellationToken ct)
    {
        var states = new OrderStates();
        foreach (var order in await s.All("""
            select first_event, id, instrument, trader, account, organisation_id, client_id, session, side, type, time_in_force, effect, quantity, price, stop_price, display, remaining, traded, traded_value, entered_by, entered_at, changed_at
            from market.floor_order where state = 0 order by first_event
            """, Map, ct)) states.byId[order.Id] = order;
        return states;
    }

    static OrderState Map(NpgsqlDataReader r) => new()
    {
        FirstEvent = r.GetInt64(0),
        Id = r.GetInt64(1),
        Instrument = r.GetInt32(2),
        Trader = r.GetInt64(3),
        Account = r.GetInt64(4),
        Organisation = r.GetGuid(5),
        ClientId = BookId.From(r.GetGuid(6)),
        Session = r.GetInt64(7),
        Side = (Side)r.GetInt16(8),
        Type = (OrderType)r.GetInt16(9),
        TimeInForce = (TimeInForce)r.GetInt16(10),
        Effect = (PositionEffect)r.GetInt16(11),
        Quantity = r.GetInt64(12),
        Price = r.MaybeInt(13),
        StopPrice = r.MaybeInt(14),
        Display = r.GetInt64(15),
        Remaining = r.GetInt64(16),
        Traded = r.GetInt64(17),
        TradedValue = r.GetDecimal(18),
        EnteredBy = r.IsDBNull(19) ? null : r.GetGuid(19),
        EnteredAt = r.Time(20),
        ChangedAt = r.Time(21),
    };

    /// <param name="whose">Whose the trader of a new order is; null: nobody's this room knows.</param>
    public void Take(in FloorEvent e, (long Account, Guid Organisation)? whose)
    {
        var at = NodaConstants.UnixEpoch + Duration.FromNanoseconds(e.TimeMicros * 1000L);
        if (e.Kind == FloorEventKind.OrderAccepted)
        {
            if (whose is not { } of) return;
            var order = new OrderState
            {
                FirstEvent = e.Sequence,
                Id = e.Order,
                Instrument = e.Instrument,
                Trader = e.Trader,
                Account = of.Account,
                Organisation = of.Organisation,
                ClientId = e.ClientId,
                Session = e.Session,
                Side = e.Side,
                Type = e.Type,
                TimeInForce = e.TimeInForce,
                Effect = e.Effect,
                Quantity = e.Quantity,
                Price = e.Type is OrderType.Market or OrderType.Stop or OrderType.MarketToLimit ? null : e.Price,
                StopPrice = e.Type is OrderType.Stop or OrderType.StopLimit ? e.OtherPrice : null,
                Display = e.Other,
                Remaining = e.Remaining,
                EnteredBy = e.Actor == default ? null : BookId.ToGuid(e.Actor),
                EnteredAt = at,
                ChangedAt = at,
                IsNew = true,
            };
            byId[e.Order] = order;
            added.Add(order);
            Told(order, e, at);
            return;
        }
        if (!byId.TryGetValue(e.Kind == FloorEventKind.OrderBroughtBack ? e.Other : e.Order, out var known)) return;
        var live = known.Standing == OrderStanding.Live;
        switch (e.Kind)
        {
            case FloorEventKind.Fill:
                if (live)
                {
                    known.Traded += e.Quantity;
                    known.TradedValue += (decimal)e.Quantity * e.Price;
                    known.Remaining = e.Remaining;
                    if (e.Remaining == 0) End(known, OrderStanding.Filled);
                }
                break;
            case FloorEventKind.OrderEnded:
                if (live)
                {
                    known.Remaining = 0;
                    known.Code = e.Code;
                    End(known, OrderStanding.Ended);
                }
                break;
            case FloorEventKind.OrderReplaced:
                if (live) (known.Price, known.Remaining, known.Quantity, known.ClientId) = (e.Price, e.Remaining, known.Traded + e.Remaining, e.ClientId);
                break;
            case FloorEventKind.Reduced:
                if (live) (known.Remaining, known.Quantity) = (known.Remaining - e.Quantity, known.Quantity - e.Quantity);
                break;
            case FloorEventKind.Repriced:
                if (live) known.Price = e.Price;
                break;
            case FloorEventKind.OrderTriggered:
                break;
            case FloorEventKind.OrderBroughtBack:
                byId.Remove(e.Other);
                (known.Id, known.Remaining, known.Standing) = (e.Order, e.Remaining, OrderStanding.Live);
                byId[e.Order] = known;
                break;
            default: return;
        }
        known.ChangedAt = at;
        if (known is { IsNew: false, IsChanged: false })
        {
            known.IsChanged = true;
            changed.Add(known);
        }
        Told(known, e, at);
    }

    void End(OrderState order, OrderStanding standing)
    {
        order.Standing = standing;
        ended.Enqueue(order);
        while (ended.Count > EndedKept)
        {
            var oldest = ended.Dequeue();
            // It may live again, or another may have its id.
            if (oldest.Standing != OrderStanding.Live && byId.TryGetValue(oldest.Id, out var there) && there == oldest) byId.Remove(oldest.Id);
        }
    }

    void Told(OrderState o, in FloorEvent e, Instant at)
    {
        var fill = e.Kind == FloorEventKind.Fill;
        reports.Add(new(e.Sequence * 2, at, e.Kind, e.Code, fill ? e.Trade : 0, fill ? e.Quantity : 0, fill ? e.Price : 0, o.FirstEvent, o.Organisation, o.Id, o.ClientId, o.Price, o.Quantity, o.Remaining, o.Traded, o.TradedValue));
    }

    /// <summary>Writes what was taken since the last time. In the caller's transaction: where that fails, these states are ahead of what is written and must be read anew.</summary>
    public async Task Write(DbSession s, CancellationToken ct)
    {
        if (added.Count > 0)
            await s.Run("""
                insert into market.floor_order (first_event, id, instrument, trader, account, organisation_id, client_id, session, side, type, time_in_force, effect, quantity, price, stop_price, display, remaining, traded, traded_value, state, code, entered_by, entered_at, changed_at)
                select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::uuid[], $7::uuid[], $8::bigint[], $9::smallint[], $10::smallint[], $11::smallint[], $12::smallint[], $13::bigint[], $14::int[], $15::int[], $16::bigint[], $17::bigint[], $18::bigint[], $19::numeric[], $20::smallint[], $21::int[], $22::uuid[], $23::timestamptz[], $24::timestamptz[])
                """, ct, Of(added, o => o.FirstEvent), Of(added, o => o.Id), Of(added, o => o.Instrument), Of(added, o => o.Trader), Of(added, o => o.Account), Of(added, o => o.Organisation), Of(added, o => BookId.ToGuid(o.ClientId)), Of(added, o => o.Session), Of(added, o => (short)o.Side),
                Of(added, o => (short)o.Type), Of(added, o => (short)o.TimeInForce), Of(added, o => (short)o.Effect), Of(added, o => o.Quantity), Of(added, o => o.Price), Of(added, o => o.StopPrice), Of(added, o => o.Display), Of(added, o => o.Remaining), Of(added, o => o.Traded),
                Of(added, o => o.TradedValue), Of(added, o => (short)o.Standing), Of(added, o => (int)o.Code), Of(added, o => o.EnteredBy), Of(added, o => o.EnteredAt.ToDateTimeUtc()), Of(added, o => o.ChangedAt.ToDateTimeUtc()));
        if (changed.Count > 0)
            await s.Run("""
                update market.floor_order o set id = c.id, client_id = c.client_id, quantity = c.quantity, price = c.price, remaining = c.remaining, traded = c.traded, traded_value = c.traded_value, state = c.state, code = c.code, changed_at = c.changed_at
                from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[], $8::numeric[], $9::smallint[], $10::int[], $11::timestamptz[]) c (first_event, id, client_id, quantity, price, remaining, traded, traded_value, state, code, changed_at)
                where o.first_event = c.first_event
                """, ct, Of(changed, o => o.FirstEvent), Of(changed, o => o.Id), Of(changed, o => BookId.ToGuid(o.ClientId)), Of(changed, o => o.Quantity), Of(changed, o => o.Price), Of(changed, o => o.Remaining), Of(changed, o => o.Traded), Of(changed, o => o.TradedValue),
                Of(changed, o => (short)o.Standing), Of(changed, o => (int)o.Code), Of(changed, o => o.ChangedAt.ToDateTimeUtc()));
        if (reports.Count > 0)
            await s.Run("""
                insert into market.order_report (number, organisation_id, at, kind, code, order_event, order_id, client_id, trade, last_lots, last_price, price, quantity, remaining, traded, traded_value)
                select * from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::smallint[], $5::int[], $6::bigint[], $7::bigint[], $8::uuid[], $9::bigint[], $10::bigint[], $11::int[], $12::int[], $13::bigint[], $14::bigint[], $15::bigint[], $16::numeric[])
                """, ct, Of(reports, r => r.Number), Of(reports, r => r.Organisation), Of(reports, r => r.At.ToDateTimeUtc()), Of(reports, r => (short)r.Kind), Of(reports, r => (int)r.Code), Of(reports, r => r.OrderEvent), Of(reports, r => r.Order), Of(reports, r => BookId.ToGuid(r.ClientId)),
                Of(reports, r => r.Trade), Of(reports, r => r.LastLots), Of(reports, r => r.LastPrice), Of(reports, r => r.Price), Of(reports, r => r.Quantity), Of(reports, r => r.Remaining), Of(reports, r => r.Traded), Of(reports, r => r.TradedValue));
        foreach (var order in added) order.IsNew = false;
        foreach (var order in changed) order.IsChanged = false;
        added.Clear();
        changed.Clear();
        reports.Clear();
    }

    static TOut[] Of<TIn, TOut>(List<TIn> from, Func<TIn, TOut> part)
    {
        var column = new TOut[from.Count];
        for (var i = 0; i < column.Length; i++) column[i] = part(from[i]);
        return column;
    }
}
