using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Tests;

/// <summary>Asks a method as the command line does, and gives the rules of the checkout.</summary>
static class Ask
{
    public static RulePacks Packs { get; } = RulePacks.Open(Checkout.Path("data"));

    public static ContractSet Contracts => ContractSet.Of(Packs);

    public static CalculatorSet Methods { get; } = new(Packs, [.. MarketMethods.All]);

    public static CalcResult For(string method, object input)
    {
        var answer = Run(method, input);
        Assert.True(answer.Ok, $"{method} refused: {string.Join("; ", answer.Refusals.Select(r => $"{r.Code} at {r.Field}"))}");
        return answer.Value.Result;
    }

    public static Refusal Refusal(string method, object input)
    {
        var answer = Run(method, input);
        Assert.False(answer.Ok, $"{method} calculated what it should refuse");
        return answer.Refusals[0];
    }

    static Answer<(ICalculator Calculator, CalcResult Result)> Run(string method, object input)
    {
        using var document = JsonDocument.Parse((input as JsonNode)?.ToJsonString() ?? JsonSerializer.Serialize(input));
        return Methods.Run(method, document.RootElement);
    }
}
