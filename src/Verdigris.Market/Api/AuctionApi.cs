using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Book.Auctions;
using Verdigris.Market.Auctions;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Sealed auctions: planned by two people, bid for, opened by two keys.</summary>
static class AuctionApi
{
    /// <param name="Confidential">Below this price nothing is sold; sealed at once.</param>
    sealed record AnnounceBody(decimal? Confidential);

    sealed record ReasonBody(string? Reason);

    /// <param name="Account">Code of the account that may take part.</param>
    sealed record QualifyBody(string Account);

    /// <param name="Key">As it was given when the auction was planned or announced.</param>
    sealed record KeyBody(string? Key);

    /// <param name="Announced">Shares as published; null: by the scheme's rule.</param>
    sealed record SpreadBody(IReadOnlyList<long>? Announced);

    /// <summary>An auction as everybody sees it: keys and commitments in hexadecimal.</summary>
    internal sealed record AuctionView(Guid Id, long Number, string Scheme, string Format, string Unit, string Vintage, string Seller, long Volume, long Added, decimal? Reserve, string Currency, IReadOnlyList<SupplyStep> Steps, Instant OpensAt, Instant ClosesAt, AuctionState State,
        string FirstKey, string FirstLot, string? SecondKey, string? SecondLot, bool HasConfidential, string? Head, AuctionResult? Result, bool UnsoldSpread, string? Reason, AuctionSide Side, long? Least, long? Most, bool QualifiedOnly, long Unsold, long Returned)
    {
        public static AuctionView Of(Auction a) => new(a.Id, a.Number, a.Scheme, a.Format, a.Unit, a.Vintage, a.SellerCode, a.Volume, a.Added, a.Reserve, a.Currency, a.Steps, a.OpensAt, a.ClosesAt, a.State, Hex(a.FirstKey)!, Hex(a.FirstLot)!, Hex(a.SecondKey), Hex(a.SecondLot), a.HasConfidential, Hex(a.Head), a.Result, a.UnsoldSpread, a.Reason, a.Side, a.Least, a.Most, a.QualifiedOnly, a.Unsold, a.Returned);

        static string? Hex(byte[]? bytes) => bytes is null ? null : Convert.ToHexStringLower(bytes);
    }

    /// <param name="Key">Given this once and kept nowhere.</param>
    sealed record KeyedView(AuctionView Auction, string Key);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/auctions").WithTags("Market auctions");
        g.MapGet("", async (HttpContext http, DbSession s, AuctionQueries h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (state, limit) = (q.Word<AuctionState>("state"), q.Whole("limit") ?? 50);
                if (q.Wrong.Count > 0) return Replies.Refused(q.Wrong);
                var found = await h.List(s, q.Text("scheme"), state, q.Text("sort"), q.Text("cursor"), limit, ct);
                return ApiReplies.Reply(http, found.Ok ? new Page<AuctionView>([.. found.Value.Items.Select(AuctionView.Of)], found.Value.NextCursor) : Answer<Page<AuctionView>>.From(found.Refusals));
            }).WithName("ListAuctions").WithSummary("Auctions, the newest first").AllowAnonymous().WithQuery([new("scheme", "Code of a scheme", "eu-ets"), new("state", "Planned, Announced, Closed, Pending, Settled, NothingSold, Cancelled", "Settled"), .. MemberApi.Paging]).Produces<Page<AuctionView>>();
        g.MapPost("", (HttpContext http, DbSession s, AuctionPlanning h, CancellationToken ct) => ApiReplies.Made<NewAuction, KeyedView>(http, async b => Keyed(await h.Plan(s, b, ct)), v => $"/api/v1/market/auctions/{v.Auction.Id}", ct))
            .WithName("PlanAuction").WithSummary("Plan an auction (market operator); the answer holds the first key, once").WithMetadata(ShownOnce.Here).Accepts<NewAuction>("application/json").Produces<KeyedView>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, AuctionQueries h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, View(await h.Read(s, id, ct)))).WithName("GetAuction").WithSummary("An auction with its outcome").AllowAnonymous().Produces<AuctionView>();
        g.MapPost("/{id:guid}/announcement", (HttpContext http, DbSession s, AuctionPlanning h, Guid id, CancellationToken ct) => ApiReplies.Reply<AnnounceBody, KeyedView>(http, async b => Keyed(await h.Announce(s, id, b.Confidential, ct)), ct))
            .WithName("AnnounceAuction").WithSummary("Announce what another has planned (market operator); the answer holds the second key, once").WithMetadata(ShownOnce.Here).Accepts<AnnounceBody>("application/json").Produces<KeyedView>();
        g.MapPost("/{id:guid}/qualified", (HttpContext http, DbSession s, AuctionPlanning h, Guid id, CancellationToken ct) => ApiReplies.Reply<QualifyBody, AuctionView>(http, async b => View(await h.Qualify(s, id, b.Account, ct)), ct))
            .WithName("QualifyForAuction").WithSummary("Let an account take part in an auction that is not for everybody (market operator)").Accepts<QualifyBody>("application/json").Produces<AuctionView>();
        g.MapPost("/{id:guid}/cancellation", (HttpContext http, DbSession s, AuctionPlanning h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, AuctionView>(http, async b => View(await h.Cancel(s, id, b.Reason, ct)), ct))
            .WithName("CancelAuction").WithSummary("Cancel an auction that is not cleared, with the reason; everything set aside goes back").Accepts<ReasonBody>("application/json").Produces<AuctionView>();
        g.MapPost("/{id:guid}/keys", (HttpContext http, DbSession s, AuctionOpening h, Guid id, CancellationToken ct) => ApiReplies.Reply<KeyBody, AuctionView>(http, async b => View(await h.BringKey(s, id, b.Key, ct)), ct))
            .WithName("BringAuctionKey").WithSummary("Bring a key of a closed auction; with the second it is opened, cleared and settled").Accepts<KeyBody>("application/json").Produces<AuctionView>();
        g.MapPost("/{id:guid}/unsold", (HttpContext http, DbSession s, AuctionPlanning h, Guid id, CancellationToken ct) => ApiReplies.Reply<SpreadBody, IReadOnlyList<UnsoldShare>>(http, b => h.SpreadUnsold(s, id, b.Announced, ct), ct))
            .WithName("SpreadUnsold").WithSummary("Spread unsold units over the auctions that follow").Accepts<SpreadBody>("application/json").Produces<IReadOnlyList<UnsoldShare>>();
        g.MapGet("/{id:guid}/guarantees", async (HttpContext http, DbSession s, AuctionQueries q, AuctionBidding h, Guid id, CancellationToken ct) => await q.Read(s, id, ct) is { Ok: true, Value: { } a } ? ApiReplies.Reply(http, await h.Guarantees(s, a, ct)) : Replies.Refused(Refusal.NotFound("auction.not-found")))
            .WithName("ListAuctionGuarantees").WithSummary("Money set aside, own or for the exchange all").Produces<IReadOnlyList<Guarantee>>();
        g.MapPost("/{id:guid}/guarantees", (HttpContext http, DbSession s, AuctionBidding h, Guid id, CancellationToken ct) => ApiReplies.Made<NewGuarantee, Guarantee>(http, b => h.Give(s, id, b, ct), _ => $"/api/v1/market/auctions/{id}/guarantees", ct))
            .WithName("GiveAuctionGuarantee").WithSummary("Set money aside for own bids").Accepts<NewGuarantee>("application/json").Produces<Guarantee>(201);
        g.MapGet("/{id:guid}/bids", async (HttpContext http, DbSession s, AuctionBidding h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Receipts(s, id, ct))).WithName("ListBidReceipts").WithSummary("Receipts of own bids, or of all for the exchange; what they say stands sealed").Produces<IReadOnlyList<BidReceipt>>();
        g.MapPost("/{id:guid}/bids", (HttpContext http, DbSession s, AuctionBidding h, Guid id, CancellationToken ct) => ApiReplies.Made<NewBid, BidReceipt>(http, b => h.Bid(s, id, b, ct), _ => $"/api/v1/market/auctions/{id}/bids", ct))
            .WithName("SubmitBid").WithSummary("Submit a bid; it is sealed at once and the receipt proves it").WithMetadata(SealedOnArrival.Here).Accepts<NewBid>("application/json").Produces<BidReceipt>(201);
        g.MapDelete("/{id:guid}/bids/{submission:guid}", async (HttpContext http, DbSession s, AuctionBidding h, Guid id, Guid submission, CancellationToken ct) => ApiReplies.Reply(http, await h.Withdraw(s, id, submission, ct))).WithName("WithdrawBid").WithSummary("Take an own bid back before the close").Produces<BidReceipt>();
        g.MapGet("/{id:guid}/fills", async (HttpContext http, DbSession s, AuctionQueries h, Guid id, CancellationToken ct) => await h.Read(s, id, ct) is { Ok: true, Value: { } a } ? ApiReplies.Reply(http, await h.Fills(s, a, ct)) : Replies.Refused(Refusal.NotFound("auction.not-found")))
            .WithName("ListAuctionFills").WithSummary("What the own account got, or all for the exchange").Produces<IReadOnlyList<AuctionFill>>();
    }

    static Answer<KeyedView> Keyed(Answer<KeyedAuction> made) => made.Ok ? new KeyedView(AuctionView.Of(made.Value.Auction), made.Value.Key) : Answer<KeyedView>.From(made.Refusals);

    static Answer<AuctionView> View(Answer<Auction> found) => found.Ok ? AuctionView.Of(found.Value) : Answer<AuctionView>.From(found.Refusals);
}
