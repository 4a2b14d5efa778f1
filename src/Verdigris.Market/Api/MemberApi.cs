using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Membership, trading accounts and where their units lie.</summary>
static class MemberApi
{
    /// <param name="Clearing">Whether the member clears for itself.</param>
    sealed record MemberBody(bool Clearing);

    /// <param name="State">Refused, Suspended or Ended.</param>
    sealed record MemberStateBody(MemberState State, string? Reason);

    /// <param name="Reason">What changed.</param>
    sealed record EndBody(string? Reason);

    sealed record StopBody(bool Stopped, string? Reason);

    /// <param name="FullId">Printed id of an account of the kind market.</param>
    sealed record UnitsBody(string FullId);

    public static readonly QueryParameter[] Paging = [new("sort", "Column, with - before it for descending", "name"), new("cursor", "nextCursor of the page before", "WyJhIl0"), new("limit", "1 to 200", "50")];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market").WithTags("Market");
        g.MapGet("/members", async (HttpContext http, DbSession s, MemberHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var state = q.Word<MemberState>("state");
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, state, ct));
            }).WithName("ListMarketMembers").WithSummary("The own membership, or all of them for the exchange").WithQuery(new QueryParameter("state", "Applied, Active, Refused, Suspended, Ended", "Active")).Produces<IReadOnlyList<Member>>();
        g.MapPost("/members", (HttpContext http, DbSession s, MemberHandlers h, CancellationToken ct) => ApiReplies.Made<MemberBody, MemberView>(http, b => h.Apply(s, b.Clearing, ct), v => $"/api/v1/market/members/{v.Member.Id}", ct))
            .WithName("ApplyForMembership").WithSummary("Ask for membership (administrator or supervisor)").Accepts<MemberBody>("application/json").Produces<MemberView>(201);
        g.MapGet("/members/{id:guid}", async (HttpContext http, DbSession s, MemberHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetMarketMember").WithSummary("A membership with its papers and what is missing").Produces<MemberView>();
        g.MapPost("/members/{id:guid}/documents", async (HttpContext http, DbSession s, MemberHandlers h, Guid id, string? name, string? document, CancellationToken ct) => ApiReplies.Made(await h.AddDocument(s, id, document ?? "", name, http.Request.Body, ct), d => $"/api/v1/market/members/{id}/documents/{d.Id}"))
            .WithName("AddMemberDocument").WithSummary("Bring a paper: name=FILE, document=KIND; the content as the body").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<MemberDocument>(201);
        g.MapGet("/members/{id:guid}/documents/{document:guid}", async (HttpContext http, DbSession s, MemberHandlers h, Guid id, Guid document, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, document, ct))).WithName("GetMemberDocument").WithSummary("The content of a paper").Produces<string>(200, "application/octet-stream");
        g.MapPost("/members/{id:guid}/admission", async (HttpContext http, DbSession s, MemberHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Propose(s, id, ct)))
            .WithName("ProposeMembership").WithSummary("Propose an admission whose papers are complete (exchange); another decides in the inbox").Produces<MemberView>();
        g.MapPost("/members/{id:guid}/state", (HttpContext http, DbSession s, MemberHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<MemberStateBody, MemberView>(http, b => h.Set(s, id, b.State, b.Reason, ct), ct))
            .WithName("SetMemberState").WithSummary("Refuse, suspend or end, with the reason (exchange)").Accepts<MemberStateBody>("application/json").Produces<MemberView>();
        g.MapGet("/associations", async (HttpContext http, DbSession s, Associations h, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<Association>)await h.List(s, ct))).WithName("ListAssociations").WithSummary("Members that limits of bidders count as one: the own association, all for the exchange").Produces<IReadOnlyList<Association>>();
        g.MapPost("/associations", (HttpContext http, DbSession s, Associations h, CancellationToken ct) => ApiReplies.Made<NewAssociation, Association>(http, b => h.Propose(s, b, ct), _ => "/api/v1/market/associations", ct))
            .WithName("ProposeAssociation").WithSummary("Write down that members belong together, as they disclosed (market operator); another decides in the inbox").Accepts<NewAssociation>("application/json").Produces<Association>(201);
        g.MapPost("/associations/{id:guid}/end", (HttpContext http, DbSession s, Associations h, Guid id, CancellationToken ct) => ApiReplies.Reply<EndBody, Association>(http, b => h.ProposeEnd(s, id, b.Reason, ct), ct))
            .WithName("EndAssociation").WithSummary("Propose that members no longer belong together (market operator); another decides").Accepts<EndBody>("application/json").Produces<Association>();
        Accounts(g);
    }

    static void Accounts(RouteGroupBuilder g)
    {
        g.MapGet("/accounts", async (HttpContext http, DbSession s, TradingAccountHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var state = q.Word<TradingState>("state");
                var limit = q.Whole("limit") ?? 50;
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, state, q.Text("sort"), q.Text("cursor"), limit, ct));
            }).WithName("ListTradingAccounts").WithSummary("Own trading accounts; all of them for the exchange").WithQuery([new("state", "Pending, Open, Stopped, Closed", "Open"), .. Paging]).Produces<Page<TradingAccount>>();
        g.MapPost("/accounts", (HttpContext http, DbSession s, TradingAccountHandlers h, CancellationToken ct) => ApiReplies.Made<NewTradingAccount, TradingAccount>(http, b => h.Open(s, b, ct), a => $"/api/v1/market/accounts/{a.Code}", ct))
            .WithName("OpenTradingAccount").WithSummary("Open a trading account (administrator or supervisor of an active member)").Accepts<NewTradingAccount>("application/json").Produces<TradingAccount>(201);
        g.MapGet("/accounts/{code}", async (HttpContext http, DbSession s, TradingAccountHandlers h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, Number(code), ct))).WithName("GetTradingAccount").WithSummary("A trading account").Produces<TradingAccount>();
        g.MapGet("/accounts/{code}/cash", async (HttpContext http, DbSession s, TradingAccountHandlers h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.Cash(s, Number(code), ct))).WithName("GetTradingAccountCash").WithSummary("Its money by currency").Produces<IReadOnlyList<CashBalance>>();
        g.MapGet("/accounts/{code}/units", async (HttpContext http, DbSession s, UnitsLinks h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.Of(s, Number(code), ct))).WithName("ListUnitsLinks").WithSummary("Accounts of registries its units lie in").Produces<IReadOnlyList<UnitsLink>>();
        g.MapPost("/accounts/{code}/units", (HttpContext http, DbSession s, UnitsLinks h, string code, CancellationToken ct) => ApiReplies.Made<UnitsBody, UnitsLink>(http, b => h.Link(s, Number(code), b.FullId, ct), _ => $"/api/v1/market/accounts/{code}/units", ct))
            .WithName("LinkUnits").WithSummary("Sell from and receive in an account of a registry").Accepts<UnitsBody>("application/json").Produces<UnitsLink>(201);
        g.MapPut("/accounts/{code}/limits", (HttpContext http, DbSession s, TradingAccountHandlers h, string code, CancellationToken ct) => ApiReplies.Reply<TradingLimits, TradingAccount>(http, b => h.SetLimits(s, Number(code), b, ct), ct))
            .WithName("SetTradingLimits").WithSummary("Own limits of an account (supervisor)").Accepts<TradingLimits>("application/json").Produces<TradingAccount>();
        g.MapPost("/accounts/{code}/stop", (HttpContext http, DbSession s, TradingAccountHandlers h, string code, CancellationToken ct) => ApiReplies.Reply<StopBody, TradingAccount>(http, b => h.Stop(s, Number(code), b.Stopped, b.Reason, ct), ct))
            .WithName("StopTradingAccount").WithSummary("Stop an account or let it go on, with the reason (supervisor or exchange)").Accepts<StopBody>("application/json").Produces<TradingAccount>();
        g.MapDelete("/accounts/{code}", async (HttpContext http, DbSession s, TradingAccountHandlers h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.Close(s, Number(code), ct))).WithName("CloseTradingAccount").WithSummary("Close an account that holds nothing").Produces<TradingAccount>();
    }

    /// <summary>What is no code is no account's number either.</summary>
    internal static long Number(string code) => TradingAccount.NumberOf(code) ?? -1;
}
