using Verdigris.Cbam.Rules;

namespace Verdigris.Cbam.Obligation;

/// <summary>One line both ways.</summary>
/// <param name="CertificatesSaved">Default less actual; negative where the default is cheaper. Null where either is not known.</param>
/// <param name="SavedEur">The same in money; null where the price is not known.</param>
public sealed record LineComparison(LineResult Actual, LineResult Default, decimal? CertificatesSaved, decimal? SavedEur);

/// <summary>Actual data or default value: which of them costs less, and by how much.</summary>
public static class Comparison
{
    /// <param name="line">With its actual data.</param>
    public static LineComparison Of(CbamRules rules, LineCase line, CbamScenario? scenario = null)
    {
        ArgumentNullException.ThrowIfNull(line);
        var actual = Obligations.Evaluate(rules, line, scenario);
        // The route of the actual data is not the one the act measures a default by.
        var byDefault = Obligations.Evaluate(rules, line with { Actual = null, PricePaidEurPerT = null }, scenario is null ? null : scenario with { Route = null });
        return new(actual, byDefault, byDefault.Certificates - actual.Certificates, byDefault.CostEur - actual.CostEur);
    }
}
