using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Footprint.Charts;

namespace Verdigris.Footprint.Tests;

public sealed class ChartTests
{
    static readonly Gen<EmissionFlow[]> Flows =
        from count in Gen.Choose(1, 30)
        from flows in (from process in Gen.Choose(0, 5) from scope in Gen.Elements("direct", "indirect", "upstream") from tonnes in Gen.Choose(-20, 5000) select (process, scope, tonnes)).ArrayOf(count)
        select flows.Select((f, i) => new EmissionFlow($"p{f.process}", $"s{i}", f.scope, f.tonnes / 10m)).ToArray();

    [Fact]
    public void Heights_are_to_scale_and_every_column_of_flows_holds_the_same() => Prop.ForAll(Flows.ToArbitrary(), flows =>
    {
        var total = flows.Where(f => f.Tco2e > 0).Sum(f => f.Tco2e);
        var chart = Sankey.Of(flows, 900);
        if (total == 0) return chart.Nodes.Count == 0;
        return Enumerable.Range(0, 3).All(column => chart.Nodes.Where(n => n.Column == column).Sum(n => n.Tco2e) == total)
            && chart.Nodes.All(n => Math.Abs(n.Height - n.Tco2e / total * Sankey.FullHeight) < 0.000001m && n.Y >= 0 && n.Y + n.Height <= chart.Height)
            && chart.Links.Where(l => l.From[0] == 'p').Sum(l => l.Tco2e) == total && chart.Links.Where(l => l.From[0] == 's').Sum(l => l.Tco2e) == total;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Words_beside_bars_of_a_column_never_stand_on_one_another() => Prop.ForAll(Flows.ToArbitrary(), flows =>
        Sankey.Of(flows, 340).Nodes.GroupBy(n => n.Column).All(column =>
        {
            var middles = column.Select(n => n.Y + n.Height / 2).Order().ToList();
            return middles.Zip(middles.Skip(1)).All(pair => pair.Second - pair.First >= Sankey.LineHeight - 0.01m);
        })).QuickCheckThrowOnFailure();

    [Fact]
    public void Two_pictures_to_one_scale_compare_by_height()
    {
        var (small, large) = (new[] { new EmissionFlow("a", "b", "direct", 10m) }, new[] { new EmissionFlow("a", "b", "direct", 40m) });
        Assert.Equal(4 * Sankey.Of(small, 340, 40m).Nodes[0].Height, Sankey.Of(large, 340, 40m).Nodes[0].Height);
    }

    [Fact]
    public void A_ribbon_is_as_high_at_both_ends_as_its_flow()
    {
        foreach (var link in Sankey.Of([new("a", "x", "direct", 30m), new("a", "y", "upstream", 60m)], 340).Links)
        {
            var numbers = Regex.Matches(link.Path, @"-?\d+(\.\d+)?").Select(m => decimal.Parse(m.Value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            var (top, bottom, right, rightEnd) = (numbers[1], numbers[^1], numbers[7], numbers[8]);
            Assert.Equal(link.Tco2e / 90 * Sankey.FullHeight, bottom - top, 2);
            Assert.Equal(link.Tco2e / 90 * Sankey.FullHeight, rightEnd - right, 2);
        }
    }

    [Fact]
    public void Each_bar_of_a_waterfall_begins_where_the_one_before_ended_and_the_last_is_the_whole() => Prop.ForAll(Gen.Choose(-300, 900).ArrayOf(6).ToArbitrary(), values =>
    {
        var parts = values.Select((v, i) => KeyValuePair.Create($"p{i}", v / 100m)).ToList();
        var chart = Waterfall.Of([(parts, 10m)], 900);
        var reached = chart.Zero;
        foreach (var row in chart.Rows.Take(parts.Count))
        {
            var bar = row.Bars[0];
            var (start, end) = bar.Tco2ePerT < 0 ? (bar.X + bar.Width, bar.X) : (bar.X, bar.X + bar.Width);
            // Places are whole units, and no bar is thinner than one.
            if (Math.Abs(start - reached) > 1) return false;
            reached = bar.Tco2ePerT == 0 ? reached : end;
        }
        return chart.Rows[^1].Bars[0].Tco2ePerT == parts.Sum(p => p.Value) && chart.Rows.SelectMany(r => r.Bars).All(b => b.X >= 0 && b.X + b.Width <= chart.Width) && chart.Ticks.Count is >= 2 and <= 12;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_process_that_a_facility_lacks_is_not_drawn_as_zero()
    {
        var chart = Waterfall.Of([([new("a", 1m), new("b", 2m)], null), ([new("a", 1m)], null)], 340);
        Assert.Null(chart.Rows.First(r => r.Name == "b").Bars[1].Tco2ePerT);
        Assert.Equal([3m, 1m], chart.Rows[^1].Bars.Select(b => b.Tco2ePerT));
        Assert.Empty(chart.Bands);
    }

    [Theory]
    [InlineData("alumina-power", 13, "alumina-power")]
    [InlineData("alumina-power-of-the-north", 13, "alumina-power…")]
    [InlineData("氧化铝厂外购电力", 8, "氧化铝厂…")]
    public void A_name_is_cut_to_the_letters_that_fit(string name, int letters, string fitted) => Assert.Equal(fitted, Sankey.Fit(name, letters));
}
