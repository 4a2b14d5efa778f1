using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Finance.Pledges;

namespace Verdigris.Passport.Finance;

static class FinanceServices
{
    /// <summary>Rules and use cases around lending on metal.</summary>
    public static void AddFinance(this IServiceCollection services) => services.AddSingleton<PledgeRegister>();
}
