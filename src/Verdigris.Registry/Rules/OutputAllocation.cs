using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>What a plant made in a year.</summary>
/// <param name="Class">Class of the scheme's output benchmarks.</param>
/// <param name="Output">Electricity in MWh, or tonnes of the product.</param>
/// <param name="HeatGj">Heat supplied; 0 where none.</param>
/// <param name="AirCooled">Cooled by air; null where the year has no factor for it or it is not known.</param>
/// <param name="HeatRatio">Heat supplied over all heat and power, 0 to 1.</param>
/// <param name="LoadFactor">0 to 1.</param>
public sealed record PlantOutput(string Class, decimal Output, decimal HeatGj = 0, bool? AirCooled = null, decimal? HeatRatio = null, decimal? LoadFactor = null);

/// <param name="Factors">Corrections that were applied, with their value.</param>
/// <param name="Missing">Corrections the year has whose figure was not given; they were not applied.</param>
public sealed record OutputUnits(decimal Units, decimal Benchmark, RuleRef Rule, decimal HeatUnits, IReadOnlyList<(string Correction, decimal Value, RuleRef Rule)> Factors, IReadOnlyList<string> Missing);

/// <summary>Allocation that follows output: benchmark of a class x output x corrections + heat benchmark x heat; and a rate that depends on how far an intensity lies from the balance value.</summary>
public static class OutputAllocation
{
    /// <summary>Refuses <c>ets.no-rule</c> for a class without a benchmark in the year.</summary>
    public static Answer<OutputUnits> Of(Scheme scheme, int year, PlantOutput plant)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(plant);
        var product = scheme.Rows("output-benchmarks", year).Any(r => r.Text("class") == plant.Class && r.Text("product") == "product") ? "product" : "electricity";
        var found = scheme.Rule("output-benchmarks", year, plant.Class, product);
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        var fuel = row.TextOrNull("fuel");
        var (factors, missing) = (new List<(string Correction, decimal Value, RuleRef Rule)>(), new List<string>());
        foreach (var same in scheme.Rows("corrections", year).Where(c => c.Text("fuel") == fuel).GroupBy(c => c.Text("correction")))
        {
            if (Given(plant, same.Key) is not { } x) { missing.Add(same.Key); continue; }
            // Ranges are (from, to]; the first begins with its lower end.
            var range = same.FirstOrDefault(c => x > c.Decimal("from") && x <= c.Decimal("to")) ?? same.MinBy(c => c.Decimal("from"))!;
            factors.Add((same.Key, Value(range, x), scheme.Ref(range)));
        }
        var heat = 0m;
        if (plant.HeatGj != 0)
        {
            var heated = scheme.Rule("output-benchmarks", year, plant.Class, "heat");
            if (!heated.Ok) return heated.Refusals.ToList();
            heat = plant.HeatGj * heated.Value.Row.Decimal("value");
        }
        var benchmark = row.Decimal("value");
        var made = factors.Aggregate(plant.Output * benchmark, (units, f) => units * f.Value);
        return new OutputUnits(scheme.Rounding("allocation").Apply(made + heat), benchmark, rule, heat, factors, missing);
    }

    /// <summary>The rate of a deviation: straight between the corner points of the file, level outside them. Refuses <c>ets.no-rule</c> where the year has no such rate.</summary>
    public static Answer<(decimal Value, RuleRef Rule)> Rate(Scheme scheme, int year, string rate, decimal deviation)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var points = scheme.Rows("rate-points", year).Where(r => r.Text("rate") == rate).OrderBy(r => r.Decimal("deviation")).ToList();
        if (points.Count == 0) return scheme.NoRule("rate-points", year, rate);
        if (deviation <= points[0].Decimal("deviation")) return (points[0].Decimal("value"), scheme.Ref(points[0]));
        for (var i = 1; i < points.Count; i++)
        {
            var (x0, x1, y0, y1) = (points[i - 1].Decimal("deviation"), points[i].Decimal("deviation"), points[i - 1].Decimal("value"), points[i].Decimal("value"));
            if (deviation <= x1) return (y0 + (y1 - y0) * (deviation - x0) / (x1 - x0), scheme.Ref(points[i]));
        }
        return (points[^1].Decimal("value"), scheme.Ref(points[^1]));
    }

    static decimal? Given(PlantOutput plant, string correction) => correction switch { "cooling" => plant.AirCooled is { } air ? air ? 1 : 0 : null, "heat-ratio" => plant.HeatRatio, _ => plant.LoadFactor };

    static decimal Value(RuleRow range, decimal x) => range.Text("kind") == "power"
        ? Power(range.Decimal("base"), range.Decimal("slope") * (range.Decimal("at") - x))
        : range.Decimal("base") + range.Decimal("slope") * (range.Decimal("at") - x);

    /// <summary>A base a little above 1 to a power that need not be whole, to 20 places: exp(power x ln base) by their series.</summary>
    internal static decimal Power(decimal @base, decimal power)
    {
        var t = (@base - 1) / (@base + 1);
        var (ln, part) = (0m, t);
        for (var n = 1; n < 60; n += 2) { ln += part / n; part *= t * t; }
        var (exp, term) = (1m, 1m);
        for (var n = 1; n < 60; n++) { term *= 2 * ln * power / n; exp += term; }
        return exp;
    }
}
