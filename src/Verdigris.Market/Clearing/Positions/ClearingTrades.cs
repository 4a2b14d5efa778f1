using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Positions;

/// <summary>How a contract came about. Numbers stand in rows and never change.</summary>
public enum TradeKind
{
    Book, Reported, Exercise, Default,
    /// <summary>The other way round of one that was taken back.</summary>
    TakenBack,
}

/// <summary>A contract of the clearing house with two accounts, novated the moment it was made.</summary>
/// <param name="TradingDay">The day the contract's sessions count it for.</param>
/// <param name="Trade">The floor's number of it; null where it was not made there.</param>
/// <param name="Undone">It was taken back, or takes one back: positions and money go both ways, and it makes no price, volume or fee.</param>
public sealed record NovatedTrade(Guid Id, LocalDate TradingDay, string Series, long Buyer, long Seller, decimal Price, long Lots, TradeKind Kind, Instant MadeAt, long? Trade = null, bool Undone = false);

/// <summary>
/// What was traded. A trade counts for the clearing day of its trading day; one that is told after that day's sessions were closed counts for the next. What stands on a day that is none of clearing (a Saturday, a day that was passed over) counts for the first that comes after it.
/// </summary>
static class ClearingTrades
{
    /// <summary>Of a row x: it was not taken back, and takes none back.</summary>
    internal const string Stands = "x.kind <> 4 and (x.trade is null or not exists (select from market.clearing_trade b where b.trade = x.trade and b.kind = 4))";

    /// <summary>Keeps trades; one that is there already stays as it is.</summary>
    public static async Task Take(DbSession s, IReadOnlyList<NovatedTrade> trades, CancellationToken ct)
    {
        if (trades.Count == 0) return;
        await using var command = new NpgsqlCommand("""
            insert into market.clearing_trade (id, day, series, buyer, seller, price, lots, kind, made_at, trade)
            select id, greatest(day, (select max(d.day) + 1 from market.clearing_day d where d.step > 1)), series, buyer, seller, price, lots, kind, made_at, nullif(trade, 0)
            from unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[], $5::bigint[], $6::numeric[], $7::bigint[], $8::smallint[], $9::timestamptz[], $10::bigint[]) x(id, day, series, buyer, seller, price, lots, kind, made_at, trade)
            on conflict (id) do nothing
            """, await s.Connection(ct));
        command.Parameters.Add(new() { Value = trades.Select(t => t.Id).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.TradingDay.ToDateOnly()).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.Series).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.Buyer).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.Seller).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.Price).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.Lots).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => (short)t.Kind).ToArray() });
        command.Parameters.Add(new() { Value = trades.Select(t => t.MadeAt.ToDateTimeUtc()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = trades.Select(t => t.Trade ?? 0).ToArray() });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Contracts a step makes: they count for the day that is being cleared.</summary>
    public static Task Make(DbSession s, LocalDate day, NovatedTrade trade, CancellationToken ct) => s.Run(
        "insert into market.clearing_trade (id, day, series, buyer, seller, price, lots, kind, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing", ct,
        trade.Id, day, trade.Series, trade.Buyer, trade.Seller, trade.Price, trade.Lots, (short)trade.Kind, trade.MadeAt);

    /// <summary>Trades that count for a clearing day: those after the one before, up to it.</summary>
    /// <param name="before">The clearing day before; null for the first.</param>
    public static Task<List<NovatedTrade>> Of(DbSession s, LocalDate day, LocalDate? before, CancellationToken ct) =>
        s.All($"select id, day, series, buyer, seller, price, lots, kind, made_at, trade, not ({Stands}) from market.clearing_trade x where day <= $1 and ($2::date is null or day > $2) order by series, made_at, id", Map, ct, day, before);

    /// <summary>Trading days up to a day of which trades are not cleared, with the series traded, the oldest first.</summary>
    public static Task<List<(LocalDate Day, string Series)>> Uncleared(DbSession s, LocalDate upTo, CancellationToken ct) =>
        s.All("select distinct day, series from market.clearing_trade where day <= $1 and day > coalesce((select max(day) from market.clearing_day), '-infinity') order by day, series", r => (r.Day(0), r.GetString(1)), ct, upTo);

    /// <summary>Net lots by account and series: what was carried over and what the trades since then up to the day changed; none of them 0.</summary>
    public static async Task<Dictionary<(long Account, string Series), long>> Net(DbSession s, LocalDate day, LocalDate? before, CancellationToken ct) => (await s.All("""
        select account, series, sum(lots)::bigint from (
          select account, series, lots from market.clearing_position where day = $2
          union all select buyer, series, lots from market.clearing_trade where day <= $1 and ($2::date is null or day > $2)
          union all select seller, series, -lots from market.clearing_trade where day <= $1 and ($2::date is null or day > $2)) x
        group by account, series having sum(lots) <> 0
        """, r => (Account: r.GetInt64(0), Series: r.GetString(1), Lots: r.GetInt64(2)), ct, day, before)).ToDictionary(x => (x.Account, x.Series), x => x.Lots);

    /// <summary>Net lots of trades that count for later days already.</summary>
    public static async Task<Dictionary<(long Account, string Series), long>> Later(DbSession s, LocalDate day, CancellationToken ct) => (await s.All("""
        select account, series, sum(lots)::bigint from (
          select buyer as account, series, lots from market.clearing_trade where day > $1
          union all select seller, series, -lots from market.clearing_trade where day > $1) x
        group by account, series having sum(lots) <> 0
        """, r => (Account: r.GetInt64(0), Series: r.GetString(1), Lots: r.GetInt64(2)), ct, day)).ToDictionary(x => (x.Account, x.Series), x => x.Lots);

    static NovatedTrade Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.Day(1), r.GetString(2), r.GetInt64(3), r.GetInt64(4), r.GetDecimal(5), r.GetInt64(6), (TradeKind)r.GetInt16(7), r.Time(8), r.IsDBNull(9) ? null : r.GetInt64(9), r.GetBoolean(10));
}
