using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.PlantMap;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <summary>A point as GeoJSON has it (RFC 7946): longitude, then latitude, in degrees.</summary>
sealed record PointGeometry(string Type, IReadOnlyList<decimal> Coordinates);

sealed record PlantFeature(string Type, Guid Id, PointGeometry Geometry, MappedPlant Properties);

sealed record PlantFeatures(string Type, IReadOnlyList<PlantFeature> Features);

static class PlantMapApi
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/plants/map", async (HttpContext http, DbSession s, PlantMapHandlers h, string? metal, bool? published, CancellationToken ct) =>
                ApiReplies.Reply(http, new PlantFeatures("FeatureCollection", [.. (await h.Read(s, new(metal, published), ct)).Plants.Select(p => new PlantFeature("Feature", p.Id, new("Point", [p.LongitudeDeg, p.LatitudeDeg]), p))])))
            .WithName("GetPlantMap").WithSummary("Plants whose place is known, as GeoJSON: listed brands and published climate figures (public)").Produces<PlantFeatures>().WithTags("Organisations");
}
