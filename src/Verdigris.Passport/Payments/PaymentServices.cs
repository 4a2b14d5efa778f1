using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>What the capability brings to the room.</summary>
static class PaymentServices
{
    public static void AddPayments(this IServiceCollection services)
    {
        services.AddSingleton(p => new PaymentRules(p.GetRequiredService<RulePacks>()));
        services.AddSingleton(p => new GateChecks(p.GetRequiredService<PaymentRules>(), CustomsCodes.Of(p.GetRequiredService<RulePacks>())));
        services.AddSingleton<GateWarnings>();
        services.AddSingleton<SanctionsLists>();
        services.AddSingleton<OrganisationLinks>();
        services.AddSingleton<GateReading>();
        services.AddSingleton<GateSettling>();
        services.AddSingleton<GateHandlers>();
        services.AddSingleton<GateRegister>();
        services.AddSingleton<IOutboxSubscriber, GateAlarms>();
        services.AddSingleton<IApprovalKind, WaiveItemKind>();
    }
}
