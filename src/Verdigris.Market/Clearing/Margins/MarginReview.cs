using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Margins;

/// <summary>What margin asked for in the evening, and what the positions carried out of that evening gained until the next one. In whole units of the currency.</summary>
/// <param name="Asked">Without what is taken off for the value of options held: that value is there to be lost as well.</param>
/// <param name="Exceeded">More was lost than asked for.</param>
public sealed record ReviewedDay(LocalDate Day, decimal Asked, decimal Gain, bool Exceeded);

/// <param name="Asked">Of the newest day, as the days are.</param>
/// <param name="Shortfall">Expected shortfall of the positions carried out of the newest day over the history of their settlement prices; null where it is too short.</param>
/// <param name="History">Days of that history.</param>
/// <param name="Needed">Days it needs at least.</param>
/// <param name="Judged">Kupiec's test and the traffic light over the days; null where there are none.</param>
public sealed record AccountReview(string Account, string Currency, decimal Asked, decimal? Shortfall, int History, int Needed, BackTestResult? Judged, IReadOnlyList<ReviewedDay> Days);

/// <summary>
/// Tries the margin of every account on what has come: each evening's requirement against the loss of the next day (the back-test), and beside the scan the expected shortfall of today's positions over the history of settlement prices. A future's prices move by the same share as then, an option's by the same amount.
/// </summary>
public static class MarginReview
{
    /// <summary>All accounts for the exchange, the own for a member; by account and currency. Those that carry nothing now are there with the days they did.</summary>
    public static async Task<IReadOnlyList<AccountReview>> Of(DbSession s, ContractSet contracts, CancellationToken ct)
    {
        var rules = MarginRules.Of(contracts.Packs);
        var (most, confidence, coverage) = ((int)rules.Parameter("history-days"), rules.Parameter("confidence"), rules.Parameter("coverage"));
        var days = await s.All("select day from market.clearing_day where step = 13 order by day desc limit $1", r => r.Day(0), ct, most + 1);
        if (days.Count == 0) return [];
        var (newest, first) = (days[0], days[^1]);
        days.Reverse();
        var next = days.Zip(days.Skip(1)).ToDictionary(d => d.First, d => d.Second);
        var prices = (await s.All("select series, day, price from market.settlement_price where day between $1 and $2", r => (r.GetString(0), r.Day(1), r.GetDecimal(2)), ct, first, newest)).ToDictionary(p => (p.Item1, p.Item2), p => p.Item3);
        var asked = (await s.All("select day, account, currency, requirement, trace::text from market.margin_requirement where day between $1 and $2", r => (Day: r.Day(0), Account: r.GetInt64(1), Currency: r.GetString(2), Amount: r.GetInt64(3), Trace: r.GetString(4)), ct, first, newest))
            .ToDictionary(a => (a.Account, a.Currency, a.Day), a => Cents.Of(a.Amount, a.Currency) + (JsonNode.Parse(a.Trace)!["goods"] as JsonArray ?? []).Sum(g => g?["optionValue"]?.GetValue<decimal>() ?? 0));
        var carried = (await s.All("select day, account, series, lots, lot_value from market.clearing_position where day between $1 and $2", r => (Day: r.Day(0), Account: r.GetInt64(1), Series: r.GetString(2), Lots: r.GetInt64(3), Value: r.GetInt64(4)), ct, first, newest))
            .Select(p => (p.Day, p.Account, Contract: contracts.Find(Series.Read(p.Series).Value.Contract)!, p.Series, p.Lots, p.Value)).ToList();
        var reviews = new List<AccountReview>();
        foreach (var own in carried.GroupBy(p => (p.Account, p.Contract.Currency)).OrderBy(g => g.Key.Account).ThenBy(g => g.Key.Currency, StringComparer.Ordinal))
        {
            var tried = new List<ReviewedDay>();
            foreach (var day in own.GroupBy(p => p.Day).OrderBy(g => g.Key))
            {
                // A day whose next price of a series is not known is not judged.
                if (!next.TryGetValue(day.Key, out var then) || day.Any(p => !prices.ContainsKey((p.Series, then)))) continue;
                var gain = Cents.Of(day.Sum(p => LotValue.Variation(p.Value, Terms.LotValue(p.Contract, prices[(p.Series, then)], then)!.Value, p.Lots)), own.Key.Currency);
                var wanted = asked.GetValueOrDefault((own.Key.Account, own.Key.Currency, day.Key));
                tried.Add(new(day.Key, wanted, gain, -gain > wanted));
            }
            var (shortfall, history) = Shortfall([.. own.Where(p => p.Day == newest).Select(p => (p.Contract, p.Series, p.Lots))], days, prices, confidence);
            reviews.Add(new(TradingAccount.CodeOf(own.Key.Account), own.Key.Currency, asked.GetValueOrDefault((own.Key.Account, own.Key.Currency, newest)), shortfall is { } lost ? Math.Round(Math.Max(0, lost) / LotValue.Unit(MarketBook.Currencies[own.Key.Currency].Scale), MarketBook.Currencies[own.Key.Currency].Scale) : null,
                history, (int)Math.Ceiling(1 / (1 - confidence)), tried.Count == 0 ? null : BackTest.Judge(tried.Count, tried.Count(d => d.Exceeded), coverage).Value, tried));
        }
        return reviews;
    }

    /// <summary>Expected shortfall in the smallest unit, and the days of the history: those from which on every series held has a price each day.</summary>
    static (decimal? Shortfall, int History) Shortfall(IReadOnlyList<(Contract Contract, string Series, long Lots)> held, List<LocalDate> days, Dictionary<(string, LocalDate), decimal> prices, decimal confidence)
    {
        if (held.Count == 0) return (0, 0);
        var common = days.AsEnumerable().Reverse().TakeWhile(d => held.All(h => prices.ContainsKey((h.Series, d)))).Reverse().ToList();
        if (common.Count < 2) return (null, 0);
        var gains = new long[common.Count - 1];
        foreach (var (contract, series, lots) in held)
        {
            List<decimal> history = [.. common.Select(d => prices[(series, d)])];
            var relative = Series.Read(series).Value.Strike is null && history.All(p => p > 0);
            var moved = ExpectedShortfall.Gains([(history[^1], lots, contract.Lot(common[^1])!.Value, contract.CurrencyPlaces, history)], relative).Value;
            for (var i = 0; i < gains.Length; i++) gains[i] = checked(gains[i] + moved[i]);
        }
        return (ExpectedShortfall.Of(gains, confidence) is { Ok: true, Value: var figures } ? figures.Shortfall : null, gains.Length);
    }
}
