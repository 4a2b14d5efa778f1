using NodaTime;
using Verdigris.Book.Auctions;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Market.Auctions;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Registry.Tests;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests;

public sealed class AuctionTests
{
    static Instant At(MarketWorld w, int minutes) => w.Registry.Clock.Now + Duration.FromMinutes(minutes);

    /// <summary>An announced auction of the seller's units, both keys, and money with the buyer.</summary>
    static async Task<(MarketWorld World, Auction Auction, string First, string Second, UnitsLink Seller, UnitsLink Buyer)> Ready(long volume = 4000, decimal? reserve = null, decimal? confidential = null)
    {
        var w = await Open();
        var seller = await w.Stocked(10_000);
        var buyer = await w.Units(Buyer, Buyer2, w.BuyerAccount);
        await w.PayIn(w.BuyerAccount, 1_000_000m);
        var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, w.SellerAccount.Code, volume, reserve, At(w, 10), At(w, 70)), default));
        var announced = await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, confidential, default));
        Assert.Equal(AuctionState.Announced, (await w.Do(Buyer, s => w.Get<AuctionQueries>().Read(s, planned.Auction.Id, default))).State);
        return (w, announced.Auction, planned.Key, announced.Key, seller, buyer);
    }

    [Fact]
    public async Task Bids_are_sealed_until_two_keys_open_them_and_money_and_units_change_hands_at_once()
    {
        var (w, a, first, second, seller, buyer) = await Ready();
        await using var _ = w;
        var bidding = w.Get<AuctionBidding>();
        Assert.Equal(6000, w.Registry.Held(seller.UnitsAccount));
        Assert.Equal("auction.no-guarantee", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 1000)]), default)));
        Assert.Equal("auction.own", await w.Refused(Seller, s => bidding.Give(s, a.Id, new("M00001", 1m), default)));
        Assert.Equal("cash.over-available", await w.Refused(Buyer, s => bidding.Give(s, a.Id, new("M00002", 1_000_000.01m), default)));
        Assert.Equal(GuaranteeState.Held, (await w.Do(Buyer, s => bidding.Give(s, a.Id, new("M00002", 320_000m), default))).State);
        Assert.Equal("auction.not-open", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 1000)]), default)));
        w.Registry.Clock.Now = At(w, 11);
        Assert.Equal("auction.guarantee", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 4500)]), default)));
        Assert.Equal("auction.quantity", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 250)]), default)));
        Assert.Equal("auction.lines", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", []), default)));
        Assert.Equal("input.required", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 500), null!]), default)));
        var dropped = await w.Do(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(81m, 500)]), default));
        await w.Do(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 1000), new(78m, 3000)]), default));
        Assert.True((await w.Do(Buyer, s => bidding.Withdraw(s, a.Id, dropped.Submission, default))).Withdrawn);
        Assert.Equal("auction.withdrawn", await w.Refused(Buyer, s => bidding.Withdraw(s, a.Id, dropped.Submission, default)));
        Assert.Equal("auction.bid-unknown", await w.Refused(Seller, s => bidding.Withdraw(s, a.Id, dropped.Submission, default)));
        // Nothing in the database says what was bid.
        await using (var s = w.Registry.Sessions.Open(Actor.System))
        {
            foreach (var envelope in await s.All("select envelope from market.auction_link where kind = 1", r => r.GetFieldValue<byte[]>(0), default)) Assert.Null(BidPaper.Read(envelope.AsSpan(66, BidPaper.Bytes)));
        }
        Assert.Equal("auction.state-forbids", await w.Refused(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default)));
        w.Registry.Clock.Now = At(w, 60);
        Assert.Equal("auction.late", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(80m, 500)]), default)));
        var closed = await w.Do(Buyer, s => w.Get<AuctionQueries>().Read(s, a.Id, default));
        Assert.Equal((AuctionState.Closed, true), (closed.State, closed.Head is not null));
        Assert.Equal("auction.key-malformed", await w.Refused(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, "abc", default)));
        Assert.Equal("auction.key-wrong", await w.Refused(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, OfficerKey.Write(SealingKey.Private(new byte[32]), new byte[32]), default)));
        Assert.Equal(AuctionState.Closed, (await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default))).State);
        // One person with both keys is one person.
        Assert.Equal(AuctionState.Closed, (await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default))).State);
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        var done = await w.Do(Buyer, s => w.Get<AuctionQueries>().Read(s, a.Id, default));
        Assert.Equal((AuctionState.Settled, 78m, 4000L, 1m, 312_000m, 1, 1, 2, 1), (done.State, done.Result!.Price, done.Result.Sold, done.Result.Cover, done.Result.Proceeds, done.Result.Bidders, done.Result.Winners, done.Result.Bids, done.Result.Withdrawn));
        Assert.Equal((4000L, 6000L), (w.Registry.Held(buyer.UnitsAccount), w.Registry.Held(seller.UnitsAccount)));
        Assert.Equal((31_200_000L, 68_800_000L), (w.CashOf(w.SellerAccount), w.CashOf(w.BuyerAccount)));
        Assert.Equal([new(w.BuyerAccount.Number, 4000, 4000, 78m, 312_000m)], await w.Registry.All(Buyer, s => w.Get<AuctionQueries>().Fills(s, done, default)));
        Assert.Empty(await w.Registry.All(Seller, s => w.Get<AuctionQueries>().Fills(s, done, default)));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingCash)));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingUnits)));
        // Anybody can work the lot out again.
        var seed = System.Security.Cryptography.SHA256.HashData([.. done.Result.FirstSeed, .. done.Result.SecondSeed]);
        Assert.Equal(done.Result.TieOrder, TieDraw.Order(a.Id.ToString("N"), seed, [.. done.Result.TieOrder.Order(StringComparer.Ordinal)]));
        Assert.True(TieDraw.Opens(done.FirstLot, AuctionPlanning.LotOf(a.Id, 1), done.Result.FirstSeed));
    }

    [Fact]
    public async Task Unsold_units_pass_over_an_auction_that_is_being_announced()
    {
        var (w, a, first, second, _, _) = await Ready(volume: 3500);
        await using var _ = w;
        NewAuction Later(int minutes) => new("eu-uniform", "EUA", null, w.SellerAccount.Code, 1000, null, At(w, minutes), At(w, minutes + 60));
        var next = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Later(2000), default));
        var after = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Later(3000), default));
        w.Registry.Clock.Now = At(w, 71);
        await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default));
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        // Announced a moment ago: the second key is given, and the Book has not said yet that so many units are held.
        await using (var s = w.Registry.Sessions.Open(Actor.System)) await s.Run("update market.auction set second_key = first_key, second_lot = first_lot, announced_by = $2 where id = $1", default, next.Auction.Id, Operator2.PersonId);
        var shares = await w.Do(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default));
        Assert.Equal(after.Auction.Id, Assert.Single(shares).Auction);
        Assert.Equal((1000L, 0L), (await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, next.Auction.Id, default))) is var same ? (same.Volume, same.Added) : default);
    }

    [Fact]
    public async Task Too_few_bids_sell_nothing_everything_goes_back_and_the_units_are_spread_over_the_next_auctions()
    {
        var (w, a, first, second, seller, buyer) = await Ready(volume: 3500);
        await using var _ = w;
        var next = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, w.SellerAccount.Code, 1000, null, At(w, 2000), At(w, 2060)), default));
        var after = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, w.SellerAccount.Code, 1000, null, At(w, 3000), At(w, 3060)), default));
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 300_000m), default));
        w.Registry.Clock.Now = At(w, 11);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(80m, 3000)]), default));
        w.Registry.Clock.Now = At(w, 60);
        await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default));
        var done = await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        Assert.Equal((AuctionStatus.Cancelled, NothingSold.TooFewBids), (done.Result!.Status, done.Result.Why));
        Assert.Equal(AuctionState.NothingSold, (await w.Do(Buyer, s => w.Get<AuctionQueries>().Read(s, a.Id, default))).State);
        Assert.Equal((100_000_000L, 10_000L, 0L), (w.CashOf(w.BuyerAccount), w.Registry.Held(seller.UnitsAccount), w.Registry.Held(buyer.UnitsAccount)));
        Assert.Equal("access.role-needed", await w.Refused(Seller, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default)));
        var shares = await w.Do(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default));
        Assert.Equal([(next.Auction.Id, 1500L), (after.Auction.Id, 2000L)], shares.Select(x => (x.Auction, x.Units)));
        Assert.Equal((2500L, 1500L), (await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, next.Auction.Id, default))) is var grown ? (grown.Volume, grown.Added) : default);
        Assert.Equal("auction.spread-done", await w.Refused(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default)));
    }

    [Fact]
    public async Task A_confidential_reserve_price_nobody_can_read_cancels_what_does_not_reach_it()
    {
        var (w, a, first, second, _, _) = await Ready(volume: 1000, confidential: 79m);
        await using var __ = w;
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 300_000m), default));
        w.Registry.Clock.Now = At(w, 11);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(78.99m, 3000)]), default));
        w.Registry.Clock.Now = At(w, 60);
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        var done = await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default));
        Assert.Equal((AuctionStatus.Cancelled, NothingSold.BelowConfidential), (done.Result!.Status, done.Result.Why));
    }

    [Fact]
    public async Task What_is_wrong_with_a_plan_is_said_at_once_and_nobody_announces_his_own()
    {
        await using var w = await Open();
        await w.Registry.Give(w.Registry.SmelterAccount, 10_000);
        var planning = w.Get<AuctionPlanning>();
        Assert.Equal("auction.format-unknown", await w.Refused(Operator, s => planning.Plan(s, new("dutch", "EUA", null, "M00001", 500, null, At(w, 10), At(w, 20)), default)));
        var wrong = await w.Registry.Try(Operator, s => planning.Plan(s, new("eu-uniform", "CEA", null, "M00001", 501, 0.005m, At(w, -1), At(w, -2)), default));
        Assert.Equal(["transaction.unit", "auction.seller", "auction.times", "auction.volume", "auction.reserve"], wrong.Refusals.Select(r => r.Code));
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        var planned = await w.Do(Operator, s => planning.Plan(s, new("eu-uniform", "EUA", null, "M00001", 500, null, At(w, 10), At(w, 20)), default));
        Assert.Equal("auction.not-found", await w.Refused(Buyer, s => w.Get<AuctionQueries>().Read(s, planned.Auction.Id, default)));
        Assert.Equal("auction.same-person", await w.Refused(Operator, s => planning.Announce(s, planned.Auction.Id, null, default)));
        Assert.Equal("auction.over-held", await w.Refused(Operator2, s => planning.Announce(s, planned.Auction.Id, null, default)));
        await w.Deposit(Seller, Seller2, w.Registry.SmelterAccount, seller, 600);
        await w.Do(Operator2, s => planning.Announce(s, planned.Auction.Id, null, default));
        Assert.Equal(100, w.Registry.Held(seller.UnitsAccount));
        Assert.Equal(AuctionState.Cancelled, (await w.Do(Operator, s => planning.Cancel(s, planned.Auction.Id, "a key was lost", default))).State);
        Assert.Equal(600, w.Registry.Held(seller.UnitsAccount));
    }

    [Fact]
    public async Task Bids_of_who_is_suspended_stopped_or_killed_before_the_close_are_withdrawn_in_the_chain_and_those_of_who_is_suspended_after_it_bind()
    {
        var (w, a, first, second, _, buyer) = await Ready(volume: 1000);
        await using var __ = w;
        var bidding = w.Get<AuctionBidding>();
        var member = Assert.Single(await w.Registry.All(Buyer, s => w.Get<MemberHandlers>().List(s, null, default)));
        await w.Do(Buyer, s => bidding.Give(s, a.Id, new("M00002", 300_000m), default));
        w.Registry.Clock.Now = At(w, 11);
        Task<BidReceipt> Bid(decimal price) => w.Do(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(price, 1000)]), default));
        async Task AllGone(int bids)
        {
            var receipts = await w.Registry.All(Buyer, s => bidding.Receipts(s, a.Id, default));
            Assert.Equal((bids, true), (receipts.Count, receipts.All(r => r.Withdrawn)));
        }
        // Suspended: gone at once, and nothing new is taken until it is let back in.
        await Bid(99m);
        await w.Do(Operator, s => w.Get<MemberHandlers>().Set(s, member.Id, MemberState.Suspended, "sanctions list", default));
        await AllGone(1);
        Assert.Equal("member.not-active", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new("M00002", [new(98m, 1000)]), default)));
        await w.Do(Operator, s => w.Get<MemberHandlers>().Propose(s, member.Id, default));
        await w.Registry.DecideTask(Operator2, await w.Registry.TaskOf(member.Id), true);
        // The account stopped, then the switch pulled.
        await Bid(97m);
        await w.Do(Operator, s => w.Get<TradingAccountHandlers>().Stop(s, w.BuyerAccount.Number, true, "inquiry", default));
        await AllGone(2);
        await w.Do(Operator, s => w.Get<TradingAccountHandlers>().Stop(s, w.BuyerAccount.Number, false, "over", default));
        await Bid(96m);
        var kill = await w.Do(Buyer, s => w.Get<KillSwitch>().Pull(s, new(KillScope.Member, "M00002", null, "a program ran wild"), default));
        await AllGone(3);
        await w.Do(Buyer, s => w.Get<KillSwitch>().Release(s, kill.Id, "mended", default));
        await w.Registry.DecideTask(Buyer2, await w.Registry.TaskOf(kill.Id), true);
        // What stands at the close binds.
        await Bid(80m);
        w.Registry.Clock.Now = At(w, 60);
        await w.Do(Operator, s => w.Get<MemberHandlers>().Set(s, member.Id, MemberState.Suspended, "late", default));
        await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default));
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        var done = await w.Do(Buyer, s => w.Get<AuctionQueries>().Read(s, a.Id, default));
        Assert.Equal((AuctionState.Settled, 80m, 1, 3), (done.State, done.Result!.Price, done.Result.Bids, done.Result.Withdrawn));
        Assert.Equal(1000L, w.Registry.Held(buyer.UnitsAccount));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal(3L, await s.Value<long>("select count(*) from storage.outbox_event where payload->>'textKey' = 'market.notice.auction.bids-withdrawn'", default));
    }
}
