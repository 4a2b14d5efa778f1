using NodaTime;
using Verdigris.Book;
using Verdigris.Book.Auctions;
using Verdigris.Market.Auctions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests;

/// <summary>What an auction holds of others comes back to the cent, what it was to sell is lost from no calendar, and no scheme's auction runs by another rule than its own.</summary>
public sealed class AuctionCareTests
{
    static Instant At(MarketWorld w, int minutes) => w.Registry.Clock.Now + Duration.FromMinutes(minutes);

    static async Task<(Auction Auction, string First, string Second)> Announced(MarketWorld w, NewAuction wanted)
    {
        var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, wanted, default));
        var announced = await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default));
        return (await Read(w, planned.Auction), planned.Key, announced.Key);
    }

    static Task<Auction> Read(MarketWorld w, Auction a) => w.Do(Operator, s => w.Get<AuctionQueries>().Read(s, a.Id, default));

    static async Task<Auction> Opened(MarketWorld w, Auction a, string first, string second)
    {
        w.Registry.Clock.Now = a.ClosesAt;
        await w.Do(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default));
        await w.Do(Operator2, s => w.Get<AuctionOpening>().BringKey(s, a.Id, second, default));
        return await Read(w, a);
    }

    static NewAuction Eua(MarketWorld w, long volume, int opens = 10) => new("eu-uniform", "EUA", null, "M00001", volume, null, At(w, opens), At(w, opens + 60));

    [Fact]
    public async Task Money_given_while_an_auction_is_being_cancelled_is_not_set_aside()
    {
        await using var w = await Open();
        await w.Stocked(10_000);
        await w.Units(Buyer, Buyer2, w.BuyerAccount);
        await w.PayIn(w.BuyerAccount, 1_000_000m);
        var (a, _, _) = await Announced(w, Eua(w, 4_000));
        // Somebody is cancelling it and has not committed yet.
        await using var cancelling = w.Registry.Sessions.Open(Actor.System);
        Task<Answer<Guarantee>>? given = null;
        await cancelling.InTransaction(async t =>
        {
            await cancelling.Run("update market.auction set state = 6 where id = $1", t, a.Id);
            given = w.Registry.Try(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 300_000m), default));
            await using var watching = w.Registry.Sessions.Open(Actor.System);
            while (!given.IsCompleted && await watching.Value<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", t) == 0) await Task.Yield();
        }, default);
        Assert.Equal("auction.late", (await given!).Refusals[0].Code);
        Assert.Equal(100_000_000L, w.CashOf(w.BuyerAccount));
    }

    [Fact]
    public async Task Nothing_is_opened_or_cancelled_before_the_Book_has_said_what_is_set_aside()
    {
        await using var w = await Open();
        await w.Stocked(10_000);
        await w.Units(Buyer, Buyer2, w.BuyerAccount);
        await w.PayIn(w.BuyerAccount, 1_000_000m);
        var (a, first, second) = await Announced(w, Eua(w, 4_000));
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 300_000m), default));
        w.Registry.Clock.Now = a.ClosesAt;
        Task Said(short state) => Run(w, "update market.auction_guarantee set state = $2 where auction_id = $1", a.Id, state);
        // The commands wait for a Book that does not answer: given back now, the money would be held after it.
        await Said(0);
        Assert.Equal("auction.book-waits", await w.Refused(Operator, s => w.Get<AuctionPlanning>().Cancel(s, a.Id, "a key was lost", default)));
        Assert.Equal("auction.book-waits", await w.Refused(Operator, s => w.Get<AuctionOpening>().BringKey(s, a.Id, first, default)));
        await Said(1);
        await Opened(w, a, first, second);
        Assert.Equal(100_000_000L, w.CashOf(w.BuyerAccount));
        // The same of units that are being held for an announcement.
        var next = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Eua(w, 1_000), default));
        await Run(w, "update market.auction set second_key = first_key, second_lot = first_lot, announced_by = $2 where id = $1", next.Auction.Id, Operator2.PersonId);
        Assert.Equal("auction.book-waits", await w.Refused(Operator, s => w.Get<AuctionPlanning>().Cancel(s, next.Auction.Id, "a mistake", default)));
    }

    [Fact]
    public async Task What_a_cancelled_auction_was_to_offer_goes_to_the_next_ones_by_the_rule()
    {
        await using var w = await Open();
        await w.Stocked(10_000);
        var (a, _, _) = await Announced(w, Eua(w, 3_500));
        var later = new List<Auction>();
        foreach (var day in new[] { 1, 2, 3, 4, 5 }) later.Add((await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Eua(w, 1_000, day * 1440), default))).Auction);
        Task<IReadOnlyList<UnsoldShare>> Spread(Auction of) => w.Do(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, of.Id, null, default));
        Assert.Equal("auction.state-forbids", await w.Refused(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default)));
        await w.Do(Operator, s => w.Get<AuctionPlanning>().Cancel(s, a.Id, "the platform failed", default));
        Assert.Equal((3_500L, 0L), await Read(w, a) is var off ? (off.Unsold, off.Returned) : default);
        // Four auctions in lots of 500, the last takes what remains; the fifth nothing.
        Assert.Equal([(later[0].Id, 500L), (later[1].Id, 500L), (later[2].Id, 500L), (later[3].Id, 2_000L)], (await Spread(a)).Select(x => (x.Auction, x.Units)));
        Assert.Equal((0L, 3_500L, true), await Read(w, a) is var done ? (done.Unsold, done.Returned, done.UnsoldSpread) : default);
        Assert.Equal("auction.spread-done", await w.Refused(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default)));
        // One that had taken a share is called off in its turn: its own volume and the share go on.
        await w.Do(Operator, s => w.Get<AuctionPlanning>().Cancel(s, later[3].Id, "the platform failed", default));
        Assert.Equal([(later[0].Id, 500L), (later[1].Id, 500L), (later[2].Id, 500L), (later[4].Id, 1_500L)], (await Spread(later[3])).Select(x => (x.Auction, x.Units)));
    }

    [Fact]
    public async Task What_later_auctions_have_no_room_for_stays_until_there_is_some()
    {
        await using var w = await Open(code: "uk-ets", now: Instant.FromUtc(2026, 3, 3, 10, 0));
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        await w.Units(Buyer, Buyer2, w.BuyerAccount);
        await Give(w, seller.UnitsAccount, "UKA", "", 10_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "GBP");
        NewAuction Wanted(long volume, int opens = 10, decimal? reserve = null) => new("uk-uniform", "UKA", null, "M00001", volume, reserve, At(w, opens), At(w, opens + 60));
        // The file knows the reserve price: no other is planned.
        Assert.Equal("auction.reserve-file", await w.Refused(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(5_000, reserve: 21.99m), default)));
        var (a, first, second) = await Announced(w, Wanted(5_000));
        Assert.Equal(22m, a.Reserve);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 100_000m), default));
        w.Registry.Clock.Now = a.OpensAt;
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(48m, 500), new(25m, 1_000), new(21.99m, 500)]), default));
        var done = await Opened(w, a, first, second);
        // In part, at the reserve price: what lies below it counts for nothing but the figures of the bids.
        Assert.Equal((AuctionStatus.Partial, 22m, 1_500L, 33_000m, 2_000L, 25m, 30m), (done.Result!.Status, done.Result.Price, done.Result.Sold, done.Result.Proceeds, done.Result.BidUnits, done.Result.Median, done.Result.Mean));
        Assert.Equal((96_700_000L, 3_500L), (w.CashOf(w.BuyerAccount, "GBP"), done.Unsold));
        // 3,500 are left; an auction grows by a quarter at most.
        async Task Plan(long volume, int days) => await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(volume, days * 1440), default));
        await Plan(4_000, 1);
        await Plan(4_000, 2);
        Task<IReadOnlyList<UnsoldShare>> Spread() => w.Do(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default));
        Assert.Equal([1_000L, 1_000L], (await Spread()).Select(x => x.Units));
        Assert.Equal((1_500L, 2_000L, false), await Read(w, a) is var some ? (some.Unsold, some.Returned, some.UnsoldSpread) : default);
        Assert.Equal("auction.spread-waits", await w.Refused(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default)));
        await Plan(8_000, 3);
        Assert.Equal([1_500L], (await Spread()).Select(x => x.Units));
        Assert.Equal((0L, 3_500L, true), await Read(w, a) is var all ? (all.Unsold, all.Returned, all.UnsoldSpread) : default);
    }

    [Fact]
    public async Task Who_cannot_be_delivered_to_pays_nothing_the_others_are_served_and_what_was_not_delivered_is_offered_again()
    {
        await using var w = await Open();
        var seller = await w.Stocked(10_000);
        var other = await w.Account(Buyer, "Trader clients");
        var (buyer, frozen) = (await w.Units(Buyer, Buyer2, w.BuyerAccount), await w.Units(Buyer, Buyer2, other));
        foreach (var account in new[] { w.BuyerAccount, other }) await w.PayIn(account, 1_000_000m);
        var (a, first, second) = await Announced(w, Eua(w, 3_500));
        foreach (var account in new[] { w.BuyerAccount, other }) await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new(account.Code, 200_000m), default));
        w.Registry.Clock.Now = a.OpensAt;
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new(other.Code, [new(80.01m, 1_500)]), default));
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(78.03m, 2_000)]), default));
        Assert.Equal(Code.Accepted, (await w.Registry.Venue.Send(Commands.Freeze(BookId.From(Guid.NewGuid()), frozen.UnitsAccount, a.Asset, FreezeScope.In))).Code);
        var done = await Opened(w, a, first, second);
        Assert.Equal((AuctionState.Settled, 3_500L, 1_500L, 1_500L), (done.State, done.Result!.Sold, done.Result.Undelivered, done.Unsold));
        var fills = await w.Registry.All(Buyer, s => w.Get<AuctionQueries>().Fills(s, done, default));
        Assert.Equal([(w.BuyerAccount.Number, 2_000L, 156_060m, null), (other.Number, 0L, 0m, nameof(Code.CreditFrozen))], fills.Select(f => (f.Account, f.Units, f.Paid, f.BookCode)));
        // To the cent, and nothing is left with the market.
        Assert.Equal((84_394_000L, 100_000_000L, 15_606_000L), (w.CashOf(w.BuyerAccount), w.CashOf(other), w.CashOf(w.SellerAccount)));
        Assert.Equal((2_000L, 0L, 8_000L), (w.Registry.Held(buyer.UnitsAccount), w.Registry.Held(frozen.UnitsAccount), w.Registry.Held(seller.UnitsAccount)));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingCash)));
        Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingUnits)));
        Assert.Equal([GuaranteeState.Used, GuaranteeState.GivenBack], (await w.Registry.All(Buyer, async s => (await w.Get<AuctionBidding>().Guarantees(s, done, default)).ToList())).OrderBy(g => g.Account).Select(g => g.State));
        await using (var s = w.Registry.Sessions.Open(Actor.System))
        {
            // The one who won and the exchange hear of it, and nobody that he had lost.
            Assert.Equal(2L, await s.Value<long>("select count(*) from storage.outbox_event where payload->>'textKey' = 'market.notice.auction.undelivered'", default));
            Assert.Equal(0L, await s.Value<long>("select count(*) from storage.outbox_event where payload->>'textKey' = 'market.notice.auction.lost'", default));
        }
        var next = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Eua(w, 1_000), default));
        Assert.Equal([(next.Auction.Id, 1_500L)], (await w.Do(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, a.Id, null, default))).Select(x => (x.Auction, x.Units)));
    }

    [Theory]
    [InlineData("k-ets", "kr-uniform", "auction.reserve-unknown")]
    [InlineData("wci", "wci-reserve-sale", "auction.format-tiers")]
    public async Task A_scheme_with_a_floor_has_no_auction_without_one_and_tiers_at_fixed_prices_are_not_cleared_at_one(string scheme, string format, string code)
    {
        await using var w = await Open(code: scheme, now: Instant.FromUtc(2026, 3, 3, 1, 0));
        var seller = await w.Units(Seller, Seller2, w.SellerAccount);
        var unit = w.Registry.Scheme.Units[0];
        await Give(w, seller.UnitsAccount, unit.Unit, "2026", 10_000);
        var wanted = new NewAuction(format, unit.Unit, "2026", "M00001", 10_000, null, At(w, 10), At(w, 70));
        Assert.Equal(code, await w.Refused(Operator, s => w.Get<AuctionPlanning>().Plan(s, wanted, default)));
        var given = await w.Registry.Try(Operator, s => w.Get<AuctionPlanning>().Plan(s, wanted with { Reserve = 8_650m }, default));
        Assert.Equal(format == "kr-uniform" ? null : code, given.Ok ? null : given.Refusals[0].Code);
    }

    [Fact]
    public async Task New_Zealand_sells_in_part_at_the_last_bid_or_declines_for_one_below_the_hidden_price_and_the_rest_stays_in_its_year()
    {
        await using var w = await Open(code: "nz-ets", now: Instant.FromUtc(2024, 3, 20, 0, 0));
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "NZU", "", 20_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "NZD");
        NewAuction Wanted(long volume, int opens = 10) => new("nz-uniform", "NZU", null, "M00001", volume, null, At(w, opens), At(w, opens + 60));
        async Task<Auction> Held(decimal hidden, params Verdigris.Book.Auctions.Sealed.BidLine[] lines)
        {
            var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(5_000), default));
            var announced = await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, hidden, default));
            await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, planned.Auction.Id, new("M00002", 200_000m), default));
            w.Registry.Clock.Now = planned.Auction.OpensAt;
            await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, planned.Auction.Id, new("M00002", lines), default));
            return await Opened(w, planned.Auction, planned.Key, announced.Key);
        }
        // The reserve price of 2024 is 64; one bid does not reach the hidden price, and nothing is sold to anybody.
        var declined = await Held(66m, new(70m, 1_000), new(65m, 1_000));
        Assert.Equal((AuctionState.NothingSold, AuctionStatus.Declined, NothingSold.BelowConfidential, 64m), (declined.State, declined.Result!.Status, declined.Result.Why, declined.Reserve));
        Assert.Equal((100_000_000L, 20_000L), (w.CashOf(w.BuyerAccount, "NZD"), w.Registry.Held(seller.UnitsAccount, "NZU")));
        var part = await Held(64m, new(70m, 1_000), new(64m, 500));
        Assert.Equal((AuctionState.Settled, AuctionStatus.Partial, 64m, 1_500L, 3_500L), (part.State, part.Result!.Status, part.Result.Price, part.Result.Sold, part.Unsold));
        Assert.Equal((90_400_000L, 1_500L), (w.CashOf(w.BuyerAccount, "NZD"), w.Registry.Held(buyer.UnitsAccount, "NZU")));
        var nextYear = (await w.Registry.Try(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(1_000, 300 * 1440), default))).Value.Auction;
        Assert.Equal((2025, 68m), (nextYear.ClosesAt.InUtc().Year, nextYear.Reserve));
        Assert.Equal("auction.spread-waits", await w.Refused(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, part.Id, null, default)));
        var thisYear = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, Wanted(1_000, 1440), default));
        Assert.Equal([(thisYear.Auction.Id, 3_500L)], (await w.Do(Operator, s => w.Get<AuctionPlanning>().SpreadUnsold(s, part.Id, null, default))).Select(x => (x.Auction, x.Units)));
    }

    [Fact]
    public async Task Units_withheld_below_the_trigger_are_neither_sold_nor_unsold_and_count_against_the_year()
    {
        await using var w = await Open(code: "rggi", now: Instant.FromUtc(2025, 6, 4, 13, 0));
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "RGA", "2025", 200_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m, "USD");
        NewAuction Wanted(long units) => new("rggi-uniform", "RGA", "2025", "M00001", 40_000, null, At(w, 10), At(w, 70), Controls: [new("ccr", 20_000), new("ecr", units)]);
        var (a, first, second) = await Announced(w, Wanted(25_000));
        Assert.Equal([new(17.03m, 20_000, false), new(7.86m, 25_000, true)], a.Steps);
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, a.Id, new("M00002", 120_000m), default));
        w.Registry.Clock.Now = a.OpensAt;
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, a.Id, new("M00002", [new(8m, 10_000)]), default));
        var done = await Opened(w, a, first, second);
        // Nobody else bids: 25,000 of 40,000 leave the offer, 10,000 are sold at the reserve price of 2.62, and 5,000 are unsold.
        Assert.Equal((AuctionStatus.Partial, 2.62m, 15_000L, 10_000L, 5_000L), (done.Result!.Status, done.Result.Price, done.Result.Offered, done.Result.Sold, done.Unsold));
        Assert.Equal([new SupplyStep(7.86m, 25_000, true)], done.Result.Steps);
        Assert.Equal((97_380_000L, 10_000L, 190_000L), (w.CashOf(w.BuyerAccount, "USD"), w.Registry.Held(buyer.UnitsAccount, "RGA", "2025"), w.Registry.Held(seller.UnitsAccount, "RGA", "2025")));
        // Nobody reaches the trigger and all of the offer may be withheld: that counts against the year as well.
        var (none, one, two) = await Announced(w, Wanted(40_000));
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Give(s, none.Id, new("M00002", 50_000m), default));
        w.Registry.Clock.Now = none.OpensAt;
        await w.Do(Buyer, s => w.Get<AuctionBidding>().Bid(s, none.Id, new("M00002", [new(5m, 10_000)]), default));
        var nothing = await Opened(w, none, one, two);
        Assert.Equal((AuctionState.NothingSold, NothingSold.AllWithheld, 0L), (nothing.State, nothing.Result!.Why, nothing.Unsold));
        Assert.Equal(65_000L, (await w.Registry.All(Operator, s => AuctionControls.Taken(s, "rggi", "rggi-uniform", 2025, default))).Sum(x => x.Units));
        Assert.Equal((97_380_000L, 190_000L), (w.CashOf(w.BuyerAccount, "USD"), w.Registry.Held(seller.UnitsAccount, "RGA", "2025")));
    }

    static async Task Run(MarketWorld w, string sql, params object[] given)
    {
        await using var s = w.Registry.Sessions.Open(Actor.System);
        await s.Run(sql, default, given);
    }
}
