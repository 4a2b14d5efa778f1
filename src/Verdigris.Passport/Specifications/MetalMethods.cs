using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warehousing.Queues;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Passport.Specifications;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class MetalMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [new SpecCheckMethod(), new LotToleranceMethod(), new WarehouseRentMethod(), new WarehouseQueueMethod(), new CustomsFitMethod()];
}
