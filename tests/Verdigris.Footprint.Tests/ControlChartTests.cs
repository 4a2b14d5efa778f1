using FsCheck;
using FsCheck.Fluent;
using Verdigris.Footprint.Alarms;

namespace Verdigris.Footprint.Tests;

/// <summary>Control charts beside their definitions.</summary>
public sealed class ControlChartTests
{
    static readonly Gen<decimal[]> Series = Gen.Choose(0, 2_000).Select(v => v / 100m).ArrayOf();

    static void ForAll<T>(Gen<T> gen, Action<T> check) => Prop.ForAll(gen.ToArbitrary(), check).QuickCheckThrowOnFailure();

    // Where both sums of a cumulative chart are the same, the side above is told: turned upside down it is told again.
    static List<(int, AlarmSide)> Signals(IControlChart chart, IEnumerable<decimal> data) =>
        [.. data.Select((x, i) => (i, chart.Next(x)?.Side, Tie: chart is CusumChart && chart.Drawn.Above == chart.Drawn.Below)).Where(s => s is { Side: not null, Tie: false }).Select(s => (s.i, s.Side!.Value))];

    [Fact]
    public void Turned_upside_down_a_chart_signals_the_same_on_the_other_side() => ForAll(Series, data =>
    {
        foreach (var make in new Func<IControlChart>[] { () => new CusumChart(10, 1.5m, 0.5m, 4), () => new EwmaChart(10, 1.5m, 0.2m, 2.5m), () => new LimitChart(7, 13) })
            Assert.Equal(Signals(make(), data), Signals(make(), data.Select(x => 20 - x)).ConvertAll(s => (s.Item1, s.Item2 == AlarmSide.Above ? AlarmSide.Below : AlarmSide.Above)));
    });

    [Fact]
    public void A_cumulative_sum_is_the_largest_excess_of_any_run_up_to_now() => ForAll(Series, data =>
    {
        var chart = new CusumChart(10, 1, 0.5m, 5);
        for (var i = 0; i < data.Length; i++)
        {
            chart.Next(data[i]);
            var runs = Enumerable.Range(0, i + 2).Select(from => data[from..(i + 1)].Sum(x => x - 10.5m));
            Assert.Equal(runs.Max(), chart.Drawn.Above);
        }
    });

    [Fact]
    public void An_average_with_all_weight_on_the_newest_value_is_a_chart_of_single_values() => ForAll(Series, data =>
        Assert.Equal(Signals(new LimitChart(10 - 3 * 1.2m, 10 + 3 * 1.2m), data), Signals(new EwmaChart(10, 1.2m, 1, 3), data)));

    [Fact]
    public void Values_on_the_target_never_signal() => Assert.All(new IControlChart[] { new CusumChart(10, 1, 0.5m, 5), new EwmaChart(10, 1, 0.1m, 2.7m), new LimitChart(9, 11) }, chart => Assert.Empty(Signals(chart, Enumerable.Repeat(10m, 500))));

    [Theory]
    [InlineData("alarm.limit", """{"data":[1]}""", "alarm.no-limit", "high")]
    [InlineData("alarm.limit", """{"low":2,"high":1,"data":[1]}""", "alarm.limits-crossed", "high")]
    [InlineData("alarm.cusum", """{"target":1,"sigma":0,"k":1,"h":1,"data":[1]}""", "calc.not-above", "sigma")]
    [InlineData("alarm.ewma", """{"target":1,"sigma":1,"lam":1.1,"L":1,"data":[1]}""", "calc.above-maximum", "lam")]
    [InlineData("alarm.ewma", """{"target":1,"sigma":1,"lam":0.1,"L":1,"data":[]}""", "calc.list-length", "data")]
    [InlineData("meter.rollup", """{"kind":"counter","holdSeconds":5,"readings":[{"second":1,"value":"0.00000000001"}]}""", "meter.value", "readings[0].value")]
    public void An_input_that_cannot_be_judged_is_refused(string method, string input, string code, string field)
    {
        var refused = Ask.Refusal(method, input);
        Assert.Equal((code, field), (refused.Code, refused.Field));
    }
}
