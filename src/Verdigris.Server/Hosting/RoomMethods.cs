using Verdigris.Cbam;
using Verdigris.Footprint;
using Verdigris.Market;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry;

namespace Verdigris.Server;

/// <summary>Every method of every room, for the server and for the command. A room adds its list here.</summary>
public static class RoomMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [.. MetalMethods.All, .. FootprintMethods.All, .. CbamMethods.All, .. RegistryMethods.All, .. MarketMethods.All];
}
