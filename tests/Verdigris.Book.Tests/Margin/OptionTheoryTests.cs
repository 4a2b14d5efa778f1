using System.Runtime.Intrinsics;
using Verdigris.Primitives.Statistics;

namespace Verdigris.Book.Tests.Margin;

/// <summary>Option prices beside published values, closed forms and each other.</summary>
public sealed class OptionTheoryTests
{
    static readonly OptionTerms Textbook = new(19, 19, 0.75m, 0.10m, 0.28m);

    static void Near(decimal expected, decimal found, decimal relative = 0.0000001m) => Assert.True(Math.Abs(expected - found) <= Math.Abs(expected) * relative, $"{expected} {found}");

    [Fact]
    public void The_textbook_example_of_Black_76_comes_out_with_its_greeks()
    {
        var f = OptionTheory.European(Textbook).Value;
        Near(1.70105073m, f.Call);
        Near(1.70105073m, f.Put);
        Near(0.50863624m, f.DeltaCall);
        Near(-0.41910725m, f.DeltaPut);
        Near(0.07974503m, f.Gamma);
        Near(6.04547108m, f.Vega);
    }

    [Fact]
    public void Greeks_are_the_slopes_of_the_price()
    {
        var t = new OptionTerms(75.36m, 80m, 0.5m, 0.03m, 0.4m);
        var f = OptionTheory.European(t).Value;
        decimal Slope(Func<decimal, OptionTerms> bumped, Func<OptionFigures, decimal> of) => (of(OptionTheory.European(bumped(0.0001m)).Value) - of(OptionTheory.European(bumped(-0.0001m)).Value)) / 0.0002m;
        Near(Slope(e => t with { Forward = t.Forward + e }, x => x.Call), f.DeltaCall, 0.000001m);
        Near(Slope(e => t with { Forward = t.Forward + e }, x => x.Put), f.DeltaPut, 0.000001m);
        Near(Slope(e => t with { Forward = t.Forward + e }, x => x.DeltaCall), f.Gamma, 0.000001m);
        Near(Slope(e => t with { Volatility = t.Volatility + e }, x => x.Put), f.Vega, 0.000001m);
        Near(-Slope(e => t with { Years = t.Years + e }, x => x.Call), f.ThetaCall, 0.000001m);
        Near(-Slope(e => t with { Years = t.Years + e }, x => x.Put), f.ThetaPut, 0.000001m);
        Near(Slope(e => t with { Rate = t.Rate + e }, x => x.Call), f.RhoCall, 0.000001m);
        Near(Slope(e => t with { Rate = t.Rate + e }, x => x.Put), f.RhoPut, 0.000001m);
    }

    [Fact]
    public void Call_less_put_is_the_discounted_difference_of_forward_and_strike_for_any_terms()
    {
        var random = new Random(5);
        for (var i = 0; i < 5_000; i++)
        {
            var t = new OptionTerms(1 + random.Next(1, 200_000) / 100m, 1 + random.Next(1, 200_000) / 100m, random.Next(0, 5000) / 1000m, random.Next(-50, 200) / 1000m, random.Next(0, 2000) / 1000m);
            var f = OptionTheory.European(t).Value;
            var parity = (decimal)Math.Exp((double)(-t.Rate * t.Years)) * (t.Forward - t.Strike);
            Assert.True(Math.Abs(f.Call - f.Put - parity) < 0.000000001m * (t.Forward + t.Strike), $"{t}");
            Assert.True(f.Call >= 0 && f.Put >= 0, $"{t}");
        }
    }

    [Fact]
    public void Without_time_volatility_or_forward_an_option_is_worth_what_exercise_brings()
    {
        Assert.Equal((5, 0), Both(new(105, 100, 0, 0.05m, 0.3m)));
        Assert.Equal((0, 5), Both(new(95, 100, 0, 0.05m, 0.3m)));
        Assert.Equal((0, 0), Both(new(100, 100, 1, 0, 0)));
        Assert.Equal((0, 110), Both(new(-10, 100, 1, 0, 0.3m)));
        static (decimal, decimal) Both(OptionTerms t) => OptionTheory.European(t).Value is var f ? (f.Call, f.Put) : default;
    }

    [Fact]
    public void Columns_give_what_single_options_give_whatever_the_rest_of_the_column_is()
    {
        var random = new Random(9);
        var n = 1003;
        var (f, k, t, r, v) = (Column(1, 300), Column(1, 300), Column(0, 3), Column(-0.02, 0.1), Column(0, 1.5));
        var (call, put) = (new double[n], new double[n]);
        Black76.Values(f, k, t, r, v, call, put);
        for (var i = 0; i < n; i++) Assert.Equal((call[i], put[i]), Black76.Value(f[i], k[i], t[i], r[i], v[i]));
        double[] Column(double from, double to) => [.. Enumerable.Range(0, n).Select(_ => from + (to - from) * random.NextDouble())];
    }

    [Fact]
    public void Vector_functions_agree_with_the_plain_ones_over_their_range()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var x = (random.NextDouble() - 0.5) * 1400;
            Assert.True(Off(PortableMath.Exp(x), VectorMath.Exp(Vector512.Create(x))[3]) < 1e-15 || x < -707, $"exp {x}");
            var y = Math.Pow(10, (random.NextDouble() - 0.5) * 400);
            Assert.True(Off(PortableMath.Log(y), VectorMath.Log(Vector512.Create(y))[5]) < 1e-15, $"log {y}");
            var z = (random.NextDouble() - 0.5) * 80;
            var (below, above) = VectorMath.NormalShares(Vector512.Create(z));
            Assert.True(Off(PortableMath.NormalShare(z), below[0]) < 1e-13 && Off(PortableMath.NormalShare(-z), above[7]) < 1e-13, $"normal {z}");
        }
        static double Off(double a, double b) => a == b ? 0 : Math.Abs(a - b) / Math.Max(Math.Abs(a), 1e-300);
    }

    [Theory]
    [InlineData(50, 426.9837, 461.9200)]
    [InlineData(1000, 427.5477, 462.4579)]
    public void The_tree_gives_the_value_of_an_American_option_on_an_aluminium_future(int steps, double call, double put)
    {
        var found = OptionTheory.American(new(18_365, 18_400, 0.1643835616438356m, 0.02m, 0.15m), steps).Value;
        Near((decimal)call, found.Call, 0.000001m);
        Near((decimal)put, found.Put, 0.000001m);
    }

    [Fact]
    public void The_right_to_exercise_early_is_never_worth_less_than_nothing_and_the_tree_nears_the_formula_where_it_is_worth_nothing()
    {
        foreach (var rate in (decimal[])[0, 0.05m])
            foreach (var strike in (decimal[])[80, 100, 120])
            {
                var terms = new OptionTerms(100, strike, 0.5m, rate, 0.3m);
                var (tree, formula) = (OptionTheory.American(terms, 1001).Value, OptionTheory.European(terms).Value);
                Assert.True(tree.Call > formula.Call - 0.01m && tree.Put > formula.Put - 0.01m && tree.Call >= 100 - strike && tree.Put >= strike - 100);
                if (rate == 0) Assert.True(Math.Abs(tree.Call - formula.Call) < 0.02m && Math.Abs(tree.Put - formula.Put) < 0.02m && Math.Abs(tree.DeltaCall - formula.DeltaCall) < 0.01m);
            }
    }

    [Fact]
    public void The_volatility_put_in_is_the_volatility_found_again()
    {
        foreach (var style in Enum.GetValues<ExerciseStyle>())
            foreach (var isCall in (bool[])[true, false])
                foreach (var vol in (decimal[])[0.05m, 0.4m, 1.7m])
                {
                    var terms = new OptionTerms(75.36m, 78, 0.6m, 0.02m, vol);
                    var price = style == ExerciseStyle.European ? OptionTheory.European(terms).Value is var e ? isCall ? e.Call : e.Put : 0 : OptionTheory.American(terms, 60).Value is var a ? isCall ? a.Call : a.Put : 0;
                    Assert.True(Math.Abs(OptionTheory.ImpliedVolatility(terms with { Volatility = 0 }, isCall, price, style, 60).Value - vol) < 0.00000001m, $"{style} {isCall} {vol}");
                }
    }

    [Theory]
    [InlineData(-1, 1, 0.2, "option.terms")]
    [InlineData(100, -1, 0.2, "option.terms")]
    [InlineData(100, 1, -0.1, "option.terms")]
    [InlineData(100, 1, 10.5, "option.terms")]
    public void Terms_outside_their_range_are_refused(decimal strike, decimal years, double volatility, string code)
    {
        Assert.Equal(code, OptionTheory.European(new(100, strike, years, 0, (decimal)volatility)).Refusals[0].Code);
        Assert.Equal(code, OptionTheory.American(new(100, strike, years, 0, (decimal)volatility), 10).Refusals[0].Code);
    }

    [Fact]
    public void A_price_no_volatility_gives_and_a_tree_without_steps_are_refused()
    {
        var terms = new OptionTerms(100, 90, 0.5m, 0, 0);
        Assert.Equal("option.price-bounds", OptionTheory.ImpliedVolatility(terms, true, 9.99m, ExerciseStyle.European).Refusals[0].Code);
        Assert.Equal("option.price-bounds", OptionTheory.ImpliedVolatility(terms, true, 100.01m, ExerciseStyle.European).Refusals[0].Code);
        Assert.Equal("option.steps", OptionTheory.American(Textbook, 1).Refusals[0].Code);
        Assert.Equal("option.steps", OptionTheory.American(Textbook, 5001).Refusals[0].Code);
        Assert.Equal("option.terms", OptionTheory.ImpliedVolatility(terms with { Years = 0 }, true, 10, ExerciseStyle.European).Refusals[0].Code);
    }
}
