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
        Assert.True(outcomes.Count >= 26, $"only {outcomes.Count} vectors");
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

    [Fact]
    public void Every_reason_refusal_status_and_result_field_has_its_words()
    {
        var words = Directory.EnumerateFiles(Checkout.Path("src"), "*.en.json", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Checkout.Path("src"), "en.json", SearchOption.AllDirectories))
            .Where(f => f.Contains("/Strings/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => JsonNode.Parse(File.ReadAllText(f))!.AsObject().Select(w => w.Key)).ToHashSet(StringComparer.Ordinal);
        var code = string.Concat(Directory.EnumerateFiles(Checkout.Path("src/Verdigris.Cbam"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var reasons = ReasonCode().Matches(code).Select(m => m.Groups[1].Value).Concat(TableReason().Matches(code).Select(m => m.Groups[1].Value)).Distinct().ToList();
        Assert.True(reasons.Count > 30, $"only {reasons.Count} reasons found");
        Assert.Equal([], reasons.Select(r => "cbam.reason." + r).Except(words));
        Assert.Equal([], PutField().Matches(code).Select(m => "footprint.field." + m.Groups[1].Value).Distinct().Except(words));
        Assert.Contains("footprint.group.cbam", words);
    }

    [GeneratedRegex(@"(?:Say|Block|Ended)\((?:LineStatus\.\w+, (?:cn|line\.Cn), )?""([a-z-]+)""")]
    private static partial Regex ReasonCode();

    [GeneratedRegex(@"new\(null, .*?""([a-z]+-[a-z-]+)""")]
    private static partial Regex TableReason();

    [GeneratedRegex(@"(?:w\.Put\(|^        \[)""(\w+)""", RegexOptions.Multiline)]
    private static partial Regex PutField();
}
