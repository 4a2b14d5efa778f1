using System.Text.Json;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>A proposal that somebody else has to decide.</summary>
/// <param name="Kind">Registered by a room as an <see cref="IApprovalKind"/>: <c>passport.warrant.transfer</c>.</param>
/// <param name="SubjectId">Id of the document it is about.</param>
/// <param name="ForOrganisation">Whose people decide.</param>
/// <param name="ForRole">Which role they need, see <see cref="Role"/>.</param>
/// <param name="Payload">What the kind needs to carry out the decision; becomes JSON and never changes.</param>
/// <param name="TitleKey">Key of the title in the string catalogues, with <paramref name="TitleArgs"/> for its places.</param>
/// <param name="LinkPath">Page of the subject on this server, beginning with one slash.</param>
/// <param name="DueAt">From then on it can no longer be decided and expires. Null: no limit.</param>
/// <param name="AllowSamePerson">True only where the rule asks for a second step, not for a second person.</param>
public sealed record ApprovalRequest(
    string Kind, string SubjectId, Guid ForOrganisation, string ForRole, object Payload, string TitleKey, IReadOnlyDictionary<string, string> TitleArgs,
    string LinkPath, Instant? DueAt = null, bool AllowSamePerson = false);

public enum ApprovalState { Open, Approved, Rejected, Withdrawn, Expired }

/// <summary>One task of the inbox as it stands.</summary>
public sealed record ApprovalTask(
    Guid Id, string Kind, string SubjectId, Guid ForOrganisation, string ForRole, string PayloadJson, string TitleKey, IReadOnlyDictionary<string, string> TitleArgs,
    string LinkPath, Instant? DueAt, bool AllowSamePerson, ApprovalState State,
    Guid? ProposedBy, string ProposedByName, Guid? ProposedByOrganisation, Instant ProposedAt,
    Guid? ClaimedBy, string? ClaimedByName, Instant? ClaimedAt,
    Guid? DecidedBy, string? DecidedByName, Instant? DecidedAt, string? Reason)
{
    /// <exception cref="JsonException">The payload is not a <typeparamref name="T"/>.</exception>
    public T Payload<T>() => StorageJson.Read<T>(PayloadJson);

    /// <summary>Whether this actor could decide it now, so that pages offer the buttons only to him. <see cref="Approvals.Decide"/> checks again.</summary>
    public bool CanBeDecidedBy(Actor actor, Instant now) => Approvals.Check(this, actor, now).Count == 0;
}

/// <summary>
/// What a decision of one kind of task does. Each method runs inside the transaction that also records the decision: a refusal rolls both back, and the task
/// stays open. Use <see cref="DbSession.AfterCommit"/> for what must wait for the commit.
/// </summary>
public interface IApprovalKind
{
    string Kind { get; }

    /// <summary>The kind of notice by which those who may decide hear of a new task.</summary>
    string WaitingNotice => ApprovalNotices.Waiting;

    /// <summary>Whether the proposer hears of the decision from the mechanism; false where the room says it in words of its own.</summary>
    bool TellsProposer => true;

    Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct);

    Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct);

    /// <summary>The proposer took it back. Unless said otherwise, the document is treated as after a rejection.</summary>
    Task<Answer<Done>> Withdrawn(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Reject(session, task, reason, ct);

    /// <summary>Nobody decided in time; runs as the system. Unless said otherwise, as after a rejection.</summary>
    Task<Answer<Done>> Expired(DbSession session, ApprovalTask task, CancellationToken ct) => Reject(session, task, "expired", ct);
}

/// <summary>The kinds of notice the mechanism itself sends; the host registers them.</summary>
public static class ApprovalNotices
{
    public const string Waiting = "task.waiting";

    public static IReadOnlyList<NoticeKind> Kinds { get; } = [new(Waiting), new("task.approved"), new("task.rejected"), new("task.expired")];
}

/// <summary>Which tasks to show.</summary>
/// <param name="View">Tasks this actor can act on, tasks of his organisation, tasks his organisation proposed, or all that he may see.</param>
/// <param name="State">Null: any.</param>
/// <param name="Limit">1-200.</param>
public sealed record TaskFilter(
    TaskView View = TaskView.ForMe, ApprovalState? State = ApprovalState.Open, string? Kind = null, string? SubjectId = null, string? Cursor = null, int Limit = 50, string? Sort = null)
{
    // Ids are made in the order of time; a task without an end comes after all that have one.
    static readonly ListOrders<ApprovalTask> Orders = new("approvals", "-proposed", ListKey<ApprovalTask>.Id("proposed", "id", t => t.Id),
        ListKey<ApprovalTask>.Number("due", "coalesce(extract(epoch from due_at), 1e12)", t => t.DueAt is { } due ? due.ToUnixTimeTicks() / (decimal)NodaConstants.TicksPerSecond : 1e12m),
        ListKey<ApprovalTask>.Text("kind", "kind", t => t.Kind), ListKey<ApprovalTask>.Text("by", "proposed_by_name", t => t.ProposedByName), ListKey<ApprovalTask>.Text("state", "state", t => t.State.ToString()));

    /// <summary>What is wrong with it: <c>page.sort-unknown</c>, <c>page.cursor-invalid</c>, <c>page.limit-out-of-range</c>.</summary>
    public IReadOnlyList<Refusal> Check()
    {
        var refusals = new List<Refusal>();
        if (Orders.Read(Sort, Cursor) is { Ok: false } wrong) refusals.AddRange(wrong.Refusals);
        if (PageSize.Wrong(Limit) is { } tooMany) refusals.Add(tooMany);
        return refusals;
    }

    internal ListOrder<ApprovalTask> Order() => Orders.Read(Sort, Cursor).Value;
}

public enum TaskView
{
    /// <summary>For the actor's organisation and one of his roles, and not proposed by himself where a second person is needed.</summary>
    ForMe,
    ForMyOrganisation,
    ProposedByMyOrganisation,
    All,
}
