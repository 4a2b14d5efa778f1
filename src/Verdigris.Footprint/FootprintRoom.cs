using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Footprint.Api;
using Verdigris.Footprint.Pages;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Web;

namespace Verdigris.Footprint;

/// <summary>The only door of the room. The host brings <see cref="RulePacks"/> and the <see cref="Primitives.Calculations.CalculatorSet"/> of all rooms.</summary>
public static class FootprintRoom
{
    public const string Name = "footprint";

    public static IServiceCollection AddFootprint(this IServiceCollection services)
    {
        services.AddStrings(typeof(FootprintRoom).Assembly);
        services.AddSingleton<FacilityExamples>();
        return services;
    }

    /// <summary>Pages, texts and navigation; <see cref="AddFootprint"/> brings what they call.</summary>
    public static IServiceCollection AddFootprintPages(this IServiceCollection services) => services
        .AddRoom(typeof(FootprintRoom).Assembly, new NavItem("footprint.nav", "/footprint", 62))
        .AddSingleton(new HomeLink("footprint.home", "footprint.home-text", "/footprint", "leaf", a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover), 35));

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapFootprint(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        MethodApi.Map(api);
        FacilityDownload.Map(app);
    }
}
