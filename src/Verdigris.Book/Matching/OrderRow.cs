using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

[Flags]
enum OrderBits : ushort
{
    None = 0, Sell = 1,
    /// <summary>A stop that was not set off yet: it stands in a ladder by its stop price.</summary>
    Waiting = 2,
    /// <summary>Shows a part at a time; how much stands in <see cref="RestRow.Display"/>.</summary>
    Parts = 4,
    /// <summary>Ends at <see cref="RestRow.Time"/>.</summary>
    Timed = 8,
    Day = 16,
    /// <summary>Ends with the auction it waits for.</summary>
    AuctionOnly = 32,
    /// <summary>A market order that waits for an auction, or a stop that becomes one.</summary>
    Market = 64,
    PostOnly = 128, Slide = 256,
    SelfTrade1 = 1 << 9, SelfTrade2 = 1 << 10, SelfTrade4 = 1 << 11,
    /// <summary>Three bits that are a number: <see cref="Book.SelfTrade"/>.</summary>
    SelfTrade = SelfTrade1 | SelfTrade2 | SelfTrade4,
}

/// <summary>
/// An order: one line of the processor's cache, so that finding it by its id costs one load. What only some orders have lies in <see cref="RestRow"/> at the same slot. The row of slot 0, which is no order, may be written to
/// through the links of a neighbour that is not there: that is cheaper than to ask whether it is.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct OrderRow
{
    public const int SelfTradeShift = 9;

    public long Id;                 // 0: the slot is free, and Next the next free one
    public long Shown;              // while an order comes in: all of it
    public long Hidden;
    public long Done;
    public int Price;
    public uint Next, Previous;     // at its level
    public uint NextOfOwner, PreviousOfOwner;
    public int Owner;
    public int Session;
    public ushort Book;
    public OrderBits Bits;

    public readonly long Remaining => Shown + Hidden;
    public readonly bool Has(OrderBits bits) => (Bits & bits) != 0;
    public readonly Side Side => unchecked((Side)((int)(Bits & OrderBits.Sell) + (int)Side.Buy));
    public readonly SelfTrade SelfTrade => (SelfTrade)((int)(Bits & OrderBits.SelfTrade) >> SelfTradeShift);
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct RestRow
{
    public long Display;
    public long Time;
    public int StopPrice;
    public int Place;               // in the heap of ends
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct OwnerRow
{
    public uint First, Last;        // live orders, the oldest first
    public int Killed;
}
