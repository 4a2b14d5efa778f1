using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam;

/// <summary>The only door of the room: the European border measure (Regulation (EU) 2023/956).</summary>
public static class CbamRoom
{
    public const string Name = "cbam";

    public static IServiceCollection AddCbam(this IServiceCollection services) => services.AddStrings(typeof(CbamRoom).Assembly);

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(CbamRoom).Assembly, ct);

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapCbam(this IEndpointRouteBuilder app)
    {
    }
}
