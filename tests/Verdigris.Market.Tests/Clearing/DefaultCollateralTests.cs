using NodaTime;
using Verdigris.Market.Cash;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>What a member that does not pay has beside money of the currency it owes, and that money which is needed does not leave.</summary>
public sealed class DefaultCollateralTests
{
    static readonly LocalDate Monday = new(2026, 3, 9);
    const string Eua = "ICE.EUA:2026-12";

    static async Task<Guid> Bank(ClearingWorld w, int member, string currency)
    {
        var bank = await w.Do(ClearingWorld.Trader(member), s => w.Get<BankAccounts>().Write(s, new(currency, "Trader BV", "NL91 ABNA 0417 1643 00", null, "ABNANL2A"), default));
        await w.Do(ClearingWorld.Clerk, s => w.Get<BankAccounts>().Propose(s, bank.Id, default));
        await w.Decide(bank.Id);
        return bank.Id;
    }

    static Task<string> NotOut(ClearingWorld w, int member, Guid bank, decimal amount) => w.Refused(ClearingWorld.Trader(member), s => w.Get<CashHandlers>().ProposeOut(s, new(w.Accounts[member].Code, amount, bank), default));

    [Fact]
    public async Task Pledged_units_and_other_money_of_a_defaulter_are_sold_and_pay_back_who_bore_its_loss()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, i == 1 ? 1_000_00 : 200_000_00);
        await w.Pay(1, 10_000_00, "USD");
        await w.Give(1, "eu-ets", "EUA", 1_000);
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        var pledged = await w.Do(ClearingWorld.Trader(1), s => w.Get<CollateralDesk>().Pledge(s, w.Accounts[1].Code, asset, 1_000, default));
        await w.Do(ClearingWorld.Trader(0), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[0].Code, "EUR", 2_000, default));
        await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[2].Code, "EUR", 6_000, default));
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        Assert.Equal("clearing.shortfall", (await w.Try()).Value.Day.Waiting.Single().Code);
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Did not pay", default));
        await w.Decide(known.Id);
        await w.Clear();
        Assert.Equal((0L, 2_200_00L), (w.Cash(1), w.Balance(MarketBook.DefaultFund)));
        // The units are the clearing house's to sell: the defaulter does not get them back.
        Assert.Equal("collateral.needed", await w.Refused(ClearingWorld.Trader(1), s => w.Get<CollateralDesk>().Release(s, pledged.Id, default)));

        var closes = w.Registry.Clock.Now + Duration.FromMinutes(30);
        var offered = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Open(s, known.Id, closes, default));
        Assert.Equal([("positions", Eua, -5m, null), ("units", "EUA", 1_000m, "EUR"), ("money", "USD", 10_000m, "EUR")], offered.Select(o => (o.Kind, o.Series, o.Quantity, o.Currency)));
        async Task Bid(int auction, int member, decimal price) => await w.Do(ClearingWorld.Trader(member), s => w.Get<DefaultAuctions>().Bid(s, offered[auction].Id, w.Accounts[member].Code, price, default));
        Task<DefaultAuction> Award(int auction) => w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, offered[auction].Id, default));
        // Another account of the defaulter's house buys nothing of it.
        var second = await w.Sql<long>("insert into market.trading_account (member_id, organisation_id, name, kind, state, self_trade, opened_by, opened_at) select member_id, organisation_id, 'second', 0, 1, 0, opened_by, opened_at from market.trading_account where number = $1 returning number", w.Accounts[1].Number);
        Assert.Equal("default.own", await w.Refused(ClearingWorld.Trader(1), s => w.Get<DefaultAuctions>().Bid(s, offered[0].Id, TradingAccount.CodeOf(second), 70m, default)));
        Assert.Equal("default.price", await w.Refused(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, offered[1].Id, w.Accounts[2].Code, 0, default)));
        Assert.Equal("cash.over-available", await w.Refused(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, offered[1].Id, w.Accounts[2].Code, 500m, default)));
        await Bid(0, 3, 75.36m);
        await Bid(1, 3, 70m);
        await Bid(1, 2, 60m);
        await Bid(2, 2, 0.31m);
        // The best bidder has spent his money since: the next one who has it gets the units.
        await w.Do(ClearingWorld.Trader(3), s => w.Get<CollateralDesk>().Deposit(s, w.Accounts[3].Code, "EUR", 150_000, default));
        w.Registry.Clock.Now = closes;
        await Award(0);
        // 10,000 dollars bring 3,100 of the 5,800 others bore.
        var dollars = w.Cash(2, "USD");
        Assert.Equal("awarded", (await Award(2)).State);
        Assert.Equal((0L, 0L, dollars + 10_000_00, 5_300_00L), (w.Cash(1), w.Cash(1, "USD"), w.Cash(2, "USD"), w.Balance(MarketBook.DefaultFund)));
        var cash = w.Cash(2);
        var units = await Award(1);
        Assert.Equal((w.Accounts[2].Code, 60m, "awarded"), (units.Winner, units.Price, units.State));
        Assert.Equal((cash - 60_000_00, 1_000L, 0L), (w.Cash(2), w.Venue.Read(b => b.Balance(w.Accounts[2].Number + 1, asset).Available), w.Venue.Read(b => b.Balance(w.Accounts[1].Number + 1, asset).Total)));
        Assert.Equal(CollateralState.Used, (await w.Registry.All(ClearingWorld.Clerk, s => w.Get<CollateralDesk>().List(s, w.Accounts[1].Number, default))).Single().State);
        // All others bore is back in their parts; the rest of 60,000 stays the defaulter's.
        Assert.Equal((8_000_00L, 57_300_00L), (w.Balance(MarketBook.DefaultFund), w.Cash(1)));
        Assert.Equal([2_000m, 6_000m], (await w.Registry.All(ClearingWorld.Clerk, s => DefaultFund.Parts(s, "EUR", default))).Select(p => p.Amount).Order());
        Assert.Equal(0, w.Balance(MarketBook.ClearingCash));
        var view = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Read(s, known.Id, default));
        Assert.Equal([("recovered", 675m, "posted"), ("recovered", 775m, "posted"), ("recovered", 2_025m, "posted"), ("recovered", 2_325m, "posted")], view.Lines.Where(l => l.Layer == "recovered").Select(l => (l.Layer, l.Amount, l.State)).OrderBy(l => l.Amount));
        Assert.Equal("default.owes", await w.Refused(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Close(s, known.Id, default)));
        w.Evening(Monday.PlusDays(1));
        await w.Trade(Eua, 2, 0, 75.36m, 1);
        await w.Clear();
        await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Close(s, known.Id, default));
    }

    [Fact]
    public async Task Where_the_fund_is_too_little_what_was_pledged_is_sold_and_the_day_goes_on()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, i == 1 ? 1_000_00 : 200_000_00);
        await w.Give(1, "eu-ets", "EUA", 1_000);
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        foreach (var part in new[] { 900, 100 }) await w.Do(ClearingWorld.Trader(1), s => w.Get<CollateralDesk>().Pledge(s, w.Accounts[1].Code, asset, part, default));
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        await w.Try();
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Did not pay", default));
        await w.Decide(known.Id);
        Assert.Equal("default.fund-empty", (await w.Try()).Value.Day.Waiting.Single().Code);
        var closes = w.Registry.Clock.Now + Duration.FromMinutes(30);
        var units = (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Open(s, known.Id, closes, default))).Where(a => a.Kind == "units").OrderByDescending(a => a.Lots).ToList();
        foreach (var one in units) await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, one.Id, w.Accounts[2].Code, 60m, default));
        w.Registry.Clock.Now = closes;
        await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, units[0].Id, default));
        // The first brings more than is owed: the second is not taken.
        var second = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, units[1].Id, default));
        Assert.Equal(("unsold", "nothing-owed", 55_000_00L), (second.State, second.Code, w.Cash(1)));
        await w.Clear();
        // It paid with its own money: nobody else bore anything.
        Assert.Equal(48_200_00L, w.Cash(1) + w.Margin(1));
        Assert.Empty((await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Read(s, known.Id, default))).Lines);
    }

    [Fact]
    public async Task Money_that_is_called_for_or_of_a_defaulter_does_not_leave()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, i == 1 ? 1_000_00 : 100_000_00);
        await w.Pay(1, 500_00, "USD");
        var (euro, dollar) = (await Bank(w, 1, "EUR"), await Bank(w, 1, "USD"));
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        await w.Try();
        // The day waits for 6,800.
        Assert.Equal("cash.called", await NotOut(w, 1, euro, 100));
        await w.Pay(1, 5_800_00);
        await w.Clear();
        await w.Pay(1, 40_000_00);
        // 37,680 are called for: 2,320 may leave, and not a cent more.
        Assert.Equal("cash.called", await NotOut(w, 1, euro, 2_320.01m));
        var asked = await w.Do(ClearingWorld.Trader(1), s => w.Get<CashHandlers>().ProposeOut(s, new(w.Accounts[1].Code, 2_320, euro), default));
        var other = await w.Do(ClearingWorld.Trader(1), s => w.Get<CashHandlers>().ProposeOut(s, new(w.Accounts[1].Code, 400, dollar), default));
        Assert.Equal((37_680_00L, 100_00L), (w.Venue.Read(b => b.Balance(w.Accounts[1].Cash, MarketBook.Currencies["EUR"].Asset).Available), w.Venue.Read(b => b.Balance(w.Accounts[1].Cash, MarketBook.Currencies["USD"].Asset).Available)));
        await w.Registry.DecideTask(ClearingWorld.Trader(1, 1), await w.Registry.TaskOf(asked.Id));

        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Did not pay", default));
        await w.Decide(known.Id);
        // What nobody had decided yet is off, and the money is there for the waterfall.
        Assert.Equal(CashState.Rejected, (await w.Do(ClearingWorld.Trader(1), s => w.Get<CashHandlers>().Read(s, other.Id, default))).State);
        Assert.Equal(500_00L, w.Venue.Read(b => b.Balance(w.Accounts[1].Cash, MarketBook.Currencies["USD"].Asset).Available));
        Assert.Equal("cash.default", await NotOut(w, 1, dollar, 1));
    }

    /// <summary>One lot of March at 70, of which one side has nothing when it is due and is in default by then; the third member has a part in the fund.</summary>
    static async Task<(ClearingWorld World, Guid Delivery)> NotDelivered(int broke, bool declared = true)
    {
        var w = await ClearingWorld.Open(4, new LocalDate(2026, 3, 23));
        for (var i = 0; i < 4; i++) await w.Pay(i, i == broke ? 7_000_00 : 200_000_00);
        if (broke == 0) await w.Give(1, "eu-ets", "EUA", 1_000);
        await w.Give(3, "eu-ets", "EUA", 1_000);
        await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[2].Code, "EUR", 20_000, default));
        await w.Trade("ICE.EUA:2026-03", 0, 1, 70m, 1);
        await w.Clear();
        if (declared) await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[broke].Code, "Is insolvent", default))).Id);
        w.Evening(LocalDate.FromDateOnly(await w.Sql<DateOnly>("select due_on from market.delivery")));
        await w.Clear();
        return (w, await w.Sql<Guid>("select id from market.delivery"));
    }

    static async Task<Delivery> Of(ClearingWorld w, Guid id) => (await w.Registry.All(Actor.System, s => Delivery.Find(s, id, default)))!;

    [Fact]
    public async Task Of_a_buyer_in_default_the_seller_keeps_the_units_and_is_paid_the_difference_by_the_waterfall()
    {
        var (w, id) = await NotDelivered(0);
        await using var _ = w;
        Assert.Equal((DeliveryState.Failed, "delivery.buyer-default"), ((await Of(w, id)).State, (await Of(w, id)).Code));
        Assert.Equal("delivery.buyer-default", await w.Refused(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 55m, w.Accounts[3].Code, "Somebody else", default)));
        var before = (Fund: w.Balance(MarketBook.DefaultFund), Seller: w.Cash(1));
        // 50,000 are more than all layers have; that it was tried does not change whose failure it was.
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 20m, null, "A guess", default))).Id);
        Assert.Equal((DeliveryState.Failed, "default.fund-empty", before.Fund), ((await Of(w, id)).State, (await Of(w, id)).Code, w.Balance(MarketBook.DefaultFund)));
        // 70 agreed, 55 now: 15,000, of which the buyer has 7,000.
        var made = await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 55m, null, "The market of the day", default));
        await w.Decide(made.Id);
        Assert.Equal((DeliveryState.CashSettled, 0, 0L, before.Seller + 15_000_00, before.Fund - 8_000_00, 0L),
            ((await Of(w, id)).State, await w.Agree(made.Id), w.Cash(0) + w.Margin(0), w.Cash(1), w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.ClearingCash)));
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        Assert.Equal(1_000L, w.Venue.Read(b => b.Balance(w.Accounts[1].Number + 1, asset).Available));
        // Money that comes later goes to who bore it.
        await w.Pay(0, 9_000_00);
        w.Evening(w.Today.PlusDays(1));
        await w.Clear();
        Assert.Equal((before.Fund, 1_000_00L), (w.Balance(MarketBook.DefaultFund), w.Cash(0)));
    }

    [Fact]
    public async Task What_a_seller_in_default_has_not_got_for_a_buy_in_the_waterfall_bears()
    {
        var (w, id) = await NotDelivered(1);
        await using var _ = w;
        Assert.Equal((DeliveryState.Failed, "contract.too-few-deliverable"), ((await Of(w, id)).State, (await Of(w, id)).Code));
        var before = (Fund: w.Balance(MarketBook.DefaultFund), Helper: w.Cash(3));
        var dear = await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 120m, w.Accounts[3].Code, "Bought from account 4", default));
        await w.Decide(dear.Id);
        await w.Agree(dear.Id);
        // 50,000 are more than all layers have.
        Assert.Equal((DeliveryState.Failed, "default.fund-empty"), ((await Of(w, id)).State, (await Of(w, id)).Code));
        var made = await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 85m, w.Accounts[3].Code, "Bought for less", default));
        await w.Decide(made.Id);
        await w.Agree(made.Id);
        Assert.Equal((DeliveryState.BoughtIn, 0L, before.Helper + 85_000_00, before.Fund - 8_000_00, 0L), ((await Of(w, id)).State, w.Cash(1) + w.Margin(1), w.Cash(3), w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.ClearingCash)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task The_fund_advances_once_for_a_delivery_though_the_Book_did_not_answer(int broke, bool posted)
    {
        var (w, id) = await NotDelivered(broke);
        await using var _ = w;
        var fund = w.Balance(MarketBook.DefaultFund);
        // 15,000 are owed, of which the defaulter has 7,000.
        var made = await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, broke == 0 ? 55m : 85m, broke == 0 ? null : w.Accounts[3].Code, "The market of the day", default));
        async Task Carry()
        {
            await w.Decide(made.Id);
            await w.Agree(made.Id);
        }
        // The Book takes the advance, or does not, and its answer is lost either way.
        w.Venue.StopAfter(0, done: posted);
        await Record.ExceptionAsync(Carry);
        Assert.Equal((true, fund - (posted ? 8_000_00 : 0)), (w.Venue.Stopped, w.Balance(MarketBook.DefaultFund)));
        // Tried again while it still does not answer: nothing more is asked for.
        await Retry();
        w.Venue.GoOn();
        await Retry();
        await w.Get<BookCommands>().Reconcile(default);
        Assert.Equal((broke == 0 ? DeliveryState.CashSettled : DeliveryState.BoughtIn, fund - 8_000_00, 0L, 0L), ((await Of(w, id)).State, w.Balance(MarketBook.DefaultFund), w.Cash(broke) + w.Margin(broke), w.Balance(MarketBook.ClearingCash)));
        Assert.Equal((1L, 8_000_00L), (await w.Sql<long>("select count(*) from market.default_line where flow_id = $1 and state = 1", id), await w.Sql<long>("select sum(amount)::bigint from market.default_line where flow_id = $1", id)));

        async Task Retry()
        {
            await using var s = w.Registry.Sessions.Open(Actor.System);
            await Record.ExceptionAsync(async () => { await w.Get<DeliveryDesk>().Resume(s, default); await w.Get<BuyIns>().Retry(s, default); });
        }
    }

    [Fact]
    public async Task A_seller_who_did_not_deliver_pays_the_difference_also_to_a_buyer_who_was_declared_in_default_since()
    {
        var (w, id) = await NotDelivered(1, declared: false);
        await using var _ = w;
        Assert.Equal((DeliveryState.Failed, "contract.too-few-deliverable"), ((await Of(w, id)).State, (await Of(w, id)).Code));
        await w.Pay(1, 20_000_00);
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[0].Code, "Is insolvent", default))).Id);
        var (seller, buyer, fund) = (w.Cash(1) + w.Margin(1), w.Cash(0), w.Balance(MarketBook.DefaultFund));
        // 70 agreed, 85 now: the seller owes 15,000 as he did before.
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 85m, null, "The market of the day", default))).Id);
        Assert.Equal((DeliveryState.CashSettled, seller - 15_000_00, buyer + 15_000_00, fund, 0L), ((await Of(w, id)).State, w.Cash(1) + w.Margin(1), w.Cash(0), w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.ClearingCash)));
    }

    [Fact]
    public async Task Two_repayments_that_are_on_their_way_at_once_are_told_each_by_its_own_answer()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, i == 1 ? 1_000_00 : 200_000_00);
        foreach (var (member, part) in new[] { (0, 2_000), (2, 6_000) }) await w.Do(ClearingWorld.Trader(member), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[member].Code, "EUR", part, default));
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        await w.Try();
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Did not pay", default));
        await w.Decide(known.Id);
        await w.Clear();
        async Task Recover()
        {
            await using var s = w.Registry.Sessions.Open(Actor.System);
            await w.Get<DefaultDesk>().Recover(s, default);
        }
        async Task<(decimal Parts, string States)> Told() => ((await w.Registry.All(ClearingWorld.Clerk, s => DefaultFund.Parts(s, "EUR", default))).Sum(p => p.Amount),
            string.Join(" ", (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Read(s, known.Id, default))).Lines.Where(l => l.Layer == "recovered").OrderBy(l => l.Amount).Select(l => $"{l.Amount:0} {l.State}")));

        // 3,000 of 5,800 are on their way when the Book stops answering; 2,800 of what comes later are there before them.
        await w.Pay(1, 3_000_00);
        w.Venue.StopAfter(0, done: false);
        await Recover();
        Assert.Equal((true, 2_200_00L), (w.Venue.Stopped, w.Balance(MarketBook.DefaultFund)));
        w.Venue.GoOn();
        await w.Pay(1, 1_000_00);
        await Recover();
        Assert.Equal((5_000m, "700 posted 750 planned 2100 posted 2250 planned"), await Told());
        Assert.Equal((5_000_00L, 1_200_00L), (w.Balance(MarketBook.DefaultFund), w.Cash(1)));
        w.Registry.Clock.Now += Duration.FromHours(1);
        await w.Get<BookCommands>().Reconcile(default);
        Assert.Equal((5_000m, "700 posted 750 refused 2100 posted 2250 refused"), await Told());
        // What was refused is still owed.
        await Recover();
        Assert.Equal((6_200m, 6_200_00L, 0L), ((await Told()).Parts, w.Balance(MarketBook.DefaultFund), w.Cash(1)));
    }

    [Fact]
    public async Task Who_was_declared_in_default_after_bidding_takes_over_no_positions()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 200_000_00);
        await w.Trade(Eua, 0, 1, 75m, 5);
        async Task<Guid> Default(int member)
        {
            var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[member].Code, "Is insolvent", default));
            await w.Decide(known.Id);
            return known.Id;
        }
        var closes = w.Registry.Clock.Now + Duration.FromMinutes(30);
        var auction = (await w.Do(ClearingWorld.Clerk, async s => await w.Get<DefaultAuctions>().Open(s, await Default(1), closes, default))).Single();
        await w.Do(ClearingWorld.Trader(3), s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Accounts[3].Code, 75m, default));
        await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Accounts[2].Code, 76m, default));
        await Default(3);
        w.Registry.Clock.Now = closes;
        var awarded = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auction.Id, default));
        Assert.Equal((w.Accounts[2].Code, 76m, "awarded"), (awarded.Winner, awarded.Price, awarded.State));
    }
}
