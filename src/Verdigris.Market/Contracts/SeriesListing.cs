using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <summary>The series of a contract that are listed on a day, by the rows of its <c>series</c> table in force that day. Pure.</summary>
public static class SeriesListing
{
    /// <summary>Months looked ahead at most: enough for seven Decembers and any count a file can have.</summary>
    const int MostMonths = 240;

    /// <summary>Series in order of their dates, each once though several rows list it. Options are listed by their months: exercise prices come by <see cref="OptionStrikes"/>.</summary>
    /// <param name="admitted">Vintages and projects that were admitted to trading; a contract of another kind takes none of them.</param>
    public static IReadOnlyList<ListedSeries> Of(ContractSet contracts, Contract contract, LocalDate on, IReadOnlyList<AdmittedSeries>? admitted = null)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(contract);
        var listed = new Dictionary<string, ListedSeries>(StringComparer.Ordinal);
        foreach (var row in contract.Rows("series", on))
        {
            var count = row.IntegerOrNull("count");
            IEnumerable<ListedSeries> found = row.Text("kind") switch
            {
                "single" => [new(new(contract.Code), null, null)],
                "daily" => Daily(contracts, contract, on, count ?? 1),
                "months" when count is { } next => Months(contracts, contract, on, row, next),
                "vintage" => (admitted ?? []).Where(a => a.Project is null).Select(a => new ListedSeries(new(contract.Code, Vintage: a.Vintage), null, null)),
                "project" => (admitted ?? []).Where(a => a.Project is not null).Select(a => new ListedSeries(new(contract.Code, Vintage: a.Vintage, Project: a.Project), null, null)),
                // How many months are listed is not known: then none is invented.
                _ => [],
            };
            foreach (var series in found) listed.TryAdd(series.Series.Code, series);
        }
        return [.. listed.Values.OrderBy(l => l.LastDay ?? LocalDate.MaxIsoValue).ThenBy(l => l.Series.Code, StringComparer.Ordinal)];
    }

    /// <summary>Whether a series is listed on a day; an option by its month alone.</summary>
    public static bool Lists(ContractSet contracts, Contract contract, Series series, LocalDate on, IReadOnlyList<AdmittedSeries>? admitted = null)
    {
        ArgumentNullException.ThrowIfNull(series);
        return Of(contracts, contract, on, admitted).Any(l => l.Series == series with { Strike = null, Right = null });
    }

    static List<ListedSeries> Daily(ContractSet contracts, Contract contract, LocalDate on, int count)
    {
        var days = new List<ListedSeries>();
        if (contracts.Calendar(contract, on) is not { Ok: true, Value: var calendar }) return days;
        for (var day = on; days.Count < count && calendar.Covered.Contains(day); day = day.PlusDays(1))
            if (calendar.IsWorkingDay(day)) days.Add(new(new(contract.Code, Day: day), day, null));
        return days;
    }

    static List<ListedSeries> Months(ContractSet contracts, Contract contract, LocalDate on, RuleRow row, int count)
    {
        var months = MonthNumbers(row.List("months"));
        var until = row.TextOrNull("until") is { } last ? YearMonthPattern.Iso.Parse(last).Value : on.PlusMonths(MostMonths).ToYearMonth();
        var found = new List<ListedSeries>();
        // The last day of a month may lie before it begins; one that is not known is not over while its month is not.
        for (var month = on.ToYearMonth(); found.Count < count && month <= until; month = month.OnDayOfMonth(1).PlusMonths(1).ToYearMonth())
        {
            if (months.Count > 0 && !months.Contains(month.Month)) continue;
            var day = LastTradingDay.Of(contracts, contract, month);
            if (day.Ok ? day.Value.Day >= on : month.ToDateInterval().End >= on) found.Add(new(new(contract.Code, month), day.Ok ? day.Value.Day : null, day.Ok ? null : day.Refusals[0]));
        }
        return found;
    }

    internal static HashSet<int> MonthNumbers(IReadOnlyList<string> written) => [.. written.Select(m => int.Parse(m, CultureInfo.InvariantCulture))];
}

/// <summary>Exercise prices of an option, by the contract's <c>option</c> row. Pure.</summary>
public static class OptionStrikes
{
    /// <summary>Multiples of the step around a price: the nearest (the lower of two) and so many each side, above zero. Refuses <c>contract.no-option</c> and <c>contract.strikes-unknown</c>.</summary>
    public static Answer<IReadOnlyList<decimal>> Around(Contract contract, decimal price, LocalDate on)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (contract.Row("option", on) is not { } row) return Refusal.Conflict("contract.no-option", "contract", ("contract", contract.Code));
        if (row.DecimalOrNull("strikeStep") is not { } step || row.IntegerOrNull("strikes") is not { } side) return Refusal.Conflict("contract.strikes-unknown", "contract", ("contract", contract.Code));
        var middle = decimal.Floor((price / step) + 0.5m);
        if (middle - (price / step) == 0.5m) middle -= 1;
        return Enumerable.Range(-side, (2 * side) + 1).Select(i => (middle + i) * step).Where(s => s > 0).ToList();
    }

    /// <summary>The series an option is exercised into: the underlying's next month of those the file names, else the option's own month. Null where it is no option with a month.</summary>
    public static Series? Underlying(Contract contract, Series option, LocalDate on)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(option);
        if (contract.Underlying is not { } underlying || option.Month is not { } month || contract.Row("option", on) is not { } row) return null;
        var into = SeriesListing.MonthNumbers(row.List("into"));
        while (into.Count > 0 && !into.Contains(month.Month)) month = month.OnDayOfMonth(1).PlusMonths(1).ToYearMonth();
        return new(underlying, month);
    }
}
