using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Networks;

static class NetworkMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [new LcaSolve(), new LotChainMethod()];
}
