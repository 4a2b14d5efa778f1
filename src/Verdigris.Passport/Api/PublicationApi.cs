using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Publications;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;
using static Verdigris.Web.ApiReplies;

namespace Verdigris.Passport.Api;

sealed record SummaryBody(Bilingual Summary);

/// <summary>Papers of the exchange, and what organisations answer.</summary>
static class PublicationApi
{
    static readonly QueryParameter[] ListQuery =
    [
        new("q", "Words to search for", "carbon"),
        new("kind", "One of the words of PublicationKind", "Consultation"),
        new("state", "One of the words of PublicationState", "Decided"),
        new("year", "Year of publication", "2024"),
        new("sort", "Column to sort by, with - before it for descending", "-published"),
        new("cursor", "nextCursor of the page before"),
        new("limit", "Rows a page, 1 to 200", "50"),
    ];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/publications").WithTags("Publications");
        g.MapGet("", List).WithName("ListPublications").WithSummary("Papers of the exchange (public); drafts for the exchange").WithQuery(ListQuery).Produces<Page<PublicationItem>>();
        g.MapGet("/export", Export).WithName("ExportPublications").WithSummary("The same list as CSV").WithQuery(ListQuery).Produces<string>(200, "text/csv");
        g.MapPost("", async (HttpContext http, DbSession s, PublicationHandlers h, CancellationToken ct) => await With<PublicationContent>(http, async body => ApiReplies.Made(await h.Create(s, body, ct), p => $"/api/v1/publications/{p.Id}")))
            .WithName("WritePublication").WithSummary("Write a draft (exchange)").Accepts<PublicationContent>("application/json").Produces<Paper>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, ResponseHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct)))
            .WithName("GetPublication").WithSummary("A paper with counts, and once answering has ended with tallies and named responses (public)").Produces<PublicationView>();
        g.MapPut("/{id:guid}", async (HttpContext http, DbSession s, PublicationHandlers h, Guid id, CancellationToken ct) => await With<PublicationContent>(http, async body => ApiReplies.Reply(http, await h.Revise(s, id, body, ct))))
            .WithName("RevisePublication").WithSummary("Write a draft anew (exchange)").Accepts<PublicationContent>("application/json").Produces<Paper>();
        g.MapPost("/{id:guid}/publish", async (DbSession s, PublicationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made(await h.ProposePublishing(s, id, ct), t => $"/tasks/{t.Id}"))
            .WithName("ProposePublishing").WithSummary("Propose to publish a draft (exchange); a second person decides").Produces<ApprovalTask>(201);
        g.MapPut("/{id:guid}/summary", async (HttpContext http, DbSession s, PublicationHandlers h, Guid id, CancellationToken ct) => await With<SummaryBody>(http, async body => ApiReplies.Reply(http, await h.Summarise(s, id, body.Summary, ct))))
            .WithName("SummarisePublication").WithSummary("Say what was answered, once answering has ended (exchange)").Accepts<SummaryBody>("application/json").Produces<Paper>();
        g.MapPost("/{id:guid}/decision", async (HttpContext http, DbSession s, PublicationHandlers h, Guid id, CancellationToken ct) => await With<DecisionContent>(http, async body => ApiReplies.Made(await h.ProposeDecision(s, id, body, ct), t => $"/tasks/{t.Id}")))
            .WithName("ProposePublicationDecision").WithSummary("Propose what is decided on a summarised paper (exchange); a second person decides").Accepts<DecisionContent>("application/json").Produces<ApprovalTask>(201);
        g.MapPost("/{id:guid}/withdraw", async (HttpContext http, DbSession s, PublicationHandlers h, Guid id, CancellationToken ct) => await With<ReasonBody>(http, async body => ApiReplies.Reply(http, await h.Withdraw(s, id, body.Reason, ct))))
            .WithName("WithdrawPublication").WithSummary("Take a paper back with a reason (exchange)").Accepts<ReasonBody>("application/json").Produces<Paper>();
        g.MapGet("/{id:guid}/responses", async (HttpContext http, DbSession s, ResponseHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct)))
            .WithName("ListPublicationResponses").WithSummary("Every response (exchange)").Produces<IReadOnlyList<Response>>();
        g.MapGet("/{id:guid}/response", async (HttpContext http, DbSession s, ResponseHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Own(s, id, ct)))
            .WithName("GetOwnPublicationResponse").WithSummary("The response of one's own organisation").Produces<Response>();
        g.MapPut("/{id:guid}/response", async (HttpContext http, DbSession s, ResponseHandlers h, Guid id, CancellationToken ct) => await With<ResponseContent>(http, async body => ApiReplies.Reply(http, await h.Respond(s, id, body, ct))))
            .WithName("PutOwnPublicationResponse").WithSummary("Answer for one's own organisation, or answer anew, until the closing day").Accepts<ResponseContent>("application/json").Produces<Response>();
    }

    static async Task<IResult> List(HttpContext http, DbSession s, PublicationRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        return filter.Ok ? ApiReplies.Reply(http, await h.List(s, filter.Value, ct)) : Replies.Refused([.. filter.Refusals]);
    }

    static async Task<IResult> Export(HttpContext http, DbSession s, PublicationRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        if (!filter.Ok) return Replies.Refused([.. filter.Refusals]);
        // What is wrong is refused before anything is sent; afterwards the rows stream.
        var first = await h.List(s, filter.Value with { Limit = 1 }, ct);
        if (!first.Ok) return Replies.Refused([.. first.Refusals]);
        Replies.CsvFollows(http, "publications.csv");
        await h.Export(s, filter.Value, http.Response.Body, ct);
        return Results.Empty;
    }

    static Answer<PublicationFilter> Filter(IQueryCollection query)
    {
        var wrong = new List<Refusal>();
        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        var kind = DisclosureWords.Maybe<PublicationKind>(Text("kind"));
        if (Text("kind") is { } k && kind is null) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", k)));
        var state = DisclosureWords.Maybe<PublicationState>(Text("state"));
        if (Text("state") is { } x && state is null) wrong.Add(Refusal.Of("request.word-unknown", "state", ("given", x)));
        int? year = null;
        if (Text("year") is { } y) { if (int.TryParse(y, out var number)) year = number; else wrong.Add(Refusal.Of("input.not-a-number", "year", ("given", y))); }
        var limit = 50;
        if (Text("limit") is { } l && !int.TryParse(l, out limit)) wrong.Add(Refusal.Of("input.not-a-number", "limit", ("given", l)));
        return wrong.Count > 0 ? wrong : new PublicationFilter(Text("q"), kind, state, year, Text("sort"), Text("cursor"), limit);
    }
}
