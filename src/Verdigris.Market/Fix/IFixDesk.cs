using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;

namespace Verdigris.Market.Fix;

/// <summary>
/// What the FIX acceptor needs of the room's order desk. Instruments go by their symbol, trading accounts by their number as people write it; prices and quantities are in the units of the contract, and the desk turns them into ticks and lots. All ids come from the
/// caller: the same id again has effect once. The desk decides who may act for which account. Thread-safe.
/// </summary>
public interface IOrderEntry
{
    /// <summary>Answers when the order, its collateral and what it traded at once are durable, or with the reason why not. What becomes of it is told by <see cref="Reports"/>, its acceptance included.</summary>
    ValueTask<DeskAnswer> Enter(Actor actor, DeskOrder order, CancellationToken ct);

    ValueTask<DeskAnswer> Replace(Actor actor, DeskReplacement replacement, CancellationToken ct);

    ValueTask<DeskAnswer> Cancel(Actor actor, DeskCancel cancel, CancellationToken ct);

    /// <summary>Cancels live orders that came by a session, of one instrument and side or of all; answers how many as <see cref="DeskAnswer.Order"/>.</summary>
    ValueTask<DeskAnswer> MassCancel(Actor actor, DeskMassCancel cancel, CancellationToken ct);

    /// <summary>How an order of the actor's organisation stands, by the name its sender gave it last; null where there is none, or it ended too long ago.</summary>
    ValueTask<DeskReport?> Find(Actor actor, UInt128 clientId, CancellationToken ct);

    /// <summary>Live orders that came by a session, by id; of one instrument, or of all.</summary>
    ValueTask<IReadOnlyList<DeskReport>> Live(Actor actor, long session, string? symbol, CancellationToken ct);

    /// <summary>What happens to the orders of an organisation, in order, after the report given and on for as long as it is listened to. Does not miss any: where the desk no longer has them, it throws.</summary>
    IAsyncEnumerable<DeskReport> Reports(Guid organisation, long after, CancellationToken ct);
}

/// <param name="Code">What desk and floor decided.</param>
/// <param name="Order">The exchange's id of the order; of a mass cancel, how many ended.</param>
/// <param name="Repeated">Whether the same id was answered before.</param>
/// <param name="Why">What the desk says of it in English, where it says more than the code.</param>
public readonly record struct DeskAnswer(FloorCode Code, long Order = 0, bool Repeated = false, string? Why = null)
{
    public bool Accepted => Code == FloorCode.Accepted;
}

/// <summary>An order as a member sends it.</summary>
public sealed record DeskOrder
{
    /// <summary>Of the request.</summary>
    public required UInt128 Id { get; init; }

    /// <summary>The sender's name for the order; given back with every report.</summary>
    public required UInt128 ClientId { get; init; }

    /// <summary>Number of the connection it came by, above 0.</summary>
    public required long Session { get; init; }

    /// <summary>The trading account; null: the member's only one.</summary>
    public string? Account { get; init; }
    public required string Symbol { get; init; }
    public required Side Side { get; init; }
    public required OrderType Type { get; init; }
    public TimeInForce TimeInForce { get; init; } = TimeInForce.Day;
    public PositionEffect Effect { get; init; }
    public OrderFlags Flags { get; init; }

    /// <summary>In units of the contract's quantity, a whole number of its lots.</summary>
    public required decimal Quantity { get; init; }

    /// <summary>The limit, or of a market or stop order the worst price it may trade at; null: none.</summary>
    public decimal? Price { get; init; }
    public decimal? StopPrice { get; init; }

    /// <summary>Shown at a time; null: all.</summary>
    public decimal? Display { get; init; }

    /// <summary>Traded at once or nothing; null: no minimum.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>Good-till-date only: the first moment it is no longer good.</summary>
    public Instant? ExpiresAt { get; init; }
}

/// <param name="ClientId">The order's name from now on.</param>
/// <param name="Quantity">The whole quantity, what was traded of it included.</param>
/// <param name="Price">Null leaves it.</param>
/// <param name="StopPrice">Of a stop that still waits; null leaves it.</param>
/// <param name="Stated">What else the sender says of the order.</param>
public sealed record DeskReplacement(UInt128 Id, UInt128 ClientId, long Session, long Order, decimal Quantity, decimal? Price, decimal? StopPrice = null, DeskStated? Stated = null);

/// <param name="Stated">What the sender says of the order.</param>
public sealed record DeskCancel(UInt128 Id, long Session, long Order, DeskStated? Stated = null);

/// <summary>What a request to change or cancel says of its order and cannot change: what is null or none is not said. Where one differs from the order's own, the request is about another order, or asks for what is not offered, and is refused.</summary>
public sealed record DeskStated(string? Account = null, string? Symbol = null, Side Side = Side.None, OrderType? Type = null, TimeInForce? TimeInForce = null, PositionEffect? Effect = null, decimal? Display = null, Instant? ExpiresAt = null);

/// <param name="Side">None: both.</param>
public sealed record DeskMassCancel(UInt128 Id, long Session, string? Symbol = null, Side Side = Side.None);

/// <summary>What happened to an order, and how it stands after it.</summary>
public sealed record DeskReport
{
    /// <summary>Place among all reports of the desk, from 1; 0: nothing happened, this is how it stands.</summary>
    public long Number { get; init; }
    public required Instant At { get; init; }

    /// <summary>OrderAccepted, Fill, OrderEnded, OrderReplaced, OrderTriggered, Reduced, Repriced, OrderBroughtBack or TradeBusted; of a standing, OrderAccepted or OrderEnded.</summary>
    public required FloorEventKind Kind { get; init; }

    /// <summary>Why it ended.</summary>
    public FloorCode Code { get; init; }
    public required long Order { get; init; }
    public required UInt128 ClientId { get; init; }

    /// <summary>Connection it came by; 0: it came another way.</summary>
    public long Session { get; init; }
    public required string Account { get; init; }
    public required string Symbol { get; init; }
    public required Side Side { get; init; }
    public required OrderType Type { get; init; }
    public required TimeInForce TimeInForce { get; init; }

    /// <summary>Whole quantity.</summary>
    public required decimal Quantity { get; init; }
    public decimal? Price { get; init; }
    public decimal? StopPrice { get; init; }

    /// <summary>What may still trade; 0 once it has ended.</summary>
    public required decimal Remaining { get; init; }

    /// <summary>What has traded.</summary>
    public required decimal Traded { get; init; }

    /// <summary>Mean price of that; 0 before the first trade.</summary>
    public required decimal AveragePrice { get; init; }

    /// <summary>Fill, TradeBusted: the trade's id, quantity and price.</summary>
    public long Trade { get; init; }
    public decimal LastQuantity { get; init; }
    public decimal LastPrice { get; init; }
}

/// <summary>What is traded and at which prices. Thread-safe.</summary>
public interface IMarketData
{
    /// <summary>Everything that may be traded now, by symbol.</summary>
    IReadOnlyList<DeskInstrument> Instruments { get; }

    /// <summary>The book of an instrument as it stands, and again whenever it has changed: always the newest, however long the last one was looked at. Ends when the instrument does.</summary>
    /// <param name="levels">Best price levels of each side, 1 to 50.</param>
    IAsyncEnumerable<DeskPicture> Watch(string symbol, int levels, CancellationToken ct);

    /// <summary>The phases instruments are in, and again those that have changed: always the newest, however long the last ones were looked at. What is traded no more is closed, what comes to be traded comes with its phase.</summary>
    /// <param name="symbol">Of one instrument, until it ends; null: of all.</param>
    IAsyncEnumerable<IReadOnlyList<DeskPhase>> Phases(string? symbol, CancellationToken ct);
}

/// <summary>The phase an instrument is in.</summary>
public readonly record struct DeskPhase(string Symbol, BookPhase Phase);

/// <param name="Symbol">As orders name it.</param>
/// <param name="Contract">Name of the contract in English.</param>
/// <param name="Phase">In which trading is now.</param>
/// <param name="Expiry">Last trading day of a future or option.</param>
/// <param name="Tick">Smallest step of the price, in <paramref name="Currency"/> a unit.</param>
/// <param name="Lot">Smallest step of the quantity.</param>
/// <param name="Strike">Exercise price of an option.</param>
/// <param name="Call">Of an option: whether it buys.</param>
public sealed record DeskInstrument(string Symbol, string Contract, SettlementShape Shape, BookPhase Phase, string Currency, decimal Tick, decimal Lot, LocalDate? Expiry = null, decimal? Strike = null, bool Call = false);

/// <param name="Orders">How many stand there.</param>
public readonly record struct DeskLevel(decimal Price, decimal Quantity, int Orders);

/// <param name="Trade">The trade's id.</param>
/// <param name="Agreed">How it was agreed outside the book: block, exchange-for-physical, exchange-for-swap, otc, or reported where that is not known; null of a trade of the book.</param>
public readonly record struct DeskTrade(long Trade, decimal Price, decimal Quantity, Instant At, string? Agreed = null);

/// <summary>A book at one moment.</summary>
/// <param name="Bids">Best first.</param>
/// <param name="Trades">Since the picture before, oldest first; in the first one the last trade.</param>
/// <param name="TakenBack">Trades that a picture before told of and that are no more, each once, as they were told.</param>
public sealed record DeskPicture(Instant At, BookPhase Phase, IReadOnlyList<DeskLevel> Bids, IReadOnlyList<DeskLevel> Asks, IReadOnlyList<DeskTrade> Trades, IReadOnlyList<DeskTrade> TakenBack);

/// <summary>Knows machine clients of members by their secret.</summary>
public interface IFixClients
{
    /// <returns>Who acts; null where the client is unknown, its secret wrong, or it was revoked or has run out.</returns>
    Task<Actor?> Check(string clientId, string secret, CancellationToken ct);

    /// <summary>Whose client it is; null where there is none that may still sign in.</summary>
    Task<Guid?> OrganisationOf(string clientId, CancellationToken ct);
}
