using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>What verified emissions mean in units of a scheme, and how many of these are owed when.</summary>
public static class Obligations
{
    /// <summary>Emissions in units: a unit of the scheme stands for <see cref="Scheme.UnitMassT"/> tonnes, which is not one everywhere. Rounded as the scheme rounds obligations.</summary>
    /// <param name="tco2e">Tonnes of CO2e, 0 or more.</param>
    public static decimal Units(Scheme scheme, decimal tco2e)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return scheme.Rounding("obligation").Apply(tco2e / scheme.UnitMassT);
    }

    /// <summary>
    /// Units owed for the emissions of a year by the time another year is the last one owed for: all of them where the control period of the year is over or the operator ended, else the share the scheme's duties name for that year of the
    /// period. A scheme whose file has no duties, or no period of the year, takes everything every year.
    /// </summary>
    /// <param name="lastOwed">The newest year owed for.</param>
    /// <param name="ended">The operator's last year is among those owed for: nothing is left for the end of a period.</param>
    /// <param name="relief">Kind of plant of the scheme's file, where its obligation may be limited.</param>
    /// <param name="allocation">Free allocation of the year, decided; a limit refers to it, and while it is unknown all emissions count.</param>
    public static decimal Owed(Scheme scheme, int year, decimal tco2e, int lastOwed, bool ended, string? relief = null, decimal? allocation = null)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var all = Units(scheme, tco2e);
        if (relief is not null && allocation is { } given && Limited(scheme, year, relief, all, given) is { Ok: true, Value: var limited }) all = limited.Units;
        if (ended || scheme.Rows("duties").Count == 0 || scheme.Rows("periods").FirstOrDefault(p => p.Integer("firstYear") <= year && year <= p.Integer("lastYear")) is not { } period || period.Integer("lastYear") <= lastOwed) return all;
        var place = Math.Min(year - period.Integer("firstYear") + 1, scheme.Rows("duties").Max(d => d.Integer("yearOfPeriod")));
        return scheme.Rule("duties", year, $"{place}") is { Ok: true, Value: var found } ? scheme.Rounding("obligation").Apply(all * found.Row.Decimal("share")) : all;
    }

    /// <summary>Kinds of plant the scheme's file limits the obligation of, in some year.</summary>
    public static IReadOnlyList<string> Reliefs(Scheme scheme)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return [.. scheme.Rows("duty-limits").Select(r => r.Text("relief")).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What a kind of plant must add to its free allocation of a year at most, as a share of the obligation; null: no limit.</summary>
    public static decimal? LimitedShare(Scheme scheme, int year, string? relief)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return relief is not null && scheme.Rule("duty-limits", year, relief) is { Ok: true, Value: var found } ? found.Row.Decimal("share") : null;
    }

    /// <summary>
    /// Units owed where a scheme limits what a plant must add to its free allocation: the obligation, at most the allocation and a share of the obligation. Refuses <c>ets.no-rule</c> where the year has no such limit for the kind of plant.
    /// </summary>
    /// <param name="relief">Kind of plant of the scheme's file: coal, gas.</param>
    public static Answer<(decimal Units, RuleRef Rule)> Limited(Scheme scheme, int year, string relief, decimal units, decimal allocation)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("duty-limits", year, relief);
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        return (Math.Min(units, allocation + scheme.Rounding("limit").Apply(units * row.Decimal("share"))), rule);
    }
}
