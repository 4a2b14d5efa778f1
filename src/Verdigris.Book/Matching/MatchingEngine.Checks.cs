using System.Runtime.CompilerServices;

namespace Verdigris.Book;

// What is refused, and in which order: docs/matching.md, section 4. Each is one list of checks in the order of the codes.
public sealed unsafe partial class MatchingEngine
{
    /// <param name="price">At which the order comes in: its own, or where a sliding one is moved to.</param>
    /// <param name="plain">A limit order for the day or until it is cancelled, with nothing else asked of it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    MatchCode CheckNew(in OrderCommand c, out OrderBook? book, out int price, out bool plain)
    {
        book = null;
        price = c.Price;
        // Most orders are plain limit orders; what the others may carry is looked at apart.
        plain = c.Type == OrderType.Limit && c.TimeInForce is TimeInForce.Day or TimeInForce.GoodTillCancel && (c.Display | c.Minimum | c.Time) == 0
            && ((int)c.Flags | c.Levels | c.StopPrice) == 0;
        if ((c.Order | (long)c.Reserved | (long)c.Phase) != 0 || c.Side is not (Side.Buy or Side.Sell) || c.SelfTrade > SelfTrade.Decrement || !plain && !IsFormed(c)) return MatchCode.FieldInvalid;
        if ((book = Book(c.Book)) is null) return MatchCode.BookUnknown;
        if (c.Owner is < 1 or > MostOwners) return MatchCode.OwnerInvalid;
        if (OwnerRow(c.Owner)->Killed != 0) return MatchCode.OwnerKilled;
        if (book.Phase != BookPhase.Continuous && !MayCollect(book.Phase, c)) return MatchCode.PhaseForbids;
        if (c.Quantity < 1 || c.Quantity > book.MostQuantity) return MatchCode.QuantityInvalid;
        if (c.Display != 0 && !IsDisplayValid(book, c.Display, c.Quantity)) return MatchCode.DisplayInvalid;
        if (c.Minimum < 0 || c.Minimum > c.Quantity) return MatchCode.MinimumInvalid;
        if (price < book.LowLimit || price > book.HighLimit) return MatchCode.PriceOutsideLimits;
        if (!plain)
        {
            var code = CheckSpecial(book, c, ref price);
            if (code != MatchCode.Accepted) return code;
        }
        return free == 0 && Orders.Count > MostOrders || nextNumber == MostNumbers ? MatchCode.LimitReached : MatchCode.Accepted;
    }

    /// <summary>Which types, times and flags go together: docs/matching.md, section 2.</summary>
    static bool IsFormed(in OrderCommand c)
    {
        bool stays = c.TimeInForce is TimeInForce.Day or TimeInForce.GoodTillCancel or TimeInForce.GoodTillDate;
        bool immediate = c.TimeInForce == TimeInForce.ImmediateOrCancel;
        bool stop = c.Type is OrderType.Stop or OrderType.StopLimit;
        bool time = c.Type switch
        {
            OrderType.Limit => stays || immediate || c.TimeInForce == TimeInForce.FillOrKill,
            OrderType.Market => immediate || c.TimeInForce == TimeInForce.FillOrKill,
            OrderType.MarketToLimit or OrderType.Stop or OrderType.StopLimit => stays,
            _ => false,
        };
        return time
            && (c.Flags is OrderFlags.None || c.Flags is OrderFlags.PostOnly or (OrderFlags.PostOnly | OrderFlags.Slide) && c.Type == OrderType.Limit && stays && c.Levels == 0)
            && (c.Levels == 0 || !stop)
            && (c.StopPrice == 0 || stop)
            && (c.Display == 0 || stays && c.Type != OrderType.Stop)
            && (c.Minimum == 0 || immediate)
            && (c.Time == 0 || c.TimeInForce == TimeInForce.GoodTillDate);
    }

    /// <summary>While orders are collected there is nothing to trade with at once.</summary>
    static bool MayCollect(BookPhase phase, in OrderCommand c) =>
        OrderBook.Collects(phase) && c.TimeInForce != TimeInForce.FillOrKill && c.Type != OrderType.MarketToLimit && c.Flags == OrderFlags.None && c.Levels == 0 && c.Minimum == 0;

    static bool IsDisplayValid(OrderBook book, long display, long quantity) => display >= 0 && display <= quantity && (Int128)quantity <= (Int128)display * book.MostParts;

    MatchCode CheckSpecial(OrderBook book, in OrderCommand c, ref int price)
    {
        if (c.Type is OrderType.Stop or OrderType.StopLimit && (c.StopPrice < book.LowLimit || c.StopPrice > book.HighLimit)) return MatchCode.StopOutsideLimits;
        if (c.TimeInForce == TimeInForce.GoodTillDate && c.Time <= time) return MatchCode.ExpiryPast;
        if ((c.Flags & OrderFlags.PostOnly) != 0 && !book.IsPassive(c.Side == Side.Buy, (c.Flags & OrderFlags.Slide) != 0, ref price)) return MatchCode.PostOnlyWouldTrade;
        long needed = c.TimeInForce == TimeInForce.FillOrKill ? c.Quantity : c.Minimum;
        return needed > 0 && book.Executable(c, needed) < needed ? MatchCode.NotFillable : MatchCode.Accepted;
    }

    /// <summary>What cancel and replace ask first: which order, and whose.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    MatchCode CheckOrder(in OrderCommand c, out uint slot)
    {
        slot = Find(c.Order);
        if (slot == 0) return MatchCode.OrderUnknown;
        var order = Orders[slot];
        if (c.Book != 0 && c.Book != order->Book) return MatchCode.OrderUnknown;
        return c.Owner != 0 && c.Owner != order->Owner ? MatchCode.NotOwner : MatchCode.Accepted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    MatchCode CheckCancel(in OrderCommand c, out uint slot)
    {
        slot = 0;
        bool formed = ((int)c.Side | (int)c.Type | (int)c.TimeInForce | (int)c.Flags | (int)c.SelfTrade | c.Levels | (int)c.Phase | c.Session | c.Price | c.StopPrice | c.Reserved) == 0
            && (c.Quantity | c.Display | c.Minimum | c.Time) == 0;
        return formed ? CheckOrder(c, out slot) : MatchCode.FieldInvalid;
    }

    MatchCode CheckReplace(in OrderCommand c, out uint slot, out int price)
    {
        slot = 0;
        price = c.Price;
        if (((int)c.Side | (int)c.Type | (int)c.TimeInForce | (int)c.Flags | (int)c.SelfTrade | c.Levels | (int)c.Phase | c.Session | c.Reserved) != 0 || (c.Display | c.Minimum | c.Time) != 0)
            return MatchCode.FieldInvalid;
        var code = CheckOrder(c, out slot);
        if (code != MatchCode.Accepted) return code;
        var order = Orders[slot];
        var book = books[order->Book]!;
        bool waiting = order->Has(OrderBits.Waiting);
        if (c.StopPrice != 0 && !waiting) return MatchCode.FieldInvalid;
        if (book.Phase != BookPhase.Continuous && !OrderBook.Collects(book.Phase)) return MatchCode.PhaseForbids;
        if (c.Quantity < 1 || c.Quantity > book.MostQuantity) return MatchCode.QuantityInvalid;
        if (c.Quantity <= order->Done) return MatchCode.QuantityDone;
        if (order->Has(OrderBits.Parts) && (Int128)c.Quantity > (Int128)Rests[slot]->Display * book.MostParts) return MatchCode.DisplayInvalid;
        if (price < book.LowLimit || price > book.HighLimit) return MatchCode.PriceOutsideLimits;
        if (waiting && (c.StopPrice < book.LowLimit || c.StopPrice > book.HighLimit)) return MatchCode.StopOutsideLimits;
        if (order->Has(OrderBits.PostOnly) && book.Phase == BookPhase.Continuous && !book.IsPassive(!order->Has(OrderBits.Sell), order->Has(OrderBits.Slide), ref price)) return MatchCode.PostOnlyWouldTrade;
        return MatchCode.Accepted;
    }

    static bool IsBare(in OrderCommand c) =>
        ((int)c.Type | (int)c.TimeInForce | (int)c.Flags | (int)c.SelfTrade | c.Levels | c.Price | c.StopPrice | c.Reserved) == 0 && (c.Order | c.Quantity | c.Display | c.Minimum) == 0;

    MatchCode CheckMassCancel(in OrderCommand c)
    {
        if (!IsBare(c) || c.Time != 0 || c.Phase != 0 || c.Side > Side.Sell || c.Owner == 0 && c.Book == 0) return MatchCode.FieldInvalid;
        if (c.Book != 0 && Book(c.Book) is null) return MatchCode.BookUnknown;
        return c.Owner is < 0 or > MostOwners ? MatchCode.OwnerInvalid : MatchCode.Accepted;
    }

    static MatchCode CheckOwner(in OrderCommand c)
    {
        if (!IsBare(c) || c.Time != 0 || c.Phase != 0 || c.Side != 0 || (c.Book | c.Session) != 0) return MatchCode.FieldInvalid;
        return c.Owner is < 1 or > MostOwners ? MatchCode.OwnerInvalid : MatchCode.Accepted;
    }

    MatchCode CheckExpire(in OrderCommand c) => !IsBare(c) || c.Phase != 0 || c.Side != 0 || (c.Book | c.Owner | c.Session) != 0 || c.Time < time ? MatchCode.FieldInvalid : MatchCode.Accepted;

    MatchCode CheckPhase(in OrderCommand c)
    {
        if (!IsBare(c) || c.Time != 0 || c.Side != 0 || (c.Owner | c.Session) != 0 || c.Phase > BookPhase.PostClose) return MatchCode.FieldInvalid;
        if (Book(c.Book) is not { } book) return MatchCode.BookUnknown;
        return book.Phase == c.Phase ? MatchCode.PhaseForbids : MatchCode.Accepted;
    }
}
