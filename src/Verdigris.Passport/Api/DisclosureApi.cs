using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;
using static Verdigris.Web.ApiReplies;

namespace Verdigris.Passport.Api;

sealed record VisibilityBody(Visibility Visibility);

/// <param name="Until">Last day it is seen.</param>
sealed record GrantBody(LocalDate Until);

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
                await With<MethodologyApplication>(http, async body => ApiReplies.Made(await h.Apply(s, body, ct), x => $"/api/v1/methodologies/{x.Id}")))
            .WithName("ApplyMethodology").WithSummary("Apply for a methodology or a new version of one (producer)").Accepts<MethodologyApplication>("application/json").Produces<Methodology>(201);
        m.MapPost("/{id:guid}/take-up", async (HttpContext http, DbSession s, MethodologyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.TakeUp(s, id, ct))).WithName("TakeUpMethodology").WithSummary("Take an application up (exchange)").Produces<Methodology>();
        m.MapPost("/{id:guid}/decisions", async (HttpContext http, DbSession s, MethodologyHandlers h, Guid id, CancellationToken ct) =>
                await With<MethodologyDecision>(http, async body => ApiReplies.Made(await h.Propose(s, id, body, ct), t => $"/tasks/{t.Id}")))
            .WithName("ProposeMethodologyDecision").WithSummary("Propose to approve, decline or retire (exchange); a second person decides").Accepts<MethodologyDecision>("application/json").Produces<ApprovalTask>(201);

        var d = api.MapGroup("/disclosures").WithTags("Disclosures");
        d.MapGet("", List).WithName("ListDisclosures").WithSummary("The register of disclosures: pillar, class, metal, country, assurance, methodology, producer, q, state, sort (public)").WithQuery(ListQuery).Produces<Page<Disclosure>>();
        d.MapGet("/facets", Facets).WithName("ListDisclosureFacets").WithSummary("Counts of public disclosures by class, metal, country and assurance").WithQuery(ListQuery).Produces<DisclosureFacets>();
        d.MapGet("/export", Export).WithName("ExportDisclosures").WithSummary("The same list as CSV").WithQuery(ListQuery).Produces<string>(200, "text/csv");
        d.MapGet("/reminders", async (HttpContext http, DbSession s, DisclosureRegister h, CancellationToken ct) => ApiReplies.Reply(http, await h.Reminders(s, ct))).WithName("ListExpiryReminders").WithSummary("Own disclosures that run out within 90, 30 or 7 days, or have").Produces<IReadOnlyList<ExpiryReminder>>();
        d.MapPost("", async (HttpContext http, DbSession s, DisclosureHandlers h, CancellationToken ct) => await With<DisclosureContent>(http, async body => ApiReplies.Made(await h.Create(s, body, ct), x => $"/api/v1/disclosures/{x.Id}")))
            .WithName("CreateDisclosure").WithSummary("Write a disclosure (producer's editor)").Accepts<DisclosureContent>("application/json").Produces<Disclosure>(201);
        d.MapGet("/{id:guid}", async (HttpContext http, DbSession s, DisclosureHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetDisclosure").WithSummary("A disclosure, for those who may see it").Produces<Disclosure>();
        d.MapPut("/{id:guid}", async (HttpContext http, DbSession s, DisclosureHandlers h, Guid id, CancellationToken ct) => await With<DisclosureContent>(http, async body => ApiReplies.Reply(http, await h.Revise(s, id, body, ct))))
            .WithName("ReviseDisclosure").WithSummary("Write a draft or returned disclosure anew").Accepts<DisclosureContent>("application/json").Produces<Disclosure>();
        d.MapPost("/{id:guid}/submit", async (HttpContext http, DbSession s, DisclosureHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Submit(s, id, ct))).WithName("SubmitDisclosure").WithSummary("Hand in to the exchange (approver)").Produces<Disclosure>();
        d.MapPost("/{id:guid}/publish", async (HttpContext http, DbSession s, DisclosureHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Publish(s, id, ct))).WithName("PublishDisclosure").WithSummary("Show an accepted disclosure to those its visibility names (approver)").Produces<Disclosure>();
        d.MapPost("/{id:guid}/withdraw", async (HttpContext http, DbSession s, DisclosureHandlers h, Guid id, CancellationToken ct) => await With<ReasonBody>(http, async body => ApiReplies.Reply(http, await h.Withdraw(s, id, body.Reason, ct))))
            .WithName("WithdrawDisclosure").WithSummary("Take a disclosure back for good, with a reason (approver)").Accepts<ReasonBody>("application/json").Produces<Disclosure>();
        d.MapPut("/{id:guid}/visibility", async (HttpContext http, DbSession s, DisclosureHandlers h, Guid id, CancellationToken ct) => await With<VisibilityBody>(http, async body => ApiReplies.Reply(http, await h.SetVisibility(s, id, body.Visibility, ct))))
            .WithName("SetDisclosureVisibility").WithSummary("Change who sees it (approver)").Accepts<VisibilityBody>("application/json").Produces<Disclosure>();
        d.MapGet("/{id:guid}/grants", async (HttpContext http, DbSession s, DisclosureSharing h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Grants(s, id, ct))).WithName("ListDisclosureGrants").WithSummary("Whom it is shown to (its producer)").Produces<IReadOnlyList<DisclosureGrant>>();
        d.MapPut("/{id:guid}/grants/{organisation:guid}", async (HttpContext http, DbSession s, DisclosureSharing h, Guid id, Guid organisation, CancellationToken ct) => await With<GrantBody>(http, async body => ApiReplies.Reply(http, await h.Grant(s, id, organisation, body.Until, ct))))
            .WithName("GrantDisclosure").WithSummary("Show it to an organisation until a day (approver)").Accepts<GrantBody>("application/json").Produces<Disclosure>();
        d.MapDelete("/{id:guid}/grants/{organisation:guid}", async (HttpContext http, DbSession s, DisclosureSharing h, Guid id, Guid organisation, CancellationToken ct) => ApiReplies.Reply(http, await h.Revoke(s, id, organisation, ct))).WithName("RevokeDisclosureGrant").WithSummary("Take a grant back (approver)").Produces<Disclosure>();
        d.MapGet("/{id:guid}/evidence", async (HttpContext http, DbSession s, DisclosureSharing h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Files(s, id, ct))).WithName("ListDisclosureEvidence").WithSummary("Files behind it that the reader may fetch").Produces<IReadOnlyList<DisclosureFile>>();
        d.MapPost("/{id:guid}/evidence", async (HttpContext http, DbSession s, DisclosureSharing h, Guid id, string? name, bool? shared, CancellationToken ct) => ApiReplies.Made(await h.Add(s, id, name, shared ?? false, http.Request.Body, ct), f => $"/api/v1/disclosures/{id}/evidence/{f.Id}"))
            .WithName("AddDisclosureEvidence").WithSummary("Add a file to a draft or returned disclosure: name=FILE, shared=true for every reader, the content as the body").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<DisclosureFile>(201);
        d.MapGet("/{id:guid}/evidence/{file:guid}", Evidence).WithName("GetDisclosureEvidence").WithSummary("The content of a file").Produces<string>(200, "application/octet-stream");
        d.MapDelete("/{id:guid}/evidence/{file:guid}", async (DbSession s, DisclosureSharing h, Guid id, Guid file, CancellationToken ct) => Replies.From(await h.Remove(s, id, file, ct))).WithName("RemoveDisclosureEvidence").WithSummary("Take a file off a draft or returned disclosure").Produces(204);

        var t = api.MapGroup("/targets").WithTags("Targets");
        t.MapPost("", async (HttpContext http, DbSession s, TargetHandlers h, CancellationToken ct) => await With<TargetContent>(http, async body => ApiReplies.Made(await h.Create(s, body, ct), x => $"/api/v1/targets/{x.Id}")))
            .WithName("CreateTarget").WithSummary("Set a target (producer's editor)").Accepts<TargetContent>("application/json").Produces<Target>(201);
        t.MapGet("/{id:guid}", async (HttpContext http, DbSession s, TargetHandlers h, Guid id, CancellationToken ct) => await h.Read(s, id, ct) is { Ok: true } read ? ApiReplies.Reply(http, new ProfileTarget(read.Value, TargetPath.Of(read.Value))) : Replies.Refused(EmissionsAccess.NotVisible("target")))
            .WithName("GetTarget").WithSummary("A target, and each year's figure against its line").Produces<ProfileTarget>();
        t.MapPost("/{id:guid}/publish", async (HttpContext http, DbSession s, TargetHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Publish(s, id, ct))).WithName("PublishTarget").WithSummary("Show a target to everybody (approver)").Produces<Target>();
        t.MapPost("/{id:guid}/withdraw", async (HttpContext http, DbSession s, TargetHandlers h, Guid id, CancellationToken ct) => await With<ReasonBody>(http, async body => ApiReplies.Reply(http, await h.Withdraw(s, id, body.Reason, ct))))
            .WithName("WithdrawTarget").WithSummary("Withdraw a target with a reason (approver)").Accepts<ReasonBody>("application/json").Produces<Target>();
        t.MapPost("/{id:guid}/progress", async (HttpContext http, DbSession s, TargetHandlers h, Guid id, CancellationToken ct) => await With<NewProgress>(http, async body => ApiReplies.Reply(http, await h.Enter(s, id, body, ct))))
            .WithName("EnterTargetProgress").WithSummary("Enter or correct a year's figure (editor)").Accepts<NewProgress>("application/json").Produces<Target>();

        api.MapGet("/producers/{id:guid}", async (HttpContext http, DbSession s, ProfileHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetProducerProfile").WithSummary("A producer's profile (public)").Produces<ProducerProfile>().WithTags("Disclosures");
        api.MapGet("/compare", async (HttpContext http, DbSession s, CompareHandlers h, string? ids, CancellationToken ct) => ApiReplies.Reply(http, await h.Compare(s, ids, ct))).WithName("CompareSubjects").WithSummary("Up to 12 companies, plants, brands or products side by side: ids=brand:CODE,company:ID,asset:ID,product:ID:METAL (public)").Produces<SideBySide>().WithTags("Disclosures");
        api.MapGet("/compare/export", CompareExport).WithName("ExportComparison").WithSummary("The same as CSV").Produces<string>(200, "text/csv").WithTags("Disclosures");
        api.MapGet("/disclosures/adoption", (HttpContext http, Adoption adoption) => ApiReplies.Reply(http, adoption.Figures)).WithName("GetDisclosureAdoption").WithSummary("Published counts of how far disclosure has spread, with their sources (public)").Produces<IReadOnlyList<AdoptionFigure>>().WithTags("Disclosures");
    }

    static readonly QueryParameter[] ListQuery =
    [
        new("pillar", "Pillar of the taxonomy", "environmental"),
        new("class", "Class of the taxonomy", "emissions"),
        new("metal", "Symbol of the metal", "AL"),
        new("country", "Country of the plant, ISO 3166-1 alpha-2", "NO"),
        new("assurance", "One of the words of Assurance", "Limited"),
        new("methodology", "Code of the methodology"),
        new("producer", "Id of the producer"),
        new("q", "Words to search for", "carbon footprint"),
        new("state", "One of the words of DisclosureState", "Published"),
        new("sort", "Column to sort by, with - before it for descending", "-published"),
        new("cursor", "nextCursor of the page before"),
        new("limit", "Rows a page, 1 to 200", "50"),
    ];

    static async Task<IResult> List(HttpContext http, DbSession s, DisclosureRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        return filter.Ok ? ApiReplies.Reply(http, await h.List(s, filter.Value, ct)) : Replies.Refused([.. filter.Refusals]);
    }

    static async Task<IResult> Facets(HttpContext http, DbSession s, DisclosureRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        return filter.Ok ? ApiReplies.Reply(http, await h.Facets(s, filter.Value, ct)) : Replies.Refused([.. filter.Refusals]);
    }

    static async Task<IResult> Export(HttpContext http, DbSession s, DisclosureRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        if (!filter.Ok) return Replies.Refused([.. filter.Refusals]);
        // The first page is refused before anything is sent; afterwards the rows stream.
        var first = await h.List(s, filter.Value with { Limit = 1 }, ct);
        if (!first.Ok) return Replies.Refused([.. first.Refusals]);
        Replies.CsvFollows(http, "disclosures.csv");
        await h.Export(s, filter.Value, http.Response.Body, ct);
        return Results.Empty;
    }

    static async Task<IResult> CompareExport(HttpContext http, DbSession s, CompareHandlers h, string? ids, CancellationToken ct)
    {
        var answer = await h.Compare(s, ids, ct);
        if (!answer.Ok) return Replies.Refused([.. answer.Refusals]);
        Replies.CsvFollows(http, "comparison.csv");
        await CompareHandlers.Write(answer.Value, http.Response.Body, ct);
        return Results.Empty;
    }

    static async Task<IResult> Evidence(HttpContext http, DbSession s, DisclosureSharing h, Guid id, Guid file, CancellationToken ct) =>
        ApiReplies.Saved(http, await h.Open(s, id, file, ct));

    static Answer<DisclosureFilter> Filter(IQueryCollection query)
    {
        var wrong = new List<Refusal>();
        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        if (Word<Assurance>(Text("assurance"), "assurance", out var assurance) is { } a) wrong.Add(a);
        if (Word<DisclosureState>(Text("state"), "state", out var state) is { } b) wrong.Add(b);
        Guid? producer = null;
        if (Text("producer") is { } p) { if (Guid.TryParse(p, out var id)) producer = id; else wrong.Add(Refusal.Of("input.not-an-id", "producer", ("given", p))); }
        var limit = 50;
        if (Text("limit") is { } l && !int.TryParse(l, out limit)) wrong.Add(Refusal.Of("input.not-a-number", "limit", ("given", l)));
        return wrong.Count > 0 ? wrong : new DisclosureFilter(Text("pillar"), Text("class"), Text("metal"), Text("country"), assurance, Text("methodology"), producer, Text("q"), state, Text("sort"), Text("cursor"), limit);
    }

    /// <summary>Null and the value of a word of the address, or what is wrong with it; no word is no value.</summary>
    static Refusal? Word<T>(string? word, string field, out T? value) where T : struct, Enum
    {
        value = DisclosureWords.Maybe<T>(word);
        return word is null || value is not null ? null : Refusal.Of("request.word-unknown", field, ("given", word));
    }
}
