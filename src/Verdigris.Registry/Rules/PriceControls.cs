using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>Floors, ceilings, triggers and fixed prices: printed for a year, or grown from a first price year by year.</summary>
public static class PriceControls
{
    /// <summary>Longest growth worked out.</summary>
    public const int MostYears = 100;

    /// <summary>
    /// A price grown by the same fraction each year. Where the price is published in cents each year, the next year grows from the rounded one: 29.25 x 1.07^10 is 57.54, but 57.53 is what is published.
    /// </summary>
    /// <param name="rounding">cent-each-year, cent-at-end or none.</param>
    public static decimal Grown(decimal start, int startYear, decimal growth, int year, string rounding) => Grown(start, startYear, year, rounding, _ => growth)!.Value;

    /// <summary>The control of a year. Refuses <c>ets.no-rule</c>; <c>calc.missing-field</c> where growth needs the inflation of each year since the last printed price and it is not given.</summary>
    /// <param name="inflation">Fraction of each year that follows the printed price, in order.</param>
    public static Answer<(decimal Price, decimal? Units, RuleRef Rule)> Of(Scheme scheme, string control, int year, IReadOnlyList<decimal> inflation)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(inflation);
        if (scheme.Rows("price-controls").FirstOrDefault(r => r.Text("control") == control && r.Integer("year") == year) is { } printed) return (printed.Decimal("price"), printed.DecimalOrNull("units"), scheme.Ref(printed));
        if (scheme.Rows("price-paths").FirstOrDefault(r => r.Text("control") == control && r.Integer("firstYear") <= year && year <= r.Integer("lastYear")) is not { } path) return scheme.NoRule("price-controls", year, control);
        var (start, first) = (path.Decimal("start"), path.Integer("firstYear"));
        // A price printed later is nearer than the start of the path.
        if (scheme.Rows("price-controls").Where(r => r.Text("control") == control && r.Integer("year") >= first && r.Integer("year") < year).MaxBy(r => r.Integer("year")) is { } near) (start, first) = (near.Decimal("price"), near.Integer("year"));
        var grown = Grown(start, first, year, path.Text("rounding"), y => path.Decimal("growth") + (!path.Flag("inflation") ? 0 : y - first - 1 < inflation.Count ? inflation[y - first - 1] : null));
        return grown is { } price ? (price, null, scheme.Ref(path)) : Refusal.Of("calc.missing-field", "inflation", ("field", "inflation"));
    }

    static decimal? Grown(decimal price, int startYear, int year, string rounding, Func<int, decimal?> growth)
    {
        for (var y = startYear + 1; y <= year; y++)
        {
            if (growth(y) is not { } rate) return null;
            price *= 1 + rate;
            if (rounding == "cent-each-year") price = Math.Round(price, 2, MidpointRounding.AwayFromZero);
        }
        return rounding == "cent-at-end" ? Math.Round(price, 2, MidpointRounding.AwayFromZero) : price;
    }
}
