using System.Runtime.CompilerServices;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Credits.Serials;

/// <summary>The grammars of all registries known (pack <c>registry/serials</c>). Immutable, thread-safe.</summary>
public sealed class SerialGrammars
{
    public const string Pack = "registry/serials";

    /// <summary>Longest text that is looked at.</summary>
    public const int LongestText = 200;

    static readonly ConditionalWeakTable<RulePacks, SerialGrammars> Known = [];

    SerialGrammars(RulePacks packs)
    {
        Rules = packs.Pack(Pack);
        All = [.. Rules.Table("grammars").Rows.Select(r => new SerialGrammar(r.Text("grammar"), r.Text("programme"), r.Text("unit"), r.Text("pattern"), r.List("series"), r.Text("example")))];
    }

    public RulePack Rules { get; }

    public IReadOnlyList<SerialGrammar> All { get; }

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static SerialGrammars Of(RulePacks packs) => Known.GetValue(packs, p => new(p));

    /// <exception cref="KeyNotFoundException">There is no such grammar.</exception>
    public SerialGrammar Named(string name) => All.FirstOrDefault(g => g.Name == name) ?? throw new KeyNotFoundException($"There is no serial grammar '{name}'.");

    /// <summary>The first grammar of a unit: the one units issued here are printed by. Null where none is known.</summary>
    public SerialGrammar? OfUnit(string unit) => All.FirstOrDefault(g => g.Unit == unit);

    /// <summary>Takes a printed serial number apart. What fits no grammar is refused with what the nearest one expected where; nothing is guessed.</summary>
    /// <param name="programme">Only grammars of this programme; null for all.</param>
    /// <returns>The block; <c>credits.serial-unknown</c>, <c>credits.serial-malformed</c>.</returns>
    public Answer<SerialBlock> Read(string? text, string? programme = null)
    {
        text = text?.Trim() ?? "";
        (SerialGrammar? Grammar, int At, string Expected) nearest = (null, 0, "");
        if (text.Length <= LongestText)
        {
            foreach (var grammar in All)
            {
                if (programme is not null && grammar.Programme != programme) continue;
                if (grammar.Read(text, out var at, out var expected) is { } block) return block;
                if (at > nearest.At) nearest = (grammar, at, expected);
            }
        }
        var given = text.Length > 60 ? text[..57] + "..." : text;
        return nearest.Grammar is { } near
            ? Refusal.Of("credits.serial-malformed", "serial", ("given", given), ("at", $"{nearest.At + 1}"), ("expected", nearest.Expected.Length == 0 ? "-" : nearest.Expected), ("example", near.Example))
            : Refusal.Of("credits.serial-unknown", "serial", ("given", given), ("known", string.Join(" | ", All.Where(g => programme is null || g.Programme == programme).Select(g => g.Example))));
    }
}
