using System.Reflection;
using Verdigris.Footprint;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry;
using Verdigris.Server;

namespace Verdigris.Cli;

/// <summary>The methods the command offers: those of the server.</summary>
static class Methods
{
    /// <summary>Rooms whose catalogues have words for what their methods refuse.</summary>
    public static Assembly[] Rooms { get; } = [typeof(FootprintMethods).Assembly, typeof(RegistryMethods).Assembly];

    public static CalculatorSet All() => new(RulePacks.Locate(), RoomMethods.All);
}
