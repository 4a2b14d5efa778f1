using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Uncertainty;

/// <summary>How sure a figure is: uncertainties propagated by the two rules of the IPCC, and simulation where these do not hold.</summary>
static class UncertaintyMethods
{
    public const string Pack = "footprint/uncertainty";

    public static IReadOnlyList<ICalculator> All { get; } = [new Propagate(), new MonteCarloMethod()];
}
