using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Tests;

/// <summary>Asks a method as the command line does, and gives the rules of the checkout.</summary>
static class Ask
{
    static readonly RulePacks Packs = RulePacks.Open(Checkout.Path("data"));

    public static CbamRules Rules => CbamRules.Of(Packs);

    public static CalculatorSet Methods { get; } = new(Packs, [.. CbamMethods.All]);

    public static CalcResult For(string method, object input)
    {
        var answer = Run(method, input);
        Assert.True(answer.Ok, $"{method} refused: {string.Join("; ", answer.Refusals.Select(r => $"{r.Code} at {r.Field}"))}");
        return answer.Value.Result;
    }

    public static decimal Number(string method, string field, object input) => For(method, input).Result[field]!.GetValue<decimal>();

    public static string Word(string method, string field, object input) => For(method, input).Result[field]!.GetValue<string>();

    public static Refusal Refusal(string method, object input)
    {
        var answer = Run(method, input);
        Assert.False(answer.Ok, $"{method} calculated what it should refuse");
        return answer.Refusals[0];
    }

    static Answer<(ICalculator Calculator, CalcResult Result)> Run(string method, object input)
    {
        var text = input as string ?? (input as JsonNode)?.ToJsonString() ?? JsonSerializer.Serialize(input);
        using var document = JsonDocument.Parse(text);
        return Methods.Run(method, document.RootElement);
    }
}
