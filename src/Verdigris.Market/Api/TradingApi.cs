using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Series opened for trading, and orders over HTTP and over a socket.</summary>
static class TradingApi
{
    sealed record ReferenceBody(decimal Reference);

    sealed record StandingBody(bool Active);

    /// <param name="Reference">For series that have no price of their own or of a neighbouring month; may be left out where all have one.</param>
    sealed record PendingBody(decimal? Reference = null);

    sealed record SuspendBody(bool Suspended, string? Reason);

    /// <param name="Account">Code of a trading account; null: the organisation's only one.</param>
    /// <param name="Quantity">In units of the contract, a whole number of lots.</param>
    /// <param name="Price">The limit; of a market or stop order the worst price.</param>
    /// <param name="Display">Shown at a time by an iceberg.</param>
    /// <param name="Minimum">Immediate-or-cancel: so much at once or nothing.</param>
    /// <param name="ClientId">The sender's own id of the order; the same again has effect once.</param>
    internal sealed record OrderBody(string Series, Side Side, decimal Quantity, decimal? Price = null, OrderType Type = OrderType.Limit, TimeInForce TimeInForce = TimeInForce.Day, PositionEffect Effect = PositionEffect.Open, decimal? StopPrice = null, decimal? Display = null, decimal? Minimum = null,
        bool PostOnly = false, Instant? ExpiresAt = null, string? Account = null, Guid? ClientId = null);

    /// <param name="Quantity">The whole quantity, what was traded of it included.</param>
    /// <param name="Price">Null leaves it.</param>
    /// <param name="StopPrice">Of a stop that still waits; null leaves it.</param>
    internal sealed record ChangeBody(decimal Quantity, decimal? Price, Guid? ClientId = null, decimal? StopPrice = null);

    /// <param name="Side">None: both.</param>
    internal sealed record CancelAllBody(string? Account, string? Series, Side Side = Side.None);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market").WithTags("Market trading");
        g.MapGet("/instruments", async (HttpContext http, InstrumentList list, CancellationToken ct) => ApiReplies.Reply(http, await list.All(ct))).WithName("ListInstruments").WithSummary("Series that were opened for trading").AllowAnonymous().Produces<IReadOnlyList<Instrument>>();
        g.MapPost("/instruments", (HttpContext http, DbSession s, Listing h, CancellationToken ct) => ApiReplies.Made<NewInstrument, Instrument>(http, b => h.Open(s, b, ct), i => $"/api/v1/market/instruments/{i.Series}", ct))
            .WithName("OpenInstrument").WithSummary("Open a listed series for trading (market operator)").Accepts<NewInstrument>("application/json").Produces<Instrument>(201);
        g.MapPut("/instruments/{series}/reference", (HttpContext http, DbSession s, Listing h, string series, CancellationToken ct) => ApiReplies.Reply<ReferenceBody, Instrument>(http, b => h.SetReference(s, series, b.Reference, ct), ct))
            .WithName("SetReferencePrice").WithSummary("Price today's limits and margins are counted from").Accepts<ReferenceBody>("application/json").Produces<Instrument>();
        g.MapPost("/instruments/{series}/suspension", (HttpContext http, DbSession s, Listing h, string series, CancellationToken ct) => ApiReplies.Reply<SuspendBody, Instrument>(http, b => h.Suspend(s, series, b.Suspended, b.Reason, ct), ct))
            .WithName("SuspendInstrument").WithSummary("Stop trading in a series or let it go on, with the reason").Accepts<SuspendBody>("application/json").Produces<Instrument>();
        g.MapGet("/chains/{series}", async (HttpContext http, DbSession s, OptionChains h, string series, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, series, ct)))
            .WithName("GetOptionChain").WithSummary("Options of a month by exercise price, with the best prices now (public)").AllowAnonymous().Produces<OptionChain>();
        g.MapGet("/listings", async (HttpContext http, DbSession s, StandingListings h, CancellationToken ct) => Allow.Role(s.Actor, Role.MarketOperator) is { } no ? Replies.Refused([no]) : ApiReplies.Reply(http, await h.All(s, ct)))
            .WithName("ListStandingListings").WithSummary("Contracts whose listed series are kept open (market operator)").Produces<IReadOnlyList<StandingListing>>();
        g.MapGet("/listings/pending", async (HttpContext http, DbSession s, StandingListings h, CancellationToken ct) => Allow.Role(s.Actor, Role.MarketOperator) is { } no ? Replies.Refused([no]) : ApiReplies.Reply(http, await h.Pending(s, ct)))
            .WithName("ListPendingSeries").WithSummary("Listed series of those contracts that are not open yet, and why (market operator)").Produces<IReadOnlyList<PendingSeries>>();
        g.MapPut("/listings/{contract}", (HttpContext http, DbSession s, StandingListings h, string contract, CancellationToken ct) => ApiReplies.Reply<StandingBody, StandingListing>(http, b => h.Instruct(s, contract, b.Active, ct), ct))
            .WithName("InstructListing").WithSummary("Keep every listed series of a contract open, or take the instruction back").Accepts<StandingBody>("application/json").Produces<StandingListing>();
        g.MapPost("/listings/{contract}/open", (HttpContext http, DbSession s, StandingListings h, string contract, CancellationToken ct) => ApiReplies.Reply<PendingBody, OpenedSeries>(http, b => h.OpenPending(s, contract, b.Reference, ct), ct))
            .WithName("OpenPendingSeries").WithSummary("Open what waits of a contract, at this price where none is known").Accepts<PendingBody>("application/json").Produces<OpenedSeries>();
        g.MapGet("/orders", async (HttpContext http, DbSession s, OrderDesk h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                return ApiReplies.Reply(http, await h.Live(s, q.Text("account"), q.Text("series"), ct));
            }).WithName("ListLiveOrders").WithSummary("Live orders of an account").WithQuery(new QueryParameter("account", "Code of a trading account", "M00001"), new QueryParameter("series", "One series alone", "EEX.EUA.SPOT")).Produces<IReadOnlyList<StandingOrder>>();
        g.MapGet("/orders/history", async (HttpContext http, DbSession s, OrderHistory h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var limit = q.Whole("limit") ?? 50;
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, q.Text("account"), q.Text("series"), q.Text("cursor"), limit, ct));
            }).WithName("ListOrders").WithSummary("Own orders with what became of them, the newest first").WithQuery([new("account", "Code of a trading account", "M00001"), new("series", "One series alone", "EEX.EUA.SPOT"), .. MemberApi.Paging.Skip(1)]).Produces<Page<OrderRow>>();
        g.MapPost("/orders", (HttpContext http, DbSession s, OrderDesk h, CancellationToken ct) => ApiReplies.Made<OrderBody, DeskResult>(http, b => h.Enter(s, Order(b, s.Actor, 0, s), ct), r => $"/api/v1/market/orders/{r.Order}", ct))
            .WithName("EnterOrder").WithSummary("Enter an order; answered when it, its collateral and its trades are durable").Accepts<OrderBody>("application/json").Produces<DeskResult>(201);
        g.MapPut("/orders/{order:long}", (HttpContext http, DbSession s, OrderDesk h, long order, CancellationToken ct) => ApiReplies.Reply<ChangeBody, DeskResult>(http, b => h.Replace(s, Change(b, order, s), ct), ct))
            .WithName("ChangeOrder").WithSummary("Another quantity or price, of a waiting stop another stop price; a smaller quantity at the same price keeps its place").Accepts<ChangeBody>("application/json").Produces<DeskResult>();
        g.MapDelete("/orders/{order:long}", async (HttpContext http, DbSession s, OrderDesk h, long order, CancellationToken ct) => ApiReplies.Reply(http, await h.Cancel(s, BookId.From(s.NewId()), order, ct))).WithName("CancelOrder").WithSummary("Cancel a live order").Produces<DeskResult>();
        g.MapPost("/orders/cancel", (HttpContext http, DbSession s, OrderDesk h, CancellationToken ct) => ApiReplies.Reply<CancelAllBody, DeskResult>(http, b => h.CancelAll(s, b.Account, b.Series, b.Side, ct), ct))
            .WithName("CancelOrders").WithSummary("Cancel all live orders of an account, of one series and side or of all").Accepts<CancelAllBody>("application/json").Produces<DeskResult>();
        g.MapGet("/orders/socket", OrderSocket.Serve).WithMetadata(new ActsByGet()).WithName("OrderSocket").WithSummary("Orders as text messages over a WebSocket, with answers and reports; what came by it is cancelled when it breaks (cancel=off keeps it)").Produces<string>(200, "application/octet-stream").Produces<Problem>(StatusCodes.Status426UpgradeRequired, Replies.ProblemMime);
    }

    internal static DeskOrder Order(OrderBody b, Actor actor, long session, DbSession s)
    {
        var client = b.ClientId ?? s.NewId();
        return new()
        {
            // The sender's id decides: the same order sent again is the same line.
            Id = BookDefinitions.IdOf($"market/order/{actor.OrganisationId}/{client}"),
            ClientId = BookId.From(client),
            Session = session,
            Account = b.Account,
            Symbol = b.Series,
            Side = b.Side,
            Type = b.Type,
            TimeInForce = b.TimeInForce,
            Effect = b.Effect,
            Flags = b.PostOnly ? OrderFlags.PostOnly : OrderFlags.None,
            Quantity = b.Quantity,
            Price = b.Price,
            StopPrice = b.StopPrice,
            Display = b.Display,
            Minimum = b.Minimum,
            ExpiresAt = b.ExpiresAt,
        };
    }

    internal static DeskReplacement Change(ChangeBody b, long order, DbSession s)
    {
        var client = b.ClientId ?? s.NewId();
        return new(BookDefinitions.IdOf($"market/change/{s.Actor.OrganisationId}/{client}"), BookId.From(client), 0, order, b.Quantity, b.Price, b.StopPrice);
    }
}
