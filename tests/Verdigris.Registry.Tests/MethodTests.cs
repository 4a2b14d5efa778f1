using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Registry.Tests;

/// <summary>What holds for every method of the room.</summary>
public sealed partial class MethodTests
{
    [Fact]
    public void Every_golden_vector_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/schemes.jsonl"), Ask.Methods);
        Assert.True(outcomes.Count >= 60, $"only {outcomes.Count} vectors");
        Assert.Equal("", string.Join("\n", outcomes.Where(o => !o.Passed).Select(o => $"{o.Id}: {o.Problem}")));
    }

    [Fact]
    public void Every_method_has_a_vector()
    {
        var seen = new[] { "schemes", "finance" }.SelectMany(f => File.ReadLines(Checkout.Path($"tests/vectors/{f}.jsonl"))).Select(l => JsonNode.Parse(l)!["method"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], Ask.Methods.All.Select(m => m.Method).Where(m => !m.StartsWith("credits.", StringComparison.Ordinal)).Except(seen));
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
    public void Every_group_and_result_field_has_its_words()
    {
        var words = Directory.EnumerateFiles(Checkout.Path("src"), "*en.json", SearchOption.AllDirectories).Where(f => f.Contains("/Strings/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => JsonNode.Parse(File.ReadAllText(f))!.AsObject().Select(w => w.Key)).ToHashSet(StringComparer.Ordinal);
        var code = string.Concat(Directory.EnumerateFiles(Checkout.Path("src/Verdigris.Registry"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        Assert.Equal([], PutField().Matches(code).Select(m => "footprint.field." + m.Groups[1].Value).Distinct().Except(words));
        Assert.Equal([], Ask.Methods.All.Select(m => "footprint.group." + m.Method.Split('.')[0]).Distinct().Except(words));
    }

    [GeneratedRegex(@"w\.Put(?:Places)?\(""(?<given>\w+)""")]
    private static partial Regex PutField();
}
