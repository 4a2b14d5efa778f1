using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Warehousing.Campaigns;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <summary>Re-inspections of warranted metal.</summary>
static class CampaignApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("").WithTags("Re-inspections");
        g.MapGet("/campaigns", async (HttpContext http, DbSession s, CampaignHandlers h, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, cursor, limit ?? 50, ct))).WithName("ListCampaigns").WithSummary("Re-inspections with their progress (public)").Produces<Page<CampaignProgress>>();
        g.MapPost("/campaigns", (HttpContext http, DbSession s, CampaignHandlers h, CancellationToken ct) => ApiReplies.Made<NewCampaign, CampaignView>(http, b => h.Order(s, b, ct), v => $"/api/v1/campaigns/{v.Progress.Campaign.Id}", ct))
            .WithName("OrderCampaign").WithSummary("Order a re-inspection of the live warrants of a selection (exchange)").Accepts<NewCampaign>("application/json").Produces<CampaignView>(201);
        g.MapGet("/campaigns/{id:guid}", async (HttpContext http, DbSession s, CampaignHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCampaign").WithSummary("Progress for everybody; items for the exchange, and for a warehouse its own").Produces<CampaignView>();
        g.MapPost("/campaigns/{id:guid}/close", async (HttpContext http, DbSession s, CampaignHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Close(s, id, ct))).WithName("CloseCampaign").WithSummary("End a re-inspection in which nothing is open (exchange)").Produces<CampaignView>();
        g.MapGet("/campaign-items/{id:guid}", async (HttpContext http, DbSession s, CampaignHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.ReadItem(s, id, ct))).WithName("GetCampaignItem").WithSummary("A lot to be inspected (exchange, its warehouse)").Produces<CampaignItem>();
        g.MapPost("/campaign-items/{id:guid}/inspection", (HttpContext http, DbSession s, CampaignHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<Inspection, CampaignItem>(http, b => h.Inspect(s, id, b, ct), ct))
            .WithName("InspectCampaignItem").WithSummary("Write down what was found, once; evidence must be attached (warehouse)").Accepts<Inspection>("application/json").Produces<CampaignItem>();
        g.MapGet("/campaign-items/{id:guid}/files", async (HttpContext http, DbSession s, CampaignHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Files(s, id, ct))).WithName("ListCampaignFiles").WithSummary("Evidence of an inspection").Produces<IReadOnlyList<AttachedFile>>();
        g.MapPost("/campaign-items/{id:guid}/files", async (HttpContext http, DbSession s, CampaignHandlers h, Guid id, string? name, CancellationToken ct) => ApiReplies.Made(await h.AddFile(s, id, name, http.Request.Body, ct), f => $"/api/v1/campaign-items/{id}/files/{f.Id}"))
            .WithName("AddCampaignFile").WithSummary("Attach evidence: name=FILE, the content as the body (warehouse)").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<AttachedFile>(201);
        g.MapGet("/campaign-items/{id:guid}/files/{file:guid}", async (HttpContext http, DbSession s, CampaignHandlers h, Guid id, Guid file, CancellationToken ct) => ApiReplies.Saved(http, await h.OpenFile(s, id, file, ct))).WithName("GetCampaignFile").WithSummary("The content of a file").Produces<string>(200, "application/octet-stream");
    }
}
