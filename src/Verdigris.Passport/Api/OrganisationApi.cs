using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

static class OrganisationApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/organisations", List).WithName("ListOrganisations").WithSummary("Organisations").Produces<Page<Organisation>>().WithTags("Organisations");
        api.MapPost("/organisations", Create).WithName("CreateOrganisation").WithSummary("Take an organisation in (exchange)").Accepts<NewOrganisation>("application/json").Produces<Organisation>(201).WithTags("Organisations");
        api.MapGet("/organisations/{id:guid}", Get).WithName("GetOrganisation").WithSummary("One organisation").Produces<Organisation>().WithTags("Organisations");
        api.MapGet("/plants", Plants).WithName("ListPlants").WithSummary("Plants of an organisation").Produces<List<Plant>>().WithTags("Organisations");
        api.MapPost("/plants", AddPlant).WithName("AddPlant").WithSummary("Add a plant").Accepts<NewPlant>("application/json").Produces<Plant>(201).WithTags("Organisations");
        api.MapGet("/plants/{id:guid}/keys", Keys).WithName("ListPlantKeys").WithSummary("Public keys of a plant, newest first").Produces<List<PlantKey>>().WithTags("Organisations");
        api.MapPost("/plants/{id:guid}/keys", Rotate).WithName("RotatePlantKey").WithSummary("A new key for a plant: kept by the platform, or the public half of the producer's own").Produces<PlantKey>(201).WithTags("Organisations");
        api.MapPost("/keys/{kid}/revoke", Revoke).WithName("RevokePlantKey").WithSummary("Revoke a key").Accepts<ReasonBody>("application/json").Produces<PlantKey>().WithTags("Organisations");
        api.MapGet("/warehouses", Warehouses).WithName("ListWarehouses").WithSummary("Warehouse units").Produces<List<Warehouse>>().WithTags("Organisations");
        api.MapPost("/warehouses", AddWarehouse).WithName("AddWarehouse").WithSummary("List a warehouse unit (exchange)").Accepts<NewWarehouse>("application/json").Produces<Warehouse>(201).WithTags("Organisations");
    }

    static async Task<IResult> List(HttpContext http, DbSession s, OrganisationRegister h, string? q, string? kind, string? sort, string? cursor, int? limit, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Replies.Refused(Refusal.Forbidden("access.sign-in-needed"));
        OrganisationKind? wanted = null;
        if (kind is not null)
        {
            if (!Enum.TryParse<OrganisationKind>(kind, ignoreCase: true, out var known)) return Replies.Refused(Refusal.Of("organisation.kind-unknown", "kind", ("given", kind)));
            wanted = known;
        }
        return ApiReplies.Reply(http, await h.List(s, new(q, wanted, sort, cursor, limit ?? 50), ct));
    }

    static async Task<IResult> Create(HttpContext http, DbSession s, OrganisationHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<NewOrganisation>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Create(s, body.Value with { Id = null }, ct), o => $"/api/v1/organisations/{o.Id}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Get(HttpContext http, DbSession s, OrganisationHandlers h, Guid id, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Replies.Refused(Refusal.Forbidden("access.sign-in-needed"));
        return await h.Find(s, id, ct) is { } known ? ApiReplies.Reply(http, known) : Replies.Refused(Refusal.NotFound("organisation.unknown", "id"));
    }

    static async Task<IResult> Plants(HttpContext http, DbSession s, OrganisationHandlers h, Guid? organisation, CancellationToken ct) =>
        s.Actor.SignedIn ? ApiReplies.Reply(http, await h.Plants(s, organisation, ct)) : Replies.Refused(Refusal.Forbidden("access.sign-in-needed"));

    static async Task<IResult> AddPlant(HttpContext http, DbSession s, OrganisationHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<NewPlant>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.AddPlant(s, body.Value with { Id = null }, ct), p => $"/api/v1/plants?organisation={p.OrganisationId}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Keys(HttpContext http, DbSession s, PlantKeys keys, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await keys.OfPlant(s, id, ct));

    static async Task<IResult> Rotate(HttpContext http, DbSession s, PlantKeys keys, Guid id, CancellationToken ct)
    {
        PublicJwk? own = null;
        if (http.Request.ContentLength is > 0)
        {
            var body = await ApiReplies.Body<PublicJwk>(http.Request, ct);
            if (!body.Ok) return Replies.Refused([.. body.Refusals]);
            own = body.Value;
        }
        return ApiReplies.Made(await keys.Rotate(s, id, own, ct), _ => $"/api/v1/plants/{id}/keys");
    }

    static async Task<IResult> Revoke(HttpContext http, DbSession s, PlantKeys keys, string kid, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ReasonBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await keys.Revoke(s, kid, body.Value.Reason ?? "", ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Warehouses(HttpContext http, DbSession s, OrganisationHandlers h, Guid? organisation, CancellationToken ct) =>
        s.Actor.SignedIn ? ApiReplies.Reply(http, await h.Warehouses(s, organisation, ct)) : Replies.Refused(Refusal.Forbidden("access.sign-in-needed"));

    static async Task<IResult> AddWarehouse(HttpContext http, DbSession s, OrganisationHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<NewWarehouse>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.AddWarehouse(s, body.Value with { Id = null }, ct), w => $"/api/v1/warehouses?organisation={w.OrganisationId}") : Replies.Refused([.. body.Refusals]);
    }
}
