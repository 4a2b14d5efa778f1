using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Aluminium;

static class AluminiumMethods
{
    public static IReadOnlyList<ICalculator> All { get; } =
        [new PfcSlope(), new PfcOvervoltage(), new PfcTier1(), new AnodePrebake(), new AnodeSoderberg(), new BakePitchVolatiles(), new BakePackingCoke(), new CokeCalcination(), new AnodePlantBalance()];
}
