using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Credits;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Tests;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Credits;

/// <summary>Baskets of credits: receipts that each stand for one credit.</summary>
public sealed class BasketTests
{
    static async Task<CreditStand> Stocked()
    {
        var stand = await CreditStand.Open();
        await stand.BringIn(CreditStand.Stoves, 5_000);
        await stand.BringIn(CreditStand.Water);
        return stand;
    }

    static async Task Sound(CreditStand stand)
    {
        foreach (var basket in await stand.World.Registry.All(Actor.Public, s => stand.Get<BasketCare>().Baskets(s, default))) Assert.Equal(basket.Receipts, basket.Credits);
    }

    [Fact]
    public async Task A_basket_takes_what_meets_its_rule_of_the_day_and_nothing_else()
    {
        await using var stand = await Stocked();
        await stand.BringIn(CreditStand.Solar);
        Assert.Equal(CreditOrderState.Done, (await stand.Deposit(CreditStand.Stoves, 1_000, "geo")).State);
        // No label of CORSIA; a window of years that has closed; a use that is none.
        Assert.Equal("credits.not-good-delivery", await stand.Refused(Seller, s => stand.Get<CreditsDesk>().Deposit(s, stand.Seller.Number, new(CreditStand.Solar, 10, "geo"), default)));
        Assert.Equal("credits.not-good-delivery", await stand.Refused(Seller, s => stand.Get<CreditsDesk>().Deposit(s, stand.Seller.Number, new(CreditStand.Water, 10, "n-geo"), default)));
        Assert.Equal("credits.use-unknown", await stand.Refused(Seller, s => stand.Get<CreditsDesk>().Deposit(s, stand.Seller.Number, new(CreditStand.Water, 10, "gold"), default)));
        var there = Assert.Single(await stand.AtMarket(Seller, stand.Seller));
        Assert.Equal(("geo", 1_000L, "VCS2925", true), (there.Use, there.Units, there.ProjectNumber, there.GoodDelivery));
        await Sound(stand);
    }

    [Fact]
    public async Task A_trade_agreed_with_an_account_that_does_not_deal_in_credits_is_refused_and_never_stops_the_clock()
    {
        await using var stand = await CreditStand.Open();
        await stand.Listed(CreditStand.House, 4.50m);
        var (desk, other) = (stand.Get<AgreedDesk>(), await stand.World.Account(Buyer, "Trader clients"));
        NewAgreedTrade Otc(Side side, string account, string counterparty) => new(AgreedKind.Otc, CreditStand.House, side, account, counterparty, 4.60m, 100);
        Assert.Equal("credits.not-linked", await stand.Refused(Buyer, s => desk.Report(s, Otc(Side.Buy, other.Code, stand.Seller.Code), default)));
        var trade = await stand.Do(Seller, s => desk.Report(s, Otc(Side.Sell, stand.Seller.Code, other.Code), default));
        Assert.Equal("credits.not-linked", await stand.Refused(Buyer, s => desk.Confirm(s, trade.Id, PositionEffect.Open, default)));
        // Confirmed by a server that did not ask.
        await using (var s = stand.World.Registry.Sessions.Open(Actor.System))
            await s.Run("update market.agreed_trade set state = 1, counter_effect = 0, confirmed_by = $2, confirmed_at = $3 where id = $1", default, trade.Id, Buyer.PersonId, s.Now);
        await stand.Get<AgreedSettlement>().Settle(trade.Id, stand.Get<IFloor>(), default);
        Assert.Equal((AgreedState.Refused, "CreditsNotLinked"), await stand.Do(Seller, s => desk.Read(s, trade.Id, default)) is var over ? (over.State, over.Code) : default);
    }

    [Fact]
    public async Task Who_buys_out_of_a_basket_gets_the_very_credits_his_receipts_name()
    {
        await using var stand = await Stocked();
        // The seller picks what he brings: first what is cheapest to him.
        await stand.Deposit(CreditStand.Water, 400, "geo");
        await stand.Deposit(CreditStand.Stoves, 600, "geo");
        await stand.Listed(CreditStand.Geo, 4.50m);
        await stand.World.PayIn(stand.Buyer, 10_000m, "USD");
        await stand.Enter(Seller, CreditStand.Geo, Side.Sell, 500, 4.60m);
        Assert.Equal(500, (await stand.Enter(Buyer, CreditStand.Geo, Side.Buy, 500, 4.60m)).Traded);
        Assert.Equal(770_000, stand.World.CashOf(stand.Buyer, "USD"));
        var bought = await stand.AtMarket(Buyer, stand.Buyer);
        Assert.Equal([("VCS2925", 100L), ("VCS3052", 400L)], bought.Select(b => (b.ProjectNumber, b.Units)).Order());
        var wanted = bought.Single(b => b.ProjectNumber == "VCS3052").Serial;
        var desk = stand.Get<CreditsDesk>();
        Assert.Equal(CreditOrderState.Done, (await stand.Agreed(Buyer2, await stand.Do(Buyer, s => desk.Withdraw(s, stand.Buyer.Number, new(wanted, 150, "geo"), default)))).State);
        Assert.Equal(150, Assert.Single(await stand.Own(Buyer)).Units);
        // The rest of them ends where it lies, and what is left of the other project is not another's.
        var retired = await stand.Agreed(Buyer2, await stand.Do(Buyer, s => desk.Retire(s, stand.Buyer.Number, new((stand.AtMarket(Buyer, stand.Buyer).Result).Single(b => b.ProjectNumber == "VCS3052").Serial, "Coast Airways", "international", null, null, "geo"), default)));
        Assert.Equal(CreditOrderState.Done, retired.State);
        Assert.Equal(250, (await stand.Do(Actor.Public, s => stand.Get<UnitQueries>().Ending(s, retired.Ending!.Value, default))).Units);
        Assert.Equal(("VCS2925", 100L), Assert.Single(await stand.AtMarket(Buyer, stand.Buyer)) is var left ? (left.ProjectNumber, left.Units) : default);
        Assert.Equal("credits.not-held", await stand.Refused(Buyer, s => desk.Withdraw(s, stand.Buyer.Number, new(wanted, 1, "geo"), default)));
        await Sound(stand);
    }

    [Fact]
    public async Task Credits_of_a_project_that_was_taken_out_are_not_sold_and_go_back_to_who_holds_them()
    {
        await using var stand = await Stocked();
        await stand.Deposit(CreditStand.Stoves, 1_000, "geo");
        await stand.Deposit(CreditStand.Water, 500, "geo");
        await stand.Listed(CreditStand.Geo, 4.50m);
        await stand.World.PayIn(stand.Buyer, 10_000m, "USD");
        await stand.Enter(Seller, CreditStand.Geo, Side.Sell, 300, 4.60m);
        await stand.Enter(Buyer, CreditStand.Geo, Side.Buy, 100, 4.60m);
        var keeper = stand.Get<BasketKeeper>();
        Assert.Equal("access.role-needed", await stand.Refused(Seller, s => keeper.Exclude(s, "verra", "VCS2925", "said so", default)));
        Assert.Equal("credits.project-unknown", await stand.Refused(Operator, s => keeper.Exclude(s, "verra", "VCS999999", "said so", default)));
        var out1 = await stand.Do(Operator, s => keeper.Exclude(s, "verra", "VCS2925", "The programme reviews the project", default));
        // The sale that stood has ended, and both have what is theirs in their own accounts: the seller 900, the buyer 100.
        Assert.Empty(await stand.Do(Seller, s => stand.Get<OrderDesk>().Live(s, stand.Seller.Code, CreditStand.Geo, default)));
        Assert.Equal([("VCS3052", 500L)], (await stand.AtMarket(Seller, stand.Seller)).Select(b => (b.ProjectNumber, b.Units)));
        Assert.Empty(await stand.AtMarket(Buyer, stand.Buyer));
        Assert.Equal(100, (await stand.Own(Buyer)).Sum(b => b.Units));
        Assert.Equal(900 + 4_000, (await stand.Own(Seller)).Where(b => b.Serial.Contains("-2925-", StringComparison.Ordinal)).Sum(b => b.Units));
        Assert.Equal("credits.market-excluded", await stand.Refused(Seller, s => stand.Get<CreditsDesk>().Deposit(s, stand.Seller.Number, new((stand.Own(Seller).Result).First(b => b.Serial.Contains("-2925-", StringComparison.Ordinal)).Serial, 10, "geo"), default)));
        Assert.Equal("trading.refused", await stand.Refused(Seller, s => stand.Get<OrderDesk>().Enter(s, stand.Order(CreditStand.Geo, Side.Sell, 501, 4.60m), default)));
        await Sound(stand);
        // Back by another person, with a reason.
        var care = stand.Get<BasketCare>();
        Assert.Equal("credits.market-excluded-already", await stand.Refused(Operator2, s => care.Exclude(s, "verra", "2925", "again", default)));
        Assert.Equal("approval.same-person", await stand.Refused(Operator, s => care.Lift(s, out1.Id, "looked at it", default)));
        await stand.Do(Operator2, s => care.Lift(s, out1.Id, "The review found nothing", default));
        Assert.Equal(CreditOrderState.Done, (await stand.Deposit((await stand.Own(Seller)).First(b => b.Serial.Contains("-2925-", StringComparison.Ordinal)).Serial, 10, "geo")).State);
        Assert.Equal("credits.exclusion-not-found", await stand.Refused(Operator2, s => care.Lift(s, out1.Id, "again", default)));
        await Sound(stand);
    }

    [Fact]
    public async Task Receipts_of_a_frozen_holder_are_called_in_and_told_of_once_when_he_is_free_again()
    {
        await using var stand = await Stocked();
        await stand.Deposit(CreditStand.Stoves, 1_000, "geo");
        await stand.Listed(CreditStand.Geo, 4.50m);
        await stand.Enter(Seller, CreditStand.Geo, Side.Sell, 300, 4.60m);
        var (keeper, freezes) = (stand.Get<BasketKeeper>(), stand.Get<CreditFreezes>());
        var freeze = await stand.Do(RegistryWorld.SecondOfficer, s => freezes.Freeze(s, new("verra", Seller.OrganisationId, FreezeScope.Out, "said to be stolen"), default));
        await stand.Do(Operator, s => keeper.Exclude(s, "verra", "VCS2925", "The programme reviews the project", default));
        Assert.Equal(0, await keeper.Sweep(null, default));
        // Nothing has happened, so nobody is told that it has; what stood for sale has ended all the same.
        Assert.Equal((0L, 0L), await Told(stand));
        Assert.Empty(await stand.Do(Seller, s => stand.Get<OrderDesk>().Live(s, stand.Seller.Code, CreditStand.Geo, default)));
        Assert.Equal(1_000, (await stand.AtMarket(Seller, stand.Seller)).Sum(b => b.Units));
        await stand.Do(RegistryWorld.SecondOfficer, s => freezes.ProposeLift(s, freeze.Id, default));
        await stand.World.Registry.DecideTask(RegistryWorld.Approver, await stand.World.Registry.TaskOf(freeze.Id));
        // Two look at once: each receipt is called in by one of them.
        Assert.Equal(1_000, (await Task.WhenAll(Task.Run(() => keeper.Sweep(null, default)), Task.Run(() => keeper.Sweep(stand.Seller.Code, default)))).Sum());
        Assert.Equal(0, await keeper.Sweep(null, default));
        Assert.Empty(await stand.AtMarket(Seller, stand.Seller));
        var pieces = await stand.World.Registry.All(Actor.System, s => s.All("select (details->>'units')::bigint from storage.audit_event where action = 'credit-market.called-in'", r => r.GetInt64(0), default));
        Assert.Equal(1_000, pieces.Sum());
        Assert.Equal((pieces.Count, pieces.Count), await Told(stand));
        await Sound(stand);
    }

    static async Task<(long Written, long Told)> Told(CreditStand stand)
    {
        await using var s = stand.World.Registry.Sessions.Open(Actor.System);
        return (await s.Value<long>("select count(*) from storage.audit_event where action = 'credit-market.called-in'", default),
            await s.Value<long>("select count(*) from storage.outbox_event where topic = 'storage.notice' and payload->>'textKey' = 'registry.notice.credits.called-in'", default));
    }

    [Fact]
    public async Task What_is_behind_the_first_blocks_of_an_account_is_withdrawn_and_called_in_like_the_rest()
    {
        await using var stand = await Stocked();
        await stand.Deposit(CreditStand.Stoves, 1_100, "geo");
        await stand.Deposit(CreditStand.Water, 500, "geo");
        var place = (await stand.AtMarket(Seller, stand.Seller))[0].Account;
        var asset = (await stand.Do(Actor.System, s => stand.Get<CreditMarket>().Basket(s, "geo", default))).Asset;
        // Every second receipt of the first project goes: what is left of it are 550 blocks, and the other project comes after them.
        const ushort callReceipts = 216;
        const long receiptEnd = 8_400_000_002;
        var gone = Enumerable.Range(0, 550).Select(i => Commands.Transfer(BookId.From(Guid.NewGuid()), callReceipts, asset, place, receiptEnd, 1, serialFirst: 2 + (2 * i))).ToArray();
        Assert.All(await stand.Book.Send(gone), o => Assert.Equal(Code.Accepted, o.Code));
        Assert.Equal(500, (await stand.AtMarket(Seller, stand.Seller)).Count);
        var desk = stand.Get<CreditsDesk>();
        Assert.Equal(CreditOrderState.Done, (await stand.Agreed(Seller2, await stand.Do(Seller, s => desk.Withdraw(s, stand.Seller.Number, new(CreditStand.Water, 10, "geo"), default)))).State);
        Assert.Equal("credits.not-held", await stand.Refused(Seller, s => desk.Withdraw(s, stand.Seller.Number, new(CreditStand.Water, 10, "geo"), default)));
        await stand.Do(Operator, s => stand.Get<BasketKeeper>().Exclude(s, "verra", "VCS3052", "The programme reviews the project", default));
        Assert.Equal(951, (await stand.Own(Seller)).Where(b => b.Serial.Contains("-3052-", StringComparison.Ordinal)).Sum(b => b.Units));
        Assert.Equal((0L, 550L), stand.Book.Read(b => b.Blocks(place, asset, 10_000)) is var left ? (left.Where(b => b.First > 1_100).Sum(b => b.Last - b.First + 1), left.Sum(b => b.Last - b.First + 1)) : default);
    }

    [Fact]
    public async Task A_seller_whose_basket_was_good_a_moment_ago_does_not_sell_what_is_taken_out_since()
    {
        await using var stand = await Stocked();
        await stand.Deposit(CreditStand.Stoves, 1_000, "geo");
        await stand.Listed(CreditStand.Geo, 4.50m);
        await stand.Enter(Seller, CreditStand.Geo, Side.Sell, 300, 4.60m);
        await stand.Enter(Seller, CreditStand.Geo, Side.Sell, 100, 4.70m);
        // As a reversal does it: without a look at all accounts.
        await stand.Do(Operator, s => stand.Get<BasketCare>().Exclude(s, "verra", "VCS2925", "The programme reviews the project", default));
        Assert.Equal("trading.refused", await stand.Refused(Seller, s => stand.Get<OrderDesk>().Enter(s, stand.Order(CreditStand.Geo, Side.Sell, 1, 4.60m), default)));
        Assert.Empty(await stand.Do(Seller, s => stand.Get<OrderDesk>().Live(s, stand.Seller.Code, CreditStand.Geo, default)));
        Assert.Empty(await stand.AtMarket(Seller, stand.Seller));
        await Sound(stand);
    }

    /// <summary>People do at random what people do at a market of credits; after every step nothing was made, lost or ended twice.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task Whatever_people_do_each_credit_is_in_one_place_and_ends_once(int seed)
    {
        await using var stand = await Stocked();
        await stand.BringIn(CreditStand.Solar);
        await stand.Listed(CreditStand.Geo, 4.50m);
        await stand.Listed(CreditStand.InDollars, 60m);
        await stand.Listed(CreditStand.InRenminbi, 55m);
        (Actor First, Actor Second, Members.TradingAccount Account)[] members = [(Seller, Seller2, stand.Seller), (Buyer, Buyer2, stand.Buyer)];
        foreach (var (_, _, account) in members)
            foreach (var currency in new[] { "USD", "HKD", "CNY" }) await stand.World.PayIn(account, 500_000m, currency);
        var random = new Random(seed);
        (long First, long Last)[] brought = [(942201922, 942211921), (941471173, 941476172), (938756291, 938757241)];
        var (desk, ended, done) = (stand.Get<CreditsDesk>(), 0L, 0);
        for (var step = 0; step < 45; step++)
        {
            var (first, second, account) = members[random.Next(2)];
            var (own, there) = (await stand.Own(first), await stand.AtMarket(first, account));
            switch (random.Next(6))
            {
                case 0 or 1 when own.Count > 0:
                    var bring = own[random.Next(own.Count)];
                    var basket = bring.Serial.Contains("-1996-", StringComparison.Ordinal) ? null : "geo";
                    await Decided(await stand.World.Registry.Try(first, s => desk.Deposit(s, account.Number, new(bring.Serial, random.NextInt64(1, Math.Min(400, bring.Units) + 1), basket), default)), second);
                    break;
                case 2 when there.Count > 0:
                    var take = there[random.Next(there.Count)];
                    await Decided(await stand.World.Registry.Try(first, s => desk.Withdraw(s, account.Number, new(take.Serial, random.NextInt64(1, Math.Min(200, take.Units) + 1), take.Use), default)), second);
                    break;
                case 3 when there.Count > 0:
                    var end = there[random.Next(there.Count)];
                    var units = random.NextInt64(1, Math.Min(60, end.Units) + 1);
                    if (await Decided(await stand.World.Registry.Try(first, s => desk.Retire(s, account.Number, new(end.Serial, "Somebody", "voluntary", units, null, end.Use), default)), second) == CreditOrderState.Done) ended += units;
                    break;
                default:
                    var (series, price) = random.Next(3) switch { 0 => (CreditStand.Geo, 4.50m), 1 => (CreditStand.InDollars, 60m), _ => (CreditStand.InRenminbi, 55m) };
                    var order = stand.Order(series, random.Next(2) == 0 ? Side.Buy : Side.Sell, random.Next(1, 120), price + (random.Next(-2, 3) * 0.01m)) with { Account = account.Code };
                    await stand.World.Registry.Try(first, s => stand.Get<OrderDesk>().Enter(s, order, default));
                    break;
            }
            foreach (var (from, to) in brought) Assert.Equal(to - from + 1, stand.Runs(from, to).Sum(r => r.Units));
            Assert.Equal(ended, brought.SelectMany(b => stand.Runs(b.First, b.Last)).Where(r => r.Account == 50_002).Sum(r => r.Units));
            await Sound(stand);
        }
        // Money of each currency is what was paid in; what was retired stands in certificates, each unit in one.
        foreach (var currency in new[] { "USD", "HKD", "CNY" })
            Assert.Equal(100_000_000, members.Sum(m => stand.Book.Read(b => b.Balance(m.Account.Cash, MarketBook.Currencies[currency].Asset).Total)));
        await using var s = stand.World.Registry.Sessions.Open(Actor.System);
        var written = await s.All("select first, last from registry.credit_ending where order_id is not null order by first", r => (First: r.GetInt64(0), Last: r.GetInt64(1)), default);
        Assert.Equal(ended, written.Sum(w => w.Last - w.First + 1));
        Assert.All(written.Zip(written.Skip(1)), p => Assert.True(p.First.Last < p.Second.First));
        Assert.True(done > 5, $"seed {seed}: only {done} orders were decided");

        async Task<CreditOrderState?> Decided(Answer<CreditOrder> proposed, Actor second)
        {
            if (!proposed.Ok || proposed.Value.TaskId is not { } task) return null;
            done++;
            if ((await stand.Do(Actor.System, x => stand.Get<OrderHandlers>().Read(x, proposed.Value.Id, default))).State != CreditOrderState.Proposed) return null;
            return (await stand.Agreed(second, proposed.Value, random.Next(5) > 0)).State;
        }
    }
}
