using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Pages;

namespace Verdigris.Registry.Tests;

public sealed class MethodFormTests
{
    /// <summary>What a program sends, shown in the form of a page and sent from there, is the same input.</summary>
    [Fact]
    public void Every_vector_comes_through_the_form_of_its_method_unchanged()
    {
        foreach (var line in File.ReadLines(Checkout.Path("tests/vectors/schemes.jsonl")))
        {
            var vector = JsonNode.Parse(line)!.AsObject();
            var fields = Ask.Methods.Find(vector["method"]!.GetValue<string>())!.Fields;
            var form = new MethodForm(fields);
            form.Fill(vector["input"]!.AsObject());
            var given = Run(vector["method"]!.GetValue<string>(), vector["input"]!);
            var sent = Run(vector["method"]!.GetValue<string>(), form.Input());
            Assert.True(given == sent, $"{vector["id"]}: {given} and {sent}");
        }
    }

    [Fact]
    public void A_list_of_texts_is_read_strictly()
    {
        const string Bids = "\"format\":\"eu-uniform\",\"volume\":500,\"bids\":[{\"id\":\"A\",\"qty\":500,\"price\":1}]";
        Assert.Equal(("calc.not-a-list", "tieOrder"), At($$"""{ {{Bids}}, "tieOrder":"A" }"""));
        Assert.Equal(("calc.not-text", "tieOrder[1]"), At($$"""{ {{Bids}}, "tieOrder":["A", 7] }"""));
        Assert.Equal(("calc.not-text", "tieOrder[0]"), At($$"""{ {{Bids}}, "tieOrder":[""] }"""));
        Assert.Equal(1m, Ask.Number("auction.clear", "price", $$"""{ {{Bids}}, "tieOrder":["A"] }"""));
    }

    static (string, string?) At(string input) => Ask.Refusal("auction.clear", input) is var r ? (r.Code, r.Field) : default;

    static string Run(string method, JsonNode input)
    {
        using var json = JsonDocument.Parse(input.ToJsonString());
        var answer = Ask.Methods.Run(method, json.RootElement);
        return answer.Ok ? answer.Value.Result.Result.ToJsonString() : string.Join(";", answer.Refusals.Select(r => r.Code));
    }
}
