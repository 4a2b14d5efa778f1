using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Streams;

/// <summary>The methods for source streams of a monitoring plan, Implementing Regulation (EU) 2018/2066 and 2025/2547 Annex II.</summary>
static class StreamMethods
{
    public const string Pack = "footprint/streams";

    public static IReadOnlyList<ICalculator> All { get; } = [new Combustion(), new ProcessEmissions(), new MassBalance(), new ContinuousMeasurement(), new ChpSplit(), new WasteGas(), new HeatFlow(), new Carbonate(), new TierCheck()];
}
