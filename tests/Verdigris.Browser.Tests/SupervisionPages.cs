using System.Text;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Auctions;
using Verdigris.Market.Cash;
using Verdigris.Market.Members;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>Agreed trades in each state, a kill switch that holds, a trade that waits to be taken back, an association of members and an auction of a buyer, for the market's operator and for a member's people. Made once for a stage, after the market, whose members it leaves alone.</summary>
static class SupervisionPages
{
    const string Series = "ICE.EUA:2026-12";

    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static Actor Keeper => Stage.Person(22, Stage.Exchange, Role.MarketOperator);
    static Actor Sells => Stage.Person(25, Stage.Lender, Role.MarketTrader, Role.MarketSupervisor);
    static Actor Buys => Stage.Person(62, Stage.OtherLender, Role.MarketTrader, Role.MarketSupervisor);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await MarketPages.Seats(stage);
        var (seller, buyer) = (await Account(stage, Sells, "Metals desk"), await Account(stage, Buys, "Carbon desk"));
        await stage.Get<SessionClock>().Tick(stage.Get<IFloor>(), default);
        var desk = stage.Get<AgreedDesk>();
        Task<AgreedTrade> Report(Actor who, TradingAccount other, AgreedKind kind, decimal price) => stage.Do(who, s => desk.Report(s, new(kind, Series, who == Sells ? Side.Sell : Side.Buy, null, other.Code, price, 50_000, Leg: kind == AgreedKind.ExchangeForPhysical ? OtherLeg.Units : null, LegReference: kind == AgreedKind.ExchangeForPhysical ? "EU 4471" : null), default));
        var (settled, declined) = (await Report(Sells, buyer, AgreedKind.Block, 75.2m), await Report(Buys, seller, AgreedKind.Otc, 77m));
        await stage.Do(Buys, s => desk.Confirm(s, settled.Id, PositionEffect.Open, default));
        await stage.Do(Sells, s => desk.Decline(s, declined.Id, "Agreed at another price.", default));
        var (mine, waiting) = (await Report(Sells, buyer, AgreedKind.ExchangeForPhysical, 75.1m), await Report(Buys, seller, AgreedKind.Block, 74.9m));
        var trade = (await stage.Do(Sells, s => desk.Read(s, settled.Id, default))).Trade!.Value;
        await stage.Do(Keeper, s => stage.Get<BustDesk>().Propose(s, trade, "Price typed wrong by both sides.", default));
        await stage.Do(Buys, s => stage.Get<KillSwitch>().Pull(s, new(KillScope.Account, buyer.Code, null, "Its program sends orders nobody wants."), default));
        await stage.Do(Keeper, s => stage.Get<KillSwitch>().Pull(s, new(KillScope.Member, buyer.Code, null, "Inquiry."), default));
        await stage.Do(Keeper, s => stage.Get<Associations>().Propose(s, new("Two banks of one owner", [seller.Code, buyer.Code], "One owner of both, as disclosed."), default));
        var auction = await BuyersAuction(stage, seller);
        await stage.Do(Keeper, s => stage.Get<AuctionPlanning>().Qualify(s, auction, buyer.Code, default));
        string[] agreed = ["/market/agreed", "/market/agreed?state=Settled", $"/market/agreed/{settled.Id}", $"/market/agreed/{declined.Id}", $"/market/agreed/{mine.Id}", $"/market/agreed/{waiting.Id}"];
        return
        [
            ("market.operator@demo", [.. agreed, "/market/supervision", "/market/associations", $"/market/auctions/{auction}", $"/market/accounts/{buyer.Code}"]),
            ("market.member@demo", [.. agreed, "/market/supervision", "/market/associations", $"/market/auctions/{auction}", $"/market/trade/{Series}", $"/market/accounts/{seller.Code}"]),
        ];
    }

    /// <summary>A one-way auction of China's national market in which this account buys from those who are qualified.</summary>
    static async Task<Guid> BuyersAuction(Stage stage, TradingAccount account)
    {
        const string scheme = "cn-ets";
        var (officer, approver) = (RegistryPages.Cast.Officer, RegistryPages.Cast.Approver);
        var first = Stage.Person(25, Stage.Lender, Role.MarketTrader, Role.MarketSupervisor, Role.AccountRepresentative, Role.Administrator);
        var holders = stage.Get<HolderHandlers>();
        var holder = (await stage.Do(first, s => holders.Apply(s, scheme, default))).Holder.Id;
        async Task Paper(string paper, Guid? person)
        {
            using var content = new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray());
            await stage.Do(first, s => holders.AddDocument(s, holder, paper, person, null, paper + ".pdf", content, default));
        }
        foreach (var paper in (await stage.Do(first, s => holders.Read(s, holder, default))).Missing) await Paper(paper, null);
        await stage.Do(officer, s => holders.Propose(s, holder, s.Today().PlusYears(2), default));
        await stage.Decide(approver, holder.ToString());
        var units = await stage.Do(first, s => stage.Get<AccountHandlers>().Ask(s, new(scheme, MarketDoor.Kind, "Units at the market", null, false), default));
        await Decided(units.TaskId);
        foreach (var paper in stage.Get<SchemeSet>().Find(scheme)!.Documents.Where(d => d.AppliesTo == "representative")) await Paper(paper.Document, first.PersonId);
        await Decided((await stage.Do(first, s => stage.Get<AccessHandlers>().Name(s, units.Account, first.PersonId, Right.Both, default))).TaskId);
        await stage.Do(first, s => stage.Get<UnitsLinks>().Link(s, account.Number, units.FullId, default));
        await PaidIn(stage, account, "CNY", 2_000_000m);
        await stage.Get<SchemeNumbers>().Make(scheme, "CEA", "2024", default);
        var opens = stage.Get<IClock>().GetCurrentInstant() + Duration.FromDays(1);
        var planned = await stage.Do(Keeper, s => stage.Get<AuctionPlanning>().Plan(s, new("cn-one-way-buy", "CEA", "2024", account.Code, 20_000, 90m, opens, opens + Duration.FromHours(2), Least: 100, Most: 8_000, QualifiedOnly: true), default));
        await stage.Do(Stage.Person(23, Stage.Exchange, Role.MarketOperator), s => stage.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default));
        return planned.Auction.Id;

        async Task Decided(Guid? task) => await stage.Do(officer, s => stage.Get<Approvals>().Decide(s, task!.Value, true, null, default));
    }

    /// <summary>A member with a trading account and a million in it.</summary>
    static async Task<TradingAccount> Account(Stage stage, Actor who, string name)
    {
        var members = stage.Get<MemberHandlers>();
        var member = await stage.Do(who, s => members.Apply(s, true, default));
        foreach (var paper in member.Missing)
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes("%PDF-1.7\npaper\n%%EOF"));
            await stage.Do(who, s => members.AddDocument(s, member.Member.Id, paper, paper + ".pdf", content, default));
        }
        await stage.Do(Stage.Staff, s => members.Propose(s, member.Member.Id, default));
        await stage.Decide(Stage.OtherStaff, member.Member.Id.ToString());
        var account = await stage.Do(who, s => stage.Get<TradingAccountHandlers>().Open(s, new(name), default));
        await PaidIn(stage, account, "EUR", 1_000_000m);
        return account;
    }

    static async Task PaidIn(Stage stage, TradingAccount account, string currency, decimal amount)
    {
        var (clerk, other) = (Stage.Person(63, Stage.Exchange, Role.ClearingOfficer), Stage.Person(64, Stage.Exchange, Role.ClearingOfficer));
        var move = await stage.Do(clerk, s => stage.Get<CashHandlers>().ProposeIn(s, new(account.Code, currency, amount, $"line {account.Code} {currency}", null), default));
        await stage.Decide(other, move.Id.ToString());
    }
}
