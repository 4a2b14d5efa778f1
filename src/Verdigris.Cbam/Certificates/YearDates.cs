using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Certificates;

/// <summary>Days of the certificates for one year's imports, and how many may be sold back.</summary>
/// <param name="ByQuarter">The price is the average of the quarter of import; else of the week before the purchase.</param>
/// <param name="DeclareBy">Last day of declaration and surrender.</param>
/// <param name="CancelOn">First day on which nothing is held any more.</param>
sealed record YearDates(int Year, bool ByQuarter, LocalDate SaleFrom, LocalDate DeclareBy, LocalDate RepurchaseUntil, LocalDate CancelOn, int RepurchaseParts, int RepurchaseOf, string Rule, string RepurchaseRule)
{
    /// <summary>Null where the pack has no dates of the year: unknown, so nothing can be ordered.</summary>
    public static YearDates? Of(RulePacks packs, int year)
    {
        var pack = packs.Pack("cbam/desk");
        if (pack.Tables["certificate-years"].Rows.FirstOrDefault(r => r.Integer("year") == year) is not { } row) return null;
        var limit = pack.Tables["repurchase"].Rows.Single();
        return new(year, row.Flag("byQuarter"), row.Date("saleFrom"), row.Date("declareBy"), row.Date("repurchaseUntil"), row.Date("cancelOn"), limit.Integer("parts"), limit.Integer("of"), row.Article!, limit.Article!);
    }

    /// <summary>Years the pack knows.</summary>
    public static IReadOnlyList<int> Known(RulePacks packs) => [.. packs.Pack("cbam/desk").Tables["certificate-years"].Rows.Select(r => r.Integer("year"))];

    /// <summary>Whole certificates, rounded down.</summary>
    public long RepurchaseLimit(long bought) => bought * RepurchaseParts / RepurchaseOf;
}
