using Verdigris.Book.Tests.Matching;
using static Verdigris.Book.Tests.Floors.FloorWorld;

namespace Verdigris.Book.Tests.Floors;

/// <summary>
/// The floor a second time, slow and obvious, written from docs/floor.md around the reference books of matching: cash and units in dictionaries, what an order holds beside the order. It knows no ledger, no commands and no records.
/// </summary>
sealed class ReferenceFloor(IReadOnlyList<InstrumentDefinition> instruments, long marginPerLot, long feePerLot)
{
    public sealed record Held(long Trader, InstrumentDefinition Instrument, Side Side, PositionEffect Effect)
    {
        public long Cash, Units, Remaining, Quantity;
    }

    public readonly ReferenceEngine Engine = new();
    public readonly Dictionary<(long Account, int Asset), long> Free = [];
    public readonly SortedDictionary<long, Held> Orders = [];
    public readonly Dictionary<(long Trader, int Instrument), (long Long, long Short, long Margin)> Positions = [];
    public readonly List<(int Instrument, int Price, long Lots, long Buy, long Sell)> Trades = [];

    public long Balance(long account, int asset) => Free.GetValueOrDefault((account, asset));

    void Move(long account, int asset, long amount) => Free[(account, asset)] = Balance(account, asset) + amount;

    /// <summary>Section 4: what an order needs so that all it may trade can be settled.</summary>
    (long Cash, long Units) Need(InstrumentDefinition d, Side side, PositionEffect effect, int price, long lots)
    {
        bool buys = side == Side.Buy, opens = effect == PositionEffect.Open;
        return d.Shape switch
        {
            SettlementShape.Spot => buys ? (lots * price * d.TickValue + lots * feePerLot, 0) : (0, lots * d.LotUnits),
            SettlementShape.Future => (lots * ((opens ? marginPerLot : 0) + feePerLot), opens ? 0 : lots),
            _ => (buys ? lots * price * d.TickValue + lots * feePerLot : opens ? lots * marginPerLot : 0, opens ? 0 : lots),
        };
    }

    static int UnitAsset(InstrumentDefinition d, Side side) => d.Shape != SettlementShape.Spot && side == Side.Buy ? d.ShortAsset : d.BaseAsset;

    /// <summary>Takes what is needed out of what is free; false and nothing done where it is not there.</summary>
    bool TryHold(Held h, (long Cash, long Units) need)
    {
        var d = h.Instrument;
        if (Balance(CashOf(h.Trader), d.CashAsset) + h.Cash < need.Cash || Balance(UnitsOf(h.Trader), UnitAsset(d, h.Side)) + h.Units < need.Units) return false;
        Move(CashOf(h.Trader), d.CashAsset, h.Cash - need.Cash);
        Move(UnitsOf(h.Trader), UnitAsset(d, h.Side), h.Units - need.Units);
        (h.Cash, h.Units) = need;
        return true;
    }

    /// <summary>Null where there is not enough collateral; then nothing has happened.</summary>
    public MatchCode? New(in FloorCommand c, OrderCommand order)
    {
        int instrument = c.Instrument;
        var d = instruments.Single(i => i.Id == instrument);
        var held = new Held(c.Trader, d, c.Side, c.Effect) { Remaining = c.Quantity, Quantity = c.Quantity };
        if (!TryHold(held, Need(d, c.Side, c.Effect, order.Price, c.Quantity))) return null;
        var code = Engine.Do(order);
        if (code != MatchCode.Accepted)
        {
            Assert.True(TryHold(held, (0, 0)));
            return code;
        }
        Orders.Add(Engine.Events[0].Order, held);
        Happen();
        return code;
    }

    public MatchCode? Replace(long id, long quantity, int price, int stopPrice)
    {
        var h = Orders[id];
        var (cash, units, remaining) = (h.Cash, h.Units, quantity - (h.Quantity - h.Remaining));
        if (remaining > 0 && !TryHold(h, Need(h.Instrument, h.Side, h.Effect, price, remaining))) return null;
        var code = Engine.Do(new() { Operation = OrderOperation.Replace, Order = id, Quantity = quantity, Price = price, StopPrice = stopPrice });
        if (code != MatchCode.Accepted)
        {
            if (remaining > 0) Assert.True(TryHold(h, (cash, units)));
            return code;
        }
        (h.Quantity, h.Remaining) = (quantity, remaining);
        Happen();
        return code;
    }

    public MatchCode Do(in OrderCommand command)
    {
        var code = Engine.Do(command);
        if (code == MatchCode.Accepted) Happen();
        return code;
    }

    void Happen()
    {
        foreach (var e in Engine.Events)
        {
            if (e.Kind == MatchEventKind.Trade) Trade(e);
            if (e.Kind is MatchEventKind.Cancelled) End(e.Order);
            if (e.Kind != MatchEventKind.Reduced) continue;
            var h = Orders[e.Order];
            h.Remaining -= e.Quantity;
            if (h.Remaining == 0) End(e.Order);
            else if (e.Remaining > 0)
            {
                var need = Need(h.Instrument, h.Side, h.Effect, e.Price, h.Remaining);
                Assert.True(TryHold(h, (Math.Min(need.Cash, h.Cash), need.Units)));
            }
        }
    }

    void End(long id)
    {
        Assert.True(TryHold(Orders[id], (0, 0)));
        Orders.Remove(id);
    }

    void Trade(in MatchEvent e)
    {
        long buy = e.Side == Side.Buy ? e.Other : e.Order, sell = e.Side == Side.Buy ? e.Order : e.Other;
        Trades.Add((e.Book, e.Price, e.Quantity, buy, sell));
        OneSide(Orders[buy], e.Price, e.Quantity);
        OneSide(Orders[sell], e.Price, e.Quantity);
        foreach (long id in new[] { buy, sell })
            if (Orders[id].Remaining == 0) End(id);
    }

    /// <summary>Section 5, one side of a trade.</summary>
    void OneSide(Held h, int price, long lots)
    {
        var d = h.Instrument;
        bool buys = h.Side == Side.Buy, opens = h.Effect == PositionEffect.Open;
        long value = d.Shape == SettlementShape.Future ? 0 : lots * price * d.TickValue, fee = lots * feePerLot, margin = 0;
        if (d.Shape != SettlementShape.Spot && opens && !(d.Shape == SettlementShape.Option && buys)) margin = lots * marginPerLot;
        if (d.Shape != SettlementShape.Future && !buys) fee = Math.Min(fee, value);
        h.Remaining -= lots;
        if (buys || d.Shape == SettlementShape.Future) h.Cash -= value + fee + margin;
        else
        {
            h.Cash -= margin;
            Move(CashOf(h.Trader), d.CashAsset, value - fee);
        }
        Move(Fees, d.CashAsset, fee);
        Move(MarginOf(h.Trader), d.CashAsset, margin);
        if (d.Shape == SettlementShape.Spot)
        {
            if (buys) Move(d.NextDayResale ? LockedOf(h.Trader) : UnitsOf(h.Trader), d.BaseAsset, lots * d.LotUnits);
            else h.Units -= lots * d.LotUnits;
            return;
        }
        var p = Positions.GetValueOrDefault((h.Trader, d.Id));
        if (opens)
        {
            Move(UnitsOf(h.Trader), buys ? d.BaseAsset : d.ShortAsset, lots);
            Positions[(h.Trader, d.Id)] = buys ? (p.Long + lots, p.Short, p.Margin + margin) : (p.Long, p.Short + lots, p.Margin + margin);
            return;
        }
        h.Units -= lots;
        long back = p.Margin * lots / (p.Long + p.Short);
        Move(MarginOf(h.Trader), d.CashAsset, -back);
        Move(CashOf(h.Trader), d.CashAsset, back);
        Positions[(h.Trader, d.Id)] = buys ? (p.Long, p.Short - lots, p.Margin - back) : (p.Long - lots, p.Short, p.Margin - back);
    }
}
