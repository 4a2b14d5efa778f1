using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Verdigris.Footprint.Api;
using Verdigris.Footprint.Pages;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint;

/// <summary>
/// The only door of the room. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="RulePacks"/>, the <see cref="Primitives.Calculations.CalculatorSet"/> of all rooms, <see cref="IVerifierRegister"/>
/// and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class FootprintRoom
{
    public const string Name = "footprint";

    public static IServiceCollection AddFootprint(this IServiceCollection services)
    {
        services.AddStrings(typeof(FootprintRoom).Assembly);
        services.AddSingleton<FacilityHandlers>();
        services.AddSingleton<PlanHandlers>();
        services.AddSingleton<ReportHandlers>();
        services.AddSingleton<VerificationHandlers>();
        // One session a request, acting as whoever is signed in.
        services.TryAddScoped(p => p.GetRequiredService<IDbSessions>().Open(p.GetRequiredService<ICurrentActor>().Actor));
        services.AddSingleton<FacilityExamples>();
        return services;
    }

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(FootprintRoom).Assembly, ct);

    /// <summary>Pages, texts and navigation; <see cref="AddFootprint"/> brings what they call.</summary>
    public static IServiceCollection AddFootprintPages(this IServiceCollection services) => services
        .AddRoom(typeof(FootprintRoom).Assembly, new NavItem("footprint.nav", "/footprint", 62))
        .AddSingleton(new HomeLink("footprint.home", "footprint.home-text", "/footprint", "leaf", a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover), 35));

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapFootprint(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        ReportApi.Map(api);
        MethodApi.Map(api);
        FacilityDownload.Map(app);
    }
}
