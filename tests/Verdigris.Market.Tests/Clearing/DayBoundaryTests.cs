using NodaTime;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>What lies between two clearing days: trades told late or early, positions that end in nothing, money that is there for something else.</summary>
public sealed class DayBoundaryTests
{
    static readonly LocalDate Monday = new(2026, 3, 9), Tuesday = Monday.PlusDays(1), Friday = Monday.PlusDays(4), Saturday = Monday.PlusDays(5);
    const string Eua = "ICE.EUA:2026-12";

    [Fact]
    public async Task A_trade_on_a_day_without_sessions_counts_for_the_next_day_that_is_cleared()
    {
        await using var w = await ClearingWorld.Open(2, Friday);
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 2);
        await w.Clear();
        // Told after the day was closed it stands on the Saturday.
        await w.Trade(Eua, 0, 1, 71m, 1, kind: TradeKind.Reported);
        Assert.Equal($"{Saturday:uuuu-MM-dd}", await w.Sql<string>("select max(day)::text from market.clearing_trade"));
        w.Evening(Monday.PlusWeeks(1));
        await w.Clear();
        Assert.Equal(3L, await w.Sql<long>("select lots from market.clearing_position where day = $1 and account = $2", Monday.PlusWeeks(1), w.Accounts[0].Number));
        // 70 is the settlement price of both days: the third lot lost a thousand.
        Assert.Equal(100_000_00 - 1_000_00, w.Cash(0) + w.Margin(0));
        Assert.Equal("1", await w.Sql<string>("select report->'steps'->'CloseSessions'->>'lots' from market.clearing_day where day = $1", Monday.PlusWeeks(1)));
    }

    [Fact]
    public async Task A_day_with_trades_is_not_passed_over_and_the_clock_begins_with_the_oldest()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 2);
        w.Evening(Tuesday);
        Assert.Equal("clearing.day-order", (await w.Try()).Refusals.Single().Code);
        Assert.Equal(0L, await w.Sql<long>("select count(*) from market.clearing_day"));
        // Nobody ran anything for two weeks.
        w.Evening(Monday.PlusWeeks(2));
        await using (var s = w.Registry.Sessions.Open(Actor.System)) Assert.Equal(Monday, await w.Get<ClearingClock>().Due(s, default));
        Assert.True((await w.Try(Monday)).Value.Day.Done);
        await using (var s = w.Registry.Sessions.Open(Actor.System)) Assert.Equal(Tuesday, await w.Get<ClearingClock>().Due(s, default));
        Assert.True((await w.Try(Monday.PlusWeeks(2))).Value.Day.Done);
    }

    [Fact]
    public async Task Margin_of_what_a_session_of_the_next_day_has_traded_stays()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 1);
        await w.Trade(Eua, 0, 1, 70m, 3, day: Tuesday);
        // A month nobody traded before has no settlement price yet.
        await w.Trade("ICE.EUA:2027-12", 0, 1, 72m, 1, day: Tuesday);
        await w.Clear();
        // Four lots at 7,000 and one at 7,200, less what the spread saves; one lot alone would be 7,000.
        Assert.Equal(w.Margin(0), w.Margin(1));
        Assert.InRange(w.Margin(0), 28_000_00, 35_200_00);
        Assert.Equal(1L, await w.Sql<long>("select lots from market.clearing_position where day = $1 and account = $2", Monday, w.Accounts[0].Number));
    }

    [Fact]
    public async Task A_position_that_is_gone_by_a_reported_trade_is_settled_all_the_same()
    {
        var end = new LocalDate(2026, 3, 23);
        const string march = "ICE.EUA:2026-03";
        await using var w = await ClearingWorld.Open(2, end.PlusDays(-3));
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00);
        await w.Trade(march, 0, 1, 70m, 1);
        await w.Clear();
        w.Evening(end);
        await w.Trade(march, 1, 0, 72m, 1, kind: TradeKind.Reported);
        await w.Clear();
        Assert.Equal((100_000_00 + 2_000_00, 100_000_00 - 2_000_00), (w.Cash(0), w.Cash(1)));
        Assert.Equal((0L, 0L), (w.Margin(0), w.Margin(1)));
        Assert.Equal(1L, await w.Sql<long>("select count(*) from market.settlement_price where day = $1 and series = $2", end, march));
    }

    [Fact]
    public async Task Money_of_another_currency_that_stands_in_for_margin_stays_as_long_as_it_does()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Pay(1, 100_000_00);
        await w.Pay(0, 20_000_00, "USD");
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, "FX:USD/EUR", Monday, 0.9m, default))).Id);
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Deposit(s, w.Accounts[0].Code, "USD", 20_000, default));
        await w.Trade(Eua, 0, 1, 70m, 1);
        for (var day = Monday; day <= Tuesday; day = day.PlusDays(1))
        {
            w.Evening(day);
            await w.Clear();
            // 20,000 dollars are worth 17,100 euro (at 0.9, less a twentieth); of them 7,000 euro and two cents for rounding, to the next cent of a dollar.
            Assert.Equal((0L, 8_187_16L, 20_000_00L - 8_187_16L), (w.Margin(0), w.Margin(0, "USD"), w.Cash(0, "USD")));
            Assert.Equal(0L, await w.Sql<long>("select count(*) from market.margin_call where state = 0"));
        }
        // Euro of its own sends the dollars home.
        await w.Pay(0, 7_000_00);
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Deposit(s, w.Accounts[0].Code, "EUR", 7_000, default));
        w.Evening(Tuesday.PlusDays(1));
        await w.Clear();
        Assert.Equal((7_000_00L, 0L, 20_000_00L), (w.Margin(0), w.Margin(0, "USD"), w.Cash(0, "USD")));
    }

    [Fact]
    public async Task The_same_spare_money_does_not_cover_two_currencies_when_a_pledge_is_let_go()
    {
        await using var w = await ClearingWorld.Open(1, Monday);
        var account = w.Accounts[0];
        await w.Give(0, "eu-ets", "EUA", 1_000);
        await w.Pay(0, 20_000_00, "USD");
        foreach (var rate in new[] { "FX:USD/EUR", "FX:USD/GBP" })
            await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, rate, Monday, 0.9m, default))).Id);
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        var pledged = await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Pledge(s, account.Code, asset, 1_000, default));
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Deposit(s, account.Code, "USD", 20_000, default));
        // 17,100 of either currency stand behind it: enough for one of the two, not for both.
        async Task Asked(LocalDate day, long euro, long pounds)
        {
            await using var s = w.Registry.Sessions.Open(Actor.System);
            foreach (var (currency, cents) in new[] { ("EUR", euro), ("GBP", pounds) })
                await s.Run("insert into market.margin_requirement (day, account, organisation_id, currency, requirement, collateral, lent, trace) values ($1, $2, $3, $4, $5, 0, 0, '{}')", default, day, account.Number, account.OrganisationId, currency, cents);
        }
        await Asked(Monday, 12_000_00, 12_000_00);
        Assert.Equal("collateral.needed", await w.Refused(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Release(s, pledged.Id, default)));
        await Asked(Tuesday, 8_000_00, 8_000_00);
        Assert.Equal(CollateralState.Released, (await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Release(s, pledged.Id, default))).State);
    }

    [Fact]
    public async Task The_premium_of_an_awarded_option_is_paid_and_what_has_changed_since_is_not_sold()
    {
        const string future = "SHFE.AD:2026-05", call = "SHFE.AD.OPTION:2026-05:C18400", put = "SHFE.AD.OPTION:2026-05:P18400";
        await using var w = await ClearingWorld.Open(5, Monday);
        for (var i = 0; i < 5; i++) await w.Pay(i, 1_000_000_00, "CNY");
        await w.Trade(call, 1, 0, 120, 3);
        await w.Trade(put, 1, 0, 90, 2);
        await w.Trade(future, 3, 4, 18_500, 1);
        await w.Clear();
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Has stopped paying", default));
        await w.Decide(known.Id);
        var closes = w.Registry.Clock.Now + Duration.FromMinutes(30);
        var auctions = (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Open(s, known.Id, closes, default))).ToDictionary(a => a.Series);
        foreach (var series in new[] { call, put }) await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, auctions[series].Id, w.Accounts[2].Code, 100, default));
        // One of the puts goes before the award.
        await w.Trade(put, 0, 1, 90, 1, day: Tuesday, kind: TradeKind.Reported);
        w.Registry.Clock.Now = closes;
        Assert.Equal("awarded", (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auctions[call].Id, default))).State);
        var unsold = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auctions[put].Id, default));
        Assert.Equal(("unsold", "position-changed"), (unsold.State, unsold.Code));
        Assert.Equal("default.auction-closed", await w.Refused(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auctions[call].Id, default)));
        // What is left is offered again.
        Assert.Equal(1, (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Open(s, known.Id, closes + Duration.FromHours(1), default))).Single(a => a is { State: "open" }).Lots);
        var before = (w.Cash(1, "CNY") + w.Margin(1, "CNY"), w.Cash(2, "CNY") + w.Margin(2, "CNY"));
        w.Evening(Tuesday);
        await w.Clear();
        // Three lots of ten tonnes at 100.
        Assert.Equal((before.Item1 + 3_000_00, before.Item2 - 3_000_00), (w.Cash(1, "CNY") + w.Margin(1, "CNY") + await Fees(w, 1), w.Cash(2, "CNY") + w.Margin(2, "CNY") + await Fees(w, 2)));
        Assert.Equal(0, w.Balance(MarketBook.ClearingCash, "CNY"));
    }

    [Fact]
    public async Task A_series_that_has_ended_is_not_awarded_and_an_award_of_a_weekend_counts_for_monday()
    {
        var end = new LocalDate(2026, 3, 23);
        const string march = "ICE.EUA:2026-03";
        await using var w = await ClearingWorld.Open(3, end.PlusDays(-3));
        for (var i = 0; i < 3; i++) await w.Pay(i, 500_000_00);
        await w.Trade(march, 0, 1, 70m, 2);
        await w.Trade(Eua, 0, 1, 70m, 1);
        await w.Clear();
        var known = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "Has stopped paying", default));
        await w.Decide(known.Id);
        var closes = ClearingWorld.At(end.PlusDays(-2));
        var auctions = (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Open(s, known.Id, closes, default))).ToDictionary(a => a.Series);
        foreach (var series in new[] { march, Eua }) await w.Do(ClearingWorld.Trader(2), s => w.Get<DefaultAuctions>().Bid(s, auctions[series].Id, w.Accounts[2].Code, 70, default));
        w.Registry.Clock.Now = closes;
        Assert.Equal("awarded", (await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auctions[Eua].Id, default))).State);
        Assert.Equal($"{end:uuuu-MM-dd}", await w.Sql<string>("select day::text from market.clearing_trade where kind = 3"));
        w.Evening(end);
        await w.Clear();
        var late = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultAuctions>().Award(s, auctions[march].Id, default));
        Assert.Equal(("unsold", "series-ended"), (late.State, late.Code));
    }

    [Fact]
    public async Task Losses_of_a_session_that_counts_for_tomorrow_are_called_today()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 4);
        await w.Clear();
        await w.Trade(Eua, 2, 3, 66m, 1, day: Tuesday);
        var called = Assert.Single(await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default)), x => x.Called);
        Assert.Equal((w.Accounts[0].Code, 16_000m), (called.Account, called.Loss));
    }

    [Fact]
    public async Task A_seller_of_options_is_called_when_their_future_moves_and_nobody_trades_the_option()
    {
        const string future = "SHFE.AD:2026-05", call = "SHFE.AD.OPTION:2026-05:C18400";
        await using var w = await ClearingWorld.Open(5, Monday);
        for (var i = 0; i < 5; i++) await w.Pay(i, 1_000_000_00, "CNY");
        await w.Trade(call, 0, 1, 500, 3);
        await w.Trade(future, 3, 4, 18_500, 1);
        await w.Clear();
        Assert.DoesNotContain(await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default)), x => x.Loss > 0);
        w.Evening(Tuesday);
        await w.Trade(future, 3, 4, 21_500, 1);
        // Half the margin of a sold call is gone with the three thousand above its exercise price.
        var contracts = Verdigris.Market.Contracts.ContractSet.Of(w.Get<Primitives.Rules.RulePacks>());
        var (option, rules) = (contracts.Find("SHFE.AD.OPTION")!, MarginRules.Of(contracts.Packs));
        var end = Verdigris.Market.Contracts.LastTradingDay.Of(contracts, option, new(2026, 5)).Value.Day;
        decimal Left(LocalDate day) => Period.DaysBetween(day, end) / 365m;
        async Task<decimal> Settled(string series) => await w.Sql<decimal>("select price from market.settlement_price where day = $1 and series = $2", Monday, series);
        var (stood, was) = (await Settled(future), await Settled(call));
        var implied = Book.OptionTheory.ImpliedVolatility(new(stood, 18_400, Left(Monday), rules.Rate("CNY"), 0), true, was, Book.ExerciseStyle.American, rules.TreeSteps).Value;
        var worth = Book.OptionTheory.American(new(21_500, 18_400, Left(Tuesday), rules.Rate("CNY"), implied), rules.TreeSteps).Value.Call;
        Assert.InRange(worth, 3_100m, 3_500m);
        var standings = await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default));
        var seller = Assert.Single(standings, x => x.Account == w.Accounts[1].Code);
        Assert.Equal((true, 3 * (Math.Round(worth * 10, 2) - was * 10)), (seller.Called, seller.Loss));
        Assert.Equal(decimal.ToInt64(seller.Loss * 100), await w.Sql<long>("select amount from market.margin_call where intraday and state = 0 and account = $1", w.Accounts[1].Number));
        // The buyer of the option has gained; the seller of the future has lost what everybody sees.
        Assert.DoesNotContain(standings, x => x.Account == w.Accounts[0].Code);
        Assert.All(standings, x => Assert.Empty(x.Unpriced));
        // A trade of the option itself is nearer than any theory, and a fall brings its buyer no call.
        await w.Trade(call, 2, 3, 100, 1, day: Tuesday.PlusDays(1));
        standings = await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default));
        Assert.DoesNotContain(standings, x => x.Account == w.Accounts[0].Code || x.Account == w.Accounts[1].Code);
    }

    [Fact]
    public async Task A_series_without_a_price_is_named_within_the_day_and_counts_for_nothing()
    {
        const string call = "SHFE.AD.OPTION:2026-05:C18400";
        await using var w = await ClearingWorld.Open(3, Monday);
        for (var i = 0; i < 3; i++) await w.Pay(i, 1_000_000_00, "CNY");
        // Awarded, never traded or settled, and of its future nothing is known either.
        await w.Trade(call, 0, 1, 500, 3, kind: TradeKind.Default);
        var standings = await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default));
        Assert.Equal([w.Accounts[0].Code, w.Accounts[1].Code], standings.Select(x => x.Account));
        Assert.All(standings, x => Assert.Equal((0m, false, call), (x.Loss, x.Called, x.Unpriced.Single())));
    }

    static Task<long> Fees(ClearingWorld w, int account) => w.Sql<long>("select coalesce(sum(amount), 0)::bigint from market.clearing_flow where kind = 'fee' and state = 2 and day = $2 and account = $1", w.Accounts[account].Number, Tuesday);

    [Fact]
    public async Task While_a_day_waits_losses_are_looked_at_and_what_it_has_collected_is_none_any_more()
    {
        var monday = new LocalDate(2026, 3, 9);
        const string eua = "ICE.EUA:2026-12";
        await using var w = await ClearingWorld.Open(4, monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, i == 3 ? 100_00 : 100_000_00);
        await w.Trade(eua, 0, 1, 70m, 4);
        await w.Clear();
        w.Evening(monday.PlusDays(1));
        await w.Trade(eua, 3, 2, 70m, 1, new(10, 0));
        await w.Trade(eua, 2, 1, 66m, 1);
        // The fourth member has not got the 4,000 it lost; the first has paid its 16,000.
        Assert.Equal((ClearingStep.Variation, "clearing.shortfall"), ((await w.Try()).Value.Day.Step, (await w.Try()).Value.Day.Waiting.Single().Code));
        Task<IReadOnlyList<IntradayStanding>> Look() => w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default));
        Assert.Equal([(w.Accounts[3].Code, 4_000m, true)], (await Look()).Select(l => (l.Account, l.Loss, l.Called)));
        // The market falls on before the day is done: the clock does not wait for it.
        w.Registry.Clock.Now = monday.PlusDays(2).At(new LocalTime(12, 0)).InUtc().ToInstant();
        await w.Trade(eua, 2, 1, 60m, 1, new(11, 0));
        await w.Get<ClearingClock>().Watch(default);
        Assert.Equal(24_000_00L, await w.Sql<long>("select amount from market.margin_call where account = $1 and intraday", w.Accounts[0].Number));
        // With the money there the rest of the day is taken; only what was lost after it counts.
        await w.Pay(3, 3_900_00);
        w.Get<ClearingPipeline>().Passing = (_, step, after) => { if (step == ClearingStep.Carry && !after) throw new InvalidOperationException("stopped by the test"); };
        await Assert.ThrowsAsync<InvalidOperationException>(() => w.Try(monday.PlusDays(1)));
        w.Get<ClearingPipeline>().Passing = null;
        Assert.Equal([(w.Accounts[0].Code, 24_000m), (w.Accounts[3].Code, 6_000m)], (await Look()).Select(l => (l.Account, l.Loss)));
        Assert.True((await w.Try(monday.PlusDays(1))).Value.Day.Done);
        Assert.Equal([(w.Accounts[0].Code, 24_000m), (w.Accounts[3].Code, 6_000m)], (await Look()).Select(l => (l.Account, l.Loss)));
    }
}
