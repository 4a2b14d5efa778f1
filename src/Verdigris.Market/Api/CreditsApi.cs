using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Market.Credits;
using Verdigris.Market.Onboarding;
using Verdigris.Market.Statements;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Api;

/// <summary>Credits of trading accounts, baskets, statements, and where a new member stands.</summary>
static class CreditsApi
{
    /// <param name="Programme">Code of a crediting programme.</param>
    /// <param name="Project">Number of the project as the programme writes it.</param>
    sealed record ExclusionBody(string? Programme, string? Project, string? Reason);

    /// <param name="Reason">Why baskets may take the project again.</param>
    sealed record ReadmissionBody(string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market").WithTags("Market");
        g.MapGet("/start", async (HttpContext http, DbSession s, StartDesk h, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, ct))).WithName("GetMarketStart").WithSummary("What the own organisation still lacks to trade, each thing with the page where it is done").Produces<StartView>();
        g.MapGet("/accounts/{code}/credits", async (HttpContext http, DbSession s, CreditsDesk h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, MemberApi.Number(code), ct))).WithName("GetAccountCredits").WithSummary("Credits of a trading account at the market, block by block").Produces<CreditsAtMarket>();
        g.MapPut("/accounts/{code}/credits", async (HttpContext http, DbSession s, CreditsDesk h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.Link(s, MemberApi.Number(code), ct)))
            .WithName("LinkCredits").WithSummary("Deal in credits of the own credit account with a trading account (administrator or supervisor)").Produces<CreditsAtMarket>();
        g.MapPost("/accounts/{code}/credits/deposits", (HttpContext http, DbSession s, CreditsDesk h, string code, CancellationToken ct) => ApiReplies.Made<NewCreditsDeposit, CreditOrder>(http, b => h.Deposit(s, MemberApi.Number(code), b, ct), Place, ct))
            .WithName("DepositCredits").WithSummary("Propose to bring credits to the market, by project and year or into a basket; a second person decides").Accepts<NewCreditsDeposit>("application/json").Produces<CreditOrder>(201);
        g.MapPost("/accounts/{code}/credits/withdrawals", (HttpContext http, DbSession s, CreditsDesk h, string code, CancellationToken ct) => ApiReplies.Made<NewCreditsWithdrawal, CreditOrder>(http, b => h.Withdraw(s, MemberApi.Number(code), b, ct), Place, ct))
            .WithName("WithdrawCredits").WithSummary("Propose to take credits from the market to the own account; held from now on, a second person decides").Accepts<NewCreditsWithdrawal>("application/json").Produces<CreditOrder>(201);
        g.MapPost("/accounts/{code}/credits/retirements", (HttpContext http, DbSession s, CreditsDesk h, string code, CancellationToken ct) => ApiReplies.Made<NewCreditsRetirement, CreditOrder>(http, b => h.Retire(s, MemberApi.Number(code), b, ct), Place, ct))
            .WithName("RetireCreditsAtMarket").WithSummary("Propose to retire credits where they lie at the market; held from now on, a second person decides and the public certificate is there").Accepts<NewCreditsRetirement>("application/json").Produces<CreditOrder>(201);
        Statements(g);
        Baskets(g);
    }

    static string Place(CreditOrder order) => $"/api/v1/credits/orders/{order.Id}";

    static void Statements(RouteGroupBuilder g)
    {
        QueryParameter[] period = [new("from", "First day, UTC; without it the first of the month of the last day", "2026-11-01"), new("to", "Last day, UTC; without it today", "2026-11-30")];
        g.MapGet("/accounts/{code}/statement", async (HttpContext http, DbSession s, StatementDesk h, IStrings words, string code, CancellationToken ct) =>
            {
                var (from, to, wrong) = Period(http);
                return wrong.Count > 0 ? Replies.Refused(wrong) : ApiReplies.Reply(http, await h.Of(s, MemberApi.Number(code), from, to, words, ct));
            }).WithName("GetAccountStatement").WithSummary("Statement of a trading account: of each currency and asset opening balance, every movement with its document, closing balance").WithQuery(period).Produces<Statement>();
        g.MapGet("/accounts/{code}/statement/rows", async (HttpContext http, DbSession s, StatementDesk h, IStrings words, string code, CancellationToken ct) =>
            {
                var (from, to, wrong) = Period(http);
                if (wrong.Count > 0) return Replies.Refused(wrong);
                var made = await h.Of(s, MemberApi.Number(code), from, to, words, ct);
                return made.Ok ? ApiReplies.Reply(http, (Answer<IReadOnlyList<StatementRow>>)StatementRules.Rows(made.Value).ToList()) : Replies.Refused([.. made.Refusals]);
            }).WithName("ListAccountStatementRows").WithSummary("The same as one table; format=csv for a file").WithQuery(period).Produces<IReadOnlyList<StatementRow>>();
    }

    static (LocalDate? From, LocalDate? To, List<Refusal> Wrong) Period(HttpContext http)
    {
        var q = new QueryWords(http);
        return (q.Day("from"), q.Day("to"), q.Wrong);
    }

    static void Baskets(RouteGroupBuilder g)
    {
        g.MapGet("/baskets", async (HttpContext http, DbSession s, BasketCare h, CancellationToken ct) => ApiReplies.Reply(http, (Answer<IReadOnlyList<BasketStanding>>)(await h.Baskets(s, ct)).ToList())).WithName("ListBaskets").WithSummary("Baskets of credits: receipts given out, and the credits behind them").AllowAnonymous().Produces<IReadOnlyList<BasketStanding>>();
        g.MapGet("/baskets/exclusions", async (HttpContext http, DbSession s, BasketCare h, CancellationToken ct) => ApiReplies.Reply(http, (Answer<IReadOnlyList<MarketExclusion>>)(await h.Exclusions(s, ct)))).WithName("ListBasketExclusions").WithSummary("Projects that were taken out of baskets, those that still are first").AllowAnonymous().Produces<IReadOnlyList<MarketExclusion>>();
        g.MapPost("/baskets/exclusions", (HttpContext http, DbSession s, BasketKeeper h, CancellationToken ct) => ApiReplies.Made<ExclusionBody, MarketExclusion>(http, b => h.Exclude(s, b.Programme, b.Project, b.Reason, ct), _ => "/api/v1/market/baskets/exclusions", ct))
            .WithName("ExcludeFromBaskets").WithSummary("Take a project out of all baskets at once: sales end, and receipts of its credits are called in (operator)").Accepts<ExclusionBody>("application/json").Produces<MarketExclusion>(201);
        g.MapPost("/baskets/exclusions/{id:guid}/lift", (HttpContext http, DbSession s, BasketCare h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReadmissionBody, MarketExclusion>(http, b => h.Lift(s, id, b.Reason, ct), ct))
            .WithName("ReadmitToBaskets").WithSummary("Let baskets take the project again (another operator than who took it out)").Accepts<ReadmissionBody>("application/json").Produces<MarketExclusion>();
    }
}
