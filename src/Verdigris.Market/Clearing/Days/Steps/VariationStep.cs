using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>
/// Step 4: every future is settled to the day's price, an option that is settled in cash to what it is worth at its end, and the premium of an option a default auction awarded is paid. First what is lost is collected, from cash and then from margin; only when all of a currency is there is what was gained paid out, so the clearing house never pays what it has not got.
/// What an account cannot pay waits until it can, or until it is declared in default.
/// </summary>
sealed class VariationStep(ContractSet contracts, SeriesRegister register, PositionBook positions, ClearingFlows flows, DefaultDesk defaults) : IClearingStep
{
    internal const string Collect = "collect", Pay = "pay";

    public ClearingStep Step => ClearingStep.Variation;

    /// <summary>Refuses <c>clearing.shortfall</c> for each account that cannot pay, and <c>clearing.price-missing</c> for each series without a settlement price.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var planned = await s.InTransaction<Done>(t => Plan(work, t), ct);
        if (!planned.Ok) return Answer<JsonObject>.From(planned.Refusals);
        var accounts = (await PositionBook.Known(s, ct)).ToDictionary(a => a.Number);
        var open = await flows.Post(s, day, Step, Collect, f => StepPostings.Collect(positions, accounts[f.Account], f.Currency!, f.Amount, MarketBook.PayIn, MarketBook.ClearingCash), ct);
        foreach (var flow in open)
            if (await DefaultDesk.Declared(s, flow.Account, ct) is { } declared && await defaults.Cover(s, declared, flow, ct) is { Ok: false } empty) return Answer<JsonObject>.From(empty.Refusals);
        open = (await ClearingFlows.Of(s, day, Step, ct)).Where(f => f is { Kind: Collect, State: not FlowState.Posted }).ToList();
        if (open.Count > 0)
            return open.Select(f => Refusal.Conflict("clearing.shortfall", "day", ("account", accounts[f.Account].Code), ("currency", f.Currency!), ("amount", DecimalText.Write(Cents.Of(f.Amount, f.Currency!))))).ToList();
        if (await flows.Post(s, day, Step, Pay, f => [StepPostings.Cash(MarketBook.PayOut, f.Currency!, MarketBook.ClearingCash, accounts[f.Account].Cash, f.Amount)], ct) is { Count: > 0 } unpaid) return StepPostings.Refused(unpaid);
        // What a defaulter was paid is for those who bore its losses.
        await defaults.Recover(s, ct);
        var done = await ClearingFlows.Of(s, day, Step, ct);
        return new JsonObject(done.Where(f => f.Kind == Pay).GroupBy(f => f.Currency!).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => KeyValuePair.Create(g.Key, (JsonNode?)Cents.Of(g.Sum(f => f.Amount), g.Key))));
    }

    bool EndsInCash(Series option, LocalDate day)
    {
        var contract = contracts.Find(option.Contract)!;
        return contract.Settlement(day) == SettlementMethod.Cash && SeriesDates.EndDay(contracts, contract, option) is { } end && end <= day;
    }

    async Task<Answer<Done>> Plan(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        if (await ClearingFlows.Any(s, day, Step, Collect, ct)) return default(Done);
        var (live, held) = (await register.Live(s, ct), await HeldFinals.Codes(s, day, ct));
        var series = live.Where(x => x.Series.Strike is null).ToDictionary(x => x.Code);
        var options = live.Where(x => x.Series.Strike is not null).Select(x => x.Code).ToHashSet(StringComparer.Ordinal);
        var ended = live.Where(x => x.Series.Strike is not null && EndsInCash(x.Series, day) && !held.Contains(x.Code)).ToDictionary(x => x.Code);
        var prices = (await PriceHandlers.Of(s, day, ct)).ToDictionary(p => p.Series, p => p.Price);
        var accounts = (await PositionBook.Known(s, ct)).ToDictionary(a => a.Number);
        var gains = new Dictionary<(long Account, string Currency), (long Amount, JsonArray Lines)>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        void Add(long account, string code, long lots, long from, string what)
        {
            if (!prices.TryGetValue(code, out var price)) missing.Add(code);
            else Line(account, code, lots, from, Terms.LotValue(contracts.Find(Series.Read(code).Value.Contract)!, price, day)!.Value, what);
        }
        void Line(long account, string code, long lots, long from, long to, string what)
        {
            var contract = contracts.Find(Series.Read(code).Value.Contract)!;
            var gain = LotValue.Variation(from, to, lots);
            var known = gains.GetValueOrDefault((account, contract.Currency), (0, []));
            known.Lines.Add(new JsonObject { ["series"] = code, ["what"] = what, ["lots"] = lots, ["from"] = Cents.Of(from, contract.Currency), ["to"] = Cents.Of(to, contract.Currency), ["gain"] = Cents.Of(gain, contract.Currency) });
            gains[(account, contract.Currency)] = (checked(known.Amount + gain), known.Lines);
        }
        foreach (var (account, code, lots, value) in await s.All("select account, series, lots, lot_value from market.clearing_position where day = $1 order by account, series", r => (r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)), ct, work.Before))
            if (series.ContainsKey(code)) Add(account, code, lots, value, "carried");
        foreach (var trade in await ClearingTrades.Of(s, day, work.Before, ct))
        {
            // The trading floor takes the premium of an option with the trade. Of one that was awarded nobody has: its buyer pays the seller now.
            if (trade.Kind == TradeKind.Default && trade.Buyer != trade.Seller && options.Contains(trade.Series))
            {
                var premium = Terms.LotValue(contracts.Find(Series.Read(trade.Series).Value.Contract)!, trade.Price, day)!.Value;
                Line(trade.Buyer, trade.Series, trade.Lots, premium, 0, "premium");
                Line(trade.Seller, trade.Series, -trade.Lots, premium, 0, "premium");
                continue;
            }
            if (!series.TryGetValue(trade.Series, out var known) || trade.Buyer == trade.Seller) continue;
            var from = Terms.LotValue(contracts.Find(known.Series.Contract)!, trade.Price, day)!.Value;
            Add(trade.Buyer, trade.Series, trade.Lots, from, "bought");
            Add(trade.Seller, trade.Series, -trade.Lots, from, "sold");
        }
        // Options settled in cash at their end: who is long has what they are worth, who is short pays it. Their premiums were paid when they were traded.
        foreach (var ((account, code), lots) in (await ClearingTrades.Net(s, day, work.Before, ct)).Where(n => n.Value != 0 && ended.ContainsKey(n.Key.Series)).OrderBy(n => n.Key)) Add(account, code, lots, 0, "settled");
        if (missing.Count > 0) return missing.Select(code => Refusal.Conflict("clearing.price-missing", "series", ("series", code), ("day", $"{day:uuuu-MM-dd}"))).ToList();
        foreach (var currency in gains.GroupBy(g => g.Key.Currency))
            if (currency.Sum(g => g.Value.Amount) is not 0 and var sum) throw new InvalidOperationException($"Variation margin of {day} in {currency.Key} does not cancel: {sum}.");
        await ClearingFlows.Plan(s, [.. gains.Where(g => g.Value.Amount != 0).Select(g => ClearingFlows.New(work, Step, g.Value.Amount < 0 ? Collect : Pay, accounts[g.Key.Account], null, g.Key.Currency, Math.Abs(g.Value.Amount), g.Value.Lines))], ct);
        return default(Done);
    }
}
