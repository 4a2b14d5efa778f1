namespace Verdigris.Book;

// What was collected meets at one price: docs/matching.md, section 8.
public sealed unsafe partial class OrderBook
{
    /// <summary>
    /// The price at which most trades; among those the smallest surplus; among those, if all have buyers left the highest, if all have sellers left the lowest, else the one nearest to the
    /// reference. Every tick from the lowest ask to the highest bid is looked at: between two prices with orders nothing changes, so all ticks there are one step.
    /// </summary>
    IndicativePrice FindAuctionPrice()
    {
        ref readonly Ladder bids = ref sides[Bids], asks = ref sides[Asks];
        if (bids.IsEmpty || asks.IsEmpty || bids.Best < ~asks.Best) return default;
        int bid = bids.WorstDownTo(~asks.Best), ask = asks.Best;
        long wanted = 0, offered = 0;
        for (int key = bids.Best; key != Ladder.NoKey && key >= bid; key = bids.Worse(key)) wanted += Open(bids.Find(key));
        var best = new Candidates();
        int highest = bids.Best;
        for (int price = ~asks.Best; ;)
        {
            // At this price, at which orders stand.
            if (ask != Ladder.NoKey && ~ask == price)
            {
                offered += Open(asks.Find(ask));
                ask = asks.Worse(ask);
            }
            best.Add(price, price, wanted, offered);
            if (bid == price)
            {
                wanted -= Open(bids.Find(bid));
                bid = bids.Better(bid);
            }
            if (price == highest) break;
            // Then the ticks up to the next.
            int next = Math.Min(bid == Ladder.NoKey ? highest : bid, ask == Ladder.NoKey ? highest : ~ask);
            next = Math.Min(next, highest);
            if (next - price > 1) best.Add(price + 1, next - 1, wanted, offered);
            price = next;
        }
        return best.Choose(hasReference ? reference : null);
    }

    static long Open(Level* level) => level->Shown + level->Hidden;

    /// <summary>Prices with the most volume and the least surplus seen so far. As prices rise the surplus falls, so those with buyers left come first and those with sellers left last, each in one run.</summary>
    struct Candidates
    {
        long volume, surplus;
        (int Low, int High)? buyers, sellers, even;

        public void Add(int low, int high, long wanted, long offered)
        {
            long trades = Math.Min(wanted, offered), left = Math.Abs(wanted - offered);
            if (trades < volume || trades == volume && left > surplus && (buyers ?? sellers ?? even) is not null) return;
            if (trades > volume || left < surplus || (buyers ?? sellers ?? even) is null) (volume, surplus, buyers, sellers, even) = (trades, left, null, null, null);
            ref var run = ref wanted > offered ? ref buyers : ref wanted < offered ? ref sellers : ref even;
            run = (run?.Low ?? low, high);
        }

        public readonly IndicativePrice Choose(int? reference)
        {
            if (volume == 0) return default;
            if (buyers is { } wanting && even is null && sellers is null) return new(wanting.High, volume, surplus);
            if (sellers is { } offering && even is null && buyers is null) return new(offering.Low, volume, -surplus);
            // The runs are neighbours, so together they are one.
            int low = (buyers ?? even ?? sellers)!.Value.Low, high = (sellers ?? even ?? buyers)!.Value.High;
            int price = Math.Clamp(reference ?? (int)(((long)low + high) >> 1), low, high);
            return new(price, volume, price <= buyers?.High ? surplus : -surplus);
        }
    }

    void Uncross(MatchEvents events)
    {
        var (price, volume, _) = FindAuctionPrice();
        if (volume == 0) return;
        ref var e = ref events.Next();
        e.Kind = MatchEventKind.Uncrossed;
        e.Book = Number;
        e.Price = price;
        e.Quantity = volume;
        ref Ladder bids = ref sides[Bids], asks = ref sides[Asks];
        while (volume > 0)
        {
            int bid = bids.Best, ask = asks.Best;
            Level* buyers = bids.BestLevel, sellers = asks.BestLevel;
            uint buySlot = buyers->First, sellSlot = sellers->First;
            OrderRow* buy = orders[buySlot], sell = orders[sellSlot];
            long quantity = Math.Min(volume, Math.Min(buy->Shown, sell->Shown));
            volume -= quantity;
            buy->Shown -= quantity;
            buy->Done += quantity;
            buyers->Shown -= quantity;
            sell->Shown -= quantity;
            sell->Done += quantity;
            sellers->Shown -= quantity;
            e = ref Tell(events, MatchEventKind.Trade, buy, buy->Remaining);
            e.Side = Side.None;
            e.Price = price;
            e.Quantity = quantity;
            e.Other = sell->Id;
            e.OtherRemaining = sell->Remaining;
            e.OtherOwner = sell->Owner;
            if (buy->Shown == 0) ShownIsGone(buyers, buy, buySlot, events);
            if (sell->Shown == 0) ShownIsGone(sellers, sell, sellSlot, events);
            if (buyers->First == 0) bids.Remove(bid);
            if (sellers->First == 0) asks.Remove(ask);
        }
        NoteTraded(price);
        (reference, hasReference, lastPrice, hasLast) = (price, true, price, true);
    }
}
