using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// One instruction to the Book, 128 bytes as it lies in the journal. Which fields an operation uses, and in which order it is checked,
/// stands in docs/book.md sections 2 and 4; fields an operation does not use are zero. Amounts are in the asset's smallest unit, times
/// in microseconds since 1970 UTC.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct Command
{
    public const int Size = 128;

    [FieldOffset(0)] public UInt128 Id;
    [FieldOffset(16)] public Operation Operation;
    [FieldOffset(17)] public CommandFlags Flags;
    [FieldOffset(18)] public ushort TransactionType;
    [FieldOffset(20)] public int Asset;
    [FieldOffset(24)] public long Debit;
    [FieldOffset(32)] public long Credit;
    [FieldOffset(40)] public long Amount;
    [FieldOffset(48)] public long SerialFirst;
    [FieldOffset(56)] public long Time;
    [FieldOffset(64)] public UInt128 Target;
    [FieldOffset(80)] public UInt128 Reference;
    [FieldOffset(96)] public UInt128 Actor;
    [FieldOffset(112)] public long ActingFor;
    [FieldOffset(120)] public long Detail;
}

public enum Operation : byte
{
    DefineAsset = 1, OpenAccount = 2, SetRule = 3, SetTrust = 4, RemoveTrust = 5, Freeze = 6, Unfreeze = 7, CloseAccount = 8,
    Transfer = 16, Hold = 17, PostHold = 18, VoidHold = 19,
    Pulse = 32,
    Note = 48,
}

[Flags]
public enum CommandFlags : byte { None = 0, Linked = 1, Expires = 2, Releases = 4, Lien = 8, KeepRest = 16 }

[Flags]
public enum RuleFlags : uint
{
    None = 0, Allowed = 1, Issues = 2, MustHold = 4, OtherActor = 8, AcceptByCredit = 16, TrustedOrDelay = 32, ProposeByDebit = 64, ProposeByAuthority = 128,
    ProposeByMandate = 256, Mandate = 512, PostByProposer = 1024,
}

[Flags]
public enum FreezeScope : byte { None = 0, Out = 1, In = 2, Both = 3 }

public enum AssetKind : byte { Fungible = 0, Serialised = 1 }

/// <summary>Outcome of a command, in the order the checks are made. Numbers are part of the journal format and never change.</summary>
public enum Code : ushort
{
    Accepted = 0,
    CommandIdMissing = 1, CommandIdReused = 2, OperationUnknown = 3, ReservedFieldSet = 4, LinkedFailed = 5, ChainOpen = 6, NotLinkable = 7,
    AssetExists = 10, AssetInvalid = 11, AssetUnknown = 12,
    AccountExists = 20, AccountInvalid = 21, DebitUnknown = 22, CreditUnknown = 23, ActingForUnknown = 24, SameAccount = 25, DebitClosed = 26, CreditClosed = 27,
    AccountNotEmpty = 28, AccountAlreadyClosed = 29, ScopeInvalid = 30, RuleInvalid = 31,
    AmountNotPositive = 40, SerialOnFungible = 41, SerialRangeInvalid = 42,
    NoRule = 50, ProposerNotAllowed = 51, HoldRequired = 52, ActorMissing = 53, NotTrusted = 54,
    DebitFrozen = 60, CreditFrozen = 61, TimePast = 62,
    HoldUnknown = 70, HoldPosted = 71, HoldVoided = 72, HoldExpired = 73, HoldReleased = 74, HoldScheduled = 75, AmountOverHold = 76, SameActor = 77,
    AcceptByCreditRequired = 78, DelayTooShort = 79, VoidNotAllowed = 80, PartNotSchedulable = 81,
    InsufficientBalance = 90, SerialNotHeld = 91, SerialAlreadyIssued = 92, BalanceOverflow = 93, LimitReached = 94,
}

public enum EffectKind : byte { Posted = 1, Held = 2, HoldPosted = 3, HoldVoided = 4, HoldExpired = 5, HoldReleased = 6, ReleaseRefused = 7 }

/// <summary>What an accepted command, or the passing of time (<see cref="CommandIndex"/> -1), did. One contiguous run a row.</summary>
[StructLayout(LayoutKind.Explicit, Size = 80)]
public struct Effect
{
    [FieldOffset(0)] public EffectKind Kind;
    [FieldOffset(4)] public int Asset;
    [FieldOffset(8)] public long Debit;
    [FieldOffset(16)] public long Credit;
    [FieldOffset(24)] public long Amount;
    [FieldOffset(32)] public long SerialFirst;
    [FieldOffset(40)] public UInt128 Hold;
    [FieldOffset(56)] public int CommandIndex;
    [FieldOffset(60)] public Code Code;
}

/// <summary>The answer to a command, given only once the batch that holds it is durable.</summary>
/// <param name="Batch">Batch that decided it; for a repeat, the batch of the first time (0 where the id was missing or reused).</param>
/// <param name="TimeMicros">Time of that batch, microseconds since 1970 UTC.</param>
/// <param name="Repeated">The id was seen before; this is the first outcome again.</param>
public readonly record struct Outcome(Code Code, long Batch, long TimeMicros, bool Repeated)
{
    public bool Accepted => Code == Code.Accepted;
}
