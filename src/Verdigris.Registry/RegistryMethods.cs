using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Finance.Methods;
using Verdigris.Registry.Methods;

namespace Verdigris.Registry;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class RegistryMethods
{
    public static IReadOnlyList<ICalculator> All { get; } =
    [
        new TransferDelayMethod(), new AccountCheckMethod(), new ComplianceMethod(),
        new RepoMethod(), new PledgeMethod(), new MarginMethod(), new FeeMethod(), new ForwardMethod(), new LinkedLoanMethod(),
    ];
}
