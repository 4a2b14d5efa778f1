using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Lots;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

sealed record OpenLotBody(Guid CertificateId);

/// <param name="Parts">For each part the bundles that go into it.</param>
sealed record SplitLotBody(IReadOnlyList<IReadOnlyList<BundleName>>? Parts);

sealed record MergeLotsBody(IReadOnlyList<Guid>? LotIds);

static class LotApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/lots").WithTags("Lots");
        g.MapGet("", async (HttpContext http, DbSession s, LotHandlers h, string? brand, bool? ended, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, new(brand, ended ?? false, sort, cursor, limit ?? 50), ct)))
            .WithName("ListLots").WithSummary("Lots of metal on no warrant in the own hand; the exchange sees all").Produces<Page<Lot>>();
        g.MapPost("", (HttpContext http, DbSession s, LotHandlers h, CancellationToken ct) => Made<OpenLotBody>(http, b => h.Open(s, b.CertificateId, ct), ct)).WithName("OpenLot").WithSummary("Make the first lot of a certificate: all its bundles").Accepts<OpenLotBody>("application/json").Produces<LotView>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, LotHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetLot").WithSummary("A lot with bundles, certificates, parents and children").Produces<LotView>();
        g.MapGet("/{id:guid}/genealogy", async (HttpContext http, DbSession s, LotHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Genealogy(s, id, ct))).WithName("GetLotGenealogy").WithSummary("All it came from, up to the certificates, and all that came of it").Produces<LotGenealogy>();
        g.MapPost("/{id:guid}/split", (HttpContext http, DbSession s, LotHandlers h, Guid id, CancellationToken ct) => Reply<SplitLotBody>(http, b => h.Split(s, id, b.Parts ?? [], ct), ct)).WithName("SplitLot").WithSummary("Split by bundles; every bundle goes into exactly one part").Accepts<SplitLotBody>("application/json").Produces<LotView>();
        g.MapPost("/merge", (HttpContext http, DbSession s, LotHandlers h, CancellationToken ct) => Made<MergeLotsBody>(http, b => h.Merge(s, b.LotIds ?? [], ct), ct)).WithName("MergeLots").WithSummary("Put lots of one brand, shape and specification together").Accepts<MergeLotsBody>("application/json").Produces<LotView>(201);
        g.MapPost("/{id:guid}/close", (HttpContext http, DbSession s, LotHandlers h, Guid id, CancellationToken ct) => Reply<ReasonBody>(http, b => h.Close(s, id, b.Reason, ct), ct)).WithName("CloseLot").WithSummary("Take a first lot back that nobody divided").Accepts<ReasonBody>("application/json").Produces<LotView>();
    }

    static async Task<IResult> Reply<TBody>(HttpContext http, Func<TBody, Task<Answer<LotView>>> work, CancellationToken ct)
    {
        var body = await ApiReplies.Body<TBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await work(body.Value)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Made<TBody>(HttpContext http, Func<TBody, Task<Answer<LotView>>> work, CancellationToken ct)
    {
        var body = await ApiReplies.Body<TBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await work(body.Value), l => $"/api/v1/lots/{l.Lot.Id}") : Replies.Refused([.. body.Refusals]);
    }
}
