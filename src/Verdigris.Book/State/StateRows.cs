using System.Runtime.InteropServices;

namespace Verdigris.Book;

// The tables of the state. Every row is plain memory without padding, so that a snapshot writes it as it lies. A link is a row
// number + 1, so that zero means none, unless its comment says otherwise.

[Flags]
enum AccountFlags : ushort { None = 0, Authority = 1, Closed = 2, HasFreeze = 4, HasTrust = 8 }

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct AccountRow
{
    public UInt128 Holder;
    public long Id;
    public ushort Type;
    public AccountFlags Flags;
    public uint Holdings;       // newest of the account's list
    public uint FirstHolding;   // the oldest: most accounts have one, found without a search
    public int FirstAsset;      // row of its asset
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct HoldingRow
{
    public long Available;
    public long Held;
    public uint Account;        // row itself
    public int Asset;           // row itself
    public uint LastMove;
    public uint Moves;          // how many there were: every 128th is a checkpoint
    public uint Checkpoint;
    public uint NextOfAccount;
    public uint BlockHead;      // available blocks in the order they were acquired (block rows begin at 1: row itself)
    public uint BlockTail;
    public uint Holds;          // newest pending hold on this holding, serialised assets only
    public uint Reserved;

    public readonly long Total => Available + Held;
}

/// <summary>A remembered command: what a repeat is compared with and answered from.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct CommandRow
{
    public UInt128 Id;
    public ulong Content;
    public Code Code;
    public ushort TransactionType;
    public uint Hold;           // the hold it opened
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct BatchRow
{
    public long Time;
    public uint FirstCommand;   // row itself
    public uint FirstMove;      // row itself
}

/// <summary>A change of holdings, one contiguous run a row. Balances are those after it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct MoveRow
{
    public const uint NoCredit = uint.MaxValue;

    public uint Command;        // row itself
    public uint Node;           // lineage, serialised postings only
    public uint Debit;          // holding row itself
    public uint Credit;         // holding row itself; NoCredit where units were held or came back to available
    public long Amount;
    public uint DebitBefore;    // move before this one on that side
    public uint CreditBefore;
    public long DebitAvailable, DebitHeld, CreditAvailable, CreditHeld;
}

/// <summary>Every 128th move of a holding, with jumps that double, so that a balance deep in a busy holding is found in logarithmic time.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct CheckpointRow
{
    public uint Move;           // row itself
    public uint Before;
    public uint Jump;
    public uint Depth;
}

/// <summary>Where the serials of a posting came from: one earlier move, or several, each from its first serial on.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct NodeRow
{
    public long First;
    public uint Parent;         // one parent: the move; several: row of the first in the parents' table, row itself
    public uint Parents;        // how many
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct ParentRow
{
    public long First;
    public uint Move;
    public uint Reserved;
}

/// <summary>An interval of serials in exactly one list: the available list of its holding, or that of a hold.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct BlockRow
{
    public long First, Last;
    public uint Holding;        // row itself
    public uint Age;            // available: acquired as the n-th, a part keeps it; held: the hold
    public uint Before, Next;   // block rows themselves; the highest bit of Before marks a held block

    const uint HeldBit = 1u << 31;

    public uint Previous
    {
        readonly get => Before & ~HeldBit;
        set => Before = Before & HeldBit | value;
    }

    public bool IsHeld
    {
        readonly get => (Before & HeldBit) != 0;
        set => Before = value ? Before | HeldBit : Before & ~HeldBit;
    }

    /// <summary>Number of serials; the whole range 1..2^63-1 still fits.</summary>
    public readonly long Size => Last - First + 1;
}

[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct HoldRow
{
    public UInt128 Actor, Reference;
    public long Amount, Remaining, Time, OpenedAt, TimerSequence;
    public uint Command;        // that opened it, row itself
    public uint Debit;          // holding row itself
    public uint Credit;         // account row itself
    public int Asset;           // row itself
    public ushort TransactionType;
    public HoldState State;
    public byte Lien;
    public uint BlockHead, BlockTail;
    public uint Newer, Older;   // pending holds of the same holding, serialised assets only
    public uint Reserved;

    public readonly bool Ended => State > HoldState.Scheduled;
}

sealed class AssetState(int row, int id, string code, AssetKind kind, int scale, ushort assetClass)
{
    public readonly int Row = row, Id = id, Scale = scale;
    public readonly string Code = code;
    public readonly AssetKind Kind = kind;
    public readonly ushort Class = assetClass;
    /// <summary>First serial -> block row.</summary>
    public readonly SerialIndex Blocks = new();
    /// <summary>First serial -> the move that last posted the serials from there on, 0 for never issued.</summary>
    public readonly SerialIndex Segments = new();
    public long HighestSerial;
    /// <summary>Sum of the totals above zero.</summary>
    public Int128 Issued;

    public bool Serialised => Kind == AssetKind.Serialised;
}

readonly record struct Rule(RuleFlags Flags, long DelayMicros);
