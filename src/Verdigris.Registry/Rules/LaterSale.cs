using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>Units of a year with a fixed price that may be bought at it once the year is over.</summary>
/// <param name="Most">Units in all, rounded as the scheme rounds limits.</param>
/// <param name="Price">The fixed price of the year, in the scheme's currency.</param>
/// <param name="From">First day, 1 January after the year, and <paramref name="Until"/> the last.</param>
public sealed record LaterSale(decimal Most, decimal Price, LocalDate From, LocalDate Until, RuleRef Rule, RuleRef PriceRule, RuleRef UntilRule)
{
    /// <summary>Refuses <c>ets.no-rule</c> where the scheme has no such sale for the year, no fixed price of it or no day it ends on.</summary>
    /// <param name="control">Fixed price of the file; null: the only one with such a sale.</param>
    /// <param name="bought">Units bought in the year itself, 0 or more.</param>
    public static Answer<LaterSale> Of(Scheme scheme, int year, string? control, decimal bought)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        if (scheme.Rows("later-sales", year).FirstOrDefault(r => control is null || r.Text("control") == control) is not { } row) return scheme.NoRule("later-sales", year, control is null ? [] : [control]);
        var price = PriceControls.Of(scheme, row.Text("control"), year, []);
        if (!price.Ok) return price.Refusals.ToList();
        if (ComplianceCalendar.Of(scheme, year).FirstOrDefault(d => d.What == row.Text("until")) is not { } end) return scheme.NoRule("deadlines", year, row.Text("until"));
        return new LaterSale(scheme.Rounding("limit").Apply(bought * row.Decimal("share")), price.Value.Price, new LocalDate(year + 1, 1, 1), end.On, scheme.Ref(row), price.Value.Rule, end.Rule);
    }
}
