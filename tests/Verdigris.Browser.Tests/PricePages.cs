using Verdigris.Market.Clearing.Positions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>Contracts, prices and price histories: open to everybody. A series with a day of trades is made once for a stage.</summary>
static class PricePages
{
    const string Series = "ICE.EUA:2026-12";

    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await using var s = stage.Get<IDbSessions>().Open(Actor.System);
        var added = await stage.Get<SeriesRegister>().Add(s, Series, new(2026, 11, 19), default);
        Assert.True(added.Ok, string.Join(", ", added.Refusals.Select(r => r.Code)));
        // The day before, straight into the tables: the floor's own numbers stay its own.
        await s.Run("""
            insert into market.trade (series, trade, sequence, at, day, price, lots, turnover, kind, aggressor)
            select $1, -i, -i, '2026-11-19T14:00:00Z'::timestamptz - i * interval '97 seconds', '2026-11-19', round(75 + (i * 37 % 61 - i % 7 * 5) / 100.0, 2), 1 + i % 9, (1 + i % 9) * 1000 * (round(75 + (i * 37 % 61 - i % 7 * 5) / 100.0, 2)), case when i % 40 = 0 then 2 else 0 end, case when i % 40 <> 0 and i % 7 < 6 then 1 + i % 2 end from generate_series(1, 200) i
            """, default, Series);
        await s.Run("""
            insert into market.candle (series, minute, day, open, high, low, close, lots, turnover, trades)
            select series, date_trunc('minute', at), day, (array_agg(price order by at))[1], max(price), min(price), (array_agg(price order by at desc))[1], sum(lots), sum(turnover), count(*) from market.trade where series = $1 and kind = 0 group by 1, 2, 3
            """, default, Series);
        await s.Run("""
            insert into market.day_prices (series, day, open, high, low, close, lots, turnover, trades, reported_lots, reported_turnover, open_interest)
            select $1, '2026-11-19', (array_agg(open order by minute))[1], max(high), min(low), (array_agg(close order by minute desc))[1], sum(lots), sum(turnover), sum(trades), 25, 1875000, 420 from market.candle where series = $1
            """, default, Series);
        return
        [
            (null,
            [
                "/market", "/market/calendar", "/market/calendar?from=2026-12-01&to=2027-02-28&family=metal", "/market/calendar?from=2026-12-01&to=2025-12-01", "/market/contracts", "/market/contracts?family=allowance&kind=option", "/market/contracts?text=nothing-has-this", "/market/contracts/ICE.EUA", "/market/contracts/SHFE.AD.OPTION", "/market/contracts/LME.LITHIUM", "/market/contracts/NCDEX.CER",
                "/market/contracts/CBL.NGEO", $"/market/prices/{Series}", $"/market/prices/{Series}?minutes=1", $"/market/prices/{Series}?minutes=1440", "/market/history/CN.SZA:v2019", "/market/history/CN.SZA:v2013?window=240", "/methods/contract.final-settlement", "/methods/contract.cheapest-to-deliver",
            ]),
        ];
    }
}
