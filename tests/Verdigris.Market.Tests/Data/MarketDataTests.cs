using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Data;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Data;

/// <summary>Trades, minutes and days out of the floor's events, compared with sums over a plain list of trades.</summary>
public sealed class MarketDataTests
{
    const string December = "ICE.EUA:2026-12", Alloy = "SHFE.AD:2026-12";
    const int DecemberNumber = 9_001, AlloyNumber = 9_002;

    static readonly Instant Monday = Instant.FromUtc(2026, 11, 23, 9, 0);

    static async Task<MarketWorld> World()
    {
        var w = await MarketWorld.Open(ready: false);
        await using var s = w.Registry.Sessions.Open(Actor.System);
        await s.Run("insert into market.series (code, contract, number, added_at) values ($1, 'ICE.EUA', $2, $5), ($3, 'SHFE.AD', $4, $5)", default, December, DecemberNumber, Alloy, AlloyNumber, Monday);
        return w;
    }

    static FloorEvent Trade(long sequence, Instant at, int price, long lots, int instrument = DecemberNumber, FloorEventKind kind = FloorEventKind.Trade, Side side = Side.Buy) =>
        new() { Sequence = sequence, TimeMicros = at.ToUnixTimeTicks() / 10, Kind = kind, Instrument = instrument, Trade = sequence, Price = price, Quantity = lots, Cause = sequence, Side = kind == FloorEventKind.Trade ? side : Side.None };

    static async Task<KeptBatch> Take(MarketWorld w, params FloorEvent[] events)
    {
        await using var s = w.Registry.Sessions.Open(Actor.System);
        return await w.Get<MarketDataKeeper>().Take(s, events, new Dictionary<int, long> { [DecemberNumber] = 42 }, default);
    }

    [Fact]
    public async Task A_day_has_its_open_high_low_close_mean_volume_turnover_and_open_interest()
    {
        await using var w = await World();
        await Take(w, Trade(1, Monday, 7_500, 2), Trade(2, Monday + Duration.FromSeconds(30), 7_560, 1));
        var kept = await Take(w, Trade(3, Monday + Duration.FromMinutes(2), 7_400, 3), Trade(4, Monday + Duration.FromMinutes(3), 7_480, 50, kind: FloorEventKind.ReportedTrade));
        Assert.Equal([(3L, PrintKind.Book, 74.00m, 222_000m), (4, PrintKind.Reported, 74.80m, 3_740_000m)], kept.Prints.Select(p => (p.Trade, p.Kind, p.Price, p.Turnover)));
        var day = kept.Days[December];
        Assert.Equal((new LocalDate(2026, 11, 23), 75.00m, 75.60m, 74.00m, 74.00m, 6L, 447_600m, 3), (day.Day, day.Open, day.High, day.Low, day.Close, day.Lots, day.Turnover, day.Trades));
        Assert.Equal((74.6m, 50L, 3_740_000m, 42L), (day.Vwap, day.ReportedLots, day.ReportedTurnover, day.OpenInterest));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        var candles = await PriceStore.CandlesOf(s, December, 1, Monday, Monday + Duration.FromHours(1), default);
        Assert.Equal([(Monday, 75.00m, 75.60m, 75.00m, 75.60m, 3L), (Monday + Duration.FromMinutes(2), 74.00m, 74.00m, 74.00m, 74.00m, 3L)], candles.Select(c => (c.Start, c.Open, c.High, c.Low, c.Close, c.Lots)));
        Assert.Equal((75.00m, 75.60m, 74.00m, 74.00m, 6L), (await PriceStore.CandlesOf(s, December, 15, Monday, Monday + Duration.FromHours(1), default)).Select(c => (c.Open, c.High, c.Low, c.Close, c.Lots)).Single());
    }

    [Fact]
    public async Task What_is_open_and_was_never_traded_has_its_settlement_price_or_the_one_it_was_opened_with()
    {
        await using var w = await World();
        await using var s = w.Registry.Sessions.Open(Actor.System);
        foreach (var (series, contract, number, reference) in new[] { (December, "ICE.EUA", DecemberNumber, 75m), (Alloy, "SHFE.AD", AlloyNumber, 18_400m) })
            await s.Run("insert into market.instrument (number, series, contract, shape, currency, lot, tick, state, reference, opened_by, opened_at) values ($1, $2, $3, 2, 'EUR', 10, 0.01, 0, $4, gen_random_uuid(), $5)", default, number, series, contract, reference, Monday);
        await s.Run("insert into market.settlement_price (day, series, price, rule, final, trace, fixed_at) values ('2026-11-20', $1, 76.82, 'officer', false, '{}', $2)", default, December, Monday);
        var untraded = await PriceStore.Untraded(s, Ask.Contracts, default);
        // Nobody holds either: that is not an open interest of zero.
        Assert.Equal([(December, 76.82m, new LocalDate(2026, 11, 20), null), (Alloy, 18_400m, (LocalDate?)null, (long?)null)], untraded.Select(u => (u.Series, u.Price!.Value, u.SettledOn, u.OpenInterest)));
        await Take(w, Trade(1, Monday, 7_500, 2));
        Assert.Equal([Alloy], (await PriceStore.Untraded(s, Ask.Contracts, default)).Select(u => u.Series));
    }

    [Fact]
    public async Task Events_given_twice_are_kept_once()
    {
        await using var w = await World();
        FloorEvent[] events = [Trade(1, Monday, 7_500, 2), Trade(2, Monday, 7_510, 2)];
        await Take(w, events);
        var again = await Take(w, [.. events, Trade(3, Monday, 7_520, 1)]);
        Assert.Equal([3L], again.Prints.Select(p => p.Trade));
        Assert.Equal((5L, 3), (again.Days[December].Lots, again.Days[December].Trades));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal(3, await MarketDataKeeper.Position(s, default));
    }

    [Fact]
    public async Task A_busted_trade_leaves_prices_and_volume_and_stays_on_the_tape()
    {
        await using var w = await World();
        await Take(w, Trade(1, Monday, 7_500, 2), Trade(2, Monday + Duration.FromMinutes(1), 9_900, 1));
        var kept = await Take(w, new FloorEvent { Sequence = 3, Kind = FloorEventKind.TradeBusted, Instrument = DecemberNumber, Trade = 2, TimeMicros = Monday.ToUnixTimeTicks() / 10 });
        Assert.Equal((75.00m, 75.00m, 2L), (kept.Days[December].High, kept.Days[December].Close, kept.Days[December].Lots));
        // Which it was, and that nothing is left of its minute, is told with the day; given again it is told no more.
        Assert.Equal((2L, 99.00m, 1L, Monday), kept.TakenBack.Select(b => (b.Trade.Trade, b.Trade.Price, b.Trade.Lots, b.At)).Single());
        Assert.Equal((Monday + Duration.FromMinutes(1), null, 3L), kept.Minutes.Select(m => (m.Start, m.Candle, m.UpTo)).Single());
        Assert.Empty(kept.EarlierDays);
        var again = await Take(w, new FloorEvent { Sequence = 3, Kind = FloorEventKind.TradeBusted, Instrument = DecemberNumber, Trade = 2, TimeMicros = Monday.ToUnixTimeTicks() / 10 });
        Assert.Equal((0, 0), (again.TakenBack.Count, again.Days.Count));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal([(2L, true), (1L, false)], (await PriceStore.Trades(s, December, null, 10, default)).Select(t => (t.Trade, t.Busted)));
        Assert.Single(await PriceStore.CandlesOf(s, December, 1, Monday, Monday + Duration.FromHours(1), default));
        // The only trade of a day taken back: a day without a price, not with a price of zero.
        kept = await Take(w, new FloorEvent { Sequence = 4, Kind = FloorEventKind.TradeBusted, Instrument = DecemberNumber, Trade = 1 });
        Assert.Equal((null, null, null, 0L), (kept.Days[December].Open, kept.Days[December].Close, kept.Days[December].Vwap, kept.Days[December].Lots));
    }

    [Fact]
    public async Task A_trade_of_the_day_before_that_is_taken_back_corrects_that_day_and_its_minute_and_an_agreed_one_no_minute()
    {
        await using var w = await World();
        await Take(w, Trade(1, Monday, 7_500, 2), Trade(2, Monday + Duration.FromSeconds(5), 7_600, 1), Trade(3, Monday, 7_550, 9, kind: FloorEventKind.ReportedTrade), Trade(4, Monday + Duration.FromDays(1), 8_000, 1));
        var kept = await Take(w, new FloorEvent { Sequence = 5, Kind = FloorEventKind.TradeBusted, Instrument = DecemberNumber, Trade = 2 }, new FloorEvent { Sequence = 6, Kind = FloorEventKind.TradeBusted, Instrument = DecemberNumber, Trade = 3 });
        Assert.Equal([2L, 3], kept.TakenBack.Select(b => b.Trade.Trade));
        Assert.Equal((Monday, 75.00m, 2L), kept.Minutes.Select(m => (m.Start, m.Candle!.High, m.Candle.Lots)).Single());
        var (series, day) = Assert.Single(kept.EarlierDays);
        Assert.Equal((December, new LocalDate(2026, 11, 23), 75.00m, 75m, 2L, 0L), (series, day.Day, day.High, day.Vwap, day.Lots, day.ReportedLots));
        Assert.Equal(80.00m, kept.Days[December].Close);
        var change = Assert.Single(kept.Changes());
        Assert.Equal((2, 1, 1, 80.00m), (change.TakenBack!.Count, change.Minutes!.Count, change.EarlierDays!.Count, change.Day!.Close));
    }

    [Fact]
    public async Task Trades_of_an_uncrossing_are_the_auctions_and_a_night_counts_for_the_next_day()
    {
        await using var w = await World();
        var night = new LocalDateTime(2026, 11, 20, 21, 0).InZoneStrictly(DateTimeZoneProviders.Tzdb["Asia/Shanghai"]).ToInstant();
        var kept = await Take(w, Trade(2, night, 3_673, 4, AlloyNumber, side: Side.None), Trade(3, night, 3_674, 1, AlloyNumber));
        Assert.Equal([(PrintKind.Auction, 18_365m), (PrintKind.Book, 18_370m)], kept.Prints.Select(p => (p.Kind, p.Price)));
        Assert.All(kept.Prints, p => Assert.Equal(new LocalDate(2026, 11, 23), p.Day));
        Assert.Equal(new LocalDate(2026, 11, 23), kept.Days[Alloy].Day);
    }

    [Fact]
    public async Task A_trade_of_the_book_keeps_the_side_that_came_in_and_no_other_trade_has_one()
    {
        await using var w = await World();
        var kept = await Take(w, Trade(1, Monday, 7_500, 2), Trade(2, Monday, 7_490, 1, side: Side.Sell), Trade(3, Monday, 7_495, 4, side: Side.None), Trade(4, Monday, 7_480, 50, kind: FloorEventKind.ReportedTrade));
        (long, PrintKind, Aggressor?)[] expected = [(1, PrintKind.Book, Aggressor.Buy), (2, PrintKind.Book, Aggressor.Sell), (3, PrintKind.Auction, null), (4, PrintKind.Reported, null)];
        Assert.Equal(expected, kept.Prints.Select(p => (p.Trade, p.Kind, p.Aggressor)));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal(expected.Reverse(), (await PriceStore.Trades(s, December, null, 10, default)).Select(p => (p.Trade, p.Kind, p.Aggressor)));
        // A row of before says nothing, and is read as such.
        await s.Run("insert into market.trade (series, trade, sequence, at, day, price, lots, turnover, kind) values ($1, 5, 5, $2, '2026-11-23', 75, 1, 750, 0)", default, December, Monday);
        Assert.Null((await PriceStore.Trades(s, December, null, 1, default)).Single().Aggressor);
    }

    [Fact]
    public async Task The_change_is_from_the_close_of_the_trading_day_before()
    {
        await using var w = await World();
        await Take(w, Trade(1, Monday, 8_000, 1));
        await Take(w, Trade(2, Monday + Duration.FromDays(1), 8_100, 1));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        var prices = Assert.Single(await PriceStore.All(s, Ask.Contracts, default));
        Assert.Equal((81.00m, 80.00m, 1.00m, 1.25m), (prices.Day.Close, prices.Before, prices.Change, prices.ChangePercent));
        Assert.Equal(prices, await PriceStore.Find(s, Ask.Contracts, December, default));
        Assert.Null(await PriceStore.Find(s, Ask.Contracts, Alloy, default));
    }

    [Fact]
    public async Task A_trade_of_an_instrument_that_is_no_series_stops_the_keeper()
    {
        await using var w = await World();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Take(w, Trade(1, Monday, 1, 1, instrument: 12_345)));
        await using var s = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal(0, await MarketDataKeeper.Position(s, default));
    }

    [Fact]
    public async Task A_gap_is_counted_and_passed_over()
    {
        await using var w = await World();
        await using var s = w.Registry.Sessions.Open(Actor.System);
        await MarketDataKeeper.Skip(s, 500, default);
        Assert.Equal((500L, 1), (await MarketDataKeeper.Position(s, default), await s.Value<int>("select gaps from market.data_position", default)));
        Assert.Empty((await Take(w, Trade(499, Monday, 7_500, 1))).Prints);
        Assert.Single((await Take(w, Trade(501, Monday, 7_500, 1))).Prints);
    }

    /// <summary>Random trades, busts and repeats in random batches, against sums over a list.</summary>
    [Fact]
    public async Task Minutes_and_days_are_those_of_a_plain_list_of_trades()
    {
        var random = new Random(20261122);
        await using var w = await World();
        var all = new List<(FloorEvent E, bool Busted)>();
        var sent = 0;
        for (var n = 1; n <= 300; n++)
        {
            var at = Monday + Duration.FromSeconds(random.Next(7_200));
            if (all.Count > 5 && random.Next(10) == 0 && all[random.Next(sent == 0 ? 1 : sent)] is { E.Kind: FloorEventKind.Trade or FloorEventKind.ReportedTrade } old)
            {
                var index = all.FindIndex(a => a.E.Trade == old.E.Trade);
                all[index] = (all[index].E, true);
                all.Add((new() { Sequence = n, Kind = FloorEventKind.TradeBusted, Instrument = DecemberNumber, Trade = old.E.Trade }, false));
            }
            else all.Add((Trade(n, at, random.Next(7_000, 8_000), random.Next(1, 20), kind: random.Next(8) == 0 ? FloorEventKind.ReportedTrade : FloorEventKind.Trade), false));
            if (random.Next(12) != 0 && n != 300) continue;
            await Take(w, [.. all.Skip(Math.Max(0, sent - random.Next(3))).Select(a => a.E)]);
            sent = all.Count;
        }
        var live = all.Where(a => !a.Busted && a.E.Kind == FloorEventKind.Trade).Select(a => a.E).ToList();
        await using var s = w.Registry.Sessions.Open(Actor.System);
        foreach (var span in Candles.Spans)
        {
            var expected = live.GroupBy(e => span == Candles.Day ? new LocalDate(2026, 11, 23).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant() : Candles.StartOf(Instant.FromUnixTimeTicks(e.TimeMicros * 10), span)).OrderBy(g => g.Key)
                .Select(g => (g.Key, High: g.Max(e => e.Price) / 100m, Low: g.Min(e => e.Price) / 100m, Lots: g.Sum(e => e.Quantity), Turnover: g.Sum(e => e.Price * 10m * e.Quantity), Trades: g.Count()));
            Assert.Equal(expected, (await PriceStore.CandlesOf(s, December, span, Monday, Monday + Duration.FromHours(3), default)).Select(c => (c.Start, c.High, c.Low, c.Lots, c.Turnover, c.Trades)));
        }
        var day = (await PriceStore.Days(s, Ask.Contracts, December, 5, default)).Single();
        Assert.Equal(all.Where(a => !a.Busted && a.E.Kind == FloorEventKind.ReportedTrade).Sum(a => a.E.Quantity), day.ReportedLots);
        Assert.Equal(live.Sum(e => e.Quantity), day.Lots);
    }
}
