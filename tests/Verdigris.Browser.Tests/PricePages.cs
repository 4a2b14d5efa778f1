using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Data;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>Contracts, prices and price histories: open to everybody. A series with a morning of trades is made once for a stage.</summary>
static class PricePages
{
    const string Series = "ICE.EUA:2026-12";

    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        var morning = Instant.FromUtc(2026, 11, 19, 8, 0);
        await using var s = stage.Get<IDbSessions>().Open(Actor.System);
        var added = await stage.Get<SeriesRegister>().Add(s, Series, new(2026, 11, 19), default);
        Assert.True(added.Ok, string.Join(", ", added.Refusals.Select(r => r.Code)));
        var position = await MarketDataKeeper.Position(s, default);
        var events = Enumerable.Range(1, 200).Select(i => new FloorEvent
        {
            Sequence = position + i, Kind = i % 40 == 0 ? FloorEventKind.ReportedTrade : FloorEventKind.Trade, Instrument = added.Value.Number, Trade = position + i, Cause = position + i,
            TimeMicros = (morning + Duration.FromSeconds(i * 97)).ToUnixTimeTicks() / 10, Price = 7_500 + (i * 37 % 61) - (i % 7 * 5), Quantity = 1 + (i % 9),
        }).ToArray();
        var kept = await stage.Get<MarketDataKeeper>().Take(s, events, new Dictionary<int, long> { [added.Value.Number] = 420 }, default);
        var feed = stage.Get<PriceFeed>();
        feed.Publish(new(Series, "continuous", [new(75.02m, 12, 3), new(75.01m, 40, 5)], [new(75.04m, 9, 2), new(75.05m, 31, 4), new(75.06m, 5, 1)], kept.Days[Series]));
        feed.Pulse();
        return
        [
            (null,
            [
                "/market", "/market/contracts", "/market/contracts?family=allowance&kind=option", "/market/contracts?text=nothing-has-this", "/market/contracts/ICE.EUA", "/market/contracts/SHFE.AD.OPTION", "/market/contracts/LME.LITHIUM", "/market/contracts/NCDEX.CER",
                "/market/contracts/CBL.NGEO", $"/market/prices/{Series}", $"/market/prices/{Series}?minutes=1", $"/market/prices/{Series}?minutes=1440", "/market/history/CN.SZA:v2019", "/market/history/CN.SZA:v2013?window=240", "/methods/contract.final-settlement", "/methods/contract.cheapest-to-deliver",
            ]),
        ];
    }
}
