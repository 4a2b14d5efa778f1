using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Market.Trading;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Modes.Supervision;

/// <summary>Supervision of trading: state of the series, interruptions, kill switches, trades taken back, the log.</summary>
static class SupervisionApi
{
    sealed record InterruptionBody(string Series, string? Reason);

    /// <param name="Halted">False: trading goes on.</param>
    sealed record HaltBody(string Series, bool Halted, string? Reason);

    /// <param name="Account">Code of the account whose orders end.</param>
    sealed record OrdersBody(string Account, string? Reason);

    /// <param name="Reason">Why it may be released.</param>
    sealed record ReleaseBody(string? Reason);

    /// <param name="Trade">The floor's number of the trade.</param>
    sealed record BustBody(long Trade, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/supervision").WithTags("Market supervision");
        g.MapGet("/series", async (HttpContext http, DbSession s, SupervisionDesk h, CancellationToken ct) => ApiReplies.Reply(http, await h.States(s, ct))).WithName("ListSeriesStates").WithSummary("Phase, interruption, bands and limits of every series").Produces<IReadOnlyList<SeriesState>>();
        g.MapPost("/interruptions", (HttpContext http, DbSession s, SupervisionDesk h, CancellationToken ct) => ApiReplies.Reply<InterruptionBody, SeriesState>(http, b => h.Interrupt(s, b.Series, b.Reason, ct), ct))
            .WithName("InterruptSeries").WithSummary("Interrupt continuous trading for the contract's time, with the reason (market operator)").Accepts<InterruptionBody>("application/json").Produces<SeriesState>();
        g.MapPost("/halts", (HttpContext http, DbSession s, SupervisionDesk h, CancellationToken ct) => ApiReplies.Reply<HaltBody, Instrument>(http, b => h.Halt(s, b.Series, b.Halted, b.Reason, ct), ct))
            .WithName("HaltSeries").WithSummary("Halt a series or let it go on, with the reason (market operator)").Accepts<HaltBody>("application/json").Produces<Instrument>();
        g.MapPost("/orders/cancel", (HttpContext http, DbSession s, SupervisionDesk h, CancellationToken ct) => ApiReplies.Reply<OrdersBody, DeskResult>(http, b => h.CancelOrders(s, b.Account, b.Reason, ct), ct))
            .WithName("CancelOrdersOfAccount").WithSummary("End all live orders of an account, with the reason").Accepts<OrdersBody>("application/json").Produces<DeskResult>();
        g.MapGet("/kills", async (HttpContext http, DbSession s, KillSwitch h, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<TradingKill>)await h.List(s, ct))).WithName("ListKills").WithSummary("Kill switches, own or for the exchange all").Produces<IReadOnlyList<TradingKill>>();
        g.MapPost("/kills", (HttpContext http, DbSession s, KillSwitch h, CancellationToken ct) => ApiReplies.Made<NewKill, TradingKill>(http, b => h.Pull(s, b, ct), _ => "/api/v1/market/supervision/kills", ct))
            .WithName("PullKillSwitch").WithSummary("End the orders of a member, an account or a FIX session and take nothing new, with the reason").Accepts<NewKill>("application/json").Produces<TradingKill>(201);
        g.MapPost("/kills/{id:guid}/release", (HttpContext http, DbSession s, KillSwitch h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReleaseBody, TradingKill>(http, b => h.Release(s, id, b.Reason, ct), ct))
            .WithName("ReleaseKillSwitch").WithSummary("Ask for the release; another person of the same side decides in the inbox").Accepts<ReleaseBody>("application/json").Produces<TradingKill>();
        g.MapGet("/busts", async (HttpContext http, DbSession s, BustDesk h, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<TradeBust>)await h.List(s, ct))).WithName("ListBusts").WithSummary("Trades taken back, own or for the exchange all").Produces<IReadOnlyList<TradeBust>>();
        g.MapPost("/busts", (HttpContext http, DbSession s, BustDesk h, CancellationToken ct) => ApiReplies.Made<BustBody, TradeBust>(http, b => h.Propose(s, b.Trade, b.Reason, ct), _ => "/api/v1/market/supervision/busts", ct))
            .WithName("ProposeBust").WithSummary("Propose to take a trade back (market operator); another decides in the inbox").Accepts<BustBody>("application/json").Produces<TradeBust>(201);
        g.MapGet("/log", async (HttpContext http, DbSession s, SupervisionDesk h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (before, limit) = (q.Whole("before"), q.Whole("limit") ?? 100);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, (IReadOnlyList<SupervisionEntry>)await h.Log(s, before, limit, ct));
            }).WithName("ListSupervisionLog").WithSummary("Who did what to whom and why, the newest first").WithQuery([new("before", "Number of the entry before which to go on", "120"), new("limit", "1 to 500", "100")]).Produces<IReadOnlyList<SupervisionEntry>>();
    }
}
