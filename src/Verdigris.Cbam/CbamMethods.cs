using Verdigris.Cbam.Methods;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class CbamMethods
{
    public static IReadOnlyList<ICalculator> All { get; } =
    [
        new CertificatesMethod(), new FreeAllocationMethod(), new CompareMethod(), new ScenarioMethod(), new HoldingMethod(),
        new ScopeMethod(), new DefaultValueMethod(), new BenchmarkMethod(), new CertificatePriceMethod(),
        new DeMinimisMethod(), new PenaltyMethod(), new PricePaidMethod(),
        new EmbeddedMethod(), new MatrixMethod(), new SuppliesMethod(), new TransitionalMethod(),
    ];
}
