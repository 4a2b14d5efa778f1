using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Pages;

/// <summary>The example facilities of <c>data/footprint/examples</c>, each under the name of its file.</summary>
public sealed class FacilityExamples(RulePacks rules)
{
    readonly Lazy<IReadOnlyDictionary<string, string>> files = new(() => Directory.EnumerateFiles(Path.Combine(rules.DataFolder, "footprint", "examples"), "*.json").Order(StringComparer.Ordinal)
        .ToDictionary(f => Path.GetFileNameWithoutExtension(f), File.ReadAllText, StringComparer.Ordinal));

    /// <summary>Name and the facility's own name, in the order of the names.</summary>
    public IReadOnlyList<(string Name, string Facility)> All => [.. files.Value.Select(f => (f.Key, JsonNode.Parse(f.Value)!["facility"]!.GetValue<string>()))];

    /// <summary>The file's text; null where there is no such example.</summary>
    public string? Find(string? name) => name is null ? null : files.Value.GetValueOrDefault(name);
}
