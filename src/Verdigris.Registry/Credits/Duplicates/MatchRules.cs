using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>What is known of a project when it is compared with those of other registries. Null and empty: not known, and what is not known agrees with nothing.</summary>
/// <param name="Name">In small letters, words apart.</param>
/// <param name="Country">ISO 3166.</param>
/// <param name="Methodologies">Codes, or the printed words where there is no code in them.</param>
/// <param name="Stated">Numbers it has in other programmes, as a registry states them.</param>
public sealed record MatchFacts(string Programme, string Number, string? Name, string? Country, IReadOnlySet<string> Methodologies, IReadOnlySet<(string Programme, string Number)> Stated, decimal? Latitude = null, decimal? Longitude = null)
{
    public (string Programme, string Number) Key => (Programme, Number);

    /// <summary>Words of the name that tell something.</summary>
    public IReadOnlySet<string> Words { get; init; } = new HashSet<string>();
}

/// <summary>One feature of two projects.</summary>
/// <param name="One">As each side has it; null where it is not known.</param>
/// <param name="Agrees">Null: not known of one side at least.</param>
public sealed record MatchEvidence(string Feature, string? One, string? Other, bool? Agrees);

/// <summary>A rule that two projects meet, and everything that was compared.</summary>
public sealed record MatchFound(string Rule, IReadOnlyList<MatchEvidence> Evidence);

/// <summary>When projects of two registries are held to be one activity (pack <c>registry/duplicates</c>). Immutable, thread-safe.</summary>
public sealed partial class MatchRules
{
    public const string Pack = "registry/duplicates";

    const int FewestWords = 3;

    static readonly ConditionalWeakTable<RulePacks, MatchRules> Known = [];

    readonly IReadOnlyList<(string Rule, IReadOnlyList<string> Needs)> rules;
    readonly decimal likePercent, placeDegrees;
    readonly HashSet<string> fillers;
    readonly IReadOnlyList<(string Letters, string Programme, bool Keeps)> numbers;
    readonly Dictionary<string, string> homes, countries;
    readonly Dictionary<string, Bilingual> names;

    MatchRules(RulePacks packs)
    {
        var pack = packs.Pack(Pack);
        rules = [.. pack.Table("rules").Rows.Select(r => (r.Text("rule"), r.List("needs")))];
        names = pack.Table("rules").Rows.ToDictionary(r => r.Text("rule"), r => new Bilingual(r.Text("nameEn"), r.Text("nameZh")), StringComparer.Ordinal);
        var limits = pack.Table("limits").Rows.ToDictionary(r => r.Text("limit"), r => r.Decimal("value"));
        (likePercent, placeDegrees) = (limits["like-name-percent"], limits["place-degrees"]);
        fillers = [.. pack.Table("fillers").Rows.Select(r => r.Text("word"))];
        numbers = [.. pack.Table("numbers").Rows.Select(r => (r.Text("letters"), r.Text("programme"), r.Flag("keeps"))).OrderByDescending(n => n.Item1.Length)];
        homes = pack.Table("homes").Rows.ToDictionary(r => r.Text("programme"), r => r.Text("country"), StringComparer.Ordinal);
        countries = pack.Table("countries").Rows.ToDictionary(r => r.Text("printed"), r => r.Text("country"), StringComparer.Ordinal);
    }

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static MatchRules Of(RulePacks packs) => Known.GetValue(packs, p => new(p));

    public Bilingual? NameOf(string rule) => names.TryGetValue(rule, out var name) ? name : null;

    /// <summary>The facts of a project as registries print them.</summary>
    /// <param name="name">A number in its place is no name.</param>
    public MatchFacts Facts(string programme, string number, string? name, string? country, string? methodology, IEnumerable<(string Programme, string Number)> stated, decimal? latitude = null, decimal? longitude = null)
    {
        var plain = Plain(name);
        if (plain.Length == 0 || plain == Plain(number)) plain = null!;
        return new(programme, number, plain, CountryOf(country) ?? homes.GetValueOrDefault(programme), Codes(methodology), stated.ToHashSet(), latitude, longitude)
        {
            Words = plain is null ? new HashSet<string>() : plain.Split(' ').Where(w => !fillers.Contains(w)).ToHashSet(StringComparer.Ordinal),
        };
    }

    /// <summary>The programme and number a registry means by ACR1007 or CAOD5018; null where its letters are of no programme we know.</summary>
    public (string Programme, string Number)? Stated(string? text)
    {
        var plain = text?.Trim() ?? "";
        foreach (var (letters, programme, keeps) in numbers)
            if (plain.StartsWith(letters, StringComparison.Ordinal) && plain.Length is > 0 and <= 20 && plain.Length > letters.Length && plain.AsSpan(letters.Length).IndexOfAnyExceptInRange('0', '9') < 0) return (programme, keeps ? plain : plain[letters.Length..]);
        return null;
    }

    /// <summary>The first rule both meet, with everything that was compared; null where they meet none, or are of one programme.</summary>
    public MatchFound? Compare(MatchFacts one, MatchFacts other)
    {
        if (one.Programme == other.Programme) return null;
        MatchEvidence[] evidence =
        [
            new("stated-number", Written(one.Stated), Written(other.Stated), one.Stated.Contains(other.Key) || other.Stated.Contains(one.Key) || one.Stated.Overlaps(other.Stated) ? true : one.Stated.Count == 0 && other.Stated.Count == 0 ? null : false),
            new("name", one.Name, other.Name, one.Name is null || other.Name is null ? null : one.Name == other.Name),
            new("like-name", one.Name, other.Name, Alike(one, other)),
            new("country", one.Country, other.Country, one.Country is null || other.Country is null ? null : one.Country == other.Country),
            new("methodology", string.Join(", ", one.Methodologies.Order(StringComparer.Ordinal)), string.Join(", ", other.Methodologies.Order(StringComparer.Ordinal)), one.Methodologies.Count == 0 || other.Methodologies.Count == 0 ? null : one.Methodologies.Overlaps(other.Methodologies)),
            new("place", Place(one), Place(other), one is not { Latitude: { } a, Longitude: { } b } || other is not { Latitude: { } c, Longitude: { } d } ? null : Math.Abs(a - c) <= placeDegrees && Math.Min(Math.Abs(b - d), 360 - Math.Abs(b - d)) <= placeDegrees),
        ];
        foreach (var (rule, needs) in rules)
            if (needs.All(n => evidence.FirstOrDefault(e => e.Feature == n)?.Agrees is true)) return new(rule, evidence);
        return null;
    }

    /// <summary>Short names are alike only where they are the same: two words in three say little.</summary>
    bool? Alike(MatchFacts one, MatchFacts other)
    {
        if (one.Name is null || other.Name is null) return null;
        if (one.Words.Count < FewestWords || other.Words.Count < FewestWords) return one.Name == other.Name;
        var shared = one.Words.Count(other.Words.Contains);
        return shared * 100m >= likePercent * (one.Words.Count + other.Words.Count - shared);
    }

    string? CountryOf(string? printed)
    {
        var text = printed?.Trim() ?? "";
        return text.Length == 2 && CountryCode.IsAssigned(text) ? text : countries.GetValueOrDefault(Plain(text));
    }

    static HashSet<string> Codes(string? methodology)
    {
        var plain = (methodology ?? "").Trim().ToUpperInvariant();
        var codes = Code().Matches(plain).Select(m => m.Value.TrimEnd('.')).ToHashSet(StringComparer.Ordinal);
        if (codes.Count == 0 && Plain(plain) is { Length: > 0 } words) codes.Add(words);
        return codes;
    }

    /// <summary>Small letters and digits, words apart by one space, without accents.</summary>
    public static string Plain(string? text)
    {
        var plain = new StringBuilder();
        foreach (var c in (text ?? "").Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark) continue;
            if (char.IsLetterOrDigit(c)) plain.Append(char.ToLowerInvariant(c));
            else if (plain.Length > 0 && plain[^1] != ' ') plain.Append(' ');
        }
        return plain.ToString().TrimEnd();
    }

    static string? Written(IReadOnlySet<(string Programme, string Number)> stated) => stated.Count == 0 ? null : string.Join(", ", stated.Select(s => $"{s.Programme} {s.Number}").Order(StringComparer.Ordinal));

    static string? Place(MatchFacts f) => f is { Latitude: { } latitude, Longitude: { } longitude } ? $"{DecimalText.Write(latitude)}, {DecimalText.Write(longitude)}" : null;

    [GeneratedRegex(@"AMS-[IVX]+\.[A-Z]+\.?|(?:AR-)?ACM\d+|(?:AR-)?AM\d+|VMR?\d+|CCER-\d+-\d+")]
    private static partial Regex Code();
}
