using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>What a clearing day took for a trade goes back when the trade is taken back on a later one.</summary>
public sealed class FeesReturnedTests
{
    /// <summary>Two hundredths of a percent of turnover, taken by the clearing day: of a lot of five tonnes at 20,000 twenty yuan.</summary>
    const string Aluminium = "SHFE.AL:2026-05", Yuan = "CNY";
    static readonly LocalDate Monday = new(2026, 3, 9), Tuesday = Monday.PlusDays(1);

    [Fact]
    public async Task It_goes_back_to_both_sides_once_also_where_the_day_was_stopped_in_the_middle_and_the_report_says_so()
    {
        await using var w = await ClearingWorld.Open(3, Monday);
        for (var i = 0; i < 3; i++) await w.Pay(i, 1_000_000_00, Yuan);
        await w.Trade(Aluminium, 0, 1, 20_000m, 2, trade: 7);
        await w.Trade(Aluminium, 0, 2, 20_000m, 1, trade: 8);
        await w.Clear();
        Assert.Equal((1_000_000_00L - 60_00, 1_000_000_00L - 40_00, 1_000_000_00L - 20_00, 120_00L), (Money(w, 0), Money(w, 1), Money(w, 2), w.Balance(MarketBook.Fees, Yuan)));

        w.Evening(Tuesday);
        await w.Trade(Aluminium, 1, 0, 20_000m, 2, kind: TradeKind.TakenBack, trade: 7);
        // The Book has given the money back and its answer is lost.
        w.Get<ClearingPipeline>().Passing = (_, step, after) => { if (step == ClearingStep.Fees && !after) w.Venue.StopAfter(0, done: true); };
        await Assert.ThrowsAsync<VenueStoppedException>(() => w.Try());
        w.Get<ClearingPipeline>().Passing = null;
        w.Venue.GoOn();
        var report = (await w.Clear()).Day.Report!;
        Assert.Equal((1_000_000_00L - 20_00, 1_000_000_00L, 1_000_000_00L - 20_00, 40_00L), (Money(w, 0), Money(w, 1), Money(w, 2), w.Balance(MarketBook.Fees, Yuan)));
        Assert.Equal(80m, (decimal)report["steps"]![nameof(ClearingStep.Fees)]!["returned"]![Yuan]!);
        var told = Assert.Single(report["flows"]!.AsArray(), f => (string)f!["kind"]! == "fee-return")!;
        Assert.Equal((2, 80m), ((int)told["count"]!, (decimal)told["amount"]!));
        Assert.Equal("2026-03-09", await w.Sql<string>("select trace->0->>'day' from market.clearing_flow where kind = 'fee-return' and account = $1", w.Accounts[0].Number));

        w.Evening(Tuesday.PlusDays(1));
        Assert.DoesNotContain("return", (await w.Clear()).Day.Report!.ToJsonString());
        Assert.Equal(40_00L, w.Balance(MarketBook.Fees, Yuan));
    }

    [Fact]
    public async Task Nothing_goes_back_of_a_trade_that_was_taken_back_before_its_fee_was_reckoned()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        for (var i = 0; i < 2; i++) await w.Pay(i, 1_000_000_00, Yuan);
        await w.Trade(Aluminium, 0, 1, 20_000m, 2, trade: 7);
        await w.Trade(Aluminium, 0, 1, 20_000m, 1, trade: 8);
        w.Get<ClearingPipeline>().Passing = (_, step, _) => { if (step == ClearingStep.Calls) throw new InvalidOperationException("stopped by the test"); };
        await Assert.ThrowsAsync<InvalidOperationException>(() => w.Try());
        w.Get<ClearingPipeline>().Passing = null;
        // Told while Monday was under way it counts for Tuesday.
        await w.Trade(Aluminium, 1, 0, 20_000m, 2, kind: TradeKind.TakenBack, trade: 7);
        await w.Clear();
        Assert.Equal((1_000_000_00L - 20_00, 40_00L), (Money(w, 0), w.Balance(MarketBook.Fees, Yuan)));
        w.Evening(Tuesday);
        await w.Clear();
        Assert.Equal((1_000_000_00L - 20_00, 40_00L), (Money(w, 0), w.Balance(MarketBook.Fees, Yuan)));
    }

    [Fact]
    public async Task What_was_not_paid_goes_back_once_it_is()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Pay(0, 1_000_00, Yuan);
        await w.Pay(1, 1_000_000_00, Yuan);
        await w.Trade(Aluminium, 0, 1, 20_000m, 2, trade: 7);
        await w.Trade(Aluminium, 0, 1, 20_000m, 1, trade: 8);
        // All the first has lies in margin: its fee stays owed.
        await w.Clear();
        Assert.Equal((0L, 60_00L), (w.Cash(0, Yuan), w.Balance(MarketBook.Fees, Yuan)));
        w.Evening(Tuesday);
        await w.Trade(Aluminium, 1, 0, 20_000m, 2, kind: TradeKind.TakenBack, trade: 7);
        var told = (await w.Clear()).Day.Report!["steps"]![nameof(ClearingStep.Fees)]!;
        Assert.Equal((0L, 1_000_000_00L - 20_00, 20_00L), (w.Cash(0, Yuan), Money(w, 1), w.Balance(MarketBook.Fees, Yuan)));
        // Forty went back, and the other forty are not told as if they had.
        Assert.Equal((40m, 1), ((decimal)told["returned"]![Yuan]!, (int)told["unreturned"]!));
        await w.Pay(0, 100_000_00, Yuan);
        w.Evening(Tuesday.PlusDays(1));
        await w.Clear();
        Assert.Equal((101_000_00L - 20_00, 40_00L), (Money(w, 0), w.Balance(MarketBook.Fees, Yuan)));
    }

    static long Money(ClearingWorld w, int account) => w.Cash(account, Yuan) + w.Margin(account, Yuan);
}
