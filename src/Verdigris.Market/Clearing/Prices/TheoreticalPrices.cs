using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Contracts;

namespace Verdigris.Market.Clearing.Prices;

/// <summary>Prices that follow from others: a month nobody traded moves as the nearest one that was; an option is worth what the theory says at the volatility its last price implied. Pure.</summary>
static class TheoreticalPrices
{
    /// <summary>The price before, moved by as much as the nearest month that has a price of today; unmoved where none has. Null for a series without a price before.</summary>
    /// <param name="others">Months of the same contract with their price before and today's.</param>
    public static decimal? Future(Series series, decimal? before, IReadOnlyList<(Series Series, decimal Before, decimal Today)> others)
    {
        if (before is not { } was) return null;
        if (others.Count == 0) return was;
        var near = others.OrderBy(o => Math.Abs(Months(o.Series) - Months(series))).ThenBy(o => Months(o.Series)).First();
        return was + near.Today - near.Before;
    }

    /// <summary>Days from a day to the last trading day of an option as a part of a year of 365; null where that day is not known.</summary>
    public static decimal? Years(ContractSet contracts, Contract contract, Series option, LocalDate day) =>
        option.Month is { } month && LastTradingDay.Of(contracts, contract, month) is { Ok: true, Value: var last } ? Math.Max(0, Period.DaysBetween(day, last.Day)) / 365m : null;

    public static ExerciseStyle Style(Contract contract, LocalDate day) => contract.Row("option", day)?.Text("style") == "american" ? ExerciseStyle.American : ExerciseStyle.European;

    /// <summary>The price of an option, and the volatility it was made with.</summary>
    /// <param name="before">Price of the option and of its future on the day before, and time to expiry then.</param>
    public static (decimal Price, decimal Volatility)? Option(MarginRules rules, Contract contract, Series option, decimal forward, decimal years, (decimal Price, decimal Forward, decimal Years)? before, LocalDate day)
    {
        var volatility = before is { } was ? Volatility(rules, contract, option, was.Forward, was.Years, was.Price, day) : rules.StartVolatility;
        return Price(rules, contract, option, forward, years, volatility, day) is { } price ? (price, volatility) : null;
    }

    /// <summary>The volatility a price implies; the clearing house's own where it implies none (a price at or below what exercise brings).</summary>
    public static decimal Volatility(MarginRules rules, Contract contract, Series option, decimal forward, decimal years, decimal price, LocalDate day) =>
        OptionTheory.ImpliedVolatility(new(forward, option.Strike!.Value, years, rules.Rate(contract.Currency), 0), option.Right == OptionRight.Call, price, Style(contract, day), rules.TreeSteps) is { Ok: true, Value: > 0.01m and var found } ? found : rules.StartVolatility;

    static decimal? Price(MarginRules rules, Contract contract, Series option, decimal forward, decimal years, decimal volatility, LocalDate day)
    {
        var terms = new OptionTerms(forward, option.Strike!.Value, years, rules.Rate(contract.Currency), volatility);
        var call = option.Right == OptionRight.Call;
        if (Style(contract, day) == ExerciseStyle.American) return OptionTheory.American(terms, rules.TreeSteps) is { Ok: true, Value: var tree } ? call ? tree.Call : tree.Put : null;
        return OptionTheory.European(terms) is { Ok: true, Value: var formula } ? call ? formula.Call : formula.Put : null;
    }

    static int Months(Series series) => series.Month is { } month ? (month.Year * 12) + month.Month : series.Day is { } day ? (day.Year * 12) + day.Month : 0;
}
