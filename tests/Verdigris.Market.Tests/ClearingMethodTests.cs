using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Tests;

/// <summary>Methods of options and clearing: their vectors, and what they refuse.</summary>
public sealed class ClearingMethodTests
{
    static readonly CalculatorSet Methods = new(RulePacks.Locate(), MarketMethods.All);

    [Fact]
    public void Every_golden_vector_of_options_and_clearing_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/markets.jsonl"), Methods);
        Assert.Equal("", string.Join("\n", outcomes.Where(o => !o.Passed).Select(o => $"{o.Id}: {o.Problem}")));
        var seen = File.ReadLines(Checkout.Path("tests/vectors/markets.jsonl")).Select(l => JsonNode.Parse(l)!["method"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Methods.All.Select(m => m.Method).Where(m => m.StartsWith("option.", StringComparison.Ordinal) || m.StartsWith("clearing.", StringComparison.Ordinal)).Except(seen));
    }

    [Theory]
    [InlineData("clearing.variation-margin", """{"contract":"NO.SUCH","lots":1,"entry":1,"settle":2}""", "contract.unknown")]
    [InlineData("clearing.initial-margin", """{"currency":"CNY","lotSize":10,"scanRange":5,"positions":[{"month":1,"lots":1.5}]}""", "clearing.lots")]
    [InlineData("clearing.initial-margin", """{"currency":"CNY","lotSize":10,"scanRange":5,"positions":[{"month":1,"lots":1,"right":"Call"}]}""", "calc.missing-field")]
    [InlineData("clearing.expected-shortfall", """{"gains":[1,2],"confidence":0.99}""", "shortfall.days")]
    [InlineData("clearing.expected-shortfall", """{"gains":[1.001,2],"confidence":0.5}""", "clearing.cents")]
    [InlineData("clearing.expected-shortfall", """{"gains":[1,2,3],"confidence":0.5,"window":3}""", "shortfall.window")]
    [InlineData("option.implied-volatility", """{"forward":100,"strike":90,"years":1,"rate":0,"right":"Call","price":9}""", "option.price-bounds")]
    [InlineData("option.american-crr", """{"forward":100,"strike":90,"years":1,"rate":0,"volatility":0.2,"steps":1}""", "calc.below-minimum")]
    public void Bad_input_is_refused_by_its_code(string method, string input, string code) =>
        Assert.Equal(code, Methods.Run(method, JsonDocument.Parse(input).RootElement).Refusals[0].Code);
}
