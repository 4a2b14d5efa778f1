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
    public int? StopPrice { get; set; }
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
        foreach (var order in await s.All($"select {Names(Columns)} from market.floor_order where state = 0 order by first_event", Map, ct)) states.byId[order.Id] = order;
        return states;
    }

    /// <summary>A column of <c>market.floor_order</c>: its name and type there, and what orders have in it.</summary>
    sealed record Column(string Name, string Type, Func<List<OrderState>, Array> Part);

    static Column Of<T>(string name, string type, Func<OrderState, T> part) => new(name, type, orders => Parts(orders, part));

    /// <summary>What an order is entered as, and what becomes of it.</summary>
    static readonly Column[]
        Entered =
        [
            Of("first_event", "bigint", o => o.FirstEvent),
            Of("instrument", "int", o => o.Instrument),
            Of("trader", "bigint", o => o.Trader),
            Of("account", "bigint", o => o.Account),
            Of("organisation_id", "uuid", o => o.Organisation),
            Of("session", "bigint", o => o.Session),
            Of("side", "smallint", o => (short)o.Side),
            Of("type", "smallint", o => (short)o.Type),
            Of("time_in_force", "smallint", o => (short)o.TimeInForce),
            Of("effect", "smallint", o => (short)o.Effect),
            Of("display", "bigint", o => o.Display),
            Of("entered_by", "uuid", o => o.EnteredBy),
            Of("entered_at", "timestamptz", o => o.EnteredAt.ToDateTimeUtc()),
        ],
        Changing =
        [
            Of("id", "bigint", o => o.Id),
            Of("client_id", "uuid", o => BookId.ToGuid(o.ClientId)),
            Of("quantity", "bigint", o => o.Quantity),
            Of("price", "int", o => o.Price),
            Of("stop_price", "int", o => o.StopPrice),
            Of("remaining", "bigint", o => o.Remaining),
            Of("traded", "bigint", o => o.Traded),
            Of("traded_value", "numeric", o => o.TradedValue),
            Of("state", "smallint", o => (short)o.Standing),
            Of("code", "int", o => (int)o.Code),
            Of("changed_at", "timestamptz", o => o.ChangedAt.ToDateTimeUtc()),
        ],
        Columns = [.. Entered, .. Changing],
        Updated = [Entered[0], .. Changing]; // found by the event that took it

    static string Names(IEnumerable<Column> columns) => string.Join(", ", columns.Select(c => c.Name));

    static string Arrays(IEnumerable<Column> columns) => string.Join(", ", columns.Select((c, i) => $"${i + 1}::{c.Type}[]"));

    internal static readonly string
        Insertion = $"insert into market.floor_order ({Names(Columns)}) select * from unnest({Arrays(Columns)})",
        Update = $"update market.floor_order o set {string.Join(", ", Changing.Select(c => $"{c.Name} = c.{c.Name}"))} from unnest({Arrays(Updated)}) c ({Names(Updated)}) where o.first_event = c.first_event";

    static OrderState Map(NpgsqlDataReader r) => new()
    {
        FirstEvent = r.GetInt64(0),
        Instrument = r.GetInt32(1),
        Trader = r.GetInt64(2),
        Account = r.GetInt64(3),
        Organisation = r.GetGuid(4),
        Session = r.GetInt64(5),
        Side = (Side)r.GetInt16(6),
        Type = (OrderType)r.GetInt16(7),
        TimeInForce = (TimeInForce)r.GetInt16(8),
        Effect = (PositionEffect)r.GetInt16(9),
        Display = r.GetInt64(10),
        EnteredBy = r.IsDBNull(11) ? null : r.GetGuid(11),
        EnteredAt = r.Time(12),
        Id = r.GetInt64(13),
        ClientId = BookId.From(r.GetGuid(14)),
        Quantity = r.GetInt64(15),
        Price = r.MaybeInt(16),
        StopPrice = r.MaybeInt(17),
        Remaining = r.GetInt64(18),
        Traded = r.GetInt64(19),
        TradedValue = r.GetDecimal(20),
        ChangedAt = r.Time(23),
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
                if (live)
                {
                    (known.Remaining, known.Quantity, known.ClientId) = (e.Remaining, known.Traded + e.Remaining, e.ClientId);
                    // The worst price of an order that names none is not its limit.
                    if (known.Type is not (OrderType.Market or OrderType.Stop)) known.Price = e.Price;
                    if (known.StopPrice is not null) known.StopPrice = e.OtherPrice;
                }
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
        if (added.Count > 0) await s.Run(Insertion, ct, Parts(Columns, added));
        if (changed.Count > 0) await s.Run(Update, ct, Parts(Updated, changed));
        if (reports.Count > 0)
            await s.Run("""
                insert into market.order_report (number, organisation_id, at, kind, code, order_event, order_id, client_id, trade, last_lots, last_price, price, quantity, remaining, traded, traded_value)
                select * from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::smallint[], $5::int[], $6::bigint[], $7::bigint[], $8::uuid[], $9::bigint[], $10::bigint[], $11::int[], $12::int[], $13::bigint[], $14::bigint[], $15::bigint[], $16::numeric[])
                """, ct, Parts(reports, r => r.Number), Parts(reports, r => r.Organisation), Parts(reports, r => r.At.ToDateTimeUtc()), Parts(reports, r => (short)r.Kind), Parts(reports, r => (int)r.Code), Parts(reports, r => r.OrderEvent), Parts(reports, r => r.Order), Parts(reports, r => BookId.ToGuid(r.ClientId)),
                Parts(reports, r => r.Trade), Parts(reports, r => r.LastLots), Parts(reports, r => r.LastPrice), Parts(reports, r => r.Price), Parts(reports, r => r.Quantity), Parts(reports, r => r.Remaining), Parts(reports, r => r.Traded), Parts(reports, r => r.TradedValue));
        foreach (var order in added) order.IsNew = false;
        foreach (var order in changed) order.IsChanged = false;
        added.Clear();
        changed.Clear();
        reports.Clear();
    }

    static object?[] Parts(Column[] columns, List<OrderState> orders) => [.. columns.Select(c => c.Part(orders))];

    static TOut[] Parts<TIn, TOut>(List<TIn> from, Func<TIn, TOut> part)
    {
        var column = new TOut[from.Count];
        for (var i = 0; i < column.Length; i++) column[i] = part(from[i]);
        return column;
    }
}
