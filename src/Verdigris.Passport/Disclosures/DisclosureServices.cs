using Microsoft.Extensions.DependencyInjection;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>What the capability brings to the room.</summary>
static class DisclosureServices
{
    public static IServiceCollection AddDisclosures(this IServiceCollection services)
    {
        services.AddSingleton<Taxonomy>();
        services.AddSingleton<Adoption>();
        services.AddSingleton<DisclosureReaders>();
        services.AddSingleton<MethodologyHandlers>();
        services.AddSingleton<DisclosureHandlers>();
        services.AddSingleton<DisclosureSharing>();
        services.AddSingleton<DisclosureRegister>();
        services.AddSingleton<TargetHandlers>();
        services.AddSingleton<CompareHandlers>();
        services.AddSingleton<ProfileHandlers>();
        services.AddSingleton<IApprovalKind, DecideMethodologyKind>();
        services.AddSingleton<IApprovalKind, AcceptDisclosureKind>();
        return services;
    }
}
