using System.Globalization;
using System.Runtime.CompilerServices;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Credits.Serials;

/// <summary>What is known of an issuance before its units are numbered.</summary>
/// <param name="Number">Of the project in its programme.</param>
/// <param name="Country">ISO 3166.</param>
/// <param name="Issuance">Number of the issuance in the programme.</param>
/// <param name="Earlier">Issuances of the project known before: what its letters follow.</param>
public sealed record IssuedProject(string Number, string? Country, string? Methodology, int Issuance, int Earlier);

/// <summary>
/// How units issued here get their serial numbers (tables <c>numbering</c>, <c>parts</c> and <c>codes</c> of pack <c>registry/serials</c>): where each part comes from. A registry whose rule is not known has the reason there, and nothing is
/// issued in its numbers: a number made up here could be one its own registry gives to other units. Immutable, thread-safe.
/// </summary>
public sealed class IssuingRules
{
    const int Letters = 26;

    static readonly ConditionalWeakTable<RulePacks, IssuingRules> Known = [];

    readonly Dictionary<string, Bilingual> unknown = new(StringComparer.Ordinal);
    readonly HashSet<string> known = new(StringComparer.Ordinal);
    readonly ILookup<string, (string Part, string From)> parts;
    readonly Dictionary<(string Grammar, string Part, string Methodology), string> codes;

    IssuingRules(RulePacks packs)
    {
        var pack = packs.Pack(SerialGrammars.Pack);
        foreach (var row in pack.Table("numbering").Rows)
            if (row.Text("starts") == "one") known.Add(row.Text("grammar"));
            else unknown.Add(row.Text("grammar"), new(row.Text("reasonEn"), row.Text("reasonZh")));
        parts = pack.Table("parts").Rows.ToLookup(r => r.Text("grammar"), r => (r.Text("part"), r.Text("from")));
        codes = pack.Table("codes").Rows.ToDictionary(r => (r.Text("grammar"), r.Text("part"), r.Text("methodology")), r => r.Text("code"));
    }

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static IssuingRules Of(RulePacks packs) => Known.GetValue(packs, p => new(p));

    /// <summary>Whether units of a grammar can be numbered here; null where the pack does not say.</summary>
    public bool? Knows(SerialGrammar? grammar) => grammar is null ? false : known.Contains(grammar.Name) ? true : unknown.ContainsKey(grammar.Name) ? false : null;

    /// <summary>Why nothing is issued in a grammar's numbers; null where units are.</summary>
    public Bilingual? WhyNot(SerialGrammar grammar) => unknown.TryGetValue(grammar.Name, out var reason) ? reason : null;

    /// <summary><c>credits.no-issuing-rule</c> with the pack's reason in both languages; null where the rule is known.</summary>
    public Refusal? Refusal(SerialGrammar? grammar, string programme)
    {
        if (Knows(grammar) is true) return null;
        var why = grammar is null ? null : WhyNot(grammar);
        return Primitives.Refusal.Conflict("credits.no-issuing-rule", "programme", ("programme", programme), ("why", why?.En ?? "-"), ("whyZh", why?.Zh ?? "-"));
    }

    /// <summary>The parts of a serial number. What cannot be said is left out, and the grammar then refuses the number (<c>credits.serial-part</c>).</summary>
    public IReadOnlyDictionary<string, string> Parts(SerialGrammar grammar, IssuedProject project, int year)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (part, from) in parts[grammar.Name])
        {
            var value = from switch
            {
                "country" => project.Country,
                "project" => project.Number,
                "vintage" => year.ToString(CultureInfo.InvariantCulture),
                "issuance" => project.Issuance.ToString(CultureInfo.InvariantCulture),
                // The pattern writes CA itself.
                "number-letters" => project.Number.StartsWith("CA", StringComparison.Ordinal) ? string.Concat(project.Number[2..].TakeWhile(char.IsAsciiLetterUpper)) is { Length: > 0 } letters ? letters : null : null,
                "number-digits" => string.Concat(project.Number.SkipWhile(c => !char.IsAsciiDigit(c))),
                // After Z the registry's way of going on is not known.
                "letter" => project.Earlier < Letters ? ((char)('A' + project.Earlier)).ToString() : null,
                _ => project.Methodology is { } methodology ? codes.GetValueOrDefault((grammar.Name, part, methodology)) : null,
            };
            if (value is { Length: > 0 }) values[part] = value;
        }
        return values;
    }
}
