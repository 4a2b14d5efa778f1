using Verdigris.Primitives.Calculations;

namespace Verdigris.Market;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class MarketMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [];
}
