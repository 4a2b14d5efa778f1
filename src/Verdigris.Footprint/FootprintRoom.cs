using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Web;

namespace Verdigris.Footprint;

/// <summary>The only door of the room. The host brings <see cref="RulePacks"/>.</summary>
public static class FootprintRoom
{
    public const string Name = "footprint";

    public static IServiceCollection AddFootprint(this IServiceCollection services)
    {
        services.AddStrings(typeof(FootprintRoom).Assembly);
        services.AddSingleton(p => new CalculatorSet(p.GetRequiredService<RulePacks>(), FootprintMethods.All));
        return services;
    }

    /// <summary>Pages, texts and navigation; <see cref="AddFootprint"/> brings what they call.</summary>
    public static IServiceCollection AddFootprintPages(this IServiceCollection services) => services.AddRoom(typeof(FootprintRoom).Assembly);

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapFootprint(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
    }
}
