using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Paper;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <param name="Doubtful">Fields that could not be read with certainty; left out: none.</param>
sealed record PaperContentBody(CertificateContent Content, IReadOnlyList<string>? Doubtful);

/// <param name="HeatNumbers">In any order.</param>
sealed record PaperReadingBody(IReadOnlyList<string> HeatNumbers, decimal GrossKg, decimal NetKg, IReadOnlyList<string>? Doubtful);

static class PaperApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/paper-certificates").WithTags("Paper certificates");
        g.MapGet("", async (HttpContext http, DbSession s, PaperHandlers h, PaperState? state, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, new(state, sort, cursor, limit ?? 50), ct)))
            .WithName("ListPaperCertificates").WithSummary("Scans of the own organisation; the exchange sees all").Produces<Page<PaperCertificate>>();
        g.MapPost("", async (HttpContext http, DbSession s, PaperHandlers h, string? name, int? pages, CancellationToken ct) => ApiReplies.Made(await h.Upload(s, name, pages, http.Request.Body, ct), p => $"/api/v1/paper-certificates/{p.Id}"))
            .WithName("UploadPaperCertificate").WithSummary("Upload a scan: name=FILE, pages=COUNT for a PDF, the content as the body; PDF, PNG or JPEG of 20 MiB at most")
            .WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<PaperCertificate>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetPaperCertificate").WithSummary("A scan and what was typed off it; hidden from the second person until he has typed").Produces<PaperCertificate>();
        g.MapGet("/{id:guid}/scan", async (HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct) => ApiReplies.Saved(http, await h.OpenScan(s, id, ct))).WithName("GetPaperScan").WithSummary("The scan").Produces<string>(200, "application/octet-stream");
        g.MapPut("/{id:guid}/content", Type).WithName("TypePaperCertificate").WithSummary("The first person types all of it").Accepts<PaperContentBody>("application/json").Produces<PaperCertificate>();
        g.MapPut("/{id:guid}/reading", Read).WithName("ReadPaperCertificate").WithSummary("A second person types heats and weights without seeing the first").Accepts<PaperReadingBody>("application/json").Produces<PaperCertificate>();
        g.MapPost("/{id:guid}/publish", async (HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Publish(s, id, ct))).WithName("PublishPaperCertificate").WithSummary("Attest with the organisation's own key and publish (approver)").Produces<PaperCertificate>();
        g.MapPost("/{id:guid}/discard", (HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct) => Reasoned(http, r => h.Discard(s, id, r, ct), ct)).WithName("DiscardPaperCertificate").WithSummary("No certificate comes of this scan").Accepts<ReasonBody>("application/json").Produces<PaperCertificate>();
        g.MapPost("/{id:guid}/withdraw", (HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct) => Reasoned(http, r => h.Withdraw(s, id, r, ct), ct)).WithName("WithdrawPaperCertificate").WithSummary("Take the published certificate back: it becomes void (approver)").Accepts<ReasonBody>("application/json").Produces<PaperCertificate>();
        api.MapGet("/certificates/{id:guid}/scan", async (HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct) => ApiReplies.Saved(http, await h.OpenScanOf(s, id, ct))).WithName("GetCertificateScan").WithSummary("The scan behind a certificate from paper, for who may see the certificate").WithTags("Certificates").Produces<string>(200, "application/octet-stream");
        api.MapGet("/organisations/{id:guid}/keys", async (HttpContext http, DbSession s, OrganisationKeys h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Of(s, id, ct))).WithName("ListOrganisationKeys").WithSummary("Public keys an organisation attests papers with, newest first").WithTags("Organisations").Produces<List<OrganisationKey>>();
        api.MapPost("/organisation-keys/{kid}/revoke", RevokeKey).WithName("RevokeOrganisationKey").WithSummary("Revoke a key papers were attested with (approver)").WithTags("Organisations").Accepts<ReasonBody>("application/json").Produces<OrganisationKey>();
    }

    static async Task<IResult> Type(HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<PaperContentBody>(http.Request, ct);
        if (!body.Ok) return Replies.Refused([.. body.Refusals]);
        return body.Value.Content is null ? Replies.Refused(Refusal.Of("input.required", "content")) : ApiReplies.Reply(http, await h.Type(s, id, body.Value.Content, body.Value.Doubtful ?? [], ct));
    }

    static async Task<IResult> Read(HttpContext http, DbSession s, PaperHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<PaperReadingBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.Check(s, id, new(body.Value.HeatNumbers ?? [], body.Value.GrossKg, body.Value.NetKg), body.Value.Doubtful ?? [], ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Reasoned(HttpContext http, Func<string?, Task<Answer<PaperCertificate>>> work, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ReasonBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await work(body.Value.Reason)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> RevokeKey(HttpContext http, DbSession s, OrganisationKeys h, string kid, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ReasonBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.Revoke(s, kid, body.Value.Reason, ct)) : Replies.Refused([.. body.Refusals]);
    }
}
