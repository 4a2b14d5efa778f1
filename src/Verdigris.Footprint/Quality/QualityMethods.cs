using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Quality;

static class QualityMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [new PactQuality()];
}
