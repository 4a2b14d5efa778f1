using FsCheck;
using FsCheck.Fluent;
using System.Text.Json.Nodes;

namespace Verdigris.Footprint.Tests;

/// <summary>Primary data share, data quality indicators, and what may be left out of a footprint.</summary>
public sealed class QualityTests
{
    static readonly string[] Indicators = ["primaryDataShare", "technologicalDqr", "geographicalDqr", "temporalDqr"];

    static JsonObject Input(string name, decimal pcf, decimal? primary, int? technological, int? geographical, int? temporal)
    {
        var input = new JsonObject { ["name"] = name, ["pcfKgCo2e"] = pcf };
        if (primary is { } p) input["primaryDataPercent"] = p;
        if (technological is { } t) input["technological"] = t;
        if (geographical is { } g) input["geographical"] = g;
        if (temporal is { } m) input["temporal"] = m;
        return input;
    }

    static JsonObject Of(params JsonObject[] inputs) => new() { ["inputs"] = new JsonArray([.. inputs]), ["exemptions"] = new JsonArray() };

    [Fact]
    public void Every_indicator_lies_between_its_parts_and_a_credit_weighs_as_much_as_a_burden() =>
        Prop.ForAll(Gen.Choose(1, 1000).Zip(Gen.Choose(1, 1000), (a, b) => (a, b)).Zip(Gen.Choose(1, 5).Zip(Gen.Choose(1, 5), (s, t) => (s, t)), (w, q) => (w.a, w.b, q.s, q.t)).ToArbitrary(), x =>
        {
            var r = Ask.For("quality.pact", Of(Input("a", x.a, x.s * 20, x.s, x.s, x.s), Input("b", x.b, x.t * 20, x.t, x.t, x.t))).Result;
            foreach (var indicator in Indicators)
            {
                var value = r[indicator]!.GetValue<decimal>() / (indicator == Indicators[0] ? 20 : 1);
                Assert.InRange(value, Math.Min(x.s, x.t), Math.Max(x.s, x.t));
                Assert.InRange(Math.Abs((decimal)(x.a * x.s + x.b * x.t) / (x.a + x.b) - value), 0, 0.000000000001m);
            }
            var credit = Ask.For("quality.pact", Of(Input("a", x.a, x.s * 20, x.s, x.s, x.s), Input("b", -x.b, x.t * 20, x.t, x.t, x.t))).Result;
            Assert.All(Indicators, i => Assert.Equal(r[i]!.GetValue<decimal>(), credit[i]!.GetValue<decimal>()));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_indicator_one_input_lacks_is_unknown_and_never_zero()
    {
        var result = Ask.For("quality.pact", Of(Input("a", 90, 100, 1, 1, 1), Input("b", 10, null, 3, 3, null)));
        Assert.Null(result.Result["primaryDataShare"]);
        Assert.Null(result.Result["temporalDqr"]);
        Assert.Equal(1.2m, result.Result["geographicalDqr"]!.GetValue<decimal>());
        Assert.Equal(2, result.Warnings.Count(w => w.Code == "quality.unknown"));
        Assert.Equal(100, Ask.For("quality.pact", Of(Input("a", 90, 100, 1, 1, 1), Input("nothing", 0, null, null, null, null))).Result["primaryDataShare"]!.GetValue<decimal>());
    }

    [Theory]
    [InlineData("PACT", new[] { "5" }, true)]
    [InlineData("PACT", new[] { "3", "2.01" }, false)]
    [InlineData("IAI-2021", new[] { "1", "1", "1", "1", "1", "1" }, true)]
    [InlineData("IAI-2021", new[] { "1.01" }, false)]
    [InlineData("GBT-44905", new[] { "0.99", "0.99" }, true)]
    [InlineData("GBT-44905", new[] { "1" }, false)]
    [InlineData("GBT-44905", new[] { "0.9", "0.9", "0.9", "0.9", "0.9", "0.9" }, false)]
    public void What_may_be_left_out_depends_on_the_rule(string rule, string[] percents, bool met)
    {
        var input = Of(Input("a", 1, 100, 1, 1, 1));
        input["rule"] = rule;
        input["exemptions"] = new JsonArray([.. percents.Select((p, i) => (JsonNode)new JsonObject { ["process"] = $"P{i}", ["percent"] = p })]);
        var result = Ask.For("quality.pact", input);
        Assert.Equal(met, result.Result["exemptionsMet"]!.GetValue<bool>());
        Assert.Equal(met, !result.Warnings.Any(w => w.Code == "quality.exempted-too-much"));
        Assert.Equal(percents.Sum(p => decimal.Parse(p, System.Globalization.CultureInfo.InvariantCulture)), result.Result["exemptedEmissionsPercent"]!.GetValue<decimal>());
    }

    [Fact]
    public void Exemptions_that_are_not_spoken_of_are_unknown()
    {
        var input = Of(Input("a", 1, 100, 1, 1, 1));
        input.Remove("exemptions");
        var result = Ask.For("quality.pact", input);
        Assert.Null(result.Result["exemptionsMet"]);
        Assert.Contains(result.Warnings, w => w.Code == "quality.exemptions-unknown");
    }

    [Fact]
    public void A_footprint_of_nothing_has_no_shares() => Assert.Equal("calc.division-by-zero", Ask.Refusal("quality.pact", Of(Input("a", 0, 100, 1, 1, 1))).Code);
}
