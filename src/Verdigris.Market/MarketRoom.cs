using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Market.Api;
using Verdigris.Market.Auctions;
using Verdigris.Market.Cash;
using Verdigris.Market.Clearing;
using Verdigris.Market.Clearing.Api;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Market.Contracts;
using Verdigris.Market.Data;
using Verdigris.Market.Data.History;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market;

/// <summary>
/// The only door of the room: contracts, members, trading, auctions, clearing and delivery. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="IVenue"/>, <see cref="Approvals"/>, <see cref="BookCommands"/>,
/// <see cref="EvidenceStore"/>, <see cref="RulePacks"/>, <see cref="CalculatorSet"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class MarketRoom
{
    public const string Name = "market";

    public static IServiceCollection AddMarket(this IServiceCollection services)
    {
        services.AddStrings(typeof(MarketRoom).Assembly);
        services.AddSingleton(p => ContractSet.Of(p.GetRequiredService<RulePacks>()));
        services.AddSingleton(p => PriceHistory.Of(p.GetRequiredService<RulePacks>()));
        services.AddSingleton<InstrumentNames>();
        services.AddSingleton<MarketDataKeeper>();
        services.AddSingleton<PriceFeed>();
        services.AddSingleton<MarketDataService>();
        services.AddHostedService(p => p.GetRequiredService<MarketDataService>());
        services.AddSingleton<IFloorFollower>(p => p.GetRequiredService<MarketDataService>());
        services.AddSingleton<IFloorFollower>(p => p.GetRequiredService<OrderKeeper>());
        services.AddSingleton<IFloorFollower>(p => p.GetRequiredService<FloorTradesReader>());
        // The ways a task or a command of the Book ends may themselves begin others: they look each other up when they run.
        services.AddSingleton(p => new Lazy<Approvals>(p.GetRequiredService<Approvals>));
        services.AddSingleton<MemberHandlers>();
        services.AddSingleton<TradingAccountHandlers>();
        services.AddSingleton<UnitsLinks>();
        services.AddSingleton<BankAccounts>();
        services.AddSingleton<CashHandlers>();
        services.AddSingleton<SecretBytes>();
        services.AddSingleton<KeyTable>();
        services.AddSingleton<Associations>();
        Decides<Associations>(services, Associations.Task, h => h.Approve, _ => Associations.TurnDown);
        services.AddSingleton<AuctionLimits>();
        services.AddSingleton<AuctionPlanning>();
        services.AddSingleton<AuctionBidding>();
        services.AddSingleton<AuctionOpening>();
        services.AddSingleton<IDailyWork>(p => p.GetRequiredService<AuctionOpening>());
        services.AddSingleton<AuctionQueries>();
        services.AddSingleton<IBookCommandKind, AuctionUnitsHeld>();
        services.AddSingleton<IBookCommandKind, GuaranteeHeld>();
        services.AddSingleton<IBookCommandKind, AuctionGivenBack>();
        services.AddSingleton<IBookCommandKind, AuctionSettled>();
        services.AddSingleton<IPersonalData, Privacy.MarketPersonalData>();
        services.AddSingleton<IBookCommandKind, TradingAccountOpened>();
        services.AddSingleton<IBookCommandKind, TradingAccountClosed>();
        services.AddSingleton<IBookCommandKind, CashHeld>();
        services.AddSingleton<IBookCommandKind, CashPosted>();
        services.AddSingleton<IBookCommandKind, CashVoided>();
        Decides<MemberHandlers>(services, MemberHandlers.Task, h => h.Admit, _ => MemberHandlers.TurnDown);
        Decides<BankAccounts>(services, BankAccounts.Task, h => h.Confirm, h => h.TurnDown);
        Decides<CashHandlers>(services, CashHandlers.InTask, h => h.Approve, h => h.Reject);
        Decides<CashHandlers>(services, CashHandlers.OutTask, h => h.Approve, h => h.Reject);
        ClearingServices.Add(services);
        services.AddSingleton<Credits.BasketKeeper>();
        services.AddHostedService(p => p.GetRequiredService<Credits.BasketKeeper>());
        services.AddSingleton<Credits.CreditsDesk>();
        services.AddSingleton<Statements.StatementDesk>();
        services.AddSingleton<Onboarding.StartDesk>();
        services.AddSingleton<InstrumentList>();
        services.AddSingleton<SeriesTroubles>();
        services.AddSingleton<Listing>();
        services.AddSingleton<OptionChains>();
        services.AddSingleton<StandingListings>();
        services.AddSingleton<IDailyWork>(p => p.GetRequiredService<StandingListings>());
        services.AddSingleton<FloorAccounts>();
        services.AddSingleton(p => new Lazy<FloorAccounts>(p.GetRequiredService<FloorAccounts>));
        services.AddSingleton<OrderKeeper>();
        services.AddHostedService(p => p.GetRequiredService<OrderKeeper>());
        services.AddSingleton<DeskAccess>();
        services.AddSingleton<PositionGuard>();
        services.AddSingleton<OrderDesk>();
        services.AddSingleton<IOrderEntry>(p => p.GetRequiredService<OrderDesk>());
        services.AddSingleton<OrderHistory>();
        services.AddSingleton<FloorPictures>();
        services.AddSingleton<IMarketData>(p => p.GetRequiredService<FloorPictures>());
        services.AddSingleton<TradingModes>();
        services.AddSingleton<AgreedSettlement>();
        services.AddSingleton<AgreedDesk>();
        services.AddSingleton<SupervisionDesk>();
        services.AddSingleton<KillSwitch>();
        services.AddSingleton<BustDesk>();
        Decides<KillSwitch>(services, KillSwitch.Task, h => h.Released, _ => KillSwitch.Kept);
        Decides<BustDesk>(services, BustDesk.Task, h => h.Decide, h => h.TurnDown);
        services.AddSingleton<SessionClock>();
        services.AddHostedService(p => p.GetRequiredService<SessionClock>());
        foreach (var kind in MarketNotices.Kinds) services.AddSingleton(kind);
        return services;
    }

    internal static void Decides<T>(IServiceCollection services, string kind, Func<T, Func<DbSession, Guid, CancellationToken, Task<Answer<Done>>>> approve, Func<T, Func<DbSession, Guid, string, CancellationToken, Task<Answer<Done>>>> reject) where T : notnull =>
        services.AddSingleton<IApprovalKind>(p => new SubjectApproval(kind, (s, id, ct) => approve(p.GetRequiredService<T>())(s, id, ct), (s, id, reason, ct) => reject(p.GetRequiredService<T>())(s, id, reason, ct)));

    /// <summary>Pages, texts and navigation; <see cref="AddMarket"/> brings what they call.</summary>
    public static IServiceCollection AddMarketPages(this IServiceCollection services) => services
        .AddRoom(typeof(MarketRoom).Assembly, new NavItem("market.nav", "/market", 70, Sees))
        .AddSingleton(new HomeLink("prices.home", "prices.home-text", "/market", "scales", _ => true, 48))
        .AddSingleton(new HomeLink("market.home", "market.home-text", "/market/accounts", "scales", a => a.SignedIn, 47))
        .AddSingleton(new HomeLink("market.supervision.home", "market.supervision.home-text", "/market/supervision", "scales", a => a.Is(Role.MarketOperator) || a.Is(Role.MarketSupervisor), 47))
        .AddSingleton(new HomeLink("fix.home", "fix.home-text", "/market/fix", "key", a => a.Is(Role.MarketOperator) || a.Is(Role.MarketTrader) || a.Is(Role.MarketSupervisor), 47));

    /// <summary>Who has the market in the bar: whoever works there, and visitors, who find prices, contracts and the calendar no other way. All others come by the start page.</summary>
    static bool Sees(Actor a) => !a.SignedIn || a.Is(Role.MarketTrader) || a.Is(Role.MarketSupervisor) || a.Is(Role.MarketOperator) || a.Is(Role.ClearingOfficer);

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(MarketRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static async Task Start(IServiceProvider services, CancellationToken ct)
    {
        await MarketBook.Definer.ApplyAll(services.GetRequiredService<IVenue>(), [.. MarketBook.Definitions(), .. services.GetRequiredService<UnitsLinks>().Rules(), .. services.GetRequiredService<FloorAccounts>().Rules(), .. services.GetRequiredService<FloorAccounts>().LockedRules()], ct);
        await using var s = services.GetRequiredService<IDbSessions>().Open(Actor.System);
        await services.GetRequiredService<SeriesRegister>().Define(s, ct);
    }

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapMarket(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        MemberApi.Map(api);
        CreditsApi.Map(api);
        CashApi.Map(api);
        AuctionApi.Map(api);
        TradingApi.Map(api);
        AgreedApi.Map(api);
        SupervisionApi.Map(api);
        ContractApi.Map(api);
        PriceApi.Map(api);
        HistoryApi.Map(api);
        ClearingApi.Map(api);
    }
}
