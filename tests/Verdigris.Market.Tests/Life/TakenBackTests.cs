using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.Life.LifeWorld;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>A mistake that was taken back on the floor is none in the evening.</summary>
public sealed class TakenBackTests
{
    const string Series = "ICE.EUA:2026-12";

    static readonly LocalDate Wednesday = new(2026, 12, 9);

    [Fact]
    public async Task A_trade_that_was_taken_back_makes_no_price_no_call_and_no_volume()
    {
        await using var w = await BeforeTheClose(Series, 75m, Wednesday, (Seller, 300_000m), (Buyer, 40_000m), (Third, 200_000m));
        Assert.Equal(5, await w.Trade(Series, Buyer, Seller, 5_000, 74.50m));
        // A slip of the finger, a euro below.
        Assert.Equal(1, await w.Trade(Series, Third, Seller, 1_000, 73.50m));
        await w.Do(Clerk, async s => (Answer<int>)(await w.Get<FloorTrades>().CatchUp(s, default)).Value);
        var slip = await w.Sql<long>("select trade from market.clearing_trade where price = 73.50");
        Assert.True((await w.Floor.Send(FloorCommands.BustTrade(BookDefinitions.IdOf("test/bust"), slip))).Accepted);
        Assert.DoesNotContain(await w.Do(Clerk, s => w.Get<IntradayCalls>().Run(s, default)), l => l.Loss > 0);
        var day = await w.Cleared(Wednesday);
        var price = (await w.Do(Clerk, async s => (Answer<List<SettlementPrice>>)await PriceHandlers.Of(s, Wednesday, default))).Single();
        Assert.Equal((74.50m, 5, 1), (price.Price, day.Day.Report!["series"]![0]!["volumeLots"]!.GetValue<int>(), day.Day.Report["series"]![0]!["trades"]!.GetValue<int>()));
        Assert.Equal(((0L, 0L), 200_000_00L), (await w.Position(Third, Series), w.Money(Third)));
    }
}
