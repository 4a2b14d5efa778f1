using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// The task inbox for programs. The four-eyes rule is the same as on the page: whoever proposed cannot decide, and a machine client decides only what the
/// roles given to it allow.
/// </summary>
static class TaskApi
{
    /// <param name="Title">What is to be decided, in the request's language.</param>
    sealed record TaskReply(Guid Id, string Kind, string SubjectId, string Title, string Link, ApprovalState State, string ForRole, string ProposedBy, Instant ProposedAt, Instant? DueAt, string? DecidedBy, Instant? DecidedAt, string? Reason);

    /// <param name="Reason">Required with a rejection: the proposer reads it.</param>
    internal sealed record Decision(string? Reason);

    public static void Map(IEndpointRouteBuilder app)
    {
        var tasks = app.MapGroup("/api/v1/tasks").WithTags("Tasks");
        tasks.MapGet("", List).WithName("ListTasks").WithSummary("Open tasks the caller may decide, newest first; with view, those the own organisation proposed or all it decides").Produces<Page<TaskReply>>();
        tasks.MapGet("/{id:guid}", Get).WithName("GetTask").WithSummary("A task").Produces<TaskReply>();
        tasks.MapPost("/{id:guid}/approve", (DbSession s, Approvals a, IStrings texts, Guid id, CancellationToken ct) => Decide(s, a, texts, id, true, null, ct)).WithName("ApproveTask").WithSummary("Approve: the second pair of eyes").Produces<TaskReply>();
        tasks.MapPost("/{id:guid}/reject", (DbSession s, Approvals a, IStrings texts, Guid id, Decision body, CancellationToken ct) => Decide(s, a, texts, id, false, body.Reason, ct)).WithName("RejectTask").WithSummary("Reject with a reason").Produces<TaskReply>();
    }

    static async Task<IResult> List(HttpContext http, DbSession s, Approvals approvals, IStrings texts, string? view, string? kind, string? subjectId, string? sort, string? cursor, int? limit, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Replies.Refused(Refusal.Forbidden("access.sign-in-needed"));
        if (View(view) is not { } of) return Replies.Refused(Refusal.Of("request.word-unknown", "view", ("given", view ?? "")));
        var filter = of with { Kind = kind, SubjectId = subjectId, Sort = sort, Cursor = cursor, Limit = limit ?? 50 };
        var wrong = filter.Check();
        if (wrong.Count > 0) return Replies.Refused(wrong);
        var page = await approvals.Inbox(s, filter, ct);
        return Replies.List(http, new Page<TaskReply>([.. page.Items.Select(t => Reply(t, texts))], page.NextCursor));
    }

    /// <summary>The list that page and API call by the same word; null for a word that is none.</summary>
    public static TaskFilter? View(string? word) => word switch
    {
        null or "" => new(),
        "proposed" => new(TaskView.ProposedByMyOrganisation, State: null),
        "all" => new(TaskView.ForMyOrganisation, State: null),
        _ => null,
    };

    static async Task<IResult> Get(DbSession s, Approvals approvals, IStrings texts, Guid id, CancellationToken ct) =>
        await approvals.Find(s, id, ct) is { } task ? Results.Json(Reply(task, texts), StorageJson.Options) : Replies.Refused(Refusal.NotFound("approval.not-found", "id"));

    static async Task<IResult> Decide(DbSession s, Approvals approvals, IStrings texts, Guid id, bool approve, string? reason, CancellationToken ct)
    {
        var decided = await approvals.Decide(s, id, approve, reason, ct);
        return decided.Ok ? await Get(s, approvals, texts, id, ct) : Replies.Refused(decided.Refusals);
    }

    static TaskReply Reply(ApprovalTask t, IStrings texts) => new(t.Id, t.Kind, t.SubjectId, texts.Format(t.TitleKey, t.TitleArgs), t.LinkPath, t.State, t.ForRole, t.ProposedByName, t.ProposedAt, t.DueAt, t.DecidedByName, t.DecidedAt, t.Reason);
}
