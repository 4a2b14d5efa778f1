using System.Globalization;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Finance;

/// <summary>Which units a term sheet may name: those of the scheme the two accounts are in, allowances and the credits it takes in alike.</summary>
static class DealUnits
{
    /// <summary>Years ahead for which units can be sold forward before the first of them is made.</summary>
    public const int MostYearsAhead = 10;

    /// <summary>
    /// Why a sheet cannot name a unit; null where it can. <c>finance.credit-unit</c>: a unit of a programme that other schemes take in; <c>finance.credit-nowhere</c>: one that none does; <c>transaction.unit</c>: anything else.
    /// </summary>
    public static Refusal? Closed(SchemeSet schemes, SchemeNumbers numbers, RulePacks packs, Scheme scheme, string? unit, string? vintage, DealTerms? terms, int year)
    {
        var (code, of) = (unit?.Trim() ?? "", vintage?.Trim() ?? "");
        if (scheme.Unit(code) is { } known) return numbers.Asset(scheme.Code, code, of) is not null || ToCome(known, of, terms, year) ? null : Unknown(scheme, unit, vintage);
        if (CreditRules.Of(packs).Unit(code) is null) return Unknown(scheme, unit, vintage);
        var takers = schemes.All.Where(s => s.Standing == "operating" && s.Units.Any(u => u.Kind == "credit" && u.Unit == code)).Select(s => s.Code).Order(StringComparer.Ordinal).ToList();
        return takers.Count > 0 ? Refusal.Conflict("finance.credit-unit", "unit", ("unit", code), ("schemes", string.Join(", ", takers))) : Refusal.Conflict("finance.credit-nowhere", "unit", ("unit", code));
    }

    /// <summary>Units nobody has yet can be delivered later, and do nothing else: of a year near enough, by a forward whose seller need not hold them at once.</summary>
    static bool ToCome(UnitKind unit, string vintage, DealTerms? terms, int year) =>
        unit.Vintage == "year" && terms is { Kind: DealKind.Forward, Covered: false } && vintage.Length == 4 && int.TryParse(vintage, NumberStyles.None, CultureInfo.InvariantCulture, out var of) && of >= year - MostYearsAhead && of <= year + MostYearsAhead;

    static Refusal Unknown(Scheme scheme, string? unit, string? vintage) =>
        Refusal.Of("transaction.unit", "unit", ("given", $"{unit} {vintage}".Trim()), ("known", string.Join(", ", scheme.Units.Select(u => u.Unit))));
}
