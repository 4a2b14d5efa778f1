using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Trading;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>Who follows the floor and was written up to date before it started says so at once: the floor's day waits for everybody who follows.</summary>
public sealed class FollowerTests
{
    const string Future = "ICE.EUA:2026-12";
    static readonly LocalDate Day = new(2026, 11, 20);

    /// <summary>A minute past ten of a trading day: a buyer and a seller have money, and the future trades.</summary>
    static async Task<LifeWorld> OnTheFloor()
    {
        var w = await LifeWorld.Open(Day.At(new LocalTime(10, 0)).InUtc().ToInstant());
        foreach (var who in new[] { Buyer, Seller }) await w.Market.PayIn(w.Of(who), 500_000m);
        await w.Opened(Future, 75m);
        await w.At(Day, 10, 1);
        return w;
    }

    [Fact]
    public async Task Who_watches_a_book_is_told_each_trade_once_when_it_is_written_down_and_nothing_of_other_books()
    {
        await using var w = await OnTheFloor();
        await w.Opened("ICE.EUA:2027-12", 78m);
        await w.At(Day, 10, 2);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await using var pictures = w.Get<FloorPictures>().Watch(Future, 5, stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await pictures.MoveNextAsync());
        Assert.Empty(pictures.Current.Trades);
        var service = w.Market.Get<Market.Data.MarketDataService>();
        for (var i = 0; i < 3; i++) Assert.Equal(1, await w.Trade(Future, Buyer, Seller, 1_000, 75m));
        // The floor told of them; they are written down a while later, and nothing happens on the floor after that.
        var next = pictures.MoveNextAsync().AsTask();
        await Task.Delay(300);
        Assert.False(next.IsCompleted);
        await service.StartAsync(default);
        try
        {
            var told = new List<long>();
            for (; told.Count < 3; next = pictures.MoveNextAsync().AsTask())
            {
                Assert.True(await next);
                told.AddRange(pictures.Current.Trades.Select(t => t.Trade));
            }
            Assert.Equal([.. told.Distinct().Order()], told);
            // What happens elsewhere makes no picture of this book: the next one is its own.
            await w.Enter(Buyer, "ICE.EUA:2027-12", Side.Buy, 1_000, 77m);
            await Task.Delay(300);
            Assert.False(next.IsCompleted);
            await w.Enter(Buyer, Future, Side.Buy, 1_000, 74m);
            Assert.True(await next);
            Assert.Equal([new(74m, 1_000m, 1)], pictures.Current.Bids);
            Assert.Empty(pictures.Current.Trades);
        }
        finally
        {
            await service.StopAsync(default);
        }
    }

    [Fact]
    public async Task Who_watches_a_book_is_told_once_of_each_trade_that_is_taken_back_where_he_was_told_of_it()
    {
        await using var w = await OnTheFloor();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var (feed, service) = (w.Market.Get<Market.Data.PriceFeed>(), w.Market.Get<Market.Data.MarketDataService>());
        await service.StartAsync(default);
        try
        {
            for (var i = 0; i < 2; i++) Assert.Equal(1, await w.Trade(Future, Buyer, Seller, 1_000, 75m + i));
            await Until(s => s.Trades.Count == 2);
            var (first, second) = (feed.State(Future)!.Trades[0].Trade, feed.State(Future)!.Trades[1].Trade);
            await using var pictures = w.Get<FloorPictures>().Watch(Future, 5, stop.Token).GetAsyncEnumerator(stop.Token);
            Assert.True(await pictures.MoveNextAsync());
            Assert.Equal(second, Assert.Single(pictures.Current.Trades).Trade);
            Assert.Equal(2, await w.Trade(Future, Buyer, Seller, 2_000, 77m));
            var (told, gone) = (new List<long>(), new List<Market.Fix.DeskTrade>());
            while (told.Count < 1)
            {
                Assert.True(await pictures.MoveNextAsync());
                told.AddRange(pictures.Current.Trades.Select(t => t.Trade));
            }
            // The first he never heard of, nor does he hear that it is gone; of the others he does.
            await TakeBack(first);
            await Until(s => s.Undone == 1);
            await TakeBack(told[0]);
            await TakeBack(second);
            while (gone.Count < 2)
            {
                Assert.True(await pictures.MoveNextAsync());
                gone.AddRange(pictures.Current.TakenBack);
                Assert.Empty(pictures.Current.Trades);
            }
            Assert.Equal([(second, 76m, 1_000m), (told[0], 77m, 2_000m)], gone.OrderBy(t => t.Trade).Select(t => (t.Trade, t.Price, t.Quantity)));
            // What happens next brings none of them again, and who comes now sees none.
            await w.Enter(Buyer, Future, Side.Buy, 1_000, 74m);
            Assert.True(await pictures.MoveNextAsync());
            Assert.Equal((0, 0), (pictures.Current.Trades.Count, pictures.Current.TakenBack.Count));
            await using var late = w.Get<FloorPictures>().Watch(Future, 5, stop.Token).GetAsyncEnumerator(stop.Token);
            Assert.True(await late.MoveNextAsync());
            Assert.Equal((0, 0), (late.Current.Trades.Count, late.Current.TakenBack.Count));
        }
        finally
        {
            await service.StopAsync(default);
        }

        async Task TakeBack(long trade) => Assert.True((await w.Floor.Send(FloorCommands.BustTrade(BookId.From(Guid.NewGuid()), trade))).Accepted);

        async Task Until(Func<Market.Data.BoardState, bool> there)
        {
            for (var i = 0; i < 1_200 && !(feed.State(Future) is { } state && there(state)); i++) await Task.Delay(50);
            Assert.True(there(feed.State(Future)!));
        }
    }

    [Fact]
    public async Task Who_follows_the_phases_is_told_each_change_once_and_of_what_comes_to_be_traded()
    {
        await using var w = await OnTheFloor();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var number = (await w.Get<InstrumentList>().Find(Future, default))!.Number;
        await using var one = w.Get<FloorPictures>().Phases(Future, stop.Token).GetAsyncEnumerator(stop.Token);
        await using var all = w.Get<FloorPictures>().Phases(null, stop.Token).GetAsyncEnumerator(stop.Token);
        foreach (var phases in new[] { one, all })
        {
            Assert.True(await phases.MoveNextAsync());
            Assert.Equal([new(Future, BookPhase.Continuous)], phases.Current);
        }
        var next = one.MoveNextAsync().AsTask();
        await w.Opened("ICE.EUA:2027-12", 78m);
        Assert.True(await all.MoveNextAsync());
        Assert.Equal("ICE.EUA:2027-12", Assert.Single(all.Current).Symbol);
        Assert.True((await w.Floor.Send(FloorCommands.SetPhase(BookId.From(Guid.NewGuid()), number, BookPhase.Halt))).Accepted);
        Assert.True(await next);
        Assert.Equal([new(Future, BookPhase.Halt)], one.Current);
        Assert.True(await all.MoveNextAsync());
        Assert.Equal([new(Future, BookPhase.Halt)], all.Current);
        // Who is slow hears the newest alone.
        foreach (var phase in new[] { BookPhase.PreOpen, BookPhase.Continuous }) Assert.True((await w.Floor.Send(FloorCommands.SetPhase(BookId.From(Guid.NewGuid()), number, phase))).Accepted);
        Assert.True(await one.MoveNextAsync());
        Assert.Equal([new(Future, BookPhase.Continuous)], one.Current);
    }

    [Fact]
    public async Task A_follower_that_has_nothing_left_to_read_does_not_hold_the_floors_day_up()
    {
        await using var w = await OnTheFloor();
        Assert.Equal(1, await w.Trade(Future, Buyer, Seller, 1_000, 75m));
        var followers = w.Market.Registry.Get<IEnumerable<IFloorFollower>>().ToList();
        Assert.Equal(3, followers.Count);
        foreach (var follower in followers) await follower.CatchUp(w.Floor, default);
        var told = w.Floor.Read(f => f.NextEvent) - 1;
        Assert.All(followers, f => Assert.Null(f.Reached));
        var services = followers.Cast<Microsoft.Extensions.Hosting.IHostedService>().ToList();
        foreach (var service in services) await service.StartAsync(default);
        try
        {
            for (var i = 0; i < 1_200 && followers.Any(f => f.Reached < told); i++) await Task.Delay(50);
            Assert.All(followers, f => Assert.Equal(told, f.Reached));
            // A second reader of the same follower that was slower: the mark stays.
            using (var again = w.Floor.Subscribe(1))
            {
                Assert.True(again.TryRead(out var batch));
                var old = batch.Take(1).ToArray();
                await using var s = w.Market.Registry.Sessions.Open(Primitives.Actor.System);
                await w.Market.Get<OrderKeeper>().Take(s, old, default);
                await w.Market.Get<Market.Data.MarketDataService>().Take(s, w.Floor, old, default);
                Assert.All(followers, f => Assert.Equal(told, f.Reached));
            }
            Assert.Equal(1L, await w.Sql<long>("select count(*) from market.clearing_trade"));
            // An order that does not trade, and the host ends: how far each read is written down, or a restart would miss an event that is gone by then.
            await w.Enter(Buyer, Future, Side.Buy, 1_000, 74m, TimeInForce.GoodTillCancel);
            told = w.Floor.Read(f => f.NextEvent) - 1;
            for (var i = 0; i < 1_200 && followers.Any(f => f.Reached < told); i++) await Task.Delay(50);
        }
        finally
        {
            foreach (var service in services) await service.StopAsync(default);
        }
        foreach (var mark in new[] { "data_position", "order_position", "clearing_reader" }) Assert.Equal(told, await w.Sql<long>($"select sequence from market.{mark}"));
    }

    [Fact]
    public async Task What_a_day_of_the_floor_begins_with_is_written_down_before_the_checkpoint_that_forgets_it()
    {
        await using var w = await OnTheFloor();
        using var events = w.Floor.Subscribe(1);
        var opened = 0L;
        while (events.TryRead(out var batch))
            foreach (var e in batch)
                if (e.Kind == FloorEventKind.DayOpened) opened = e.Sequence;
        Assert.True(opened > 0);
        foreach (var mark in new[] { "data_position", "order_position", "clearing_reader" }) Assert.True(await w.Sql<long>($"select sequence from market.{mark}") >= opened);
    }

    [Fact]
    public async Task The_mark_of_the_reader_of_trades_does_not_go_back_when_it_has_to_begin_anew()
    {
        await using var w = await OnTheFloor();
        var (clock, floor) = (new Failing(w.Market.Registry.Clock.Now), new Silent(w.Floor));
        var reader = new FloorTradesReader(floor, new DbSessions(w.Market.Registry.Database, clock), w.Get<FloorTrades>(), Microsoft.Extensions.Logging.Abstractions.NullLogger<FloorTradesReader>.Instance);
        long Told() => w.Floor.Read(f => f.NextEvent) - 1;
        async Task Until(Func<bool> there)
        {
            for (var i = 0; i < 1_200 && !there(); i++) await Task.Delay(50);
            Assert.True(there());
        }
        await reader.StartAsync(default);
        try
        {
            // A trade is written down with how far was read; the order after it is read, and within the same second not written down.
            Assert.Equal(1, await w.Trade(Future, Buyer, Seller, 1_000, 75m));
            await Until(() => reader.Reached == Told());
            await w.Enter(Buyer, Future, Side.Buy, 1_000, 74m, TimeInForce.GoodTillCancel);
            await Until(() => reader.Reached == Told());
            var read = Told();
            Assert.True(await w.Sql<long>("select sequence from market.clearing_reader") < read);
            // What comes next fails, and it begins anew from what is written down.
            clock.Fails = true;
            await w.Enter(Buyer, Future, Side.Buy, 1_000, 73m, TimeInForce.GoodTillCancel);
            await Until(() => floor.Subscriptions > 1);
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal(read, reader.Reached);
                await Task.Delay(20);
            }
            // What is read for it counts as well.
            await reader.CatchUp(w.Floor, default);
            Assert.Equal(Told(), reader.Reached);
        }
        finally { await reader.StopAsync(default); }
    }

    /// <summary>A clock that stands still, and fails when it is told to.</summary>
    sealed class Failing(Instant now) : IClock
    {
        public bool Fails { get; set; }

        public Instant GetCurrentInstant() => Fails ? throw new InvalidOperationException("no clock") : now;
    }

    /// <summary>A floor that tells its second subscriber nothing of what was.</summary>
    sealed class Silent(IFloor floor) : IFloor, IServiceProvider
    {
        int subscriptions;

        public int Subscriptions => Volatile.Read(ref subscriptions);

        public object? GetService(Type serviceType) => serviceType == typeof(IFloor) ? this : null;

        public ValueTask<FloorAnswer> Send(in FloorCommand command) => floor.Send(command);

        public ValueTask<FloorAnswer[]> Send(ReadOnlyMemory<FloorCommand> commands) => floor.Send(commands);

        public T Read<T>(Func<IFloorState, T> query) => floor.Read(query);

        public FloorSubscription Subscribe(long from = 0, int capacity = 65_536) => floor.Subscribe(Interlocked.Increment(ref subscriptions) == 1 ? from : floor.Read(f => f.NextEvent), capacity);
    }
}
