using System.Globalization;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Credits;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Passport;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Server;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>A market of credits: a trader who brings them in and sells them, a foundry that buys and retires them, and the exchange's people. Made once for a stage.</summary>
static class OneStopPages
{
    /// <summary>Units that stand in Verra's registry by its export, and such with the label the GEO basket asks for.</summary>
    public const string Solar = "19410-942201922-942211921-VCS-VCU-7890-VER-AR-1-1996-01012024-31122024-0", Stoves = "19390-941471173-941821172-VCS-VCU-1289-VER-KH-3-2925-01012024-30062024-1";

    public const string Series = "CORE.VCU:p1996:v2024", Basket = "CBL.GEO";

    static readonly Guid Foundries = new("0190a000-0000-7000-8000-000000000031");

    public static Actor Trader => Stage.Person(301, Stage.Albion, Role.OwnerTrader, Role.Administrator, Role.MarketTrader, Role.MarketSupervisor);
    public static Actor TraderSecond => Stage.Person(302, Stage.Albion, Role.OwnerApprover, Role.MarketSupervisor);
    public static Actor Foundry => Stage.Person(303, Foundries, Role.OwnerTrader, Role.Administrator, Role.MarketTrader, Role.MarketSupervisor);
    public static Actor FoundrySecond => Stage.Person(304, Foundries, Role.OwnerApprover, Role.MarketSupervisor);
    public static Actor Operator => Stage.Person(305, Stage.Exchange, Role.MarketOperator, Role.ClearingOfficer, Role.ExchangeStaff);
    public static Actor OperatorSecond => Stage.Person(306, Stage.Exchange, Role.MarketOperator, Role.ClearingOfficer, Role.ExchangeStaff);
    static Actor Officer => Stage.Person(20, Stage.Authority, Role.AuthorityOfficer);
    static Actor Approver => Stage.Person(21, Stage.Authority, Role.AuthorityApprover);

    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        // The trader's organisation is a member already.
        await CreditPages.Seats(stage);
        await MarketPages.Seats(stage);
        await People(stage);
        var (trader, foundry) = (await Member(stage, Trader), await Member(stage, Foundry));
        await Paid(stage, foundry, "HKD", 100_000);
        await Paid(stage, foundry, "USD", 20_000);
        foreach (var (who, account) in new[] { (Trader, trader), (Foundry, foundry) }) await Linked(stage, who, account);
        await BroughtIn(stage, Solar, 4_000);
        await BroughtIn(stage, Stoves, 3_000);
        await Agreed(stage, TraderSecond, await stage.Do(Trader, s => stage.Get<CreditsDesk>().Deposit(s, trader.Number, new(Solar, 3_000), default)));
        await Agreed(stage, TraderSecond, await stage.Do(Trader, s => stage.Get<CreditsDesk>().Deposit(s, trader.Number, new(Stoves, 2_000, "geo"), default)));
        await Opened(stage, Series, 32m);
        await Opened(stage, Series + ":CNY", 29m);
        await Opened(stage, Basket, 1.4m);
        await Order(stage, Trader, trader, Series, Side.Sell, 900, 32.10m);
        await Order(stage, Foundry, foundry, Series, Side.Buy, 250, 32.10m);
        await Order(stage, Trader, trader, Basket, Side.Sell, 500, 1.42m);
        await Order(stage, Foundry, foundry, Basket, Side.Buy, 200, 1.42m);
        var bought = (await stage.Do(Foundry, s => stage.Get<CreditsDesk>().Read(s, foundry.Number, default))).Blocks.First(b => b.Use is null);
        var retired = await stage.Do(Foundry, s => stage.Get<CreditsDesk>().Retire(s, foundry.Number, new(bought.Serial, "Bluewater Foundry", "inventory", 40, "Castings of 2025"), default));
        await Agreed(stage, FoundrySecond, retired);
        var waits = await stage.Do(Foundry, s => stage.Get<CreditsDesk>().Withdraw(s, foundry.Number, new((stage.Do(Foundry, x => stage.Get<CreditsDesk>().Read(x, foundry.Number, default)).Result).Blocks.First(b => b.Use is null).Serial, 10), default));
        await stage.Do(Operator, s => stage.Get<BasketKeeper>().Exclude(s, "verra", "VCS3052", "The programme reviews the project.", default));
        string[] Of(TradingAccount a) => [$"/market/accounts/{a.Code}", $"/market/accounts/{a.Code}/credits", $"/market/accounts/{a.Code}/statement", $"/market/accounts/{a.Code}/statement?from=2026-10-01&to=2026-10-31", $"/market/accounts/{a.Code}/statement?from=nonsense"];
        return
        [
            (null, ["/market/baskets", $"/market/prices/{Series}", "/market/contracts/CORE.VCU"]),
            ("desk@demo", ["/market/start", "/market/accounts", .. Of(trader), "/market/trade", $"/market/trade/{Series}", $"/market/trade/{Series}:CNY", $"/market/trade/{Basket}", "/credits/holdings"]),
            ("foundry@demo", ["/market/start", .. Of(foundry), $"/market/trade/{Series}", $"/market/trade/{Basket}", $"/credits/orders/{retired.Id}", $"/credits/orders/{waits.Id}"]),
            ("warehouse.approver@demo", ["/market/start"]),
            ("exchange.market@demo", ["/market/baskets", $"/market/accounts/{trader.Code}", $"/market/accounts/{trader.Code}/credits", $"/market/accounts/{trader.Code}/statement"]),
        ];
    }

    /// <summary>The foundry, and seats of these people.</summary>
    public static async Task People(Stage stage)
    {
        await stage.Do(Actor.System, s => stage.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Owner, "Bluewater Foundry", "碧水铸造", null, "SG", Foundries), default));
        await DemoPeople.Ensure(stage.Services, Seats(), default);
    }

    static DemoPerson[] Seats() =>
    [
        Seat(Trader, "desk@demo", "Rosa Lindgren"), Seat(TraderSecond, "desk.second@demo", "Samuel Okoro"), Seat(Foundry, "foundry@demo", "Li Wen 李文"), Seat(FoundrySecond, "foundry.second@demo", "Marta Kowalska"),
        Seat(Operator, "exchange.market@demo", "Noor Haddad"), Seat(OperatorSecond, "exchange.market.second@demo", "Oskar Brandt"),
    ];

    static DemoPerson Seat(Actor a, string userName, string name) => new(a.PersonId, userName, name, a.OrganisationId, "", [.. a.Roles]);

    /// <summary>Verra's export is known, and the authority administers its programme.</summary>
    public static async Task Known(Stage stage)
    {
        await stage.Do(Stage.Staff, s => stage.Get<ProgrammeAdministration>().Appoint(s, "verra", Stage.Authority, default));
        await using var file = File.OpenRead(Path.Combine(stage.Get<RulePacks>().DataFolder, "registry", "samples", "verra_transactions.csv"));
        var brought = await stage.Do(Officer, s => stage.Get<CreditImports>().Bring(s, "verra_transactions.csv", file, default));
        await stage.Do(Officer, s => stage.Get<CreditImports>().Apply(s, brought.File.Id, default));
    }

    /// <summary>Admitted, with a trading account.</summary>
    public static async Task<TradingAccount> Member(Stage stage, Actor who)
    {
        if ((await stage.Do(who, async s => (Answer<List<Member>>)(await stage.Get<MemberHandlers>().List(s, null, default)).ToList())).All(m => m.OrganisationId != who.OrganisationId)) await Admitted(stage, who);
        var made = await stage.Do(who, s => stage.Get<TradingAccountHandlers>().Open(s, new("Carbon desk"), default));
        return await stage.Do(who, s => stage.Get<TradingAccountHandlers>().Read(s, made.Number, default));
    }

    static async Task Admitted(Stage stage, Actor who)
    {
        var asked = await stage.Do(who, s => stage.Get<MemberHandlers>().Apply(s, false, default));
        foreach (var paper in asked.Missing) await stage.Do(who, s => stage.Get<MemberHandlers>().AddDocument(s, asked.Member.Id, paper, paper + ".pdf", new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray()), default));
        var proposed = await stage.Do(Operator, s => stage.Get<MemberHandlers>().Propose(s, asked.Member.Id, default));
        await stage.Do(OperatorSecond, s => stage.Get<Approvals>().Decide(s, proposed.Member.TaskId!.Value, true, null, default));
    }

    public static async Task Paid(Stage stage, TradingAccount account, string currency, decimal amount)
    {
        var move = await stage.Do(Operator, s => stage.Get<CashHandlers>().ProposeIn(s, new(account.Code, currency, amount, $"Line of {account.Code} {currency}", null), default));
        await stage.Do(OperatorSecond, s => stage.Get<Approvals>().Decide(s, move.TaskId!.Value, true, null, default));
    }

    public static async Task Linked(Stage stage, Actor who, TradingAccount account)
    {
        if (!await Held(stage, who)) await stage.Do(who, s => stage.Get<OrderHandlers>().OpenAccount(s, default));
        await stage.Do(who, s => stage.Get<CreditsDesk>().Link(s, account.Number, default));
    }

    static Task<bool> Held(Stage stage, Actor who) => stage.Do(who, async s => (Answer<bool>)await stage.Get<OrderHandlers>().HasAccount(s, default));

    static async Task BroughtIn(Stage stage, string serial, long units) => await Agreed(stage, Approver, await stage.Do(Trader, s => stage.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.TakeIn, serial, units, Instrument: "Immobilisation 2026-0117"), default)));

    static Task<Done> Agreed(Stage stage, Actor second, CreditOrder order) => stage.Do(second, s => stage.Get<Approvals>().Decide(s, order.TaskId!.Value, true, null, default));

    public static async Task Opened(Stage stage, string series, decimal reference)
    {
        await stage.Do(Operator, s => stage.Get<Listing>().Open(s, new(series, reference), default));
        await stage.Get<SessionClock>().Tick(stage.Get<IFloor>(), default);
    }

    public static Task<DeskResult> Order(Stage stage, Actor who, TradingAccount account, string series, Side side, decimal quantity, decimal price)
    {
        var id = BookDefinitions.IdOf(string.Create(CultureInfo.InvariantCulture, $"stage/{account.Code}/{series}/{side}/{quantity}/{price}"));
        return stage.Do(who, s => stage.Get<OrderDesk>().Enter(s, new() { Id = id, ClientId = id, Session = 0, Account = account.Code, Symbol = series, Side = side, Quantity = quantity, Price = price, Type = OrderType.Limit, TimeInForce = TimeInForce.Day }, default));
    }
}
