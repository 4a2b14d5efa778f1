using Verdigris.Footprint.Aluminium;
using Verdigris.Footprint.China;
using Verdigris.Footprint.Streams;
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
    ];
}
