using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Methods;

namespace Verdigris.Registry;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class RegistryMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [new TransferDelayMethod(), new AccountCheckMethod(), new ComplianceMethod(), new ParseSerialMethod(), new SplitMethod(), new EligibilityMethod()];
}
