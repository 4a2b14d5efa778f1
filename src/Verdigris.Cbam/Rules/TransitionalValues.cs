using System.Collections.Frozen;
using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>World default of the transitional period, t CO2e per t, each figure as printed: the total is not always the sum.</summary>
public sealed record TransitionalDefault(string Prefix, decimal DirectTco2ePerT, decimal IndirectTco2ePerT, decimal PrintedTotalTco2ePerT, RuleRef Rule);

/// <summary>Values of the transitional period, October 2023 to December 2025. Never used for certificates.</summary>
public sealed class TransitionalValues
{
    /// <summary>First day reported on, and the first day of certificates.</summary>
    public static readonly LocalDate Begins = new(2023, 10, 1), Ends = new(2026, 1, 1);

    readonly RulePack pack;
    readonly FrozenDictionary<string, TransitionalDefault> rows;

    internal TransitionalValues(RulePack pack)
    {
        this.pack = pack;
        rows = pack.Table("defaults").Rows.ToFrozenDictionary(r => r.Text("prefix"), r => new TransitionalDefault(r.Text("prefix"), r.Decimal("direct"), r.Decimal("indirect"), r.Decimal("total"), r.Ref(pack)), StringComparer.Ordinal);
    }

    /// <summary>The world default of a code by its longest printed prefix; null where none of the rows held fits.</summary>
    public TransitionalDefault? Find(string cn)
    {
        ArgumentNullException.ThrowIfNull(cn);
        for (var length = cn.Length; length >= 4; length--)
            if (rows.TryGetValue(cn[..length], out var row)) return row;
        return null;
    }

    /// <summary>Share of the total that may be estimated for complex goods imported on a day; null outside the period.</summary>
    public (decimal Fraction, RuleRef Rule)? EstimateLimit(LocalDate imported) => pack.Table("estimates").Find(imported, "complex-goods") is { } row ? (row.Decimal("fraction"), row.Ref(pack)) : null;
}
