using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>One part of an installation with one benchmark.</summary>
/// <param name="Benchmark">Units a unit of activity.</param>
/// <param name="Activity">Historical activity level, or the changed one.</param>
/// <param name="Exposure">leakage, other or heating: whose factor of the year counts.</param>
/// <param name="BorderGood">Made into goods of the border measure: only the share kept counts.</param>
/// <param name="ElectricityFactor">Direct emissions over direct and indirect, where the benchmark counts electricity; 1 where it does not. 0 to 1.</param>
public sealed record SubInstallation(decimal Benchmark, decimal Activity, string Exposure, bool BorderGood = false, decimal ElectricityFactor = 1);

/// <param name="Units">Rounded as the scheme rounds allocations.</param>
/// <param name="Parts">Of each sub-installation, before the factor.</param>
/// <param name="Correction">Cross-sectoral correction factor, or for a generator its own factor.</param>
public sealed record BenchmarkAllocation(decimal Units, IReadOnlyList<AllocationPart> Parts, decimal Preliminary, decimal Correction, RuleRef? CorrectionRule);

/// <param name="ExposureFactor">0 to 1.</param>
/// <param name="Kept">Share kept beside the border measure, 0 to 1.</param>
public sealed record AllocationPart(decimal Units, decimal ExposureFactor, RuleRef ExposureRule, decimal Kept, RuleRef? KeptRule);

/// <summary>
/// Free allocation by benchmark: benchmark x activity x exposure factor x share kept x electricity factor, summed, times the correction of the year, and rounded once at the end
/// (Directive 2003/87/EC, Article 10a; Regulation (EU) 2019/331, Article 16).
/// </summary>
public static class FreeAllocation
{
    /// <summary>Refuses <c>ets.no-rule</c> for a factor the scheme does not have in the year: a factor that is not known is not 1.</summary>
    /// <param name="correction">In place of the scheme's factor.</param>
    /// <param name="generator">An electricity generator, whose heat takes the generator's factor in place of the cross-sectoral one.</param>
    public static Answer<BenchmarkAllocation> Of(Scheme scheme, int year, IReadOnlyList<SubInstallation> parts, decimal? correction, bool generator)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(parts);
        var done = new List<AllocationPart>();
        foreach (var part in parts)
        {
            var exposure = scheme.Rule("factors", null, part.Exposure, $"{year}");
            if (!exposure.Ok) return exposure.Refusals.ToList();
            var (kept, keptRule) = (1m, (RuleRef?)null);
            if (part.BorderGood)
            {
                var share = scheme.Rule("factors", null, "kept", $"{year}");
                if (!share.Ok) return share.Refusals.ToList();
                (kept, keptRule) = (share.Value.Row.Decimal("value"), share.Value.Rule);
            }
            var factor = exposure.Value.Row.Decimal("value");
            done.Add(new(part.Benchmark * part.Activity * factor * kept * part.ElectricityFactor, factor, exposure.Value.Rule, kept, keptRule));
        }
        var (corrected, rule) = (correction, (RuleRef?)null);
        if (corrected is null)
        {
            var found = scheme.Rule("factors", null, generator ? "generator" : "cscf", $"{year}");
            if (!found.Ok) return found.Refusals.ToList();
            (corrected, rule) = (found.Value.Row.Decimal("value"), found.Value.Rule);
        }
        var preliminary = done.Sum(p => p.Units);
        return new BenchmarkAllocation(scheme.Rounding("allocation").Apply(preliminary * corrected.Value), done, preliminary, corrected.Value, rule);
    }

    /// <summary>
    /// The activity that counts: the mean of the last years where it differs from the historical level by more than the threshold, else the historical level. Once changed, a later mean counts
    /// only when it leaves the band the change stands in (Regulation (EU) 2019/1842, Article 5).
    /// </summary>
    /// <param name="before">Activity allocation is based on now; the historical level where nothing changed yet.</param>
    /// <param name="unitsPerActivity">Units a unit of activity; where given, a change of fewer units than the least one counts for nothing.</param>
    public static Answer<(decimal Activity, decimal Mean, RuleRef Rule)> Activity(Scheme scheme, decimal historical, IReadOnlyList<decimal> years, decimal? before = null, decimal? unitsPerActivity = null)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(years);
        var (threshold, band) = (scheme.Rule("activity", null, "threshold"), scheme.Rule("activity", null, "band"));
        if (!threshold.Ok || !band.Ok) return (threshold.Ok ? band : threshold).Refusals.ToList();
        var mean = years.Sum() / years.Count;
        if (historical == 0) return (mean, mean, threshold.Value.Rule);
        var (limit, width) = (threshold.Value.Row.Decimal("value"), band.Value.Row.Decimal("value"));
        var change = mean / historical - 1;
        if (Math.Abs(change) <= limit) return (historical, mean, threshold.Value.Rule);
        if (before is { } now && now != historical)
        {
            // Bands of one width from the threshold on, on each side: (15 %, 20 %], (20 %, 25 %]...
            var was = now / historical - 1;
            if (Math.Sign(was) == Math.Sign(change) && Band(was) == Band(change)) return (now, mean, band.Value.Rule);
        }
        if (unitsPerActivity is { } units && scheme.Rule("activity", null, "least-change") is { Ok: true, Value: var least } && Math.Abs(mean - (before ?? historical)) * units < least.Row.Decimal("value")) return (before ?? historical, mean, least.Rule);
        return (mean, mean, threshold.Value.Rule);
        decimal Band(decimal deviation) => Math.Ceiling((Math.Abs(deviation) - limit) / width);
    }

    /// <summary>An old benchmark less a yearly rate over so many years, to its printed places. The rate is kept within the bounds of the update, where one is named.</summary>
    /// <param name="update">Row of <c>benchmark-updates</c>; null where the rate is taken as it is.</param>
    public static (decimal Benchmark, decimal Rate) Updated(decimal initial, decimal annualRate, int years, int places, RuleRow? update = null)
    {
        var rate = update is null ? annualRate : Math.Clamp(annualRate, update.Decimal("leastRate"), update.Decimal("mostRate"));
        return (Math.Round(initial * (1 - years * rate), places, MidpointRounding.AwayFromZero), rate);
    }
}
