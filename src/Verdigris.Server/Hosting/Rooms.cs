using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>The rooms this server has, in one place: a new room is added here and nowhere else.</summary>
static class Rooms
{
    public static void Add(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(_ => RulePacks.Locate());
        services.AddPassport(new PassportOptions(Path.Combine(options.DataFolder, "keys")));
        services.AddPassportPages();
    }

    public static Task ApplySchema(Database database, CancellationToken ct) => PassportRoom.ApplySchema(database, ct);

    /// <summary>What the rooms need from the Book and the database before the first request; safe to repeat.</summary>
    public static Task Start(IServiceProvider services, CancellationToken ct) => PassportRoom.Start(services, ct);

    public static void Map(IEndpointRouteBuilder app) => app.MapPassport();

    /// <summary>Makes the rooms' demo once, and answers the people who get sign-ins in it.</summary>
    public static Task<IReadOnlyList<DemoPerson>> SeedDemo(IServiceProvider services, Action<string> say, CancellationToken ct) => PassportRoom.SeedDemo(services, say, ct);

    /// <summary>How values look in every API: times ISO 8601, enumerations by name.</summary>
    public static void ConfigureJson(JsonSerializerOptions json)
    {
        foreach (var converter in StorageJson.Options.Converters) json.Converters.Add(converter);
    }
}
