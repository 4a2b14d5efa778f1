using NodaTime;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>Options on an index: nothing is delivered and nobody exercises, what they are worth at their end is paid.</summary>
public sealed class CashOptionTests
{
    static readonly LocalDate Last = new(2026, 3, 31);
    const string Future = "LME.PREMIUM.EUROPE:2026-03", Call = "PREMIUM.EUROPE.OPTION:2026-03:C300", Put = "PREMIUM.EUROPE.OPTION:2026-03:P330", Worthless = "PREMIUM.EUROPE.OPTION:2026-03:C340";
    const string Index = "Fastmarkets aluminium P1020A premium, duty paid, in warehouse Rotterdam";

    [Fact]
    public async Task What_an_option_is_worth_at_its_end_goes_from_who_is_short_to_who_is_long()
    {
        await using var w = await ClearingWorld.Open(4, Last);
        for (var i = 0; i < 4; i++) await w.Pay(i, 100_000_00, "USD");
        await w.Trade(Call, 0, 1, 20m, 3);
        await w.Trade(Call, 2, 1, 20m, 1);
        await w.Trade(Put, 1, 3, 15m, 2);
        await w.Trade(Worthless, 3, 0, 2m, 5);
        await w.Trade(Future, 0, 3, 310m, 1);
        Assert.Equal("clearing.cash-settled", await w.Refused(ClearingWorld.Trader(0), s => w.Get<ExerciseDesk>().Enter(s, w.Accounts[0].Code, Call, 1, true, Last, default)));
        // Without a published price neither future nor options have a final one.
        Assert.All((await w.Try()).Value.Day.Waiting, r => Assert.Equal("clearing.index-missing", r.Code));
        // The index is published on Tuesdays and Fridays: of another day nothing can be entered, and two of the month's nine publications are not its mean.
        Assert.Equal("clearing.index-not-expected", await w.Refused(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, Index, Last.PlusDays(-1), 320m, default)));
        await Published(w, Last.PlusDays(-4), 320m);
        await Published(w, Last, 321.01m);
        Assert.All((await w.Try()).Value.Day.Waiting, r => Assert.Equal(("clearing.index-missing", "2", "9", "2026-03-03"), (r.Code, r.Args!["there"], r.Args["expected"], r.Args["day"])));
        var days = 0;
        await w.Publish("LME.PREMIUM.EUROPE", Index, Last, _ => days++ switch { < 3 => 320m, < 6 => 321.01m, _ => 320.505m });
        var before = Enumerable.Range(0, 4).Select(i => w.Cash(i, "USD") + w.Margin(i, "USD")).ToArray();
        var view = await w.Clear();
        // The mean is 320.505, to two places 320.51 (half away from zero): a call at 300 is worth 20.51, a put at 330 9.49, times 25 t. The future: 10.51 times 25 t.
        long call = 512_75, put = 237_25, future = 262_75;
        Assert.Equal([before[0] + (3 * call) + future, before[1] - (4 * call) + (2 * put), before[2] + call, before[3] - (2 * put) - future], Enumerable.Range(0, 4).Select(i => w.Cash(i, "USD") + w.Margin(i, "USD")));
        Assert.Equal((0L, 0L), (w.Balance(MarketBook.ClearingCash, "USD"), await w.Sql<long>("select count(*) from market.draw")));
        Assert.Equal(0L, await w.Sql<long>("select count(*) from market.delivery"));
        var prices = (await w.Registry.All(Actor.System, s => PriceHandlers.Of(s, Last, default))).ToDictionary(p => p.Series);
        Assert.Equal((20.51m, 9.49m, 0m, "index", true), (prices[Call].Price, prices[Put].Price, prices[Worthless].Price, prices[Call].Rule, prices[Call].Final));
        foreach (var code in new[] { Call, Put, Worthless, Future })
        {
            var series = (await w.Registry.All(Actor.System, s => w.Get<SeriesRegister>().Find(s, code, default)))!;
            Assert.Equal(Last, series.EndedOn);
            Assert.All(w.Accounts, a => Assert.Equal((0L, 0L), w.Venue.Read(b => (b.Balance(a.Positions, series.Long).Total, b.Balance(a.Positions, series.Short).Total))));
        }
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal(0, w.Margin(i, "USD")));
        // The next day knows nothing of them any more.
        w.Evening(Last.PlusDays(1));
        var after = w.Holdings();
        await w.Clear();
        Assert.Equal(after, w.Holdings());
    }

    [Fact]
    public async Task While_a_price_of_its_index_is_to_be_corrected_an_option_does_not_end_and_is_paid_once_afterwards()
    {
        await using var w = await ClearingWorld.Open(2, Last);
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00, "USD");
        await w.Trade(Call, 0, 1, 20m, 3);
        await w.Trade(Future, 0, 1, 310m, 1);
        await w.Publish("LME.PREMIUM.EUROPE", Index, Last, _ => 320m);
        var right = await w.Do(ClearingWorld.Clerk, s => w.Get<IndexCorrections>().Propose(s, Index, Last, 329m, "Misread", default));
        long[] Money() => [.. Enumerable.Range(0, 2).Select(i => w.Cash(i, "USD") + w.Margin(i, "USD"))];
        var before = Money();
        var day = (await w.Clear()).Day;
        Assert.Equal([Future, Call], day.Report!["steps"]![nameof(ClearingStep.SettlementPrices)]!["held"]!.AsArray().Select(h => (string)h!["series"]!));
        Assert.Equal(before, Money());
        // Both are margined as they were.
        foreach (var code in new[] { Future, Call }) Assert.True(await w.Sql<bool>("select exists (select from market.clearing_position where series = $1 and day = $2)", code, Last));
        Assert.True(w.Margin(1, "USD") > 0);
        await w.Decide(right.Id);
        w.Evening(Last.PlusDays(1));
        await w.Clear();
        // Eight at 320 and one at 329 are 321: the call is worth 21 and the future has gained 11, times 25 t.
        Assert.Equal([before[0] + (3 * 525_00) + 275_00, before[1] - (3 * 525_00) - 275_00], Money());
        Assert.Equal((0L, 0L), (w.Margin(1, "USD"), await w.Sql<long>("select count(*) from market.series where code = any($1) and ended_on is distinct from $2", new[] { Future, Call }, w.Today)));
    }

    [Fact]
    public async Task Who_cannot_pay_what_its_options_cost_holds_the_day_up_and_nobody_is_paid_before()
    {
        await using var w = await ClearingWorld.Open(2, Last);
        await w.Pay(0, 1_000_00, "USD");
        await w.Pay(1, 400_00, "USD");
        await w.Trade(Call, 0, 1, 20m, 1);
        await w.Publish("LME.PREMIUM.EUROPE", Index, Last, _ => 320m);
        var waiting = (await w.Try()).Value.Day;
        Assert.Equal((ClearingStep.Variation, "clearing.shortfall", "500"), (waiting.Step, waiting.Waiting.Single().Code, waiting.Waiting.Single().Args!["amount"]));
        Assert.Equal((1_000_00, 400_00), (w.Cash(0, "USD"), w.Cash(1, "USD")));
        await w.Pay(1, 100_00, "USD");
        await w.Clear();
        Assert.Equal((1_500_00, 0), (w.Cash(0, "USD"), w.Cash(1, "USD")));
    }

    [Fact]
    public void Payment_and_final_price_hold_for_every_strike_and_every_mean()
    {
        var contracts = ContractSet.Of(RulePacks.Locate());
        var contract = contracts.Find("PREMIUM.EUROPE.OPTION")!;
        var draw = new Random(20261122);
        for (var i = 0; i < 2_000; i++)
        {
            List<decimal> published = [.. Enumerable.Range(0, draw.Next(1, 23)).Select(_ => draw.Next(1, 60_000) / 100m)];
            var strike = draw.Next(1, 60) * 10m;
            decimal Worth(OptionRight right) => SettlementRules.FinalOption(contract, new(contract.Code, new(2026, 3), Strike: strike, Right: right), published, Last).Value.Price;
            var mean = SettlementRules.Final(contract, "", published, Last).Value.Price;
            var (call, put) = (Worth(OptionRight.Call), Worth(OptionRight.Put));
            // At the end call less put is the forward: whatever one gains the other side of both pays; never both, never below nothing.
            Assert.Equal(mean - strike, call - put);
            Assert.True(call >= 0 && put >= 0 && (call == 0 || put == 0));
        }
    }

    static async Task Published(ClearingWorld w, LocalDate day, decimal price)
    {
        var asked = await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, Index, day, price, default));
        await w.Decide(asked.Id);
    }
}
