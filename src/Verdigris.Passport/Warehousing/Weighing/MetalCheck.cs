using System.Globalization;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warehousing.Weighing;

/// <summary>Something done to see that the metal is what it is said to be, and how it came out.</summary>
/// <param name="Kind">One of <see cref="MetalChecks.Kinds"/>.</param>
/// <param name="Passed">The metal behaved as its certificate's metal does.</param>
/// <param name="DensityKgPerM3">Of a density check: what was measured, above 0 and at most 25,000; null for the others.</param>
public sealed record MetalCheck(string Kind, bool Passed, decimal? DensityKgPerM3 = null);

/// <summary>Which checks a delivery needs and what they say. Pure.</summary>
public static class MetalChecks
{
    public const string Density = "density";
    const decimal HighestDensityKgPerM3 = 25_000;

    public static IReadOnlyList<string> Kinds { get; } = [Density, "magnetism", "metal-detector", "touch"];

    /// <summary>Input that is no set of checks: an unknown kind, one twice, a density without its figure, a demanded one left out.</summary>
    public static List<Refusal> Check(IReadOnlyList<MetalCheck> checks, IEnumerable<WarehouseDuty> duties)
    {
        var wrong = new List<Refusal>();
        for (var i = 0; i < checks.Count; i++)
        {
            var check = checks[i];
            if (check is null || !Kinds.Contains(check.Kind)) wrong.Add(Refusal.Of("match.check-unknown", $"checks[{Text(i)}].kind", ("given", check?.Kind ?? ""), ("known", string.Join(", ", Kinds))));
            else if (checks.Take(i).Any(c => c?.Kind == check.Kind)) wrong.Add(Refusal.Of("match.check-twice", $"checks[{Text(i)}].kind", ("check", check.Kind)));
            else if (check.Kind == Density ? check.DensityKgPerM3 is not (> 0 and <= HighestDensityKgPerM3) : check.DensityKgPerM3 is not null) wrong.Add(Refusal.Of("match.density-wrong", $"checks[{Text(i)}].densityKgPerM3", ("check", check.Kind)));
        }
        foreach (var duty in duties.Where(d => Kinds.Contains(d.Duty) && checks.All(c => c?.Kind != d.Duty)))
            wrong.Add(Refusal.Of("match.check-missing", "checks", ("check", duty.Duty)) with { Rule = duty.RuleId });
        return wrong;
    }

    /// <summary>A check that came out wrong is a difference of the match like any other.</summary>
    public static IEnumerable<Refusal> Differences(IReadOnlyList<MetalCheck> checks) => checks.Where(c => !c.Passed).Select(c => Refusal.Of("match.check-failed", c.Kind, ("check", c.Kind)));

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
