using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Access;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Warehousing.FloorCounts;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <param name="Place">Floor or Gate.</param>
sealed record ScansBody(ScanPlace Place, IReadOnlyList<NewScan> Scans);

/// <summary>What happens on the floor of a warehouse.</summary>
static class WarehouseApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("").WithTags("Warehouses");
        g.MapPost("/weigh-tickets", (HttpContext http, DbSession s, WeighHandlers h, CancellationToken ct) => ApiReplies.Made<NewWeighTicket, WeighTicket>(http, b => h.Record(s, b, ct), t => $"/api/v1/weigh-tickets?{(t.CertificateId is { } c ? $"certificate={c}" : $"warrant={t.WarrantId}")}", ct))
            .WithName("RecordWeighTicket").WithSummary("Keep a weighing, in (certificate) or out (warrant)").Accepts<NewWeighTicket>("application/json").Produces<WeighTicket>(201);
        g.MapGet("/weigh-tickets", async (HttpContext http, DbSession s, WeighHandlers h, Guid? certificate, Guid? warrant, bool? open, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, certificate, warrant, open ?? false, ct)))
            .WithName("ListWeighTickets").WithSummary("Weighings of a certificate or a warrant; open=true: those no match has used").Produces<IReadOnlyList<WeighTicket>>();
        g.MapPost("/weigh-tickets/{id:guid}/void", async (HttpContext http, DbSession s, WeighHandlers h, Guid id, CancellationToken ct) => await ApiReplies.Body<ReasonBody>(http.Request, ct) is { Ok: true } body ? Replies.From(await h.Void(s, id, body.Value.Reason, ct)) : Replies.Refused(Refusal.Of("request.empty")))
            .WithName("VoidWeighTicket").WithSummary("A weighing was a mistake and counts no more").Accepts<ReasonBody>("application/json").Produces(204);
        g.MapGet("/inbound-matches/{id:guid}", async (HttpContext http, DbSession s, WarrantHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.ReadMatch(s, id, ct))).WithName("GetMatch").WithSummary("An inbound match").Produces<InboundMatch>();
        g.MapGet("/inbound-matches/{id:guid}/tickets", async (HttpContext http, DbSession s, WarrantHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Tickets(s, id, ct))).WithName("ListMatchTickets").WithSummary("The weighings a match stood on").Produces<IReadOnlyList<WeighTicket>>();
        g.MapGet("/inbound-matches/{id:guid}/photos", async (HttpContext http, DbSession s, MatchPhotos h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListMatchPhotos").WithSummary("Photos taken at the scale").Produces<IReadOnlyList<MatchPhoto>>();
        g.MapPost("/inbound-matches/{id:guid}/photos", async (HttpContext http, DbSession s, MatchPhotos h, Guid id, string? name, CancellationToken ct) => ApiReplies.Made(await h.Add(s, id, name, http.Request.Body, ct), p => $"/api/v1/inbound-matches/{id}/photos/{p.Id}"))
            .WithName("AddMatchPhoto").WithSummary("Add a photo: name=FILE, the content as the body (JPEG, PNG)").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<MatchPhoto>(201);
        g.MapGet("/inbound-matches/{id:guid}/photos/{photo:guid}", Photo).WithName("GetMatchPhoto").WithSummary("The content of a photo").Produces<string>(200, "application/octet-stream");
        g.MapPost("/warrants/{id:guid}/load-out-order", (HttpContext http, DbSession s, LoadOutOrders h, Guid id, CancellationToken ct) => ApiReplies.Made<NewLoadOutOrder, LoadOutOrder>(http, b => h.Make(s, id, b, ct), _ => $"/api/v1/warrants/{id}/load-out-order", ct))
            .WithName("MakeLoadOutOrder").WithSummary("List the bundles of a queued warrant that leave (warehouse); marks only where its certificates list none").Accepts<NewLoadOutOrder>("application/json").Produces<LoadOutOrder>(201);
        g.MapGet("/warrants/{id:guid}/load-out-order", async (HttpContext http, DbSession s, LoadOutOrders h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetLoadOutOrder").WithSummary("Bundles, scans and weight of a load-out (warehouse, exchange)").Produces<LoadOutOrder>();
        g.MapPost("/warrants/{id:guid}/load-out-order/scans", (HttpContext http, DbSession s, LoadOutOrders h, Guid id, CancellationToken ct) => ApiReplies.Reply<ScansBody, IReadOnlyList<ScanResult>>(http, b => h.Scan(s, id, b.Place, b.Scans, ct), ct))
            .WithName("ScanBundles").WithSummary("Scan bundles on the floor or at the gate; each place by another person. Every scan answers by itself").Accepts<ScansBody>("application/json").Produces<IReadOnlyList<ScanResult>>();
        g.MapGet("/warrants/{id:guid}/queue-place", QueuePlaceOf).WithName("GetQueuePlace").WithSummary("Place in the load-out queue, for owner, warehouse and exchange").Produces<QueuePlace>();
        g.MapPost("/warehouses/{id:guid}/floor-counts", CountFloor).WithName("CountFloor").WithSummary("Hand in a count of the floor: day=YYYY-MM-DD, lines of lot number and net kg as the body; compared with the Book at once")
            .WithMetadata(new RequestSizeLimitAttribute(FloorRules.LargestBytes + (1 << 20))).Accepts<string>("text/csv").Produces<FloorCountView>(201);
        g.MapGet("/warehouses/{id:guid}/floor-days", async (HttpContext http, DbSession s, FloorCountHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Days(s, id, ct))).WithName("ListFloorDays").WithSummary("The last 14 days, each with its last count or none (warehouse, exchange)").Produces<IReadOnlyList<FloorDay>>();
        g.MapGet("/warehouses/{id:guid}/floor-differences", async (HttpContext http, DbSession s, FloorCountHandlers h, Guid id, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.Open(s, id, sort, cursor, limit ?? 50, ct))).WithName("ListFloorDifferences").WithSummary("Differences nobody has resolved (warehouse, exchange)").Produces<Page<FloorDifference>>();
        g.MapGet("/floor-counts/{id:guid}", async (HttpContext http, DbSession s, FloorCountHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetFloorCount").WithSummary("A count with its differences (warehouse, exchange)").Produces<FloorCountView>();
        g.MapPost("/floor-differences/{id:guid}/resolve", (HttpContext http, DbSession s, FloorCountHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, ApprovalTask>(http, b => h.ProposeResolution(s, id, b.Reason, ct), ct))
            .WithName("ResolveFloorDifference").WithSummary("Say why a difference was there; a second person agrees (warehouse)").Accepts<ReasonBody>("application/json").Produces<ApprovalTask>();
    }

    static async Task<IResult> CountFloor(HttpContext http, DbSession s, FloorCountHandlers h, Guid id, string? day, CancellationToken ct)
    {
        var on = BrandApi.Day(day, "countedOn");
        if (!on.Ok) return Replies.Refused([.. on.Refusals]);
        return ApiReplies.Made(await h.Take(s, id, on.Value.Day ?? s.Now.InUtc().Date, http.Request.Body, ct), v => $"/api/v1/floor-counts/{v.Count.Id}");
    }

    static async Task<IResult> QueuePlaceOf(HttpContext http, DbSession s, WarrantHandlers h, Guid id, CancellationToken ct)
    {
        var read = await h.Read(s, id, ct);
        if (!read.Ok) return Replies.Refused([.. read.Refusals]);
        if (read.Value.Because == Because.Nobody) return Replies.Refused(EmissionsAccess.NotVisible("warrant"));
        return await LoadOutOrders.Place(s, read.Value.Warrant, ct) is { } place ? ApiReplies.Reply(http, place) : Replies.Refused(Refusal.Conflict("loadout.not-queued", "warrantId", ("state", read.Value.Warrant.State.ToString())));
    }

    static async Task<IResult> Photo(HttpContext http, DbSession s, MatchPhotos h, Guid id, Guid photo, CancellationToken ct) =>
        ApiReplies.Saved(http, await h.Open(s, id, photo, ct));
}
