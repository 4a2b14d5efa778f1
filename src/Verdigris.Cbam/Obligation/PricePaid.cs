using Verdigris.Primitives;

namespace Verdigris.Cbam.Obligation;

/// <summary>A carbon price paid abroad for one good, by the draft act under Article 9(5) of Regulation (EU) 2023/956 (13.5.2026, not adopted).</summary>
/// <param name="EmittedTco2ePerT">Emissions a t of good under the foreign scheme.</param>
/// <param name="PriceEurPerT">Price a t CO2e, EUR at the yearly average rate.</param>
/// <param name="Rebate">Whether the installation was entitled to a rebate (free allowances, refunds, compensation).</param>
/// <param name="RebatedTco2ePerT">Emissions a t of good that were free of charge; null where not evidenced.</param>
/// <param name="CompensationEurPerT">Price given back, EUR a t CO2e.</param>
public sealed record PaidAbroad(decimal EmittedTco2ePerT, decimal PriceEurPerT, bool Rebate = false, decimal? RebatedTco2ePerT = null, decimal? CompensationEurPerT = null);

/// <summary>EFF_CP of a good: (emitted - rebated) x (price - compensation), EUR a t of good.</summary>
public static class PricePaid
{
    /// <summary>EUR a t of good, never below zero. A rebate whose amount is not evidenced leaves no deduction at all.</summary>
    public static decimal EffectiveEurPerT(PaidAbroad paid)
    {
        ArgumentNullException.ThrowIfNull(paid);
        if (paid.Rebate && paid.RebatedTco2ePerT is null && paid.CompensationEurPerT is null) return 0;
        return Math.Max(0, paid.EmittedTco2ePerT - (paid.RebatedTco2ePerT ?? 0)) * Math.Max(0, paid.PriceEurPerT - (paid.CompensationEurPerT ?? 0));
    }

    /// <summary>Certificates spared, t CO2e: EUR a t of good over the year's average certificate price, times the mass.</summary>
    /// <returns>Refused (<c>cbam.price-year-unpublished</c>) where the year's average is not known.</returns>
    public static Answer<decimal> Reduction(decimal effectiveEurPerT, decimal massT, decimal? yearAverageEur) =>
        yearAverageEur is > 0 and { } reference ? effectiveEurPerT / reference * massT : Refusal.Of("cbam.price-year-unpublished", "importDate");
}
