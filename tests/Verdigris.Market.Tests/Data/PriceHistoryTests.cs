using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Data;
using Verdigris.Market.Data.History;

namespace Verdigris.Market.Tests.Data;

public sealed class PriceHistoryTests
{
    static readonly PriceHistory History = PriceHistory.Of(Ask.Packs);

    [Fact]
    public void The_file_of_shenzhen_is_read_whole()
    {
        Assert.Equal(788, History.All.Sum(h => h.Days.Count));
        Assert.Equal(Enumerable.Range(2013, 8).Select(y => $"CN.SZA:v{y}"), History.All.Select(h => h.Series));
        var nineteen = History.Find("CN.SZA:v2019")!;
        Assert.Equal(158, nineteen.Days.Count);
        Assert.Equal((new LocalDate(2020, 12, 8), 43.79m, 43.8m, 3m, 131.39m), (nineteen.Days[0].Day, nineteen.Days[0].Open, nineteen.Days[0].Close, nineteen.Days[0].Units, nineteen.Days[0].Turnover));
    }

    [Fact]
    public void A_day_of_block_trades_alone_has_no_highest_price_and_is_no_day_of_the_series()
    {
        var fifteen = History.Find("CN.SZA:v2015")!;
        var block = fifteen.Days.Single(d => d.Day == new LocalDate(2020, 12, 14));
        Assert.Equal((null, null, null, 4.55m), (block.High, block.Low, block.Vwap, block.Close));
        Assert.DoesNotContain(fifteen.Closes, c => c.Day == block.Day);
        Assert.All(History.All, h => Assert.Equal(h.Closes.Count, h.Closes.Select(c => c.Day).Distinct().Count()));
    }

    [Fact]
    public void Rows_that_contradict_themselves_are_kept_as_printed_and_known() =>
        Assert.Equal([("CN.SZA:v2018", new LocalDate(2021, 6, 24), 8.14m), ("CN.SZA:v2019", new(2021, 4, 7), 7m), ("CN.SZA:v2019", new(2021, 5, 13), 12_380m)], History.All.SelectMany(h => h.Days.Where(d => !d.Consistent).Select(d => (h.Series, d.Day, d.Low!.Value))));

    [Theory]
    [InlineData("day,vintage", ":1:")]
    [InlineData("date,vintage_index,open,high,low,vwap,close,volume_t,turnover_cny\n2020-13-08,SZA-2015,1,1,1,1,1,1,1", "is not a date")]
    [InlineData("date,vintage_index,open,high,low,vwap,close,volume_t,turnover_cny\n2020-12-08,BEA-2015,1,1,1,1,1,1,1", "is no vintage")]
    [InlineData("date,vintage_index,open,high,low,vwap,close,volume_t,turnover_cny\n2020-12-08,SZA-2015,1,x,1,1,1,1,1", ":2: high 'x' is not a number")]
    [InlineData("date,vintage_index,open,high,low,vwap,close,volume_t,turnover_cny\n2020-12-08,SZA-2015,1,1,1,1,1,,1", "no volume")]
    [InlineData("date,vintage_index,open,high,low,vwap,close,volume_t,turnover_cny\n2020-12-09,SZA-2015,1,1,1,1,1,1,1\n2020-12-08,SZA-2015,1,1,1,1,1,1,1", "not in order")]
    public void A_line_that_cannot_be_read_stops_the_reading_and_is_named(string text, string says) => Assert.Contains(says, Assert.Throws<FormatException>(() => PriceHistory.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Margin_is_tried_on_every_day_after_the_window_and_an_exception_is_a_loss_above_it()
    {
        var history = History.Find("CN.SZA:v2019")!;
        var test = MarginBackTest.Of(Ask.Contracts.Find("CN.SZA")!, history).Value;
        Assert.Equal(history.Closes.Count - MarginBackTest.UsualWindow - 1, test.Days.Count);
        Assert.Equal(test.Judged.Exceptions, test.Days.Count(d => d.Exceeded));
        Assert.All(test.Days, d => Assert.Equal(-d.Gain > d.Shortfall, d.Exceeded));
        // A long lot of a tonne gains what the price does.
        Assert.Equal((history.Closes[^1].Price - history.Closes[^2].Price) * 1_000, test.Days[^1].Gain);
        Assert.True(test.Judged.Exceptions > 0);
    }

    [Fact]
    public void The_worst_day_of_a_window_is_what_a_high_confidence_asks_for()
    {
        HistoryDay Row(int i, decimal price) => new(new LocalDate(2020, 1, 1).PlusDays(i), price, price, price, price, price, 1, price, i);
        // Every day up one, but one day down five: the mean of the worst twentieth of twenty days is that day.
        decimal price = 100;
        var days = new List<HistoryDay> { Row(0, price) };
        for (var i = 1; i <= 25; i++) days.Add(Row(i, price += i == 10 ? -5 : 1));
        var test = MarginBackTest.Of(Ask.Contracts.Find("CN.SZA")!, new("CN.SZA:v2019", "CN.SZA", "CNY", "SZA", "ours", days), window: 20, confidence: 0.95m, lots: 10).Value;
        Assert.Equal(Enumerable.Repeat((50m, 10m, false), 5), test.Days.Select(d => (d.Shortfall, d.Gain, d.Exceeded)));
        Assert.Equal(TrafficLight.Green, test.Judged.Light);
        Assert.Equal("prices.history-short", MarginBackTest.Of(Ask.Contracts.Find("CN.SZA")!, new("x", "CN.SZA", "CNY", "SZA", "ours", days), window: 25).Refusals.Single().Code);
    }

    [Fact]
    public void A_picture_draws_from_the_lowest_to_the_highest_and_leaves_open_what_is_open()
    {
        PricePoint[] points = [new("a", 10, 8, 9, 4, "a"), new("b", null, null, null, 8, "b"), new("c", 12, 11, 12, 0, "c"), new("d", 12, 12, 12, 1, "d")];
        var picture = PricePicture.Of(points, 900);
        Assert.Equal((PricePicture.PriceBase, PricePicture.Top), (picture.Marks[0].Low, picture.Marks[2].High));
        Assert.Equal((null, null, null), (picture.Marks[1].High, picture.Marks[1].Low, picture.Marks[1].Close));
        Assert.Equal([28, 56, 0, 7], picture.Marks.Select(m => m.VolumeHeight));
        // The line joins neighbours only, and a close without any is a dot.
        Assert.Single(picture.Lines);
        Assert.Equal([(picture.Marks[0].X, picture.Marks[0].Close!.Value)], picture.Dots);
        Assert.Equal(["8.00", "12.00"], [picture.Scale[0].Text, picture.Scale[^1].Text]);
        // A narrow day: each line says where it stands.
        Assert.Equal(["74.990", "75.005", "75.020", "75.035", "75.050"], PricePicture.Of([new("a", 75.05m, 74.99m, 75m, 1, "a")], 340).Scale.Select(s => s.Text));
        Assert.Equal(2, PricePicture.Of([new("a", 5, 5, 5, 1, "a")], 340).Scale.Select(s => s.Y).Where(y => y is PricePicture.Top or PricePicture.PriceBase).Count());
    }
}
