using System.Globalization;
using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Specifications;

/// <summary>Whether goods under a customs code can be a metal. <see cref="CannotTell"/> is never a fit: somebody has to look.</summary>
public enum CustomsFit { Fits, DoesNotFit, CannotTell }

/// <param name="Name">Title of the subheading, heading or section that decided; null where none is known.</param>
/// <param name="Rule">The row that decided; null where none did.</param>
public sealed record CustomsJudgement(CustomsFit Fit, Bilingual? Name, RuleRef? Rule);

/// <summary>
/// Customs codes against metals, from the pack <c>metals/customs</c> (Harmonised System 2022). Codes have 6, 8 or 10 digits; the first six decide, as the rest is each country's own. Pure, immutable.
/// </summary>
public sealed class CustomsCodes
{
    static readonly ConditionalWeakTable<RulePacks, CustomsCodes> Loaded = [];
    readonly RulePack pack;
    readonly RuleTable codes, sections;
    readonly HashSet<(string Chapter, string Metal)> homes;

    CustomsCodes(RulePack pack)
    {
        this.pack = pack;
        (codes, sections) = (pack.Table("codes"), pack.Table("sections"));
        homes = [.. codes.Rows.SelectMany(r => r.List("metals").Select(m => (r.Text("code")[..2], m)))];
    }

    public static CustomsCodes Of(RulePacks rules) => Loaded.GetValue(rules, r => new(r.Pack("metals/customs")));

    /// <summary>The digits of a code as people write it, with dots and spaces anywhere; null where they are not 6, 8 or 10, or anything else stands among them.</summary>
    public static string? Digits(string? code)
    {
        if (code is not { Length: <= 40 }) return null;
        Span<char> digits = stackalloc char[40];
        var count = 0;
        foreach (var ch in code)
        {
            if (ch is '.' or ' ') continue;
            if (!char.IsAsciiDigit(ch)) return null;
            digits[count++] = ch;
        }
        return count is 6 or 8 or 10 ? new string(digits[..count]) : null;
    }

    /// <summary>Whether a metal may be shipped under a code, and nothing else.</summary>
    /// <param name="metal">Symbol of the contract: AL, AA, CU, NI, PB, SN, ZN, CO.</param>
    /// <param name="on">The day that chooses the edition; null for the one without an end.</param>
    public CustomsFit Fits(string metal, string? code, LocalDate? on = null) => Judge(metal, code, on: on).Fit;

    /// <summary>
    /// Fits: the subheading names the metal. Does not fit: the subheading or heading is known and names other goods, or the chapter holds nothing of the metal. Cannot tell: not a code, a chapter the system does not
    /// have, a subheading that is not in the table, a metal that is not, or a day without an edition.
    /// </summary>
    /// <param name="shape">Narrows the fit where the subheading itself names a shape; null where it is not known.</param>
    public CustomsJudgement Judge(string metal, string? code, string? shape = null, LocalDate? on = null)
    {
        var unknown = new CustomsJudgement(CustomsFit.CannotTell, null, null);
        if (Digits(code) is not { } digits || !homes.Any(h => h.Metal == metal)) return unknown;
        if ((codes.Find(on, digits[..6]) ?? codes.Find(on, digits[..4])) is { } row)
        {
            var shapes = row.List("shapes");
            var fits = row.List("metals").Contains(metal) && (shape is null || shapes.Count == 0 || shapes.Any(s => shape.Contains(s, StringComparison.OrdinalIgnoreCase)));
            return new(fits ? CustomsFit.Fits : CustomsFit.DoesNotFit, new(row.Text("name_en"), row.Text("name_zh")), row.Ref(pack));
        }
        var chapter = int.Parse(digits[..2], CultureInfo.InvariantCulture);
        if (homes.Contains((digits[..2], metal)) || sections.Rows.FirstOrDefault(r => r.InForce(on) && r.Integer("first_chapter") <= chapter && chapter <= r.Integer("last_chapter")) is not { } section) return unknown;
        return new(CustomsFit.DoesNotFit, new(section.Text("name_en"), section.Text("name_zh")), section.Ref(pack));
    }
}
