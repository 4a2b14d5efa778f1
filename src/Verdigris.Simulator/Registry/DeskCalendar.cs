namespace Verdigris.Simulator.Registry;

/// <summary>The hours of the simulated registry: Monday to Friday, 10:00 to 16:00 UTC. Times in microseconds since 1970 UTC.</summary>
static class DeskCalendar
{
    public const long Hour = 3_600_000_000, Day = 24 * Hour;

    const long Opens = 10 * Hour, Closes = 16 * Hour;

    /// <summary>When what is approved now may be carried out: whole days are working days, the rest is added to the time of day.</summary>
    public static long After(long now, int hours)
    {
        long start = Opened(now);
        return WorkingDaysAfter(start / Day, hours / 24) * Day + start % Day + hours % 24 * Hour;
    }

    /// <summary>When an entry of the trusted list approved now counts.</summary>
    public static long AfterDays(long now, int workingDays) => After(now, workingDays * 24);

    static long Opened(long now)
    {
        long day = now / Day, time = now % Day;
        if (!Works(day) || time > Closes) return WorkingDaysAfter(day, 1) * Day + Opens;
        return time < Opens ? day * Day + Opens : now;
    }

    static long WorkingDaysAfter(long day, int count)
    {
        for (; count > 0; count--)
            do day++; while (!Works(day));
        return day;
    }

    // Day 0 was a Thursday.
    static bool Works(long day) => (day + 3) % 7 < 5;
}
