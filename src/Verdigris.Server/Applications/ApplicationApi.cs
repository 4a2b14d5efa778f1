using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Applications for the exchange's programs, and the documents of one. Applicants use the pages.</summary>
static class ApplicationApi
{
    /// <param name="Note">What the applicant reads.</param>
    internal sealed record DecisionProposal(bool Approve, string? Note);

    internal sealed record InformationRequest(string? Note);

    sealed record ProposedDecision(Guid TaskId);

    public static void Map(IEndpointRouteBuilder app)
    {
        var g = app.MapGroup("/api/v1/applications").WithTags("Applications").RequireAuthorization();
        g.MapGet("", async (HttpContext http, ICurrentActor current, Applications a, ApplicationState? state, string? sort, string? cursor, int? limit, CancellationToken ct) => Replies.List(http, await a.List(current.Actor, state, sort, cursor, limit ?? 50, ct))).WithName("ListApplications").WithSummary("Organisations that ask to take part, newest first (exchange staff)").Produces<Page<Application>>();
        g.MapGet("/{id:guid}", async (ICurrentActor current, Applications a, Guid id, CancellationToken ct) => Reply(await a.Read(current.Actor, id, ct))).WithName("GetApplication").WithSummary("An application with its documents and steps").Produces<ApplicationView>();
        g.MapGet("/{id:guid}/files/{file:guid}", async (ICurrentActor current, Applications a, Guid id, Guid file, CancellationToken ct) =>
            Replies.From(await a.File(current.Actor, id, file, ct), found => Results.Stream(found.Content, found.File.MediaType, found.File.FileName))).WithName("GetApplicationFile").WithSummary("A document of an application").Produces<string>(200, "application/octet-stream");
        g.MapPost("/{id:guid}/information", async (ICurrentActor current, Applications a, Guid id, InformationRequest body, CancellationToken ct) => Reply(await a.RequestInformation(current.Actor, id, body.Note, ct))).WithName("RequestApplicationInformation").WithSummary("Ask the applicant for more").Produces<Application>();
        g.MapPost("/{id:guid}/proposal", async (ICurrentActor current, Applications a, Guid id, DecisionProposal body, CancellationToken ct) =>
            Replies.From(await a.Propose(current.Actor, id, body.Approve, body.Note, ct), task => Results.Json(new ProposedDecision(task.Id), StorageJson.Options))).WithName("ProposeApplicationDecision").WithSummary("Propose to approve or refuse; another member of staff decides the task").Produces<ProposedDecision>();
    }

    static IResult Reply<T>(Answer<T> answer) => Replies.From(answer, value => Results.Json(value, StorageJson.Options));
}
