using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Cbam.Suppliers;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Api;

/// <summary>Suppliers, what they were asked, and what they answered.</summary>
static class SupplierApi
{
    /// <param name="Kind">Reminded, Answered, Noted or Closed.</param>
    sealed record EntryBody(RequestEvent Kind, string Text);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/cbam").WithTags("CBAM");
        g.MapGet("/suppliers", async (HttpContext http, DbSession s, SupplierHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new SupplierFilter(q.Text("text"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListCbamSuppliers").WithSummary("Own suppliers of goods of the border measure").WithQuery([new("text", "A part of name, installation or country", "Smelter"), new("sort", "name, country or added, with - before it for descending", "name"), .. DeskApi.Paging]).Produces<Page<GoodsSupplier>>();
        g.MapPost("/suppliers", (HttpContext http, DbSession s, SupplierHandlers h, CancellationToken ct) => ApiReplies.Made<SupplierData, GoodsSupplier>(http, b => h.Create(s, b, ct), x => $"/api/v1/cbam/suppliers/{x.Id}", ct))
            .WithName("CreateCbamSupplier").WithSummary("Take in a supplier with its installation (owner's trader)").Accepts<SupplierData>("application/json").Produces<GoodsSupplier>(201);
        g.MapGet("/suppliers/{id:guid}", async (HttpContext http, DbSession s, SupplierHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCbamSupplier").WithSummary("A supplier").Produces<GoodsSupplier>();
        g.MapPut("/suppliers/{id:guid}", (HttpContext http, DbSession s, SupplierHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<SupplierData, GoodsSupplier>(http, b => h.Revise(s, id, b, ct), ct))
            .WithName("ReviseCbamSupplier").WithSummary("Write a supplier anew (owner's trader)").Accepts<SupplierData>("application/json").Produces<GoodsSupplier>();
        g.MapPost("/suppliers/{id:guid}/requests", (HttpContext http, DbSession s, RequestHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewRequest, RequestView>(http, b => h.Ask(s, id, b, ct), v => $"/api/v1/cbam/requests/{v.Request.Id}", ct))
            .WithName("AskSupplier").WithSummary("Write down that a supplier was asked, with the words and the day an answer is due (owner's trader)").Accepts<NewRequest>("application/json").Produces<RequestView>(201);
        g.MapGet("/requests", async (HttpContext http, DbSession s, RequestHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new RequestFilter(q.Id("supplier"), q.Word<RequestState>("state"), q.Whole("year"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListSupplierRequests").WithSummary("Requests to suppliers").WithQuery([new("supplier", "To this supplier", "01990a6e-3c1f-7a2e-9b4d-5e6f708192c2"), new("state", "Open, Answered or Closed", "Open"), new("year", "Of production", "2026"), new("sort", "asked, due, state or supplier, with - before it for descending", "-asked"), .. DeskApi.Paging]).Produces<Page<SupplierRequest>>();
        g.MapGet("/requests/{id:guid}", async (HttpContext http, DbSession s, RequestHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetSupplierRequest").WithSummary("A request with everything that happened to it").Produces<RequestView>();
        g.MapPost("/requests/{id:guid}/entries", (HttpContext http, DbSession s, RequestHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<EntryBody, RequestView>(http, b => h.Enter(s, id, b.Kind, b.Text, null, ct), ct))
            .WithName("EnterSupplierRequest").WithSummary("Write down a reminder, an answer, a note, or that it was given up (owner's trader)").Accepts<EntryBody>("application/json").Produces<RequestView>();
        g.MapPost("/requests/{id:guid}/answer-file", async (HttpContext http, DbSession s, RequestHandlers h, Guid id, string? name, string? text, CancellationToken ct) => ApiReplies.Made(await h.Enter(s, id, RequestEvent.Answered, text, (name, http.Request.Body), ct), v => $"/api/v1/cbam/requests/{v.Request.Id}"))
            .WithName("AnswerSupplierRequest").WithSummary("Enter an answer with its document: name=FILE, text=WORDS, the content as the body (owner's trader)").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<RequestView>(201);
        g.MapGet("/requests/{id:guid}/entries/{entry:guid}/file", async (HttpContext http, DbSession s, RequestHandlers h, Guid id, Guid entry, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, entry, ct))).WithName("GetSupplierRequestFile").WithSummary("A document of the log").Produces<string>(200, "application/octet-stream");
        g.MapGet("/efforts/{year:int}", async (HttpContext http, DbSession s, RequestHandlers h, int year, CancellationToken ct) => ApiReplies.Reply(http, await h.Effort(s, year, ct))).WithName("ExportEffort").WithSummary("Proof of effort: everything that happened to the requests of a year, oldest first (format=csv: as a table)").Produces<IReadOnlyList<EffortLine>>();
    }
}
