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
    /// <summary>The days on which the index of a month is expected, up to a day: those of the contract's calendar of trading. Refuses <c>contract.calendar-none</c> and <c>contract.calendar-short</c>.</summary>
    public static Answer<IReadOnlyList<LocalDate>> Days(ContractSet contracts, Contract contract, YearMonth month, LocalDate upTo)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        var (first, last) = (month.OnDayOfMonth(1), LocalDate.Min(upTo, month.ToDateInterval().End));
        var found = contracts.Calendar(contract, first);
        if (!found.Ok) return Answer<IReadOnlyList<LocalDate>>.From(found.Refusals);
        var days = new List<LocalDate>();
        for (var day = first; day <= last; day = day.PlusDays(1))
        {
            if (!found.Value.Covered.Contains(day)) return Refusal.Conflict("contract.calendar-short", "month", ("calendar", found.Value.Id), ("day", NodaTime.Text.LocalDatePattern.Iso.Format(day)));
            if (found.Value.IsWorkingDay(day)) days.Add(day);
        }
        return days;
    }

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
