using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Emissions;
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
        g.MapGet("", async (HttpContext http, DbSession s, EmissionsHandlers h, string? brand, int? year, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, brand, year, cursor, limit ?? 50, ct)))
            .WithName("ListSubmissions").WithSummary("Own submissions; the exchange sees all").Produces<Page<Submission>>();
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetSubmission").WithSummary("A submission with its figures").Produces<SubmissionView>();
        g.MapPut("/{id:guid}/values", Revise).WithName("ReviseSubmission").WithSummary("Change the figures of a draft or returned submission").Accepts<EmissionsValues>("application/json").Produces<Submission>();
        g.MapPost("/{id:guid}/submit", async (HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Submit(s, id, ct))).WithName("SubmitEmissions").WithSummary("Hand in to the exchange (approver)").Produces<Submission>();
        g.MapPut("/{id:guid}/public", SetPublic).WithName("PublishEmissions").WithSummary("Show the figures to everybody, or no longer (approver)").Accepts<PublicBody>("application/json").Produces<Submission>();
    }

    static async Task<IResult> Create(HttpContext http, DbSession s, EmissionsHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<NewSubmission>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Create(s, body.Value, ct), e => $"/api/v1/emissions/{e.Id}") : Replies.Refused([.. body.Refusals]);
    }

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
