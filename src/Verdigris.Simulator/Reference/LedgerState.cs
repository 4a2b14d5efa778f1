using System.Collections.Immutable;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>
/// Everything the reference ledger knows after a batch, in immutable collections: keeping an old state costs nothing, so a failed chain goes
/// back by forgetting, and a crashed Book can be compared with the state before or after its last batch.
/// </summary>
public sealed record LedgerState
{
    public static LedgerState Empty { get; } = new();

    public long LastBatch { get; init; }
    public long TimeMicros { get; init; }
    public ImmutableSortedDictionary<int, Asset> Assets { get; init; } = ImmutableSortedDictionary<int, Asset>.Empty;
    public ImmutableSortedDictionary<long, Account> Accounts { get; init; } = ImmutableSortedDictionary<long, Account>.Empty;
    public ImmutableDictionary<RuleKey, Rule> Rules { get; init; } = ImmutableDictionary<RuleKey, Rule>.Empty;
    public ImmutableSortedDictionary<(long Account, long Trusted), long> Trusts { get; init; } = ImmutableSortedDictionary<(long Account, long Trusted), long>.Empty;
    public ImmutableSortedDictionary<(long Account, int Asset), FreezeScope> Freezes { get; init; } = ImmutableSortedDictionary<(long Account, int Asset), FreezeScope>.Empty;
    public ImmutableSortedDictionary<(long Account, int Asset), Holding> Holdings { get; init; } = ImmutableSortedDictionary<(long Account, int Asset), Holding>.Empty;
    public ImmutableSortedDictionary<UInt128, PendingPosting> Holds { get; init; } = ImmutableSortedDictionary<UInt128, PendingPosting>.Empty;
    public ImmutableSortedSet<Due> Schedule { get; init; } = [];
    public long Scheduled { get; init; }
    public ImmutableDictionary<UInt128, Remembered> Outcomes { get; init; } = ImmutableDictionary<UInt128, Remembered>.Empty;
    public ImmutableList<Movement> Movements { get; init; } = [];
    public ImmutableDictionary<(long Account, int Asset), ImmutableList<Line>> Lines { get; init; } = ImmutableDictionary<(long Account, int Asset), ImmutableList<Line>>.Empty;

    public Holding Holding(long account, int asset) => Holdings.GetValueOrDefault((account, asset), Reference.Holding.Empty);

    public bool IsFrozen(long account, int asset, FreezeScope scope) =>
        ((Freezes.GetValueOrDefault((account, asset)) | Freezes.GetValueOrDefault((account, 0))) & scope) != 0;

    public bool TrustsAt(long account, long trusted, long atMicros) => Trusts.TryGetValue((account, trusted), out long from) && from <= atMicros;
}

public sealed record Asset(int Id, string Code, AssetKind Kind, int Scale, ushort Class)
{
    /// <summary>Every serial ever issued, as sorted runs that neither touch nor overlap.</summary>
    public ImmutableList<Run> Issued { get; init; } = [];
}

public sealed record Account(long Id, ushort Type, UInt128 Holder, bool Authority, bool Closed);

public readonly record struct RuleKey(ushort TransactionType, ushort AssetClass, ushort DebitType, ushort CreditType);

public sealed record Rule(RuleFlags Flags, long DelayMicros)
{
    public bool Has(RuleFlags flag) => (Flags & flag) != 0;
}

/// <summary>An account's units of one asset. <see cref="Blocks"/> are the available ones of a serialised asset, in the order they would be taken.</summary>
public sealed record Holding(long Available, long Held, ImmutableList<Run> Blocks)
{
    public static Holding Empty { get; } = new(0, 0, []);
}

/// <summary>Serials from first to last, both included.</summary>
public readonly record struct Run(long First, long Last)
{
    public long Count => Last - First + 1;
}

/// <summary>A hold, from its opening to after its end.</summary>
/// <param name="DueMicros">The expiry or release time last given to it, 0 for none; stays after the end.</param>
public sealed record PendingPosting(
    UInt128 Id, HoldState State, int Asset, long Debit, long Credit, long Amount, long Remaining, ImmutableList<Run> Blocks,
    ushort TransactionType, bool Lien, long OpenedMicros, UInt128 OpenedBy, UInt128 Reference,
    Due? Appointment, long DueMicros);

/// <summary>A hold's appointment: what happens to it when the batch time reaches <paramref name="AtMicros"/>.</summary>
public readonly record struct Due(long AtMicros, long Order, UInt128 Hold, bool Release) : IComparable<Due>
{
    public int CompareTo(Due other) => (AtMicros, Order).CompareTo((other.AtMicros, other.Order));
}

public sealed record Remembered(Command Command, Outcome Outcome);

/// <summary>A posting of one contiguous run (first serial 0 for a fungible asset).</summary>
public readonly record struct Movement(long Batch, long TimeMicros, int Asset, long Debit, long Credit, long Amount, long First, UInt128 Command, ushort TransactionType);

/// <summary>The same from one side: what a statement shows.</summary>
public readonly record struct Line(long Batch, long TimeMicros, long Counterparty, long Change, long BalanceAfter, long First, UInt128 Command, ushort TransactionType);
