using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Market.Api;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Clearing.Api;

/// <summary>The clearing day, prices, positions, margin, collateral, exercise and defaults.</summary>
static class ClearingApi
{
    sealed record ClearingDayBody(LocalDate Day);
    sealed record PriceBody(LocalDate Day, string? Series, decimal Price, string? Reason);
    sealed record IndexBody(string? Index, LocalDate Day, decimal Price);
    sealed record IndexCorrectionBody(string? Index, LocalDate Day, decimal Price, string? Reason);
    sealed record ExerciseBody(string? Account, string? Series, long Lots, bool Abandon, LocalDate Day);
    sealed record PledgeUnitsBody(string? Account, int Asset, long Units);
    sealed record MoneyBody(string? Account, string? Currency, decimal Amount);
    sealed record OwnPartBody(string? Currency, decimal Amount);
    sealed record ReturnBody(string? Account, string? Currency);
    sealed record DefaultBody(string? Account, string? Reason);
    sealed record AuctionBody(Instant ClosesAt);
    sealed record BidBody(string? Account, decimal Price);

    static readonly QueryParameter OnDay = new("day", "Clearing day; the newest where left out", "2026-03-09");

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/clearing").WithTags("Clearing");
        g.MapGet("/days", async (HttpContext http, DbSession s, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<ClearingDay>)await ClearingPipeline.List(s, 100, ct))).WithName("ListClearingDays").WithSummary("Clearing days, the newest first").Produces<IReadOnlyList<ClearingDay>>();
        g.MapGet("/days/{day}", async (HttpContext http, DbSession s, string day, CancellationToken ct) => Day(day) is { } on && await ClearingPipeline.Read(s, on, ct) is { } view ? ApiReplies.Reply(http, view) : Replies.Refused([Refusal.NotFound("clearing.day-unknown", "day", ("given", day))]))
            .WithName("GetClearingDay").WithSummary("A clearing day with its steps and report").Produces<ClearingDayView>();
        g.MapPost("/days", (HttpContext http, DbSession s, ClearingPipeline h, CancellationToken ct) => ApiReplies.Reply<ClearingDayBody, ClearingDayView>(http, b => h.Run(s, b.Day, ct), ct))
            .WithName("RunClearingDay").WithSummary("Run a clearing day as far as it goes (clearing)").Accepts<ClearingDayBody>("application/json").Produces<ClearingDayView>();
        g.MapGet("/prices", async (HttpContext http, DbSession s, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var (text, limit) = (q.Text("day"), q.Whole("limit") ?? 50);
                if (text is not null && Day(text) is null) return Replies.Refused([Refusal.Of("input.not-a-date", "day", ("given", text))]);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await PriceHandlers.List(s, Day(text), q.Text("sort"), q.Text("cursor"), limit, ct));
            }).WithName("ListSettlementPrices").WithSummary("Settlement prices of a day; the newest of each series without one, the newest first").WithQuery([new("day", "Clearing day; the newest price of each series where left out", "2026-03-09"), .. MemberApi.Paging]).Produces<Page<SettlementPrice>>();
        g.MapPost("/prices", (HttpContext http, DbSession s, PriceHandlers h, CancellationToken ct) => ApiReplies.Reply<PriceBody, PriceProposal>(http, b => h.Propose(s, b.Day, b.Series ?? "", b.Price, b.Reason, ct), ct))
            .WithName("ProposeSettlementPrice").WithSummary("Propose a settlement price (clearing); another decides in the inbox").Accepts<PriceBody>("application/json").Produces<PriceProposal>();
        g.MapGet("/index-prices", async (HttpContext http, DbSession s, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<IndexProposal>)await PriceHandlers.IndexProposals(s, ct))).WithName("ListIndexPrices").WithSummary("Prices of indices that were proposed, those that wait first").Produces<IReadOnlyList<IndexProposal>>();
        g.MapPost("/index-prices", (HttpContext http, DbSession s, PriceHandlers h, CancellationToken ct) => ApiReplies.Reply<IndexBody, IndexProposal>(http, b => h.ProposeIndex(s, b.Index ?? "", b.Day, b.Price, ct), ct))
            .WithName("ProposeIndexPrice").WithSummary("Propose the published price of an index, or an exchange rate as FX:USD/EUR (clearing); another decides in the inbox").Accepts<IndexBody>("application/json").Produces<IndexProposal>();
        g.MapPost("/index-prices/corrections", (HttpContext http, DbSession s, IndexCorrections h, CancellationToken ct) => ApiReplies.Reply<IndexCorrectionBody, IndexProposal>(http, b => h.Propose(s, b.Index ?? "", b.Day, b.Price, b.Reason, ct), ct))
            .WithName("CorrectIndexPrice").WithSummary("Propose what an accepted price of an index should have been, before a final settlement uses it (clearing); another decides in the inbox").Accepts<IndexCorrectionBody>("application/json").Produces<IndexProposal>();
        g.MapGet("/positions", (HttpContext http, DbSession s, CancellationToken ct) => OfDay(http, d => ClearingQueries.Positions(s, d, ct))).WithName("ListClearingPositions").WithSummary("Positions carried out of a day").WithQuery([OnDay]).Produces<IReadOnlyList<CarriedPosition>>();
        g.MapGet("/flows", (HttpContext http, DbSession s, CancellationToken ct) => OfDay(http, d => ClearingQueries.Flows(s, d, ct))).WithName("ListClearingFlows").WithSummary("Money a clearing day moved, with what it is the sum of").WithQuery([OnDay]).Produces<IReadOnlyList<MoneyFlow>>();
        g.MapGet("/margins", (HttpContext http, DbSession s, CancellationToken ct) => OfDay(http, d => ClearingQueries.Margins(s, d, ct))).WithName("ListMargins").WithSummary("Margin asked for, part by part").WithQuery([OnDay]).Produces<IReadOnlyList<MarginRequirement>>();
        g.MapGet("/margin-review", async (HttpContext http, DbSession s, ContractSet contracts, CancellationToken ct) => ApiReplies.Reply(http, await MarginReview.Of(s, contracts, ct))).WithName("ReviewMargins").WithSummary("Each account's margin tried on what its positions lost the next day, and their expected shortfall").Produces<IReadOnlyList<AccountReview>>();
        g.MapGet("/calls", async (HttpContext http, DbSession s, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<MarginCall>)await ClearingQueries.Calls(s, all: true, ct))).WithName("ListMarginCalls").WithSummary("Margin calls, the newest first").Produces<IReadOnlyList<MarginCall>>();
        g.MapPost("/calls", async (HttpContext http, DbSession s, IntradayCalls h, CancellationToken ct) => ApiReplies.Reply(http, await h.Run(s, ct))).WithName("CallWithinDay").WithSummary("Look at every account at today's prices and call who lost too much (clearing)").Produces<IReadOnlyList<IntradayStanding>>();
        g.MapPost("/exercises", (HttpContext http, DbSession s, ExerciseDesk h, CancellationToken ct) => ApiReplies.Reply<ExerciseBody, ExerciseNotice>(http, b => h.Enter(s, b.Account ?? "", b.Series ?? "", b.Lots, b.Abandon, b.Day, ct), ct))
            .WithName("ExerciseOption").WithSummary("Exercise an option, or let it lapse at its end").Accepts<ExerciseBody>("application/json").Produces<ExerciseNotice>();
        g.MapGet("/collateral", async (HttpContext http, DbSession s, CollateralDesk h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                return ApiReplies.Reply(http, (IReadOnlyList<Collateral>)await h.List(s, q.Text("account") is { } code ? TradingAccount.NumberOf(code) ?? -1 : null, ct));
            }).WithName("ListCollateral").WithSummary("Units pledged as margin").WithQuery([new("account", "Code of a trading account", "M00001")]).Produces<IReadOnlyList<Collateral>>();
        g.MapPost("/collateral", (HttpContext http, DbSession s, CollateralDesk h, CancellationToken ct) => ApiReplies.Reply<PledgeUnitsBody, Collateral>(http, b => h.Pledge(s, b.Account ?? "", b.Asset, b.Units, ct), ct))
            .WithName("PledgeCollateral").WithSummary("Pledge units as margin").Accepts<PledgeUnitsBody>("application/json").Produces<Collateral>();
        g.MapDelete("/collateral/{id:guid}", async (HttpContext http, DbSession s, CollateralDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Release(s, id, ct))).WithName("ReleaseCollateral").WithSummary("Let pledged units go where margin is covered without them").Produces<Collateral>();
        g.MapPost("/margin-deposits", (HttpContext http, DbSession s, CollateralDesk h, CancellationToken ct) => ApiReplies.Reply<MoneyBody, CashBalance>(http, b => h.Deposit(s, b.Account ?? "", b.Currency ?? "", b.Amount, ct), ct))
            .WithName("DepositMargin").WithSummary("Put money of an account into its margin").Accepts<MoneyBody>("application/json").Produces<CashBalance>();
        g.MapGet("/fund", async (HttpContext http, DbSession s, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<FundPart>)await DefaultFund.Parts(s, null, ct))).WithName("ListDefaultFund").WithSummary("Parts of the default fund").Produces<IReadOnlyList<FundPart>>();
        g.MapPost("/fund", (HttpContext http, DbSession s, DefaultFund h, CancellationToken ct) => ApiReplies.Reply<MoneyBody, FundPart>(http, b => h.PayIn(s, b.Account ?? "", b.Currency ?? "", b.Amount, ct), ct))
            .WithName("PayIntoDefaultFund").WithSummary("Pay into the default fund").Accepts<MoneyBody>("application/json").Produces<FundPart>();
        g.MapGet("/fund/moves", async (HttpContext http, DbSession s, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<FundMove>)await FundMoves.List(s, ct))).WithName("ListFundMoves").WithSummary("What was proposed for the default fund, the newest first").Produces<IReadOnlyList<FundMove>>();
        g.MapPost("/fund/own", (HttpContext http, DbSession s, FundMoves h, CancellationToken ct) => ApiReplies.Reply<OwnPartBody, FundMove>(http, b => h.ProposeOwn(s, b.Currency ?? "", b.Amount, ct), ct))
            .WithName("ProposeOwnPart").WithSummary("Propose that earned fees become the clearing house's own part (clearing); another decides in the inbox").Accepts<OwnPartBody>("application/json").Produces<FundMove>();
        g.MapPost("/fund/returns", (HttpContext http, DbSession s, FundMoves h, CancellationToken ct) => ApiReplies.Reply<ReturnBody, FundMove>(http, b => h.ProposeReturn(s, b.Account ?? "", b.Currency ?? "", ct), ct))
            .WithName("ProposeFundReturn").WithSummary("Propose that the part of a member that trades no more goes back (clearing); another decides in the inbox").Accepts<ReturnBody>("application/json").Produces<FundMove>();
        g.MapGet("/defaults", async (HttpContext http, DbSession s, DefaultDesk h, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<DefaultCase>)await h.List(s, ct))).WithName("ListDefaults").WithSummary("Defaults, the newest first").Produces<IReadOnlyList<DefaultCase>>();
        g.MapGet("/defaults/{id:guid}", async (HttpContext http, DbSession s, DefaultDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetDefault").WithSummary("A default: who bore what, and its auctions").Produces<DefaultView>();
        g.MapPost("/defaults", (HttpContext http, DbSession s, DefaultDesk h, CancellationToken ct) => ApiReplies.Reply<DefaultBody, DefaultCase>(http, b => h.Propose(s, b.Account ?? "", b.Reason, ct), ct))
            .WithName("ProposeDefault").WithSummary("Propose that an account is in default (clearing); another decides in the inbox").Accepts<DefaultBody>("application/json").Produces<DefaultCase>();
        g.MapPost("/defaults/{id:guid}/auctions", (HttpContext http, DbSession s, DefaultAuctions h, Guid id, CancellationToken ct) => ApiReplies.Reply<AuctionBody, IReadOnlyList<DefaultAuction>>(http, b => h.Open(s, id, b.ClosesAt, ct), ct))
            .WithName("OpenDefaultAuctions").WithSummary("Offer a defaulter's positions to the members (clearing)").Accepts<AuctionBody>("application/json").Produces<IReadOnlyList<DefaultAuction>>();
        g.MapPost("/defaults/{id:guid}/closing", async (HttpContext http, DbSession s, DefaultDesk h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Close(s, id, ct))).WithName("CloseDefault").WithSummary("Close a default that has nothing open any more (clearing)").Produces<DefaultCase>();
        g.MapPost("/auctions/{id:guid}/bids", (HttpContext http, DbSession s, DefaultAuctions h, Guid id, CancellationToken ct) => ApiReplies.Reply<BidBody, DefaultBid>(http, b => h.Bid(s, id, b.Account ?? "", b.Price, ct), ct))
            .WithName("BidForPositions").WithSummary("Bid for a defaulter's positions").Accepts<BidBody>("application/json").Produces<DefaultBid>();
        g.MapPost("/auctions/{id:guid}/award", async (HttpContext http, DbSession s, DefaultAuctions h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Award(s, id, ct))).WithName("AwardDefaultAuction").WithSummary("Award an auction that is over (clearing)").Produces<DefaultAuction>();
        DeliveryApi.Map(api);
    }

    static async Task<IResult> OfDay<T>(HttpContext http, Func<LocalDate?, Task<List<T>>> read)
    {
        var text = new QueryWords(http).Text("day");
        if (text is not null && Day(text) is null) return Replies.Refused([Refusal.Of("input.not-a-date", "day", ("given", text))]);
        return ApiReplies.Reply(http, (IReadOnlyList<T>)await read(text is null ? null : Day(text)));
    }

    internal static LocalDate? Day(string? text) => NodaTime.Text.LocalDatePattern.Iso.Parse(text ?? "") is { Success: true, Value: var day } ? day : null;
}
