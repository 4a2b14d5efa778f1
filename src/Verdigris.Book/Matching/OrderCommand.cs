using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// One instruction to a <see cref="MatchingEngine"/>, 72 bytes. Prices are whole ticks, quantities whole lots, times whatever the caller counts in (the Book: microseconds since 1970 UTC).
/// Which fields an operation uses, and in which order it is checked, stands in docs/matching.md; fields an operation does not use are zero.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public struct OrderCommand
{
    public const int Size = 72;

    [FieldOffset(0)] public OrderOperation Operation;
    /// <summary>New. MassCancel: only this side, or none for both.</summary>
    [FieldOffset(1)] public Side Side;
    [FieldOffset(2)] public OrderType Type;
    [FieldOffset(3)] public TimeInForce TimeInForce;
    [FieldOffset(4)] public OrderFlags Flags;
    /// <summary>What happens when this order, coming in, meets one of its own owner.</summary>
    [FieldOffset(5)] public SelfTrade SelfTrade;
    /// <summary>Trade with at most so many price levels of the opposite side as they stand; 0 = no limit. The best five of the Chinese markets is 5.</summary>
    [FieldOffset(6)] public byte Levels;
    /// <summary>SetPhase.</summary>
    [FieldOffset(7)] public BookPhase Phase;
    /// <summary>Number of the book, from 1. MassCancel: 0 = all books. Cancel, Replace: 0 = whichever holds the order.</summary>
    [FieldOffset(8)] public int Book;
    /// <summary>Dense number of the owner, from 1. Cancel, Replace: refused where the order has another; 0 = not asked. MassCancel: 0 = any (then Book is given).</summary>
    [FieldOffset(12)] public int Owner;
    /// <summary>The connection an order came by, so that it can be cancelled with it; 0 = none. MassCancel: only orders of this session; 0 = all.</summary>
    [FieldOffset(16)] public int Session;
    /// <summary>Worst acceptable price: the limit, or the protection of a market, market-to-limit or stop order. Always given; may be zero or negative where the book's limits allow it.</summary>
    [FieldOffset(20)] public int Price;
    /// <summary>Stop, StopLimit: the trade price that sets it off.</summary>
    [FieldOffset(24)] public int StopPrice;
    [FieldOffset(28)] public int Reserved;
    /// <summary>Cancel, Replace: the order's id.</summary>
    [FieldOffset(32)] public long Order;
    /// <summary>New: lots, above 0. Replace: the new whole quantity, that is with what was already done of it.</summary>
    [FieldOffset(40)] public long Quantity;
    /// <summary>Lots an iceberg shows at a time; 0 = all of it is shown.</summary>
    [FieldOffset(48)] public long Display;
    /// <summary>ImmediateOrCancel in continuous trading: refused unless at least this much trades at once; 0 = no minimum.</summary>
    [FieldOffset(56)] public long Minimum;
    /// <summary>GoodTillDate: when it ends. Expire: the time it is; orders whose end is not after it end.</summary>
    [FieldOffset(64)] public long Time;
}

public enum OrderOperation : byte
{
    New = 1, Cancel = 2, Replace = 3,
    /// <summary>Cancels orders of an owner, a book, a side, a session, or of several of these together.</summary>
    MassCancel = 4,
    /// <summary>Cancels all orders of an owner and refuses new ones until <see cref="Unkill"/>.</summary>
    Kill = 5,
    Unkill = 6,
    /// <summary>Time has passed: orders good till a date end. All books.</summary>
    Expire = 7,
    SetPhase = 8,
}

public enum Side : byte { None = 0, Buy = 1, Sell = 2 }

public enum OrderType : byte
{
    None = 0,
    Limit = 1,
    /// <summary>Trades at once up to its protection price; the rest is cancelled.</summary>
    Market = 2,
    /// <summary>Trades at once up to its protection price; the rest stays as a limit order at the price of its last trade.</summary>
    MarketToLimit = 3,
    /// <summary>Waits for a trade at or through <see cref="OrderCommand.StopPrice"/>, then is a market order.</summary>
    Stop = 4,
    /// <summary>Waits for a trade at or through <see cref="OrderCommand.StopPrice"/>, then is a limit order.</summary>
    StopLimit = 5,
}

public enum TimeInForce : byte
{
    None = 0,
    /// <summary>Ends when the book is closed.</summary>
    Day = 1,
    GoodTillCancel = 2,
    GoodTillDate = 3,
    /// <summary>What does not trade at once is cancelled; entered while orders are collected, what does not trade in the auction.</summary>
    ImmediateOrCancel = 4,
    FillOrKill = 5,
}

[Flags]
public enum OrderFlags : byte
{
    None = 0,
    /// <summary>Never trades on entry: refused where it would.</summary>
    PostOnly = 1,
    /// <summary>With PostOnly: not refused but moved one tick away from the best opposite price.</summary>
    Slide = 2,
}

/// <summary>What happens instead of a trade between two orders of one owner in continuous trading; the incoming order's choice. Auctions do not look at it.</summary>
public enum SelfTrade : byte
{
    /// <summary>They trade.</summary>
    Allow = 0,
    /// <summary>The incoming order's rest is cancelled.</summary>
    CancelNewest = 1,
    /// <summary>The resting order is cancelled, and the incoming one goes on.</summary>
    CancelOldest = 2,
    CancelBoth = 3,
    /// <summary>Both lose the smaller of the two quantities without a trade.</summary>
    Decrement = 4,
}

public enum BookPhase : byte
{
    Closed = 0,
    /// <summary>Orders are collected for the opening auction.</summary>
    PreOpen = 1,
    Continuous = 2,
    /// <summary>Orders can only be cancelled.</summary>
    Halt = 3,
    /// <summary>Orders are collected after a trade outside the dynamic band was stopped.</summary>
    Interruption = 4,
    /// <summary>Orders are collected for the closing auction.</summary>
    ClosingAuction = 5,
    /// <summary>Trading is over; orders can only be cancelled.</summary>
    PostClose = 6,
}

/// <summary>The answer to a command. Numbers are in the order of the checks and never change; a refused command has changed nothing.</summary>
public enum MatchCode : byte
{
    Accepted = 0,
    OperationUnknown = 1,
    /// <summary>An unused field is set, a value is unknown, or two that exclude each other are given.</summary>
    FieldInvalid = 2,
    BookUnknown = 3,
    OwnerInvalid = 4,
    /// <summary>No live order has this id: it never existed, is done, or was cancelled.</summary>
    OrderUnknown = 5,
    NotOwner = 6,
    OwnerKilled = 7,
    PhaseForbids = 8,
    /// <summary>Not above zero, or above the book's largest.</summary>
    QuantityInvalid = 9,
    /// <summary>Replace: not above what is already done of the order.</summary>
    QuantityDone = 10,
    /// <summary>Below zero, above the quantity, or so small that the order would have too many parts.</summary>
    DisplayInvalid = 11,
    MinimumInvalid = 12,
    /// <summary>Outside the book's price limits.</summary>
    PriceOutsideLimits = 13,
    StopOutsideLimits = 14,
    ExpiryPast = 15,
    /// <summary>A post-only order would trade, or cannot be moved inside the price limits.</summary>
    PostOnlyWouldTrade = 16,
    /// <summary>The whole (fill or kill) or the minimum cannot trade at once.</summary>
    NotFillable = 17,
    /// <summary>The engine holds as many orders as it can, or has given out all numbers.</summary>
    LimitReached = 18,
    /// <summary>Define: number, limits, band or greatest quantity out of range.</summary>
    TermsInvalid = 19,
}
