using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Market.Tests.Contracts;

/// <summary>What holds for every method of the room.</summary>
public sealed partial class ContractMethodTests
{
    [Fact]
    public void Every_golden_vector_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/markets.jsonl"), Ask.Methods);
        Assert.True(outcomes.Count >= 20, $"only {outcomes.Count} vectors");
        Assert.Equal("", string.Join("\n", outcomes.Where(o => !o.Passed).Select(o => $"{o.Id}: {o.Problem}")));
    }

    [Fact]
    public void Every_method_has_a_vector() => Assert.Equal([], Ask.Methods.All.Select(m => m.Method).Except(File.ReadLines(Checkout.Path("tests/vectors/markets.jsonl")).Select(l => JsonNode.Parse(l)!["method"]!.GetValue<string>())));

    [Fact]
    public void Every_method_names_its_fields_in_two_languages_and_its_schema_holds_them_all() => Assert.All(Ask.Methods.All, m =>
    {
        Assert.Equal(m.Fields.Count, InputField.SchemaOf(m)["properties"]!.AsObject().Count);
        Assert.NotEqual(m.Title.En, m.Title.Zh);
        Assert.All(m.Fields, f => Assert.NotEqual(f.Text.En, f.Text.Zh));
        Assert.Equal(m.Fields.Count, m.Fields.DistinctBy(f => f.Name).Count());
    });

    [Fact]
    public void Every_group_result_field_and_refusal_has_its_words_in_both_languages()
    {
        var code = string.Concat(Checkout.Files("src/Verdigris.Market", ".cs").Select(f => File.ReadAllText(Checkout.Path(f))));
        foreach (var language in new[] { "en", "zh" })
        {
            var words = Checkout.Files("src", language + ".json").Where(f => f.Contains("/Strings/", StringComparison.Ordinal)).SelectMany(f => JsonNode.Parse(File.ReadAllText(Checkout.Path(f)))!.AsObject().Select(w => w.Key)).ToHashSet(StringComparer.Ordinal);
            Assert.Equal([], PutField().Matches(code).Select(m => "footprint.field." + m.Groups[1].Value).Distinct().Except(words));
            Assert.Equal([], Ask.Methods.All.Select(m => "footprint.group." + m.Method.Split('.')[0]).Distinct().Except(words));
            Assert.Equal([], Refused().Matches(code).Select(m => "refusal." + m.Groups[1].Value).Distinct().Except(words));
        }
    }

    [Fact]
    public void A_final_price_needs_prices_in_one_unit_and_position_and_entry_together()
    {
        Assert.Equal("calc.either", Ask.Refusal("contract.final-settlement", new { contract = "LME.UBC" }).Code);
        Assert.Equal("calc.missing-field", Ask.Refusal("contract.final-settlement", new { contract = "LME.UBC", daily = new[] { 1m }, lots = 1 }).Code);
        Assert.Equal("contract.not-cash", Ask.Refusal("contract.final-settlement", new { contract = "ICE.EUA", daily = new[] { 1m } }).Code);
        Assert.Equal("contract.factor-unknown", Ask.Refusal("contract.final-settlement", new { contract = "LME.HRC.EUROPE", indexDaily = new[] { 1m } }).Code);
        Assert.Equal("contract.unknown", Ask.Refusal("contract.final-settlement", new { contract = "NO.SUCH", daily = new[] { 1m } }).Code);
    }

    [Fact]
    public void A_month_or_a_moment_that_is_none_is_refused()
    {
        Assert.Equal("contract.month-malformed", Ask.Refusal("contract.last-trading-day", new { contract = "ICE.EUA", month = "2026-13" }).Code);
        Assert.Equal("contract.calendar-short", Ask.Refusal("contract.last-trading-day", new { contract = "ICE.EUA", month = "2040-12" }).Code);
        Assert.Equal("contract.time-malformed", Ask.Refusal("contract.sessions", new { contract = "ICE.EUA", at = "2026-11-23T10:00:00" }).Code);
        Assert.Equal("credits.programme-unknown", Ask.Refusal("contract.cheapest-to-deliver", new { contract = "CBL.GEO", on = "2026-11-23", units = 1, holdings = new[] { new { id = "a", programme = "moon", vintage = 2020, price = 1, held = 1 } } }).Code);
    }

    [GeneratedRegex(@"w\.Put(?:Places)?\(""(?<given>\w+)""")]
    private static partial Regex PutField();

    [GeneratedRegex(@"Refusal\.(?:Of|NotFound|Conflict|Forbidden)\(""(contract\.[\w.-]+)""")]
    private static partial Regex Refused();
}
