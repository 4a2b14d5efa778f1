using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Trading;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>Who follows the floor and was written up to date before it started says so at once: the floor's day waits for everybody who follows.</summary>
public sealed class FollowerTests
{
    [Fact]
    public async Task A_follower_that_has_nothing_left_to_read_does_not_hold_the_floors_day_up()
    {
        var day = new LocalDate(2026, 11, 20);
        const string future = "ICE.EUA:2026-12";
        await using var w = await LifeWorld.Open(day.At(new LocalTime(10, 0)).InUtc().ToInstant());
        foreach (var who in new[] { Buyer, Seller }) await w.Market.PayIn(w.Of(who), 500_000m);
        await w.Opened(future, 75m);
        await w.At(day, 10, 1);
        Assert.Equal(1, await w.Trade(future, Buyer, Seller, 1_000, 75m));
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
        }
        finally
        {
            foreach (var service in services) await service.StopAsync(default);
        }
    }
}
