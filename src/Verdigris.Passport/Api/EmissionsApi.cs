using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Access;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

sealed record PublicBody(bool PublicOptIn);

static class EmissionsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/emissions").WithTags("Emissions");
        g.MapPost("", Create).WithName("CreateSubmission").WithSummary("Enter the emissions of a brand and year (producer)").Accepts<NewSubmission>("application/json").Produces<Submission>(201);
        g.MapGet("", async (HttpContext http, DbSession s, EmissionsHandlers h, string? brand, int? year, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, brand, year, cursor, limit ?? 50, ct, sort)))
            .WithName("ListSubmissions").WithSummary("Own submissions; the exchange sees all").Produces<Page<Submission>>();
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetSubmission").WithSummary("A submission with its figures").Produces<SubmissionView>();
        g.MapGet("/{id:guid}/versions", async (HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Versions(s, id, ct))).WithName("ListSubmissionVersions").WithSummary("Every submission of the same brand, year and method, newest first: what was corrected, when and why").Produces<IReadOnlyList<SubmissionView>>();
        g.MapGet("/{id:guid}/difference", async (HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => await h.Difference(s, id, ct) is { Ok: true } read ? read.Value is { } made ? ApiReplies.Reply(http, made) : Replies.Refused(Refusal.NotFound("emissions.no-other-method", "id")) : Replies.Refused(EmissionsAccess.NotVisible("emissions")))
            .WithName("GetMethodDifference").WithSummary("What the difference between the IAI and the CBAM figure of its brand and year is made of").Produces<MethodDifference>();
        g.MapPut("/{id:guid}/values", Revise).WithName("ReviseSubmission").WithSummary("Change the figures of a draft or returned submission").Accepts<EmissionsValues>("application/json").Produces<Submission>();
        g.MapPost("/{id:guid}/submit", async (HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Submit(s, id, ct))).WithName("SubmitEmissions").WithSummary("Hand in to the exchange (approver)").Produces<Submission>();
        g.MapGet("/{id:guid}/evidence", async (HttpContext http, DbSession s, EvidenceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListEvidence").WithSummary("Files behind the figures (producer; the exchange once handed in)").Produces<IReadOnlyList<EvidenceFile>>();
        g.MapPost("/{id:guid}/evidence", async (HttpContext http, DbSession s, EvidenceHandlers h, Guid id, string? name, CancellationToken ct) => ApiReplies.Made(await h.Add(s, id, name, http.Request.Body, ct), f => $"/api/v1/emissions/{id}/evidence/{f.Id}"))
            .WithName("AddEvidence").WithSummary("Add a file to a draft or returned submission: name=FILE, the content as the body; at most 20 files of 20 MiB")
            .WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<EvidenceFile>(201);
        g.MapGet("/{id:guid}/evidence/{file:guid}", Evidence).WithName("GetEvidence").WithSummary("The content of a file").Produces<string>(200, "application/octet-stream");
        g.MapDelete("/{id:guid}/evidence/{file:guid}", async (DbSession s, EvidenceHandlers h, Guid id, Guid file, CancellationToken ct) => Replies.From(await h.Remove(s, id, file, ct))).WithName("RemoveEvidence").WithSummary("Take a file off a draft or returned submission").Produces(204);
        g.MapPut("/{id:guid}/public", SetPublic).WithName("PublishEmissions").WithSummary("Show the figures to everybody, or no longer (approver)").Accepts<PublicBody>("application/json").Produces<Submission>();
    }

    static async Task<IResult> Create(HttpContext http, DbSession s, EmissionsHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<NewSubmission>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Create(s, body.Value, ct), e => $"/api/v1/emissions/{e.Id}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Evidence(HttpContext http, DbSession s, EvidenceHandlers h, Guid id, Guid file, CancellationToken ct) =>
        ApiReplies.Saved(http, await h.Open(s, id, file, ct));

    static async Task<IResult> Revise(HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<EmissionsValues>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.Revise(s, id, body.Value, ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> SetPublic(HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<PublicBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.SetPublic(s, id, body.Value.PublicOptIn, ct)) : Replies.Refused([.. body.Refusals]);
    }
}
