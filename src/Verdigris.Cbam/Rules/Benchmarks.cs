using System.Collections.Frozen;
using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>One row of Implementing Regulation (EU) 2025/2620, t CO2e per t.</summary>
/// <param name="Route">Route letter, or <c>all</c> where the row has none.</param>
/// <param name="ColumnA">The process step, for actual data; null where it was not available.</param>
/// <param name="ColumnB">All steps, for default values and precursors without their own free allocation.</param>
public sealed record Benchmark(string Cn, string Route, decimal? ColumnA, decimal ColumnB, RuleRef Rule);

/// <summary>A benchmark, or the code of the reason why there is none.</summary>
public readonly record struct BenchmarkFound(Benchmark? Value, string? Reason);

/// <summary>Benchmarks by CN code, route and year of production.</summary>
public sealed class Benchmarks
{
    const string All = "all";
    /// <summary>First year a benchmark holds for; metal made before and imported since is measured by it.</summary>
    const int FirstYear = 2026;

    readonly FrozenDictionary<string, (RuleRow Row, Benchmark Value)[]> rows;

    internal Benchmarks(RulePack pack) => rows = pack.Table("benchmarks").Rows.GroupBy(r => r.Text("cn"), StringComparer.Ordinal).ToFrozenDictionary(
        g => g.Key,
        g => g.Select(r => (r, new Benchmark(r.Text("cn"), r.Text("route"), r.DecimalOrNull("columnA"), r.Decimal("columnB"), new(pack.Id, pack.Version, pack.Sha256, $"{r.Source.Citation}, {r.Text("cn")}", r.Status)))).ToArray(),
        StringComparer.Ordinal);

    public IReadOnlyCollection<string> Codes => rows.Keys;

    /// <summary>Route letters a code has rows for; empty where its row has no route.</summary>
    public IReadOnlyList<string> Routes(string cn) => rows.TryGetValue(cn, out var all) ? [.. all.Select(r => r.Value.Route).Where(r => r != All).Distinct()] : [];

    /// <summary>The row for one route. A row without a route serves every route.</summary>
    /// <param name="route">Null where not known: a code with routes then has no answer.</param>
    public BenchmarkFound ForRoute(string cn, string? route, int productionYear) => Highest(cn, route is null ? [] : [route], productionYear, false);

    /// <summary>The row a default value is measured by: of the routes printed for the country and code, the one with the highest column B.</summary>
    public BenchmarkFound ForDefault(string cn, IReadOnlyList<string> routes, int productionYear) => Highest(cn, routes, productionYear, true);

    BenchmarkFound Highest(string cn, IReadOnlyList<string> routes, int productionYear, bool printed)
    {
        if (!rows.TryGetValue(cn, out var all)) return new(null, "benchmark-none");
        var on = new LocalDate(Math.Max(FirstYear, productionYear), 12, 31);
        Benchmark? best = null;
        bool ofAll = false, ofYear = false;
        foreach (var (row, value) in all)
        {
            ofAll |= value.Route == All;
            if (!row.InForce(on)) continue;
            ofYear = true;
            if ((value.Route == All || routes.Contains(value.Route)) && (best is null || value.ColumnB > best.ColumnB)) best = value;
        }
        if (best is not null) return new(best, null);
        return new(null, !ofYear || ofAll ? "benchmark-year" : routes.Count > 0 ? "route-without-benchmark" : printed ? "route-not-printed" : "route-unknown");
    }
}
