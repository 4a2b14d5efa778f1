using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Verdigris.Passport.Organisations;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>The rooms this server has, in one place: a new room is added here and nowhere else.</summary>
static class Rooms
{
    public static void Add(IServiceCollection services)
    {
        services.TryAddSingleton<OrganisationHandlers>();
    }

    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, "passport", typeof(OrganisationHandlers).Assembly, ct);

    public static void Map(IEndpointRouteBuilder app)
    {
    }

    /// <summary>How values look in every API: times ISO 8601, enumerations by name.</summary>
    public static void ConfigureJson(JsonSerializerOptions json)
    {
        foreach (var converter in StorageJson.Options.Converters) json.Converters.Add(converter);
    }
}
