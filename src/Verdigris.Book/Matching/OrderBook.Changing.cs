namespace Verdigris.Book;

// Orders in the book are cancelled and replaced; stops wait and go off: docs/matching.md, sections 6 and 7.
public sealed unsafe partial class OrderBook
{
    internal void Cancel(uint slot, MatchEvents events)
    {
        TakeOut(slot, EndReason.Asked, events);
        TellBest(events);
    }

    /// <summary>Ends an order that stands in the book.</summary>
    internal void TakeOut(uint slot, EndReason reason, MatchEvents events)
    {
        var order = orders[slot];
        TellCancelled(events, order, reason);
        TakeOff(order, slot);
        if (order->Has(OrderBits.AuctionOnly)) auctionOnly--;
        engine.End(order, slot);
    }

    /// <summary>Takes an order off its level; its owner still has it.</summary>
    void TakeOff(OrderRow* order, uint slot)
    {
        unchecked
        {
            if (order->Has(OrderBits.Waiting)) waiting--;
            ref var ladder = ref sides[SideOf(order)];
            int key = KeyOf(order, slot);
            var level = ladder.Find(key);
            orders[order->Previous]->Next = order->Next;
            orders[order->Next]->Previous = order->Previous;
            level->First = order->Previous == 0 ? order->Next : level->First;
            level->Last = order->Next == 0 ? order->Previous : level->Last;
            level->Shown -= order->Shown;
            level->Hidden -= order->Hidden;
            if (--level->Orders == 0) ladder.Remove(key);
        }
    }

    /// <summary>Less at the same price keeps the order's place; anything else brings it in anew, under its id.</summary>
    internal void Replace(uint slot, in OrderCommand c, int price, MatchEvents events)
    {
        var order = orders[slot];
        long remaining = c.Quantity - order->Done;
        bool isWaiting = order->Has(OrderBits.Waiting);
        bool keeps = remaining <= order->Remaining && (isWaiting ? c.StopPrice == rests[slot]->StopPrice : price == order->Price);
        if (keeps) Cut(order, slot, order->Remaining - remaining);
        else
        {
            TakeOff(order, slot);
            (order->Shown, order->Hidden) = (remaining, 0);
        }
        order->Price = price;
        ref var e = ref Tell(events, MatchEventKind.Replaced, order, remaining);
        e.Quantity = c.Quantity;
        e.KeptPriority = keeps ? (byte)1 : (byte)0;
        if (!keeps)
        {
            if (isWaiting)
            {
                rests[slot]->StopPrice = c.StopPrice;
                Place(order, slot);
                if (Phase == BookPhase.Continuous && hasLast) NoteTraded(lastPrice);
            }
            else if (Phase == BookPhase.Continuous) Come(order, slot, Coming.Stays | Coming.Known, int.MaxValue, events);
            else Place(order, slot);
            if (tradedHigh >= tradedLow) RunStops(events);
        }
        TellBest(events);
    }

    /// <summary>Takes from an order in its place, from what is hidden first.</summary>
    void Cut(OrderRow* order, uint slot, long quantity)
    {
        long hidden = Math.Min(quantity, order->Hidden), shown = quantity - hidden;
        order->Hidden -= hidden;
        order->Shown -= shown;
        var level = sides[SideOf(order)].Find(KeyOf(order, slot));
        level->Hidden -= hidden;
        level->Shown -= shown;
    }

    /// <summary>
    /// Sets off the stops that prices traded since the last look have reached, one after the other, those of buyers first: what one trades may set off more. Each goes off once, so this ends.
    /// </summary>
    void RunStops(MatchEvents events)
    {
        ref readonly Ladder buyStops = ref sides[BuyStops], sellStops = ref sides[SellStops];
        while (waiting > 0)
        {
            uint slot;
            if (!buyStops.IsEmpty && ~buyStops.Best <= tradedHigh) slot = buyStops.BestLevel->First;
            else if (!sellStops.IsEmpty && sellStops.Best >= tradedLow) slot = sellStops.BestLevel->First;
            else break;
            GoOff(slot, events);
        }
        (tradedLow, tradedHigh) = (int.MaxValue, int.MinValue);
    }

    void GoOff(uint slot, MatchEvents events)
    {
        var order = orders[slot];
        TakeOff(order, slot);
        bool market = order->Has(OrderBits.Market);
        order->Bits &= ~OrderBits.Waiting;
        Tell(events, MatchEventKind.Triggered, order, order->Shown);
        if (Phase == BookPhase.Continuous)
        {
            Come(order, slot, market ? Coming.Known : Coming.Stays | Coming.Known, int.MaxValue, events);
            return;
        }
        // An interruption began while stops went off: it waits for the auction like any order.
        if (market)
        {
            engine.Outlast(order, slot);
            order->Bits |= OrderBits.AuctionOnly;
            auctionOnly++;
        }
        Place(order, slot);
    }
}
