using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Contracts;

/// <summary>Something that falls on a day.</summary>
/// <param name="Time">Of that day in <paramref name="Zone"/>, HH:mm; null where only the day is known.</param>
/// <param name="What">last-day, a step of a contract's timetable (notice, seller-delivers, payment…), closed, auction-opens or auction-closes.</param>
/// <param name="Subject">Series, calendar of days, or the auction: its number, its unit and the vintage where units have one.</param>
/// <param name="Link">Page of it; null of a closed day.</param>
public sealed record CalendarEvent(LocalDate Day, string? Time, string? Zone, string What, string Subject, string? Link);

/// <summary>
/// What is ahead in the market: last trading days, what follows them until delivery and payment, days without trading, and auctions. Worked out from the contracts' files as series are listed today, so a rule that changes moves what is to come; what a calendar does not reach yet is left out rather than guessed.
/// </summary>
public static class MarketCalendar
{
    /// <summary>Days looked at where none are named, and at most.</summary>
    public const int Usual = 31, Most = 366;

    /// <summary>Longest time between a last trading day and the last step after it.</summary>
    const int After = 20;

    /// <summary>Events of a period in order; this day and a month on where none is given. <c>calendar.period</c> where it ends before it begins or is longer than <see cref="Most"/> days.</summary>
    /// <param name="family">Of contracts: metal; null: all. Auctions and closed days go with them.</param>
    public static async Task<Answer<IReadOnlyList<CalendarEvent>>> Of(DbSession s, ContractSet contracts, LocalDate? from, LocalDate? to, string? family, CancellationToken ct)
    {
        var begin = from ?? s.Today();
        var end = to ?? begin.PlusDays(Usual);
        if (end < begin || Period.DaysBetween(begin, end) > Most) return Refusal.Of("calendar.period", "to", ("from", LocalDatePattern.Iso.Format(begin)), ("to", LocalDatePattern.Iso.Format(end)), ("most", $"{Most}"));
        var open = contracts.All.Where(c => c.CanOpen(begin) && (family is null || c.Family == family)).ToList();
        var events = new List<CalendarEvent>();
        foreach (var contract in open) events.AddRange(Series(contracts, contract, begin, end));
        foreach (var id in open.Select(c => c.TradingCalendar(begin)!).Distinct(StringComparer.Ordinal))
            for (var (day, calendar) = (begin, contracts.Calendar(id).Value); day <= end && calendar.Covered.Contains(day); day = day.PlusDays(1))
                if (day.DayOfWeek < IsoDayOfWeek.Saturday && !calendar.IsWorkingDay(day)) events.Add(new(day, null, null, "closed", id, null));
        if (family is null or "allowance")
            foreach (var (id, name, opens, closes) in await s.All("select id, concat_ws(' ', number, unit, nullif(vintage, '')), opens_at, closes_at from market.auction where state = 1 and closes_at >= $1 and opens_at < $2 order by opens_at", r => (r.GetGuid(0), r.GetString(1), r.Time(2), r.Time(3)), ct, Start(begin), Start(end.PlusDays(1))))
            {
                events.Add(At(opens, "auction-opens", id, name));
                events.Add(At(closes, "auction-closes", id, name));
            }
        return events.Where(e => e.Day >= begin && e.Day <= end).OrderBy(e => e.Day).ThenBy(e => e.Time ?? "24:00", StringComparer.Ordinal).ThenBy(e => e.What, StringComparer.Ordinal).ThenBy(e => e.Subject, StringComparer.Ordinal).ToList();
    }

    /// <summary>Listed shortly before the period as well: their deliveries may fall into it.</summary>
    static IEnumerable<CalendarEvent> Series(ContractSet contracts, Contract contract, LocalDate begin, LocalDate end)
    {
        foreach (var listed in SeriesListing.Of(contracts, contract, begin.PlusDays(-After)).Where(l => l.LastDay is { } last && last <= end))
        {
            var (last, link) = (listed.LastDay!.Value, $"/market/contracts/{contract.Code}");
            if (contract.Kind != ContractKind.DailyFuture) yield return new(last, null, null, "last-day", listed.Series.Code, link);
            if (DeliveryTimetable.Of(contracts, contract, last) is { Ok: true, Value: var days })
                foreach (var day in days) yield return new(day.Day, day.At is { } at ? $"{at:HH:mm}" : null, day.Zone, day.Step, listed.Series.Code, link);
        }
    }

    static CalendarEvent At(Instant at, string what, Guid id, string name) => new(at.InUtc().Date, $"{at.InUtc().TimeOfDay:HH:mm}", "UTC", what, name, $"/market/auctions/{id}");

    static DateTime Start(LocalDate day) => day.AtMidnight().InUtc().ToInstant().ToDateTimeUtc();
}
