using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Tests;

/// <summary>What holds for every method of the room.</summary>
public sealed partial class MethodTests
{
    [Fact]
    public void Every_golden_vector_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/cbam.jsonl"), Ask.Methods);
        Assert.True(outcomes.Count >= 60, $"only {outcomes.Count} vectors");
        Assert.Equal([], outcomes.Where(o => !o.Passed).Select(o => $"{o.Id}: {o.Problem}"));
    }

    [Fact]
    public void Every_method_names_its_fields_in_two_languages_and_its_schema_holds_them_all() =>
        Assert.All(Ask.Methods.All, m =>
        {
            Assert.Equal(m.Fields.Count, InputField.SchemaOf(m)["properties"]!.AsObject().Count);
            Assert.NotEqual(m.Title.En, m.Title.Zh);
            Assert.All(m.Fields, f => Assert.NotEqual(f.Text.En, f.Text.Zh));
            Assert.Equal(m.Fields.Count, m.Fields.DistinctBy(f => f.Name).Count());
        });

    [Theory]
    [InlineData("cn", "not-determinable", "origin-malformed", true)]
    [InlineData("China", "not-determinable", "origin-malformed", true)]
    [InlineData("other", "not-determinable", "origin-malformed", true)]
    [InlineData("DE", "exempt", "origin-union", false)]
    [InlineData("NO", "exempt", "origin-annex-iii", false)]
    public void The_tables_have_nothing_for_what_is_no_country_or_goes_free(string origin, string status, string reason, bool blocks)
    {
        foreach (var (method, field, input) in new[] { ("cbam.default-value", "totalTco2ePerT", $$"""{"cn":"76011010","origin":"{{origin}}","importDate":"2026-02-15"}"""), ("cbam.benchmark", "columnB", $$"""{"cn":"76011010","origin":"{{origin}}","productionYear":2026}""") })
        {
            var result = Ask.For(method, input).Result;
            Assert.Equal((status, null), (result["status"]!.GetValue<string>(), result[field]));
            var said = Assert.Single(result["reasons"]!.AsArray())!;
            Assert.Equal((reason, blocks, origin), (said["code"]!.GetValue<string>(), said["blocks"]!.GetValue<bool>(), said["given"]!.GetValue<string>()));
        }
        Assert.Equal(2.203m, Ask.Number("cbam.default-value", "totalTco2ePerT", """{"cn":"76011010","origin":"XK","importDate":"2026-02-15"}"""));
    }

    [Fact]
    public void A_chain_of_precursors_comes_through_the_form_of_a_page_as_a_program_would_send_it()
    {
        const string Input = """{"cn":"76042100","origin":"IN","massT":100,"importDate":"2026-02-15","basis":"actual","route":"K","processEmissions":0.12,"precursors":[{"cn":"76012030","tPerT":1.08,"origin":"IN","route":"K","processEmissions":0.1,"precursors":[{"cn":"76011010","tPerT":1,"specificEmbedded":1.5,"route":"K"}]}]}""";
        var fields = Ask.Methods.Find("cbam.certificates")!.Fields;
        var (shown, sent) = (new Footprint.Pages.MethodForm(fields), new Footprint.Pages.MethodForm(fields));
        shown.Fill(JsonNode.Parse(Input)!.AsObject());
        sent.Take(fields.Where(f => f.Kind != InputKind.List).Select(f => f.Name).Concat(fields.Single(f => f.Name == "precursors").Items!.Select(i => $"precursors[0].{i.Name}")).Where(path => shown[path] is not null).Select(path => KeyValuePair.Create(Footprint.Pages.MethodForm.Prefix + path, shown[path]!)));
        Assert.Equal(Ask.Number("cbam.certificates", "certificates", Input), Ask.Number("cbam.certificates", "certificates", sent.Input()));
        Assert.Equal(0.12m + 1.08m * 1.6m, Ask.Number("cbam.certificates", "specificEmbedded", sent.Input()));
    }

    [Fact]
    public void Every_reason_refusal_status_and_result_field_has_its_words()
    {
        var words = Directory.EnumerateFiles(Checkout.Path("src"), "*.en.json", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Checkout.Path("src"), "en.json", SearchOption.AllDirectories))
            .Where(f => f.Contains("/Strings/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => JsonNode.Parse(File.ReadAllText(f))!.AsObject().Select(w => w.Key)).ToHashSet(StringComparer.Ordinal);
        var code = string.Concat(Directory.EnumerateFiles(Checkout.Path("src/Verdigris.Cbam"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/Template/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var reasons = ReasonCode().Matches(code).Select(m => m.Groups[1].Value).Concat(TableReason().Matches(code).SelectMany(m => Quoted().Matches(m.Value)).Select(m => m.Groups[1].Value)).Except(["see-below"]).Distinct().ToList();
        Assert.True(reasons.Count > 30, $"only {reasons.Count} reasons found");
        Assert.Equal([], reasons.Select(r => "cbam.reason." + r).Except(words));
        Assert.Equal([], PutField().Matches(code).Select(m => "footprint.field." + m.Groups[1].Value).Distinct().Except(words));
        Assert.Contains("footprint.group.cbam", words);
    }

    [GeneratedRegex(@"(?:Say|Block|Ended)\((?:LineStatus\.\w+, (?:cn|line\.Cn), )?""([a-z-]+)""")]
    private static partial Regex ReasonCode();

    /// <summary>The reasons a look-up answers instead of a value; what a heading holds is compared on the same line and is none.</summary>
    [GeneratedRegex(@"new\(null, [^\n]*")]
    private static partial Regex TableReason();

    [GeneratedRegex(@"""(?<given>[a-z]+-[a-z-]+)""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?:w\.Put\(|^        \[)""(?<given>\w+)""", RegexOptions.Multiline)]
    private static partial Regex PutField();
}
