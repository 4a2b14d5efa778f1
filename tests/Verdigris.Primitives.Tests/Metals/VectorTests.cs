using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Tests.Metals;

public sealed class VectorTests
{
    static CalculatorSet Methods { get; } = new(RulePacks.Open(Checkout.Path("data")), [.. MetalMethods.All]);

    [Fact]
    public void Every_golden_vector_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/metals.jsonl"), Methods);
        Assert.True(outcomes.Count >= 70, $"only {outcomes.Count} vectors");
        Assert.DoesNotContain(outcomes, o => !o.Passed);
    }

    static string? Difference(string expected, string actual, decimal tolerance = 0) => VectorFile.Difference("result", JsonDocument.Parse(expected).RootElement, JsonNode.Parse(actual), tolerance);

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1.0,"b":2}""", true)]
    [InlineData("""{"a":1}""", """{"b":2}""", false)]
    [InlineData("""{"a":null}""", """{"a":null}""", true)]
    [InlineData("""{"a":null}""", """{}""", false)]
    [InlineData("""{"a":null}""", """{"a":0}""", false)]
    [InlineData("""{"a":"0.0100"}""", """{"a":0.0100}""", true)]
    [InlineData("""{"a":"0.0100"}""", """{"a":0.01}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,2,3]}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,2]}""", true)]
    [InlineData("""{"a":true}""", """{"a":"true"}""", false)]
    [InlineData("""{"a":{"b":"x"}}""", """{"a":{"b":"x","c":1}}""", true)]
    public void Vectors_compare_as_their_readme_says(string expected, string actual, bool same) => Assert.Equal(same, Difference(expected, actual) is null);

    [Fact]
    public void The_relative_tolerance_is_measured_against_the_expected_value_or_one()
    {
        Assert.Null(Difference("1000", "1000.001", 0.000001m));
        Assert.NotNull(Difference("1000", "1000.0011", 0.000001m));
        Assert.Null(Difference("0", "0.000001", 0.000001m));
    }

    [Fact]
    public void A_vector_that_must_be_refused_fails_when_it_is_calculated()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, """
            {"id":"A","method":"lot.tolerance","input":{"contract":"AH","netKg":1},"refused":{"code":"calc.missing-field"},"source":"x"}
            {"id":"A","method":"lot.tolerance","input":{"contract":"AH","netKg":1},"expected":{"withinTolerance":false},"source":"x"}
            {"id":"B","method":"lot.tolerance","input":{"contract":"AH","netKg":1},"expected":{},"source":"x"}
            not json
            """);
        var outcomes = VectorFile.Run(file, Methods);
        File.Delete(file);
        Assert.Equal(4, outcomes.Count);
        Assert.All(outcomes, o => Assert.False(o.Passed));
    }

    [Fact]
    public void Every_method_says_what_it_takes_and_traces_every_number()
    {
        foreach (var method in Methods.All)
        {
            var schema = InputField.SchemaOf(method);
            Assert.Equal(method.Fields.Count, schema["properties"]!.AsObject().Count);
            Assert.All(method.Fields, f => Assert.NotEqual(f.Text.En, f.Text.Zh));
        }
        var answer = Methods.Run("warehouse.rent", JsonDocument.Parse("""{"tonnes":25,"ratePerTDay":"0.5","queueDays":60,"schedule":"2015-proposal"}""").RootElement);
        var envelope = CalculatorSet.Envelope(answer.Value.Calculator, answer.Value.Result);
        Assert.Equal(4, envelope["trace"]!.AsArray().Count);
        Assert.Equal(64, envelope["rules"]![0]!["sha256"]!.GetValue<string>().Length);
        Assert.Contains(answer.Value.Result.Warnings, w => w.Code == "rent.proposal");
    }

    [Theory]
    [InlineData("""[]""", "calc.input-not-object", null)]
    [InlineData("""{"contract":"AH"}""", "calc.missing-field", "netKg")]
    [InlineData("""{"contract":"AH","netKg":"1 000"}""", "calc.not-a-number", "netKg")]
    [InlineData("""{"contract":"AH","netKg":null}""", "calc.not-a-number", "netKg")]
    [InlineData("""{"contract":"AH","netKg":1,"netKg":2}""", "calc.field-twice", "netKg")]
    [InlineData("""{"contract":7,"netKg":1}""", "calc.not-text", "contract")]
    [InlineData("""{"contract":"AH","netKg":1,"lots":0}""", "calc.below-minimum", "lots")]
    [InlineData("""{"contract":"AH","netKg":1,"lots":1.5}""", "calc.not-whole", "lots")]
    [InlineData("""{"contract":"AH","netKg":1,"date":"31/01/2026"}""", "calc.not-a-date", "date")]
    [InlineData("""{"contract":"AH","netKg":1e13}""", "calc.above-maximum", "netKg")]
    public void Bad_input_is_refused_by_code_and_field_with_words_in_both_languages(string input, string code, string? field)
    {
        var refusal = Methods.Run("lot.tolerance", JsonDocument.Parse(input).RootElement).Refusals[0];
        Assert.Equal((code, field), (refusal.Code, refusal.Field));
        Assert.DoesNotContain("{", Messages.Of(refusal, "en"), StringComparison.Ordinal);
        Assert.NotEqual(Messages.Of(refusal, "en"), Messages.Of(refusal, "zh"));
    }
}
