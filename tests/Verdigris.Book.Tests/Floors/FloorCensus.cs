namespace Verdigris.Book.Tests.Floors;

/// <summary>
/// What must hold of a floor and its Book between any two lines: counted by slow code that knows the rules of docs/floor.md and nothing of how they are done.
/// </summary>
static class FloorCensus
{
    public static void Check(BookState book, IFloorState floor, IReadOnlyList<int> assets, long clearing, long issuer, IReadOnlyList<InstrumentDefinition> instruments)
    {
        var pending = book.ExportPendingHolds().ToDictionary(h => h.Id);
        foreach (int asset in assets)
        {
            Int128 sum = 0;
            foreach (var holding in book.ExportHoldings().Where(h => h.Asset == asset)) sum += (Int128)holding.Available + holding.Held;
            Assert.True(sum == 0, $"asset {asset}: holdings sum to {sum}");
            Assert.True(book.Balance(clearing, asset).Total == 0, $"asset {asset}: {book.Balance(clearing, asset).Total} stuck in the clearing account");
        }
        foreach (var d in instruments)
        {
            if (d.Shape == SettlementShape.Spot) continue;
            long longs = -book.Balance(issuer, d.BaseAsset).Total, shorts = -book.Balance(issuer, d.ShortAsset).Total;
            Assert.True(longs == shorts, $"instrument {d.Id}: {longs} long, {shorts} short");
            Assert.Equal(longs, floor.Instrument(d.Id)!.OpenInterest);
        }
        var seen = new HashSet<UInt128>();
        for (long trader = 1; trader <= 64; trader++)
        {
            if (floor.Trader(trader) is not { } t) continue;
            var live = floor.OrdersOf(trader, limit: int.MaxValue);
            Assert.Equal(live.Count, t.OpenOrders);
            foreach (var order in live) CheckOrder(order, t, instruments.Single(i => i.Id == order.Instrument), pending, seen);
            foreach (var d in instruments)
            {
                var p = floor.Position(trader, d.Id);
                Assert.Equal(live.Where(o => o.Instrument == d.Id && o.Side == Side.Buy).Sum(o => o.Remaining), p.BuyOpen);
                Assert.Equal(live.Where(o => o.Instrument == d.Id && o.Side == Side.Sell).Sum(o => o.Remaining), p.SellOpen);
                if (d.Shape == SettlementShape.Spot) continue;
                Assert.Equal(p.Long, book.Balance(t.Definition.UnitAccount, d.BaseAsset).Total);
                Assert.Equal(p.Short, book.Balance(t.Definition.UnitAccount, d.ShortAsset).Total);
            }
        }
        var strays = pending.Keys.Where(id => !seen.Contains(id)).ToList();
        Assert.True(strays.Count == 0, $"{strays.Count} holds without an order");
    }

    static void CheckOrder(OrderView order, TraderView trader, InstrumentDefinition d, Dictionary<UInt128, (UInt128 Id, int Asset, long Debit, long Credit, long Remaining)> pending, HashSet<UInt128> seen)
    {
        Assert.True(order.Remaining > 0 && order.Remaining <= order.Quantity);
        foreach (var (hold, amount, account) in new[] { (order.CashHold, order.CashHeld, trader.Definition.CashAccount), (order.UnitHold, order.UnitsHeld, trader.Definition.UnitAccount) })
        {
            Assert.Equal(amount > 0, hold != 0);
            if (hold == 0) continue;
            Assert.True(pending.TryGetValue(hold, out var found), $"order {order.Id}: its hold is gone");
            Assert.Equal((amount, account), (found.Remaining, found.Debit));
            Assert.True(seen.Add(hold), "a hold of two orders");
        }
        // Enough to settle all that may still trade, at the order's own price; what a better price or a lower margin saved stays until it ends.
        if (d.Shape == SettlementShape.Spot && order.Side == Side.Sell) Assert.Equal(order.Remaining * d.LotUnits, order.UnitsHeld);
        if (d.Shape != SettlementShape.Spot && order.Effect == PositionEffect.Close) Assert.Equal(order.Remaining, order.UnitsHeld);
        if (d.Shape != SettlementShape.Future && order.Side == Side.Buy) Assert.True(order.CashHeld >= order.Price * order.Remaining * d.TickValue);
    }
}
