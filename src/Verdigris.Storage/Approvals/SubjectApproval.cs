using System.Globalization;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>What a task or a command of the Book is about: the row of that id.</summary>
public sealed record RowSubject(Guid Id);

/// <summary>A kind of task whose decision is made by a use case. The use case is looked up when a decision is made: it may itself propose tasks.</summary>
public sealed class SubjectApproval(string kind, Func<DbSession, Guid, CancellationToken, Task<Answer<Done>>> approve, Func<DbSession, Guid, string, CancellationToken, Task<Answer<Done>>> reject) : IApprovalKind
{
    public string Kind => kind;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => approve(session, task.Payload<RowSubject>().Id, ct);

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => reject(session, task.Payload<RowSubject>().Id, reason, ct);
}

/// <summary>Proposing a task about a row.</summary>
public static class SubjectTasks
{
    /// <param name="kind">ROOM.WORD; the task's text is ROOM.task.WORD.</param>
    /// <param name="organisation">Whose people decide, those with the role.</param>
    public static async Task<Guid> Ask(this Approvals approvals, DbSession s, string kind, Guid id, Guid organisation, string role, string link, CancellationToken ct, params (string Name, object Value)[] args)
    {
        var word = kind.IndexOf('.', StringComparison.Ordinal);
        return (await approvals.Propose(s, new ApprovalRequest(kind, id.ToString(), organisation, role, new RowSubject(id), $"{kind[..word]}.task{kind[word..]}",
            args.ToDictionary(a => a.Name, a => Convert.ToString(a.Value, CultureInfo.InvariantCulture) ?? ""), link), ct)).Id;
    }
}
