using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="Units">The cap; null where the scheme has none in absolute units.</param>
/// <param name="Kind">absolute, intensity or none.</param>
/// <param name="Steps">From the last printed cap on: each year, what was taken off, what was added, and the rule.</param>
public sealed record CapYear(decimal? Units, string Kind, IReadOnlyList<CapStep> Steps);

/// <param name="Less">Taken off by the path.</param>
/// <param name="Added">One-off changes and new scope; may be negative.</param>
public sealed record CapStep(int Year, decimal Units, decimal Less, decimal Added, RuleRef Rule);

/// <summary>The cap of a year: printed, or worked out from the last printed one by the path of the scheme and its one-off changes.</summary>
public static class CapPath
{
    /// <summary>Refuses <c>ets.no-rule</c> for a year in no period, and for one no printed cap leads to.</summary>
    public static Answer<CapYear> Of(Scheme scheme, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        if (scheme.Rows("periods").FirstOrDefault(p => p.Integer("firstYear") <= year && year <= p.Integer("lastYear")) is not { } period) return scheme.NoRule("periods", year);
        if (period.Text("cap") != "absolute") return new CapYear(null, period.Text("cap"), []);
        if (scheme.Rows("caps").Where(c => c.Integer("year") <= year).MaxBy(c => c.Integer("year")) is not { } printed) return scheme.NoRule("caps", year);
        var units = printed.Decimal("units");
        var steps = new List<CapStep> { new(printed.Integer("year"), units, 0, 0, scheme.Ref(printed)) };
        for (var y = printed.Integer("year") + 1; y <= year; y++)
        {
            if (scheme.Rows("cap-path").FirstOrDefault(p => p.Integer("firstYear") <= y && y <= p.Integer("lastYear")) is not { } path) return scheme.NoRule("cap-path", year, $"{y}");
            var less = path.Decimal("factor") * (path.Text("kind") == "share" ? units : path.DecimalOrNull("reference") ?? 0);
            var added = scheme.Rows("supply-changes").Where(c => c.Integer("year") == y && c.Text("of") == "cap").Sum(c => c.Decimal("units"));
            units = scheme.Rounding("reserve").Apply(units - less + added);
            steps.Add(new(y, units, less, added, scheme.Ref(path)));
        }
        return new CapYear(units, "absolute", steps);
    }

    /// <summary>The period of a year and the units of all its years; null where the scheme prints no such total.</summary>
    public static (int FirstYear, int LastYear, decimal Units, RuleRef Rule)? Total(Scheme scheme, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return scheme.Rows("periods").FirstOrDefault(p => p.Integer("firstYear") <= year && year <= p.Integer("lastYear")) is { } period && period.DecimalOrNull("total") is { } units ? (period.Integer("firstYear"), period.Integer("lastYear"), units, scheme.Ref(period)) : null;
    }

    /// <summary>What a year's auctions offer after changes that move units between years (backloading) and the intake or release of the reserve.</summary>
    /// <param name="planned">Units before the changes.</param>
    /// <param name="intake">Withheld for the reserve during the year.</param>
    /// <param name="release">Added from it.</param>
    public static (decimal Units, decimal Moved) Auctioned(Scheme scheme, int year, decimal planned, decimal intake, decimal release)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var moved = scheme.Rows("supply-changes").Where(c => c.Integer("year") == year && c.Text("of") == "auctions").Sum(c => c.Decimal("units"));
        return (Math.Max(0, planned + moved - intake + release), moved);
    }
}
