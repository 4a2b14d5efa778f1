using NodaTime;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>Single days of the clearing house, from trades to what the Book has in the evening.</summary>
public sealed class ClearingDayTests
{
    static readonly LocalDate Monday = new(2026, 3, 9);
    const string Eua = "ICE.EUA:2026-12";

    [Fact]
    public async Task A_day_pays_what_was_gained_out_of_what_was_lost_and_takes_margin_from_both_sides()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        var view = await w.Clear();
        Assert.Equal(12, view.Steps.Count);
        Assert.Equal(75.36m, (await w.Do(ClearingWorld.Clerk, async s => (Answer<List<SettlementPrice>>)await PriceHandlers.Of(s, Monday, default))).Single().Price);
        // 5 x 1,000 x 1.36 against the seller; ten per cent of the price as margin on both sides.
        Assert.Equal(100_000_00 + 6_800_00 - 37_680_00, w.Cash(0));
        Assert.Equal(100_000_00 - 6_800_00 - 37_680_00, w.Cash(1));
        Assert.Equal((37_680_00, 37_680_00, 7_536_00, 7_536_00), (w.Margin(0), w.Margin(1), w.Margin(2), w.Margin(3)));
        Assert.Equal(0, w.Balance(MarketBook.ClearingCash));
        Assert.Equal(64, view.Day.ReportSha256!.Length);

        // The next day the whole position moves from the day's price; what the price gives back of margin goes back.
        w.Evening(Monday.PlusDays(1));
        await w.Trade(Eua, 3, 2, 70.00m, 1);
        await w.Clear();
        Assert.Equal(100_000_00 + 6_800_00 - 26_800_00 - 35_000_00, w.Cash(0));
        Assert.Equal((0L, 0L), (w.Margin(2), w.Margin(3)));
        Assert.Equal(12L, await w.Sql<long>("select count(*) from market.clearing_step where day = $1", Monday));
        Assert.Equal(1L, await w.Sql<long>("select count(*) from market.clearing_flow where kind = 'net' and account = $1", w.Accounts[2].Number));
    }

    [Fact]
    public async Task A_day_is_done_before_the_next_begins_and_only_by_the_clearing_house()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Trade(Eua, 0, 1, 70, 1);
        Assert.Equal("access.role-needed", await w.Refused(ClearingWorld.Trader(0), s => w.Get<ClearingPipeline>().Run(s, Monday, default)));
        Assert.Equal("clearing.day-future", await w.Refused(ClearingWorld.Clerk, s => w.Get<ClearingPipeline>().Run(s, Monday.PlusDays(1), default)));
        await w.Clear();
        w.Evening(Monday.PlusDays(1));
        await w.Clear();
        Assert.Equal("clearing.day-order", await w.Refused(ClearingWorld.Clerk, s => w.Get<ClearingPipeline>().Run(s, Monday.PlusDays(-1), default)));
    }

    [Fact]
    public async Task Sessions_that_are_open_and_positions_nobody_told_of_hold_the_day_up()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Trade(Eua, 0, 1, 70, 1);
        w.Registry.Clock.Now = Monday.At(new(12, 0)).InUtc().ToInstant();
        Assert.Equal("clearing.session-open", (await w.Try()).Value.Day.Waiting[0].Code);
        w.Evening(Monday);
        var series = await w.Series(Eua);
        await w.Send(Verdigris.Book.Commands.Transfer(77, MarketBook.PositionOpen, series.Long, MarketBook.PositionIssuer, w.Accounts[0].Positions, 1));
        var waiting = (await w.Try()).Value.Day;
        Assert.Equal((ClearingStep.CloseSessions, "clearing.positions-differ"), (waiting.Step, waiting.Waiting[0].Code));
    }

    [Fact]
    public async Task The_price_of_an_officer_and_a_second_person_comes_before_every_rule_and_a_day_without_trades_follows_the_one_before()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Pay(0, 50_000_00);
        await w.Pay(1, 50_000_00);
        await w.Trade(Eua, 0, 1, 70, 1);
        Assert.Equal("clearing.series-unknown", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().Propose(s, Monday, "ICE.EUA:2029-12", 70, "why", default)));
        Assert.Equal("contract.price-off-tick", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().Propose(s, Monday, Eua, 70.001m, "why", default)));
        var proposal = await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().Propose(s, Monday, Eua, 71, "The only trade was an error", default));
        Assert.Equal("clearing.price-proposed", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().Propose(s, Monday, Eua, 72, "again", default)));
        await w.Decide(proposal.Id);
        await w.Clear();
        var price = (await w.Do(ClearingWorld.Clerk, async s => (Answer<List<SettlementPrice>>)await PriceHandlers.Of(s, Monday, default))).Single();
        Assert.Equal((71m, "officer"), (price.Price, price.Rule));
        Assert.Equal("clearing.price-fixed", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().Propose(s, Monday, Eua, 72, "later", default)));
        // A day without a trade follows the day before.
        w.Evening(Monday.PlusDays(1));
        await w.Clear();
        Assert.Equal("theoretical", await w.Sql<string>("select rule from market.settlement_price where day = $1", Monday.PlusDays(1)));
    }

    [Fact]
    public async Task A_loss_nobody_can_pay_waits_and_goes_on_when_money_comes()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        await w.Pay(0, 100_000_00);
        await w.Pay(1, 1_000_00);
        await w.Pay(2, 50_000_00);
        await w.Pay(3, 50_000_00);
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        var waiting = (await w.Try()).Value.Day;
        Assert.Equal((ClearingStep.Variation, "clearing.shortfall"), (waiting.Step, waiting.Waiting.Single().Code));
        Assert.Equal((100_000_00, 1_000_00), (w.Cash(0), w.Cash(1)));
        await w.Pay(1, 5_800_00);
        await w.Clear();
        Assert.Equal((0L, 0L), (w.Cash(1), w.Margin(1)));
        // Nothing is left for margin: it is called for, and the call is met the next evening.
        Assert.Equal(37_680_00L, await w.Sql<long>("select amount from market.margin_call where account = $1 and state = 0", w.Accounts[1].Number));
        await w.Pay(1, 40_000_00);
        w.Evening(Monday.PlusDays(1));
        await w.Clear();
        Assert.Equal(37_680_00, w.Margin(1));
        Assert.Equal(1L, await w.Sql<long>("select count(*) from market.margin_call where account = $1 and state = 1", w.Accounts[1].Number));
    }

    [Fact]
    public async Task What_a_defaulter_owes_is_borne_in_the_order_of_the_waterfall_and_its_positions_are_sold()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, i == 1 ? 2_000_00 : 100_000_00);
        await w.Do(ClearingWorld.Trader(1), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[1].Code, "EUR", 1_000, default));
        await w.Do(ClearingWorld.Trader(0), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[0].Code, "EUR", 2_000, default));
        await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[2].Code, "EUR", 6_000, default));
        Assert.Equal("fund.fees", await w.Refused(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 1, default)));
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        Assert.Equal("clearing.shortfall", (await w.Try()).Value.Day.Waiting.Single().Code);
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Did not pay 6,800 EUR", default));
        Assert.Equal("default.open", await w.Refused(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "again", default)));
        await w.Decide(known.Id);
        await w.Clear();
        // 1,000 of cash, 1,000 of the own part, 4,800 of the others' 2,000 and 6,000: 1,200 and 3,600.
        var view = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Read(s, known.Id, default));
        Assert.Equal([("defaulter-cash", 1_000m), ("defaulter-fund", 1_000m), ("members-fund", 1_200m), ("members-fund", 3_600m)], view.Lines.Select(l => (l.Layer, l.Amount)));
        Assert.All(view.Lines, l => Assert.Equal("posted", l.State));
        Assert.Equal((0L, 3_200_00L, 0L), (w.Cash(1), w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.ClearingCash)));
        Assert.Equal("default.positions-open", await w.Refused(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Close(s, known.Id, default)));

        var closes = w.Registry.Clock.Now + Duration.FromMinutes(30);
        var auction = (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Open(s, known.Id, closes, default))).Single();
        Assert.Equal(-5, auction.Lots);
        Assert.Equal("trading.not-found", await w.Refused(ClearingWorld.Trader(1), s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Accounts[1].Code, 70, default)));
        await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Accounts[2].Code, 76.00m, default));
        await w.Do(ClearingWorld.Trader(3), s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Accounts[3].Code, 75.50m, default));
        Assert.Equal("default.auction-open", await w.Refused(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auction.Id, default)));
        w.Registry.Clock.Now = closes;
        Assert.Equal("default.auction-closed", await w.Refused(ClearingWorld.Trader(3), s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Accounts[3].Code, 74.50m, default)));
        var awarded = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auction.Id, default));
        Assert.Equal((w.Accounts[3].Code, 75.50m, "awarded"), (awarded.Winner, awarded.Price, awarded.State));
        w.Evening(Monday.PlusDays(1));
        await w.Trade(Eua, 2, 0, 75.36m, 1);
        await w.Clear();
        // Closing out 0.14 above the settlement price costs 700, which the fund bears.
        Assert.Equal(2_500_00, w.Balance(MarketBook.DefaultFund));
        await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Close(s, known.Id, default));
    }

    [Fact]
    public async Task A_loss_beyond_the_whole_fund_stops_the_day_and_says_what_is_there()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        await w.Pay(2, 50_000_00);
        await w.Pay(3, 50_000_00);
        await w.Trade(Eua, 0, 1, 74.00m, 5, new(10, 0));
        await w.Trade(Eua, 2, 3, 75.36m, 1);
        await w.Try();
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Did not pay", default));
        await w.Decide(known.Id);
        Assert.Equal("default.fund-empty", (await w.Try()).Value.Day.Waiting.Single().Code);
        await w.Pay(1, 6_800_00);
        await w.Clear();
    }

    [Fact]
    public async Task Allowances_are_delivered_against_payment_and_what_is_not_there_fails_and_is_bought_in()
    {
        var end = new LocalDate(2026, 3, 23);
        const string march = "ICE.EUA:2026-03";
        await using var w = await ClearingWorld.Open(4, end);
        for (var i = 0; i < 4; i++) await w.Pay(i, 2_000_000_00);
        await w.Give(1, "eu-ets", "EUA", 3_000);
        await w.Give(3, "eu-ets", "EUA", 9_000);
        await w.Trade(march, 0, 1, 70m, 3);
        await w.Trade(march, 0, 2, 70m, 2);
        await w.Clear();
        var list = await w.Do(ClearingWorld.Clerk, async s => (Answer<List<Delivery>>)await w.Get<DeliveryDesk>().List(s, null, null, default));
        Assert.Equal([(3L, 3_000m, 210_000_00L, DeliveryState.Due), (2L, 2_000m, 140_000_00L, DeliveryState.Due)], list.OrderByDescending(d => d.Lots).Select(d => (d.Lots, d.Units, d.Amount, d.State)));
        Assert.All(list, d => Assert.Equal(new LocalDate(2026, 3, 26), d.DueOn));
        var (mine, other) = (list.Single(d => d.Lots == 3), list.Single(d => d.Lots == 2));
        Assert.Equal("delivery.not-found", await w.Refused(ClearingWorld.Trader(3), s => w.Get<DeliveryDesk>().Deliver(s, mine.Id, [], default)));
        Assert.Equal("contract.too-few-deliverable", await w.Refused(ClearingWorld.Trader(2), s => w.Get<DeliveryDesk>().Deliver(s, other.Id, [], default)));
        var before = (w.Cash(0), w.Cash(1));
        Assert.Equal(DeliveryState.Settled, (await w.Do(ClearingWorld.Trader(1), s => w.Get<DeliveryDesk>().Deliver(s, mine.Id, [], default))).State);
        Assert.Equal("delivery.not-due", await w.Refused(ClearingWorld.Trader(1), s => w.Get<DeliveryDesk>().Deliver(s, mine.Id, [], default)));
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        Assert.Equal((3_000L, 0L), w.Venue.Read(b => (b.Balance(w.Accounts[0].Number + 1, asset).Available, b.Balance(w.Accounts[1].Number + 1, asset).Available)));
        Assert.Equal((before.Item1 - 210_000_00, before.Item2 + 210_000_00), (w.Cash(0), w.Cash(1)));

        w.Evening(other.DueOn);
        await w.Clear();
        var failed = await w.Do(ClearingWorld.Clerk, s => w.Get<DeliveryDesk>().Read(s, other.Id, default));
        Assert.Equal((DeliveryState.Failed, "contract.too-few-deliverable"), (failed.Delivery.State, failed.Delivery.Code));
        var buyIn = await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, other.Id, 72m, w.Accounts[3].Code, "Bought from account 4", default));
        var (loser, helper) = (w.Cash(2) + w.Margin(2), w.Cash(3));
        await w.Decide(buyIn.Id);
        // Nobody's units are taken without a word of his.
        Assert.Equal((DeliveryState.Failed, "consent", loser, helper), ((await w.Do(ClearingWorld.Clerk, s => w.Get<DeliveryDesk>().Read(s, other.Id, default))).Delivery.State, (await w.Registry.All(ClearingWorld.Clerk, s => BuyIns.Of(s, other.Id, default))).Single().State, w.Cash(2) + w.Margin(2), w.Cash(3)));
        Assert.Equal(1, await w.Agree(buyIn.Id));
        Assert.Equal(DeliveryState.BoughtIn, (await w.Do(ClearingWorld.Clerk, s => w.Get<DeliveryDesk>().Read(s, other.Id, default))).Delivery.State);
        Assert.Equal((loser - 4_000_00, helper + 144_000_00, 5_000L), (w.Cash(2) + w.Margin(2), w.Cash(3), w.Venue.Read(b => b.Balance(w.Accounts[0].Number + 1, asset).Available)));
        Assert.Equal(0, w.Balance(MarketBook.ClearingCash));
    }

    [Fact]
    public async Task A_contract_settled_in_cash_ends_at_the_mean_of_its_index_and_waits_for_it()
    {
        // The last trading day is 31 March; the final price is due the working day after.
        var last = new LocalDate(2026, 3, 31);
        const string ubc = "LME.UBC:2026-03";
        const string index = "Argus UBC, mill grade, delivered United States";
        await using var w = await ClearingWorld.Open(2, last);
        await w.Pay(0, 50_000_00, "USD");
        await w.Pay(1, 50_000_00, "USD");
        await w.Trade(ubc, 0, 1, 1_780m, 4);
        await w.Clear();
        w.Evening(last.PlusDays(1));
        Assert.Equal("clearing.index-missing", (await w.Try()).Value.Day.Waiting.Single().Code);
        Assert.Equal("clearing.index-unknown", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, "No index", last, 1, default)));
        var first = await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, index, last.PlusDays(-1), 0.80m, default));
        var wrong = await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, index, last, 8.10m, default));
        // A price counts once a second person has seen it; nobody is his own second.
        Assert.Equal("clearing.index-proposed", await w.Refused(ClearingWorld.Clerk2, s => w.Get<PriceHandlers>().ProposeIndex(s, index, last, 0.81m, default)));
        Assert.Equal("clearing.index-missing", (await w.Try()).Value.Day.Waiting.Single().Code);
        Assert.Equal("approval.same-person", await w.NotDecided(ClearingWorld.Clerk, first.Id));
        await w.Decide(first.Id);
        await w.Decide(wrong.Id, approve: false);
        var right = await w.Do(ClearingWorld.Clerk2, s => w.Get<PriceHandlers>().ProposeIndex(s, index, last, 0.81m, default));
        await w.Registry.DecideTask(ClearingWorld.Clerk, await w.Registry.TaskOf(right.Id));
        Assert.Equal(["accepted", "accepted", "rejected"], (await w.Registry.All(ClearingWorld.Clerk, s => PriceHandlers.IndexProposals(s, default))).Select(p => p.State));
        Assert.Equal("clearing.index-entered", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, index, last, 0.9m, default)));
        // Two of the month's twenty-two days do not settle anything.
        var waiting = (await w.Try()).Value.Day.Waiting.Single();
        Assert.Equal(("clearing.index-missing", "2", "22", "2026-03-02"), (waiting.Code, waiting.Args!["there"], waiting.Args["expected"], waiting.Args["day"]));
        var days = 0;
        await w.Publish("LME.UBC", index, last, _ => days++ < 10 ? 0.80m : 0.81m);
        await w.Clear();
        // 0.805 x 2204.62262 = 1,774.72, five dollars and 28 cents below the entry, times a hundred tonnes.
        Assert.Equal((50_000_00 - 528_00, 50_000_00 + 528_00), (w.Cash(0, "USD"), w.Cash(1, "USD")));
        Assert.Equal((0, 0), (w.Margin(0, "USD"), w.Margin(1, "USD")));
        var series = await w.Registry.All(Actor.System, s => w.Get<Verdigris.Market.Clearing.Positions.SeriesRegister>().Find(s, ubc, default));
        Assert.Equal(last.PlusDays(1), series!.EndedOn);
        Assert.Equal((0L, 0L), w.Venue.Read(b => (b.Balance(w.Accounts[0].Positions, series.Long).Total, b.Balance(w.Accounts[1].Positions, series.Short).Total)));
    }

    [Fact]
    public async Task Options_worth_something_at_their_end_become_futures_and_sellers_are_drawn_by_lot()
    {
        // SHFE: the fifth last trading day of the month before; the calendar has 2026.
        const string future = "SHFE.AD:2026-05", call = "SHFE.AD.OPTION:2026-05:C18400", put = "SHFE.AD.OPTION:2026-05:P18400";
        await using var w = await ClearingWorld.Open(5, new(2026, 4, 23));
        var contracts = Verdigris.Market.Contracts.ContractSet.Of(w.Get<Primitives.Rules.RulePacks>());
        var end = Verdigris.Market.Clearing.Positions.SeriesDates.EndDay(contracts, contracts.Find("SHFE.AD.OPTION")!, Verdigris.Market.Contracts.Series.Read(call).Value)!.Value;
        w.Evening(end);
        for (var i = 0; i < 5; i++) await w.Pay(i, 1_000_000_00, "CNY");
        await w.Trade(call, 0, 1, 120, 3);
        await w.Trade(call, 0, 2, 120, 3);
        await w.Trade(put, 3, 1, 90, 2);
        await w.Trade(future, 3, 4, 18_500, 1);
        Assert.Equal("clearing.no-option", await w.Refused(ClearingWorld.Trader(3), s => w.Get<ExerciseDesk>().Enter(s, w.Accounts[3].Code, future, 1, false, end, default)));
        Assert.Equal("clearing.over-position", await w.Refused(ClearingWorld.Trader(0), s => w.Get<ExerciseDesk>().Enter(s, w.Accounts[0].Code, call, 7, true, end, default)));
        await w.Do(ClearingWorld.Trader(0), s => w.Get<ExerciseDesk>().Enter(s, w.Accounts[0].Code, call, 2, true, end, default));
        var before = w.Cash(0, "CNY");
        await w.Clear();
        // Four of six calls are exercised at 18,400 against 18,500: 4 x 10 x 100; the puts lapse.
        Assert.Equal(before + 4_000_00, w.Cash(0, "CNY") + w.Margin(0, "CNY") + await Fees(w, 0));
        var known = await w.Series(future);
        Assert.Equal(4, w.Venue.Read(b => b.Balance(w.Accounts[0].Positions, known.Long).Total));
        Assert.Equal(4, w.Venue.Read(b => b.Balance(w.Accounts[1].Positions, known.Short).Total + b.Balance(w.Accounts[2].Positions, known.Short).Total));
        foreach (var code in new[] { call, put })
        {
            var ended = await w.Registry.All(Actor.System, s => w.Get<Verdigris.Market.Clearing.Positions.SeriesRegister>().Find(s, code, default));
            Assert.Equal(end, ended!.EndedOn);
            Assert.Equal((0L, 0L), w.Venue.Read(b => b.Total(ended.Long)));
        }
        var seed = await w.Sql<long>("select seed from market.draw where purpose = 'assignment'");
        Assert.Equal(await w.Sql<string>("select drawn::text from market.draw where purpose = 'assignment'"), (await w.Sql<string>("select $1::jsonb::text", new Verdigris.Storage.Json(Verdigris.Storage.StorageJson.Write(Draws.Draw([new(w.Accounts[1].Number, 3), new(w.Accounts[2].Number, 3)], 4, seed))))));
    }

    static Task<long> Fees(ClearingWorld w, int account) => w.Sql<long>("select coalesce(sum(amount), 0)::bigint from market.clearing_flow where kind = 'fee' and state = 2 and account = $1", w.Accounts[account].Number);

    [Fact]
    public async Task Units_stand_in_for_margin_less_their_haircut_and_are_let_go_only_when_not_needed()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 20_000_00);
        await w.Give(0, "eu-ets", "EUA", 1_000);
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        Assert.Equal("collateral.units", await w.Refused(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Pledge(s, w.Accounts[0].Code, asset, 1_001, default)));
        var pledged = await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Pledge(s, w.Accounts[0].Code, asset, 1_000, default));
        Assert.Equal(CollateralState.Held, pledged.State);
        await w.Trade(Eua, 0, 1, 70m, 4);
        await w.Clear();
        // 28,000 asked; 1,000 EUA are worth 70,000 less a quarter, of which half the requirement counts.
        Assert.Equal((14_000_00, 20_000_00), (w.Margin(0), w.Margin(1)));
        Assert.Equal(14_000_00L, await w.Sql<long>("select collateral from market.margin_requirement where account = $1", w.Accounts[0].Number));
        Assert.Equal("collateral.needed", await w.Refused(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Release(s, pledged.Id, default)));
        await w.Pay(0, 20_000_00);
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Deposit(s, w.Accounts[0].Code, "EUR", 14_000, default));
        Assert.Equal(CollateralState.Released, (await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Release(s, pledged.Id, default))).State);
        Assert.Equal("collateral.not-found", await w.Refused(ClearingWorld.Trader(2), s => w.Get<CollateralDesk>().Release(s, pledged.Id, default)));
    }

    [Fact]
    public async Task Who_loses_half_of_the_margin_within_a_day_is_called_at_once_and_only_once()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 4);
        await w.Clear();
        w.Evening(Monday.PlusDays(1));
        await w.Trade(Eua, 2, 3, 66.00m, 1, new(11, 0));
        var first = await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default));
        var called = Assert.Single(first, x => x.Called);
        Assert.Equal((w.Accounts[0].Code, 16_000m, 28_000m), (called.Account, called.Loss, called.Margin));
        Assert.DoesNotContain(await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default)), x => x.Called);
        Assert.Equal("access.role-needed", await w.Refused(ClearingWorld.Trader(0), s => w.Get<IntradayCalls>().Run(s, default)));
    }

    [Fact]
    public async Task The_clock_calls_by_itself_raises_a_call_with_the_loss_without_putting_it_off_and_tells_once_that_it_is_overdue()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 4);
        await w.Clear();
        var clock = w.Get<ClearingClock>();
        var noon = Monday.PlusDays(1).At(new LocalTime(12, 0)).InUtc().ToInstant();
        async Task<(long Amount, long Due)> Open() => (await w.Sql<long>("select coalesce(sum(amount), 0)::bigint from market.margin_call where state = 0 and account = $1", w.Accounts[0].Number), await w.Sql<long>("select coalesce(max(extract(epoch from due_at)), 0)::bigint from market.margin_call where state = 0 and account = $1", w.Accounts[0].Number));
        async Task<int> At(int minutes, decimal? price = null)
        {
            w.Registry.Clock.Now = noon + Duration.FromMinutes(minutes);
            if (price is { } paid) await w.Trade(Eua, 2, 3, paid, 1, new(11, minutes));
            return await clock.Watch(default);
        }
        var due = noon.ToUnixTimeSeconds() + 3_600;
        Assert.Equal(0, await At(0, 66.00m));
        Assert.Equal((16_000_00L, due), await Open());
        // A little more is no new call, and between two looks there is none.
        await At(11, 65.90m);
        Assert.Equal((16_000_00L, due), await Open());
        await At(15, 60.00m);
        Assert.Equal((16_000_00L, due), await Open());
        await At(22);
        Assert.Equal((40_000_00L, due), await Open());
        Assert.Equal(0, await At(59));
        Assert.Equal(1, await At(60));
        Assert.Equal(0, await At(61));
        Assert.Equal(2L, await w.Sql<long>("select count(*) from storage.outbox_event where payload->>'textKey' = 'market.notice.margin.overdue'"));
    }
}
