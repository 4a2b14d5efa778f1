using System.Collections.Concurrent;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Storage;

namespace Verdigris.Market.Data;

/// <summary>What a batch of events changed, for those who follow.</summary>
/// <param name="Prints">New trades, in order.</param>
/// <param name="Days">Figures of the last day of every series that traded or lost a trade.</param>
/// <param name="TakenBack">Published trades that are no more.</param>
public sealed record KeptBatch(IReadOnlyList<Print> Prints, IReadOnlyDictionary<string, DayPrices> Days, IReadOnlyList<TakenBackTrade> TakenBack)
{
    public KeptBatch(IReadOnlyList<Print> prints, IReadOnlyDictionary<string, DayPrices> days) : this(prints, days, []) { }

    /// <summary>Minutes that lost a trade, and days before the last that did.</summary>
    public IReadOnlyList<MinuteNow> Minutes { get; init; } = [];
    public IReadOnlyList<(string Series, DayPrices Day)> EarlierDays { get; init; } = [];

    /// <summary>One change of each series: a trade that goes, and what it made of the figures, are told together.</summary>
    public IEnumerable<BoardChange> Changes() => Prints.Select(p => p.Series).Concat(TakenBack.Select(b => b.Trade.Series)).Concat(Days.Keys).Distinct().Select(series => new BoardChange(series, Day: Days.GetValueOrDefault(series), Trades: [.. Prints.Where(p => p.Series == series)],
        TakenBack: [.. TakenBack.Where(b => b.Trade.Series == series)], Minutes: [.. Minutes.Where(m => m.Series == series)], EarlierDays: [.. EarlierDays.Where(d => d.Series == series).Select(d => d.Day)]));
}

/// <summary>
/// Keeps what the floor's events say of trades: the trades themselves, their minutes and their days, each event once however often it is given. One keeper writes at a time; a batch is one transaction with the number up to which events were read.
/// </summary>
public sealed class MarketDataKeeper(ContractSet contracts, InstrumentNames names, TradingModes modes)
{
    /// <summary>The event up to which everything is kept; 0 before the first.</summary>
    public static Task<long> Position(DbSession s, CancellationToken ct) => s.Value<long>("select sequence from market.data_position", ct);

    /// <summary>Events up to this one were no longer kept by the floor when they were asked for: goes on behind them, and counts the gap.</summary>
    public static Task Skip(DbSession s, long to, CancellationToken ct) => s.Run("update market.data_position set sequence = greatest(sequence, $1), gaps = gaps + 1", ct, to);

    /// <summary>Everything up to this event was read and no trade was among what is not kept.</summary>
    public static Task Reach(DbSession s, long sequence, CancellationToken ct) => s.Run("update market.data_position set sequence = greatest(sequence, $1)", ct, sequence);

    /// <summary>Keeps a batch. Events already kept change nothing.</summary>
    /// <param name="openInterest">Lots open by instrument, as far as known.</param>
    /// <exception cref="InvalidOperationException">A trade of an instrument that is no series: then the market's own tables are wrong.</exception>
    public async Task<KeptBatch> Take(DbSession s, ReadOnlyMemory<FloorEvent> events, IReadOnlyDictionary<int, long>? openInterest, CancellationToken ct)
    {
        if (events.IsEmpty) return new([], new Dictionary<string, DayPrices>());
        var known = new Dictionary<int, (string Series, Contract Contract)>();
        foreach (var instrument in TradedOf(events)) known[instrument] = await Named(s, instrument, ct);
        var (all, busts) = Read(events, known);
        var agreed = await Agreed(s, events, ct);
        // A trade agreed outside the book is published when the contract's rule says; the others at once.
        var (prints, waiting) = (new List<Print>(), new List<(Print Print, Instant? Due)>());
        foreach (var print in all)
        {
            if (!agreed.TryGetValue(print.Trade, out var kind)) { prints.Add(print); continue; }
            var (flagged, mode) = (print with { Agreed = kind }, modes.Agreed(contracts.Find(print.Series.Split(':')[0])!, kind, print.Day));
            if (mode is null or { Published: Publication.AtOnce }) prints.Add(flagged);
            else waiting.Add((flagged, mode.Published == Publication.Never ? null : print.At + mode.Delay));
        }
        return await s.InTransaction(async t =>
        {
            // Waits for another keeper, and reads what it left.
            var position = await s.Value<long>("select sequence from market.data_position for update", t);
            var fresh = prints.Where(p => p.Sequence > position).ToList();
            if (fresh.Count > 0) await Insert(s, fresh, t);
            foreach (var (print, due) in waiting.Where(w => w.Print.Sequence > position))
                await s.Run("insert into market.print_waiting (sequence, trade, series, agreed, at, day, price, lots, turnover, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing", t,
                    print.Sequence, print.Trade, print.Series, (short)print.Agreed!, print.At, print.Day, print.Price, print.Lots, print.Turnover, due);
            foreach (var trade in agreed.Keys) await Settled(s, events, trade, t);
            var gone = new List<TakenBackTrade>();
            var busted = busts.Where(b => b.Sequence > position).ToList();
            foreach (var (series, trade, _, at) in busted)
            {
                if (await PriceStore.Bust(s, series, trade, t) is { } print) gone.Add(new(print, at));
                // What nobody has seen yet nobody sees.
                await s.Run("update market.print_waiting set busted = true where series = $1 and trade = $2", t, series, trade);
                await AgreedSettlement.TakenBack(s, trade, t);
            }
            var changed = fresh.Select(p => p.Series).Concat(busted.Select(b => b.Series)).Distinct().ToArray();
            if (changed.Length > 0)
            {
                await Minutes(s, [.. fresh.Select(p => p.Series), .. busted.Select(b => b.Series)], [.. fresh.Select(p => p.Trade), .. busted.Select(b => b.Trade)], t);
                foreach (var (instrument, lots) in openInterest ?? new Dictionary<int, long>())
                    if (known.TryGetValue(instrument, out var of)) await s.Run("update market.day_prices set open_interest = $2 where series = $1 and day = (select max(day) from market.day_prices where series = $1)", t, of.Series, lots);
            }
            await Reach(s, events.Span[^1].Sequence, t);
            var days = new Dictionary<string, DayPrices>(StringComparer.Ordinal);
            foreach (var series in changed)
                if (await PriceStore.LastDay(s, contracts, series, t) is { } day) days[series] = day;
            return new KeptBatch(fresh, days, gone) { Minutes = await MinutesNow(s, gone, events.Span[^1].Sequence, t), EarlierDays = await EarlierDays(s, gone, days, t) };
        }, ct);
    }

    /// <summary>What is left of the minutes in which trades were taken back. One agreed outside the book was in none.</summary>
    static async Task<IReadOnlyList<MinuteNow>> MinutesNow(DbSession s, List<TakenBackTrade> gone, long upTo, CancellationToken ct)
    {
        var minutes = new List<MinuteNow>();
        foreach (var (series, start, day) in gone.Where(g => g.Trade.Kind != PrintKind.Reported).Select(g => (g.Trade.Series, Candles.StartOf(g.Trade.At, Candles.Minute), g.Trade.Day)).DistinctBy(m => (m.Series, m.Item2)))
            minutes.Add(new(series, start, day, (await PriceStore.CandlesOf(s, series, Candles.Minute, start, start + Duration.FromMinutes(1), ct)).SingleOrDefault(), upTo));
        return minutes;
    }

    /// <summary>A night's trade is still taken back when the next day has begun.</summary>
    async Task<IReadOnlyList<(string, DayPrices)>> EarlierDays(DbSession s, List<TakenBackTrade> gone, Dictionary<string, DayPrices> last, CancellationToken ct)
    {
        var days = new List<(string, DayPrices)>();
        foreach (var (series, day) in gone.Select(g => (g.Trade.Series, g.Trade.Day)).Distinct().Where(g => last.GetValueOrDefault(g.Series)?.Day != g.Day))
            if (await PriceStore.DayOf(s, contracts, series, day, ct) is { } figures) days.Add((series, figures));
        return days;
    }

    /// <summary>Publishes agreed trades whose time has come.</summary>
    public async Task<KeptBatch> Publish(DbSession s, CancellationToken ct) => await s.InTransaction(async t =>
    {
        var due = await s.All("select series, trade, sequence, at, day, price, lots, turnover, agreed from market.print_waiting where published_at is null and not busted and due_at <= $1 order by sequence limit 500 for update",
            r => new Print(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.Time(3), r.Day(4), r.GetDecimal(5), r.GetInt64(6), r.GetDecimal(7), PrintKind.Reported, Agreed: (AgreedKind)r.GetInt16(8)), t, s.Clock.GetCurrentInstant());
        var days = new Dictionary<string, DayPrices>(StringComparer.Ordinal);
        if (due.Count == 0) return new KeptBatch([], days);
        await Insert(s, due, t);
        await Minutes(s, [.. due.Select(p => p.Series)], [.. due.Select(p => p.Trade)], t);
        await s.Run("update market.print_waiting set published_at = $2 where sequence = any($1)", t, due.Select(p => p.Sequence).ToArray(), s.Now);
        foreach (var series in due.Select(p => p.Series).Distinct())
            if (await PriceStore.LastDay(s, contracts, series, t) is { } day) days[series] = day;
        return new KeptBatch(due, days);
    }, ct);

    /// <summary>Reported trades of a batch that members agreed at this market's desk, by the floor's number.</summary>
    static async Task<Dictionary<long, AgreedKind>> Agreed(DbSession s, ReadOnlyMemory<FloorEvent> events, CancellationToken ct)
    {
        var lines = new Dictionary<Guid, long>();
        foreach (ref readonly var e in events.Span)
            if (e is { Kind: FloorEventKind.ReportedTrade } && e.ClientId != 0) lines[BookId.ToGuid(e.ClientId)] = e.Trade;
        if (lines.Count == 0) return [];
        return (await s.All("select id, kind from market.agreed_trade where id = any($1)", r => (Id: r.GetGuid(0), Kind: (AgreedKind)r.GetInt16(1)), ct, lines.Keys.ToArray())).ToDictionary(a => lines[a.Id], a => a.Kind);
    }

    /// <summary>The event says that an agreed trade was made: whoever confirmed it may have been cut off before he heard.</summary>
    static async Task Settled(DbSession s, ReadOnlyMemory<FloorEvent> events, long trade, CancellationToken ct)
    {
        var id = Guid.Empty;
        foreach (ref readonly var e in events.Span)
            if (e.Kind == FloorEventKind.ReportedTrade && e.Trade == trade) id = BookId.ToGuid(e.ClientId);
        await AgreedSettlement.Settled(s, id, trade, ct);
    }

    static IEnumerable<int> TradedOf(ReadOnlyMemory<FloorEvent> events)
    {
        var found = new HashSet<int>();
        foreach (ref readonly var e in events.Span)
            if (e.Kind is FloorEventKind.Trade or FloorEventKind.ReportedTrade or FloorEventKind.TradeBusted) found.Add(e.Instrument);
        return found;
    }

    async Task<(string, Contract)> Named(DbSession s, int instrument, CancellationToken ct)
    {
        var series = await names.Of(s, instrument, ct) ?? throw new InvalidOperationException($"Instrument {instrument} of the floor is no series.");
        return (series, contracts.OfSeries(series) ?? throw new InvalidOperationException($"Series {series} is of no contract."));
    }

    (List<Print> Prints, List<(string Series, long Trade, long Sequence, Instant At)> Busted) Read(ReadOnlyMemory<FloorEvent> events, Dictionary<int, (string Series, Contract Contract)> known)
    {
        var (prints, busted) = (new List<Print>(), new List<(string, long, long, Instant)>());
        foreach (ref readonly var e in events.Span)
        {
            switch (e.Kind)
            {
                case FloorEventKind.TradeBusted:
                    busted.Add((known[e.Instrument].Series, e.Trade, e.Sequence, Instant.FromUnixTimeTicks(e.TimeMicros * 10)));
                    break;
                case FloorEventKind.Trade or FloorEventKind.ReportedTrade:
                    var (series, contract) = known[e.Instrument];
                    var at = Instant.FromUnixTimeTicks(e.TimeMicros * 10);
                    var day = TradingDay(contract, at);
                    var price = contract.Price(e.Price, day);
                    // In an auction both sides stood there: nobody came in.
                    var (kind, came) = e.Kind == FloorEventKind.ReportedTrade ? (PrintKind.Reported, null) : e.Side switch { Side.Buy => (PrintKind.Book, Aggressor.Buy), Side.Sell => (PrintKind.Book, Aggressor.Sell), _ => (PrintKind.Auction, (Aggressor?)null) };
                    prints.Add(new(series, e.Trade, e.Sequence, at, day, price, e.Quantity, contract.Amount(price, e.Quantity, day) ?? 0, kind, Aggressor: came));
                    break;
            }
        }
        return (prints, busted);
    }

    /// <summary>The trading day an instant counts for; the day of UTC where hours or calendar of the contract are unknown.</summary>
    LocalDate TradingDay(Contract contract, Instant at) => Sessions.At(contracts, contract, at) is { Ok: true, Value.TradingDay: { } day } ? day : at.InUtc().Date;

    static Task Insert(DbSession s, List<Print> prints, CancellationToken ct) => s.Run("""
        insert into market.trade (series, trade, sequence, at, day, price, lots, turnover, kind, agreed, aggressor)
        select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::date[], $6::numeric[], $7::bigint[], $8::numeric[], $9::smallint[], $10::smallint[], $11::smallint[]) on conflict do nothing
        """, ct, prints.Select(p => p.Series).ToArray(), prints.Select(p => p.Trade).ToArray(), prints.Select(p => p.Sequence).ToArray(), prints.Select(p => p.At.ToDateTimeUtc()).ToArray(), prints.Select(p => p.Day.ToDateOnly()).ToArray(), prints.Select(p => p.Price).ToArray(),
        prints.Select(p => p.Lots).ToArray(), prints.Select(p => p.Turnover).ToArray(), prints.Select(p => (short)p.Kind).ToArray(), prints.Select(p => (short?)p.Agreed).ToArray(), prints.Select(p => (short?)p.Aggressor).ToArray());

    /// <summary>Makes the minutes and days of trades anew from all trades in them.</summary>
    static async Task Minutes(DbSession s, string[] series, long[] trades, CancellationToken ct)
    {
        await s.Run("""
            with touched as (select distinct t.series, date_trunc('minute', t.at, 'UTC') as minute from market.trade t join unnest($1::text[], $2::bigint[]) as c(series, trade) using (series, trade)),
              made as (
                select t.series, m.minute, min(t.day) as day, (array_agg(t.price order by t.sequence))[1] as open, max(t.price) as high, min(t.price) as low, (array_agg(t.price order by t.sequence desc))[1] as close,
                  sum(t.lots) as lots, sum(t.turnover) as turnover, count(*) as trades
                from touched m join market.trade t on t.series = m.series and t.at >= m.minute and t.at < m.minute + interval '1 minute'
                where not t.busted and t.kind <> 2 group by t.series, m.minute),
              gone as (delete from market.candle c using touched m where c.series = m.series and c.minute = m.minute and not exists (select from made where made.series = m.series and made.minute = m.minute))
            insert into market.candle (series, minute, day, open, high, low, close, lots, turnover, trades) select * from made
            on conflict (series, minute) do update set day = excluded.day, open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, lots = excluded.lots, turnover = excluded.turnover, trades = excluded.trades
            """, ct, series, trades);
        await s.Run("""
            with touched as (select distinct t.series, t.day from market.trade t join unnest($1::text[], $2::bigint[]) as c(series, trade) using (series, trade)),
              book as (
                select c.series, c.day, (array_agg(c.open order by c.minute))[1] as open, max(c.high) as high, min(c.low) as low, (array_agg(c.close order by c.minute desc))[1] as close, sum(c.lots) as lots, sum(c.turnover) as turnover, sum(c.trades) as trades
                from touched d join market.candle c using (series, day) group by c.series, c.day),
              reported as (select t.series, t.day, sum(t.lots) as lots, sum(t.turnover) as turnover from touched d join market.trade t using (series, day) where t.kind = 2 and not t.busted group by t.series, t.day)
            insert into market.day_prices (series, day, open, high, low, close, lots, turnover, trades, reported_lots, reported_turnover)
            select d.series, d.day, b.open, b.high, b.low, b.close, coalesce(b.lots, 0), coalesce(b.turnover, 0), coalesce(b.trades, 0), coalesce(r.lots, 0), coalesce(r.turnover, 0)
            from touched d left join book b using (series, day) left join reported r using (series, day)
            on conflict (series, day) do update set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, lots = excluded.lots, turnover = excluded.turnover, trades = excluded.trades,
              reported_lots = excluded.reported_lots, reported_turnover = excluded.reported_turnover
            """, ct, series, trades);
    }
}

/// <summary>The series behind the floor's instruments. Numbers never change, so each is asked for once. Thread-safe.</summary>
public sealed class InstrumentNames
{
    readonly ConcurrentDictionary<int, string> known = new();

    /// <summary>Code of the series; null where the number is none of the market's.</summary>
    public async Task<string?> Of(DbSession s, int instrument, CancellationToken ct)
    {
        if (known.TryGetValue(instrument, out var series)) return series;
        if (await s.One("select code from market.series where number = $1", r => r.GetString(0), ct, instrument) is not { } found) return null;
        return known[instrument] = found;
    }

    /// <summary>Every series that was ever traded, by the number of its instrument.</summary>
    public async Task<IReadOnlyDictionary<int, string>> All(DbSession s, CancellationToken ct)
    {
        foreach (var (number, code) in await s.All("select number, code from market.series", r => (r.GetInt32(0), r.GetString(1)), ct)) known[number] = code;
        return known.ToDictionary(k => k.Key, k => k.Value);
    }
}
