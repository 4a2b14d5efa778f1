using NodaTime;
using Npgsql;
using Verdigris.Market.Contracts;
using Verdigris.Market.Modes;
using Verdigris.Storage;

namespace Verdigris.Market.Data;

/// <summary>A series on the list of prices.</summary>
/// <param name="Currency">ISO 4217; the price is in it for one <paramref name="PriceUnit"/>.</param>
/// <param name="Before">Close of the trading day before; null where there is none.</param>
/// <param name="Change">From <paramref name="Before"/> to the close of the day; null where one of them is not known.</param>
public sealed record SeriesPrices(string Series, string Contract, string NameEn, string NameZh, string Currency, string PriceUnit, DayPrices Day, decimal? Before, decimal? Change, decimal? ChangePercent);

/// <summary>A series that is open for trading and was not traded in the book yet; options are read from their chains.</summary>
/// <param name="Price">Its newest settlement price, else the price it was opened with; null where it has neither.</param>
/// <param name="SettledOn">Day of the settlement price; null where <paramref name="Price"/> is none.</param>
/// <param name="OpenInterest">Lots open on either side after the last clearing day; null where the series has no positions.</param>
public sealed record UntradedSeries(string Series, string Contract, string NameEn, string NameZh, string Currency, decimal? Price, LocalDate? SettledOn, long? OpenInterest);

/// <summary>What is kept of prices, read for pages and programs. Open to everybody.</summary>
public static class PriceStore
{
    const string DayColumns = "day, open, high, low, close, lots, turnover, trades, reported_lots, reported_turnover, open_interest";

    /// <summary>The last trading day of every series that was ever traded, by series.</summary>
    public static async Task<IReadOnlyList<SeriesPrices>> All(DbSession s, ContractSet contracts, CancellationToken ct)
    {
        var rows = await s.All($"select series, {DayColumns}, lag(close) over (partition by series order by day), row_number() over (partition by series order by day desc) from market.day_prices order by series, day", r => (Series: r.GetString(0), Row: Raw(r, 1), Before: Price(r, 12), Last: r.GetInt64(13) == 1), ct);
        return [.. rows.Where(r => r.Last).Select(r => Of(contracts, r.Series, r.Row, r.Before)).OfType<SeriesPrices>()];
    }

    /// <summary>What could be traded and was not yet, by series. Positions can be there all the same: from agreed trades and exercises.</summary>
    public static async Task<IReadOnlyList<UntradedSeries>> Untraded(DbSession s, ContractSet contracts, CancellationToken ct)
    {
        // The open lots are everybody's: rights of one's own would count the own only.
        var rows = await s.Lent(t => s.All("""
            select i.series, coalesce(p.price, i.reference), p.day, (select sum(c.lots)::bigint from market.clearing_position c where c.series = i.series and c.lots > 0 and c.day = (select max(d.day) from market.clearing_day d where d.step = 13))
            from market.instrument i left join lateral (select price, day from market.settlement_price where series = i.series order by day desc limit 1) p on true
            where i.state <> $1 and i.shape <> $2 and not exists (select from market.day_prices t where t.series = i.series) order by i.series
            """, r => (Series: r.GetString(0), Price: r.MaybeDecimal(1), Day: r.MaybeDay(2), Open: r.IsDBNull(3) ? (long?)null : r.GetInt64(3)), t, (short)Trading.InstrumentState.Ended, (short)Book.SettlementShape.Option), ct);
        return [.. rows.Select(r => contracts.OfSeries(r.Series) is { } c ? new UntradedSeries(r.Series, c.Code, c.NameEn, c.NameZh, c.Currency, r.Price, r.Day, r.Open) : null).OfType<UntradedSeries>()];
    }

    /// <summary>Lots of a series open on either side after the last clearing day; null where none are.</summary>
    public static async Task<long?> Carried(DbSession s, string series, CancellationToken ct) =>
        (await s.Lent(t => s.All("select sum(lots)::bigint from market.clearing_position where series = $1 and lots > 0 and day = (select max(day) from market.clearing_day where step = 13)", r => r.IsDBNull(0) ? (long?)null : r.GetInt64(0), t, series), ct))[0];

    /// <summary>One series with its last trading day; null where it was never traded.</summary>
    public static async Task<SeriesPrices?> Find(DbSession s, ContractSet contracts, string series, CancellationToken ct)
    {
        var days = await s.All($"select {DayColumns} from market.day_prices where series = $1 order by day desc limit 2", r => Raw(r, 0), ct, series);
        return days.Count == 0 ? null : Of(contracts, series, days[0], days.Count > 1 ? days[1].Close : null);
    }

    /// <summary>A series in which nothing was traded up to a day: no prices, and no lots.</summary>
    internal static SeriesPrices? Untraded(ContractSet contracts, string series, LocalDate day) => Of(contracts, series, new(day, null, null, null, null, null, 0, 0, 0, 0, 0, null), null);

    public static async Task<DayPrices?> LastDay(DbSession s, ContractSet contracts, string series, CancellationToken ct) => (await Find(s, contracts, series, ct))?.Day;

    /// <summary>Days of a series, the newest first.</summary>
    public static async Task<IReadOnlyList<DayPrices>> Days(DbSession s, ContractSet contracts, string series, int most, CancellationToken ct) =>
        [.. (await s.All($"select {DayColumns} from market.day_prices where series = $1 order by day desc limit $2", r => Raw(r, 0), ct, series, most)).Select(d => WithVwap(contracts, series, d))];

    /// <summary>One trading day of a series; null where it was not traded on it.</summary>
    public static async Task<DayPrices?> DayOf(DbSession s, ContractSet contracts, string series, LocalDate day, CancellationToken ct) =>
        await s.One($"select {DayColumns} from market.day_prices where series = $1 and day = $2", r => Raw(r, 0), ct, series, day) is { } row ? WithVwap(contracts, series, row) : null;

    const string TradeColumns = "t.series, t.trade, t.sequence, t.at, t.day, t.price, t.lots, t.turnover, t.kind, t.busted, t.agreed, t.aggressor";

    static Print Trade(NpgsqlDataReader r) => new(r.GetString(0), r.GetInt64(1), r.GetInt64(2), Instant.FromDateTimeUtc(r.GetDateTime(3)), LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(4)), r.GetDecimal(5), r.GetInt64(6), r.GetDecimal(7), (PrintKind)r.GetInt16(8), r.GetBoolean(9),
        r.IsDBNull(10) ? null : (AgreedKind)r.GetInt16(10), r.IsDBNull(11) ? null : (Aggressor)r.GetInt16(11));

    /// <summary>Trades of a series, the newest first, before a sequence number.</summary>
    public static Task<List<Print>> Trades(DbSession s, string series, long? before, int most, CancellationToken ct) =>
        s.All($"select {TradeColumns} from market.trade t where t.series = $1 and t.sequence < $2 order by t.sequence desc limit $3", Trade, ct, series, before ?? long.MaxValue, most);

    /// <summary>Trades made since an instant that were taken back, at most so many of the newest, the oldest first.</summary>
    public static async Task<IReadOnlyList<TakenBackTrade>> TakenBack(DbSession s, string series, Instant since, int most, CancellationToken ct) => [.. (await s.All(
        $"select {TradeColumns}, b.decided_at from market.trade t left join market.trade_bust b on b.trade = t.trade and b.state = 1 where t.series = $1 and t.busted and t.at >= $2 order by t.sequence desc limit $3",
        r => new TakenBackTrade(Trade(r), r.MaybeTime(12)), ct, series, since, most)).AsEnumerable().Reverse()];

    /// <summary>Marks a trade as taken back; null where it is none that was published.</summary>
    internal static Task<Print?> Bust(DbSession s, string series, long trade, CancellationToken ct) => s.One($"update market.trade t set busted = true where t.series = $1 and t.trade = $2 returning {TradeColumns}", Trade, ct, series, trade);

    /// <summary>Candles of a span, oldest first, of the minutes from one instant to before another.</summary>
    public static async Task<IReadOnlyList<Candle>> CandlesOf(DbSession s, string series, int span, Instant from, Instant to, CancellationToken ct) => Candles.Merge(await s.All(
        "select minute, day, open, high, low, close, lots, turnover, trades from market.candle where series = $1 and minute >= $2 and minute < $3 order by minute",
        r => new Candle(Instant.FromDateTimeUtc(r.GetDateTime(0)), LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(1)), r.GetDecimal(2), r.GetDecimal(3), r.GetDecimal(4), r.GetDecimal(5), r.GetInt64(6), r.GetDecimal(7), r.GetInt32(8)), ct, series, from, to), span);

    static SeriesPrices? Of(ContractSet contracts, string series, DayPrices row, decimal? before)
    {
        if (contracts.OfSeries(series) is not { } contract) return null;
        var change = row.Close is { } close && before is { } was ? close - was : (decimal?)null;
        return new(series, contract.Code, contract.NameEn, contract.NameZh, contract.Currency, contract.PriceUnit, WithVwap(contracts, series, row), before, change, change is { } c && before is > 0 ? Math.Round(c / before.Value * 100, 2, MidpointRounding.AwayFromZero) : null);
    }

    static DayPrices WithVwap(ContractSet contracts, string series, DayPrices day) =>
        day.Lots > 0 && contracts.OfSeries(series)?.Lot(day.Day) is { } lot ? day with { Vwap = Math.Round(day.Turnover / (day.Lots * lot), 6, MidpointRounding.AwayFromZero) } : day;

    static DayPrices Raw(NpgsqlDataReader r, int at) => new(LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(at)), Price(r, at + 1), Price(r, at + 2), Price(r, at + 3), Price(r, at + 4), null, r.GetInt64(at + 5), r.GetDecimal(at + 6), r.GetInt32(at + 7), r.GetInt64(at + 8), r.GetDecimal(at + 9), r.IsDBNull(at + 10) ? null : r.GetInt64(at + 10));

    static decimal? Price(NpgsqlDataReader r, int at) => r.IsDBNull(at) ? null : r.GetDecimal(at);
}
