using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cli;

/// <summary>Every method of every room. A room adds its list here.</summary>
static class Methods
{
    public static CalculatorSet All() => new(RulePacks.Locate(), [.. MetalMethods.All]);
}
