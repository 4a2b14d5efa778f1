using System.Runtime.CompilerServices;

namespace Verdigris.Book;

// An order comes in, trades as far as it may, and its rest stays or is cancelled: docs/matching.md, section 5.
public sealed unsafe partial class OrderBook
{
    /// <summary>Why an incoming order's trading ended.</summary>
    enum Ending { NothingCrosses, Filled, LevelsUsed, OutsideBand, SelfTrade }

    /// <summary>How an incoming order traded.</summary>
    /// <param name="Price">Of the last level it went through.</param>
    /// <param name="Levels">How many it went through.</param>
    readonly record struct Way(Ending Ending, int Price, int Levels);

    [Flags]
    enum Coming
    {
        None = 0,
        /// <summary>The rest is kept.</summary>
        Stays = 1,
        /// <summary>The rest stays at the last price it went through.</summary>
        ToLimit = 2,
        /// <summary>Its owner has it already.</summary>
        Known = 4,
        /// <summary>All of it is shown, and nothing else is to be known of it.</summary>
        Plain = 8,
    }

    /// <param name="plain">A limit order for the day or until it is cancelled, with nothing else asked of it.</param>
    internal void New(in OrderCommand c, int price, bool plain, MatchEvents events)
    {
        uint slot = engine.Open(out var order);
        var bits = unchecked((OrderBits)((int)c.SelfTrade << OrderRow.SelfTradeShift | (int)c.Side - (int)Side.Buy)) | (c.TimeInForce == TimeInForce.Day ? OrderBits.Day : OrderBits.None);
        if (!plain) bits |= SpecialBits(c);
        order->Shown = c.Quantity;
        order->Hidden = order->Done = 0;
        order->Price = price;
        order->Owner = c.Owner;
        order->Session = c.Session;
        order->Book = unchecked((ushort)c.Book);
        order->Bits = bits;
        ref var e = ref events.Next();
        e.Kind = MatchEventKind.Accepted;
        e.Side = c.Side;
        e.Book = c.Book;
        e.Order = order->Id;
        e.Remaining = c.Quantity;
        e.Price = price;
        e.Owner = c.Owner;
        if (plain && Phase == BookPhase.Continuous) Come(order, slot, Coming.Stays | Coming.Plain, int.MaxValue, events);
        else BringIn(c, order, slot, events);
        if (tradedHigh >= tradedLow) RunStops(events);
        TellBest(events);
    }

    /// <summary>A new order that is not plain, or that does not come into continuous trading.</summary>
    void BringIn(in OrderCommand c, OrderRow* order, uint slot, MatchEvents events)
    {
        if (order->Has(OrderBits.Parts | OrderBits.Timed | OrderBits.Waiting)) *rests[slot] = new() { Display = c.Display, Time = c.Time, StopPrice = c.StopPrice };
        if (order->Has(OrderBits.Waiting))
        {
            engine.Keep(order, slot);
            Place(order, slot);
            if (Phase == BookPhase.Continuous && hasLast) NoteTraded(lastPrice);
        }
        else if (Phase == BookPhase.Continuous)
        {
            var how = c.TimeInForce < TimeInForce.ImmediateOrCancel ? Coming.Stays : Coming.None; // market orders never are
            if (c.Type == OrderType.MarketToLimit) how |= Coming.ToLimit;
            Come(order, slot, how, c.Levels == 0 ? int.MaxValue : c.Levels, events);
        }
        else
        {
            if (order->Has(OrderBits.AuctionOnly)) auctionOnly++;
            Place(order, slot);
            engine.Keep(order, slot);
        }
    }

    OrderBits SpecialBits(in OrderCommand c)
    {
        var bits = OrderBits.None;
        if (c.TimeInForce == TimeInForce.GoodTillDate) bits |= OrderBits.Timed;
        if (c.TimeInForce == TimeInForce.ImmediateOrCancel && Phase != BookPhase.Continuous) bits |= OrderBits.AuctionOnly;
        if (c.Type is OrderType.Market or OrderType.Stop) bits |= OrderBits.Market;
        if (c.Type is OrderType.Stop or OrderType.StopLimit) bits |= OrderBits.Waiting;
        if (c.Display != 0) bits |= OrderBits.Parts;
        if ((c.Flags & OrderFlags.PostOnly) != 0) bits |= OrderBits.PostOnly;
        if ((c.Flags & OrderFlags.Slide) != 0) bits |= OrderBits.Slide;
        return bits;
    }

    /// <summary>Whether an order would not trade on coming in; a sliding one is moved so that it would not, inside the price limits.</summary>
    internal bool IsPassive(bool buy, bool slides, ref int price)
    {
        int against = buy ? Asks : Bids, flip = FlipOf(against);
        ref readonly var opposite = ref sides[against];
        if (Phase != BookPhase.Continuous || opposite.Best < (price ^ flip)) return true;
        if (!slides) return false;
        price = (opposite.Best ^ flip) + (buy ? -1 : 1);
        return !IsOutside(price);
    }

    /// <summary>Trades an order in continuous trading; what it may not keep of its rest is cancelled.</summary>
    /// <param name="levels">Price levels it may go through.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Come(OrderRow* order, uint slot, Coming how, int levels, MatchEvents events)
    {
        int against = SideOf(order) ^ 1, flip = FlipOf(against);
        ref var opposite = ref sides[against];
        var (ending, price, through) = opposite.Best >= (order->Price ^ flip) ? Trade(order, ref opposite, flip, levels, events) : default;
        if (ending == Ending.Filled)
        {
            Over(order, slot, how);
            return;
        }
        if (ending == Ending.OutsideBand && terms.BandAction == BandAction.Interrupt) EnterPhase(BookPhase.Interruption, opposite.Best ^ flip, events);
        var reason = ending switch
        {
            Ending.SelfTrade => EndReason.SelfTrade,
            Ending.OutsideBand when terms.BandAction == BandAction.CancelRest => EndReason.OutsideBand,
            _ => (how & Coming.Stays) == 0 || (how & Coming.ToLimit) != 0 && through == 0 ? EndReason.Immediate : EndReason.None,
        };
        if (reason != EndReason.None)
        {
            TellCancelled(events, order, reason);
            Over(order, slot, how);
            return;
        }
        if (((how & Coming.ToLimit) != 0 || ending == Ending.LevelsUsed) && order->Price != price)
        {
            order->Price = price;
            Tell(events, MatchEventKind.Repriced, order, order->Shown);
        }
        if ((how & Coming.Plain) != 0) Append(order, slot, against ^ 1, order->Price ^ ~flip);
        else Place(order, slot);
        if ((how & Coming.Known) == 0) engine.Keep(order, slot);
    }

    void Over(OrderRow* order, uint slot, Coming how)
    {
        if ((how & Coming.Known) != 0) engine.End(order, slot);
        else engine.Close(order, slot);
    }

    /// <summary>Sums need no check for overflow: all orders an engine can hold, of the largest quantity, fit into one.</summary>
    Way Trade(OrderRow* taker, ref Ladder opposite, int flip, int levels, MatchEvents events)
    {
        unchecked
        {
            int limit = taker->Price ^ flip, key = opposite.Best, left = levels, here = 0;
            // The band, as keys: those of the levels fall as the order goes on, so only the first can be above it.
            int worst = limit;
            if (terms.DynamicTicks > 0 && hasReference)
            {
                int low = reference - terms.DynamicTicks ^ flip, high = reference + terms.DynamicTicks ^ flip;
                if (key > Math.Max(low, high)) return new(Ending.OutsideBand, 0, 0);
                worst = Math.Max(limit, Math.Min(low, high));
            }
            // Owners are numbered from 1.
            int own = taker->SelfTrade != SelfTrade.Allow ? taker->Owner : 0;
            long open = taker->Shown, before = open;
            var ending = Ending.NothingCrosses;
            for (; key >= worst; key = opposite.Best)
            {
                if (left == 0)
                {
                    ending = Ending.LevelsUsed;
                    break;
                }
                left--;
                here = key ^ flip;
                var level = opposite.BestLevel;
                do
                {
                    uint slot = level->First;
                    var maker = orders[slot];
                    if (maker->Owner == own)
                    {
                        taker->Shown = open;
                        bool goesOn = MeetOwn(taker, level, maker, slot, events);
                        before -= open - taker->Shown;
                        open = taker->Shown;
                        if (goesOn) continue;
                        ending = Ending.SelfTrade;
                        break;
                    }
                    long shown = maker->Shown, more = open - shown, quantity = shown + (more & more >> 63); // the smaller, without a branch that nobody can foretell
                    shown -= quantity;
                    open -= quantity;
                    maker->Shown = shown;
                    maker->Done += quantity;
                    level->Shown -= quantity;
                    NoteTraded(here);
                    lastPrice = here;
                    ref var e = ref events.Next();
                    e.Kind = MatchEventKind.Trade;
                    e.Side = taker->Side;
                    e.Book = terms.Book;
                    e.Order = maker->Id;
                    e.Other = taker->Id;
                    e.Quantity = quantity;
                    e.Remaining = shown + maker->Hidden;
                    e.OtherRemaining = open;
                    e.Price = here;
                    e.Owner = maker->Owner;
                    e.OtherOwner = taker->Owner;
                    if (shown == 0) ShownIsGone(level, maker, slot, events);
                }
                while (open > 0 && level->First != 0);
                if (level->First == 0) opposite.Remove(key);
                if (open == 0 && ending == Ending.NothingCrosses) ending = Ending.Filled;
                if (ending != Ending.NothingCrosses) break;
            }
            if (ending == Ending.NothingCrosses && key >= limit) ending = left == 0 ? Ending.LevelsUsed : Ending.OutsideBand;
            taker->Shown = open;
            if (open != before)
            {
                taker->Done += before - open;
                (reference, hasReference, hasLast) = (lastPrice, true, true);
            }
            return new(ending, here, levels - left);
        }
    }

    /// <summary>Remembers a price for the stops that wait now.</summary>
    void NoteTraded(int price)
    {
        if (waiting == 0) return;
        tradedLow = Math.Min(tradedLow, price);
        tradedHigh = Math.Max(tradedHigh, price);
    }

    /// <summary>The first order of a level shows nothing more: its next part goes to the end, or it is over.</summary>
    void ShownIsGone(Level* level, OrderRow* order, uint slot, MatchEvents events)
    {
        unchecked
        {
            if (order->Hidden == 0)
            {
                level->First = order->Next;
                orders[order->Next]->Previous = 0;
                level->Orders--;
                if (order->Has(OrderBits.AuctionOnly)) auctionOnly--;
                engine.End(order, slot);
                return;
            }
            order->Shown = Math.Min(rests[slot]->Display, order->Hidden);
            order->Hidden -= order->Shown;
            level->Shown += order->Shown;
            level->Hidden -= order->Shown;
            if (order->Next != 0)
            {
                level->First = order->Next;
                orders[order->Next]->Previous = 0;
                orders[level->Last]->Next = slot;
                (order->Previous, order->Next) = (level->Last, 0);
                level->Last = slot;
            }
            Tell(events, MatchEventKind.Refreshed, order, order->Remaining).Quantity = order->Shown;
        }
    }

    /// <summary>An incoming order meets one of its own owner, the first of the level.</summary>
    /// <returns>Whether it goes on.</returns>
    bool MeetOwn(OrderRow* taker, Level* level, OrderRow* own, uint slot, MatchEvents events)
    {
        var rule = taker->SelfTrade;
        if (rule == SelfTrade.CancelNewest) return false;
        if (rule is SelfTrade.CancelOldest or SelfTrade.CancelBoth)
        {
            TellCancelled(events, own, EndReason.SelfTrade);
            level->Shown -= own->Shown;
            level->Hidden -= own->Hidden;
            own->Hidden = 0;
            ShownIsGone(level, own, slot, events);
            return rule == SelfTrade.CancelOldest;
        }
        long quantity = Math.Min(taker->Shown, own->Shown);
        level->Shown -= quantity;
        Reduce(own, quantity, events);
        if (own->Shown == 0) ShownIsGone(level, own, slot, events);
        Reduce(taker, quantity, events);
        return true;
    }

    void Reduce(OrderRow* order, long quantity, MatchEvents events)
    {
        order->Shown -= quantity;
        order->Done += quantity;
        ref var e = ref Tell(events, MatchEventKind.Reduced, order, order->Remaining);
        e.Quantity = quantity;
        e.Reason = EndReason.SelfTrade;
    }

    /// <summary>Puts an order, all of which is in Shown, at the end of the queue of its price, or of its stop price.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Place(OrderRow* order, uint slot)
    {
        if (order->Has(OrderBits.Parts | OrderBits.Waiting))
        {
            if (order->Has(OrderBits.Waiting)) waiting++;
            else
            {
                long shown = Math.Min(rests[slot]->Display, order->Shown);
                (order->Shown, order->Hidden) = (shown, order->Shown - shown);
            }
        }
        Append(order, slot);
    }

    void Append(OrderRow* order, uint slot) => Append(order, slot, SideOf(order), KeyOf(order, slot));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Append(OrderRow* order, uint slot, int side, int key)
    {
        unchecked
        {
            var level = sides[side].Make(key);
            order->Next = 0;
            order->Previous = level->Last;
            orders[level->Last]->Next = slot;
            level->First = level->Last == 0 ? slot : level->First;
            level->Last = slot;
            level->Orders++;
            level->Shown += order->Shown;
            level->Hidden += order->Hidden;
        }
    }

    /// <summary>
    /// Lots of an incoming order that would trade at once, up to about what is needed. Counted as far as it would get: inside price, band and levels; up to the first order of its own owner where meeting that would
    /// stop it or take from it, without those it would cancel.
    /// </summary>
    internal long Executable(in OrderCommand c, long needed)
    {
        int against = c.Side == Side.Buy ? Asks : Bids, flip = FlipOf(against), limit = c.Price ^ flip, low = int.MinValue, high = int.MaxValue, levels = c.Levels == 0 ? int.MaxValue : c.Levels;
        ref readonly var opposite = ref sides[against];
        if (terms.DynamicTicks > 0 && hasReference) (low, high) = (reference - terms.DynamicTicks, reference + terms.DynamicTicks);
        long sum = 0;
        for (int key = opposite.Best; key >= limit && levels-- > 0 && sum < needed; key = opposite.Worse(key))
        {
            if ((key ^ flip) < low || (key ^ flip) > high) break;
            var level = opposite.Find(key);
            if (c.SelfTrade == SelfTrade.Allow)
            {
                sum += level->Shown + level->Hidden;
                continue;
            }
            long hidden = 0;
            for (uint slot = level->First; slot != 0 && sum < needed; slot = orders[slot]->Next)
            {
                var order = orders[slot];
                if (order->Owner == c.Owner)
                {
                    if (c.SelfTrade == SelfTrade.CancelOldest) continue;
                    return sum;
                }
                sum += order->Shown;
                hidden += order->Hidden;
            }
            // Hidden parts come behind everything the level shows.
            sum += hidden;
        }
        return sum;
    }
}
