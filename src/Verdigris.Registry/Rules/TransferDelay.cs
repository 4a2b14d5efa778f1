using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="Starts">When the delay began to run: the initiation, or the next opening.</param>
/// <param name="Executes">When what was initiated takes effect.</param>
/// <param name="CancelUntil">Before this it can be cancelled; null where the rule has no such time.</param>
public sealed record DelayTimes(Instant Starts, Instant Executes, Instant? CancelUntil);

/// <summary>
/// How long a transfer to an account that is not trusted, or a new entry of a trusted list, has to wait. One rule for all: the clock starts at the initiation or, outside the hours, at the
/// next opening; whole days are counted in working days and the rest is added to the time of day. Local time throughout, so that a change of the clocks moves nothing.
/// <list type="bullet">
/// <item>Union Registry, 26 hours: one working day and two hours; the end stands where it falls (Regulation (EU) 1193/2011, Article 36).</item>
/// <item>Trusted list, four working days: the same time of day four working days later.</item>
/// <item>United Kingdom: the end waits for the hours (<see cref="HoursRule.EndsInHours"/>).</item>
/// </list>
/// </summary>
public static class TransferDelay
{
    /// <summary>Longest delay counted.</summary>
    public static readonly Duration Longest = Duration.FromDays(366);

    /// <summary>Refuses with <c>registry.delay-length</c> (the rule has no length, or it is negative or over a year) and <c>registry.calendar-unknown</c> (a day the calendar does not know is never taken for a working day).</summary>
    /// <param name="calendar">The one the rule names.</param>
    /// <param name="other">A length in place of the rule's.</param>
    public static Answer<DelayTimes> Of(HoursRule rule, WorkingCalendar calendar, Instant initiated, Duration? other = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(calendar);
        if ((other ?? Length(rule)) is not { } length || length < Duration.Zero || length > Longest) return Refusal.Of("registry.delay-length", "delay", ("rule", rule.Rule));
        var zone = DateTimeZoneProviders.Tzdb[rule.Zone];
        try
        {
            var start = Opened(rule, calendar, initiated.InZone(zone).LocalDateTime);
            var days = other is null && rule.WorkingDays is { } count ? count : length.Days;
            var end = start.Date.At(start.TimeOfDay).PlusNanoseconds((length - Duration.FromDays(days)).ToInt64Nanoseconds());
            // The rest may cross midnight: the working days are counted from the day it began on, then the day after it.
            var day = days == 0 ? start.Date : calendar.Add(start.Date, days);
            if (end.Date > start.Date) day = calendar.OnOrAfter(day.PlusDays(1));
            end = day.At(end.TimeOfDay);
            if (rule.EndsInHours) end = Opened(rule, calendar, end);
            // A delay is never shorter than its rule: of an hour that comes twice the later one counts.
            var (starts, executes) = (initiated.InZone(zone).LocalDateTime == start ? initiated : At(start, zone), At(end, zone));
            return new DelayTimes(starts, executes, rule.CancelUntilHours is { } hours ? executes - Duration.FromHours(hours) : null);
        }
        catch (ArgumentOutOfRangeException)
        {
            return Refusal.Of("registry.calendar-unknown", "initiatedAt", ("calendar", calendar.Id), ("first", $"{calendar.Covered.Start:uuuu-MM-dd}"), ("last", $"{calendar.Covered.End:uuuu-MM-dd}"));
        }
    }

    /// <summary>The moment itself where it lies in the hours of a working day (both ends count), else the next opening.</summary>
    static LocalDateTime Opened(HoursRule rule, WorkingCalendar calendar, LocalDateTime moment)
    {
        if (!calendar.IsWorkingDay(moment.Date)) return calendar.OnOrAfter(moment.Date).At(rule.Opens);
        if (moment.TimeOfDay < rule.Opens) return moment.Date.At(rule.Opens);
        return moment.TimeOfDay > rule.Closes ? calendar.Add(moment.Date, 1).At(rule.Opens) : moment;
    }

    static Duration? Length(HoursRule rule) => rule.WorkingDays is { } days ? Duration.FromDays(days) : rule.Hours is { } hours ? Duration.FromHours(hours) : null;

    static Instant At(LocalDateTime moment, DateTimeZone zone) => zone.ResolveLocal(moment, later).ToInstant();

    static readonly NodaTime.TimeZones.ZoneLocalMappingResolver later = NodaTime.TimeZones.Resolvers.CreateMappingResolver(NodaTime.TimeZones.Resolvers.ReturnLater, NodaTime.TimeZones.Resolvers.ReturnForwardShifted);
}
