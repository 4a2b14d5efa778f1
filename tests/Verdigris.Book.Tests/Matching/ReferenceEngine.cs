using System.Diagnostics.CodeAnalysis;

namespace Verdigris.Book.Tests.Matching;

/// <summary>Many reference books: checks in the order of docs/matching.md section 4, ids, owners, time.</summary>
sealed class ReferenceEngine
{
    public readonly SortedDictionary<int, ReferenceBook> Books = [];
    public readonly SortedDictionary<long, ReferenceOrder> Live = []; // by id, which is the order of acceptance
    public readonly List<MatchEvent> Events = [];
    readonly HashSet<int> killed = [];
    readonly Stack<int> freeSlots = new();
    int slots;
    long numbers, time;

    /// <summary>An order ends when an event shows nothing remaining of it; then its slot is free.</summary>
    public void Tell(MatchEvent e)
    {
        Events.Add(e);
        if (e.Order != 0 && e.Remaining == 0) End(e.Order);
        if (e.Other != 0 && e.OtherRemaining == 0) End(e.Other);
    }

    void End(long id)
    {
        Assert.True(Live.Remove(id));
        freeSlots.Push((int)(id % (1 << 24)));
    }

    public MatchCode Define(BookTerms terms)
    {
        Events.Clear();
        if (terms.Book is < 1 or > 65_535 || terms.LowLimit < -500_000_000 || terms.HighLimit > 500_000_000 || terms.LowLimit > terms.HighLimit || terms.DynamicTicks < 0 || terms.MostQuantity < 1 || terms.MostParts < 1) return MatchCode.TermsInvalid;
        if (Books.TryGetValue(terms.Book, out var book)) book.SetTerms(terms);
        else Books.Add(terms.Book, new(this, terms));
        return MatchCode.Accepted;
    }

    public MatchCode Do(in OrderCommand c)
    {
        Events.Clear();
        return c.Operation switch
        {
            OrderOperation.New => New(c),
            OrderOperation.Cancel => Cancel(c),
            OrderOperation.Replace => Replace(c),
            OrderOperation.MassCancel => MassCancel(c),
            OrderOperation.Kill or OrderOperation.Unkill => Kill(c),
            OrderOperation.Expire => Expire(c),
            OrderOperation.SetPhase => SetPhase(c),
            _ => MatchCode.OperationUnknown,
        };
    }

    /// <summary>Whether only the named fields are set.</summary>
    [SuppressMessage("Performance", "MA0065", Justification = "The reference may be slow; it compares whatever fields there are.")]
    static bool Only(OrderCommand c, Func<OrderCommand, OrderCommand> cleared) => cleared(c with { Operation = default }).Equals(default(OrderCommand));

    static bool GoesTogether(in OrderCommand c)
    {
        bool stays = c.TimeInForce is TimeInForce.Day or TimeInForce.GoodTillCancel or TimeInForce.GoodTillDate, immediate = c.TimeInForce == TimeInForce.ImmediateOrCancel, fill = c.TimeInForce == TimeInForce.FillOrKill;
        bool post = c.Flags is OrderFlags.PostOnly or (OrderFlags.PostOnly | OrderFlags.Slide);
        return c.Side is Side.Buy or Side.Sell && c.SelfTrade <= SelfTrade.Decrement && (c.Time == 0 || c.TimeInForce == TimeInForce.GoodTillDate) && c.Type switch
        {
            OrderType.Limit => (stays || immediate || fill) && (stays || c.Display == 0) && (immediate || c.Minimum == 0) && c.StopPrice == 0 && (c.Flags == 0 || post && stays && c.Levels == 0),
            OrderType.Market => (immediate || fill) && c.Display == 0 && (immediate || c.Minimum == 0) && c.StopPrice == 0 && c.Flags == 0,
            OrderType.MarketToLimit => stays && c.Minimum == 0 && c.StopPrice == 0 && c.Flags == 0,
            OrderType.Stop => stays && c.Display == 0 && c.Minimum == 0 && c.Levels == 0 && c.Flags == 0,
            OrderType.StopLimit => stays && c.Minimum == 0 && c.Levels == 0 && c.Flags == 0,
            _ => false,
        };
    }

    MatchCode New(OrderCommand c)
    {
        if (c.Order != 0 || c.Reserved != 0 || c.Phase != 0 || !GoesTogether(c)) return MatchCode.FieldInvalid;
        if (!Books.TryGetValue(c.Book, out var book)) return MatchCode.BookUnknown;
        if (c.Owner is < 1 or > 4_194_304) return MatchCode.OwnerInvalid;
        if (killed.Contains(c.Owner)) return MatchCode.OwnerKilled;
        bool collectable = c.TimeInForce != TimeInForce.FillOrKill && c.Type != OrderType.MarketToLimit && c.Flags == 0 && c.Levels == 0 && c.Minimum == 0;
        if (book.Phase != BookPhase.Continuous && !(book.Collects && collectable)) return MatchCode.PhaseForbids;
        var t = book.Terms;
        if (c.Quantity < 1 || c.Quantity > t.MostQuantity) return MatchCode.QuantityInvalid;
        if (c.Display < 0 || c.Display > c.Quantity || c.Display > 0 && c.Quantity > c.Display * t.MostParts) return MatchCode.DisplayInvalid;
        if (c.Minimum < 0 || c.Minimum > c.Quantity) return MatchCode.MinimumInvalid;
        if (c.Price < t.LowLimit || c.Price > t.HighLimit) return MatchCode.PriceOutsideLimits;
        if (c.Type is OrderType.Stop or OrderType.StopLimit && (c.StopPrice < t.LowLimit || c.StopPrice > t.HighLimit)) return MatchCode.StopOutsideLimits;
        if (c.TimeInForce == TimeInForce.GoodTillDate && c.Time <= time) return MatchCode.ExpiryPast;
        int price = c.Price;
        if (book.CheckEntry(c.Side, c.Flags, ref price) is var code and not MatchCode.Accepted) return code;
        if (c.TimeInForce == TimeInForce.FillOrKill && !book.CanTrade(c, c.Quantity) || c.Minimum > 0 && !book.CanTrade(c, c.Minimum)) return MatchCode.NotFillable;
        int slot = freeSlots.Count > 0 ? freeSlots.Pop() : ++slots;
        var order = new ReferenceOrder
        {
            Id = ++numbers * (1 << 24) + slot,
            Book = book,
            Owner = c.Owner,
            Session = c.Session,
            Side = c.Side,
            Type = c.Type,
            InForce = c.TimeInForce,
            Flags = c.Flags,
            SelfTrade = c.SelfTrade,
            Price = price,
            StopPrice = c.StopPrice,
            Levels = c.Levels,
            Open = c.Quantity,
            Shown = c.Quantity,
            Display = c.Display,
            Time = c.Time,
        };
        Live.Add(order.Id, order);
        book.New(order);
        return MatchCode.Accepted;
    }

    MatchCode Find(OrderCommand c, out ReferenceOrder order)
    {
        if (!Live.TryGetValue(c.Order, out order!) || c.Book != 0 && c.Book != order.Book.Terms.Book) return MatchCode.OrderUnknown;
        return c.Owner != 0 && c.Owner != order.Owner ? MatchCode.NotOwner : MatchCode.Accepted;
    }

    MatchCode Cancel(OrderCommand c)
    {
        if (!Only(c, x => x with { Order = 0, Book = 0, Owner = 0 })) return MatchCode.FieldInvalid;
        if (Find(c, out var order) is var code and not MatchCode.Accepted) return code;
        order.Book.Remove(order, EndReason.Asked);
        order.Book.TellBest();
        return MatchCode.Accepted;
    }

    MatchCode Replace(OrderCommand c)
    {
        if (!Only(c, x => x with { Order = 0, Book = 0, Owner = 0, Price = 0, StopPrice = 0, Quantity = 0 })) return MatchCode.FieldInvalid;
        if (Find(c, out var order) is var code and not MatchCode.Accepted) return code;
        var (book, t) = (order.Book, order.Book.Terms);
        if (c.StopPrice != 0 && !order.IsStop) return MatchCode.FieldInvalid;
        if (book.Phase != BookPhase.Continuous && !book.Collects) return MatchCode.PhaseForbids;
        if (c.Quantity < 1 || c.Quantity > t.MostQuantity) return MatchCode.QuantityInvalid;
        if (c.Quantity <= order.Done) return MatchCode.QuantityDone;
        if (order.Display > 0 && c.Quantity > order.Display * t.MostParts) return MatchCode.DisplayInvalid;
        if (c.Price < t.LowLimit || c.Price > t.HighLimit) return MatchCode.PriceOutsideLimits;
        if (order.IsStop && (c.StopPrice < t.LowLimit || c.StopPrice > t.HighLimit)) return MatchCode.StopOutsideLimits;
        int price = c.Price;
        code = book.CheckEntry(order.Side, order.Flags, ref price);
        if (code == MatchCode.Accepted) book.Replace(order, c.Quantity, price, c.StopPrice);
        return code;
    }

    MatchCode MassCancel(OrderCommand c)
    {
        if (!Only(c, x => x with { Book = 0, Owner = 0, Side = 0, Session = 0 }) || c.Side > Side.Sell || c.Book == 0 && c.Owner == 0) return MatchCode.FieldInvalid;
        if (c.Book != 0 && !Books.ContainsKey(c.Book)) return MatchCode.BookUnknown;
        if (c.Owner is < 0 or > 4_194_304) return MatchCode.OwnerInvalid;
        var all = c.Owner != 0 ? Live.Values.Where(o => o.Owner == c.Owner) : Books[c.Book].All;
        EndAll(all.Where(o => (c.Book == 0 || o.Book.Terms.Book == c.Book) && (c.Side == 0 || o.Side == c.Side) && (c.Session == 0 || o.Session == c.Session)), EndReason.MassCancelled);
        return MatchCode.Accepted;
    }

    MatchCode Kill(OrderCommand c)
    {
        if (!Only(c, x => x with { Owner = 0 })) return MatchCode.FieldInvalid;
        if (c.Owner is < 1 or > 4_194_304) return MatchCode.OwnerInvalid;
        if (c.Operation == OrderOperation.Unkill)
        {
            killed.Remove(c.Owner);
            return MatchCode.Accepted;
        }
        killed.Add(c.Owner);
        EndAll(Live.Values.Where(o => o.Owner == c.Owner), EndReason.OwnerKilled);
        return MatchCode.Accepted;
    }

    MatchCode Expire(OrderCommand c)
    {
        if (!Only(c, x => x with { Time = 0 }) || c.Time < time) return MatchCode.FieldInvalid;
        time = c.Time;
        EndAll(Live.Values.Where(o => o.InForce == TimeInForce.GoodTillDate && o.Time <= c.Time).OrderBy(o => o.Time).ThenBy(o => o.Id), EndReason.Expired);
        return MatchCode.Accepted;
    }

    MatchCode SetPhase(OrderCommand c)
    {
        if (!Only(c, x => x with { Book = 0, Phase = 0 }) || c.Phase > BookPhase.PostClose) return MatchCode.FieldInvalid;
        if (!Books.TryGetValue(c.Book, out var book)) return MatchCode.BookUnknown;
        if (book.Phase == c.Phase) return MatchCode.PhaseForbids;
        book.SetPhase(c.Phase);
        return MatchCode.Accepted;
    }

    void EndAll(IEnumerable<ReferenceOrder> orders, EndReason reason)
    {
        var all = orders.ToList();
        foreach (var o in all) o.Book.Remove(o, reason);
        foreach (var book in all.Select(o => o.Book).Distinct()) book.TellBest();
    }
}
