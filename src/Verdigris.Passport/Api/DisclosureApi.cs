using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Disclosures;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <summary>Methodologies, disclosures, targets, profiles and comparison.</summary>
static class DisclosureApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var m = api.MapGroup("/methodologies").WithTags("Methodologies");
        m.MapGet("", async (HttpContext http, DbSession s, MethodologyHandlers h, string? @class, string? state, string? metal, string? q, string? sort, string? cursor, int? limit, CancellationToken ct) =>
                Word<MethodologyState>(state, "state", out var known) is { } wrong ? Replies.Refused(wrong) : ApiReplies.Reply(http, await h.List(s, new(@class, known, metal, q, sort, cursor, limit ?? 50), ct)))
            .WithName("ListMethodologies").WithSummary("The catalogue of methodologies (public); applications for their applicant and the exchange").Produces<Page<Methodology>>();
        m.MapGet("/{id:guid}", async (HttpContext http, DbSession s, MethodologyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetMethodology").WithSummary("One version of a methodology").Produces<Methodology>();
        m.MapPost("", async (HttpContext http, DbSession s, MethodologyHandlers h, CancellationToken ct) =>
                await With<MethodologyApplication>(http, ct, async body => ApiReplies.Made(await h.Apply(s, body, ct), x => $"/api/v1/methodologies/{x.Id}")))
            .WithName("ApplyMethodology").WithSummary("Apply for a methodology or a new version of one (producer)").Accepts<MethodologyApplication>("application/json").Produces<Methodology>(201);
        m.MapPost("/{id:guid}/take-up", async (HttpContext http, DbSession s, MethodologyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.TakeUp(s, id, ct))).WithName("TakeUpMethodology").WithSummary("Take an application up (exchange)").Produces<Methodology>();
        m.MapPost("/{id:guid}/decisions", async (HttpContext http, DbSession s, MethodologyHandlers h, Guid id, CancellationToken ct) =>
                await With<MethodologyDecision>(http, ct, async body => ApiReplies.Made(await h.Propose(s, id, body, ct), t => $"/tasks/{t.Id}")))
            .WithName("ProposeMethodologyDecision").WithSummary("Propose to approve, decline or retire (exchange); a second person decides").Accepts<MethodologyDecision>("application/json").Produces<ApprovalTask>(201);
    }

    /// <summary>Null and the value of a word of the address, or what is wrong with it; no word is no value.</summary>
    static Refusal? Word<T>(string? word, string field, out T? value) where T : struct, Enum
    {
        value = DisclosureWords.Maybe<T>(word);
        return word is null || value is not null ? null : Refusal.Of("request.word-unknown", field, ("given", word));
    }

    static async Task<IResult> With<T>(HttpContext http, CancellationToken ct, Func<T, Task<IResult>> work)
    {
        var body = await ApiReplies.Body<T>(http.Request, ct);
        return body.Ok ? await work(body.Value) : Replies.Refused([.. body.Refusals]);
    }
}
