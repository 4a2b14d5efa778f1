using Verdigris.Market.Demo;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Demo;

/// <summary>A demo in which people have done something starts again.</summary>
public sealed class DemoRepeatTests
{
    [Fact]
    public async Task Where_an_account_was_stopped_since_the_demo_leaves_everything_as_it_is()
    {
        await using var w = await MarketWorld.Open();
        await using (var s = w.Registry.Sessions.Open(Actor.System))
        {
            await s.Run("update market.trading_account set name = 'Trading desk', state = 2 where number = $1", default, w.SellerAccount.Number);
            await s.Run("update market.trading_account set name = 'Nordvik treasury' where number = $1", default, w.BuyerAccount.Number);
        }
        var cast = new MarketCast(Clerk, Clerk2, Clerk, Seller, Seller2, Buyer, Buyer2);
        await MarketDemo.Seed(w.Get<IServiceProvider>(), cast, default);
        await MarketCreditsDemo.Seed(w.Get<IServiceProvider>(), cast, Clerk, default);
        await using var after = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal((0L, 0L), (await after.Value<long>("select count(*) from market.instrument", default), await after.Value<long>("select count(*) from market.clearing_day", default)));
    }
}
