using System.Globalization;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry;

/// <summary>What a task of the room is about: the row of that id.</summary>
sealed record Subject(Guid Id);

/// <summary>A kind of task whose decision is made by a use case. The use case is looked up when a decision is made: it may itself propose tasks.</summary>
sealed class SubjectApproval(string kind, Func<DbSession, Guid, CancellationToken, Task<Answer<Done>>> approve, Func<DbSession, Guid, string, CancellationToken, Task<Answer<Done>>> reject) : IApprovalKind
{
    public string Kind => kind;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => approve(session, task.Payload<Subject>().Id, ct);

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => reject(session, task.Payload<Subject>().Id, reason, ct);
}

/// <summary>Proposing a task of the room.</summary>
static class Tasks
{
    public static async Task<Guid> Ask(this Approvals approvals, DbSession s, string kind, Guid id, Guid organisation, string role, string link, CancellationToken ct, params (string Name, object Value)[] args) =>
        (await approvals.Propose(s, new ApprovalRequest(kind, id.ToString(), organisation, role, new Subject(id), "registry.task." + kind["registry.".Length..],
            args.ToDictionary(a => a.Name, a => Convert.ToString(a.Value, CultureInfo.InvariantCulture) ?? ""), link), ct)).Id;
}
