using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="Component">Word of the scheme's file: auctioned, free, emissions.</param>
/// <param name="Year">The year the units belong to; null where they are those of all years up to the one asked for.</param>
/// <param name="Units">0 or more.</param>
public sealed record CirculationEntry(string Component, int? Year, decimal Units);

/// <param name="Side">supply, demand or reserve.</param>
/// <param name="Units">Of all years of the span.</param>
public sealed record CirculationPart(string Component, string Side, decimal Units, RuleRef Rule);

/// <param name="Units">Supply less demand less what the reserve holds.</param>
/// <param name="Parts">In the order of the file.</param>
public sealed record CirculationTotal(decimal Units, decimal Supply, decimal Demand, decimal Reserve, IReadOnlyList<CirculationPart> Parts);

/// <summary>
/// How many units circulate at the end of a year: everything issued since the start of the span less everything used up and what the reserve holds (Decision (EU) 2015/1814, Article 1(4)). Which components count in which year is in the scheme's file.
/// </summary>
public static class Circulation
{
    /// <summary>
    /// Refuses <c>ets.no-rule</c> (the scheme counts nothing of the kind in that year); then, all at once: <c>ets.component-unknown</c> (or not counted in that year), <c>ets.year-outside</c>, <c>calc.name-twice</c> (a component and year twice, or both a total and
    /// single years), and <c>calc.missing-field</c> for each component of which nothing is given: what is not known is not zero.
    /// </summary>
    public static Answer<CirculationTotal> Of(Scheme scheme, int year, IReadOnlyList<CirculationEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(entries);
        var rows = scheme.Rows("circulation", year).ToList();
        if (rows.Count == 0) return scheme.NoRule("circulation", year);
        var wrong = new List<Refusal>();
        var parts = new List<CirculationPart>();
        foreach (var (i, entry) in entries.Index())
        {
            var row = rows.FirstOrDefault(r => r.Text("component") == entry.Component);
            if (row is null) wrong.Add(Refusal.Of("ets.component-unknown", $"components[{i}].component", ("given", entry.Component), ("known", string.Join(", ", rows.Select(r => r.Text("component"))))));
            else if (entry.Year is { } of && (of < row.Integer("firstYear") || of > year)) wrong.Add(Refusal.Of("ets.year-outside", $"components[{i}].year", ("given", $"{of}"), ("first", $"{row.Integer("firstYear")}"), ("last", $"{year}")));
            if (entries.Take(i).Any(e => e.Component == entry.Component && (e.Year == entry.Year || e.Year is null || entry.Year is null))) wrong.Add(Refusal.Of("calc.name-twice", $"components[{i}]", ("field", "components"), ("name", entry.Component)));
        }
        foreach (var row in rows)
        {
            var own = entries.Where(e => e.Component == row.Text("component")).ToList();
            if (own.Count == 0) wrong.Add(Refusal.Of("calc.missing-field", "components", ("field", row.Text("component"))));
            parts.Add(new(row.Text("component"), row.Text("side"), own.Sum(e => e.Units), scheme.Ref(row)));
        }
        if (wrong.Count > 0) return wrong;
        decimal Side(string side) => parts.Where(p => p.Side == side).Sum(p => p.Units);
        var (supply, demand, reserve) = (Side("supply"), Side("demand"), Side("reserve"));
        return new CirculationTotal(supply - (demand + reserve), supply, demand, reserve, parts);
    }
}
