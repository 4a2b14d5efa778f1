using Verdigris.Primitives;

namespace Verdigris.Cbam.Emissions;

/// <summary>One delivery of a precursor from one producer and period.</summary>
/// <param name="SpecificEmbeddedTco2ePerT">Of this producer and period; null where not known.</param>
/// <param name="Used">Its physical use in the good is proven (Article 14(3) of 2025/2547).</param>
public sealed record Supply(decimal MassT, decimal? SpecificEmbeddedTco2ePerT, bool Used = false);

/// <summary>Several producers or periods of one CN code, Article 14 of Implementing Regulation (EU) 2025/2547: the average weighted by mass, unless evidence shows which of them was used.</summary>
public static class Supplies
{
    /// <summary>t CO2e per t of what counts as consumed.</summary>
    /// <param name="subset">Only the supplies marked as used, which then need their evidence.</param>
    /// <returns>Refused where none is left (<c>cbam.supply-none</c>) or one is not known (<c>cbam.supply-unknown</c>): one unknown supply leaves the average unknown.</returns>
    public static Answer<decimal> Average(IReadOnlyList<Supply> supplies, bool subset = false)
    {
        ArgumentNullException.ThrowIfNull(supplies);
        decimal mass = 0, emissions = 0;
        for (var i = 0; i < supplies.Count; i++)
        {
            var supply = supplies[i];
            if (subset && !supply.Used) continue;
            if (supply.SpecificEmbeddedTco2ePerT is not { } see) return Refusal.Of("cbam.supply-unknown", $"supplies[{i}].specificEmbedded");
            mass += supply.MassT;
            emissions += supply.MassT * see;
        }
        return mass > 0 ? emissions / mass : Refusal.Of("cbam.supply-none", "supplies");
    }
}
