using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>
/// Step 10: what the contracts ask for clearing a trade, exercising an option and delivering, of each side and lot. Fees of trading itself are taken with the trade. What an account has no money for stays owed and is tried again the next day.
/// What was taken for a trade that is taken back on a later clearing day goes back to both sides, once, as it was taken; where it is not paid yet, after it is.
/// </summary>
sealed class FeesStep(ContractSet contracts, PositionBook positions, ClearingFlows flows) : IClearingStep
{
    const string Kind = "fee", Return = "fee-return";

    public ClearingStep Step => ClearingStep.Fees;

    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var accounts = (await PositionBook.Known(s, ct)).ToDictionary(a => a.Number);
        await s.InTransaction(async t =>
        {
            if (!await ClearingFlows.Any(s, day, Step, Kind, t) && !await ClearingFlows.Any(s, day, Step, Return, t)) await ClearingFlows.Plan(s, [.. await Owed(work, accounts, t), .. await Returned(work, accounts, t)], t);
        }, ct);
        var unpaid = 0;
        var open = await s.All("select distinct day from market.clearing_flow where step = $1 and state <> 2 and day <= $2 order by day", r => r.Day(0), ct, (short)Step, day);
        foreach (var earlier in open)
            unpaid += (await flows.Post(s, earlier, Step, Kind, f => accounts.TryGetValue(f.Account, out var account) && positions.Money(account, f.Currency!).Cash >= f.Amount ? [StepPostings.Cash(MarketBook.Fee, f.Currency!, f.Account, MarketBook.Fees, f.Amount)] : [], ct)).Count;
        // Nothing is given back that was not paid.
        var owing = (await s.All("select day, account, currency from market.clearing_flow where step = $1 and kind = $2 and state <> 2 and day <= $3", r => ($"{r.Day(0):uuuu-MM-dd}", r.GetInt64(1), r.GetString(2)), ct, (short)Step, Kind, day)).ToHashSet();
        var unreturned = 0;
        foreach (var earlier in open)
            unreturned += (await flows.Post(s, earlier, Step, Return, f => f.Trace.AsArray().Any(l => owing.Contains(((string)l!["day"]!, f.Account, f.Currency!))) ? [] : [StepPostings.Cash(MarketBook.FeeBack, f.Currency!, MarketBook.Fees, f.Account, f.Amount)], ct)).Count;
        var done = await ClearingFlows.Of(s, day, Step, ct);
        var figures = new JsonObject { ["fees"] = Sums(done.Where(f => f.Kind == Kind)), ["unpaid"] = unpaid };
        // What was not paid yet, or what the clearing house has not got in fees, is not told as given back.
        if (done.Any(f => f is { Kind: Return, State: FlowState.Posted })) figures["returned"] = Sums(done.Where(f => f is { Kind: Return, State: FlowState.Posted }));
        if (unreturned > 0) figures["unreturned"] = unreturned;
        return figures;
    }

    static JsonObject Sums(IEnumerable<ClearingFlow> flows) => new(flows.GroupBy(f => f.Currency!).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, (JsonNode?)Cents.Of(g.Sum(f => f.Amount), g.Key))));

    /// <summary>What earlier days took for trades that were taken back since, by the lines of those days: a trade that was taken back before its fee was reckoned stands in none.</summary>
    async Task<IReadOnlyList<ClearingFlow>> Returned(DayWork work, Dictionary<long, ClearingAccount> accounts, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var back = new Dictionary<(long Account, string Currency), (long Amount, JsonArray Lines)>();
        foreach (var undone in (await ClearingTrades.Of(s, day, work.Before, ct)).Where(t => t is { Kind: TradeKind.TakenBack, Trade: not null }))
            foreach (var (account, currency, on, line) in await s.All("""
                select f.account, f.currency, f.day, l::text from market.clearing_flow f, jsonb_array_elements(f.trace) l
                where f.step = $1 and f.kind = $2 and f.account in ($3, $4) and f.day < $5 and f.day >= (select min(x.day) from market.clearing_trade x where x.trade = $6) and (l->>'trade')::bigint = $6 order by f.day, f.account, f.currency
                """, r => (r.GetInt64(0), r.GetString(1), r.Day(2), JsonNode.Parse(r.GetString(3))!), ct, (short)Step, Kind, undone.Buyer, undone.Seller, day, undone.Trade))
            {
                line["day"] = $"{on:uuuu-MM-dd}";
                var known = back.GetValueOrDefault((account, currency), (0, []));
                known.Lines.Add(line);
                back[(account, currency)] = (checked(known.Amount + Cents.To((decimal)line["amount"]!, currency).Value), known.Lines);
            }
        return [.. back.OrderBy(b => b.Key).Select(b => ClearingFlows.New(work, Step, Return, accounts[b.Key.Account], null, b.Key.Currency, b.Value.Amount, b.Value.Lines))];
    }

    async Task<IReadOnlyList<ClearingFlow>> Owed(DayWork work, Dictionary<long, ClearingAccount> accounts, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var owed = new Dictionary<(long Account, string Currency), (long Amount, JsonArray Lines)>();
        void Add(long account, string series, string fee, long lots, decimal price, long? trade = null)
        {
            var contract = contracts.Find(Series.Read(series).Value.Contract)!;
            if (contract.Row("fees", day, fee) is not { } row || row.DecimalOrNull("value") is not { } value || contract.Lot(day) is not { } lot) return;
            var money = row.Text("unit") == "percent" ? Math.Abs(price) * lot * value / 100 : value;
            var amount = checked(LotValue.Of(money, 1, contract.CurrencyPlaces) * lots);
            if (amount == 0) return;
            var known = owed.GetValueOrDefault((account, contract.Currency), (0, []));
            var line = new JsonObject { ["series"] = series, ["fee"] = fee, ["lots"] = lots, ["amount"] = Cents.Of(amount, contract.Currency) };
            // By the floor's number the fee is found again should the trade be taken back.
            if (trade is { } number) line["trade"] = number;
            known.Lines.Add(line);
            owed[(account, contract.Currency)] = (checked(known.Amount + amount), known.Lines);
        }
        foreach (var trade in await ClearingTrades.Of(s, day, work.Before, ct))
        {
            if (trade.Undone) continue;
            var option = Series.Read(trade.Series).Value.Strike is not null;
            if (trade.Kind == TradeKind.Exercise && !option) continue;
            var fee = trade.Kind == TradeKind.Exercise ? "exercise" : "clearing";
            Add(trade.Buyer, trade.Series, fee, trade.Lots, trade.Price, trade.Trade);
            Add(trade.Seller, trade.Series, fee, trade.Lots, trade.Price, trade.Trade);
            if (trade.Kind is not (TradeKind.Book or TradeKind.Reported) || contracts.Find(Series.Read(trade.Series).Value.Contract)?.Row("fees", day, "trading")?.TextOrNull("unit") != "percent") continue;
            // A fee a lot was taken with the trade; what is a percent of turnover is known now.
            Add(trade.Buyer, trade.Series, "trading", trade.Lots, trade.Price, trade.Trade);
            Add(trade.Seller, trade.Series, "trading", trade.Lots, trade.Price, trade.Trade);
        }
        foreach (var (series, seller, buyer, lots, price) in await s.All("select series, seller, buyer, lots, price from market.delivery where day = $1 order by id", r => (r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetDecimal(4)), ct, day))
        {
            Add(seller, series, "delivery", lots, price);
            Add(buyer, series, "delivery", lots, price);
        }
        return [.. owed.OrderBy(o => o.Key).Select(o => ClearingFlows.New(work, Step, Kind, accounts[o.Key.Account], null, o.Key.Currency, o.Value.Amount, o.Value.Lines))];
    }
}

/// <summary>Step 11: net positions go over the night with what a lot of them is worth now. They are what the Book has.</summary>
sealed class CarryStep(ContractSet contracts, SeriesRegister register, PositionBook positions) : IClearingStep
{
    public ClearingStep Step => ClearingStep.Carry;

    /// <summary>Refuses <c>clearing.positions-differ</c>, which would be a fault of the house.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var live = (await register.Live(s, ct)).ToDictionary(x => x.Code);
        var net = (await ClearingTrades.Net(s, day, work.Before, ct)).Where(n => live.ContainsKey(n.Key.Series)).ToDictionary();
        var later = await ClearingTrades.Later(s, day, ct);
        var accounts = await PositionBook.Accounts(s, ct);
        var numbers = live.Values.ToDictionary(x => x.Number, x => x.Code);
        var held = positions.Open(accounts).Where(o => numbers.ContainsKey(o.Key.Series)).ToDictionary(o => (o.Key.Account, numbers[o.Key.Series]), o => o.Value.Net);
        var wrong = net.Keys.Union(later.Keys).Union(held.Keys).Where(k => net.GetValueOrDefault(k) + later.GetValueOrDefault(k) != held.GetValueOrDefault(k)).Order().Take(20)
            .Select(k => Refusal.Conflict("clearing.positions-differ", "day", ("account", Members.TradingAccount.CodeOf(k.Item1)), ("series", k.Item2), ("told", $"{net.GetValueOrDefault(k) + later.GetValueOrDefault(k)}"), ("held", $"{held.GetValueOrDefault(k)}"))).ToList();
        if (wrong.Count > 0) return wrong;
        var prices = (await PriceHandlers.Of(s, day, ct)).ToDictionary(p => p.Series, p => p.Price);
        if (net.Keys.Select(k => k.Series).Where(code => !prices.ContainsKey(code)).Distinct().Order(StringComparer.Ordinal).ToList() is { Count: > 0 } unpriced)
            return unpriced.Select(code => Refusal.Conflict("clearing.price-missing", "series", ("series", code), ("day", $"{day:uuuu-MM-dd}"))).ToList();
        var owners = accounts.ToDictionary(a => a.Number, a => a.OrganisationId);
        await s.InTransaction(async t =>
        {
            foreach (var ((account, code), lots) in net.OrderBy(n => n.Key))
                await s.Run("insert into market.clearing_position (day, account, organisation_id, series, lots, lot_value) values ($1, $2, $3, $4, $5, $6) on conflict do nothing", t, day, account, owners[account], code, lots, Terms.LotValue(contracts.Find(live[code].Series.Contract)!, prices[code], day)!.Value);
        }, ct);
        return new JsonObject { ["positions"] = net.Count, ["openInterest"] = net.Values.Where(l => l > 0).Sum() };
    }
}

/// <summary>Step 12: the day in figures, and its report with a hash over it. With it the floor gets the limits and margins of the next day, and series that came onto their list are opened.</summary>
sealed class ReportStep(Listing listing, StandingListings standing) : IClearingStep
{
    public ClearingStep Step => ClearingStep.Report;

    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var steps = await s.All("select step, summary::text from market.clearing_step where day = $1 order by step", r => ((ClearingStep)r.GetInt16(0), JsonNode.Parse(r.GetString(1))!), ct, day);
        var series = await s.All($"""
            select p.series, p.price, p.rule, p.final, coalesce(t.lots, 0)::bigint, coalesce(t.trades, 0), coalesce(o.lots, 0)::bigint from market.settlement_price p
            left join (select series, sum(lots) as lots, count(*) as trades from market.clearing_trade x where day <= $1 and ($2::date is null or day > $2) and kind < 2 and {ClearingTrades.Stands} group by series) t on t.series = p.series
            left join (select series, sum(lots) as lots from market.clearing_position where day = $1 and lots > 0 group by series) o on o.series = p.series
            where p.day = $1 order by p.series
            """, r => (JsonNode)new JsonObject { ["series"] = r.GetString(0), ["price"] = r.GetDecimal(1), ["rule"] = r.GetString(2), ["final"] = r.GetBoolean(3), ["volumeLots"] = r.GetInt64(4), ["trades"] = r.GetInt64(5), ["openInterestLots"] = r.GetInt64(6) }, ct, day, work.Before);
        var flows = await s.All("select step, kind, coalesce(currency, ''), count(*), sum(amount)::bigint from market.clearing_flow where day = $1 and state <> 4 group by 1, 2, 3 order by 1, 2, 3", r => (JsonNode)new JsonObject
        {
            ["step"] = r.GetInt16(0),
            ["kind"] = r.GetString(1),
            ["currency"] = r.GetString(2) is { Length: > 0 } currency ? currency : null,
            ["count"] = r.GetInt64(3),
            ["amount"] = r.GetString(2) is { Length: > 0 } money ? Cents.Of(r.GetInt64(4), money) : r.GetInt64(4),
        }, ct, day);
        var report = new JsonObject
        {
            ["day"] = $"{day:uuuu-MM-dd}",
            ["steps"] = new JsonObject(steps.Select(x => KeyValuePair.Create(x.Item1.ToString(), (JsonNode?)x.Item2))),
            ["series"] = new JsonArray([.. series]),
            ["flows"] = new JsonArray([.. flows]),
        };
        var bytes = CanonicalJson.Write(Encoding.UTF8.GetBytes(report.ToJsonString()));
        await s.Run("update market.clearing_day set report = $2, report_sha256 = $3 where day = $1 and report is null", ct, day, new Json(Encoding.UTF8.GetString(bytes)), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        // After the report, which says nothing of the day to come: a crash here leaves the step to be done again, and the floor takes each line once.
        var terms = await listing.Settled(s, day, work.Before, ct);
        return new JsonObject { ["series"] = series.Count, ["terms"] = terms, ["opened"] = await standing.OpenDue(s, ct) };
    }
}
