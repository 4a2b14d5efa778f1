using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>What the floor knows of a live order beside what the engine knows, at the order's slot.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct FloorOrder
{
    public long Id;             // 0: the slot is free
    public long CashHold;       // sequence number of the command that opened it; 0: none
    public long CashHeld;
    public long UnitHold;
    public long UnitsHeld;
    public long Quantity;       // whole
    public long Remaining;      // neither traded (and settled) nor taken by self-trade prevention
    public long Failed;         // done for the engine and not for the floor: trades that the Book refused
    public long MarginPerLot, FeePerLot; // as they were when it came
    public long Session, Time, Display;
    public UInt128 ClientId;
    public int Instrument, Trader, Position;
    public int Next, Previous;  // of the trader, slots; 0: none
    public int Price, StopPrice;
    public int Reserved;
    public Side Side;
    public OrderType Type;
    public TimeInForce TimeInForce;
    public PositionEffect Effect;
    public byte Broken;         // the Book refused a posting on its side: it ends
    public byte Levels, Reserved1, Reserved2; // no padding: a checkpoint writes the row as it lies
}

sealed class InstrumentState(InstrumentDefinition definition)
{
    public readonly InstrumentDefinition Definition = definition;
    public InstrumentTerms Terms = new();
    public BookPhase Phase;
    public long OpenInterest;

    public int Id => Definition.Id;
    public bool IsSpot => Definition.Shape == SettlementShape.Spot;
    public bool IsFuture => Definition.Shape == SettlementShape.Future;

    /// <summary>Cash of a price for so many lots. Not a future's: there nothing is paid.</summary>
    public Int128 Value(int price, long lots) => (Int128)price * lots * Definition.TickValue;
}

sealed class TraderState(int index, TraderDefinition definition, int owner)
{
    public readonly int Index = index;
    public readonly int Owner = owner; // dense number for the engine
    public readonly TraderDefinition Definition = definition;
    public TraderLimits Limits = new();
    public bool Killed;
    public long OpenOrders;
    public int FirstOrder;      // slot of the newest
    public long RateSecond, RateCount;
    public Int128 CreditHeld, CreditSpent;
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct PositionRow
{
    public int Trader, Instrument;
    public long Long, Short;
    public long Margin;
    public long Locked;
    public long BuyOpen, SellOpen; // lots of live orders
}

/// <summary>A trade as it is kept to be looked at and busted.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct TradeRow
{
    public long Id, Quantity, BuyOrder, SellOrder, TimeMicros;
    public long BuyFee, SellFee, BuyMargin, SellMargin;
    public int Instrument, Price, Buyer, Seller;
    public PositionEffect BuyEffect, SellEffect;
    public byte Reported, Busted;
    public int Reserved;
}
