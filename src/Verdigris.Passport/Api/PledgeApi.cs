using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <summary>The register of pledges, for lenders.</summary>
static class PledgeApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/pledge-register").WithTags("Pledge register");
        g.MapGet("", async (HttpContext http, DbSession s, PledgeRegister h, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, cursor, limit ?? 50, ct))).WithName("ListPledges").WithSummary("Own pledges, newest first (lender)").Produces<Page<PledgeEntry>>();
        g.MapPost("", (HttpContext http, DbSession s, PledgeRegister h, CancellationToken ct) => ApiReplies.Made<NewPledge, PledgeRegistered>(http, b => h.Register(s, b, ct), _ => "/api/v1/pledge-register", ct))
            .WithName("RegisterPledge").WithSummary("Enter a pledge of stock outside the Book; tells at once of others (lender)").Accepts<NewPledge>("application/json").Produces<PledgeRegistered>(201);
        g.MapPost("/ask", (HttpContext http, DbSession s, PledgeRegister h, CancellationToken ct) => ApiReplies.Reply<LotIdentity, PledgeAnswer>(http, b => h.Ask(s, b, ct), ct))
            .WithName("AskPledgeRegister").WithSummary("Does this very lot stand pledged to another lender? Yes or no, and since when; limited by the hour (lender)").Accepts<LotIdentity>("application/json").Produces<PledgeAnswer>();
        g.MapGet("/alerts", async (HttpContext http, DbSession s, PledgeRegister h, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.Alerts(s, cursor, limit ?? 50, ct))).WithName("ListPledgeAlerts").WithSummary("Own pledges that share metal with another lender's (lender)").Produces<Page<PledgeAlert>>();
        g.MapPost("/{id:guid}/release", async (HttpContext http, DbSession s, PledgeRegister h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Release(s, id, ct))).WithName("ReleaseRegisteredPledge").WithSummary("Let stock outside the Book go (lender)").Produces<PledgeEntry>();
    }
}
