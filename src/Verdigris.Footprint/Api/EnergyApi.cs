using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <summary>Energy certificates of facilities, held and cancelled in the Book.</summary>
static class EnergyApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/footprint").WithTags("Footprint");
        g.MapGet("/facilities/{id:guid}/energy-certificates", async (HttpContext http, DbSession s, EnergyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.OfFacility(s, id, ct))).WithName("ListEnergyCertificates").WithSummary("Energy certificates of a facility, newest first").Produces<IReadOnlyList<EnergyBlock>>();
        g.MapPost("/facilities/{id:guid}/energy-certificates", (HttpContext http, DbSession s, EnergyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewEnergyBlock, EnergyBlock>(http, b => h.Register(s, id, b, ct), b => $"/api/v1/footprint/facilities/{id}/energy-certificates", ct))
            .WithName("RegisterEnergyCertificates").WithSummary("Register a block of certificates of 1 MWh each; a number registered before is refused with that block's id (producer's editor)").Accepts<NewEnergyBlock>("application/json").Produces<EnergyBlock>(201);
        g.MapPost("/energy-certificates/{id:guid}/cancellations", (HttpContext http, DbSession s, EnergyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewEnergyUse, EnergyUse>(http, b => h.Cancel(s, id, b, ct), u => $"/api/v1/footprint/facilities/{u.FacilityId}/energy-cancellations", ct))
            .WithName("CancelEnergyCertificates").WithSummary("Cancel numbers of a block for an open report's period, for good; what was used before is refused with the id of that use (producer's approver)").Accepts<NewEnergyUse>("application/json").Produces<EnergyUse>(201);
        g.MapGet("/facilities/{id:guid}/energy-cancellations", async (HttpContext http, DbSession s, EnergyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.UsesOf(s, id, ct))).WithName("ListEnergyCancellations").WithSummary("What a facility cancelled, newest first").Produces<IReadOnlyList<EnergyUse>>();
    }
}
