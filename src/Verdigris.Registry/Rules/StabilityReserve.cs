using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="Intake">Withheld from auctions in the twelve months from 1 September of the next year (the first run: from January to August).</param>
/// <param name="Release">Given back.</param>
/// <param name="Rule">The row that decided; null where nothing moves.</param>
public sealed record ReserveMove(decimal Intake, decimal Release, RuleRef? Rule);

/// <summary>
/// A reserve that takes units in when too many circulate and gives them back when too few do (Decision (EU) 2015/1814). By the year of the surplus; the intake has several
/// pieces since 2023: the surplus above the lower bound, and from the upper bound on a share of all of it.
/// </summary>
public static class StabilityReserve
{
    /// <summary>Refuses <c>ets.no-rule</c> (no reserve in that year) and <c>calc.missing-field</c> (units are due from a reserve whose size is not given).</summary>
    /// <param name="circulating">Total number of allowances in circulation at the end of the year.</param>
    /// <param name="reserve">Units the reserve holds; null where not known.</param>
    public static Answer<ReserveMove> Of(Scheme scheme, int year, decimal circulating, decimal? reserve)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        if (scheme.Rows("reserve-intake").Count == 0 || !scheme.Rows("reserve-intake", year).Any() && !scheme.Rows("reserve-release", year).Any()) return scheme.NoRule("reserve-intake", year);
        if (scheme.Rows("reserve-intake", year).Where(r => circulating > r.Decimal("above")).MaxBy(r => r.Decimal("above")) is { } intake)
        {
            var taken = intake.Text("kind") == "excess" ? circulating - intake.Decimal("above") : circulating * intake.Decimal("share");
            return new ReserveMove(scheme.Rounding("reserve").Apply(taken * intake.Integer("months") / 12), 0, scheme.Ref(intake));
        }
        if (scheme.Rows("reserve-release", year).Where(r => circulating < r.Decimal("below")).MinBy(r => r.Decimal("below")) is not { } release) return new ReserveMove(0, 0, null);
        return reserve is { } held ? new ReserveMove(0, Math.Min(held, release.Decimal("units")), scheme.Ref(release)) : Refusal.Of("calc.missing-field", "reserve", ("field", "reserve"));
    }

    /// <summary>What lapses in the reserve on 1 January of a year. Refuses <c>calc.missing-field</c> where the limit is the auctions of the year before and they are not given; nothing lapses in a year before the limit began. Refuses <c>ets.no-rule</c> where the scheme has no such reserve.</summary>
    public static Answer<(decimal Lapses, decimal Left, RuleRef? Rule)> Lapse(Scheme scheme, int year, decimal reserve, decimal? auctionedBefore)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        if (scheme.Rows("reserve-limit").Count == 0) return scheme.NoRule("reserve-limit", year);
        if (scheme.Rows("reserve-limit", year).FirstOrDefault() is not { } limit) return (0, reserve, null);
        var most = limit.Text("limit") == "units" ? limit.DecimalOrNull("units") : auctionedBefore;
        if (most is not { } known) return Refusal.Of("calc.missing-field", "auctionedBefore", ("field", "auctionedBefore"));
        var lapses = Math.Max(0, reserve - known);
        return (lapses, reserve - lapses, scheme.Ref(limit));
    }

    /// <summary>Mean price of the reference window before the test window. Refuses <c>ets.no-rule</c>, and <c>ets.months</c> where the months given are not all of the window.</summary>
    /// <param name="months">Mean price of each month of the reference window.</param>
    public static Answer<(decimal Mean, RuleRef Rule)> Reference(Scheme scheme, LocalDate on, string trigger, IReadOnlyList<decimal> months)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(months);
        if (scheme.Rows("price-triggers").FirstOrDefault(r => r.Text("trigger") == trigger && r.InForce(on)) is not { } row) return scheme.NoRule("price-triggers", on.Year, trigger);
        return months.Count == row.Integer("referenceMonths") ? (months.Sum() / months.Count, scheme.Ref(row)) : Refusal.Of("ets.months", "reference", ("given", $"{months.Count}"), ("needed", $"{row.Integer("referenceMonths")}"));
    }

    /// <summary>
    /// Whether a price stayed too high: the mean of the window, or every month of it, above (or, where the file says so, at) a multiple of the reference mean. Refuses <c>ets.no-rule</c>, and
    /// <c>ets.months</c> where the months given are not those of the window.
    /// </summary>
    /// <param name="on">Day of the test: rules change within a year.</param>
    /// <param name="referenceMean">Mean of the reference window before the test window, rounded as published.</param>
    /// <param name="months">Mean price of each month of the test window; empty where only the trigger price is asked.</param>
    public static Answer<(decimal TriggerPrice, bool? Met, decimal? Units, RuleRef Rule)> Trigger(Scheme scheme, LocalDate on, string trigger, decimal referenceMean, IReadOnlyList<decimal> months)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(months);
        if (scheme.Rows("price-triggers").FirstOrDefault(r => r.Text("trigger") == trigger && r.InForce(on)) is not { } row) return scheme.NoRule("price-triggers", on.Year, trigger);
        var rule = scheme.Ref(row);
        var price = referenceMean * row.Decimal("multiple");
        if (months.Count == 0) return (price, null, row.DecimalOrNull("units"), rule);
        if (months.Count != row.Integer("testMonths")) return Refusal.Of("ets.months", "months", ("given", $"{months.Count}"), ("needed", $"{row.Integer("testMonths")}"));
        bool Reached(decimal mean) => row.TextOrNull("reached") == "at-least" ? mean >= price : mean > price;
        var met = row.Text("test") == "mean" ? Reached(months.Sum() / months.Count) : months.All(Reached);
        return (price, met, row.DecimalOrNull("units"), rule);
    }
}
