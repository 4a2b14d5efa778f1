using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Prices;

/// <summary>
/// What series are worth in the middle of a day. A future: its last trade since the last settlement, or that settlement. An option is traded seldom: where its future has moved since the option's own last price, it is worth what the theory says at the future's price now and the volatility that last price implied.
/// </summary>
sealed class PricesNow(ContractSet contracts, LocalDate day, LocalDate? settled)
{
    /// <param name="Day">Settlement day; null of a trade, and of the price a series was opened with.</param>
    /// <param name="At">When it was traded; null of a settlement.</param>
    sealed record Known(decimal Price, LocalDate? Day, Instant? At);

    Dictionary<string, Known> traded = [], fixedBefore = [];

    /// <param name="day">Today: time to expiry counts from it.</param>
    /// <param name="settled">The last day that was cleared; null before the first.</param>
    public static async Task<PricesNow> Of(DbSession s, ContractSet contracts, LocalDate day, LocalDate? settled, CancellationToken ct)
    {
        var now = new PricesNow(contracts, day, settled)
        {
            traded = (await s.All($"select distinct on (series) series, price, made_at from market.clearing_trade x where ($1::date is null or day > $1) and kind < 2 and {ClearingTrades.Stands} order by series, made_at desc, id desc", r => (Series: r.GetString(0), Known: new Known(r.GetDecimal(1), null, r.Time(2))), ct, settled)).ToDictionary(p => p.Series, p => p.Known),
            fixedBefore = (await s.All("select distinct on (p.series) p.series, p.price, p.day from market.settlement_price p join market.series x on x.code = p.series and x.ended_on is null where p.day <= $1 order by p.series, p.day desc", r => (Series: r.GetString(0), Known: new Known(r.GetDecimal(1), r.Day(2), null)), ct, settled)).ToDictionary(p => p.Series, p => p.Known),
        };
        // Before the first settlement a series is worth what it was opened with.
        foreach (var (series, reference) in await s.All("select series, reference from market.instrument where reference is not null", r => (r.GetString(0), r.GetDecimal(1)), ct)) now.fixedBefore.TryAdd(series, new(reference, null, null));
        return now;
    }

    /// <summary>The price now, not rounded to the tick; null where neither a price nor a theory gives one.</summary>
    public async Task<decimal?> Find(DbSession s, Series series, CancellationToken ct)
    {
        var own = Last(series.Code);
        if (series.Strike is null) return own?.Price;
        var contract = contracts.Find(series.Contract)!;
        if (OptionStrikes.Underlying(contract, series, day) is not { } under || Last(under.Code) is not { } forward) return own?.Price;
        if (TheoreticalPrices.Years(contracts, contract, series, day) is not { } years) return own?.Price;
        (decimal, decimal, decimal)? then = null;
        if (own is { } was)
        {
            var beside = was.At is { } at ? forward.At is { } moved && moved > at ? await Before(s, under.Code, at, ct) : forward.Price : fixedBefore.TryGetValue(under.Code, out var fix) && fix.Day == was.Day ? fix.Price : null;
            // The future is where it was when the option had its price, or nobody knows where it was.
            if (beside is not { } stood || stood == forward.Price) return was.Price;
            if (was.Day is null && was.At is null) then = null;
            else if (TheoreticalPrices.Years(contracts, contract, series, was.Day ?? day) is { } left) then = (was.Price, stood, left);
        }
        return TheoreticalPrices.Option(MarginRules.Of(contracts.Packs), contract, series, forward.Price, years, then, day)?.Price ?? own?.Price;
    }

    Known? Last(string code) => traded.TryGetValue(code, out var trade) ? trade : fixedBefore.TryGetValue(code, out var before) ? before : null;

    /// <summary>Where a future stood when its option was traded.</summary>
    async Task<decimal?> Before(DbSession s, string code, Instant at, CancellationToken ct)
    {
        var trade = await s.One($"select price from market.clearing_trade x where series = $1 and made_at <= $2 and ($3::date is null or day > $3) and kind < 2 and {ClearingTrades.Stands} order by made_at desc, id desc limit 1", r => new Known(r.GetDecimal(0), null, null), ct, code, at, settled);
        return trade is { } found ? found.Price : fixedBefore.TryGetValue(code, out var before) ? before.Price : null;
    }
}
