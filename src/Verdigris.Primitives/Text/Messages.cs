using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;

namespace Verdigris.Primitives;

/// <summary>
/// Words for refusals outside the web pages: reads the catalogues <c>Strings/…en.json</c> and <c>Strings/…zh.json</c> embedded in a room's assembly.
/// Flat keys, <c>{name}</c> placeholders.
/// </summary>
public static class Messages
{
    static readonly ConcurrentDictionary<(Assembly, string), IReadOnlyDictionary<string, string>> Loaded = new();

    /// <summary>The catalogue of a room in a language (<c>en</c> or <c>zh</c>); empty where the room has none.</summary>
    public static IReadOnlyDictionary<string, string> Catalogue(Assembly room, string language) => Loaded.GetOrAdd((room, language), static key =>
    {
        var words = new Dictionary<string, string>();
        foreach (var name in key.Item1.GetManifestResourceNames())
        {
            if (!name.Contains(".Strings.", StringComparison.Ordinal) || !name.EndsWith($".{key.Item2}.json", StringComparison.Ordinal)) continue;
            using var stream = key.Item1.GetManifestResourceStream(name)!;
            using var document = JsonDocument.Parse(stream);
            foreach (var member in document.RootElement.EnumerateObject()) words.Add(member.Name, member.Value.GetString()!);
        }
        return words;
    });

    /// <summary>What a refusal says, or its code and arguments where no catalogue knows it.</summary>
    public static string Of(Refusal refusal, string language, params ReadOnlySpan<Assembly> rooms)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        string? text = null;
        foreach (var room in rooms) if (text is null && Catalogue(room, language).TryGetValue("refusal." + refusal.Code, out var found)) text = found;
        if (text is null && !Catalogue(typeof(Messages).Assembly, language).TryGetValue("refusal." + refusal.Code, out text))
            return refusal.Args is null ? refusal.Code : $"{refusal.Code} ({string.Join(", ", refusal.Args.Select(a => $"{a.Key}: {a.Value}"))})";
        foreach (var (name, value) in refusal.Args ?? new Dictionary<string, string>()) text = text.Replace("{" + name + "}", value, StringComparison.Ordinal);
        return text;
    }
}
