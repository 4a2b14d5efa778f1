using NodaTime;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Collaterals;

/// <summary>A price or rate that collateral would have been valued by and that nobody knows any more.</summary>
/// <param name="Kind">What it would have valued: a unit of a scheme, or a currency.</param>
/// <param name="Price">Code of a contract, or a rate as FX:USD/EUR.</param>
/// <param name="Since">Day of the last one known; null where there never was one.</param>
public sealed record MissingPrice(string Kind, string Price, LocalDate? Since);

/// <summary>What collateral is valued by on a day. A price that is older than the greatest age the clearing house's rules name is not known: it values nothing, and is named with the day of the last one.</summary>
sealed class CollateralPrices(ContractSet contracts)
{
    /// <param name="Value">Null where it is missing or too old.</param>
    /// <param name="Day">Of the last one; null where there never was one.</param>
    internal readonly record struct Found(decimal? Value, LocalDate? Day);

    sealed record Last(LocalDate Day, decimal Price);

    /// <summary>The latest settlement price of the contract's nearest live series. Its age is counted in days of trading of the contract.</summary>
    public async Task<Found> Price(DbSession s, Contract contract, LocalDate on, CancellationToken ct) => Of(await s.One("""
        select p.day, p.price from market.settlement_price p join market.series x on x.code = p.series where x.contract = $1 and x.ended_on is null order by p.day desc, p.series limit 1
        """, r => new Last(r.Day(0), r.GetDecimal(1)), ct, contract.Code), on, "price-age-days", contracts.Calendar(contract, on));

    /// <summary>Money of one currency for one of another, as it was entered last under its <see cref="RateOf"/>.</summary>
    public async Task<Found> Rate(DbSession s, string from, string to, LocalDate on, CancellationToken ct) => Of(await s.One("select day, price from market.index_price where index = $1 order by day desc, correction desc limit 1", r => new Last(r.Day(0), r.GetDecimal(1)), ct, RateOf(from, to)), on,
        "rate-age-days", MarginRules.Of(contracts.Packs).CalendarOf("rate-age-days") is { } own ? contracts.Calendar(own) : Refusal.Of("contract.calendar-none"));

    internal static string RateOf(string from, string to) => $"FX:{from}/{to}";

    Found Of(Last? last, LocalDate on, string greatest, Answer<WorkingCalendar> calendar) => last is null ? default
        : new(Age(calendar.Ok ? calendar.Value : null, last.Day, on) <= MarginRules.Of(contracts.Packs).Parameter(greatest) ? last.Price : null, last.Day);

    /// <summary>Days of business after a day up to another. A day no calendar knows counts unless it is of a weekend: rather too old than too young.</summary>
    internal static int Age(WorkingCalendar? calendar, LocalDate from, LocalDate to)
    {
        var days = 0;
        for (var day = from.PlusDays(1); day <= to; day = day.PlusDays(1))
            if (calendar is not null && calendar.Covered.Contains(day) ? calendar.IsWorkingDay(day) : day.DayOfWeek < IsoDayOfWeek.Saturday) days++;
        return days;
    }
}
