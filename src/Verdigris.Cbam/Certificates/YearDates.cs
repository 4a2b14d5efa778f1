using NodaTime;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Certificates;

/// <summary>Days of the certificates for one year's imports, and how many may be sold back.</summary>
/// <param name="ByQuarter">The price is the average of the quarter of import; else of the week before the purchase.</param>
/// <param name="DeclareBy">Last day of declaration and surrender.</param>
/// <param name="CancelOn">First day on which nothing is held any more.</param>
sealed record YearDates(int Year, bool ByQuarter, LocalDate SaleFrom, LocalDate DeclareBy, LocalDate RepurchaseUntil, LocalDate CancelOn, int RepurchaseParts, int RepurchaseOf, string Rule, string RepurchaseRule)
{
    /// <summary>Null where the packs do not have all days of the year: unknown, so nothing can be ordered.</summary>
    public static YearDates? Of(RulePacks packs, int year)
    {
        var due = CbamRules.Of(packs).Due;
        var desk = packs.Pack("cbam/desk");
        if (due.Day(year, "declaration-and-surrender") is not { } declare || due.Day(year, "repurchase-by") is not { } repurchase || due.Day(year, "cancellation") is not { } cancel) return null;
        if (packs.Pack("cbam/prices").Table("period").Find(new LocalDate(year, 12, 31), "average") is not { } average) return null;
        var (sale, limit) = (desk.Table("sale").Rows.Single(), desk.Table("repurchase").Rows.Single());
        var opens = due.Day(year, "sale-opens")?.Date ?? LocalDate.Max(sale.Date("opens"), new LocalDate(year, 1, 1));
        return new(year, average.Text("length") == "quarter", opens, declare.Date, repurchase.Date, cancel.Date, limit.Integer("parts"), limit.Integer("of"), declare.Rule.Article, limit.Article!);
    }

    /// <summary>Whole certificates, rounded down.</summary>
    public long RepurchaseLimit(long bought) => bought * RepurchaseParts / RepurchaseOf;
}
