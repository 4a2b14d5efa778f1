using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Transfers;

public enum TransactionState
{
    /// <summary>Held in the Book; waits for the second person.</summary>
    Proposed,
    /// <summary>Sent to the Book and not answered yet.</summary>
    Pending,
    /// <summary>Approved; the Book carries it out at <see cref="RegistryTransaction.ExecutesAt"/>.</summary>
    Delayed,
    Completed,
    /// <summary>The second person said no.</summary>
    Rejected,
    /// <summary>Taken back, by the holder or by the authority, before it was carried out.</summary>
    Cancelled,
    /// <summary>The Book said no.</summary>
    Terminated,
    /// <summary>Carried out, and taken back by a later transaction.</summary>
    Reversed,
}

/// <summary>A movement of units between two accounts of a scheme.</summary>
/// <param name="Kind">Word of the scheme's file: transfer, surrender.</param>
/// <param name="Code">The scheme's own: 10-50.</param>
/// <param name="FromId">Printed id. <paramref name="ToId"/> likewise.</param>
/// <param name="Quantity">Whole units.</param>
/// <param name="Trusted">Whether the other account was trusted when it was approved.</param>
/// <param name="ExecutesAt">Delayed: when it is carried out. <paramref name="CancelUntil"/>: until when it can be taken back.</param>
/// <param name="Year">Of the emissions a surrender or an allocation is for.</param>
/// <param name="Reverses">The transaction this one takes back.</param>
/// <param name="BookCode">Why the Book said no.</param>
/// <param name="Serial">Credits taken in: the programme's, as printed, where they are in the Book here.</param>
public sealed record RegistryTransaction(Guid Id, string Scheme, string Kind, string Code, string Unit, string Vintage, long Quantity, long FromAccount, string FromId, long ToAccount, string ToId, TransactionState State, bool Trusted,
    Instant? ExecutesAt, Instant? CancelUntil, int? Year, Guid? InstallationId, Guid? Reverses, string? Reason, string? Refusal, string? BookCode, Guid? TaskId, Guid ProposedBy, Instant ProposedAt, Guid? DecidedBy, Instant? DecidedAt, Instant? FinishedAt, string? Serial = null);

/// <param name="To">Printed id of the account; for a kind with one possible destination of the scheme itself it may be left out.</param>
/// <param name="Vintage">Where units of different years differ.</param>
/// <param name="PartnerAccount">Over a link: id of the account in the other registry.</param>
/// <param name="Year">Surrender: the year of emissions it is meant for; informative, the measure is cumulative.</param>
/// <param name="Serial">Credits taken in: the programme's block, of which the first so many units are meant; needed where the Book here has units of the programme.</param>
public sealed record NewTransaction(long From, string Kind, string? To, string Unit, string? Vintage, long Quantity, int? Year = null, string? Reason = null, string? PartnerAccount = null, string? Serial = null);

public sealed record TransactionFilter(string? Scheme = null, long? Account = null, string? Kind = null, TransactionState? State = null, Guid? Installation = null, int? Year = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>A run of serials; shown to authorities only.</summary>
public sealed record TransactionBlock(long First, long Last);

/// <summary>The life of a transaction. Events are what somebody or the passing of time does to it.</summary>
public enum TransactionEvent { Hold, BookRefuses, Approve, Reject, Delay, Carry, Cancel, Execute, Reverse }

static class TransactionRules
{
    public static StateTable<TransactionState, TransactionEvent> Table { get; } = new(Refusal.Conflict("transaction.state-forbids", "state"),
    [
        (TransactionState.Proposed, TransactionEvent.BookRefuses, TransactionState.Terminated),
        (TransactionState.Proposed, TransactionEvent.Approve, TransactionState.Pending),
        (TransactionState.Proposed, TransactionEvent.Reject, TransactionState.Rejected),
        (TransactionState.Proposed, TransactionEvent.Cancel, TransactionState.Cancelled),
        (TransactionState.Pending, TransactionEvent.BookRefuses, TransactionState.Terminated),
        (TransactionState.Pending, TransactionEvent.Delay, TransactionState.Delayed),
        (TransactionState.Pending, TransactionEvent.Carry, TransactionState.Completed),
        (TransactionState.Delayed, TransactionEvent.Cancel, TransactionState.Cancelled),
        (TransactionState.Delayed, TransactionEvent.Execute, TransactionState.Completed),
        (TransactionState.Delayed, TransactionEvent.BookRefuses, TransactionState.Terminated),
        (TransactionState.Completed, TransactionEvent.Reverse, TransactionState.Reversed),
    ]);
}
