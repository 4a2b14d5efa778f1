using Verdigris.Footprint.Alarms;
using Verdigris.Footprint.Allocation;
using Verdigris.Footprint.Aluminium;
using Verdigris.Footprint.China;
using Verdigris.Footprint.Electricity;
using Verdigris.Footprint.Facilities;
using Verdigris.Footprint.Metals;
using Verdigris.Footprint.Meters;
using Verdigris.Footprint.Networks;
using Verdigris.Footprint.Product;
using Verdigris.Footprint.Quality;
using Verdigris.Footprint.Streams;
using Verdigris.Footprint.Transport;
using Verdigris.Footprint.Uncertainty;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class FootprintMethods
{
    /// <summary>The methods for one stream, step or check.</summary>
    static readonly ICalculator[] Single =
    [
        .. AluminiumMethods.All,
        .. ChinaMethods.All,
        .. StreamMethods.All,
        .. ElectricityMethods.All,
        .. TransportMethods.All,
        .. AllocationMethods.All,
        .. OtherMetalMethods.All,
        .. ProductMethods.All,
        .. NetworkMethods.All,
        .. UncertaintyMethods.All,
        .. QualityMethods.All,
        .. MeterMethods.All,
        .. AlarmMethods.All,
    ];

    public static IReadOnlyList<ICalculator> All { get; } = [.. Single, new FacilityFootprint(Single)];
}
