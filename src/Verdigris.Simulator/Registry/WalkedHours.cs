namespace Verdigris.Simulator.Registry;

/// <summary>The registry's delay a second time: hour by hour, with no arithmetic of days. An hour counts when it begins between Monday and Friday; the walk begins when the registry is open.</summary>
static class WalkedHours
{
    const long Hour = 3_600_000_000;

    public static long After(long from, int hours)
    {
        long at = from;
        while (!Open(at)) at = (at / Hour + 1) * Hour;
        while (hours > 0)
        {
            if (!Weekend(at)) hours--;
            at += Hour;
        }
        return at;
    }

    static bool Open(long at)
    {
        long sinceMidnight = at % (24 * Hour);
        return !Weekend(at) && sinceMidnight >= 10 * Hour && sinceMidnight <= 16 * Hour;
    }

    // 1 January 1970 was a Thursday.
    static bool Weekend(long at) => (DayOfWeek)((at / (24 * Hour) + (int)DayOfWeek.Thursday) % 7) is DayOfWeek.Saturday or DayOfWeek.Sunday;
}
