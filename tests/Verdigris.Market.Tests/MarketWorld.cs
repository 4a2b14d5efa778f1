using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Tests;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Market.Tests;

/// <summary>A market above a registry: both holders of the registry are members here, with two people each, and the exchange has two people of everything.</summary>
sealed class MarketWorld : IAsyncDisposable
{
    public static readonly Actor Operator = Exchange(60, Role.MarketOperator, Role.ExchangeStaff), Operator2 = Exchange(61, Role.MarketOperator, Role.ExchangeStaff), Clerk = Exchange(62, Role.ClearingOfficer), Clerk2 = Exchange(63, Role.ClearingOfficer),
        Seller = With(RegistryWorld.SmelterFirst, Role.MarketTrader, Role.MarketSupervisor), Seller2 = With(RegistryWorld.SmelterSecond, Role.MarketSupervisor),
        Buyer = With(RegistryWorld.TraderFirst, Role.MarketTrader, Role.MarketSupervisor), Buyer2 = With(RegistryWorld.TraderSecond, Role.MarketSupervisor);

    MarketWorld(RegistryWorld registry) => Registry = registry;

    public RegistryWorld Registry { get; }

    /// <summary>The open trading accounts of the two members.</summary>
    public TradingAccount SellerAccount { get; private set; } = null!;
    public TradingAccount BuyerAccount { get; private set; } = null!;

    public T Get<T>() where T : notnull => Registry.Get<T>();

    /// <param name="code">The scheme of the registry below.</param>
    /// <param name="packs">Other rules than those of the checkout.</param>
    public static async Task<MarketWorld> Open(bool ready = true, string code = RegistryWorld.Eu, NodaTime.Instant? now = null, Verdigris.Primitives.Rules.RulePacks? packs = null)
    {
        var above = (MarketRoom.Name, typeof(MarketRoom).Assembly, (Action<IServiceCollection>)(s => s.AddLogging().AddSingleton<IFloor>(p => new FloorHost((Venue)p.GetRequiredService<IVenue>(), p.GetRequiredService<Floor>())).AddMarket()), (Func<IServiceProvider, Task>)(p => MarketRoom.Start(p, default)));
        var world = new MarketWorld(ready ? await RegistryWorld.Ready(now, code: code, above: above, packs: packs) : await RegistryWorld.Open(now, packs, above: above));
        if (!ready) return world;
        await world.Admit(Seller, clearing: true);
        await world.Admit(Buyer, clearing: true);
        world.SellerAccount = await world.Account(Seller, "Nordvik house");
        world.BuyerAccount = await world.Account(Buyer, "Trader house");
        return world;
    }

    public async Task<MemberView> Admit(Actor who, bool clearing)
    {
        var asked = await Do(who, s => Get<MemberHandlers>().Apply(s, clearing, default));
        foreach (var paper in asked.Missing) await Paper(who, asked.Member.Id, paper);
        await Do(Operator, s => Get<MemberHandlers>().Propose(s, asked.Member.Id, default));
        return await Registry.Decide(Operator2, asked.Member.Id, s => Get<MemberHandlers>().Read(s, asked.Member.Id, default));
    }

    public Task<MemberDocument> Paper(Actor who, Guid member, string document) =>
        Do(who, s => Get<MemberHandlers>().AddDocument(s, member, document, document + ".pdf", new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray()), default));

    public async Task<TradingAccount> Account(Actor who, string name)
    {
        var made = await Do(who, s => Get<TradingAccountHandlers>().Open(s, new(name), default));
        return await Do(who, s => Get<TradingAccountHandlers>().Read(s, made.Number, default));
    }

    /// <summary>Money arrives at the bank and is entered by two people.</summary>
    public async Task<CashMove> PayIn(TradingAccount account, decimal amount, string currency = "EUR", string? line = null)
    {
        var move = await Do(Clerk, s => Get<CashHandlers>().ProposeIn(s, new(account.Code, currency, amount, line ?? $"line {++lines}", null), default));
        return await Registry.Decide(Clerk2, move.Id, s => Get<CashHandlers>().Read(s, move.Id, default));
    }

    int lines;

    /// <summary>An account for the market in the registry, represented by two people, linked to the trading account.</summary>
    public async Task<UnitsLink> Units(Actor first, Actor second, TradingAccount trading)
    {
        var account = await Registry.Account(first, MarketDoor.Kind, null);
        await Registry.Represent(account, first, (first, Right.Both), (second, Right.Both));
        return await Do(first, async s => await Get<UnitsLinks>().Link(s, trading.Number, await Registry.FullId(account), default));
    }

    /// <summary>Units go from an account of the holder to his account for the market.</summary>
    public async Task Deposit(Actor first, Actor second, long from, UnitsLink to, long quantity, string unit = "EUA", string? vintage = null)
    {
        var t = await Do(first, s => Get<TransactionHandlers>().Propose(s, new(from, MarketDoor.Deposit, to.FullId, unit, vintage, quantity), default));
        await Registry.Decide(second, t.Id, s => Get<TransactionHandlers>().Read(s, t.Id, default));
    }

    /// <summary>The seller's allowances at the market, where the seller got some and brought a part of them.</summary>
    public async Task<UnitsLink> Stocked(long brought, long given = 10_000)
    {
        await Registry.Give(Registry.SmelterAccount, given);
        var link = await Units(Seller, Seller2, SellerAccount);
        await Deposit(Seller, Seller2, Registry.SmelterAccount, link, brought);
        return link;
    }

    public long CashOf(TradingAccount account, string currency = "EUR") => Registry.Venue.Read(b => b.Balance(account.Cash, MarketBook.Currencies[currency].Asset)).Available;

    public Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => Registry.Do(actor, work);

    public Task<string> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => Registry.Refused(actor, work);

    public ValueTask DisposeAsync() => Registry.DisposeAsync();

    static Actor Exchange(int n, params string[] roles) => new(new($"0190d100-0000-7000-8000-{n:000000000000}"), $"person {n}", RegistryWorld.Exchange, roles.ToHashSet());

    static Actor With(Actor person, params string[] roles) => person with { Roles = new HashSet<string>([.. person.Roles, .. roles]) };
}
