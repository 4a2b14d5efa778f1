using System.Runtime.InteropServices;

namespace Verdigris.Auditor.Reading;

/// <summary>A command as it lies in the file (docs/book.md section 2).</summary>
[StructLayout(LayoutKind.Explicit, Size = Length)]
struct CommandRow
{
    public const int Length = 128;

    [FieldOffset(0)] public UInt128 Id;
    [FieldOffset(16)] public byte Operation;
    [FieldOffset(17)] public byte Flags;
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

    public readonly bool Has(byte flag) => (Flags & flag) != 0;
}

/// <summary>An effect as it lies in the file (docs/book.md sections 5 and 7).</summary>
[StructLayout(LayoutKind.Explicit, Size = Length)]
struct EffectRow
{
    public const int Length = 80;

    [FieldOffset(0)] public uint KindAndZeros;
    [FieldOffset(4)] public int Asset;
    [FieldOffset(8)] public long Debit;
    [FieldOffset(16)] public long Credit;
    [FieldOffset(24)] public long Amount;
    [FieldOffset(32)] public long SerialFirst;
    [FieldOffset(40)] public UInt128 Hold;
    [FieldOffset(56)] public int Command;
    [FieldOffset(60)] public ushort Code;
    [FieldOffset(62)] public ushort Zero;
    [FieldOffset(64)] public ulong ZeroLow;
    [FieldOffset(72)] public ulong ZeroHigh;

    public readonly byte Kind => (byte)(KindAndZeros & 0xFF);
    public readonly bool WellFormed => KindAndZeros is >= Effects.Posted and <= Effects.ReleaseRefused && Zero == 0 && ZeroLow == 0 && ZeroHigh == 0;
}

static class Operations
{
    public const byte DefineAsset = 1, OpenAccount = 2, SetRule = 3, SetTrust = 4, RemoveTrust = 5, Freeze = 6, Unfreeze = 7, CloseAccount = 8,
        Transfer = 16, Hold = 17, PostHold = 18, VoidHold = 19, Pulse = 32, Note = 48;
}

static class Flags
{
    public const byte Linked = 1, Expires = 2, Releases = 4, Lien = 8, KeepRest = 16;
}

static class Rules
{
    public const uint Allowed = 1, Issues = 2, MustHold = 4, OtherActor = 8, AcceptByCredit = 16, TrustedOrDelay = 32, ProposeByDebit = 64, ProposeByAuthority = 128, ProposeByMandate = 256, Mandate = 512, PostByProposer = 1024, All = 2047;
}

static class Effects
{
    public const byte Posted = 1, Held = 2, HoldPosted = 3, HoldVoided = 4, HoldExpired = 5, HoldReleased = 6, ReleaseRefused = 7;

    public static string Name(byte kind) => kind switch
    {
        Posted => "Posted",
        Held => "Held",
        HoldPosted => "HoldPosted",
        HoldVoided => "HoldVoided",
        HoldExpired => "HoldExpired",
        HoldReleased => "HoldReleased",
        ReleaseRefused => "ReleaseRefused",
        _ => "kind " + kind,
    };
}

/// <summary>Outcome codes the auditor reasons about (docs/book.md section 4), and which numbers exist at all.</summary>
static class Codes
{
    public const ushort Accepted = 0, CommandIdMissing = 1, CommandIdReused = 2, DebitClosed = 26, CreditClosed = 27, DebitFrozen = 60, CreditFrozen = 61, BalanceOverflow = 93;

    public static bool Known(ushort code) => code is <= 7 or (>= 10 and <= 12) or (>= 20 and <= 31) or (>= 40 and <= 42) or (>= 50 and <= 54)
        or (>= 60 and <= 62) or (>= 70 and <= 81) or (>= 90 and <= 94);
}
