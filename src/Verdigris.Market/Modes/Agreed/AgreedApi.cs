using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Book;
using Verdigris.Market.Api;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Modes.Agreed;

/// <summary>Trades agreed outside the book.</summary>
static class AgreedApi
{
    /// <param name="Effect">Futures and options: whether the confirming account opens or closes.</param>
    sealed record ConfirmBody(PositionEffect Effect = PositionEffect.Open);

    sealed record DeclineBody(string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/agreed").WithTags("Market trading");
        g.MapGet("", async (HttpContext http, DbSession s, AgreedDesk h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (state, limit) = (q.Word<AgreedState>("state"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, state, q.Text("series"), q.Text("waiting") == "true", q.Text("cursor"), limit, ct));
            }).WithName("ListAgreedTrades").WithSummary("Own trades agreed outside the book, of either side; all of them for the exchange")
            .WithQuery([new("state", "Reported, Confirmed, Settled, Declined, Withdrawn, Expired, Refused, TakenBack", "Reported"), new("series", "One series alone", "ICE.EUA:2026-12"), new("waiting", "true: only what the own organisation has still to confirm", "true"), .. MemberApi.Paging.Skip(1)]).Produces<Page<AgreedTrade>>();
        g.MapPost("", (HttpContext http, DbSession s, AgreedDesk h, CancellationToken ct) => ApiReplies.Made<NewAgreedTrade, AgreedTrade>(http, b => h.Report(s, b, ct), a => $"/api/v1/market/agreed/{a.Id}", ct))
            .WithName("ReportAgreedTrade").WithSummary("Report a block, an exchange for physical or for swap, or a trade agreed over the counter; the other side confirms").Accepts<NewAgreedTrade>("application/json").Produces<AgreedTrade>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, AgreedDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetAgreedTrade").WithSummary("A trade agreed outside the book").Produces<AgreedTrade>();
        g.MapPost("/{id:guid}/confirmation", (HttpContext http, DbSession s, AgreedDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply<ConfirmBody, AgreedTrade>(http, b => h.Confirm(s, id, b.Effect, ct), ct))
            .WithName("ConfirmAgreedTrade").WithSummary("Confirm as the other side; it is settled at once").Accepts<ConfirmBody>("application/json").Produces<AgreedTrade>();
        g.MapPost("/{id:guid}/refusal", (HttpContext http, DbSession s, AgreedDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply<DeclineBody, AgreedTrade>(http, b => h.Decline(s, id, b.Reason, ct), ct))
            .WithName("DeclineAgreedTrade").WithSummary("Decline as the other side, with the reason").Accepts<DeclineBody>("application/json").Produces<AgreedTrade>();
        g.MapDelete("/{id:guid}", async (HttpContext http, DbSession s, AgreedDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Withdraw(s, id, ct))).WithName("WithdrawAgreedTrade").WithSummary("Take an own report back before it is confirmed").Produces<AgreedTrade>();
    }
}
