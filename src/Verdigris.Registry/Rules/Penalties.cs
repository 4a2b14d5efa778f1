using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="Least">Money in the scheme's currency; 0 where the penalty is in units alone.</param>
/// <param name="OwedUnits">Units still to be surrendered, those of the penalty among them.</param>
public sealed record PenaltyAmount(string Penalty, decimal Least, decimal Most, decimal OwedUnits, RuleRef Rule);

/// <summary>What a shortfall costs, by the year of the deadline that was missed.</summary>
public static class Penalties
{
    /// <summary>Every penalty of the scheme in the year. Refuses <c>ets.no-rule</c>; <c>calc.missing-field</c> where a multiple of a price has no price, or an indexed amount no index.</summary>
    /// <param name="referencePrice">Market price the scheme refers to.</param>
    /// <param name="indexFactor">Rise of consumer prices since the amount was set; 1 before any.</param>
    public static Answer<IReadOnlyList<PenaltyAmount>> Of(Scheme scheme, int year, decimal shortfall, decimal? referencePrice, decimal? indexFactor)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var rows = scheme.Rows("penalty", year).ToList();
        if (rows.Count == 0) return scheme.NoRule("penalty", year);
        var amounts = new List<PenaltyAmount>();
        foreach (var row in rows)
        {
            if (row.Flag("indexed") && indexFactor is null) return Missing("indexFactor");
            if (row.Text("kind") == "price-multiple" && referencePrice is null) return Missing("referencePrice");
            decimal Money(decimal value)
            {
                if (row.Text("kind") == "units") return 0;
                if (row.Text("kind") == "fixed") return shortfall > 0 ? value : 0;
                var perUnit = row.Text("kind") == "price-multiple" ? value * referencePrice!.Value : value * (row.Flag("indexed") ? indexFactor!.Value : 1);
                return shortfall * Math.Min(perUnit, row.DecimalOrNull("mostPerUnit") ?? perUnit);
            }
            amounts.Add(new(row.Text("penalty"), Money(row.Decimal("least")), Money(row.Decimal("most")), shortfall * row.Decimal("owed"), scheme.Ref(row)));
        }
        return amounts;
        static Refusal Missing(string field) => Refusal.Of("calc.missing-field", field, ("field", field));
    }
}
