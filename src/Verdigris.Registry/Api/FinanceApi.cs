using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>Finance on holdings: term sheets, what is done about them, and the prices they are watched by.</summary>
static class FinanceApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/finance").WithTags("Finance on holdings");
        g.MapGet("/deals", async (HttpContext http, DbSession s, DealHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new DealFilter(q.Text("scheme"), q.Word<DealKind>("kind"), q.Word<DealState>("state"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListDeals").WithSummary("Deals of own accounts, or all of the schemes one administers")
            .WithQuery([new("scheme", "Code of a scheme", "eu-ets"), new("kind", string.Join(", ", Enum.GetNames<DealKind>()), "Repo"), new("state", string.Join(", ", Enum.GetNames<DealState>()), "Open"), .. AccountApi.Paging]).Produces<Page<Deal>>();
        g.MapPost("/deals", (HttpContext http, DbSession s, DealHandlers h, CancellationToken ct) => ApiReplies.Made<NewDeal, DealView>(http, b => h.Propose(s, b, ct), d => $"/api/v1/finance/deals/{d.Deal.Id}", ct))
            .WithName("ProposeDeal").WithSummary("Write a term sheet; another representative of the account lets it go out").Accepts<NewDeal>("application/json").Produces<DealView>(201);
        g.MapGet("/deals/{id:guid}", async (HttpContext http, DbSession s, DealHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetDeal").WithSummary("A deal: terms, money, steps, and how the units stand against what is owed").Produces<DealView>();
        g.MapPost("/deals/{id:guid}/steps", (HttpContext http, DbSession s, DealHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<NewStep, DealView>(http, b => h.Act(s, id, b, ct), ct))
            .WithName("ActOnDeal").WithSummary("Do something about a deal, or ask the second person of the side to").Accepts<NewStep>("application/json").Produces<DealView>();
        g.MapGet("/prices", async (HttpContext http, DbSession s, DealHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.Prices(s, new QueryWords(http).Text("scheme"), ct))).WithName("ListUnitPrices").WithSummary("Prices of units as administrators published them, newest first")
            .WithQuery(new QueryParameter("scheme", "Code of a scheme", "eu-ets")).Produces<IReadOnlyList<UnitPrice>>();
        g.MapPost("/prices", (HttpContext http, DbSession s, DealHandlers h, CancellationToken ct) => ApiReplies.Made<UnitPrice, UnitPrice>(http, b => h.Publish(s, b, ct), p => $"/api/v1/finance/prices?scheme={p.Scheme}", ct))
            .WithName("PublishUnitPrice").WithSummary("Publish what a unit is worth on a day (officer of the scheme's administrator)").Accepts<UnitPrice>("application/json").Produces<UnitPrice>(201);
    }
}
