using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Cbam.Operators;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Api;

/// <summary>Operators' forms for importers: brought, written, handed over, verified, told on.</summary>
static class CommunicationApi
{
    /// <param name="Entries">New texts by field, as <c>processes[P1].marketT</c>; an empty one empties the entry.</param>
    /// <param name="RowVersion">Of the form they were read from.</param>
    sealed record WriteBody(int RowVersion, IReadOnlyDictionary<string, string> Entries);

    /// <param name="PublicationId">Of the published report.</param>
    /// <param name="Title">Facility and year where left out.</param>
    sealed record FromReportBody(Guid PublicationId, string? Title, Guid? PlantId);

    sealed record HandBody(Guid VerifierId);

    sealed record ReturnBody(string Reason);

    /// <param name="Product">Its number in the form.</param>
    /// <param name="CorrectionReason">Where figures of the brand's year were accepted before.</param>
    sealed record TellBody(int Product, string BrandCode, string? CorrectionReason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/cbam/communications").WithTags("CBAM");
        var size = new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20));
        g.MapGet("", async (HttpContext http, DbSession s, CommunicationHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (text, sort, cursor, limit) = (q.Text("text"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, text, sort, cursor, limit, ct));
            }).WithName("ListCommunications").WithSummary("Own forms for importers, or those handed to the own organisation for verification").WithQuery([new("text", "A part of the title", "Smelter"), new("sort", "written or title, with - before it for descending", "-written"), .. DeskApi.Paging]).Produces<Page<Communication>>();
        g.MapPost("", (HttpContext http, DbSession s, CommunicationHandlers h, CancellationToken ct) => ApiReplies.Made<NewCommunication, CommunicationView>(http, b => h.Begin(s, b, ct), v => At(v), ct))
            .WithName("BeginCommunication").WithSummary("Begin with the empty form (producer's editor)").Accepts<NewCommunication>("application/json").Produces<CommunicationView>(201);
        g.MapPost("/workbook", async (HttpContext http, DbSession s, CommunicationHandlers h, string? name, string? title, Guid? plant, CancellationToken ct) => ApiReplies.Made(await h.Bring(s, new(title, plant), name, http.Request.Body, ct), At))
            .WithName("BringCommunication").WithSummary("Begin with the Commission's workbook, filled in: name=FILE, title=TITLE, plant=an own plant, the content as the body; findings name the cells (producer's editor)").WithMetadata(size).Accepts<string>("application/octet-stream").Produces<CommunicationView>(201);
        api.MapGet("/cbam/published-reports", async (HttpContext http, DbSession s, CommunicationHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.Published(s, ct)))
            .WithTags("CBAM").WithName("ListPublishedForCbam").WithSummary("Own verified reports published for the border measure: what a form can be begun from (producer's editor)").Produces<IReadOnlyList<PublishedReport>>();
        g.MapPost("/from-report", (HttpContext http, DbSession s, CommunicationHandlers h, CancellationToken ct) => ApiReplies.Made<FromReportBody, CommunicationView>(http, b => h.BeginFrom(s, new(b.Title, b.PlantId), b.PublicationId, ct), At, ct))
            .WithName("BeginCommunicationFromReport").WithSummary("Begin with the figures of a published report; each entry they fill in keeps its origin (producer's editor)").Accepts<FromReportBody>("application/json").Produces<CommunicationView>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCommunication").WithSummary("A form: what it says, what that comes to, what is wrong with it").Produces<CommunicationView>();
        g.MapPut("/{id:guid}/entries", (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<WriteBody, CommunicationView>(http, b => h.Write(s, id, b.RowVersion, b.Entries, ct), ct))
            .WithName("WriteCommunication").WithSummary("Write entries of a draft anew; all of them or none (producer's editor)").Accepts<WriteBody>("application/json").Produces<CommunicationView>();
        g.MapPut("/{id:guid}/workbook", async (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, string? name, CancellationToken ct) => ApiReplies.Reply(http, await h.Replace(s, id, name, http.Request.Body, ct)))
            .WithName("ReplaceCommunication").WithSummary("Put another workbook in the place of what a draft says: name=FILE, the content as the body (producer's editor)").WithMetadata(size).Accepts<string>("application/octet-stream").Produces<CommunicationView>();
        g.MapGet("/{id:guid}/workbook", Export).WithName("ExportCommunication").WithSummary("The Commission's workbook filled in: the file it came in, or the empty form, with the entries of now").Produces<string>(200, XlsxWriter.Mime);
        g.MapPost("/{id:guid}/files", async (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, string? name, string? field, CancellationToken ct) => ApiReplies.Made(await h.AddFile(s, id, field, name, http.Request.Body, ct), f => $"/api/v1/cbam/communications/{id}/files/{f.Id}"))
            .WithName("AddCommunicationFile").WithSummary("Bring evidence to a draft: name=FILE, field=FIELD for one entry, the content as the body (producer's editor)").WithMetadata(size).Accepts<string>("application/octet-stream").Produces<CommunicationFile>(201);
        g.MapGet("/{id:guid}/files/{file:guid}", async (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, Guid file, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, file, ct))).WithName("GetCommunicationFile").WithSummary("The content of a piece of evidence").Produces<string>(200, "application/octet-stream");
        g.MapPost("/{id:guid}/hand", (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<HandBody, CommunicationView>(http, b => h.Hand(s, id, b.VerifierId, ct), ct))
            .WithName("HandCommunication").WithSummary("Hand a form without errors to a verifier (producer's approver)").Accepts<HandBody>("application/json").Produces<CommunicationView>();
        g.MapPost("/{id:guid}/take-back", (HttpContext http, DbSession s, CommunicationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReturnBody, CommunicationView>(http, b => h.TakeBack(s, id, b.Reason, ct), ct))
            .WithName("TakeCommunicationBack").WithSummary("Take a form back from a verifier who has not answered, with the reason (producer's approver)").Accepts<ReturnBody>("application/json").Produces<CommunicationView>();
        g.MapPost("/{id:guid}/return", (HttpContext http, DbSession s, VerifierHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReturnBody, CommunicationView>(http, b => h.Return(s, id, b.Reason, ct), ct))
            .WithName("ReturnCommunication").WithSummary("Give a form back to its operator (verifier's lead)").Accepts<ReturnBody>("application/json").Produces<CommunicationView>();
        g.MapPost("/{id:guid}/opinion", (HttpContext http, DbSession s, VerifierHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<VerifierOpinion, CommunicationView>(http, b => h.GiveOpinion(s, id, b, ct), ct))
            .WithName("GiveCommunicationOpinion").WithSummary("An opinion with reasonable assurance; a second person confirms it in the inbox (verifier's lead)").Accepts<VerifierOpinion>("application/json").Produces<CommunicationView>();
        g.MapPost("/{id:guid}/brands", (HttpContext http, DbSession s, VerifierHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<TellBody, CommunicationView>(http, b => h.Publish(s, id, b.Product, b.BrandCode, b.CorrectionReason, ct), ct))
            .WithName("TellBrand").WithSummary("Make a verified product the draft of a brand's yearly emissions form (producer's editor)").Accepts<TellBody>("application/json").Produces<CommunicationView>();
        g.MapGet("/{id:guid}/brand-form", BrandForm).WithName("ExportBrandForm").WithSummary("The yearly emissions form of a brand as a workbook, filled in from a product (producer)").WithQuery([new("product", "Its number in the form", "1"), new("brand", "Code of an own brand", "FJNI")]).Produces<string>(200, XlsxWriter.Mime);
        api.MapPost("/cbam/brand-forms", async (HttpContext http, DbSession s, BrandForms h, string? name, CancellationToken ct) => ApiReplies.Made(await h.Bring(s, name, http.Request.Body, ct), b => $"/api/v1/emissions/{b.SubmissionId}"))
            .WithTags("CBAM").WithName("BringBrandForm").WithSummary("Bring the yearly emissions form of a brand as a workbook: name=FILE, the content as the body; becomes the draft of the brand's emissions (producer's editor)").WithMetadata(size).Accepts<string>("application/octet-stream").Produces<BroughtBrandForm>(201);
    }

    static async Task<IResult> BrandForm(HttpContext http, DbSession s, BrandForms h, Guid id, CancellationToken ct)
    {
        var q = new QueryWords(http);
        var (product, brand) = (q.Whole("product") ?? 0, q.Text("brand"));
        if (q.Wrong.Count > 0) return Replies.Refused(q.Wrong);
        var made = await h.Export(s, id, product, brand, ct);
        if (!made.Ok) return Replies.Refused([.. made.Refusals]);
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.File(made.Value.Content, XlsxWriter.Mime, made.Value.Name);
    }

    static string At(CommunicationView v) => $"/api/v1/cbam/communications/{v.Communication.Id}";

    static async Task<IResult> Export(HttpContext http, DbSession s, CommunicationHandlers h, Guid id, CancellationToken ct)
    {
        var made = await h.Export(s, id, ct);
        if (!made.Ok) return Replies.Refused([.. made.Refusals]);
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.File(made.Value.Content, XlsxWriter.Mime, made.Value.Name);
    }
}
