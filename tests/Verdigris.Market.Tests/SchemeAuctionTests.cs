using NodaTime;
using Verdigris.Book;
using Verdigris.Book.Auctions;
using Verdigris.Market.Auctions;
using Verdigris.Primitives;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests;

/// <summary>What a scheme's file says of an auction: reserve prices of schemes that sell together, and reserves that come to the offer.</summary>
public sealed class SchemeAuctionTests
{
    static Instant At(MarketWorld w, int minutes) => w.Registry.Clock.Now + Duration.FromMinutes(minutes);

    [Fact]
    public async Task In_a_joint_auction_the_higher_reserve_price_counts_and_without_a_rate_nobody_knows_which()
    {
        await using var w = await MarketWorld.Open(code: "wci", now: Instant.FromUtc(2026, 2, 10, 18, 0));
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        await Give(w, seller.UnitsAccount, "CCA", "2026", 20_000);
        NewAuction Wanted(decimal? reserve, decimal? rate, int days = 0) => new("wci-current", "CCA", "2026", w.SellerAccount.Code, 10_000, reserve, At(w, 10 + days * 1440), At(w, 70 + days * 1440), ExchangeRate: rate);
        Task<string> No(NewAuction wanted) => w.Refused(Operator, s => w.Get<AuctionPlanning>().Plan(s, wanted, default));
        async Task<decimal?> Price(NewAuction wanted) => (await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, wanted, default))).Auction.Reserve;
        Assert.Equal("auction.exchange-rate-needed", await No(Wanted(null, null)));
        Assert.Equal("auction.exchange-rate", await No(Wanted(null, 0m)));
        Assert.Equal("auction.exchange-rate", await No(Wanted(27.94m, 0.0000000000000000000000000001m)));
        Assert.Equal("auction.reserve-joint", await No(Wanted(27.94m, 1.3m)));
        Assert.Equal(27.94m, await Price(Wanted(null, 1.3654m))); // 38.15 / 1.3654 = 27.94
        Assert.Equal(29.35m, await Price(Wanted(null, 1.3m))); // 38.15 / 1.3
        Assert.Equal(29.35m, await Price(Wanted(29.35m, 1.3m)));
        Assert.Equal(28m, await Price(Wanted(28m, null))); // as announced
        // The reserve prices of 2027 follow from an inflation nobody knows yet: nothing is planned without one.
        Assert.Equal("auction.reserve-unknown", await No(Wanted(null, 1.3654m, days: 365)));
        Assert.Equal(30.18m, await Price(Wanted(30.18m, 1.3654m, days: 365)));
    }

    [Fact]
    public async Task A_reserve_price_the_file_has_and_does_not_know_is_asked_for()
    {
        await using var w = await MarketWorld.Open(code: "nz-ets", now: Instant.FromUtc(2026, 3, 3, 0, 0));
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        await Give(w, seller.UnitsAccount, "NZU", "", 5_000);
        NewAuction Wanted(decimal? reserve) => new("nz-uniform", "NZU", null, w.SellerAccount.Code, 1_000, reserve, At(w, 10), At(w, 70));
        Assert.Equal("auction.reserve-unknown", await w.Refused(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(null), default)));
        Assert.Equal(71m, (await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(71m), default))).Auction.Reserve);
    }

    [Fact]
    public async Task Of_two_tiers_with_a_joint_total_the_planner_says_what_each_has_and_never_more_than_both_together()
    {
        await using var w = await MarketWorld.Open(code: "rggi", now: Instant.FromUtc(2027, 3, 3, 15, 0));
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        await Give(w, seller.UnitsAccount, "RGA", "2027", 12_000_000);
        NewAuction Wanted(params AuctionControl[] controls) => new("rggi-uniform", "RGA", "2027", w.SellerAccount.Code, 1_000_000, null, At(w, 10), At(w, 70), Controls: controls);
        Task<string> No(params AuctionControl[] controls) => w.Refused(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(controls), default));
        Assert.Equal("auction.control-split", await No(new AuctionControl("ccr-1")));
        Assert.Equal("ets.no-rule", await No(new AuctionControl("ccr", 1_000)));
        Assert.Equal("auction.control-total", await No(new("ccr-1", 5_000_000), new("ccr-2", 6_750_001)));
        var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(new("ccr-1", 5_000_000), new("ccr-2", 6_000_000)), default));
        Assert.Equal(9m, planned.Auction.Reserve);
        Assert.Equal([new(19.50m, 5_000_000, false), new(29.25m, 6_000_000, false)], planned.Auction.Steps);
        // What may come to the offer is set aside with it: the next one finds too little.
        await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default));
        Assert.Equal(AuctionState.Announced, (await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, planned.Auction.Id, default))).State);
        Assert.Equal(0, w.Registry.Held(seller.UnitsAccount, "RGA", "2027"));
        var second = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(), default));
        Assert.Equal("auction.over-held", await w.Refused(Operator2, s => w.Get<AuctionPlanning>().Announce(s, second.Auction.Id, null, default)));
    }

    [Fact]
    public async Task Units_of_a_reserve_that_come_to_the_offer_are_sold_and_delivered_and_count_as_taken()
    {
        await using var w = await MarketWorld.Open(code: "nz-ets", now: Instant.FromUtc(2025, 3, 4, 0, 0));
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "NZU", "", 5_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "NZD");
        var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, new("nz-uniform", "NZU", null, w.SellerAccount.Code, 1_000, null, At(w, 10), At(w, 70), Controls: [new("ccr-1", 1_500)]), default));
        var announced = await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default));
        Assert.Equal(2_500, w.Registry.Held(seller.UnitsAccount, "NZU"));
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, planned.Auction.Id, new("M00002", 800_000m), default));
        w.Registry.Clock.Now = At(w, 11);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, planned.Auction.Id, new("M00002", [new(210m, 1_500), new(200m, 500), new(100m, 500)]), default));
        w.Registry.Clock.Now = At(w, 60);
        await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, planned.Auction.Id, planned.Key, default));
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, planned.Auction.Id, announced.Key, default));
        var done = await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, planned.Auction.Id, default));
        // The trigger of 2025 is 193: above it 1,000 of the 1,500 are asked for, and the price is down to the trigger.
        Assert.Equal((AuctionState.Settled, 2_000L, 193m), (done.State, done.Result!.Sold, done.Result.Price));
        Assert.Equal((2_000L, 3_000L), (w.Registry.Held(buyer.UnitsAccount, "NZU"), w.Registry.Held(seller.UnitsAccount, "NZU")));
        Assert.Equal([new SupplyStep(193m, 1_000, false)], await w.Registry.All(Operator, s => AuctionControls.Taken(s, "nz-ets", "nz-uniform", 2025, default)));
        Assert.Empty(await w.Registry.All(Operator, s => AuctionControls.Taken(s, "nz-ets", "nz-uniform", 2026, default)));
    }

    [Fact]
    public async Task Auctions_announced_together_name_a_reserve_whole_and_sell_it_once()
    {
        // The file of the scheme leaves open how many units the reserve of the year has: here it says so.
        const string trigger = "control: ccr-1, year: 2025, price: 193,";
        using var data = new ChangedData("schemes", "nz-ets.yaml", trigger, trigger + " units: 1500,");
        await using var w = await MarketWorld.Open(code: "nz-ets", now: Instant.FromUtc(2025, 3, 4, 0, 0), packs: data.Packs);
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "NZU", "", 10_000);
        await w.PayIn(w.BuyerAccount, 2_000_000m, "NZD");
        NewAuction Wanted(params AuctionControl[] controls) => new("nz-uniform", "NZU", null, w.SellerAccount.Code, 1_000, null, At(w, 10), At(w, 70), Controls: controls);
        // Both are announced while nothing of the reserve is taken yet, and each has all of it held.
        var both = new List<(Guid Id, string First, string Second)>();
        for (var i = 0; i < 2; i++)
        {
            var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(new AuctionControl("ccr-1")), default));
            Assert.Equal([new SupplyStep(193m, 1_500, false)], planned.Auction.Steps);
            both.Add((planned.Auction.Id, planned.Key, (await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default))).Key));
            await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, planned.Auction.Id, new("M00002", 600_000m), default));
        }
        Assert.Equal(5_000, w.Registry.Held(seller.UnitsAccount, "NZU"));
        w.Registry.Clock.Now = At(w, 11);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, both[0].Id, new("M00002", [new(210m, 2_000)]), default));
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, both[1].Id, new("M00002", [new(210m, 2_500)]), default));
        w.Registry.Clock.Now = At(w, 60);
        var done = new List<Auction>();
        foreach (var (id, first, second) in both)
        {
            await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, id, first, default));
            await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, id, second, default));
            done.Add(await w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, id, default)));
        }
        Assert.Equal([(AuctionState.Settled, 2_000L, 1_000L), (AuctionState.Settled, 1_500L, 500L)], done.Select(d => (d.State, d.Result!.Sold, d.Result.Steps.Sum(x => x.Units))));
        // What was held beyond what was sold went back.
        Assert.Equal((3_500L, 6_500L), (w.Registry.Held(buyer.UnitsAccount, "NZU"), w.Registry.Held(seller.UnitsAccount, "NZU")));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingUnits)));

        // Used up, it is refused and not left out unsaid; so is one of no units, and nothing where a reserve should stand.
        async Task<(string, string?)> No(params AuctionControl[] controls)
        {
            var answer = await w.Registry.Try(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(controls), default));
            Assert.False(answer.Ok);
            return (answer.Refusals[0].Code, answer.Refusals[0].Field);
        }
        Assert.Equal(("auction.control-total", "controls[0].units"), await No(new AuctionControl("ccr-1")));
        Assert.Equal(("auction.step", "controls[0].units"), await No(new AuctionControl("ccr-2", 0)));
        Assert.Equal(("auction.step", "controls[1].units"), await No(new("ccr-2", 1), new("ccr-2", -1)));
        Assert.Equal(("input.required", "controls[0]"), await No(null!, null!));
    }

    [Fact]
    public void Of_a_reserve_partly_taken_the_tier_reached_first_has_what_is_left()
    {
        var rggi = SchemeSet.Of(Ask.Packs).Find("rggi")!;
        SupplyStep Lower(long units) => new(19.50m, units, false);
        SupplyStep Upper(long units) => new(29.25m, units, false);
        IReadOnlyList<SupplyStep> Left(int year, SupplyStep[] steps, params SupplyStep[] taken) => AuctionTerms.WithinPools(rggi, "rggi-uniform", year, steps, taken);
        SupplyStep[] whole = [Upper(5_875_000), Lower(5_875_000)];
        Assert.Equal(whole, Left(2027, whole));
        Assert.Equal([Upper(125_000), Lower(5_875_000)], Left(2027, whole, Lower(5_750_000)));
        Assert.Equal([Lower(4_875_000)], Left(2027, whole, Lower(5_875_000), Upper(1_000_000)));
        Assert.Empty(Left(2027, whole, [.. whole]));
        Assert.Empty(Left(2027, whole, Lower(12_000_000)));
        // What belongs to no reserve of the file stays; what is withheld counts by itself.
        Assert.Equal([new(20m, 50_000_000, false)], Left(2027, [new(20m, 50_000_000, false)], whole));
        Assert.Equal([new(6m, 11_310_000, true)], Left(2021, [new(6m, 11_310_000, true)], new SupplyStep(13m, 11_980_000, false)));
    }

    [Fact]
    public void What_auctions_of_a_year_took_is_not_there_for_the_next()
    {
        var rggi = SchemeSet.Of(Ask.Packs).Find("rggi")!;
        string? Over(int year, SupplyStep[] steps, params SupplyStep[] taken) => AuctionTerms.OverPools(rggi, "rggi-uniform", year, steps, taken, "controls")?.Code;
        SupplyStep[] both = [new(19.50m, 5_000_000, false), new(29.25m, 1_750_000, false)];
        Assert.Null(Over(2027, both, new SupplyStep(19.50m, 5_000_000, false)));
        Assert.Equal("auction.control-total", Over(2027, both, new SupplyStep(29.25m, 5_000_001, false)));
        // A price that is no trigger belongs to no reserve of the file; what is withheld is no part of what is added.
        Assert.Null(Over(2027, [new(20m, 50_000_000, false)]));
        Assert.Equal([("ccr", 11_980_000m, false), ("ecr", 11_310_000m, true)], AuctionTerms.Pools(rggi, "rggi-uniform", 2021).Select(p => (p.Name, p.Units, p.Withholds)));
        Assert.Equal([("ccr-both-tiers", 11_750_000m, 2)], AuctionTerms.Pools(rggi, "rggi-uniform", 2030).Select(p => (p.Name, p.Units, p.Prices.Count)));
        Assert.Empty(AuctionTerms.Pools(rggi, "rggi-uniform", 2022)); // unknown, not zero
    }
}
