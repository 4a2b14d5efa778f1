using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>The whole market on one host with a clock that is moved: real floor, desk and clearing. Nothing is done here but what a member, the operator or the clock could do.</summary>
sealed class LifeWorld : IAsyncDisposable
{
    /// <summary>Two more members, without units: one who stands in where another fails, and one who has little money.</summary>
    public static readonly Actor Third = Somebody(70), Fourth = Somebody(71);

    readonly MarketWorld market;
    readonly Dictionary<Guid, TradingAccount> accounts = [];

    LifeWorld(MarketWorld market) => this.market = market;

    public MarketWorld Market => market;
    public Venue Venue => market.Registry.Venue;
    public IFloor Floor => Get<IFloor>();
    public LocalDate Today => market.Registry.Today;
    public TradingAccount Of(Actor who) => accounts[who.OrganisationId];
    public T Get<T>() where T : notnull => market.Get<T>();
    public Task<T> Do<T>(Actor who, Func<DbSession, Task<Answer<T>>> work) => market.Do(who, work);
    public Task<string> Refused<T>(Actor who, Func<DbSession, Task<Answer<T>>> work) => market.Refused(who, work);

    public static async Task<LifeWorld> Open(Instant now)
    {
        var world = new LifeWorld(await MarketWorld.Open(now: now));
        world.accounts[Seller.OrganisationId] = world.market.SellerAccount;
        world.accounts[Buyer.OrganisationId] = world.market.BuyerAccount;
        foreach (var more in new[] { Third, Fourth })
        {
            await world.market.Admit(more, clearing: true);
            world.accounts[more.OrganisationId] = await world.market.Account(more, "house");
        }
        return world;
    }

    /// <summary>A future of London that was opened at ten, as its last five minutes begin; these members have money, in its currency.</summary>
    public static async Task<LifeWorld> BeforeTheClose(string series, decimal reference, LocalDate day, params (Actor Who, decimal Money)[] members)
    {
        var world = await Open(day.At(new LocalTime(10, 0)).InUtc().ToInstant());
        foreach (var (who, money) in members) await world.Market.PayIn(world.Of(who), money);
        await world.Opened(series, reference);
        await world.At(day, 16, 55);
        return world;
    }

    /// <summary>The clock stands at a time of a day, UTC, and what it sets in motion is done.</summary>
    public async Task At(LocalDate day, int hour, int minute = 0)
    {
        market.Registry.Clock.Now = day.At(new LocalTime(hour, minute)).InUtc().ToInstant();
        await Get<SessionClock>().Tick(Floor, default);
    }

    /// <summary>The same by a clock that was started then: of what was before it knows what is kept.</summary>
    public async Task Restarted(LocalDate day, int hour, int minute = 0)
    {
        market.Registry.Clock.Now = day.At(new LocalTime(hour, minute)).InUtc().ToInstant();
        using var clock = ActivatorUtilities.CreateInstance<SessionClock>(Get<IServiceProvider>());
        await clock.Tick(Floor, default);
    }

    /// <summary>The evening of a day: sessions are over, and the clearing clock runs what is due.</summary>
    public async Task<ClearingDayView?> Evening(LocalDate day, int hour = 21)
    {
        await At(day, hour);
        return await Get<ClearingClock>().Tick(default);
    }

    /// <summary>An evening on which the day is done.</summary>
    public async Task<ClearingDayView> Cleared(LocalDate day, int hour = 21)
    {
        var view = await Evening(day, hour);
        Assert.True(view is { Day.Done: true } && view.Day.Day == day, view is null ? "no day was due" : $"{view.Day.Day} {view.Day.Step}: {string.Join("; ", view.Day.Waiting.Select(r => $"{r.Code} {string.Join(",", r.Args?.Values ?? [])}"))}");
        Census();
        return view!;
    }

    public Task<Instrument> Opened(string series, decimal reference) => Do(Operator, s => Get<Listing>().Open(s, new(series, reference), default));

    public DeskOrder Order(Actor who, string series, Side side, decimal quantity, decimal? price, TimeInForce lasts = TimeInForce.Day, PositionEffect effect = PositionEffect.Open)
    {
        var id = BookId.From(Guid.NewGuid());
        return new() { Id = id, ClientId = id, Session = 0, Account = Of(who).Code, Symbol = series, Side = side, Quantity = quantity, Price = price, Type = OrderType.Limit, TimeInForce = lasts, Effect = effect };
    }

    public Task<DeskResult> Enter(Actor who, string series, Side side, decimal quantity, decimal price, TimeInForce lasts = TimeInForce.Day, PositionEffect effect = PositionEffect.Open) =>
        Do(who, s => Get<OrderDesk>().Enter(s, Order(who, series, side, quantity, price, lasts, effect), default));

    /// <summary>One sells, one buys, both over the desk; answers lots.</summary>
    public async Task<long> Trade(string series, Actor buyer, Actor seller, decimal quantity, decimal price, PositionEffect buys = PositionEffect.Open, PositionEffect sells = PositionEffect.Open)
    {
        await Enter(seller, series, Side.Sell, quantity, price, effect: sells);
        return (await Enter(buyer, series, Side.Buy, quantity, price, effect: buys)).Traded;
    }

    public long Cash(Actor who, string currency = "EUR") => Total(Of(who).Cash, currency);
    public long Margin(Actor who, string currency = "EUR") => Total(Of(who).Margin, currency);
    public long Money(Actor who, string currency = "EUR") => Cash(who, currency) + Margin(who, currency);
    public long Total(long account, string currency) => Venue.Read(b => b.Balance(account, MarketBook.Currencies[currency].Asset)).Total;

    public async Task<(long Long, long Short)> Position(Actor who, string series)
    {
        var known = (await market.Registry.All(Actor.System, s => Get<SeriesRegister>().Find(s, series, default)))!;
        return Venue.Read(b => (b.Balance(Of(who).Positions, known.Long).Total, b.Balance(Of(who).Positions, known.Short).Total));
    }

    public async Task<T> Sql<T>(string sql, params object?[] args)
    {
        await using var s = market.Registry.Sessions.Open(Actor.System);
        return await s.Value<T>(sql, default, args);
    }

    /// <summary>Nothing came from nowhere: money that members and the house have is what the bank owes, the clearing house keeps nothing between chains, there are as many long lots as short ones, and every statement ends at its balance.</summary>
    /// <param name="waits">What the clearing house has collected, in cents, while a day waits before it pays out.</param>
    public void Census(long waits = 0)
    {
        long[] house = [MarketBook.ClearingCash, MarketBook.ClearingUnits, MarketBook.Fees, MarketBook.DefaultFund];
        var members = accounts.Values.SelectMany(a => new[] { a.Cash, a.Positions, a.Margin }).ToList();
        Venue.Read(b =>
        {
            foreach (var (_, (asset, _)) in MarketBook.Currencies) Assert.Equal(-b.Balance(MarketBook.Bank, asset).Total, house.Concat(members).Sum(a => b.Balance(a, asset).Total));
            Assert.Equal(waits, b.Holdings(MarketBook.ClearingCash).Sum(h => h.Balance.Total));
            Assert.Empty(b.Holdings(MarketBook.ClearingUnits));
            var lots = members.SelectMany(m => b.Holdings(m)).Where(h => ClearedSeries.Of(h.Asset) is not null).GroupBy(h => ClearedSeries.Of(h.Asset)!.Value.Number);
            foreach (var series in lots) Assert.Equal(series.Where(h => !ClearedSeries.Of(h.Asset)!.Value.Short).Sum(h => h.Balance.Total), series.Where(h => ClearedSeries.Of(h.Asset)!.Value.Short).Sum(h => h.Balance.Total));
            foreach (var account in members)
                foreach (var (asset, balance) in b.Holdings(account))
                {
                    var lines = b.Statement(account, asset, limit: 10_000);
                    Assert.Equal((balance.Total, balance.Total), (lines[0].BalanceAfter, lines.Sum(l => l.Change)));
                }
            return 0;
        });
    }

    static Actor Somebody(int n) => new(new($"0190d100-0000-7000-8000-{n:000000000000}"), $"person {n}", new($"0190d200-0000-7000-8000-{n:000000000000}"), new HashSet<string> { Role.MarketTrader, Role.MarketSupervisor, Role.Administrator });

    public ValueTask DisposeAsync() => market.DisposeAsync();
}
