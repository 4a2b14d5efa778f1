using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Api;
using Verdigris.Registry.Statistics;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry;

/// <summary>
/// The only door of the room: emission trading schemes and crediting programmes. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="IVenue"/>, <see cref="Approvals"/>, <see cref="BookCommands"/>,
/// <see cref="EvidenceStore"/>, <see cref="RulePacks"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class RegistryRoom
{
    public const string Name = "registry";

    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddStrings(typeof(RegistryRoom).Assembly);
        return services;
    }

    /// <summary>Pages, texts and navigation; <see cref="AddRegistry"/> brings what they call.</summary>
    public static IServiceCollection AddRegistryPages(this IServiceCollection services) => services
        .AddRoom(typeof(RegistryRoom).Assembly, new NavItem("statistics.nav", "/statistics", 96, a => a.SignedIn))
        .AddScoped<IRoomFigures, StatisticsFigures>();

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(RegistryRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static Task Start(IServiceProvider services, CancellationToken ct) => Task.CompletedTask;

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapRegistry(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        StatisticsApi.Map(api);
    }
}
