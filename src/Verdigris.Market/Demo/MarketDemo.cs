using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Auctions;
using Verdigris.Market.Cash;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Market.Demo;

/// <summary>Who plays in the demo: two people of the exchange, an officer of the authority, and two members with two people each, who are representatives of their registry accounts too.</summary>
public sealed record MarketCast(Actor Exchange, Actor ExchangeSecond, Actor Officer, Actor Trader, Actor TraderSecond, Actor Smelter, Actor SmelterSecond);

/// <summary>
/// A market in the demo: two members with money and units, two series of European allowances, a book with orders where trading is open at the time, and an announced auction, and positions in a future with the clearing day behind them. Everything by the use cases people use, but what was traded before the demo began: that is put down as the floor leaves it behind. Figures are invented. Safe to repeat.
/// </summary>
public static partial class MarketDemo
{
    const string Scheme = "eu-ets", Spot = "EEX.EUA.SPOT";

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, MarketCast cast, CancellationToken ct)
    {
        var play = new Play(services, cast, ct);
        var trader = await play.Account(cast.Trader, "Trading desk", 5_000_000m);
        var smelter = await play.Account(cast.Smelter, "Nordvik treasury", 3_000_000m);
        // Somebody has stopped or closed an account since, or declared it in default: what people did with the demo stays as it is, and the next start is none the worse for it.
        if (trader.State != TradingState.Open || smelter.State != TradingState.Open) return;
        var offered = await play.Units(cast.Trader, cast.TraderSecond, trader);
        await play.Units(cast.Smelter, cast.SmelterSecond, smelter);
        await play.Deposited(cast.Trader, cast.TraderSecond, offered, 60_000);
        await play.Opened(Spot, 75m);
        var year = play.Today.Month == 12 && play.Today.Day > 10 ? play.Today.Year + 1 : play.Today.Year;
        await play.Opened($"ICE.EUA:{year}-12", 76.5m);
        await play.Orders(trader, smelter);
        await play.Announced(trader);
        await play.Cleared($"ICE.EUA:{year}-12", smelter, trader);
    }

    sealed partial class Play(IServiceProvider services, MarketCast cast, CancellationToken ct)
    {
        public LocalDate Today => services.GetRequiredService<IClock>().GetCurrentInstant().InUtc().Date;

        public async Task<TradingAccount> Account(Actor who, string name, decimal money)
        {
            var members = services.GetRequiredService<MemberHandlers>();
            await using var s = Session(who);
            var member = (await members.List(s, null, ct)).FirstOrDefault(m => m.OrganisationId == who.OrganisationId) ?? Take(await members.Apply(s, true, ct)).Member;
            foreach (var paper in Take(await members.Read(s, member.Id, ct)).Missing) Take(await members.AddDocument(s, member.Id, paper, paper + ".pdf", new MemoryStream(Encoding.UTF8.GetBytes($"%PDF-1.7\n{paper} of the demo\n%%EOF")), ct));
            if (member.State == MemberState.Applied)
            {
                await using (var exchange = Session(cast.Exchange))
                    if (member.TaskId is null) Take(await members.Propose(exchange, member.Id, ct));
                await Decided(cast.ExchangeSecond, member.Id);
            }
            var accounts = services.GetRequiredService<TradingAccountHandlers>();
            var account = Take(await accounts.List(s, null, null, null, 200, ct)).Items.FirstOrDefault(a => a.Name == name) ?? Take(await accounts.Open(s, new(name), ct));
            account = Take(await accounts.Read(s, account.Number, ct));
            var cash = services.GetRequiredService<CashHandlers>();
            await using var clerk = Session(cast.Exchange);
            var moves = Take(await cash.List(clerk, new(account.Code), ct)).Items;
            var move = moves.FirstOrDefault() ?? Take(await cash.ProposeIn(clerk, new(account.Code, "EUR", money, $"DEMO {account.Code}", null), ct));
            if (move.State == CashState.Proposed) await Decided(cast.ExchangeSecond, move.Id);
            return account;
        }

        public async Task<UnitsLink> Units(Actor first, Actor second, TradingAccount trading)
        {
            var links = services.GetRequiredService<UnitsLinks>();
            await using var s = Session(first);
            if ((await links.Of(s, trading.Number, ct)).FirstOrDefault(l => l.Scheme == Scheme) is { } known) return known;
            var accounts = services.GetRequiredService<AccountHandlers>();
            var account = Take(await accounts.List(s, new(Scheme, MarketDoor.Kind), ct)).Items.FirstOrDefault(a => a.OrganisationId == first.OrganisationId) ?? Take(await accounts.Ask(s, new(Scheme, MarketDoor.Kind, "Units at the market", null, false), ct));
            if (account.TaskId is { } opening && account.State == AccountState.Proposed) await DecidedTask(cast.Officer, opening);
            var access = services.GetRequiredService<AccessHandlers>();
            foreach (var person in new[] { first, second })
            {
                var named = Take(await access.Representatives(s, account.Account, ct)).FirstOrDefault(r => r.PersonId == person.PersonId && r.State != RepresentativeState.Removed) ?? Take(await access.Name(s, account.Account, person.PersonId, Right.Both, ct));
                if (named is { State: RepresentativeState.Proposed, TaskId: { } task }) await DecidedTask(cast.Officer, task);
            }
            return Take(await links.Link(s, trading.Number, account.FullId, ct));
        }

        public async Task Deposited(Actor first, Actor second, UnitsLink to, long quantity)
        {
            if (services.GetRequiredService<UnitsLinks>().Holdings(to).Count > 0) return;
            var transactions = services.GetRequiredService<TransactionHandlers>();
            await using var s = Session(first);
            var from = Take(await services.GetRequiredService<AccountHandlers>().List(s, new(Scheme, "trading"), ct)).Items.First(a => a.OrganisationId == first.OrganisationId);
            var moved = Take(await transactions.Propose(s, new(from.Account, MarketDoor.Deposit, to.FullId, "EUA", null, quantity), ct));
            await Decided(second, moved.Id);
        }

        public async Task Opened(string series, decimal reference)
        {
            await using var s = Session(cast.Exchange);
            if (await services.GetRequiredService<InstrumentList>().Find(series, ct) is null) Take(await services.GetRequiredService<Listing>().Open(s, new(series, reference), ct));
        }

        /// <summary>Only while the series is traded: at night and on holidays a book is empty.</summary>
        public async Task Orders(TradingAccount seller, TradingAccount buyer)
        {
            var floor = services.GetRequiredService<IFloor>();
            await services.GetRequiredService<SessionClock>().Tick(floor, ct);
            var spot = (await services.GetRequiredService<InstrumentList>().Find(Spot, ct))!;
            if (floor.Read(f => f.Instrument(spot.Number))?.Phase != BookPhase.Continuous) return;
            await using var sells = Session(cast.Trader);
            await using var buys = Session(cast.Smelter);
            foreach (var (price, lots) in new[] { (75.05m, 4), (75.10m, 6), (75.20m, 10) }) await Order(sells, seller, Side.Sell, price, lots);
            foreach (var (price, lots) in new[] { (74.95m, 5), (74.90m, 8), (75.05m, 2) }) await Order(buys, buyer, Side.Buy, price, lots);
        }

        async Task Order(DbSession s, TradingAccount account, Side side, decimal price, int lots)
        {
            // The same words give the same order: a second start changes nothing.
            var id = BookDefinitions.IdOf($"market/demo/{Today:uuuu-MM-dd}/{side}/{price}");
            var entered = await services.GetRequiredService<OrderDesk>().Enter(s, new() { Id = id, ClientId = id, Session = 0, Account = account.Code, Symbol = Spot, Side = side, Type = OrderType.Limit, Quantity = lots * 1000, Price = price, TimeInForce = TimeInForce.GoodTillCancel }, ct);
            Take(entered);
        }

        public async Task Announced(TradingAccount seller)
        {
            await using var s = Session(cast.Exchange);
            if (Take(await services.GetRequiredService<AuctionQueries>().List(s, Scheme, null, null, null, 1, ct)).Items.Count > 0) return;
            var opens = s.Now + Duration.FromDays(1);
            var planned = Take(await services.GetRequiredService<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, seller.Code, 20_000, null, opens, opens + Duration.FromHours(2)), ct));
            await using var second = Session(cast.ExchangeSecond);
            // The keys of the demo are let go: its auction is to be looked at and bid for, and ends by being cancelled.
            Take(await services.GetRequiredService<AuctionPlanning>().Announce(second, planned.Auction.Id, null, ct));
        }

        async Task Decided(Actor who, Guid subject)
        {
            await using var s = Session(Actor.System);
            var open = await s.All("select id from storage.approval_task where subject_id = $1 and state = 'Open'", r => r.GetGuid(0), ct, subject.ToString());
            if (open.Count > 0) await DecidedTask(who, open[0]);
        }

        async Task DecidedTask(Actor who, Guid task)
        {
            await using var s = Session(who);
            Take(await services.GetRequiredService<Approvals>().Decide(s, task, true, null, ct));
        }

        DbSession Session(Actor who) => services.GetRequiredService<IDbSessions>().Open(who);

        static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException($"The demo of the market was refused: {string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(" ", r.Args?.Values ?? [])}"))}");
    }
}
