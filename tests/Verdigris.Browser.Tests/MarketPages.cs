using Verdigris.Market.Auctions;
using Verdigris.Market.Cash;
using Verdigris.Market.Demo;
using Verdigris.Market.Members;
using Verdigris.Primitives;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's market while it is open: members, money, units, a book with orders, an announced auction, and an applicant. Made once for a stage, after the registry's pages.</summary>
static class MarketPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    internal static MarketCast Cast => new(Operator(22), Operator(23), RegistryPages.Cast.Officer, Member(7, Stage.Albion), Member(10, Stage.Albion), Member(2, Stage.Smelter), Member(1, Stage.Smelter));

    static Actor Operator(int number) => Stage.Person(number, Stage.Exchange, Role.MarketOperator, Role.ClearingOfficer, Role.ExchangeStaff);

    static Actor Member(int number, Guid organisation) => Stage.Person(number, organisation, Role.MarketTrader, Role.MarketSupervisor, Role.AccountRepresentative, Role.Administrator);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await RegistryPages.Seats(stage);
        var cast = Cast;
        await MarketDemo.Seed(stage.Get<IServiceProvider>(), cast, default);
        var account = (await stage.Do(cast.Trader, s => stage.Get<TradingAccountHandlers>().List(s, null, null, null, 10, default))).Items[0];
        await stage.Do(cast.Trader, s => stage.Get<BankAccounts>().Write(s, new("EUR", "Albion Metal Traders", "GB33BUKB20201555555555", null, "BUKBGB22"), default));
        var money = (await stage.Do(cast.Exchange, s => stage.Get<CashHandlers>().List(s, new(account.Code), default))).Items[0];
        var auction = (await stage.Do(cast.Exchange, s => stage.Get<AuctionQueries>().List(s, null, null, null, null, 10, default))).Items[0];
        var applicant = await stage.Do(Stage.Person(8, Stage.Bluewater, Role.Administrator), s => stage.Get<MemberHandlers>().Apply(s, true, default));
        var member = await stage.Do(cast.Trader, async s => (Answer<List<Member>>)(await stage.Get<MemberHandlers>().List(s, null, default)).ToList());
        string[] rooms = ["/market", "/market/trade", "/market/trade/EEX.EUA.SPOT", "/market/trade/ICE.EUA:2026-12", "/market/auctions", $"/market/auctions/{auction.Id}", "/market/accounts", "/market/cash", $"/market/cash/{money.Id}", "/market/clearing", "/market/clearing/fund", "/market/delivery", "/market/members"];
        return
        [
            (null, ["/market/auctions", $"/market/auctions/{auction.Id}"]),
            ("owner@demo", [.. rooms, $"/market/accounts/{account.Code}", "/market/cash/banks", $"/market/members/{member[0].Id}"]),
            ("market.operator@demo", [.. rooms, $"/market/accounts/{account.Code}", $"/market/members/{applicant.Member.Id}", "/market/cash/banks"]),
            ("clearing@demo", ["/", "/market/clearing", "/market/clearing/fund", "/market/clearing/margin-review", "/market/delivery", $"/market/accounts/{account.Code}"]),
            ("buyer@demo", ["/market/accounts", "/market/cash", "/market/members", $"/market/members/{applicant.Member.Id}"]),
        ];
    }
}
