using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Margins;

/// <summary>Lots of an account in a series; in delivery where the position is already ended and units are to come.</summary>
public readonly record struct HeldLots(long Account, Series Series, long Lots, bool InDelivery);

/// <summary>What an account has to deposit in one currency, with the goods it comes from.</summary>
public sealed record AccountMargin(long Account, string Currency, long Requirement, IReadOnlyList<CommodityMargin> Goods)
{
    public JsonArray Trace() =>
    [
        .. Goods.Select(g => (JsonNode)new JsonObject
        {
            ["goods"] = g.Code,
            ["scan"] = Cents.Of(g.Scan, Currency),
            ["scenario"] = g.Worst + 1,
            ["monthSpreads"] = Cents.Of(g.MonthSpreads, Currency),
            ["delivery"] = Cents.Of(g.Delivery, Currency),
            ["credit"] = Cents.Of(g.Credit, Currency),
            ["shortOptionMinimum"] = Cents.Of(g.ShortOptionMinimum, Currency),
            ["optionValue"] = Cents.Of(g.OptionValue, Currency),
            ["requirement"] = Cents.Of(g.Requirement, Currency),
            ["losses"] = new JsonArray([.. g.Losses.Select(l => (JsonNode)Cents.Of(l, Currency))]),
        }),
    ];
}

/// <summary>Initial margin of all accounts at one set of prices: each series is worked out once, then every account is added up. Pure.</summary>
public static class MarginRun
{
    /// <param name="prices">Settlement price of each series held and of each option's future.</param>
    /// <returns>One line an account and currency, by account; refuses <c>clearing.scan-unknown</c> and <c>clearing.price-missing</c>.</returns>
    public static Answer<IReadOnlyList<AccountMargin>> Of(ContractSet contracts, IReadOnlyList<HeldLots> held, IReadOnlyDictionary<string, decimal> prices, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(prices);
        var rules = MarginRules.Of(contracts.Packs);
        var risks = new Dictionary<Series, (string Goods, SeriesRisk Risk)>();
        foreach (var series in held.Select(h => h.Series).Distinct())
        {
            var risk = Risk(contracts, rules, series, prices, day);
            if (!risk.Ok) return Answer<IReadOnlyList<AccountMargin>>.From(risk.Refusals);
            risks[series] = risk.Value;
        }
        var parameters = new Dictionary<string, CommodityParameters>(StringComparer.Ordinal);
        foreach (var goods in risks.Values.Select(r => r.Goods).Distinct())
        {
            var contract = contracts.Find(goods)!;
            var price = risks.Keys.Where(k => k.Contract == goods && k.Strike is null).Select(k => prices[k.Code]).Concat(risks.Keys.Where(k => k.Strike is not null && risks[k].Goods == goods).Select(k => prices[OptionStrikes.Underlying(contracts.Find(k.Contract)!, k, day)!.Code])).First();
            var floor = risks.Keys.Where(k => k.Strike is not null && risks[k].Goods == goods).Select(k => Charge(contracts.Find(k.Contract)!, price, day)).DefaultIfEmpty(0).Max();
            parameters[goods] = MarginParameters.Of(rules, contract, price, day, floor);
        }
        var credits = MarginParameters.Credits([.. parameters.Keys.Order(StringComparer.Ordinal).Select(c => contracts.Find(c)!)], day);
        var margins = new List<AccountMargin>();
        foreach (var account in held.GroupBy(h => h.Account).OrderBy(g => g.Key))
        {
            var goods = account.GroupBy(h => risks[h.Series].Goods).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => (parameters[g.Key], (IReadOnlyList<MarginPosition>)[.. g.Select(h => new MarginPosition(risks[h.Series].Risk, h.Lots, Month(h.Series), 1, h.InDelivery, h.Series.Strike is not null))])).ToList();
            foreach (var currency in PortfolioMargin.Of(goods, credits).GroupBy(m => m.Currency).OrderBy(g => g.Key, StringComparer.Ordinal))
                margins.Add(new(account.Key, currency.Key, currency.Sum(m => m.Requirement), [.. currency]));
        }
        return margins;
    }

    static long Charge(Contract option, decimal price, LocalDate day) => MarginParameters.Charge(option, "short-option-minimum", price, day);

    /// <summary>The loss of a lot in each scenario, and the contract whose goods it is: an option counts with its future.</summary>
    static Answer<(string, SeriesRisk)> Risk(ContractSet contracts, MarginRules rules, Series series, IReadOnlyDictionary<string, decimal> prices, LocalDate day)
    {
        var contract = contracts.Find(series.Contract)!;
        if (!prices.TryGetValue(series.Code, out var price)) return Missing(series, day);
        var lot = contract.Lot(day)!.Value;
        if (series.Strike is null)
        {
            var range = MarginParameters.ScanRange(contract, price, day);
            return range.Ok ? (contract.Code, SeriesRisk.Future(rules.Scenarios, range.Value, lot, contract.CurrencyPlaces)) : Answer<(string, SeriesRisk)>.From(range.Refusals);
        }
        if (OptionStrikes.Underlying(contract, series, day) is not { } under || !prices.TryGetValue(under.Code, out var forward)) return Missing(series, day);
        var moved = MarginParameters.ScanRange(contracts.Find(under.Contract) ?? contract, forward, day);
        if (!moved.Ok) return Answer<(string, SeriesRisk)>.From(moved.Refusals);
        var years = TheoreticalPrices.Years(contracts, contract, series, day) ?? 0;
        var volatility = TheoreticalPrices.Volatility(rules, contract, series, forward, years, price, day);
        var terms = new OptionTerms(forward, series.Strike.Value, years, rules.Rate(contract.Currency), volatility);
        return (under.Contract, OptionRisk.Of([new(series.Right == OptionRight.Call, TheoreticalPrices.Style(contract, day), terms, moved.Value, MarginParameters.VolatilityRange(contract, day), rules.LookAheadYears, lot, contract.CurrencyPlaces, rules.TreeSteps)], rules.Scenarios)[0]);
    }

    static Refusal Missing(Series series, LocalDate day) => Refusal.Conflict("clearing.price-missing", "series", ("series", series.Code), ("day", $"{day:uuuu-MM-dd}"));

    static int Month(Series series) => series.Month is { } month ? (month.Year * 12) + month.Month : series.Day is { } day ? (day.Year * 10_000) + (day.Month * 100) + day.Day : 0;
}
