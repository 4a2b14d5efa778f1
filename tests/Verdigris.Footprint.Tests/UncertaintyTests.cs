using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Footprint.Statistics;
using Verdigris.Footprint.Uncertainty;
using Verdigris.Primitives.Statistics;
using Judge = MathNet.Numerics.Distributions;

namespace Verdigris.Footprint.Tests;

/// <summary>Propagation and simulation beside closed forms, beside each other, and beside the published numbers of the generator.</summary>
public sealed class UncertaintyTests
{
    const int Draws = 20_000;

    static MonteCarloResult Run(UncertainInput[] inputs, UncertainTerm[] terms, long seed, decimal[]? correlations = null, int draws = Draws)
    {
        var answer = MonteCarlo.Run(inputs, terms, correlations ?? [], seed, draws);
        Assert.True(answer.Ok, string.Join(", ", answer.Refusals.Select(r => r.Code)));
        return answer.Value;
    }

    static void Within(double expected, decimal actual, double error, string what) => Assert.True(Math.Abs(expected - (double)actual) <= error, $"{what}: {expected} is not {actual} within {error}");

    /// <summary>Standard error of a percentile: sqrt(p (1 - p) / n) over the density there.</summary>
    static void PercentilesWithin3StandardErrors(MonteCarloResult r, Func<double, double> quantile, Func<double, double> density)
    {
        foreach (var (share, value) in new[] { (0.025, r.P2_5), (0.5, r.P50), (0.975, r.P97_5) })
            Within(quantile(share), value, 3 * Math.Sqrt(share * (1 - share) / r.Draws) / density(quantile(share)), $"percentile {share}");
    }

    [Fact]
    public void The_generator_gives_the_numbers_its_authors_publish()
    {
        ulong state = 1234567;
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL, 16408922859458223821UL], Enumerable.Range(0, 5).Select(_ => Xoshiro.SplitMix(ref state)));
        var random = Xoshiro.OfState(1, 2, 3, 4);
        Assert.Equal([11520UL, 0UL, 1509978240UL, 1215971899390074240UL, 1216172134540287360UL, 607988272756665600UL, 16172922978634559625UL, 8476171486693032832UL, 10595114339597558777UL, 2904607092377533576UL], Enumerable.Range(0, 10).Select(_ => random.Next()));
    }

    [Fact]
    public void Own_exponential_logarithm_and_normal_distribution_agree_with_those_of_the_libraries()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            double x = (random.NextDouble() - 0.5) * 1400, y = Math.Exp(x / 2), share = i % 3 == 0 ? Math.Exp(-random.NextDouble() * 36) : random.NextDouble(), z = (random.NextDouble() - 0.5) * 12;
            Relative(Math.Exp(x), PortableMath.Exp(x), 5e-16);
            Assert.True(Math.Abs(Math.Log(y) - PortableMath.Log(y)) <= 5e-16 * Math.Max(1, Math.Abs(Math.Log(y))));
            Relative(Judge.Normal.InvCDF(0, 1, share), PortableMath.NormalQuantile(share), 2e-13);
            Assert.InRange(PortableMath.NormalShare(z) - Judge.Normal.CDF(0, 1, z), -1e-15, 1e-15);
        }
        Assert.Equal((0.0, double.PositiveInfinity, 1.0, 0.0, 0.0), (PortableMath.Exp(-800), PortableMath.Exp(800), PortableMath.Exp(0), PortableMath.Log(1), PortableMath.NormalQuantile(0.5)));
        Relative(1.959963984540054, PortableMath.NormalQuantile(0.975), 1e-15);

        static void Relative(double expected, double actual, double limit) => Assert.True(Math.Abs(expected - actual) <= limit * Math.Max(Math.Abs(expected), 1e-300), $"{expected:R} is not {actual:R}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_normal_input_gives_back_its_own_mean_and_percentiles(long seed)
    {
        var r = Run([UncertainInput.Normal("x", 100, 7)], [new(2, [0])], seed);
        Within(200, r.Mean, 3 * 14 / Math.Sqrt(Draws), "mean");
        Within(14, r.Sd, 3 * 14 / Math.Sqrt(2.0 * Draws), "sd");
        PercentilesWithin3StandardErrors(r, p => Judge.Normal.InvCDF(200, 14, p), x => Judge.Normal.PDF(200, 14, x));
        Assert.Equal(1, r.VarianceShares[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_product_of_lognormal_inputs_is_lognormal(long seed)
    {
        var r = Run([UncertainInput.Lognormal("a", 10, 1.2m), UncertainInput.Lognormal("b", 3, 1.3m)], [new(1, [0, 1])], seed);
        double mu = Math.Log(30), sigma = Math.Sqrt(Math.Log(1.2) * Math.Log(1.2) + Math.Log(1.3) * Math.Log(1.3)), mean = Math.Exp(mu + sigma * sigma / 2);
        Within(mean, r.Mean, 3 * mean * Math.Sqrt((Math.Exp(sigma * sigma) - 1) / Draws), "mean");
        PercentilesWithin3StandardErrors(r, p => Judge.LogNormal.InvCDF(mu, sigma, p), x => Judge.LogNormal.PDF(mu, sigma, x));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Triangular_and_uniform_inputs_give_back_their_own_mean_and_percentiles(long seed)
    {
        var triangular = Run([UncertainInput.Triangular("x", 2, 3, 8)], [new(1, [0])], seed);
        Within(13 / 3.0, triangular.Mean, 3 * Math.Sqrt(31 / 18.0 / Draws), "mean");
        PercentilesWithin3StandardErrors(triangular, p => Judge.Triangular.InvCDF(2, 8, 3, p), x => Judge.Triangular.PDF(2, 8, 3, x));
        var uniform = Run([UncertainInput.Uniform("x", -1, 5)], [new(1, [0])], seed);
        Within(2, uniform.Mean, 3 * Math.Sqrt(3.0 / Draws), "mean");
        PercentilesWithin3StandardErrors(uniform, p => -1 + 6 * p, _ => 1 / 6.0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_digits_and_another_seed_others()
    {
        UncertainInput[] inputs = [UncertainInput.Normal("a", 10, 1), UncertainInput.Lognormal("b", 2, 1.5m), UncertainInput.Triangular("c", 0, 1, 4)];
        UncertainTerm[] terms = [new(1, [0, 1]), new(0.5m, [2])];
        var one = Run(inputs, terms, 42);
        Assert.Equal((one.Mean, one.Sd, one.P2_5, one.P97_5), Run(inputs, terms, 42) is var again ? (again.Mean, again.Sd, again.P2_5, again.P97_5) : default);
        Assert.NotEqual(one.Mean, Run(inputs, terms, 43).Mean);
        Assert.Equal((Draws, 42L), (one.Draws, one.Seed));
    }

    [Fact]
    public void Variance_shares_of_a_sum_are_those_of_its_variances_and_sum_to_one()
    {
        var r = Run([UncertainInput.Normal("a", 10, 3), UncertainInput.Uniform("b", 0, 12), UncertainInput.Fixed("c", 5), UncertainInput.Normal("d", 0, 2)], [new(1, [0]), new(1, [1]), new(1, [2]), new(1, [3])], 5);
        Assert.InRange(r.VarianceShares.Sum(), 0.99999999999999m, 1.00000000000001m);
        // Variances 9, 12 and 4; the standard error of a squared correlation is below 2 / sqrt(n).
        foreach (var (i, share) in new[] { (0, 9 / 25.0), (1, 12 / 25.0), (2, 0.0), (3, 4 / 25.0) }) Within(share, r.VarianceShares[i], 6 / Math.Sqrt(Draws), $"share {i}");
        Assert.Equal(0, r.VarianceShares[2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Correlation_widens_a_sum_as_it_should(double correlation)
    {
        var r = Run([UncertainInput.Normal("a", 10, 3, 0), UncertainInput.Normal("b", 20, 4, 0)], [new(1, [0]), new(1, [1])], 11, [(decimal)correlation]);
        var sd = Math.Sqrt(9 + 16 + 2 * correlation * 12);
        Within(sd, r.Sd, 3 * sd / Math.Sqrt(2.0 * Draws), "sd");
        // A shared source keeps the shape of each input.
        var uniform = Run([UncertainInput.Uniform("u", 0, 1, 0), UncertainInput.Uniform("v", 0, 1, 0)], [new(1, [0])], 12, [(decimal)correlation]);
        PercentilesWithin3StandardErrors(uniform, p => p, _ => 1);
    }

    [Fact]
    public void Two_inputs_wholly_correlated_with_opposite_signs_cancel()
    {
        var answer = MonteCarlo.Run([UncertainInput.Normal("a", 1, 1, 0), UncertainInput.Normal("b", 1, 1, 0)], [new(1, [0]), new(-1, [1])], [1], 1, 1000);
        Assert.Equal("uncertainty.no-variance", answer.Refusals[0].Code);
    }

    static JsonNode Inputs(params (string Name, decimal Value, decimal Percent)[] inputs) => new JsonArray([.. inputs.Select(i => (JsonNode)new JsonObject { ["name"] = i.Name, ["distribution"] = "normal", ["value"] = i.Value, ["uncertaintyPercent"] = i.Percent })]);

    [Theory]
    [InlineData("product", 3, 4, 2)]
    [InlineData("product", 1, 1, 5)]
    [InlineData("sum", 3, 4, 2)]
    [InlineData("sum", 5, 1, 1)]
    public void Propagation_and_simulation_agree_while_uncertainties_are_small(string op, decimal a, decimal b, decimal c)
    {
        decimal[] values = [100, 50, 20];
        var propagated = (double)Ask.Number("uncertainty.propagate", "uncertaintyPercent", new { op, uncertaintiesPercent = new[] { a, b, c }, values });
        var products = op == "product" ? new[] { "a * b * c" } : ["a", "b", "c"];
        var simulated = Ask.For("uncertainty.monte-carlo", new JsonObject
        {
            ["inputs"] = Inputs(("a", 100, a), ("b", 50, b), ("c", 20, c)),
            ["terms"] = new JsonArray([.. products.Select(p => (JsonNode)new JsonObject { ["product"] = p })]),
            ["seed"] = 7,
            ["draws"] = Draws,
        }).Result;
        // The half range of a normal one varies by about 1.6 sd / sqrt(n); second order of the product is below 0.3 % of it here.
        Within(propagated, simulated["uncertaintyPercent"]!.GetValue<decimal>(), propagated * (3 * 1.6 / Math.Sqrt(Draws) + 0.003), op);
        Within(propagated / 1.959963984540054, simulated["sd"]!.GetValue<decimal>() / simulated["mean"]!.GetValue<decimal>() * 100, propagated * (3 / Math.Sqrt(2.0 * Draws) + 0.003), op);
    }

    [Fact]
    public void Propagation_does_not_depend_on_the_order_and_a_part_without_uncertainty_adds_none()
    {
        var gen = Gen.Choose(0, 5000).Select(n => n / 100m).ArrayOf().Where(u => u.Length > 0);
        Prop.ForAll(gen.ToArbitrary(), percents =>
        {
            var product = Ask.Number("uncertainty.propagate", "uncertaintyPercent", new { op = "product", uncertaintiesPercent = percents });
            Assert.Equal(product, Ask.Number("uncertainty.propagate", "uncertaintyPercent", new { op = "product", uncertaintiesPercent = percents.Reverse().Append(0m) }));
            Assert.InRange(product, percents.Max(), percents.Sum());
            var one = Ask.Number("uncertainty.propagate", "uncertaintyPercent", new { op = "sum", uncertaintiesPercent = percents, values = percents.Select(_ => 7m) });
            Assert.InRange(one, 0, percents.Max() + 0.000000001m);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_uncertainty_too_large_to_propagate_warns_and_points_to_the_simulation()
    {
        Assert.DoesNotContain(Ask.For("uncertainty.propagate", new { op = "product", uncertaintiesPercent = new[] { 30, 10 } }).Warnings, w => w.Code == "uncertainty.use-monte-carlo");
        Assert.Contains(Ask.For("uncertainty.propagate", new { op = "product", uncertaintiesPercent = new[] { 30.1, 10 } }).Warnings, w => w.Code == "uncertainty.use-monte-carlo");
    }

    [Fact]
    public void A_normal_input_that_reaches_below_zero_and_an_input_nothing_uses_are_pointed_out()
    {
        var warnings = Ask.For("uncertainty.monte-carlo", """{"inputs":[{"name":"a","distribution":"normal","value":10,"sd":5},{"name":"b","distribution":"uniform","low":0,"high":1}],"terms":[{"product":"a"}],"seed":1,"draws":100}""").Warnings;
        Assert.Contains(warnings, w => (w.Code, w.Field) == ("uncertainty.below-zero", "inputs[0]"));
        Assert.Contains(warnings, w => (w.Code, w.Field) == ("uncertainty.unused", "inputs[1]"));
    }

    [Theory]
    [InlineData("""{"name":"a","distribution":"normal","value":1}""", "a", "uncertainty.parameters", "inputs[0]")]
    [InlineData("""{"name":"a","distribution":"uniform","low":0,"high":1,"sd":1}""", "a", "uncertainty.parameters", "inputs[0]")]
    [InlineData("""{"name":"a","distribution":"lognormal","value":-1,"gsd":2}""", "a", "uncertainty.median", "inputs[0]")]
    [InlineData("""{"name":"a","distribution":"normal","value":0,"uncertaintyPercent":5}""", "a", "uncertainty.spread", "inputs[0]")]
    [InlineData("""{"name":"a","distribution":"triangular","low":0,"value":3,"high":2}""", "a", "uncertainty.range", "inputs[0]")]
    [InlineData("""{"name":"a","distribution":"uniform","low":2,"high":2}""", "a", "uncertainty.range", "inputs[0]")]
    [InlineData("""{"name":"a","distribution":"fixed","value":2}""", "a", "uncertainty.nothing-uncertain", "inputs")]
    [InlineData("""{"name":"a","distribution":"uniform","low":0,"high":1}""", "a * b", "uncertainty.unknown-input", "terms[0].product")]
    [InlineData("""{"name":"a","distribution":"uniform","low":0,"high":1,"group":"g"}""", "a", "uncertainty.unknown-group", "inputs[0].group")]
    [InlineData("""{"name":"a","distribution":"uniform","low":0,"high":1},{"name":"a","distribution":"fixed","value":1}""", "a", "uncertainty.name-twice", "inputs[1].name")]
    [InlineData("""{"name":"a","distribution":"lognormal","value":1000000000000,"gsd":100}""", "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a", "calc.out-of-range", "inputs")]
    public void What_cannot_be_drawn_is_refused_by_name(string inputs, string product, string code, string field)
    {
        var refused = Ask.Refusal("uncertainty.monte-carlo", $$"""{"inputs":[{{inputs}}],"terms":[{"product":"{{product}}"}],"seed":1,"draws":100}""");
        Assert.Equal((code, field), (refused.Code, refused.Field));
    }

    [Theory]
    [InlineData("""{"op":"sum","uncertaintiesPercent":[1]}""", "calc.missing-field", "values")]
    [InlineData("""{"op":"sum","uncertaintiesPercent":[1,2],"values":[1]}""", "uncertainty.lengths-differ", "values")]
    [InlineData("""{"op":"sum","uncertaintiesPercent":[1,2],"values":[1,-1]}""", "calc.division-by-zero", "values")]
    public void What_cannot_be_propagated_is_refused_by_name(string input, string code, string field)
    {
        var refused = Ask.Refusal("uncertainty.propagate", input);
        Assert.Equal((code, field), (refused.Code, refused.Field));
    }
}
