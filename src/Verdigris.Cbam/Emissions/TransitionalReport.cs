using NodaTime;
using Verdigris.Cbam.Rules;

namespace Verdigris.Cbam.Emissions;

/// <summary>One good of a transitional report. Direct and indirect emissions are both reported, for aluminium and steel too.</summary>
/// <param name="Estimated">The figures are estimates or defaults.</param>
/// <param name="Complex">Made of precursors that are covered themselves; null where not known.</param>
public sealed record ReportedGood(decimal MassT, decimal DirectTco2ePerT, decimal IndirectTco2ePerT, bool Estimated = false, bool? Complex = null);

/// <summary>Totals of a transitional report, t CO2e.</summary>
/// <param name="PerTonneTco2e">Total over mass; null without mass.</param>
/// <param name="EstimatedFraction">Share of the emissions of complex goods that is estimated (Article 5); null where these are zero, or where it is not known of a good whether it is complex.</param>
/// <param name="WithinLimit">Against the limit of the day; null where either is not known.</param>
public sealed record TransitionalTotals(decimal DirectTco2e, decimal IndirectTco2e, decimal TotalTco2e, decimal? PerTonneTco2e, decimal? EstimatedFraction, decimal? LimitFraction, bool? WithinLimit);

/// <summary>Embedded emissions of the goods of a quarter in the transitional period, Implementing Regulation (EU) 2023/1773.</summary>
public static class TransitionalReport
{
    /// <param name="imported">A day of the quarter; null where the limit is not asked for.</param>
    public static TransitionalTotals Total(TransitionalValues values, IReadOnlyList<ReportedGood> goods, LocalDate? imported)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(goods);
        decimal mass = 0, direct = 0, indirect = 0, complex = 0, estimated = 0;
        foreach (var good in goods)
        {
            mass += good.MassT;
            direct += good.MassT * good.DirectTco2ePerT;
            indirect += good.MassT * good.IndirectTco2ePerT;
            if (good.Complex != true) continue;
            var emissions = good.MassT * (good.DirectTco2ePerT + good.IndirectTco2ePerT);
            complex += emissions;
            if (good.Estimated) estimated += emissions;
        }
        var total = direct + indirect;
        decimal? share = complex > 0 && goods.All(g => g.Complex is not null) ? estimated / complex : null;
        var limit = imported is { } day ? values.EstimateLimit(day)?.Fraction : null;
        return new(direct, indirect, total, mass > 0 ? total / mass : null, share, limit, share is { } s && limit is { } most ? s <= most : null);
    }
}
