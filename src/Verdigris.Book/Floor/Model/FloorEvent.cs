using System.Runtime.InteropServices;

namespace Verdigris.Book;

public enum FloorEventKind : byte
{
    /// <summary>The order was taken; Remaining is its whole quantity. What it trades at once follows as fills.</summary>
    OrderAccepted = 1,
    /// <summary>The line was refused; Code says why, Order is the one it was about (0 for a new order).</summary>
    Refused = 2,
    /// <summary>One side of a trade: twice a trade, the resting order first.</summary>
    Fill = 3,
    /// <summary>The trade itself, after its two fills: Order bought, Other sold; Side is the one that came last (auctions: Buy).</summary>
    Trade = 4,
    /// <summary>The order is gone before it was filled: Code says why, Remaining what was left.</summary>
    OrderEnded = 5,
    /// <summary>Price and Quantity are the new ones. Code 0 kept its place in the queue, 1 went to the end of its level.</summary>
    OrderReplaced = 6,
    /// <summary>A stop became an order of the book.</summary>
    OrderTriggered = 7,
    /// <summary>Other is the phase before; Quantity and Price are those of the uncrossing, if one was made.</summary>
    PhaseChanged = 8,
    InstrumentChanged = 9,
    TraderChanged = 10,
    TradeBusted = 11,
    /// <summary>Trade was agreed outside the book and registered: no fill belongs to it. Order is the buying trader, Other the selling one.</summary>
    ReportedTrade = 12,
    DayOpened = 13,
}

/// <summary>Something that happened on the floor, durable when it is seen. Prices in ticks, quantities in lots.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
public struct FloorEvent
{
    /// <summary>From 1, no gap.</summary>
    public long Sequence;
    public long Batch;
    public long TimeMicros;
    public FloorEventKind Kind;
    public Side Side;
    public FloorCode Code;
    public int Instrument;
    public long Trader;
    public long Order;
    public long Other;
    public long Trade;
    public long Price;
    public long Quantity;
    public long Remaining;
    public UInt128 ClientId;

    /// <summary>The line that caused it.</summary>
    public UInt128 Command;
}
