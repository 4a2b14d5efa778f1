using Verdigris.Footprint.Allocation;
using Verdigris.Footprint.Aluminium;
using Verdigris.Footprint.China;
using Verdigris.Footprint.Electricity;
using Verdigris.Footprint.Metals;
using Verdigris.Footprint.Product;
using Verdigris.Footprint.Streams;
using Verdigris.Footprint.Transport;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class FootprintMethods
{
    public static IReadOnlyList<ICalculator> All { get; } =
    [
        .. AluminiumMethods.All,
        .. ChinaMethods.All,
        .. StreamMethods.All,
        .. ElectricityMethods.All,
        .. TransportMethods.All,
        .. AllocationMethods.All,
        .. OtherMetalMethods.All,
        .. ProductMethods.All,
    ];
}
