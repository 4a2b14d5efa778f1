using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Positions;

/// <summary>The calendar of a series: pure, from the contract's data.</summary>
public static class SeriesDates
{
    /// <summary>Last trading day; null for a series without end. Refuses as <see cref="LastTradingDay"/> does.</summary>
    public static Answer<LocalDate?> LastDay(ContractSet contracts, Contract contract, Series series)
    {
        ArgumentNullException.ThrowIfNull(series);
        if (series.Day is { } day) return (LocalDate?)day;
        if (series.Month is not { } month) return (LocalDate?)null;
        var last = LastTradingDay.Of(contracts, contract, month);
        return last.Ok ? (LocalDate?)last.Value.Day : Answer<LocalDate?>.From(last.Refusals);
    }

    /// <summary>The day on which positions of the series are ended: the day its final price is due where the contract is settled in cash and names one, else the last trading day. Null without end or where it is not known.</summary>
    public static LocalDate? EndDay(ContractSet contracts, Contract contract, Series series)
    {
        if (LastDay(contracts, contract, series) is not { Ok: true, Value: { } last }) return null;
        if (contract.Settlement(last) != SettlementMethod.Cash) return last;
        return DeliveryTimetable.Of(contracts, contract, last) is { Ok: true, Value: var days } && days.FirstOrDefault(d => d.Step == "final-price") is { } final && final.Day > last ? final.Day : last;
    }
}
