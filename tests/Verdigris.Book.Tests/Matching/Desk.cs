namespace Verdigris.Book.Tests.Matching;

/// <summary>An engine with one open book, and short words for what is sent to it. What happened is read as text: one word a kind, who, how much and at what price.</summary>
sealed class Desk
{
    public const int Anna = 1, Ben = 2, Cleo = 3, One = 1;

    public readonly MatchingEngine Engine = new();
    public readonly MatchEvents Events = new();
    readonly Dictionary<long, string> names = [];

    public Desk(BookTerms? terms = null, BookPhase phase = BookPhase.Continuous)
    {
        Assert.Equal(MatchCode.Accepted, Engine.Define(terms ?? new(One), Events));
        if (phase != BookPhase.Closed) Phase(phase);
        Events.Clear();
    }

    public OrderBook It => Engine.Book(One)!;

    public static OrderCommand Order(Side side, long quantity, int price, int owner, TimeInForce inForce = TimeInForce.GoodTillCancel, OrderType type = OrderType.Limit) =>
        new() { Operation = OrderOperation.New, Book = One, Side = side, Type = type, TimeInForce = inForce, Quantity = quantity, Price = price, Owner = owner };

    public static OrderCommand Buy(long quantity, int price, int owner = Anna) => Order(Side.Buy, quantity, price, owner);

    public static OrderCommand Sell(long quantity, int price, int owner = Ben) => Order(Side.Sell, quantity, price, owner);

    public MatchCode Send(OrderCommand command)
    {
        Events.Clear();
        return Engine.Do(command, Events);
    }

    /// <summary>Sends an order and gives it a name.</summary>
    public long Enter(string name, OrderCommand command)
    {
        Assert.Equal(MatchCode.Accepted, Send(command));
        names[Events[0].Order] = name;
        return Events[0].Order;
    }

    public string Do(OrderCommand command)
    {
        Assert.Equal(MatchCode.Accepted, Send(command));
        return Told;
    }

    /// <summary>Sends an order under a name and tells what happened.</summary>
    public string Do(string name, OrderCommand command)
    {
        Enter(name, command);
        return Told;
    }

    public long Id(string name) => names.First(n => n.Value == name).Key;

    public string Cancel(string name) => Do(new() { Operation = OrderOperation.Cancel, Order = Id(name) });

    public string Replace(string name, long quantity, int price, int stop = 0) => Do(new() { Operation = OrderOperation.Replace, Order = Id(name), Quantity = quantity, Price = price, StopPrice = stop });

    public string Phase(BookPhase phase) => Do(new() { Operation = OrderOperation.SetPhase, Book = One, Phase = phase });

    public string Expire(long time) => Do(new() { Operation = OrderOperation.Expire, Time = time });

    string Name(long order) => names.GetValueOrDefault(order, "?");

    /// <summary>The events of the last command but acceptances and best prices.</summary>
    public string Told => string.Join("; ", All.Where(e => e.Kind is not (MatchEventKind.Accepted or MatchEventKind.Best)).Select(e => e.Kind switch
    {
        MatchEventKind.Trade => $"{Name(e.Order)} {Name(e.Other)} {e.Quantity}@{e.Price}",
        MatchEventKind.Cancelled => $"{Name(e.Order)} -{e.Quantity} {e.Reason}",
        MatchEventKind.Replaced => $"{Name(e.Order)} ={e.Remaining}@{e.Price}{(e.KeptPriority == 1 ? " kept" : "")}",
        MatchEventKind.Reduced => $"{Name(e.Order)} reduced {e.Quantity}",
        MatchEventKind.Refreshed => $"{Name(e.Order)} shows {e.Quantity}",
        MatchEventKind.Triggered => $"{Name(e.Order)} goes off",
        MatchEventKind.Repriced => $"{Name(e.Order)} to {e.Price}",
        MatchEventKind.PhaseChanged => e.Price == 0 ? $"{e.Phase}" : $"{e.Phase} by {e.Price}",
        MatchEventKind.Uncrossed => $"uncrossed {e.Quantity}@{e.Price}",
        _ => $"{e.Kind}",
    }));

    public IEnumerable<MatchEvent> All => Enumerable.Range(0, Events.Count).Select(i => Events[i]);

    /// <summary>Best prices as told by the last command; null where nothing was told.</summary>
    public string? Best => All.Where(e => e.Kind == MatchEventKind.Best).Select(e => $"{e.BidQuantity}@{e.BidPrice} {e.AskQuantity}@{e.AskPrice}").SingleOrDefault();

    /// <summary>Orders of the book in its order: name, what is open and shown.</summary>
    public string Queue => string.Join(" ", It.LiveOrders().Select(o => o.Hidden > 0 ? $"{Name(o.Id)}:{o.Shown}+{o.Hidden}" : $"{Name(o.Id)}:{o.Shown}"));
}
