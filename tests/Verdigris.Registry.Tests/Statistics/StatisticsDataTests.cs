using Verdigris.Primitives.Rules;
using Verdigris.Registry.Statistics;

namespace Verdigris.Registry.Tests.Statistics;

/// <summary>The figures loaded, checked against themselves and against what their sources say of them.</summary>
public sealed class StatisticsDataTests
{
    static readonly MarketStatistics All = MarketStatistics.Of(RulePacks.Locate());

    static StatChart Chart(string name) => All.Find(name) ?? throw new KeyNotFoundException(name);

    static decimal? Value(string chart, string series, string period) => Chart(chart).Figures.Single(f => f.Series == series && f.Period == period).Value;

    [Fact]
    public void Every_chart_has_figures_and_every_figure_a_source_a_place_in_it_and_a_line_of_a_file()
    {
        Assert.Equal(28, All.Charts.Count);
        foreach (var chart in All.Charts)
        {
            Assert.NotEmpty(chart.Figures);
            Assert.Contains(All.Groups, g => g.Group == chart.Group);
            Assert.NotEmpty(chart.Sources);
            Assert.All(chart.Figures, f =>
            {
                Assert.NotEmpty(f.Source);
                Assert.NotEmpty(f.Article);
                Assert.True(f.Line > 1, $"{f.Chart} {f.Series} {f.Period}");
                Assert.Contains(All.Markets, m => m.Market == f.Market);
                Assert.Matches("^[0-9]{4}(-(0[1-9]|1[0-2]))?$", f.Period);
                Assert.True(f.ValueTo is null || f.ValueTo > f.Value);
                Assert.True(f.Note is null || f.Note.Value.Zh != f.Note.Value.En || chart.Group == "rules", $"{f.Chart} {f.Series}: the note is in one language");
            });
            Assert.Equal(chart.Figures.Count, chart.Figures.DistinctBy(f => (f.Series, f.Period)).Count());
        }
        Assert.Equal(8, All.Cards.Count);
        Assert.All(All.Cards, c => Assert.NotNull(c.Value));
    }

    [Fact]
    public void What_a_source_says_of_its_figures_is_what_they_give()
    {
        var stated = All.Charts.SelectMany(c => c.Statements).ToList();
        Assert.Equal(10, stated.Count);
        Assert.All(stated, s => Assert.True(s.Agrees, $"{s.Statement} {s.Series}: printed {s.Printed}, reckoned {s.Computed}"));
    }

    [Fact]
    public void Growth_and_change_are_reckoned_from_both_ends()
    {
        Assert.Equal(10m, Math.Round(SourceStatement.Growth(100, 121, 2), 15));
        Assert.Equal(0m, Math.Round(SourceStatement.Growth(7, 7, 17), 15));
        Assert.Equal(-50m, Math.Round(SourceStatement.Growth(8, 1, 3), 15));
        Assert.Equal(8.8660m, Math.Round(SourceStatement.Growth(2100, 8900, 17), 4));
        Assert.Equal(-25m, SourceStatement.Change(80, 60));
        Assert.Throws<ArgumentOutOfRangeException>(() => SourceStatement.Growth(0, 5, 3));
    }

    [Fact]
    public void A_statement_that_the_figures_do_not_bear_out_does_not_agree_and_one_whose_figure_is_missing_neither()
    {
        var one = Chart("volume-world").Statements[0];
        Assert.False((one with { Computed = one.Printed + one.Within + 0.01m }).Agrees);
        Assert.False((one with { Computed = null }).Agrees);
    }

    [Fact]
    public void What_a_table_leaves_open_is_no_figure_and_not_zero()
    {
        Assert.All(Chart("auction-revenue").Figures.Where(f => f.Series is "china-pilots" or "massachusetts"), f => Assert.Null(f.Value));
        Assert.Null(Value("auction-revenue", "korea", "2018"));
        Assert.Null(Value("pilot-threshold", "fujian", "2022"));
        Assert.Equal(36734.4m, Value("auction-revenue", "europe", "2021"));
    }

    [Fact]
    public void The_years_shown_of_an_auction_never_exceed_what_was_raised_since_the_first() => Assert.All(Chart("auction-revenue-total").Figures, total =>
        Assert.True(Chart("auction-revenue").Figures.Where(f => f.Series == total.Series).Sum(f => f.Value ?? 0) <= total.Value + 0.5m, total.Series));

    [Fact]
    public void The_auctions_of_2026_by_month_add_up_to_the_quarters()
    {
        var volume = Chart("eua-auction-volume").Figures;
        Assert.Equal(119_928_500m, volume.Where(f => f.Month <= 3).Sum(f => f.Value));
        Assert.Equal(123_871_000m, volume.Where(f => f.Month is > 3 and <= 6).Sum(f => f.Value));
        Assert.Equal(123_869_500m, volume.Where(f => f.Month > 6).Sum(f => f.Value));
        Assert.Equal(166, volume.Sum(f => f.From.Count));
        // Revenue over volume of a quarter is the weighted price that was published for it.
        var revenue = Chart("eua-auction-revenue").Figures.Where(f => f.Month <= 3).Sum(f => f.Value!.Value);
        Assert.Equal(75.36m, Math.Round(revenue * 1_000_000m / 119_928_500m, 2));
        Assert.All(Chart("eua-auction-price").Figures, f =>
        {
            var trades = f.From;
            Assert.Equal(Math.Round(trades.Sum(t => t.Price!.Value * t.Amount!.Value) / trades.Sum(t => t.Amount!.Value), 6, MidpointRounding.AwayFromZero), f.Value);
            Assert.InRange(f.Value!.Value, trades.Min(t => t.Price!.Value), trades.Max(t => t.Price!.Value));
        });
    }

    [Fact]
    public void Every_trade_of_the_Shenzhen_file_is_in_one_month()
    {
        Assert.Equal(788, Chart("shenzhen-volume").Figures.Sum(f => f.From.Count));
        Assert.Equal(788, Chart("shenzhen-price").Figures.Sum(f => f.From.Count));
        Assert.Equal(Chart("shenzhen-price").Figures.Sum(f => f.From.Sum(t => t.Amount!.Value)), Chart("shenzhen-volume").Figures.Sum(f => f.Value));
    }

    [Fact]
    public void A_trade_without_a_price_counts_for_the_volume_and_leaves_the_turnover_open()
    {
        var row = RulePacks.Locate().Pack(MarketStatistics.PackId).Table("shenzhen").Rows[0];
        Trade[] trades = [new(new(2021, 5, 3), "A", 10, 100, row), new(new(2021, 5, 4), "A", 40, 200, row), new(new(2021, 5, 5), "A", null, 700, row), new(new(2021, 6, 1), "A", null, 5, row)];
        Assert.Equal([("2021-05", 30m), ("2021-06", (decimal?)null)], TradeMonths.Of(trades, TradeMeasure.Price).Select(m => (m.Period, m.Value)));
        Assert.Equal([1000m, 5m], TradeMonths.Of(trades, TradeMeasure.Volume).Select(m => m.Value!.Value));
        Assert.All(TradeMonths.Of(trades, TradeMeasure.Turnover), m => Assert.Null(m.Value));
        Assert.Equal(0.009m, TradeMonths.Of(trades[..2], TradeMeasure.Turnover).Single().Value);
        Assert.Equal(21, Shenzhen().Count(t => t.Price is null));
    }

    static IEnumerable<StatInput> Shenzhen() => Chart("shenzhen-price").Figures.SelectMany(f => f.From);

    [Fact]
    public void A_mean_price_is_the_value_over_the_volume_of_the_same_year()
    {
        Assert.Equal(10, Chart("us-price").Figures.Count);
        Assert.Equal(Math.Round(24333m / 1739m, 6), Value("us-price", "wci", "2020"));
        Assert.Equal(Math.Round(825m / 173m, 6), Value("us-price", "rggi", "2016"));
        Assert.All(Chart("us-price").Figures, f => Assert.Equal(2, f.From.Count));
    }

    [Fact]
    public void Where_a_figure_is_probably_a_misprint_the_note_has_both_numbers()
    {
        var mean = Chart("china-facts").Figures.Single(f => f.Series == "cn-mean");
        Assert.Equal(43.85m, mean.Value);
        Assert.Contains("42.85", mean.Note!.Value.En, StringComparison.Ordinal);
        Assert.Contains("42.85", mean.Note!.Value.Zh, StringComparison.Ordinal);
        Assert.Equal(42.85m, Math.Round(7661m / 178.8m, 2));
        Assert.Contains("104 t;", Chart("offset-volume").Figures.Single(f => f.Period == "2019").Note!.Value.En, StringComparison.Ordinal);
    }

    [Fact]
    public void Fifteen_years_of_issuance_and_twenty_one_of_verified_emissions_are_there()
    {
        Assert.Equal(("2007", "2021"), (Chart("offset-issuance").FirstPeriod, Chart("offset-issuance").LastPeriod));
        Assert.Equal(1602m, Chart("offset-issuance").Figures.Sum(f => f.Value));
        Assert.Equal(161, Chart("eu-sectors").Figures.Count);
        Assert.Equal(121, Chart("nz-kyoto").Figures.Count);
    }

    [Fact]
    public void Prices_of_six_markets_are_there_by_year_and_say_of_how_many_days_they_are_the_mean()
    {
        var prices = Chart("market-price").Figures;
        Assert.Equal(["china-national", "eu-ets", "hubei", "korea", "new-zealand", "uk-ets"], prices.Select(f => f.Series).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal((53.54m, 80.82m, 29.61m, 17.00m), (Value("market-price", "eu-ets", "2021"), Value("market-price", "eu-ets", "2022"), Value("market-price", "new-zealand", "2021"), Value("market-price", "korea", "2021")));
        Assert.All(prices, f => Assert.Matches("^(mean of )?[1-9][0-9]+ (days|auctions)", f.Note!.Value.En));
        // The report counts the same days of China's first half year.
        Assert.StartsWith($"{Value("china-facts", "cn-days", "2021"):0} days", prices.Single(f => f is { Series: "china-national", Period: "2021" }).Note!.Value.En, StringComparison.Ordinal);
        // What one chart says of a year the other does not say otherwise.
        Assert.All(Chart("eua-price").Figures.Where(f => f.Series == "eua-eur" && f.Year >= 2010), f => Assert.Equal(Value("market-price", "eu-ets", f.Period), f.Value));
    }

    [Fact]
    public void A_chart_narrows_by_market_and_years_and_refuses_what_it_does_not_know()
    {
        Assert.Equal(["california", "quebec"], All.Narrowed("auction-revenue", new("california", 2020, 2020)).Value.Figures.Select(f => f.Series));
        Assert.Empty(All.Narrowed("auction-revenue", new(From: 2030)).Value.Figures);
        Assert.Equal("statistics.chart-unknown", All.Narrowed("none", new()).Refusals[0].Code);
        Assert.Equal("request.word-unknown", All.Narrowed("auction-revenue", new("mars")).Refusals[0].Code);
    }
}
