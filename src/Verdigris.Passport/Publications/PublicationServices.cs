using Microsoft.Extensions.DependencyInjection;
using Verdigris.Storage;

namespace Verdigris.Passport.Publications;

/// <summary>What the capability brings to the room.</summary>
static class PublicationServices
{
    public static IServiceCollection AddPublications(this IServiceCollection services)
    {
        services.AddSingleton<RuleChanges>();
        services.AddSingleton<PublicationHandlers>();
        services.AddSingleton<ResponseHandlers>();
        services.AddSingleton<PublicationRegister>();
        services.AddSingleton<IApprovalKind, PublishPaperKind>();
        services.AddSingleton<IApprovalKind, DecidePaperKind>();
        return services;
    }
}
