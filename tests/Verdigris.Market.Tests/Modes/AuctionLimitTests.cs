using NodaTime;
using Verdigris.Book.Auctions;
using Verdigris.Market.Auctions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Tests;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

/// <summary>Auctions of a buyer, and limits of bidders that belong together.</summary>
public sealed class AuctionLimitTests
{
    static Instant At(MarketWorld w, int minutes) => w.Registry.Clock.Now + Duration.FromMinutes(minutes);

    static async Task<(Auction Auction, string First, string Second)> Announced(MarketWorld w, NewAuction wanted)
    {
        var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, wanted, default));
        var announced = await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default));
        return (await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, announced.Auction.Id, default)), planned.Key, announced.Key);
    }

    static async Task<Auction> Opened(MarketWorld w, Auction a, string first, string second)
    {
        w.Registry.Clock.Now = a.ClosesAt;
        await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default));
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        return await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, a.Id, default));
    }

    [Fact]
    public async Task A_buyer_pays_one_price_to_the_cheapest_and_what_was_not_bought_goes_back()
    {
        await using var w = await MarketWorld.Open(code: "cn-ets");
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "CEA", "2024", 20_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "CNY");
        var planning = w.Get<AuctionPlanning>();
        NewAuction Wanted(long volume = 10_000, decimal? most = 90m) => new("cn-one-way-buy", "CEA", "2024", "M00002", volume, most, At(w, 10), At(w, 70), Least: 100, Most: 8_000, QualifiedOnly: true);
        Assert.Equal("auction.most-price", await w.Refused(Operator, s => planning.Plan(s, Wanted(most: null), default)));
        Assert.Equal("auction.least-most", await w.Refused(Operator, s => planning.Plan(s, Wanted() with { Least = 9_000 }, default)));
        var costly = await w.Do(Operator, s => planning.Plan(s, Wanted(20_000), default));
        Assert.Equal("cash.over-available", await w.Refused(Operator2, s => planning.Announce(s, costly.Auction.Id, null, default)));
        var (a, first, second) = await Announced(w, Wanted());
        Assert.Equal((AuctionState.Announced, AuctionSide.Buy), (a.State, a.Side));
        // The buyer's money is held: 10,000 at 90.
        Assert.Equal(10_000_000L, w.CashOf(w.BuyerAccount, "CNY"));
        var bidding = w.Get<AuctionBidding>();
        Assert.Equal("auction.not-qualified", await w.Refused(Seller, s => bidding.Give(s, a.Id, new("M00001", 5_000m), default)));
        Assert.Equal("access.role-needed", await w.Refused(Seller, s => planning.Qualify(s, a.Id, "M00001", default)));
        await w.Do(Operator, s => planning.Qualify(s, a.Id, "M00001", default));
        Assert.Equal("auction.own", await w.Refused(Buyer, s => bidding.Give(s, a.Id, new("M00002", 5_000m), default)));
        Assert.Equal("auction.units-amount", await w.Refused(Seller, s => bidding.Give(s, a.Id, new("M00001", 0.5m), default)));
        Assert.Equal("auction.units-available", await w.Refused(Seller, s => bidding.Give(s, a.Id, new("M00001", 20_001m), default)));
        await w.Do(Seller, s => bidding.Give(s, a.Id, new("M00001", 7_000m), default));
        Assert.Equal(13_000, w.Registry.Held(seller.UnitsAccount, "CEA", "2024"));
        w.Registry.Clock.Now = a.OpensAt;
        Assert.Equal("auction.bid-size", await w.Refused(Seller, s => bidding.Bid(s, a.Id, new("M00001", [new(80m, 99)]), default)));
        Assert.Equal("auction.units-offered", await w.Refused(Seller, s => bidding.Bid(s, a.Id, new("M00001", [new(80m, 7_001)]), default)));
        await w.Do(Seller, s => bidding.Bid(s, a.Id, new("M00001", [new(80m, 4_000), new(85m, 2_000), new(95m, 1_000)]), default));
        // A second bid goes beyond what is set aside: the dearest of all is cut.
        await w.Do(Seller, s => bidding.Bid(s, a.Id, new("M00001", [new(84m, 500)]), default));
        var done = await Opened(w, a, first, second);
        // The offer above the most the buyer pays does not count; too few are filled at the reserve or the last price.
        Assert.Equal((AuctionState.Settled, AuctionStatus.Partial, 6_500L, 90m), (done.State, done.Result!.Status, done.Result.Sold, done.Result.Price));
        Assert.Equal((6_500L, 13_500L), (w.Registry.Held(buyer.UnitsAccount, "CEA", "2024"), w.Registry.Held(seller.UnitsAccount, "CEA", "2024")));
        Assert.Equal((58_500_000L, 41_500_000L), (w.CashOf(w.SellerAccount, "CNY"), w.CashOf(w.BuyerAccount, "CNY")));
        var fill = Assert.Single(await w.Registry.All(Seller, s => w.Get<AuctionQueries>().Fills(s, done, default)));
        Assert.Equal((6_500L, 585_000m), (fill.Units, fill.Paid));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingCash)));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingUnits)));
    }

    [Fact]
    public async Task The_most_of_the_notice_holds_for_all_bids_of_a_bidder_by_whatever_account_and_also_of_who_is_suspended_after_the_close()
    {
        await using var w = await MarketWorld.Open(code: "cn-ets");
        var (seller, _) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        var second = await w.Account(Seller, "Nordvik clients");
        var clients = await w.Units(Seller, Seller2, second);
        foreach (var account in new[] { seller, clients }) await Give(w, account.UnitsAccount, "CEA", "2024", 10_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "CNY");
        var (a, first, key) = await Announced(w, new("cn-one-way-buy", "CEA", "2024", "M00002", 10_000, 90m, At(w, 10), At(w, 70), Least: 100, Most: 8_000));
        var bidding = w.Get<AuctionBidding>();
        foreach (var account in new[] { w.SellerAccount, second }) await w.Do(Seller, s => bidding.Give(s, a.Id, new(account.Code, 5_000m), default));
        w.Registry.Clock.Now = a.OpensAt;
        await w.Do(Seller, s => bidding.Bid(s, a.Id, new(w.SellerAccount.Code, [new(80m, 3_000)]), default));
        await w.Do(Seller, s => bidding.Bid(s, a.Id, new(w.SellerAccount.Code, [new(81m, 2_000)]), default));
        await w.Do(Seller, s => bidding.Bid(s, a.Id, new(second.Code, [new(84m, 4_000)]), default));
        var back = await w.Do(Seller, s => bidding.Bid(s, a.Id, new(second.Code, [new(79m, 500)]), default));
        Assert.True((await w.Do(Seller, s => bidding.Withdraw(s, a.Id, back.Submission, default))).Withdrawn);
        w.Registry.Clock.Now = a.ClosesAt;
        var members = w.Get<MemberHandlers>();
        var member = (await w.Registry.All(Seller, s => members.List(s, null, default))).Single();
        await w.Do(Operator, s => members.Set(s, member.Id, MemberState.Suspended, "inquiry", default));
        var done = await Opened(w, a, first, key);
        // 9,000 stand of the two accounts: the dearest thousand is cut.
        Assert.Equal((AuctionState.Settled, 8_000L), (done.State, done.Result!.Sold));
        var fills = await w.Registry.All(Seller, s => w.Get<AuctionQueries>().Fills(s, done, default));
        Assert.Equal([(w.SellerAccount.Number, 5_000L, 0L, null), (second.Number, 3_000L, 1_000L, LimitKind.HoldingRoom)], fills.OrderBy(f => f.Account).Select(f => (f.Account, f.Units, f.CutUnits, f.CutBy)));
    }

    [Fact]
    public async Task A_cancelled_auction_of_a_buyer_gives_money_and_units_back()
    {
        await using var w = await MarketWorld.Open(code: "cn-ets");
        var (seller, _) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "CEA", "2024", 5_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "CNY");
        var (a, _, _) = await Announced(w, new("cn-one-way-buy", "CEA", "2024", "M00002", 10_000, 90m, At(w, 10), At(w, 70)));
        await w.Do(Seller, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00001", 5_000m), default));
        await w.Do(Operator, s => w.Get<AuctionPlanning>().Cancel(s, a.Id, "a key was lost", default));
        Assert.Equal((100_000_000L, 5_000L), (w.CashOf(w.BuyerAccount, "CNY"), w.Registry.Held(seller.UnitsAccount, "CEA", "2024")));
    }

    [Fact]
    public async Task All_accounts_of_an_organisation_share_one_purchase_limit_and_are_told_what_was_cut()
    {
        await using var w = await MarketWorld.Open(code: "rggi");
        var unit = w.Registry.Scheme.Units[0];
        var vintage = unit.Vintage == "none" ? "" : "2026";
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        var second = await w.Account(Buyer, "Trader clients");
        await w.Units(Buyer, Buyer2, w.BuyerAccount);
        await w.Units(Buyer, Buyer2, second);
        await Give(w, seller.UnitsAccount, unit.Unit, vintage, 100_000);
        foreach (var account in new[] { w.BuyerAccount, second }) await w.PayIn(account, 2_000_000m, "USD");
        var (a, first, key) = await Announced(w, new("rggi-uniform", unit.Unit, vintage.Length == 0 ? null : vintage, "M00001", 100_000, null, At(w, 10), At(w, 70)));
        var bidding = w.Get<AuctionBidding>();
        foreach (var account in new[] { w.BuyerAccount, second }) await w.Do(Buyer, s => bidding.Give(s, a.Id, new(account.Code, 1_500_000m), default));
        w.Registry.Clock.Now = a.OpensAt;
        // A quarter of the offer is the most of one bid.
        Assert.Equal("auction.bidder-share", await w.Refused(Buyer, s => bidding.Bid(s, a.Id, new(w.BuyerAccount.Code, [new(20m, 26_000)]), default)));
        await w.Do(Buyer, s => bidding.Bid(s, a.Id, new(w.BuyerAccount.Code, [new(20m, 15_000)]), default));
        await w.Do(Buyer, s => bidding.Bid(s, a.Id, new(second.Code, [new(19m, 20_000)]), default));
        var done = await Opened(w, a, first, key);
        Assert.Equal((AuctionState.Settled, 25_000L), (done.State, done.Result!.Sold));
        var fills = await w.Registry.All(Buyer, s => w.Get<AuctionQueries>().Fills(s, done, default));
        Assert.Equal([(w.BuyerAccount.Number, 15_000L, 0L, null), (second.Number, 10_000L, 10_000L, LimitKind.PurchaseShare)], fills.OrderBy(f => f.Account).Select(f => (f.Account, f.Units, f.CutUnits, f.CutBy)));
    }

    [Fact]
    public async Task Members_that_belong_together_count_as_one_for_what_they_may_hold()
    {
        await using var w = await MarketWorld.Open(code: "wci");
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        var format = AuctionFormats.Find(w.Get<SchemeSet>(), "wci-current")!.Value.Format;
        await Give(w, seller.UnitsAccount, "CCA", "2026", 10_000_000);
        await Give(w, buyer.UnitsAccount, "CCA", "2025", 3_000_000);
        // Of a later year: by itself.
        await Give(w, buyer.UnitsAccount, "CCA", "2029", 1_000_000);
        var (a, _, _) = await Announced(w, new("wci-current", "CCA", "2026", "M00001", 1_000_000, null, At(w, 10), At(w, 70), ExchangeRate: 1.3654m));
        Task<BidderRoom> Room() => w.Do(Buyer, s => w.Get<AuctionLimits>().Of(s, a, format, Buyer.OrganisationId, 0.04m, default));
        // 320.8 million in 2021 less five steps of 13,366,667; a tenth of the first 25 million and a fortieth of the rest, less what is held.
        const long Limit = 8_224_166;
        var alone = await Room();
        Assert.Equal((0.04m, Limit - 3_000_000, 1), (alone.Share, alone.HoldingRoom, alone.Organisations.Count));
        var associations = w.Get<Associations>();
        Assert.Equal("access.role-needed", await w.Refused(Buyer, s => associations.Propose(s, new("Nordvik group", ["M00001", "M00002"], "one owner"), default)));
        Assert.Equal("association.too-few", await w.Refused(Operator, s => associations.Propose(s, new("Nordvik group", ["M00001", "M00001"], "one owner"), default)));
        Assert.Equal("trading.not-found", await w.Refused(Operator, s => associations.Propose(s, new("Nordvik group", ["M00001", "M00088"], "one owner"), default)));
        var made = await w.Do(Operator, s => associations.Propose(s, new("Nordvik group", ["M00001", "M00002"], "one owner"), default));
        Assert.Equal(alone.HoldingRoom, (await Room()).HoldingRoom);
        await Approve(w, Operator2, made.Id);
        var together = await Room();
        // The other holds ten million, of which one is offered and held: it counts as long as it is his.
        Assert.Equal((0L, 2), (together.HoldingRoom, together.Organisations.Count));
        await w.PayIn(w.BuyerAccount, 2_000_000m, "USD");
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 1_000_000m), default));
        w.Registry.Clock.Now = a.OpensAt;
        Assert.Equal("auction.holding-room", await w.Refused(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(30m, 1_000)]), default)));
        Assert.Equal("association.member-of-other", await w.Refused(Operator, s => associations.Propose(s, new("Another", ["M00001", "M00002"], "another owner"), default)));
        await w.Do(Operator, s => associations.ProposeEnd(s, made.Id, "sold", default));
        Assert.Equal(0L, (await Room()).HoldingRoom);
        await Approve(w, Operator2, made.Id);
        Assert.Equal(alone.HoldingRoom, (await Room()).HoldingRoom);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(30m, 1_000)]), default));
        Assert.Equal(AssociationState.Ended, Assert.Single(await w.Registry.All(Buyer, s => associations.List(s, default))).State);
    }
}
