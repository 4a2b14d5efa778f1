using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Sourcing;

static class SourcingServices
{
    /// <summary>Rules and use cases of responsible sourcing.</summary>
    public static void AddSourcing(this IServiceCollection services)
    {
        services.AddSingleton(p => new SourcingRules(p.GetRequiredService<RulePacks>()));
        services.AddSingleton<CahraHandlers>();
        services.AddSingleton<AssessmentHandlers>();
        services.AddSingleton<SourcingFiles>();
        services.AddSingleton<MitigationHandlers>();
        services.AddSingleton<PlantCertificateHandlers>();
        services.AddSingleton<FilingHandlers>();
        services.AddSingleton<GrievanceHandlers>();
        services.AddSingleton<SourcingFigures>();
    }
}
