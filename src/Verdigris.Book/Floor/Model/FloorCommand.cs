using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// One line to the trading floor: a <see cref="Operation.Note"/> of 128 bytes, read as an order. Prices are in ticks of the instrument, quantities in lots, times in microseconds since 1970 UTC.
/// Made by <see cref="FloorCommands"/>; lines that define something lay other fields over the same bytes. What a kind does not use is zero.
/// </summary>
/// <remarks>Meaning, checks and their order: docs/floor.md. Numbers of kinds, sides, types and phases are part of the journal and never change.</remarks>
[StructLayout(LayoutKind.Explicit, Size = Command.Size)]
public struct FloorCommand
{
    /// <summary>The sender's own id of the line: sent again it has effect once.</summary>
    [FieldOffset(0)] public UInt128 Id;
    [FieldOffset(16)] internal Operation Operation;
    [FieldOffset(17)] internal CommandFlags Flags;
    [FieldOffset(18)] public FloorKind Kind;
    [FieldOffset(19)] public Side Side;
    [FieldOffset(20)] public int Instrument;

    /// <summary>The trading account.</summary>
    [FieldOffset(24)] public long Trader;

    /// <summary>Cancel, Replace: the floor's order id. BustTrade: the trade's id. ReportedTrade: the other trading account, that sells.</summary>
    [FieldOffset(32)] public long Order;

    /// <summary>Lots. Replace: the whole quantity the order shall have, what was traded of it included.</summary>
    [FieldOffset(40)] public long Quantity;

    /// <summary>Ticks. A market order: the worst price it may trade at (its protection), 0 for the instrument's own limit.</summary>
    [FieldOffset(48)] public long Price;

    /// <summary>Good-till-date: the first moment the order is no longer good. Expire: the time up to which.</summary>
    [FieldOffset(56)] public long Time;

    /// <summary>The participant's own name for the order, not interpreted and given back with every event.</summary>
    [FieldOffset(64)] public UInt128 ClientId;

    /// <summary>Ticks. Stop orders: the last trade that triggers.</summary>
    [FieldOffset(80)] public long StopPrice;

    /// <summary>Lots shown at a time by an iceberg; 0: all.</summary>
    [FieldOffset(88)] public long DisplayQuantity;

    /// <summary>The person or machine that sent it; not interpreted.</summary>
    [FieldOffset(96)] public UInt128 Actor;

    /// <summary>Connection the order came by, so that all of them can be cancelled when it breaks; 0: none.</summary>
    [FieldOffset(112)] public long Session;
    [FieldOffset(120)] public OrderType Type;
    [FieldOffset(121)] public TimeInForce TimeInForce;
    [FieldOffset(122)] public PositionEffect Effect;
    [FieldOffset(123)] public Phase Phase;
    [FieldOffset(124)] internal int Reserved;

    /// <summary>The same bytes as the Book sees them.</summary>
    public readonly Command ToNote()
    {
        var copy = this;
        copy.Operation = Operation.Note;
        return MemoryMarshal.Cast<FloorCommand, Command>(MemoryMarshal.CreateSpan(ref copy, 1))[0];
    }

    public static FloorCommand Of(in Command note) => MemoryMarshal.Cast<Command, FloorCommand>(MemoryMarshal.CreateReadOnlySpan(in note, 1))[0];
}

public enum FloorKind : byte
{
    None = 0,
    DefineInstrument = 1, UpdateInstrument = 2, DefineTrader = 3, UpdateTrader = 4,
    NewOrder = 8, Cancel = 9, Replace = 10, MassCancel = 11, Kill = 12, Unkill = 13,
    SetPhase = 16, Expire = 17, OpenDay = 18,
    ReportedTrade = 24, BustTrade = 25,
    Checkpoint = 32,
}

public enum Side : byte { Buy = 0, Sell = 1 }

public enum OrderType : byte { Limit = 0, Market = 1, Stop = 2, StopLimit = 3, PostOnly = 4, BestFive = 5 }

public enum TimeInForce : byte { Day = 0, GoodTillCancel = 1, GoodTillDate = 2, ImmediateOrCancel = 3, FillOrKill = 4 }

/// <summary>Futures and options: does a trade open a position, or take back one there is.</summary>
public enum PositionEffect : byte { Open = 0, Close = 1 }

/// <summary>What an instrument's book does with orders. Collecting phases end with an uncrossing at one price.</summary>
public enum Phase : byte { Closed = 0, PreOpen = 1, Continuous = 2, Halted = 3, VolatilityAuction = 4, ClosingAuction = 5, PostClose = 6 }
