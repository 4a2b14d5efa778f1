using NodaTime;

namespace Verdigris.Server.Tests.Trading;

/// <summary>Orders that members enter at the desk, as everybody sees them: over both ways of the feed, in the lists of the interface, and after the server was stopped and started.</summary>
public sealed class LivePricesTests
{
    const string Series = "ICE.EUA:2026-12", Prices = "/api/v1/market/prices/" + Series;

    [Fact]
    public async Task What_members_do_is_in_the_feed_at_once_and_a_restart_loses_and_doubles_nothing()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        await market.Opened(Series, 75m);
        using (var seller = await market.SignedIn("seller@demo"))
        using (var buyer = await market.SignedIn("buyer@demo"))
        {
            await using var events = Follower.Events(market.Address, Series);
            await using var socket = await Follower.Socket(market.Address, Series);
            Follower[] both = [events, socket];
            foreach (var f in both) await f.Sees(x => x.Phase == "continuous", "the phase");
            Assert.Equal(0, await seller.Order(Series, "Sell", 5_000, 75.10m));
            Assert.Equal(0, await seller.Order(Series, "Sell", 2_000, 75.20m));
            Assert.Equal(0, await buyer.Order(Series, "Buy", 1_000, 74.90m));
            foreach (var f in both) await f.Sees(x => x is { Bids: "74.9x1", Asks: "75.1x5 75.2x2" }, "the book");
            Assert.Equal(3, await buyer.Order(Series, "Buy", 3_000, 75.10m));
            foreach (var f in both) await f.Sees(x => x is { Asks: "75.1x2 75.2x2", Trades.Count: 1, DayLots: 3 }, "the trade");
            Assert.Equal(events.Trades, socket.Trades);
            Assert.Equal(1, (await seller.Get(Prices + "/trades")).GetProperty("items").GetArrayLength());
        }

        await market.Stop();
        await market.Start();
        using (var seller = await market.SignedIn("seller@demo"))
        using (var buyer = await market.SignedIn("buyer@demo"))
        {
            // Whoever comes now has the whole book and the tape from before.
            await using var events = Follower.Events(market.Address, Series);
            await events.Sees(x => x is { Bids: "74.9x1", Asks: "75.1x2 75.2x2", Trades.Count: 1, DayLots: 3 }, "what was there before the restart");
            Assert.Equal(2, await buyer.Order(Series, "Buy", 2_000, 75.10m));
            await events.Sees(x => x is { Asks: "75.2x2", Trades.Count: 2, DayLots: 5 }, "the trade after the restart");
            var list = (await seller.Get(Prices + "/trades")).GetProperty("items");
            Assert.Equal([2L, 3L], list.EnumerateArray().Select(t => t.GetProperty("lots").GetInt64()));
            var day = (await seller.Get(Prices + "/days"))[0];
            Assert.Equal((5L, 2, 5L), (day.GetProperty("lots").GetInt64(), day.GetProperty("trades").GetInt32(), day.GetProperty("openInterest").GetInt64()));
            Assert.Equal(5L, (await seller.Get(Prices + "/candles?minutes=5")).EnumerateArray().Sum(c => c.GetProperty("lots").GetInt64()));
            // The seller's order and clearing know of the two trades once each.
            var order = (await seller.Get("/api/v1/market/orders/history")).GetProperty("items").EnumerateArray().Single(o => o.GetProperty("price").GetDecimal() == 75.10m);
            Assert.Equal(("Filled", 5_000m), (order.GetProperty("standing").GetString(), order.GetProperty("traded").GetDecimal()));
            for (var i = 0; i < 1_200 && await market.Value<long>("select count(*) from market.clearing_trade") < 2; i++) await Task.Delay(50);
            Assert.Equal((2L, 5L), (await market.Value<long>("select count(*) from market.clearing_trade"), await market.Value<long>("select sum(lots)::bigint from market.clearing_trade")));
        }
    }

    [Fact]
    public async Task A_trade_that_is_taken_back_is_told_with_the_figures_it_leaves_and_again_to_who_was_away_or_comes_after_a_restart()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        await market.Opened(Series, 75m);
        long wrong;
        using (var seller = await market.SignedIn("seller@demo"))
        using (var buyer = await market.SignedIn("buyer@demo"))
        {
            await using var events = Follower.Events(market.Address, Series);
            await using var socket = await Follower.Socket(market.Address, Series);
            Follower[] both = [events, socket];
            foreach (var (price, lots) in new[] { (75.10m, 3_000m), (76.00m, 2_000m) })
            {
                Assert.Equal(0, await seller.Order(Series, "Sell", lots, price));
                Assert.Equal((long)lots / 1_000, await buyer.Order(Series, "Buy", lots, price));
            }
            foreach (var f in both) await f.Sees(x => x is { Trades.Count: 2, DayLots: 5, Day: { High: 76, Low: 75.10m, Close: 76 } }, "both trades");
            wrong = events.Trades[1];
            await market.TakeBack(wrong);
            foreach (var f in both)
            {
                await f.Sees(x => x is { Trades.Count: 1, DayLots: 3, Day: { High: 75.10m, Low: 75.10m, Close: 75.10m }, TakenBack.Count: 1, Minutes.Count: 1 }, "that it was taken back");
                Assert.Equal((wrong, (76m, 2L, true)), f.TakenBack.Select(b => (b.Key, b.Value)).Single());
            }
            // The minute is the one that everybody can ask for.
            var minute = (await seller.Get(Prices + "/candles?minutes=1")).EnumerateArray().ToDictionary(c => c.GetProperty("start").GetString()!, c => (c.GetProperty("lots").GetInt64(), (decimal?)c.GetProperty("high").GetDecimal()));
            var (start, told) = events.Minutes.Single();
            Assert.Equal(minute.GetValueOrDefault(start), told);
            Assert.Equal(events.Minutes, socket.Minutes);
            // Whoever has the trade from before, and comes back, hears of it.
            await using var back = Follower.Events(market.Address, Series);
            await back.Sees(x => x is { Trades.Count: 1, DayLots: 3 } && x.TakenBack.GetValueOrDefault(wrong) == (76m, 2L, true), "the trade that went while he was away");
        }

        await market.Stop();
        await market.Start();
        await using var after = await Follower.Socket(market.Address, Series);
        await after.Sees(x => x is { Trades.Count: 1, DayLots: 3 } && x.TakenBack.GetValueOrDefault(wrong) == (76m, 2L, true), "it after a restart");
        Assert.DoesNotContain(wrong, after.Trades);
    }
}
