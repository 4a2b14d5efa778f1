using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Clearing.Api;

/// <summary>Deliveries and how failed ones are made good.</summary>
static class DeliveryApi
{
    sealed record GivenUnitsBody(IReadOnlyList<UnitsWanted> Units)
    {
        public IReadOnlyList<UnitsWanted> Units { get; set => field = value ?? []; } = Units ?? [];
    }

    sealed record GivenWarrantsBody(IReadOnlyList<Guid> Warrants)
    {
        public IReadOnlyList<Guid> Warrants { get; set => field = value ?? []; } = Warrants ?? [];
    }

    sealed record BuyInBody(decimal Price, string? Substitute, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/deliveries").WithTags("Clearing");
        g.MapGet("", async (HttpContext http, DbSession s, DeliveryDesk h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (state, series) = (q.Word<DeliveryState>("state"), q.Text("series"));
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, (IReadOnlyList<Delivery>)await h.List(s, state, series, ct));
            }).WithName("ListDeliveries").WithSummary("Own deliveries; all of them for the exchange").WithQuery([new("state", "Made, Due, Sent, Settled, Failed, BoughtIn, CashSettled", "Due"), new("series", "Code of a series", "ICE.EUA:2026-12")]).Produces<IReadOnlyList<Delivery>>();
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, DeliveryDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetDelivery").WithSummary("A delivery, with what the seller could give").Produces<DeliveryView>();
        g.MapPost("/{id:guid}/units", (HttpContext http, DbSession s, DeliveryDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply<GivenUnitsBody, Delivery>(http, b => h.Deliver(s, id, b.Units, ct), ct))
            .WithName("DeliverUnits").WithSummary("Give units against payment; without any named, the oldest that are good delivery").Accepts<GivenUnitsBody>("application/json").Produces<Delivery>();
        g.MapPost("/{id:guid}/warrants", (HttpContext http, DbSession s, DeliveryDesk desk, WarrantDelivery h, PositionBook positions, Guid id, CancellationToken ct) => ApiReplies.Reply<GivenWarrantsBody, Delivery>(http, b => h.Deliver(s, desk, positions, id, b.Warrants, ct), ct))
            .WithName("DeliverWarrants").WithSummary("Give warrants against payment, one a lot").Accepts<GivenWarrantsBody>("application/json").Produces<Delivery>();
        g.MapPost("/{id:guid}/buy-ins", (HttpContext http, DbSession s, BuyIns h, Guid id, CancellationToken ct) => ApiReplies.Reply<BuyInBody, BuyIn>(http, b => h.Propose(s, id, b.Price, b.Substitute, b.Reason, ct), ct))
            .WithName("ProposeBuyIn").WithSummary("Propose how a failed delivery is made good (clearing); another decides in the inbox").Accepts<BuyInBody>("application/json").Produces<BuyIn>();
    }
}
