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
    [FieldOffset(16)] readonly Operation operation;
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

    /// <summary>Ticks: the limit, or the worst price a market, market-to-limit or stop order may trade at (its protection). Such an order with <see cref="Protected"/> 0 is protected by the instrument's own limit.</summary>
    [FieldOffset(48)] public int Price;

    /// <summary>Ticks. Stop orders: the trade price that sets them off.</summary>
    [FieldOffset(52)] public int StopPrice;

    /// <summary>Good-till-date: the first moment the order is no longer good. Expire: the time up to which.</summary>
    [FieldOffset(56)] public long Time;

    /// <summary>The participant's own name for the order, not interpreted and given back with every event.</summary>
    [FieldOffset(64)] public UInt128 ClientId;

    /// <summary>Lots shown at a time by an iceberg; 0: all.</summary>
    [FieldOffset(80)] public long Display;

    /// <summary>Immediate-or-cancel: refused unless so many lots trade at once; 0: no minimum.</summary>
    [FieldOffset(88)] public long Minimum;

    /// <summary>The person or machine that sent it; not interpreted.</summary>
    [FieldOffset(96)] public UInt128 Actor;

    /// <summary>Connection the order came by, so that all of them can be cancelled when it breaks; 0: none.</summary>
    [FieldOffset(112)] public long Session;
    [FieldOffset(120)] public OrderType Type;
    [FieldOffset(121)] public TimeInForce TimeInForce;
    [FieldOffset(122)] public OrderFlags OrderFlags;

    /// <summary>Trades with at most so many price levels of the other side as they stand; 0: no limit. The Chinese markets' best five is 5.</summary>
    [FieldOffset(123)] public byte Levels;
    [FieldOffset(124)] public PositionEffect Effect;

    /// <summary>ReportedTrade: the seller's.</summary>
    [FieldOffset(125)] public PositionEffect OtherEffect;
    [FieldOffset(126)] public BookPhase Phase;

    /// <summary>1: <see cref="Price"/> of a market or stop order is a protection its sender chose.</summary>
    [FieldOffset(127)] public byte Protected;

    public FloorCommand() => operation = Operation.Note;

    /// <summary>The same bytes as the Book sees them.</summary>
    public readonly Command ToNote() => MemoryMarshal.Cast<FloorCommand, Command>(MemoryMarshal.CreateReadOnlySpan(in this, 1))[0];

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

/// <summary>Futures and options: does a trade open a position, or take back one there is.</summary>
public enum PositionEffect : byte { Open = 0, Close = 1 }
