using NodaTime;

namespace Verdigris.Primitives;

/// <summary>How far off the last good day of a thing is, and which reminder of it is in force. Pure.</summary>
public static class Expiry
{
    /// <summary>Whole days from a day to the last good one; negative once that is past.</summary>
    public static int DaysLeft(LocalDate day, LocalDate last) => Period.DaysBetween(day, last);

    /// <summary>The reminder in force on a day: the smallest of <paramref name="stages"/>, days before the end, not below the days left, and the day it fell due; stage 0 from the day after the
    /// last good one; null where the end is further off than every stage.</summary>
    public static (int Stage, LocalDate Due)? Reminder(LocalDate day, LocalDate last, IEnumerable<int> stages)
    {
        var left = DaysLeft(day, last);
        if (left < 0) return (0, last.PlusDays(1));
        return stages.Where(s => left <= s).Order().Select(s => ((int, LocalDate)?)(s, last.PlusDays(-s))).FirstOrDefault();
    }
}
