using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Credits;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Storage;

namespace Verdigris.Market.Demo;

/// <summary>
/// Credits at the market of the demo: a member brings credits of Verra projects in, some by project and year, some into a basket; they are quoted in Hong Kong dollars and in renminbi, the basket in US dollars; a part was sold and retired. The
/// credits are those of Verra's export, all else is invented. After the demos of credits and of the market; safe to repeat.
/// </summary>
public static class MarketCreditsDemo
{
    const string Solar = "19410-942201922-942211921-VCS-VCU-7890-VER-AR-1-1996-01012024-31122024-0", Stoves = "19390-941471173-941821172-VCS-VCU-1289-VER-KH-3-2925-01012024-30062024-1";
    const string InDollars = "CORE.VCU:p1996:v2024", InRenminbi = "CORE.VCU:p1996:v2024:CNY", Basket = "CBL.GEO";

    /// <param name="approver">Of the authority that administers Verra's programme here.</param>
    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, MarketCast cast, Actor approver, CancellationToken ct)
    {
        var play = new Play(services, cast, ct);
        // As in the demo of the market: without an open account of both there is nothing to play.
        if (await play.Linked(cast.Trader) is not { } seller || await play.Linked(cast.Smelter) is not { } buyer) return;
        if (await play.IsNew(seller))
        {
            await play.BroughtIn(approver, Solar, 10_000);
            await play.BroughtIn(approver, Stoves, 40_000);
            await play.Deposited(seller, Solar, 8_000, null);
            await play.Deposited(seller, Stoves, 25_000, "geo");
        }
        foreach (var (account, currency, amount) in new[] { (seller, "HKD", 50_000m), (buyer, "HKD", 400_000m), (buyer, "CNY", 300_000m), (buyer, "USD", 60_000m) }) await play.Paid(account, currency, amount);
        await play.Opened(InDollars, 32m);
        await play.Opened(InRenminbi, 29.5m);
        await play.Opened(Basket, 1.4m);
        await play.Orders(seller, buyer);
    }

    sealed class Play(IServiceProvider services, MarketCast cast, CancellationToken ct)
    {
        T Get<T>() where T : notnull => services.GetRequiredService<T>();

        /// <summary>The member's first open account, dealing in credits; null where it has none.</summary>
        public async Task<TradingAccount?> Linked(Actor who)
        {
            await using var s = Session(who);
            var account = Take(await Get<TradingAccountHandlers>().List(s, TradingState.Open, null, null, 200, ct)).Items.FirstOrDefault(a => a.OrganisationId == who.OrganisationId);
            if (account is null) return null;
            if (!await Get<OrderHandlers>().HasAccount(s, ct)) Take(await Get<OrderHandlers>().OpenAccount(s, ct));
            Take(await Get<CreditsDesk>().Link(s, account.Number, ct));
            return account;
        }

        public async Task<bool> IsNew(TradingAccount account)
        {
            await using var s = Session(cast.Trader);
            return Take(await Get<CreditsDesk>().Read(s, account.Number, ct)).Blocks.Count == 0;
        }

        public async Task BroughtIn(Actor approver, string serial, long units)
        {
            await using var s = Session(cast.Trader);
            var asked = Take(await Get<OrderHandlers>().Propose(s, new(CreditOrderKind.TakeIn, serial, units, Instrument: "VERRA-IMM-2026-0117"), ct));
            await Decided(approver, asked);
        }

        public async Task Deposited(TradingAccount to, string serial, long units, string? basket)
        {
            await using var s = Session(cast.Trader);
            // By the serial numbers the account now has.
            await Decided(cast.TraderSecond, Take(await Get<CreditsDesk>().Deposit(s, to.Number, new(serial, units, basket), ct)));
        }

        public async Task Paid(TradingAccount account, string currency, decimal amount)
        {
            var cash = Get<CashHandlers>();
            await using var clerk = Session(cast.Exchange);
            var line = $"DEMO {account.Code} {currency}";
            if (Take(await cash.List(clerk, new(account.Code, Limit: 200), ct)).Items.Any(m => m.BankReference == line)) return;
            var move = Take(await cash.ProposeIn(clerk, new(account.Code, currency, amount, line, null), ct));
            await using var second = Session(cast.ExchangeSecond);
            Take(await Get<Approvals>().Decide(second, move.TaskId!.Value, true, null, ct));
        }

        public async Task Opened(string series, decimal reference)
        {
            await using var s = Session(cast.Exchange);
            if (await Get<InstrumentList>().Find(series, ct) is null) Take(await Get<Listing>().Open(s, new(series, reference), ct));
        }

        /// <summary>Where a book is open; a part of what is sold in Hong Kong dollars is retired by its buyer.</summary>
        public async Task Orders(TradingAccount seller, TradingAccount buyer)
        {
            var floor = Get<IFloor>();
            await Get<SessionClock>().Tick(floor, ct);
            await using var sells = Session(cast.Trader);
            await using var buys = Session(cast.Smelter);
            foreach (var (series, offers, bids) in new[]
            {
                (InDollars, new[] { (32.10m, 600), (32.25m, 900), (32.60m, 1_500) }, new[] { (31.90m, 400), (31.75m, 800), (32.10m, 250) }),
                (InRenminbi, [(29.60m, 500), (29.85m, 700)], [(29.40m, 300), (29.20m, 650)]),
                (Basket, [(1.42m, 4_000), (1.45m, 6_000)], [(1.38m, 3_000), (1.42m, 1_000)]),
            })
            {
                if (floor.Read(f => f.Instrument(Get<InstrumentList>().Now.First(i => i.Series == series).Number))?.Phase != BookPhase.Continuous) continue;
                foreach (var (price, units) in offers) await Order(sells, seller, series, Side.Sell, price, units);
                foreach (var (price, units) in bids) await Order(buys, buyer, series, Side.Buy, price, units);
            }
            var bought = Take(await Get<CreditsDesk>().Read(buys, buyer.Number, ct)).Blocks.FirstOrDefault(b => b.Use is null && !b.Held && b.Units == 250);
            if (bought is null) return;
            var retirement = Take(await Get<CreditsDesk>().Retire(buys, buyer.Number, new(bought.Serial, "Nordvik smelter", "inventory", 40, "Business travel of 2025"), ct));
            await Decided(cast.SmelterSecond, retirement);
        }

        async Task Order(DbSession s, TradingAccount account, string series, Side side, decimal price, int units)
        {
            // The same words give the same order: a second start on the same day changes nothing.
            var id = BookDefinitions.IdOf($"market/demo/credits/{s.Today():uuuu-MM-dd}/{series}/{side}/{price}");
            Take(await Get<OrderDesk>().Enter(s, new() { Id = id, ClientId = id, Session = 0, Account = account.Code, Symbol = series, Side = side, Type = OrderType.Limit, Quantity = units, Price = price, TimeInForce = TimeInForce.GoodTillCancel }, ct));
        }

        async Task Decided(Actor who, CreditOrder order)
        {
            await using var s = Session(who);
            Take(await Get<Approvals>().Decide(s, order.TaskId!.Value, true, null, ct));
        }

        DbSession Session(Actor who) => Get<IDbSessions>().Open(who);

        static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException($"The demo of credits at the market was refused: {string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(" ", r.Args?.Values ?? [])}"))}");
    }
}
