using System.Collections.Frozen;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>A good as Annex I and II of Regulation (EU) 2023/956 see it.</summary>
/// <param name="Sector">As in the packs: aluminium, iron-steel, cement, fertilisers, hydrogen, electricity; <c>none</c> where not covered.</param>
/// <param name="DirectOnly">Annex II: indirect emissions do not count.</param>
/// <param name="Complex">Made of precursors that are covered themselves; null where the CN map does not have the code.</param>
/// <param name="Category">Aggregated goods category; null where the CN map does not have the code.</param>
public sealed record CoveredGood(string Cn, bool Covered, string Sector, bool DirectOnly, bool? Complex, string? Category, string? Name, RuleRef? Rule);

/// <summary>Why an origin goes free.</summary>
public enum OriginKind { ThirdCountry, EuropeanUnion, AnnexIii }

/// <summary>Which goods are covered and which origins go free. The longest prefix that fits decides.</summary>
public sealed class Scope
{
    /// <summary>The law in force, and the proposal that would widen it.</summary>
    public const string Law = "law", Proposal989 = "com-2025-989";

    readonly RulePack pack;
    readonly FrozenDictionary<string, RuleRow> prefixes, proposed, goods;
    readonly FrozenDictionary<string, bool> complex;
    readonly FrozenDictionary<string, OriginKind> free;
    readonly FrozenDictionary<string, CoveredGood> known;

    internal Scope(RulePack pack)
    {
        this.pack = pack;
        prefixes = pack.Table("prefixes").Rows.Where(r => r.Text("path") == Law).ToFrozenDictionary(r => r.Text("prefix"), StringComparer.Ordinal);
        proposed = pack.Table("prefixes").Rows.Where(r => r.Text("path") == Proposal989).ToFrozenDictionary(r => r.Text("prefix"), StringComparer.Ordinal);
        goods = pack.Table("goods").Rows.ToFrozenDictionary(r => r.Text("cn"), StringComparer.Ordinal);
        complex = pack.Table("categories").Rows.ToFrozenDictionary(r => r.Text("category"), r => r.Flag("complex"), StringComparer.Ordinal);
        free = pack.Table("free-origins").Rows.ToFrozenDictionary(r => r.Text("code"), r => r.Text("kind") == "eu" ? OriginKind.EuropeanUnion : OriginKind.AnnexIii, StringComparer.Ordinal);
        known = goods.Keys.ToFrozenDictionary(cn => cn, cn => Judge(cn, null), StringComparer.Ordinal);
    }

    /// <summary>Eight-digit codes of the CN map (edition 2024, with those of 2025/2620 that came later).</summary>
    public IReadOnlyCollection<string> Codes => goods.Keys;

    /// <summary>Eight digits, or ten of which the first eight count; anything else is null. Spaces and dots between the digits are passed over.</summary>
    public static string? Cn8(string? written)
    {
        if (written is null) return null;
        if (written.Length == 8 && Digits(written)) return written;
        var plain = string.Concat(written.Where(c => c is not (' ' or '.' or '\u00a0')));
        return plain.Length is 8 or 10 && Digits(plain) ? plain[..8] : null;
    }

    /// <summary>Whether a good is covered on a day, under the law or with a proposal.</summary>
    /// <param name="cn">Eight digits.</param>
    public CoveredGood Good(string cn, LocalDate on, string path = Law)
    {
        if (path != Law && Longest(proposed, cn) is { } row && row.InForce(on)) return Judge(cn, row);
        return known.TryGetValue(cn, out var good) ? good : Judge(cn, null);
    }

    /// <summary>Whether a code names an origin as customs write it: an ISO code; XK for Kosovo, which has no table of its own; XC and XL for Ceuta and Melilla, which Annex III lets go free.</summary>
    public static bool IsOrigin(string? code) => CountryCode.IsAssigned(code) || code is "XK" or "XC" or "XL";

    /// <summary>What an origin is: a code of <see cref="IsOrigin"/>, or one of the territories Annex III names.</summary>
    public OriginKind Origin(string code) => free.GetValueOrDefault(code, OriginKind.ThirdCountry);

    CoveredGood Judge(string cn, RuleRow? proposedRow)
    {
        var row = proposedRow ?? Longest(prefixes, cn);
        var good = goods.GetValueOrDefault(cn);
        var category = good?.Text("category");
        return new(cn, row?.Flag("covered") ?? false, row?.Text("sector") ?? "none", row?.Flag("directOnly") ?? false, category is null ? null : complex[category], category, good?.Text("name"), row?.Ref(pack));
    }

    static RuleRow? Longest(FrozenDictionary<string, RuleRow> rows, string cn)
    {
        for (var length = cn.Length; length >= 2; length--)
            if (rows.TryGetValue(cn[..length], out var row)) return row;
        return null;
    }

    static bool Digits(string text) => text.All(char.IsAsciiDigit);
}
