namespace Verdigris.Book;

/// <summary>The trading floor as the rooms see it. Thread-safe. What is answered and what is told is durable.</summary>
public interface IFloor
{
    /// <summary>Sends one line and answers when it, its holds and the postings of its trades are durable. Never throws for a refusal.</summary>
    /// <exception cref="VenueStoppedException">The venue stopped: nothing is known of the line; repeat it with the same id.</exception>
    ValueTask<FloorAnswer> Send(in FloorCommand command);

    /// <summary>Sends lines that are taken in order, with none of another sender between them, and answers when the last is durable.</summary>
    ValueTask<FloorAnswer[]> Send(ReadOnlyMemory<FloorCommand> commands);

    /// <summary>Runs a query against the state between two batches. Must be short: it holds the writer back.</summary>
    T Read<T>(Func<IFloorState, T> query);

    /// <summary>Events in order from a sequence number on; 0 or less: from the next. A subscriber that falls behind its capacity is cut, never waited for.</summary>
    /// <param name="capacity">Most events that may wait for the subscriber.</param>
    /// <exception cref="FloorEventsGoneException">The events from there on are no longer kept (too many came since, or a restart began with a checkpoint after them): read the state, and subscribe from its <see cref="IFloorState.NextEvent"/>.</exception>
    FloorSubscription Subscribe(long from = 0, int capacity = 65_536);
}

/// <param name="Code">What the floor decided.</param>
/// <param name="Order">The order's id; mass cancels and expiries: how many orders ended; reported trades: the trade's id.</param>
/// <param name="Traded">Lots that traded at once.</param>
/// <param name="Outcome">Batch, time, and whether this is the answer of an earlier time. A repeat whose first answer is no longer kept has code <see cref="FloorCode.Forgotten"/>.</param>
public readonly record struct FloorAnswer(FloorCode Code, long Order, long Traded, Outcome Outcome)
{
    public bool Accepted => Outcome.Accepted && Code == FloorCode.Accepted;
}

/// <summary>The events asked for are older than those kept.</summary>
public sealed class FloorEventsGoneException(long first) : Exception("The events asked for are no longer kept.")
{
    /// <summary>The oldest event that still is.</summary>
    public long First { get; } = first;
}

/// <summary>Queries on the floor. Costs what it returns.</summary>
public interface IFloorState
{
    long LastBatch { get; }
    long TimeMicros { get; }

    /// <summary>Sequence number the next event will have.</summary>
    long NextEvent { get; }

    /// <summary>Defined instruments, ascending.</summary>
    IReadOnlyList<int> Instruments { get; }
    InstrumentView? Instrument(int id);
    TraderView? Trader(long id);

    /// <summary>A live order; null when it has ended or never was.</summary>
    OrderView? Order(long id);

    /// <summary>A trader's live orders by id, of one instrument or (0) of all.</summary>
    IReadOnlyList<OrderView> OrdersOf(long trader, int instrument = 0, int limit = 1000);

    /// <summary>When the next order that is good till a date ends, microseconds since 1970 UTC; null where there is none.</summary>
    long? NextEnd { get; }

    /// <summary>The best levels of both sides, best first.</summary>
    DepthView Depth(int instrument, int levels);

    /// <summary>Where the book would uncross now, while it collects; null where nothing would trade.</summary>
    IndicativePrice? Indicative(int instrument);
    PositionView Position(long trader, int instrument);

    /// <summary>A recent trade; null when it is no longer kept.</summary>
    TradeView? Trade(long id);

    /// <summary>SHA-256 over everything the floor decides by.</summary>
    byte[] Hash();
}

/// <param name="Last">Price of the last trade, ticks; null before the first.</param>
public sealed record InstrumentView(InstrumentDefinition Definition, InstrumentTerms Terms, BookPhase Phase, int? Last, long OpenInterest);

/// <param name="CreditUsed">Cash tied by open orders and spent on balance since the day opened, where a limit is set; else 0.</param>
public sealed record TraderView(TraderDefinition Definition, TraderLimits Limits, bool Killed, long OpenOrders, long CreditUsed);

/// <param name="Remaining">Lots not traded.</param>
/// <param name="CashHold">The Book's hold of the order's cash; zero where it has none.</param>
/// <param name="Waiting">A stop that was not triggered.</param>
public sealed record OrderView(long Id, int Instrument, long Trader, Side Side, OrderType Type, TimeInForce TimeInForce, PositionEffect Effect, int Price, int StopPrice, long Quantity, long Remaining, long Display,
    long ExpiresAt, long Session, UInt128 ClientId, UInt128 CashHold, long CashHeld, UInt128 UnitHold, long UnitsHeld, bool Waiting);

public sealed record DepthView(IReadOnlyList<DepthLevel> Bids, IReadOnlyList<DepthLevel> Asks);

/// <param name="Long">Futures and options: lots long that trades opened and did not close; spot: lots bought since the beginning.</param>
/// <param name="Margin">Cash posted as margin for the position and not given back by the floor.</param>
/// <param name="Locked">Spot with next-day resale: units that wait for the day to open.</param>
public readonly record struct PositionView(long Long, long Short, long Margin, long Locked, long BuyOpen, long SellOpen)
{
    public long Net => Long - Short;
}

public sealed record TradeView(long Id, int Instrument, int Price, long Quantity, long Buyer, long Seller, long BuyOrder, long SellOrder, long TimeMicros, bool Reported, bool Busted);
