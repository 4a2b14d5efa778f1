using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <param name="Mean">Of the published prices, in the unit they were given in, not rounded.</param>
/// <param name="Factor">Units of the price a unit of the index; 1 where the prices were given in the contract's unit.</param>
/// <param name="Places">Decimals the price is rounded to, half away from zero.</param>
public sealed record FinalPrice(decimal Price, decimal Mean, decimal Factor, int Places, RuleRef Rule);

/// <summary>The final price of a contract settled in cash: the mean of the index prices published in the month, in the contract's unit. Pure.</summary>
public static class FinalSettlement
{
    /// <summary>
    /// The days on which the index of a month is expected, up to a day, as the contract's file says how often it is published: on working days, or on weekdays, of which one that is closed is moved and counts for the month it then falls in, or falls out. Where the file does not say, every day of trading.
    /// Refuses <c>contract.calendar-none</c> and <c>contract.calendar-short</c>.
    /// </summary>
    public static Answer<IReadOnlyList<LocalDate>> Days(ContractSet contracts, Contract contract, YearMonth month, LocalDate upTo)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(contract);
        var (first, end) = (month.OnDayOfMonth(1), month.ToDateInterval().End);
        var rows = contract.Rows("publication", first).ToList();
        var found = rows.Select(r => r.TextOrNull("calendar")).FirstOrDefault(c => c is not null) is { } own ? contracts.Calendar(own) : contracts.Calendar(contract, first);
        if (!found.Ok) return Answer<IReadOnlyList<LocalDate>>.From(found.Refusals);
        var calendar = found.Value;
        if (rows.All(r => r.Text("published") == Working)) rows = [];
        var days = new SortedSet<LocalDate>();
        for (var day = first; day <= end; day = day.PlusDays(1))
        {
            if (!calendar.Covered.Contains(day)) return Short(day);
            if (rows.Count == 0 ? calendar.IsWorkingDay(day) : rows.Any(r => r.Text("published") == Working) && calendar.IsWorkingDay(day)) days.Add(day);
        }
        foreach (var row in rows.Where(r => r.Text("published") != Working))
        {
            var (weekday, way) = (Enum.Parse<IsoDayOfWeek>(row.Text("published")), row.TextOrNull("roll") switch { "previous" => -1, "next" => 1, _ => 0 });
            for (var day = first; day <= end; day = day.PlusDays(1))
                if (day.DayOfWeek == weekday && Moved(day, way) is { } at) days.Add(at);
            // A weekday of the next month, or of the one before, that is moved into this one: only over closed days that reach up to it.
            for (var day = way < 0 ? end.PlusDays(1) : first.PlusDays(-1); way != 0; day = day.PlusDays(-way))
            {
                if (!calendar.Covered.Contains(day)) return Short(day);
                if (calendar.IsWorkingDay(day)) break;
                if (day.DayOfWeek == weekday && Moved(day, way) is { } at) days.Add(at);
            }
        }
        return days.Where(d => d >= first && d <= LocalDate.Min(upTo, end)).ToList();

        LocalDate? Moved(LocalDate day, int way)
        {
            while (calendar.Covered.Contains(day) && !calendar.IsWorkingDay(day))
            {
                if (way == 0) return null;
                day = day.PlusDays(way);
            }
            return day;
        }

        Refusal Short(LocalDate day) => Refusal.Conflict("contract.calendar-short", "month", ("calendar", calendar.Id), ("day", NodaTime.Text.LocalDatePattern.Iso.Format(day)));
    }

    /// <summary>Whether an index is expected on a day by a contract that says how often it is published; null where the contract does not say, or its calendar does not reach so far.</summary>
    public static bool? Expects(ContractSet contracts, Contract contract, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (!contract.Rows("publication", new LocalDate(day.Year, day.Month, 1)).Any()) return null;
        return Days(contracts, contract, day.ToYearMonth(), day) is { Ok: true, Value: var days } ? days.Contains(day) : null;
    }

    const string Working = "working-day";

    /// <summary>Refuses <c>contract.not-cash</c>, <c>contract.factor-unknown</c>, <c>contract.places-unknown</c>.</summary>
    /// <param name="daily">Prices published in the month, at least one.</param>
    /// <param name="asIndex">The prices are in the unit of the index (USD/lb), not of the contract (USD/t).</param>
    public static Answer<FinalPrice> Of(Contract contract, IReadOnlyList<decimal> daily, LocalDate on, bool asIndex = false)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentOutOfRangeException.ThrowIfZero(daily.Count);
        if (contract.Row("settlement", on) is not { } row || row.Text("method") != "cash") return Refusal.Conflict("contract.not-cash", "contract", ("contract", contract.Code));
        if (asIndex && row.DecimalOrNull("factor") is null) return Refusal.Conflict("contract.factor-unknown", "contract", ("contract", contract.Code));
        if (row.IntegerOrNull("places") is not { } places) return Refusal.Conflict("contract.places-unknown", "contract", ("contract", contract.Code));
        var mean = daily.Sum() / daily.Count;
        var factor = asIndex ? row.Decimal("factor") : 1;
        return new FinalPrice(Math.Round(mean * factor, places, MidpointRounding.AwayFromZero), mean, factor, places, contract.Ref(row));
    }
}
