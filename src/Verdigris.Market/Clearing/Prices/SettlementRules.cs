using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Prices;

/// <summary>A trade of the day, as settlement prices are made of.</summary>
public readonly record struct DayTrade(decimal Price, long Lots, Instant At);

/// <summary>What is known of a series on a day.</summary>
/// <param name="Trades">Of the day, in any order.</param>
/// <param name="Previous">Settlement price of the clearing day before; null for a new series.</param>
/// <param name="Theoretical">Price that follows from others; null where none does.</param>
/// <param name="IndexPrices">Of the month, as published; empty where there are none.</param>
/// <param name="Fixed">What an officer proposed and another person accepted.</param>
public sealed record PriceFacts(IReadOnlyList<DayTrade> Trades, decimal? Bid, decimal? Ask, decimal? Previous, decimal? Theoretical, IReadOnlyList<decimal> IndexPrices, decimal? Fixed);

/// <summary>A settlement price with the rule that gave it. Rounded to the tick, half away from zero, unless it is the final price of an index, which has its own decimals.</summary>
public sealed record FoundPrice(decimal Price, string Rule, JsonObject Trace);

/// <summary>The settlement price of a day by the contract's rules in their order: the first that gives one. Pure.</summary>
public static class SettlementRules
{
    static readonly LocalTimePattern Times = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    /// <summary>Where a contract's file says nothing.</summary>
    static readonly string[] Usual = ["vwap-day", "mid", "theoretical", "officer"];

    /// <summary>Refuses <c>clearing.price-missing</c>: no rule gives a price and no officer has fixed one. What an officer has fixed comes before every rule.</summary>
    public static Answer<FoundPrice> Find(ContractSet contracts, Contract contract, string series, PriceFacts facts, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(facts);
        if (facts.Fixed is { } officer) return new FoundPrice(officer, "officer", []);
        var rows = contract.Rows("settlement-price", day).OrderBy(r => r.Integer("order")).ToList();
        var rules = rows.Count == 0 ? [.. Usual.Select(u => (Rule: u, Minutes: 0, Ends: (Instant?)null))] : rows.Select(r => (Rule: r.Text("rule"), Minutes: r.IntegerOrNull("minutes") ?? 0, Ends: Ends(r, day))).ToList();
        // Before an officer is asked, a series nobody traded follows its neighbours.
        if (!rules.Any(r => r.Rule == "theoretical")) rules.Add(("theoretical", 0, null));
        foreach (var (rule, minutes, ends) in rules)
            if (By(contracts, contract, rule, minutes, ends, facts, day) is { } found)
                return new FoundPrice(rule == "index" ? found.Price : ToTick(contract, found.Price, day), rule, found.Trace);
        return Refusal.Conflict("clearing.price-missing", "series", ("series", series), ("day", LocalDatePattern.Iso.Format(day)));
    }

    /// <summary>The final price of a contract settled in cash. Refuses <c>clearing.index-missing</c> and what the contract's file does not say.</summary>
    public static Answer<FoundPrice> Final(Contract contract, string series, IReadOnlyList<decimal> indexPrices, LocalDate day)
    {
        if (indexPrices.Count == 0) return Refusal.Conflict("clearing.index-missing", "series", ("series", series), ("index", contract.Row("settlement", day)?.TextOrNull("index") ?? ""), ("there", "0"), ("expected", "1"), ("day", LocalDatePattern.Iso.Format(day)));
        var final = FinalSettlement.Of(contract, indexPrices, day, contract.Row("settlement", day)?.DecimalOrNull("factor") is not null);
        return final.Ok ? new FoundPrice(final.Value.Price, "index", new() { ["days"] = indexPrices.Count, ["mean"] = final.Value.Mean, ["factor"] = final.Value.Factor }) : Answer<FoundPrice>.From(final.Refusals);
    }

    /// <summary>
    /// The prices of which the final price is the mean: one for each publication the contract's file expects of its index in the month, and none beside them. A mean of those that happen to be entered is not the final price. Refuses <c>clearing.index-missing</c> with how many are there and expected and the first that is missing, and
    /// <c>contract.calendar-short</c>.
    /// </summary>
    public static Answer<IReadOnlyList<decimal>> Complete(ContractSet contracts, Contract contract, Series series, IReadOnlyCollection<(LocalDate Day, decimal Price)> published, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(series);
        ArgumentNullException.ThrowIfNull(published);
        if (series.Month is not { } month || contract.Row("settlement", day)?.TextOrNull("index") is not { } index) return published.Select(p => p.Price).ToList();
        var expected = FinalSettlement.Days(contracts, contract, month, day);
        if (!expected.Ok) return Answer<IReadOnlyList<decimal>>.From(expected.Refusals);
        var there = published.ToDictionary(p => p.Day, p => p.Price);
        var missing = expected.Value.Where(d => !there.ContainsKey(d)).ToList();
        return missing.Count == 0 ? expected.Value.Select(d => there[d]).ToList()
            : Refusal.Conflict("clearing.index-missing", "series", ("series", series.Code), ("index", index), ("there", $"{expected.Value.Count - missing.Count}"), ("expected", $"{expected.Value.Count}"), ("day", LocalDatePattern.Iso.Format(missing[0])));
    }

    /// <summary>
    /// What an option settled in cash is worth at its end: what the final price of its index is above the exercise price (a call) or below it (a put), nothing where it is neither. Refuses as <see cref="Final"/>.
    /// </summary>
    public static Answer<FoundPrice> FinalOption(Contract contract, Series option, IReadOnlyList<decimal> indexPrices, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(option);
        var final = Final(contract, option.Code, indexPrices, day);
        if (!final.Ok) return final;
        var over = final.Value.Price - option.Strike!.Value;
        final.Value.Trace["final"] = final.Value.Price;
        return final.Value with { Price = Math.Max(0, option.Right == OptionRight.Call ? over : -over) };
    }

    static (decimal Price, JsonObject Trace)? By(ContractSet contracts, Contract contract, string rule, int minutes, Instant? ends, PriceFacts facts, LocalDate day)
    {
        switch (rule)
        {
            case "vwap-window":
                if ((ends ?? Close(contracts, contract, day, "continuous")?.Closes) is not { } close) return null;
                return Mean([.. facts.Trades.Where(t => t.At >= close - Duration.FromMinutes(minutes) && t.At <= close)]);
            case "vwap-day": return Mean(facts.Trades);
            case "closing-auction":
                return Close(contracts, contract, day, "closing-auction") is { } auction && facts.Trades.Where(t => t.At >= auction.Opens).OrderBy(t => t.At).LastOrDefault() is { Lots: > 0 } last ? (last.Price, new() { ["at"] = InstantPattern.ExtendedIso.Format(last.At) }) : null;
            case "last-trade": return facts.Trades.OrderBy(t => t.At).LastOrDefault() is { Lots: > 0 } trade ? (trade.Price, new() { ["at"] = InstantPattern.ExtendedIso.Format(trade.At) }) : null;
            case "mid": return facts is { Bid: { } bid, Ask: { } ask } ? ((bid + ask) / 2, new() { ["bid"] = bid, ["ask"] = ask }) : null;
            case "theoretical": return facts.Theoretical is { } theory ? (theory, new() { ["previous"] = facts.Previous }) : null;
            case "index": return Final(contract, "", facts.IndexPrices, day) is { Ok: true, Value: var mean } ? (mean.Price, mean.Trace) : null;
            default: return null;
        }
    }

    static (decimal, JsonObject)? Mean(IReadOnlyList<DayTrade> trades)
    {
        var lots = trades.Sum(t => t.Lots);
        return lots == 0 ? null : (trades.Sum(t => t.Price * t.Lots) / lots, new JsonObject { ["trades"] = trades.Count, ["lots"] = lots });
    }

    static SessionPhase? Close(ContractSet contracts, Contract contract, LocalDate day, string phase) => Sessions.OfDay(contracts, contract, day) is { Ok: true, Value: var phases } ? phases.LastOrDefault(p => p.Phase == phase) : null;

    static Instant? Ends(Primitives.Rules.RuleRow row, LocalDate day) =>
        row.TextOrNull("ends") is { } time && row.TextOrNull("zone") is { } zone ? (day + Times.Parse(time).Value).InZoneLeniently(DateTimeZoneProviders.Tzdb[zone]).ToInstant() : null;

    internal static decimal ToTick(Contract contract, decimal price, LocalDate day) => contract.Tick(day) is { } tick ? Math.Round(price / tick, MidpointRounding.AwayFromZero) * tick : price;
}
