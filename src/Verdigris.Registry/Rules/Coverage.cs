using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="Covered">Null where no threshold is reached and one could not be looked at.</param>
/// <param name="Reached">The row that decided; null where none was reached.</param>
/// <param name="Missing">Measures that were not given.</param>
/// <param name="Gases">Gases the sector's emissions are counted in; null where it is not in, or the file does not say.</param>
public sealed record CoverageAnswer(bool? Covered, RuleRef? Reached, IReadOnlyList<string> Missing, IReadOnlyList<string>? Gases = null);

/// <summary>Who is in a scheme: thresholds by sector and year. Several measures of a sector are alternatives.</summary>
public static class Coverage
{
    /// <summary>Refuses <c>ets.no-rule</c> where the scheme has no such sector in the year.</summary>
    /// <param name="measures">What is known of the installation: tco2e, tce, mw, m2 and so on.</param>
    public static Answer<CoverageAnswer> Of(Scheme scheme, int year, string sector, IReadOnlyDictionary<string, decimal> measures)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(measures);
        var rows = scheme.Rows("coverage", year).Where(r => r.Text("sector") == sector).ToList();
        if (rows.Count == 0) return scheme.NoRule("coverage", year, sector);
        var missing = new List<string>();
        CoverageAnswer In(RuleRow row) => new(true, scheme.Ref(row), [], row.Has("gases") ? row.List("gases") : null);
        foreach (var row in rows)
        {
            if (row.DecimalOrNull("threshold") is not { } threshold) return In(row);
            if (!measures.TryGetValue(row.Text("measure"), out var value)) missing.Add(row.Text("measure"));
            else if (row.TextOrNull("reached") == "above" ? value > threshold : value >= threshold) return In(row);
        }
        return new CoverageAnswer(missing.Count > 0 ? null : false, null, missing);
    }
}
