using System.Reflection;
using System.Text.Json;

namespace Verdigris.Web;

/// <summary>An assembly that brings texts: its embedded <c>Strings/…en.json</c> and <c>Strings/…zh.json</c>.</summary>
public sealed record StringSource(Assembly Assembly);

/// <summary>
/// All texts of all rooms, read once at start. A key may stand in one room only; a file that is not a flat object of texts stops the start.
/// </summary>
public sealed class StringCatalogue
{
    public const string English = "en";
    public const string Chinese = "zh";

    /// <summary>Languages in the order they are offered.</summary>
    public static IReadOnlyList<string> Languages { get; } = [English, Chinese];

    readonly Dictionary<string, Dictionary<string, string>> texts = Languages.ToDictionary(l => l, _ => new Dictionary<string, string>(StringComparer.Ordinal));

    /// <exception cref="InvalidDataException">A file is not flat JSON, or two rooms define one key.</exception>
    public StringCatalogue(IEnumerable<StringSource> sources)
    {
        foreach (var assembly in sources.Select(s => s.Assembly).Distinct())
            foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
                foreach (var language in Languages)
                    if (name.Contains(".Strings.", StringComparison.Ordinal) && name.EndsWith(language + ".json", StringComparison.Ordinal))
                        Read(assembly, name, texts[language]);
    }

    static void Read(Assembly assembly, string name, Dictionary<string, string> into)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var document = JsonDocument.Parse(stream);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String) throw new InvalidDataException($"{name}: {property.Name} is not a text.");
            if (!into.TryAdd(property.Name, property.Value.GetString()!)) throw new InvalidDataException($"{name}: the key {property.Name} is defined twice.");
        }
    }

    public IReadOnlyDictionary<string, string> All(string language) => texts[language];

    public bool Has(string key) => texts[English].ContainsKey(key);

    /// <summary>The text, or ⟦key⟧.</summary>
    public string Get(string language, string key) => texts[language].TryGetValue(key, out var text) ? text : $"⟦{key}⟧";

    public IStrings For(string language) => new Bound(this, language);

    /// <summary>What is wrong with the catalogues: keys in one language only, placeholders that differ, empty texts. Empty when all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        foreach (var key in texts[English].Keys.Union(texts[Chinese].Keys).Order(StringComparer.Ordinal))
        {
            if (!texts[Chinese].TryGetValue(key, out var zh)) faults.Add($"{key}: no Chinese text");
            else if (!texts[English].TryGetValue(key, out var en)) faults.Add($"{key}: no English text");
            else if (string.IsNullOrWhiteSpace(zh) || string.IsNullOrWhiteSpace(en)) faults.Add($"{key}: empty");
            else if (!Placeholders.Names(en).SequenceEqual(Placeholders.Names(zh))) faults.Add($"{key}: placeholders differ");
        }
        return faults;
    }

    sealed class Bound(StringCatalogue catalogue, string language) : IStrings
    {
        public string Language => language;
        public string this[string key] => catalogue.Get(language, key);
        public string Format(string key, IReadOnlyDictionary<string, string>? args) => Placeholders.Fill(this[key], language == Chinese ? InChinese(args) : args);

        // What has a Chinese name carries it beside the other: NAMEZh stands for NAME.
        static IReadOnlyDictionary<string, string>? InChinese(IReadOnlyDictionary<string, string>? args) =>
            args?.ToDictionary(a => a.Key, a => args.TryGetValue(a.Key + "Zh", out var zh) && zh.Length > 0 ? zh : a.Value);
    }
}
