using System.Reflection;
using Verdigris.Footprint;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cli;

/// <summary>Every method of every room. A room adds its list here.</summary>
static class Methods
{
    /// <summary>Rooms whose catalogues have words for what their methods refuse.</summary>
    public static Assembly[] Rooms { get; } = [typeof(FootprintMethods).Assembly];

    public static CalculatorSet All() => new(RulePacks.Locate(), [.. MetalMethods.All, .. FootprintMethods.All]);
}
