using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>Collateral is valued by prices of these days: an old one is not known, and is named.</summary>
public sealed class CollateralPriceTests
{
    const string Eua = "ICE.EUA:2026-12", Rate = "FX:USD/EUR";
    static readonly LocalDate Monday = new(2026, 3, 9);

    [Fact]
    public async Task A_rate_covers_up_to_its_greatest_age_and_nothing_the_day_after_which_trace_and_report_say_with_the_day_of_the_last()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Pay(1, 100_000_00);
        await w.Pay(0, 20_000_00, "USD");
        await w.Decide((await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().ProposeIndex(s, Rate, Monday, 0.9m, default))).Id);
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Deposit(s, w.Accounts[0].Code, "USD", 20_000, default));
        await w.Trade(Eua, 0, 1, 70m, 1);
        // Three days of business after its own the rate counts.
        for (var day = Monday; day <= Monday.PlusDays(3); day = day.PlusDays(1))
        {
            w.Evening(day);
            Assert.DoesNotContain("unpriced", (await w.Clear()).Day.Report!.ToJsonString());
            Assert.Equal(7_000_00L, await Counted(w, day));
        }
        w.Evening(Monday.PlusDays(4));
        var view = await w.Clear();
        Assert.Equal(0L, await Counted(w, Monday.PlusDays(4)));
        // The dollars go home, and what they stood in for is called.
        Assert.Equal((0L, 20_000_00L), (w.Margin(0, "USD"), w.Cash(0, "USD")));
        Assert.Equal(7_000_00L, await w.Sql<long>("select amount from market.margin_call where state = 0 and account = $1 and currency = 'EUR'", w.Accounts[0].Number));
        Assert.Equal("2026-03-09", view.Day.Report!["steps"]![nameof(ClearingStep.InitialMargin)]!["unpriced"]![Rate]!.GetValue<string>());
        Assert.Equal("""[{"kind": "USD", "price": "FX:USD/EUR", "since": "2026-03-09"}]""", await w.Sql<string>("select (trace->'unpriced')::text from market.margin_requirement where day = $1 and account = $2 and currency = 'EUR'", Monday.PlusDays(4), w.Accounts[0].Number));
    }

    [Fact]
    public async Task Units_whose_contract_was_not_settled_for_days_of_its_trading_cover_nothing_until_it_is_again()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00);
        await w.Give(0, "eu-ets", "EUA", 1_000);
        var asset = w.Get<Registry.Schemes.SchemeNumbers>().Asset("eu-ets", "EUA", "")!.Value;
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Pledge(s, w.Accounts[0].Code, asset, 1_000, default));
        await w.Trade(Eua, 0, 1, 70m, 1);
        await w.Clear();
        async Task<(long Counted, string Missing)> On(LocalDate day)
        {
            await using var s = w.Registry.Sessions.Open(Actor.System);
            var only = (await w.Get<CollateralDesk>().Allocate(s, w.Accounts[0], new Dictionary<string, long> { ["EUR"] = 7_000_00 }, day, default)).Single(x => x.Currency == "EUR").Counted;
            return (only.Counted, string.Join(",", only.Missing.Select(m => $"{m.Kind} {m.Price} {m.Since:uuuu-MM-dd}")));
        }
        Assert.Equal((3_500_00L, ""), await On(Monday));
        Assert.Equal((3_500_00L, ""), await On(Monday.PlusDays(3)));
        Assert.Equal((0L, "EUA ICE.EUA 2026-03-09"), await On(Monday.PlusDays(4)));
        w.Evening(Monday.PlusDays(4));
        await w.Clear();
        Assert.Equal((3_500_00L, ""), await On(Monday.PlusDays(4)));
    }

    [Fact]
    public async Task A_rate_nobody_ever_entered_is_named_without_a_day()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Pay(1, 100_000_00);
        await w.Pay(0, 20_000_00, "USD");
        await w.Do(ClearingWorld.Trader(0), s => w.Get<CollateralDesk>().Deposit(s, w.Accounts[0].Code, "USD", 20_000, default));
        await w.Trade(Eua, 0, 1, 70m, 1);
        var figures = (JsonObject)(await w.Clear()).Day.Report!["steps"]![nameof(ClearingStep.InitialMargin)]!["unpriced"]!;
        Assert.True(figures.ContainsKey(Rate));
        Assert.Null(figures[Rate]);
    }

    [Fact]
    public void The_age_of_a_price_is_counted_in_days_of_business_and_days_no_calendar_knows_make_it_older()
    {
        var easter = new WorkingCalendar("test", [IsoDayOfWeek.Saturday, IsoDayOfWeek.Sunday], [new(2026, 4, 3), new(2026, 4, 6)], new(new(2026, 4, 1), new(2026, 4, 30)));
        // Thursday to Tuesday over Good Friday and Easter Monday.
        Assert.Equal((1, 3), (CollateralPrices.Age(easter, new(2026, 4, 2), new(2026, 4, 7)), CollateralPrices.Age(null, new(2026, 4, 2), new(2026, 4, 7))));
        Assert.Equal((0, 0), (CollateralPrices.Age(easter, new(2026, 4, 7), new(2026, 4, 7)), CollateralPrices.Age(easter, new(2026, 4, 8), new(2026, 4, 7))));
        Assert.Equal(2, CollateralPrices.Age(easter, new(2026, 4, 30), new(2026, 5, 4)));
    }

    static Task<long> Counted(ClearingWorld w, LocalDate day) => w.Sql<long>("select collateral from market.margin_requirement where day = $1 and account = $2 and currency = 'EUR'", day, w.Accounts[0].Number);
}
