using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <summary>One phase of one trading day.</summary>
/// <param name="Phase">pre-open, opening-auction, continuous, closing-auction, block, one-way-auction or post-close.</param>
/// <param name="TradingDay">The day its trades count for; a night session counts for the next one.</param>
/// <param name="Closes">First instant no longer in it.</param>
public sealed record SessionPhase(string Phase, LocalDate TradingDay, Instant Opens, Instant Closes, RuleRef Rule);

/// <summary>What a contract is in at an instant.</summary>
/// <param name="Phases">Empty: closed. Several: continuous trading and block trades may run beside each other.</param>
/// <param name="Next">The phase that opens next, within the days the calendar knows; null where none does.</param>
public sealed record SessionStanding(IReadOnlyList<SessionPhase> Phases, SessionPhase? Next)
{
    /// <summary>The phase of the book: the first that is not for blocks or auctions by notice; closed where there is none.</summary>
    public string Phase => Phases.FirstOrDefault(p => p.Phase is not ("block" or "one-way-auction"))?.Phase ?? "closed";

    /// <summary>The trading day of the phase, or of the next one.</summary>
    public LocalDate? TradingDay => (Phases.Count > 0 ? Phases[0] : Next)?.TradingDay;
}

/// <summary>The phases of a contract's trading days, by its <c>sessions</c> table in the time of the place it names. Pure.</summary>
public static class Sessions
{
    /// <summary>Days looked ahead for the next phase: longer than any closing of an exchange.</summary>
    const int DaysAhead = 15;

    static readonly LocalTimePattern Times = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    /// <summary>Phases of one day in the order they open; none on a day that is not one of trading. Refuses <c>contract.calendar-none</c>, <c>contract.calendar-short</c> and <c>contract.sessions-unknown</c>.</summary>
    public static Answer<IReadOnlyList<SessionPhase>> OfDay(ContractSet contracts, Contract contract, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(contract);
        var found = contracts.Calendar(contract, day);
        if (!found.Ok) return found.Refusals[0];
        var rows = contract.Rows("sessions", day).ToList();
        if (rows.Count == 0) return Refusal.Conflict("contract.sessions-unknown", "contract", ("contract", contract.Code));
        var calendar = found.Value;
        if (!calendar.Covered.Contains(day)) return Short(calendar, day);
        if (!calendar.IsWorkingDay(day)) return new List<SessionPhase>();
        var phases = new List<SessionPhase>();
        foreach (var row in rows)
        {
            var opensOn = row.TextOrNull("opensOn") switch { "trading-day-before" => EveOf(calendar, day), "day-before" => day.PlusDays(-1), _ => day };
            // The eve of a holiday has no night session.
            if (row.TextOrNull("opensOn") == "trading-day-before" && opensOn == day) continue;
            var zone = DateTimeZoneProviders.Tzdb[row.Text("zone")];
            var (opens, closes) = (Times.Parse(row.Text("opens")).Value, Times.Parse(row.Text("closes")).Value);
            phases.Add(new(row.Text("phase"), day, (opensOn + opens).InZoneLeniently(zone).ToInstant(), ((closes <= opens ? opensOn.PlusDays(1) : opensOn) + closes).InZoneLeniently(zone).ToInstant(), contract.Ref(row)));
        }
        return phases.OrderBy(p => p.Opens).ThenBy(p => p.Phase, StringComparer.Ordinal).ToList();
    }

    /// <summary>What the contract is in at an instant, and what opens next. Refuses as <see cref="OfDay"/> does.</summary>
    public static Answer<SessionStanding> At(ContractSet contracts, Contract contract, Instant at)
    {
        ArgumentNullException.ThrowIfNull(contract);
        var today = at.InUtc().Date;
        var now = new List<SessionPhase>();
        SessionPhase? next = null;
        // A phase may run past midnight, and a night session counts for a day to come.
        for (var day = today.PlusDays(-2); day <= today.PlusDays(DaysAhead); day = day.PlusDays(1))
        {
            var of = OfDay(contracts, contract, day);
            if (!of.Ok)
            {
                // Beyond what the calendar knows only the next phase is missed.
                if (day <= today.PlusDays(1)) return of.Refusals[0];
                break;
            }
            now.AddRange(of.Value.Where(p => p.Opens <= at && at < p.Closes));
            next ??= of.Value.FirstOrDefault(p => p.Opens > at);
            if (next is not null && day > today.PlusDays(1)) break;
        }
        return new SessionStanding([.. now.OrderBy(p => p.Opens)], next);
    }

    /// <summary>The day whose evening opens a night session that counts for this one: the trading day before, where nothing but a weekend lies between; else the day itself, for none.</summary>
    static LocalDate EveOf(WorkingCalendar calendar, LocalDate day)
    {
        for (var eve = day.PlusDays(-1); calendar.Covered.Contains(eve); eve = eve.PlusDays(-1))
        {
            if (calendar.IsWorkingDay(eve)) return eve;
            if (eve.DayOfWeek is not (IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday)) return day;
        }
        return day;
    }

    static Refusal Short(WorkingCalendar calendar, LocalDate day) => Refusal.Conflict("contract.calendar-short", "at", ("calendar", calendar.Id), ("day", LocalDatePattern.Iso.Format(day)));
}
