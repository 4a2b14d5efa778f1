using System.Runtime.InteropServices;

namespace Verdigris.Book;

public enum FloorEventKind : byte
{
    /// <summary>The order was taken; Quantity is the whole, Remaining what may trade, OtherPrice its stop price, Other what it shows at a time; Type, TimeInForce, Effect, Session and Actor as it was sent. What it trades at once follows as fills.</summary>
    OrderAccepted = 1,
    /// <summary>The line was refused; Code says why, Order is the one it was about (0 for a new order).</summary>
    Refused = 2,
    /// <summary>One side of a trade: twice a trade, the resting order first.</summary>
    Fill = 3,
    /// <summary>The trade itself, after its two fills: Order bought, Other sold; Side is the one that came in and met what stood there; none in an auction.</summary>
    Trade = 4,
    /// <summary>The order is gone before it was filled: Code says why, Remaining what was left.</summary>
    OrderEnded = 5,
    /// <summary>Price, Remaining and, as OtherPrice, the stop price are the new ones. Quantity 1: it kept its place in the queue.</summary>
    OrderReplaced = 6,
    /// <summary>A stop became an order of the book.</summary>
    OrderTriggered = 7,
    /// <summary>Price where the dynamic band brought it about: the price that was not traded at.</summary>
    PhaseChanged = 8,
    InstrumentChanged = 9,
    TraderChanged = 10,
    TradeBusted = 11,
    /// <summary>Trade was agreed outside the book and registered: no fill belongs to it. Order is the buying trader, Other the selling one.</summary>
    ReportedTrade = 12,
    DayOpened = 13,
    /// <summary>An auction found its price: Price, Quantity; its trades follow.</summary>
    Uncrossed = 14,
    /// <summary>Self-trade prevention took Quantity from an order without a trade.</summary>
    Reduced = 15,
    /// <summary>An iceberg shows its next part at the end of its level: Quantity.</summary>
    Refreshed = 16,
    /// <summary>The rest of the order stays at another price: Price.</summary>
    Repriced = 17,
    /// <summary>Best prices or what is shown at them changed in continuous trading: Price and Quantity of the best bid, OtherPrice and Remaining of the best ask; quantity 0: none.</summary>
    Best = 18,
    /// <summary>Lots of a trade that the Book refused come back into the book behind what stands there: Order is the order's id from now on, Other its id before.</summary>
    OrderBroughtBack = 19,
}

/// <summary>Something that happened on the floor, durable when it is seen. Prices in ticks, quantities in lots.</summary>
[StructLayout(LayoutKind.Sequential, Size = 144)]
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
    public int OtherPrice;
    public long Trader;
    public long Order;
    public long Other;
    public long Trade;
    public int Price;
    /// <summary>PhaseChanged: the phase that begins.</summary>
    public BookPhase Phase;
    public OrderType Type;
    public TimeInForce TimeInForce;
    public PositionEffect Effect;
    public long Quantity;
    public long Remaining;
    public UInt128 ClientId;

    /// <summary>Sequence number in the journal of the line that caused it.</summary>
    public long Cause;

    public long Session;
    /// <summary>Who sent the order.</summary>
    public UInt128 Actor;
}
