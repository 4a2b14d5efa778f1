using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>Step 1: the sessions of the day are over, everything the trading floor traded is taken over, and with what was carried over it is what the Book has.</summary>
sealed class CloseSessionsStep(ContractSet contracts, SeriesRegister register, PositionBook positions, FloorTrades floor) : IClearingStep
{
    public ClearingStep Step => ClearingStep.CloseSessions;

    /// <summary>Refuses <c>clearing.session-open</c> for each contract still traded, and <c>clearing.positions-differ</c> for each account and series.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var s = work.Session;
        var series = await register.Live(s, ct);
        var wrong = new List<Refusal>();
        var later = new HashSet<string>(StringComparer.Ordinal);
        foreach (var contract in series.Select(x => x.Series.Contract).Distinct().Select(c => contracts.Find(c)!))
        {
            if (Sessions.At(contracts, contract, s.Now) is not { Ok: true, Value: var standing }) continue;
            if (standing.Phases.Any(p => p.TradingDay <= work.Day) || standing.Next?.TradingDay <= work.Day) wrong.Add(Refusal.Conflict("clearing.session-open", "day", ("contract", contract.Code)));
            else if (standing.Phases.Any()) later.Add(contract.Code);
        }
        // A session of a later day does no harm: what is traded in it counts for that day.
        wrong.AddRange(floor.Open(series.Where(x => !later.Contains(x.Series.Contract))).Select(code => Refusal.Conflict("clearing.session-open", "day", ("contract", code))));
        if (wrong.Count > 0) return wrong;
        if (await floor.CatchUp(s, ct) is { Ok: false } gone) return Answer<JsonObject>.From(gone.Refusals);
        var accounts = await PositionBook.Accounts(s, ct);
        var (net, after, open) = (await ClearingTrades.Net(s, work.Day, work.Before, ct), await ClearingTrades.Later(s, work.Day, ct), positions.Open(accounts));
        var numbers = series.ToDictionary(x => x.Number, x => x.Code);
        var held = open.Where(o => numbers.ContainsKey(o.Key.Series)).ToDictionary(o => (o.Key.Account, numbers[o.Key.Series]), o => o.Value.Net);
        foreach (var key in net.Keys.Union(after.Keys).Union(held.Keys).Order())
            if (net.GetValueOrDefault(key) + after.GetValueOrDefault(key) != held.GetValueOrDefault(key))
                wrong.Add(Refusal.Conflict("clearing.positions-differ", "day", ("account", Members.TradingAccount.CodeOf(key.Item1)), ("series", key.Item2), ("told", $"{net.GetValueOrDefault(key) + after.GetValueOrDefault(key)}"), ("held", $"{held.GetValueOrDefault(key)}")));
        if (wrong.Count > 0) return wrong;
        var trades = (await ClearingTrades.Of(s, work.Day, work.Before, ct)).Where(t => !t.Undone).ToList();
        return new JsonObject { ["trades"] = trades.Count, ["lots"] = trades.Sum(t => t.Lots), ["series"] = series.Count };
    }
}

/// <summary>Step 2: a settlement price for every series that somebody holds or that was traded, and for those that are open for trading where one can be found; futures first, options from them.</summary>
sealed class SettlementPricesStep(ContractSet contracts, SeriesRegister register) : IClearingStep
{
    public ClearingStep Step => ClearingStep.SettlementPrices;

    /// <summary>Refuses <c>clearing.price-missing</c> and <c>clearing.index-missing</c> for each series held or traded without a price; those that have one are fixed already. A final price that waits for a decision on its index (<see cref="HeldFinals"/>) holds up its own series alone.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var made = await ClearingTrades.Of(s, day, work.Before, ct);
        var trades = made.Where(t => t is { Kind: TradeKind.Book, Undone: false }).ToLookup(t => t.Series);
        // What was carried over is settled to the day's price, and so is every trade, also where nothing is left of either.
        var carried = await s.All("select distinct series from market.clearing_position where day = $1", r => r.GetString(0), ct, work.Before);
        var wanted = carried.Concat(made.Select(t => t.Series)).ToHashSet(StringComparer.Ordinal);
        var all = (await register.Live(s, ct)).Where(x => wanted.Contains(x.Code)).ToList();
        // An option is valued by its future, held or not.
        foreach (var under in all.Where(x => x.Series.Strike is not null).Select(x => OptionStrikes.Underlying(contracts.Find(x.Series.Contract)!, x.Series, day)).OfType<Series>().Select(u => u.Code).Where(wanted.Add).ToList())
        {
            var added = await register.Add(s, under, day, ct);
            if (!added.Ok) return Answer<JsonObject>.From(added.Refusals);
            all.Add(added.Value);
        }
        // What is open for trading and nobody holds has limits to be counted from: it follows its neighbours where it can, and holds nobody up where it cannot.
        var open = (await s.All("select series, reference, state from market.instrument where shape <> 1", r => (Series: r.GetString(0), Reference: r.MaybeDecimal(1), Open: r.GetInt16(2) != (short)InstrumentState.Ended), ct)).ToDictionary(i => i.Series);
        all.AddRange((await register.Live(s, ct)).Where(x => open.TryGetValue(x.Code, out var i) && i.Open && !wanted.Contains(x.Code)));
        var before = (await s.All("select distinct on (series) series, price, day from market.settlement_price where day < $1 order by series, day desc", r => (Series: r.GetString(0), Price: r.GetDecimal(1), Day: r.Day(2)), ct, day)).ToDictionary(p => p.Series);
        // Before the first settlement a series is worth what it was opened with.
        foreach (var (code, reference, _) in open.Values)
            if (reference is { } first) before.TryAdd(code, (code, first, LocalDate.MinIsoValue));
        var today = (await PriceHandlers.Of(s, day, ct)).ToDictionary(p => p.Series, p => p.Price);
        var officers = (await PriceHandlers.Proposals(s, day, ct)).Where(p => p.State == "accepted").ToDictionary(p => p.Series, p => p.Price);
        var quotes = (await s.All("select series, bid, ask from market.closing_quote where day = $1", r => (Series: r.GetString(0), Bid: r.MaybeDecimal(1), Ask: r.MaybeDecimal(2)), ct, day)).ToDictionary(q => q.Series);
        var (wrong, held) = (new List<Refusal>(), new List<(string Series, FoundPrice Price, IReadOnlyList<Guid> Corrections)>());
        // Months that were traded come first: the others follow them; options follow all futures.
        foreach (var series in all.OrderBy(x => x.Series.Strike is not null).ThenBy(x => !trades[x.Code].Any() && !officers.ContainsKey(x.Code)).ThenBy(x => x.Code, StringComparer.Ordinal))
        {
            if (today.ContainsKey(series.Code)) continue;
            var contract = contracts.Find(series.Series.Contract)!;
            var final = SeriesDates.EndDay(contracts, contract, series.Series) is { } end && end <= day;
            var published = await IndexPrices(s, contract, series.Series, day, ct);
            IReadOnlyList<decimal> index = [.. published.Select(p => p.Price)];
            var quote = quotes.GetValueOrDefault(series.Code);
            var theory = series.Series.Strike is null
                ? TheoreticalPrices.Future(series.Series, before.TryGetValue(series.Code, out var was) ? was.Price : null, [.. all.Where(o => o.Series.Contract == contract.Code && o.Code != series.Code && today.ContainsKey(o.Code) && before.ContainsKey(o.Code) && trades[o.Code].Any()).Select(o => (o.Series, before[o.Code].Price, today[o.Code]))])
                : Option(contract, series.Series, today, before, day);
            var facts = new PriceFacts([.. trades[series.Code].Select(t => new DayTrade(t.Price, t.Lots, t.MadeAt))], quote.Bid, quote.Ask, before.TryGetValue(series.Code, out var last) ? last.Price : null, theory, index, officers.TryGetValue(series.Code, out var word) ? word : null);
            var byIndex = final && contract.Settlement(day) == SettlementMethod.Cash && facts.Fixed is null;
            var found = byIndex ? Final(contract, series.Series, published, day) : SettlementRules.Find(contracts, contract, series.Code, facts, day);
            if (found.Ok && byIndex)
            {
                var corrections = await s.InTransaction(async t =>
                {
                    // Whoever proposes a correction from here on is told that the price is used.
                    await HeldFinals.Lock(s, t);
                    var waiting = await HeldFinals.Waiting(s, contracts, contract, series.Series, day, t);
                    if (waiting.Count == 0) await Fix(s, day, series.Code, found.Value, true, t);
                    return waiting;
                }, ct);
                if (corrections.Count == 0) { today[series.Code] = found.Value.Price; continue; }
                found = OfTheDay(contract, series.Code, facts, day);
                if (found.Ok) held.Add((series.Code, found.Value, corrections));
            }
            else if (found.Ok) await Fix(s, day, series.Code, found.Value, final, ct);
            if (found.Ok) today[series.Code] = found.Value.Price;
            else if (wanted.Contains(series.Code)) wrong.AddRange(found.Refusals);
        }
        if (wrong.Count > 0) return wrong;
        // Only now: should the day wait for another price, the correction may be decided meanwhile.
        await s.InTransaction(async t =>
        {
            foreach (var (code, price, corrections) in held)
            {
                await Fix(s, day, code, price, false, t);
                await HeldFinals.Keep(s, day, code, corrections, t);
            }
        }, ct);
        var rules = (await PriceHandlers.Of(s, day, ct)).GroupBy(p => p.Rule).OrderBy(g => g.Key, StringComparer.Ordinal);
        var figures = new JsonObject { ["prices"] = today.Count, ["rules"] = new JsonObject(rules.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Count()))) };
        if (await HeldFinals.Of(s, day, ct) is { Count: > 0 } waits)
            figures["held"] = new JsonArray([.. waits.Select(h => (JsonNode)new JsonObject { ["series"] = h.Series, ["index"] = h.Index, ["day"] = $"{h.IndexDay:uuuu-MM-dd}", ["waitsFor"] = Role.ClearingOfficer })]);
        return figures;
    }

    static Task Fix(DbSession s, LocalDate day, string series, FoundPrice price, bool final, CancellationToken ct) =>
        s.Run("insert into market.settlement_price (day, series, price, rule, final, trace, fixed_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing", ct, day, series, price.Price, price.Rule, final, new Json(price.Trace.ToJsonString()), s.Now);

    /// <summary>The price of a series whose final price is held: by the rules of any day without its index, else as it was.</summary>
    Answer<FoundPrice> OfTheDay(Contract contract, string series, PriceFacts facts, LocalDate day)
    {
        var found = SettlementRules.Find(contracts, contract, series, facts with { IndexPrices = [] }, day);
        return !found.Ok && facts.Previous is { } was ? new FoundPrice(was, "theoretical", new() { ["previous"] = was }) : found;
    }

    Answer<FoundPrice> Final(Contract contract, Series series, List<(LocalDate Day, decimal Price)> published, LocalDate day)
    {
        var counting = SettlementRules.Complete(contracts, contract, series, published, day);
        return !counting.Ok ? Answer<FoundPrice>.From(counting.Refusals)
            : series.Strike is null ? SettlementRules.Final(contract, series.Code, counting.Value, day) : SettlementRules.FinalOption(contract, series, counting.Value, day);
    }

    decimal? Option(Contract contract, Series option, Dictionary<string, decimal> today, Dictionary<string, (string Series, decimal Price, LocalDate Day)> before, LocalDate day)
    {
        if (OptionStrikes.Underlying(contract, option, day) is not { } under || !today.TryGetValue(under.Code, out var forward) || TheoreticalPrices.Years(contracts, contract, option, day) is not { } years) return null;
        (decimal, decimal, decimal)? was = before.TryGetValue(option.Code, out var own) && before.TryGetValue(under.Code, out var future) && own.Day == future.Day && own.Day != LocalDate.MinIsoValue && TheoreticalPrices.Years(contracts, contract, option, own.Day) is { } then ? (own.Price, future.Price, then) : null;
        return TheoreticalPrices.Option(MarginRules.Of(contracts.Packs), contract, option, forward, years, was, day)?.Price;
    }

    /// <summary>What was published of the contract's index in the month of the series, up to the day: a correction in the place of what it corrects.</summary>
    static async Task<List<(LocalDate Day, decimal Price)>> IndexPrices(DbSession s, Contract contract, Series series, LocalDate day, CancellationToken ct) =>
        contract.Row("settlement", day)?.TextOrNull("index") is { } index && series.Month is { } month
            ? await s.All("select distinct on (day) day, price from market.index_price where index = $1 and day between $2 and $3 order by day, correction desc", r => (r.Day(0), r.GetDecimal(1)), ct, index, month.OnDayOfMonth(1), LocalDate.Min(day, month.ToDateInterval().End)) : [];
}
