namespace Verdigris.Book.Tests.Matching;

/// <summary>An order as the reference keeps it: a plain object in a sorted list.</summary>
sealed class ReferenceOrder
{
    public long Id;
    public int Owner, Session, Price, StopPrice, Levels;
    public Side Side;
    public OrderType Type;
    public TimeInForce InForce;
    public OrderFlags Flags;
    public SelfTrade SelfTrade;
    public long Open, Shown, Done, Display, Time;
    public required ReferenceBook Book;

    public bool IsBuy => Side == Side.Buy;
    public bool IsStop => Type is OrderType.Stop or OrderType.StopLimit;
    public long Hidden => Open - Shown;
}

/// <summary>
/// One book, slow and obvious, written from docs/matching.md: lists kept in order of priority, every question answered by walking them. Which order is whose, and ids, are the business of <see cref="ReferenceEngine"/>.
/// </summary>
sealed class ReferenceBook(ReferenceEngine engine, BookTerms terms)
{
    public BookTerms Terms = terms;
    public BookPhase Phase;
    public int? Last, Reference = terms.Reference;
    public BestPrices Told;

    // In order of priority. Stops: those that go off first come first.
    public readonly List<ReferenceOrder> Bids = [], Asks = [], BuyStops = [], SellStops = [];
    readonly List<int> traded = []; // prices since stops were last looked at

    public bool Collects => Phase is BookPhase.PreOpen or BookPhase.Interruption or BookPhase.ClosingAuction;

    /// <summary>Section 9.</summary>
    public IEnumerable<ReferenceOrder> All => [.. Bids, .. Asks, .. BuyStops, .. SellStops];

    List<ReferenceOrder> ListOf(ReferenceOrder o) => o.IsStop ? o.IsBuy ? BuyStops : SellStops : o.IsBuy ? Bids : Asks;

    List<ReferenceOrder> Against(Side side) => side == Side.Buy ? Asks : Bids;

    /// <summary>Whether a price of a resting order is inside what an order on this side accepts.</summary>
    static bool Inside(Side side, int limit, int price) => side == Side.Buy ? price <= limit : price >= limit;

    /// <summary>Joins behind all that are as good.</summary>
    void Join(ReferenceOrder o)
    {
        var list = ListOf(o);
        // Higher is better for buyers and for the stops of sellers.
        int Rank(ReferenceOrder x) => x.IsStop ? x.IsBuy ? -x.StopPrice : x.StopPrice : x.IsBuy ? x.Price : -x.Price;
        int at = 0;
        while (at < list.Count && Rank(list[at]) >= Rank(o)) at++;
        list.Insert(at, o);
    }

    void Place(ReferenceOrder o)
    {
        o.Shown = o.Display > 0 && !o.IsStop ? Math.Min(o.Display, o.Open) : o.Open;
        Join(o);
    }

    void Tell(MatchEventKind kind, ReferenceOrder o, long quantity = 0, EndReason reason = EndReason.None) =>
        engine.Tell(new() { Kind = kind, Side = o.Side, Book = Terms.Book, Order = o.Id, Owner = o.Owner, Price = o.Price, Quantity = quantity, Remaining = o.Open, Reason = reason });

    /// <summary>Ends what is open of an order, which is in no list any more.</summary>
    void Cancelled(ReferenceOrder o, EndReason reason)
    {
        long quantity = o.Open;
        o.Open = 0;
        Tell(MatchEventKind.Cancelled, o, quantity, reason);
    }

    public void Remove(ReferenceOrder o, EndReason reason)
    {
        ListOf(o).Remove(o);
        Cancelled(o, reason);
    }

    public void TellBest()
    {
        if (Phase != BookPhase.Continuous) return;
        var (bid, ask) = (Depth(Side.Buy).FirstOrDefault(), Depth(Side.Sell).FirstOrDefault());
        var best = new BestPrices(bid.Price, bid.Quantity, ask.Price, ask.Quantity);
        if (best == Told) return;
        Told = best;
        engine.Tell(new() { Kind = MatchEventKind.Best, Book = Terms.Book, BidPrice = bid.Price, BidQuantity = bid.Quantity, AskPrice = ask.Price, AskQuantity = ask.Quantity });
    }

    public List<DepthLevel> Depth(Side side)
    {
        var levels = new List<DepthLevel>();
        foreach (var o in side == Side.Buy ? Bids : Asks)
            if (levels.Count > 0 && levels[^1].Price == o.Price) levels[^1] = new(o.Price, levels[^1].Quantity + o.Shown, levels[^1].Orders + 1);
            else levels.Add(new(o.Price, o.Shown, 1));
        return levels;
    }

    bool OutsideBand(int price) => Terms.DynamicTicks > 0 && Reference is { } r && Math.Abs((long)price - r) > Terms.DynamicTicks;

    /// <summary>Section 4, codes 16 and 17; a sliding order's price is moved.</summary>
    public MatchCode CheckEntry(Side side, OrderFlags flags, ref int price)
    {
        var against = Against(side);
        if ((flags & OrderFlags.PostOnly) == 0 || Phase != BookPhase.Continuous || against.Count == 0 || !Inside(side, price, against[0].Price)) return MatchCode.Accepted;
        if ((flags & OrderFlags.Slide) == 0) return MatchCode.PostOnlyWouldTrade;
        price = against[0].Price + (side == Side.Buy ? -1 : 1);
        return price < Terms.LowLimit || price > Terms.HighLimit ? MatchCode.PostOnlyWouldTrade : MatchCode.Accepted;
    }

    public bool CanTrade(in OrderCommand c, long needed)
    {
        var (side, limit, levels, owner, rule) = (c.Side, c.Price, c.Levels, c.Owner, c.SelfTrade);
        long sum = 0;
        int seen = 0;
        foreach (var level in Against(side).GroupBy(o => o.Price))
        {
            if (!Inside(side, limit, level.Key) || OutsideBand(level.Key) || levels > 0 && seen++ == levels) break;
            bool own = rule is SelfTrade.CancelNewest or SelfTrade.CancelBoth or SelfTrade.Decrement && level.Any(o => o.Owner == owner);
            if (own)
            {
                sum += level.TakeWhile(o => o.Owner != owner).Sum(o => o.Shown);
                break;
            }
            sum += level.Where(o => rule == SelfTrade.Allow || o.Owner != owner).Sum(o => o.Open);
        }
        return sum >= needed;
    }

    /// <summary>An accepted new order.</summary>
    public void New(ReferenceOrder o)
    {
        Tell(MatchEventKind.Accepted, o);
        if (o.IsStop)
        {
            Place(o);
            if (Phase == BookPhase.Continuous && Last is { } last) traded.Add(last);
        }
        else if (Phase == BookPhase.Continuous) ComeIn(o);
        else Place(o);
        SetOffStops();
        TellBest();
    }

    /// <summary>Section 5, steps 2 and 3.</summary>
    void ComeIn(ReferenceOrder o)
    {
        var against = Against(o.Side);
        var reference = Reference;
        var seen = new List<int>();
        EndReason stop = EndReason.None;
        bool levelsUsed = false;
        while (o.Open > 0 && against.Count > 0 && Inside(o.Side, o.Price, against[0].Price))
        {
            int price = against[0].Price;
            if (!seen.Contains(price))
            {
                if (o.Levels > 0 && seen.Count == o.Levels)
                {
                    levelsUsed = true;
                    break;
                }
                if (Terms.DynamicTicks > 0 && reference is { } r && Math.Abs((long)price - r) > Terms.DynamicTicks)
                {
                    stop = EndReason.OutsideBand;
                    break;
                }
                seen.Add(price);
            }
            if (against[0].Owner == o.Owner && o.SelfTrade != SelfTrade.Allow)
            {
                if (!MeetOwn(o, against[0]))
                {
                    stop = EndReason.SelfTrade;
                    break;
                }
                continue;
            }
            long quantity = Math.Min(o.Open, against[0].Shown);
            Trade(against[0], o, price, quantity, o.Side);
            traded.Add(price);
            (Last, Reference) = (price, price);
        }
        if (o.Open == 0) return;
        if (stop == EndReason.OutsideBand && Terms.BandAction == BandAction.Interrupt)
        {
            EnterPhase(BookPhase.Interruption, against[0].Price);
            stop = EndReason.None;
        }
        bool stays = o.Type is OrderType.Limit or OrderType.MarketToLimit && o.InForce is TimeInForce.Day or TimeInForce.GoodTillCancel or TimeInForce.GoodTillDate;
        if (stop == EndReason.None && (!stays || o.Type == OrderType.MarketToLimit && seen.Count == 0)) stop = EndReason.Immediate;
        if (stop != EndReason.None)
        {
            Cancelled(o, stop);
            return;
        }
        if ((o.Type == OrderType.MarketToLimit || levelsUsed) && o.Price != seen[^1])
        {
            o.Price = seen[^1];
            Tell(MatchEventKind.Repriced, o);
        }
        o.Type = OrderType.Limit;
        Place(o);
    }

    /// <summary>A trade and what it does to the parts of icebergs. <paramref name="first"/> and, in an auction, <paramref name="second"/> head their queues.</summary>
    void Trade(ReferenceOrder first, ReferenceOrder second, int price, long quantity, Side side)
    {
        foreach (var o in new[] { first, second })
        {
            o.Open -= quantity;
            o.Shown -= quantity;
            o.Done += quantity;
        }
        engine.Tell(new()
        {
            Kind = MatchEventKind.Trade, Side = side, Book = Terms.Book, Order = first.Id, Other = second.Id, Quantity = quantity, Price = price,
            Remaining = first.Open, OtherRemaining = second.Open, Owner = first.Owner, OtherOwner = second.Owner,
        });
        NextPart(first);
        if (side == Side.None) NextPart(second);
    }

    void NextPart(ReferenceOrder o)
    {
        if (o.Shown > 0) return;
        ListOf(o).Remove(o);
        if (o.Open == 0) return;
        Place(o);
        Tell(MatchEventKind.Refreshed, o, o.Shown);
    }

    bool MeetOwn(ReferenceOrder incoming, ReferenceOrder own)
    {
        switch (incoming.SelfTrade)
        {
            case SelfTrade.CancelNewest: return false;
            case SelfTrade.CancelOldest: Remove(own, EndReason.SelfTrade); return true;
            case SelfTrade.CancelBoth: Remove(own, EndReason.SelfTrade); return false;
        }
        long quantity = Math.Min(incoming.Open, own.Shown);
        foreach (var o in new[] { own, incoming })
        {
            o.Open -= quantity;
            o.Shown -= quantity;
            o.Done += quantity;
            Tell(MatchEventKind.Reduced, o, quantity, EndReason.SelfTrade);
            if (o == own) NextPart(o);
        }
        return true;
    }

    /// <summary>Section 6.</summary>
    public void Replace(ReferenceOrder o, long quantity, int price, int stopPrice)
    {
        long open = quantity - o.Done;
        bool keeps = open <= o.Open && (o.IsStop ? stopPrice == o.StopPrice : price == o.Price);
        if (keeps)
        {
            long cut = o.Open - open, hidden = Math.Min(cut, o.Hidden);
            o.Shown -= cut - hidden;
        }
        else ListOf(o).Remove(o);
        (o.Open, o.Price, o.StopPrice) = (open, price, stopPrice);
        engine.Tell(new() { Kind = MatchEventKind.Replaced, Side = o.Side, Book = Terms.Book, Order = o.Id, Owner = o.Owner, Price = price, Quantity = quantity, Remaining = open, KeptPriority = keeps ? (byte)1 : (byte)0 });
        if (!keeps)
        {
            (o.Shown, o.Levels) = (open, 0);
            if (o.IsStop)
            {
                Place(o);
                if (Phase == BookPhase.Continuous && Last is { } last) traded.Add(last);
            }
            else if (Phase == BookPhase.Continuous) ComeIn(o);
            else Place(o);
            SetOffStops();
        }
        TellBest();
    }

    /// <summary>Section 7.</summary>
    void SetOffStops()
    {
        while (true)
        {
            var next = BuyStops.FirstOrDefault(o => traded.Any(p => p >= o.StopPrice)) ?? SellStops.FirstOrDefault(o => traded.Any(p => p <= o.StopPrice));
            if (next is null) break;
            ListOf(next).Remove(next);
            Tell(MatchEventKind.Triggered, next);
            bool market = next.Type == OrderType.Stop;
            (next.Type, next.StopPrice) = (market ? OrderType.Market : OrderType.Limit, 0);
            if (market) (next.InForce, next.Time) = (TimeInForce.ImmediateOrCancel, 0);
            if (Phase == BookPhase.Continuous) ComeIn(next);
            else Place(next);
        }
        traded.Clear();
    }

    void EnterPhase(BookPhase phase, int price)
    {
        Phase = phase;
        engine.Tell(new() { Kind = MatchEventKind.PhaseChanged, Book = Terms.Book, Phase = phase, Price = price });
    }

    /// <summary>Section 3.</summary>
    public void SetPhase(BookPhase phase)
    {
        bool collected = Collects;
        EnterPhase(phase, 0);
        if (phase == BookPhase.Continuous || phase == BookPhase.PostClose && collected)
        {
            Uncross();
            foreach (var o in All.Where(o => o.InForce == TimeInForce.ImmediateOrCancel)) Remove(o, EndReason.AuctionOver);
        }
        if (phase == BookPhase.Closed)
            foreach (var o in All.Where(o => o.InForce is TimeInForce.Day or TimeInForce.ImmediateOrCancel)) Remove(o, EndReason.DayOver);
        if (phase == BookPhase.Continuous)
        {
            if (Last is { } last) traded.Add(last);
            SetOffStops();
        }
        traded.Clear();
        TellBest();
    }

    public void SetTerms(BookTerms terms)
    {
        bool Outside(int price) => price < terms.LowLimit || price > terms.HighLimit;
        Terms = terms;
        Reference = terms.Reference ?? Reference;
        foreach (var o in All.Where(o => Outside(o.Price) || o.IsStop && Outside(o.StopPrice))) Remove(o, EndReason.OutsideLimits);
        TellBest();
    }

    /// <summary>Section 8, tick by tick.</summary>
    public IndicativePrice Indicative()
    {
        if (Bids.Count == 0 || Asks.Count == 0 || Bids[0].Price < Asks[0].Price) return default;
        var ticks = Enumerable.Range(Asks[0].Price, Bids[0].Price - Asks[0].Price + 1)
            .Select(p => (Price: p, Bids: Bids.Where(o => o.Price >= p).Sum(o => o.Open), Asks: Asks.Where(o => o.Price <= p).Sum(o => o.Open))).ToList();
        long volume = ticks.Max(t => Math.Min(t.Bids, t.Asks));
        ticks.RemoveAll(t => Math.Min(t.Bids, t.Asks) < volume);
        long surplus = ticks.Min(t => Math.Abs(t.Bids - t.Asks));
        ticks.RemoveAll(t => Math.Abs(t.Bids - t.Asks) > surplus);
        int reference = Reference ?? (int)Math.Floor((ticks[0].Price + ticks[^1].Price) / 2m);
        var chosen = ticks.All(t => t.Bids > t.Asks) ? ticks[^1]
            : ticks.All(t => t.Bids < t.Asks) ? ticks[0]
            : ticks.MinBy(t => Math.Abs((long)t.Price - reference));
        return new(chosen.Price, volume, chosen.Bids - chosen.Asks);
    }

    void Uncross()
    {
        var (price, volume, _) = Indicative();
        if (volume == 0) return;
        engine.Tell(new() { Kind = MatchEventKind.Uncrossed, Book = Terms.Book, Price = price, Quantity = volume });
        while (volume > 0)
        {
            long quantity = Math.Min(volume, Math.Min(Bids[0].Shown, Asks[0].Shown));
            volume -= quantity;
            Trade(Bids[0], Asks[0], price, quantity, Side.None);
        }
        traded.Add(price);
        (Last, Reference) = (price, price);
    }
}
