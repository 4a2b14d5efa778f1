using System.Globalization;
using Verdigris.Book;

namespace Verdigris.Simulator.Trading;

/// <summary>A Book as the census sees it: what lies where, and what is set aside.</summary>
/// <param name="Holds">Pending holds only.</param>
public sealed record CensusBook(IReadOnlyDictionary<(long Account, int Asset), (long Available, long Held)> Holdings, IReadOnlyDictionary<UInt128, (int Asset, long Debit, long Credit, long Remaining)> Holds)
{
    public Int128 Total(long account, int asset) => Holdings.TryGetValue((account, asset), out var h) ? (Int128)h.Available + h.Held : 0;
}

/// <summary>
/// What must hold of a floor and its Book between any two lines (docs/floor.md section 11), counted by slow code that knows the rules and nothing of how they are kept: money and units conserved,
/// nothing left in the clearing account, as many long as short, each live order with exactly its holds, no hold without an order.
/// </summary>
public static class FloorCensus
{
    /// <summary>Null, or what does not hold.</summary>
    /// <param name="traders">Numbers of all trading accounts.</param>
    public static string? Check(CensusBook book, IFloorState floor, IEnumerable<long> traders)
    {
        foreach (int asset in book.Holdings.Keys.Select(k => k.Asset).Distinct())
        {
            Int128 sum = 0;
            foreach (var (key, h) in book.Holdings)
                if (key.Asset == asset) sum += (Int128)h.Available + h.Held;
            if (sum != 0) return Say($"the holdings of asset {asset} sum to {sum}");
        }
        var instruments = floor.Instruments.Select(i => floor.Instrument(i)!).ToList();
        foreach (var i in instruments)
            if (OfInstrument(book, floor, i) is { } wrong) return wrong;
        var seen = new HashSet<UInt128>();
        foreach (long trader in traders)
            if (floor.Trader(trader) is { } t && OfTrader(book, floor, t, instruments, seen) is { } wrong) return wrong;
        foreach (var (id, hold) in book.Holds)
            if (!seen.Contains(id)) return Say($"hold {id:x} of {hold.Remaining} of asset {hold.Asset} on account {hold.Debit} belongs to no order");
        return null;
    }

    static string? OfInstrument(CensusBook book, IFloorState floor, InstrumentView i)
    {
        var d = i.Definition;
        foreach (int asset in new[] { d.CashAsset, d.BaseAsset })
            if (book.Total(d.ClearingAccount, asset) is var stuck && stuck != 0) return Say($"{stuck} of asset {asset} are stuck in the clearing account");
        if (d.Shape != SettlementShape.Spot)
        {
            Int128 longs = -book.Total(d.IssuerAccount, d.BaseAsset), shorts = -book.Total(d.IssuerAccount, d.ShortAsset);
            if (longs != shorts || longs != i.OpenInterest) return Say($"instrument {d.Id}: {longs} long, {shorts} short, open interest {i.OpenInterest}");
        }
        var depth = floor.Depth(d.Id, 1);
        if (i.Phase == BookPhase.Continuous && depth is { Bids.Count: > 0, Asks.Count: > 0 } && depth.Bids[0].Price >= depth.Asks[0].Price) return Say($"instrument {d.Id} is crossed: {depth.Bids[0].Price} bid, {depth.Asks[0].Price} asked");
        return null;
    }

    static string? OfTrader(CensusBook book, IFloorState floor, TraderView t, List<InstrumentView> instruments, HashSet<UInt128> seen)
    {
        var live = floor.OrdersOf(t.Definition.Id, limit: int.MaxValue);
        if (live.Count != t.OpenOrders) return Say($"trader {t.Definition.Id} has {live.Count} orders and counts {t.OpenOrders}");
        foreach (var order in live)
            if (OfOrder(book, order, t, instruments.Single(i => i.Definition.Id == order.Instrument), seen) is { } wrong) return wrong;
        foreach (var i in instruments)
        {
            var d = i.Definition;
            var p = floor.Position(t.Definition.Id, d.Id);
            long buying = live.Where(o => o.Instrument == d.Id && o.Side == Side.Buy).Sum(o => o.Remaining), selling = live.Where(o => o.Instrument == d.Id && o.Side == Side.Sell).Sum(o => o.Remaining);
            if ((buying, selling) != (p.BuyOpen, p.SellOpen)) return Say($"trader {t.Definition.Id}, instrument {d.Id}: {buying} to buy and {selling} to sell, counted {p.BuyOpen} and {p.SellOpen}");
            if (d.Shape == SettlementShape.Spot) continue;
            if (book.Total(t.Definition.UnitAccount, d.BaseAsset) != p.Long || book.Total(t.Definition.UnitAccount, d.ShortAsset) != p.Short)
                return Say($"trader {t.Definition.Id}, instrument {d.Id}: {p.Long} long and {p.Short} short on the floor, {book.Total(t.Definition.UnitAccount, d.BaseAsset)} and {book.Total(t.Definition.UnitAccount, d.ShortAsset)} in the Book");
        }
        return null;
    }

    static string? OfOrder(CensusBook book, OrderView o, TraderView t, InstrumentView i, HashSet<UInt128> seen)
    {
        var d = i.Definition;
        if (o.Remaining < 1 || o.Remaining > o.Quantity) return Say($"order {o.Id}: {o.Remaining} of {o.Quantity} left");
        foreach (var (hold, amount, account) in new[] { (o.CashHold, o.CashHeld, t.Definition.CashAccount), (o.UnitHold, o.UnitsHeld, t.Definition.UnitAccount) })
        {
            if (amount > 0 != (hold != 0)) return Say($"order {o.Id}: holds {amount} by {hold:x}");
            if (hold == 0) continue;
            if (!book.Holds.TryGetValue(hold, out var found)) return Say($"order {o.Id}: its hold {hold:x} is not there");
            if (found.Remaining != amount || found.Debit != account) return Say($"order {o.Id}: holds {amount} on account {account}, in the Book {found.Remaining} on {found.Debit}");
            if (!seen.Add(hold)) return Say($"hold {hold:x} belongs to two orders");
        }
        bool buys = o.Side == Side.Buy, closes = o.Effect == PositionEffect.Close;
        long units = d.Shape == SettlementShape.Spot ? buys ? 0 : o.Remaining * d.LotUnits : closes ? o.Remaining : 0;
        if (units != o.UnitsHeld) return Say($"order {o.Id}: {o.UnitsHeld} units held, needs {units}");
        // What its own price needs at least; what a better price saved stays until the order ends.
        if (d.Shape != SettlementShape.Future && buys && o.CashHeld < (Int128)o.Price * o.Remaining * d.TickValue) return Say($"order {o.Id}: {o.CashHeld} held for {o.Remaining} at {o.Price}");
        return null;
    }

    static string Say(FormattableString what) => what.ToString(CultureInfo.InvariantCulture);
}
