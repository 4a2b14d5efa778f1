using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <summary>One instrument's orders in a <see cref="MatchingEngine"/>, which alone changes it. Here is what can be read of it.</summary>
/// <remarks>This part holds the state and reads it; coming in and trading, changing, stops and auctions have parts of their own.</remarks>
public sealed unsafe partial class OrderBook
{
    /// <summary>Numbers of the sides. An order's is in its bits, so that no branch asks whether it buys or sells: what comes next is anybody's guess.</summary>
    const int Bids = 0, Asks = 1, BuyStops = 2, SellStops = 3;

    [InlineArray(4)]
    struct Sides { Ladder first; }

    readonly MatchingEngine engine;
    // Of the engine's tables, which it keeps alive.
    readonly SlotRows<OrderRow> orders;
    readonly SlotRows<RestRow> rests;

    Sides sides;
    BookTerms terms;
    int reference, lastPrice;
    bool hasReference, hasLast;
    int waiting;     // stops
    int auctionOnly; // orders that end with the auction
    // Prices traded since stops were last looked at; Low above High says that there were none.
    int tradedLow = int.MaxValue, tradedHigh = int.MinValue;
    int toldBid = Ladder.NoKey, toldAsk = Ladder.NoKey; // keys
    long toldBidQuantity, toldAskQuantity;

    internal OrderBook(MatchingEngine engine, in BookTerms terms)
    {
        this.engine = engine;
        (orders, rests) = (engine.Orders.Rows, engine.Rests.Rows);
        for (int side = Bids; side <= SellStops; side++) sides[side] = new(engine.LadderMemory);
        TakeTerms(terms);
    }

    internal int LowLimit, HighLimit, MostParts;
    internal long MostQuantity;
    internal bool Touched;

    public int Number => terms.Book;

    public BookPhase Phase { get; private set; }

    /// <summary>Terms as last set; the reference as it stands now.</summary>
    public BookTerms Terms => terms with { Reference = hasReference ? reference : null };

    /// <summary>Price of the last trade in ticks; null before the first.</summary>
    public int? LastPrice => hasLast ? lastPrice : null;

    /// <summary>Best prices as they stand now, whatever the phase; while orders are collected they may cross.</summary>
    public BestPrices Best => new(
        sides[Bids].IsEmpty ? 0 : sides[Bids].Best, sides[Bids].BestLevel->Shown,
        sides[Asks].IsEmpty ? 0 : ~sides[Asks].Best, sides[Asks].BestLevel->Shown);

    /// <summary>What an auction would do now. In time of the price levels that cross; a volume of 0 where none do.</summary>
    public IndicativePrice Indicative() => FindAuctionPrice();

    /// <summary>The best levels of a side, the best first.</summary>
    /// <returns>How many were written.</returns>
    public int Depth(Side side, Span<DepthLevel> levels)
    {
        if (side is not (Side.Buy or Side.Sell)) throw new ArgumentOutOfRangeException(nameof(side));
        int number = side == Side.Buy ? Bids : Asks;
        ref readonly var ladder = ref sides[number];
        int written = 0;
        for (int key = ladder.Best; key != Ladder.NoKey && written < levels.Length; key = ladder.Worse(key))
        {
            var level = ladder.Find(key);
            levels[written++] = new(key ^ FlipOf(number), level->Shown, level->Orders);
        }
        return written;
    }

    /// <summary>All live orders: bids, asks, stops of buyers, stops of sellers; each from the best price (the first to go off), those of one price as they stand in its queue.</summary>
    public IEnumerable<LiveOrder> LiveOrders()
    {
        var slots = new List<uint>();
        GatherAll(slots);
        return slots.Select(engine.Picture);
    }

    public static bool Collects(BookPhase phase) => phase is BookPhase.PreOpen or BookPhase.Interruption or BookPhase.ClosingAuction;

    internal static bool AreValid(in BookTerms t) =>
        t.Book is >= 1 and <= BookTerms.MostBooks && t.LowLimit >= BookTerms.LeastPrice && t.HighLimit <= BookTerms.MostPrice && t.LowLimit <= t.HighLimit
        && t.DynamicTicks is >= 0 and <= BookTerms.MostPrice && t.BandAction <= BandAction.CancelRest && t.Reference is null or >= BookTerms.LeastPrice and <= BookTerms.MostPrice
        && t.MostQuantity is >= 1 and <= BookTerms.MostLots && t.MostParts is >= 1 and <= 1_000_000;

    internal void SetTerms(in BookTerms next, MatchEvents events)
    {
        bool narrower = next.LowLimit > LowLimit || next.HighLimit < HighLimit;
        TakeTerms(next);
        if (narrower) EndThose(slot => IsOutside(orders[slot]->Price) || orders[slot]->Has(OrderBits.Waiting) && IsOutside(rests[slot]->StopPrice), EndReason.OutsideLimits, events);
        TellBest(events);
    }

    bool IsOutside(int price) => price < LowLimit || price > HighLimit;

    void TakeTerms(in BookTerms next)
    {
        terms = next;
        (LowLimit, HighLimit, MostQuantity, MostParts) = (next.LowLimit, next.HighLimit, next.MostQuantity, next.MostParts);
        if (next.Reference is { } set) (reference, hasReference) = (set, true);
    }

    internal void GatherAll(List<uint> slots)
    {
        foreach (ref readonly var ladder in sides)
            for (int key = ladder.Best; key != Ladder.NoKey; key = ladder.Worse(key))
                for (uint slot = ladder.Find(key)->First; slot != 0; slot = orders[slot]->Next) slots.Add(slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int SideOf(OrderRow* order) => (int)(order->Bits & (OrderBits.Sell | OrderBits.Waiting));

    /// <summary>What turns a price of a side into its key and back: complements where the lowest price comes first, of asks and of the stops of buyers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int FlipOf(int side) => unchecked(-((side ^ side >> 1) & 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int KeyOf(OrderRow* order, uint slot) => (order->Has(OrderBits.Waiting) ? rests[slot]->StopPrice : order->Price) ^ FlipOf(SideOf(order));

    /// <summary>Ends the orders of this book for which something holds, in the order of <see cref="LiveOrders"/>.</summary>
    void EndThose(Predicate<uint> end, EndReason reason, MatchEvents events)
    {
        var slots = engine.Gather();
        GatherAll(slots);
        foreach (uint slot in slots)
            if (end(slot)) TakeOut(slot, reason, events);
    }

    internal void SetPhase(BookPhase next, MatchEvents events)
    {
        bool collected = Collects(Phase);
        EnterPhase(next, 0, events);
        if (next == BookPhase.Continuous || next == BookPhase.PostClose && collected)
        {
            Uncross(events);
            if (auctionOnly > 0) EndThose(slot => orders[slot]->Has(OrderBits.AuctionOnly), EndReason.AuctionOver, events);
        }
        if (next == BookPhase.Closed) EndThose(slot => orders[slot]->Has(OrderBits.Day | OrderBits.AuctionOnly), EndReason.DayOver, events);
        if (next == BookPhase.Continuous)
        {
            if (hasLast) NoteTraded(lastPrice);
            RunStops(events);
        }
        (tradedLow, tradedHigh) = (int.MaxValue, int.MinValue);
        TellBest(events);
    }

    // What a command to come will touch, asked of the memory in three steps: the book, the levels, the orders there.

    internal void Prefetch()
    {
        Memory.Prefetch(ref waiting);
        Memory.Prefetch(ref sides[Bids].Best);
        Memory.Prefetch(ref sides[Asks].Best);
        Memory.Prefetch(ref LowLimit);
    }

    internal void PrefetchPage(in OrderCommand c)
    {
        int side = c.Side == Side.Buy ? Bids : Asks;
        sides[side].Prefetch(c.Price ^ FlipOf(side));
        Memory.Prefetch(ref *sides[side ^ 1].BestLevel);
    }

    internal void PrefetchPage(uint slot)
    {
        var order = orders[slot];
        if (!order->Has(OrderBits.Waiting)) sides[SideOf(order)].Prefetch(order->Price ^ FlipOf(SideOf(order)));
    }

    internal void PrefetchOrders(in OrderCommand c)
    {
        int side = c.Side == Side.Buy ? Bids : Asks;
        Memory.Prefetch(ref *orders[sides[side ^ 1].BestLevel->First]);
        Memory.Prefetch(ref *orders[sides[side].LastAt(c.Price ^ FlipOf(side))]);
    }

    void EnterPhase(BookPhase next, int price, MatchEvents events)
    {
        Phase = next;
        ref var e = ref events.Next();
        e.Kind = MatchEventKind.PhaseChanged;
        e.Book = Number;
        e.Phase = next;
        e.Price = price;
    }

    /// <summary>Tells best prices where they are not what was last told.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void TellBest(MatchEvents events)
    {
        ref readonly Ladder bids = ref sides[Bids], asks = ref sides[Asks];
        long bid = bids.BestLevel->Shown, ask = asks.BestLevel->Shown;
        if (bid == toldBidQuantity && ask == toldAskQuantity && bids.Best == toldBid && asks.Best == toldAsk || Phase != BookPhase.Continuous) return;
        (toldBid, toldBidQuantity, toldAsk, toldAskQuantity) = (bids.Best, bid, asks.Best, ask);
        ref var e = ref events.Next();
        e.Kind = MatchEventKind.Best;
        e.Book = Number;
        e.BidQuantity = bid;
        e.AskQuantity = ask;
        e.BidPrice = bid == 0 ? 0 : toldBid;
        e.AskPrice = ask == 0 ? 0 : ~toldAsk;
    }

    /// <summary>An event about one order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ref MatchEvent Tell(MatchEvents events, MatchEventKind kind, OrderRow* order, long remaining)
    {
        ref var e = ref events.Next();
        e.Kind = kind;
        e.Side = order->Side;
        e.Book = order->Book;
        e.Order = order->Id;
        e.Remaining = remaining;
        e.Price = order->Price;
        e.Owner = order->Owner;
        return ref e;
    }

    void TellCancelled(MatchEvents events, OrderRow* order, EndReason reason)
    {
        ref var e = ref Tell(events, MatchEventKind.Cancelled, order, 0);
        e.Quantity = order->Remaining;
        e.Reason = reason;
    }
}
