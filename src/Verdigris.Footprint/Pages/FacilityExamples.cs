using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Pages;

/// <summary>The example facilities of <c>data/footprint/examples</c>, each under the name of its file.</summary>
public sealed class FacilityExamples(RulePacks rules)
{
    readonly Lazy<IReadOnlyDictionary<string, string>> files = new(() => Directory.EnumerateFiles(Path.Combine(rules.DataFolder, "footprint", "examples"), "*.json").Order(StringComparer.Ordinal)
        .ToDictionary(f => Path.GetFileNameWithoutExtension(f), File.ReadAllText, StringComparer.Ordinal));

    /// <summary>In their order; <c>footprint.example.NAME</c> says each in words.</summary>
    public IReadOnlyList<string> Names => [.. files.Value.Keys];

    /// <summary>The file's text; null where there is no such example.</summary>
    public string? Find(string? name) => name is null ? null : files.Value.GetValueOrDefault(name);
}
