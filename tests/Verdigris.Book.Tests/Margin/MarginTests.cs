namespace Verdigris.Book.Tests.Margin;

/// <summary>The scan, its charges and credits, the shortfall and its back-test, each beside a slow or published answer.</summary>
public sealed class MarginTests
{
    /// <summary>The usual sixteen: seven moves of the price, each with volatility up and down, and two extreme moves that count in part.</summary>
    static readonly IReadOnlyList<RiskScenario> Sixteen =
    [
        .. from move in (int[])[0, 1, -1, 2, -2, 3, -3] from vol in (int[])[1, -1] select new RiskScenario(move, 3, vol, 1), new(3, 1, 0, 0.33m), new(-3, 1, 0, 0.33m),
    ];

    static SeriesRisk Future(decimal range = 100, decimal lot = 10) => SeriesRisk.Future(Sixteen, range, lot, 2);

    static MarginPosition Position(SeriesRisk risk, long lots, int month = 1, int tier = 1, bool inDelivery = false, bool isOption = false) => new(risk, lots, month, tier, inDelivery, isOption);

    static CommodityParameters Goods(string code = "AD", IReadOnlyList<MonthSpread>? spreads = null, DeliveryCharge? delivery = null, long som = 0) => new(code, "CNY", Sixteen, spreads ?? [], delivery ?? new(0, 0), som);

    [Fact]
    public void Variation_of_a_position_is_the_difference_of_lot_values_and_adds_up_over_days()
    {
        Assert.Equal(13_500_00, LotValue.Variation(LotValue.Of(18_365, 10, 2), LotValue.Of(18_500, 10, 2), 10));
        Assert.Equal(-6_800_00, LotValue.Variation(LotValue.Of(74.00m, 1000, 2), LotValue.Of(75.36m, 1000, 2), -5));
        var random = new Random(1);
        var prices = Enumerable.Range(0, 50).Select(_ => random.Next(1, 1_000_000) / 777m).ToList();
        var daily = prices.Zip(prices.Skip(1), (a, b) => LotValue.Variation(LotValue.Of(a, 0.37m, 2), LotValue.Of(b, 0.37m, 2), 7)).Sum();
        Assert.Equal(LotValue.Variation(LotValue.Of(prices[0], 0.37m, 2), LotValue.Of(prices[^1], 0.37m, 2), 7), daily);
    }

    [Fact]
    public void Flows_beyond_the_range_of_a_long_are_an_overflow_and_never_wrap()
    {
        Assert.Throws<OverflowException>(() => LotValue.Of(decimal.MaxValue / 1000, 1, 2));
        Assert.Throws<OverflowException>(() => LotValue.Variation(0, long.MaxValue / 2, 3));
        var table = new ScanTable([new([long.MaxValue / 4], 0, 0)]);
        Assert.Throws<OverflowException>(() => table.Scan([0, 0], [3, -2], [2], new long[16]));
    }

    [Fact]
    public void The_scan_in_columns_gives_what_adding_up_one_by_one_gives()
    {
        var random = new Random(2);
        var series = Enumerable.Range(0, 50).Select(_ => new SeriesRisk([.. Enumerable.Range(0, 16).Select(_ => random.NextInt64(-1_000_000, 1_000_000))], 0, 0)).ToList();
        var (rows, lots, ends) = (new List<int>(), new List<int>(), new List<int>());
        for (var p = 0; p < 200; p++)
        {
            for (var i = random.Next(0, 40); i > 0; i--) { rows.Add(random.Next(50)); lots.Add(random.Next(-1000, 1001)); }
            ends.Add(rows.Count);
        }
        var sums = new long[200 * 16];
        new ScanTable(series).Scan([.. rows], [.. lots], [.. ends], sums);
        for (var p = 0; p < 200; p++)
            for (var s = 0; s < 16; s++)
                Assert.Equal(Enumerable.Range(p == 0 ? 0 : ends[p - 1], ends[p] - (p == 0 ? 0 : ends[p - 1])).Sum(i => series[rows[i]].Losses[s] * lots[i]), sums[p * 16 + s]);
    }

    [Fact]
    public void Columns_that_do_not_fit_are_a_callers_fault()
    {
        var table = new ScanTable([Future()]);
        Assert.Throws<ArgumentException>(() => table.Scan([0], [1, 2], [1], new long[16]));
        Assert.Throws<ArgumentException>(() => table.Scan([1], [1], [1], new long[16]));
        Assert.Throws<ArgumentException>(() => table.Scan([0, 0], [1, 1], [2, 1, 2], new long[48]));
        Assert.Throws<ArgumentException>(() => new ScanTable([new(new long[17], 0, 0)]));
    }

    [Fact]
    public void A_future_loses_its_whole_range_and_an_extreme_move_counts_in_part()
    {
        var one = PortfolioMargin.Of([(Goods(), [Position(Future(), 3)])], [])[0];
        Assert.Equal((3_000_00, 3_000_00, 3_000_000L), (one.Scan, one.Requirement, one.NetDeltaMillionths));
        Assert.Equal(100m * 10 * 3 * 3 * 0.33m * 100, one.Losses[15]);
        Assert.Equal(3_000_00, PortfolioMargin.Of([(Goods(), [Position(Future(), -3)])], [])[0].Scan);
    }

    [Fact]
    public void Two_months_against_each_other_pay_the_spread_charge_and_nothing_else()
    {
        var goods = Goods(spreads: [new(1, 2, 70_00)]);
        var margin = PortfolioMargin.Of([(goods, [Position(Future(), 5, 1, 1), Position(Future(), -5, 2, 2)])], [])[0];
        Assert.Equal((0, 350_00, 350_00), (margin.Scan, margin.MonthSpreads, margin.Requirement));
        var uneven = PortfolioMargin.Of([(goods, [Position(Future(), 5, 1, 1), Position(Future(), -2, 2, 2)])], [])[0];
        Assert.Equal((3_000_00, 140_00), (uneven.Scan, uneven.MonthSpreads));
        Assert.Equal(0, PortfolioMargin.Of([(goods, [Position(Future(), 5, 1, 1), Position(Future(), 2, 2, 2)])], [])[0].MonthSpreads);
    }

    [Fact]
    public void A_month_in_delivery_is_charged_by_what_stands_alone_and_what_stands_in_a_spread()
    {
        var goods = Goods(spreads: [new(1, 2, 0)], delivery: new(10_00, 30_00));
        var margin = PortfolioMargin.Of([(goods, [Position(Future(), 5, 1, 1, inDelivery: true), Position(Future(), -2, 2, 2)])], [])[0];
        Assert.Equal(2 * 10_00 + 3 * 30_00, margin.Delivery);
    }

    [Fact]
    public void Goods_that_move_together_are_credited_against_each_other_once()
    {
        var credit = new CommodityCredit([("AD", 1, 2), ("AL", -1, 1)], 0.5m);
        var margins = PortfolioMargin.Of([(Goods(), [Position(Future(), 6)]), (Goods("AL"), [Position(Future(), -2)])], [credit, credit]);
        // Two spreads use up the two short; four of six long are in them.
        Assert.Equal((2_000_00L, 1_000_00L), (margins[0].Credit, margins[1].Credit));
        Assert.All(PortfolioMargin.Of([(Goods(), [Position(Future(), 6)]), (Goods("AL"), [Position(Future(), 2)])], [credit]), m => Assert.Equal(0, m.Credit));
        Assert.Equal(2_000_00L, PortfolioMargin.Of([(Goods(), [Position(Future(), -6)]), (Goods("AL"), [Position(Future(), 2)])], [credit])[0].Credit);
    }

    [Fact]
    public void Options_sold_have_a_floor_and_options_bought_cannot_lose_more_than_they_are_worth()
    {
        var far = OptionRisk.Of([new(true, ExerciseStyle.European, new(100, 400, 0.1m, 0, 0.1m), 5, 0.02m, 0, 10, 2)], Sixteen)[0];
        var sold = PortfolioMargin.Of([(Goods(som: 1_50), [Position(far, -4, isOption: true)])], [])[0];
        Assert.Equal((0L, 6_00L, 6_00L), (sold.Scan, sold.ShortOptionMinimum, sold.Requirement));
        var near = OptionRisk.Of([new(false, ExerciseStyle.American, new(100, 105, 0.4m, 0.03m, 0.3m), 12, 0.1m, 1 / 365m, 10, 2)], Sixteen)[0];
        Assert.True(near.DeltaMillionths is < -400_000 and > -1_000_000);
        var bought = PortfolioMargin.Of([(Goods(), [Position(near, 4, isOption: true)])], [])[0];
        Assert.True(bought.Scan > 0 && bought.Scan <= bought.OptionValue);
        Assert.Equal(0, bought.Requirement);
        var short1 = PortfolioMargin.Of([(Goods(), [Position(near, -1, isOption: true)])], [])[0];
        Assert.True(short1.Requirement > short1.Scan);
    }

    [Fact]
    public void Options_are_priced_once_a_scenario_and_agree_with_the_formula()
    {
        var option = new ScannedOption(true, ExerciseStyle.European, new(75.36m, 80, 0.5m, 0.02m, 0.4m), 6, 0.1m, 1 / 365m, 1000, 2);
        var risk = OptionRisk.Of([option, option with { IsCall = false }], Sixteen)[0];
        decimal Worth(decimal f, decimal t, decimal v) => OptionTheory.European(new(f, 80, t, 0.02m, v)).Value.Call;
        Assert.Equal(LotValue.Of(Worth(75.36m, 0.5m, 0.4m), 1000, 2), risk.OptionValue);
        Assert.Equal(risk.OptionValue - LotValue.Of(Worth(79.36m, 0.5m - 1 / 365m, 0.3m), 1000, 2), risk.Losses[7]);
    }

    [Fact]
    public void Shortfall_is_the_mean_of_the_worst_days_the_last_in_part()
    {
        var gains = Enumerable.Range(1, 100).Select(i => (long)-i).ToList();
        Assert.Equal(new(99m, 98, 100, 100), ExpectedShortfall.Of(gains, 0.97m).Value);
        Assert.Equal((100 + 99 + 0.5m * 98) / 2.5m, ExpectedShortfall.Of(gains, 0.975m).Value.Shortfall);
        Assert.Equal("shortfall.days", ExpectedShortfall.Of([1, 2, 3], 0.99m).Refusals[0].Code);
        Assert.Equal("shortfall.confidence", ExpectedShortfall.Of(gains, 1).Refusals[0].Code);
        Assert.Equal("shortfall.window", ExpectedShortfall.Walk(gains, 100, 0.975m).Refusals[0].Code);
        Assert.Equal(new long[] { 10_00, -5_00 }, ExpectedShortfall.Gains([(100, 1, 1, 2, [50, 55, 52.25m])], relative: true).Value);
        Assert.Equal(new long[] { 5_00, -2_75 }, ExpectedShortfall.Gains([(100, 1, 1, 2, [50, 55, 52.25m])], relative: false).Value);
        Assert.Equal("shortfall.history", ExpectedShortfall.Gains([(100, 1, 1, 2, [50, 0, 52])], relative: true).Refusals[0].Code);
    }

    /// <summary>Basel Committee, Supervisory framework for the use of backtesting (1996), table 2: 250 days at 99 %.</summary>
    [Theory]
    [InlineData(0, 0.0811, TrafficLight.Green)]
    [InlineData(4, 0.8922, TrafficLight.Green)]
    [InlineData(5, 0.9588, TrafficLight.Yellow)]
    [InlineData(9, 0.9997, TrafficLight.Yellow)]
    [InlineData(10, 0.9999, TrafficLight.Red)]
    public void The_traffic_light_turns_where_the_Basel_table_says(int exceptions, double cumulative, TrafficLight light)
    {
        var found = BackTest.Judge(250, exceptions, 0.99m).Value;
        Assert.Equal(((decimal)cumulative, light), (Math.Round(found.Cumulative, 4), found.Light));
    }

    [Fact]
    public void Kupiecs_ratio_is_nothing_at_the_expected_share_and_grows_away_from_it()
    {
        Assert.Equal((0m, 1m), BackTest.Judge(1000, 10, 0.99m).Value is var even ? (even.Ratio, even.Probability) : default);
        // By hand: -2 ln[(0.99^245 0.01^5) / (0.98^245 0.02^5)].
        Assert.Equal(1.956810m, Math.Round(BackTest.Judge(250, 5, 0.99m).Value.Ratio, 6));
        Assert.True(BackTest.Judge(250, 12, 0.99m).Value.Probability < 0.001m);
        Assert.Equal(5.025m, Math.Round(BackTest.Judge(250, 0, 0.99m).Value.Ratio, 3));
        Assert.Equal("shortfall.exceptions", BackTest.Judge(10, 11, 0.99m).Refusals[0].Code);
    }

    [Fact]
    public void What_is_deposited_counts_less_its_haircut_and_no_kind_beyond_its_share()
    {
        var lines = CollateralValue.Of([new("EUR", 100_00, 0), new("EUA", 1_000_01, 0.2m, 0.5m), new("EUA", 200_00, 0.2m, 0.5m)], 1_000_00);
        Assert.Equal([new("EUR", 100_00, 100_00, 100_00), new("EUA", 1_200_01, 960_00, 500_00)], lines);
        Assert.Throws<ArgumentOutOfRangeException>(() => CollateralValue.Of([new("EUR", 1, 1.1m)], 0));
    }
}
