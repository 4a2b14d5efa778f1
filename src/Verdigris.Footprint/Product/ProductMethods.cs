using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Product;

/// <summary>Footprints of a product: aluminium from cradle to gate, the Chinese product standard, and scrap.</summary>
static class ProductMethods
{
    public const string Pack = "footprint/product";

    public static IReadOnlyList<ICalculator> All { get; } = [new CradleToGate(), new ProductStandard(), new ScrapContent()];
}
