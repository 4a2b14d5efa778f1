namespace Verdigris.Book;

// What can be asked of the floor, between two batches.
public sealed partial class Floor : IFloorState
{
    public long LastBatch { get; private set; }

    public long TimeMicros { get; private set; }

    public long NextEvent => tape.Next;

    public long? NextEnd => engine.NextEnd;

    public IReadOnlyList<int> Instruments => [.. instruments.Where(i => i is not null).Select(i => i!.Id)];

    public InstrumentView? Instrument(int id) => Find(id) is { } i ? new(i.Definition, i.Terms, i.Phase, engine.Book(id)!.LastPrice, i.OpenInterest) : null;

    public TraderView? Trader(long id) =>
        FindTrader(id) is { } t ? new(t.Definition, t.Limits, t.Killed, t.OpenOrders, t.Limits.CreditLimit == 0 ? 0 : (long)Int128.Clamp(t.CreditHeld + t.CreditSpent, long.MinValue, long.MaxValue)) : null;

    public OrderView? Order(long id) => IsLive(id) ? View(At(id)) : null;

    OrderView View(in FloorOrder o) => new(o.Id, o.Instrument, traders[o.Trader].Definition.Id, o.Side, o.Type, o.TimeInForce, o.Effect, o.Price, o.StopPrice, o.Quantity, o.Remaining, o.Display, o.Time, o.Session, o.ClientId,
        o.CashHeld > 0 ? ProgramWriter.IdOf(o.CashHold) : 0, o.CashHeld, o.UnitsHeld > 0 ? ProgramWriter.IdOf(o.UnitHold) : 0, o.UnitsHeld,
        engine.Order(o.Id) is { Type: OrderType.Stop or OrderType.StopLimit });

    public IReadOnlyList<OrderView> OrdersOf(long trader, int instrument = 0, int limit = 1000)
    {
        if (FindTrader(trader) is not { } t) return [];
        var ids = new List<long>();
        for (int slot = t.FirstOrder; slot != 0; slot = AtSlot(slot).Next)
            if (instrument == 0 || AtSlot(slot).Instrument == instrument) ids.Add(AtSlot(slot).Id);
        ids.Sort();
        return [.. ids.Take(limit).Select(id => View(At(id)))];
    }

    public DepthView Depth(int instrument, int levels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(levels);
        if (engine.Book(instrument) is not { } book) return new([], []);
        var bids = new DepthLevel[levels];
        var asks = new DepthLevel[levels];
        return new(bids[..book.Depth(Side.Buy, bids)], asks[..book.Depth(Side.Sell, asks)]);
    }

    public IndicativePrice? Indicative(int instrument)
    {
        if (engine.Book(instrument) is not { } book || !OrderBook.Collects(book.Phase)) return null;
        return book.Indicative() is { Volume: > 0 } price ? price : null;
    }

    public PositionView Position(long trader, int instrument)
    {
        if (FindTrader(trader) is not { } t || Find(instrument) is null || !positionIndex.TryGetValue(PositionKey(t.Index, instrument), out int index)) return default;
        var p = positions[index];
        return new(p.Long, p.Short, p.Margin, p.Locked, p.BuyOpen, p.SellOpen);
    }

    public TradeView? Trade(long id)
    {
        ref var t = ref FindTrade(id);
        return IsNone(ref t) ? null : new(t.Id, t.Instrument, t.Price, t.Quantity, traders[t.Buyer].Definition.Id, traders[t.Seller].Definition.Id, t.BuyOrder, t.SellOrder, t.TimeMicros, t.Reported != 0, t.Busted != 0);
    }
}
