using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// What a command did, 64 bytes, in the order it happened. An order has ended when an event about it shows nothing remaining, and only then. Which fields a kind uses stands beside it; the others are zero.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct MatchEvent
{
    [FieldOffset(0)] public MatchEventKind Kind;
    /// <summary>Of the order; of a trade: the side that came in, none in an auction.</summary>
    [FieldOffset(1)] public Side Side;
    [FieldOffset(2)] public EndReason Reason;
    /// <summary>PhaseChanged.</summary>
    [FieldOffset(3)] public BookPhase Phase;
    /// <summary>Replaced: 1 where the order kept its place.</summary>
    [FieldOffset(3)] public byte KeptPriority;
    [FieldOffset(4)] public int Book;
    /// <summary>The order; of a trade the one that was there, in an auction the buying one.</summary>
    [FieldOffset(8)] public long Order;
    /// <summary>Trade: the order that came in, in an auction the selling one.</summary>
    [FieldOffset(16)] public long Other;
    [FieldOffset(24)] public long Quantity;
    /// <summary>Of <see cref="Order"/> after the event: shown and hidden.</summary>
    [FieldOffset(32)] public long Remaining;
    /// <summary>Of <see cref="Other"/> after the event.</summary>
    [FieldOffset(40)] public long OtherRemaining;
    [FieldOffset(48)] public int Price;
    [FieldOffset(52)] public int Owner;
    [FieldOffset(56)] public int OtherOwner;

    /// <summary>Best: lots shown at the best bid; 0 = there is none.</summary>
    [FieldOffset(24)] public long BidQuantity;
    /// <summary>Best: lots shown at the best ask; 0 = there is none.</summary>
    [FieldOffset(32)] public long AskQuantity;
    [FieldOffset(48)] public int BidPrice;
    [FieldOffset(52)] public int AskPrice;
}

public enum MatchEventKind : byte
{
    None = 0,
    /// <summary>The order has its id. Order, Owner, Side, Price (as it stands: a sliding order's is already moved), Remaining. What neither trades nor is cancelled by the events that follow stays in the book.</summary>
    Accepted = 1,
    /// <summary>Order, Other, Quantity, Price (the resting order's), Remaining, OtherRemaining, Owner, OtherOwner, Side.</summary>
    Trade = 2,
    /// <summary>Order, Owner, Side, Price, Quantity (what was open and is no more), Reason; Remaining is 0.</summary>
    Cancelled = 3,
    /// <summary>Order, Owner, Side, Price, Quantity (whole, with what was done), Remaining, KeptPriority.</summary>
    Replaced = 4,
    /// <summary>Self-trade prevention took <c>Quantity</c> from an order without a trade. Order, Owner, Side, Price, Quantity, Remaining; Reason is SelfTrade.</summary>
    Reduced = 5,
    /// <summary>An iceberg shows its next part at the end of its level. Order, Owner, Side, Price, Quantity (shown), Remaining.</summary>
    Refreshed = 6,
    /// <summary>A stop was set off and comes in now. Order, Owner, Side, Price (limit or protection), Remaining.</summary>
    Triggered = 7,
    /// <summary>The rest stays at another price than the order's: market-to-limit, or its number of levels was used up. Order, Owner, Side, Price, Remaining.</summary>
    Repriced = 8,
    /// <summary>Phase; Price where the dynamic band brought it about: the price of the trade that was stopped.</summary>
    PhaseChanged = 9,
    /// <summary>An auction found its price: Price, Quantity; its trades follow.</summary>
    Uncrossed = 10,
    /// <summary>Best prices or what is shown at them changed in continuous trading; at most one a command and book, after everything else. BidPrice, BidQuantity, AskPrice, AskQuantity.</summary>
    Best = 11,
}

public enum EndReason : byte
{
    None = 0,
    Asked = 1,
    /// <summary>Immediate or cancel, market: the rest of it. Market-to-limit: nothing traded, so there is no price for it to stay at.</summary>
    Immediate = 2,
    SelfTrade = 3,
    MassCancelled = 4,
    OwnerKilled = 5,
    Expired = 6,
    DayOver = 7,
    /// <summary>The next trade would be outside the dynamic band, whose action is to cancel the rest.</summary>
    OutsideBand = 8,
    /// <summary>It was for this auction only.</summary>
    AuctionOver = 9,
    /// <summary>The book's price limits were set anew and leave it outside.</summary>
    OutsideLimits = 10,
}
