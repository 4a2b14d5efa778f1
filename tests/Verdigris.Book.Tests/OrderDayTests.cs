using Verdigris.Simulator.Days;

namespace Verdigris.Book.Tests;

public sealed class OrderDayTests
{
    static readonly OrderDayPlan Plan = new(7, 20_000, 40, ["ICE.EUA:2026-12", "EEX.EUA.SPOT"], 7_500);

    static async Task<OrderDayResult> Replay(IEnumerable<OrderDayLine> day, long cash = 1L << 40, long units = 1L << 30)
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-day").FullName;
        try
        {
            using var replay = new OrderDayReplay(folder, cash, units);
            return await replay.Run(day);
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    public async Task A_day_of_orders_adds_up_order_by_order_and_member_by_member_and_the_same_day_tells_the_same_events()
    {
        var first = await Replay(Plan.Make());
        Assert.Empty(first.Wrong);
        Assert.Equal(20_000, first.Lines);
        Assert.Equal(first.Lines - first.Taken, first.Refused.Values.Sum());
        Assert.All(first.Series, s => Assert.True(s.Trades > 300 && s.Low <= s.First && s.First <= s.High && s.MeanPrice >= s.Low && s.MeanPrice <= s.High, $"{s}"));
        Assert.Equal(first.Fingerprint, (await Replay(Plan.Make())).Fingerprint);
        Assert.NotEqual(first.Fingerprint, (await Replay((Plan with { Seed = 8 }).Make())).Fingerprint);
    }

    [Fact]
    public async Task Members_with_little_are_refused_what_they_cannot_cover_and_the_day_still_adds_up()
    {
        var result = await Replay(Plan.Make(), cash: 200_000, units: 20);
        Assert.Empty(result.Wrong);
        Assert.True(result.Refused.Values.Sum() > 5_000, $"{result.Lines - result.Taken} refused");
        Assert.All(result.Series, s => Assert.True(s.Trades > 10, $"{s}"));
    }

    [Fact]
    public void A_day_written_and_read_again_is_the_same_day()
    {
        using var text = new StringWriter();
        OrderDayFile.Write(text, Plan.Make(), 0.01m);
        using var back = new StringReader(text.ToString());
        Assert.Equal(Plan.Make(), OrderDayFile.Read(back, 0.01m));
    }

    [Theory]
    [InlineData("09:00:00,1,new,1,S,buy,5,75.00,day,", null)]
    [InlineData("9h,1,new,1,S,buy,5,75.00,day,", "time")]
    [InlineData("07:00:00,1,new,1,S,buy,5,75.00,day,", "time")]
    [InlineData("09:00:00,0,new,1,S,buy,5,75.00,day,", "member")]
    [InlineData("09:00:00,1,buy,1,S,buy,5,75.00,day,", "action")]
    [InlineData("09:00:00,1,new,x,S,buy,5,75.00,day,", "order")]
    [InlineData("09:00:00,1,new,1,,buy,5,75.00,day,", "series")]
    [InlineData("09:00:00,1,new,1,S,,5,75.00,day,", "side")]
    [InlineData("09:00:00,1,new,1,S,buy,0,75.00,day,", "quantity")]
    [InlineData("09:00:00,1,new,1,S,buy,5,75.001,day,", "price")]
    [InlineData("09:00:00,1,replace,1,S,,5,,,", "price")]
    [InlineData("09:00:00,1,new,1,S,buy,5,,day,", "timeInForce")]
    [InlineData("09:00:00,1,new,1,S,buy,5,75.00,gtc,", "timeInForce")]
    [InlineData("09:00:00,1,new,1,S,buy,5,75.00,day,6", "display")]
    [InlineData("09:00:00,1,new,1,S,buy,5", "time")]
    public void A_line_that_is_not_like_the_table_is_named_with_its_column(string line, string? column)
    {
        using var text = new StringReader($"{OrderDayFile.Head}\n08:00:00,1,cancel,9,S,,,,,\n{line}\n");
        var read = Record.Exception(() => OrderDayFile.Read(text, 0.01m).Count());
        Assert.Equal(column, (read as OrderDayException)?.Column);
        if (read is OrderDayException wrong) Assert.Equal(3, wrong.Line);
        else Assert.Null(read);
    }

    [Fact]
    public async Task A_number_given_twice_by_one_member_is_refused_with_its_line()
    {
        OrderDayLine line = new(1, 1, DayAction.New, 5, "S", Side.Buy, 1, 100, TimeInForce.Day, 0);
        Assert.Equal(3, (await Assert.ThrowsAsync<OrderDayException>(() => Replay([line, line with { Micros = 2 }]))).Line);
        Assert.Equal(2, (await Replay([line, line with { Member = 2 }])).Taken);
    }
}
