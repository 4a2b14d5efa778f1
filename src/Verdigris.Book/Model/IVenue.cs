namespace Verdigris.Book;

/// <summary>
/// One Book as the rooms see it. Commands are answered after they are durable; reads see only durable state.
/// Thread-safe. The in-process implementation is <c>Venue</c>; a cluster puts a message queue behind the same face.
/// </summary>
public interface IVenue
{
    UInt128 VenueId { get; }

    /// <summary>Sends one command. Never throws for a refusal.</summary>
    /// <exception cref="VenueStoppedException">The venue stopped (disk fault, stale writer, shutdown): nothing is known of the command; repeat it with the same id.</exception>
    ValueTask<Outcome> Send(in Command command);

    /// <summary>Sends commands that stay together and in order in one batch (so a linked chain is never cut). At most <see cref="MaxBatch"/>.</summary>
    ValueTask<Outcome[]> Send(ReadOnlyMemory<Command> commands);

    /// <summary>Runs a query against the state between two batches. Must be short: it holds the writer back.</summary>
    T Read<T>(Func<IBookState, T> query);

    /// <summary>Told of every durable batch, in order, on the writer's thread, before its callers are answered. Handlers must be quick and must not throw.</summary>
    event Action<CommittedBatch>? Committed;

    int MaxBatch { get; }
}

/// <summary>Queries on the state. Amounts in smallest units. See docs/book.md.</summary>
public interface IBookState
{
    long LastBatch { get; }
    long TimeMicros { get; }
    AssetInfo? Asset(int id);
    AssetInfo? Asset(string code);
    AccountInfo? Account(long id);
    /// <summary>Zero balance for a pair never used.</summary>
    Balance Balance(long account, int asset);
    /// <summary>The balance as it stood after the given batch.</summary>
    Balance BalanceAsOf(long account, int asset, long batch);
    /// <summary>Every holding of an account with a total other than zero.</summary>
    IReadOnlyList<(int Asset, Balance Balance)> Holdings(long account);
    /// <summary>Newest first; <paramref name="before"/> is the cursor of the last entry read, or 0.</summary>
    IReadOnlyList<StatementEntry> Statement(long account, int asset, long before = 0, int limit = 100);
    /// <summary>Blocks of a holding in the order they would be taken; held ones after the available ones.</summary>
    IReadOnlyList<BlockInfo> Blocks(long account, int asset, int limit = 1000);
    /// <summary>Who holds a serial now; null if never issued.</summary>
    BlockInfo? Owner(int asset, long serial);
    /// <summary>Every posting that moved the serial, oldest first.</summary>
    IReadOnlyList<SerialMove> Life(int asset, long serial);
    HoldInfo? Hold(UInt128 id);
    /// <summary>Sum of positive totals (what exists) and of negative ones (what issuers owe): they cancel.</summary>
    (long Issued, long Owed) Total(int asset);
    Outcome? OutcomeOf(UInt128 commandId);
    bool Trusts(long account, long trusted, long atMicros);
    FreezeScope Frozen(long account, int asset);
}

public readonly record struct Balance(long Available, long Held) { public long Total => Available + Held; }
public sealed record AssetInfo(int Id, string Code, AssetKind Kind, int Scale, ushort Class);
public sealed record AccountInfo(long Id, ushort Type, UInt128 Holder, bool Authority, bool Closed);
public readonly record struct BlockInfo(int Asset, long Account, long First, long Last, UInt128 Hold);
public readonly record struct SerialMove(long Batch, long TimeMicros, long Debit, long Credit, long First, long Last, UInt128 CommandId, ushort TransactionType);

/// <param name="Cursor">Pass as <c>before</c> to go on.</param>
/// <param name="Change">Signed change of the total, from this account's side. Holding and voiding change no total and do not appear.</param>
public readonly record struct StatementEntry(long Cursor, long Batch, long TimeMicros, long Counterparty, long Change, long BalanceAfter, long SerialFirst, UInt128 CommandId, ushort TransactionType);

public enum HoldState : byte { Pending = 0, Scheduled = 1, Posted = 2, Voided = 3, Expired = 4, Released = 5, ReleaseRefused = 6 }

public sealed record HoldInfo(UInt128 Id, HoldState State, int Asset, long Debit, long Credit, long Amount, long Remaining, bool Lien, long TimeMicros, ushort TransactionType, UInt128 OpenedBy, UInt128 Reference);

/// <param name="Commands">Valid only during the call.</param>
public readonly record struct CommittedBatch(long Batch, long TimeMicros, ReadOnlyMemory<Command> Commands, ReadOnlyMemory<Code> Codes, ReadOnlyMemory<Effect> Effects);

/// <summary>The venue takes no more commands; the reason is in <see cref="Exception.InnerException"/>.</summary>
public sealed class VenueStoppedException(string message, Exception? inner = null) : Exception(message, inner);
