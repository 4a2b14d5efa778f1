using Verdigris.Primitives;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Verdigris.Web;

/// <summary>An assembly whose Razor pages the server routes to.</summary>
public sealed record PageSource(Assembly Assembly);

/// <summary>The door of the kit that every room's pages and APIs stand on.</summary>
public static class WebKit
{
    /// <summary>Texts of rooms. May be called by each room for itself; calls add up.</summary>
    public static IServiceCollection AddStrings(this IServiceCollection services, params Assembly[] rooms)
    {
        foreach (var room in rooms.Append(typeof(WebKit).Assembly).Append(typeof(Refusal).Assembly))
            if (!services.Any(s => s.ImplementationInstance is StringSource known && known.Assembly == room)) services.AddSingleton(new StringSource(room));
        services.AddHttpContextAccessor();
        services.TryAddSingleton<StringCatalogue>();
        services.TryAddScoped<IStrings, RequestStrings>();
        services.TryAddScoped<Show>();
        return services;
    }

    /// <summary>A room with pages: its texts, its routable components and its assets (embedded as <c>assets/…</c>).</summary>
    public static IServiceCollection AddRoom(this IServiceCollection services, Assembly room, params NavItem[] navigation)
    {
        services.AddStrings(room);
        foreach (var assembly in new[] { typeof(WebKit).Assembly, room })
        {
            if (!services.Any(s => s.ImplementationInstance is PageSource known && known.Assembly == assembly)) services.AddSingleton(new PageSource(assembly));
        }
        foreach (var item in navigation) services.AddSingleton(item);
        services.TryAddSingleton<AssetFiles>();
        return services;
    }
}
