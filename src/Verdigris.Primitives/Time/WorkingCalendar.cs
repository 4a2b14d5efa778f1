using NodaTime;

namespace Verdigris.Primitives;

/// <summary>
/// Working days of one place: every day but the weekend and the dated holidays. It answers only for the years whose holidays it was
/// given; a day outside them is not known, and asking throws rather than calling it a working day.
/// </summary>
public sealed class WorkingCalendar
{
    readonly HashSet<IsoDayOfWeek> weekend;
    readonly HashSet<LocalDate> holidays;

    /// <param name="id">For example <c>london</c>.</param>
    /// <param name="covered">First and last day known.</param>
    /// <exception cref="ArgumentException">A holiday outside the days covered, or a week with no working day.</exception>
    public WorkingCalendar(string id, IEnumerable<IsoDayOfWeek> weekend, IEnumerable<LocalDate> holidays, DateInterval covered)
    {
        Id = id;
        this.weekend = weekend.ToHashSet();
        this.holidays = holidays.ToHashSet();
        Covered = covered;
        if (this.weekend.Count >= 7) throw new ArgumentException("A week needs a working day.", nameof(weekend));
        foreach (var day in this.holidays)
            if (!covered.Contains(day)) throw new ArgumentException($"Holiday {day:uuuu-MM-dd} lies outside the days covered.", nameof(holidays));
    }

    public string Id { get; }
    /// <summary>As people call it; empty where it was made without a file.</summary>
    public Bilingual Name { get; init; } = new("", "");
    public DateInterval Covered { get; }

    /// <exception cref="ArgumentOutOfRangeException">The day is outside <see cref="Covered"/>.</exception>
    public bool IsWorkingDay(LocalDate day) => Covered.Contains(day)
        ? !weekend.Contains(day.DayOfWeek) && !holidays.Contains(day)
        : throw new ArgumentOutOfRangeException(nameof(day), day, $"Calendar {Id} knows {Covered} only.");

    /// <summary>The day itself if it is a working day, else the next one.</summary>
    public LocalDate OnOrAfter(LocalDate day) { while (!IsWorkingDay(day)) day = day.PlusDays(1); return day; }

    /// <summary>The day itself if it is a working day, else the one before.</summary>
    public LocalDate OnOrBefore(LocalDate day) { while (!IsWorkingDay(day)) day = day.PlusDays(-1); return day; }

    /// <summary>The working day <paramref name="count"/> working days after (or, negative, before) a day; zero gives <see cref="OnOrAfter"/>.</summary>
    public LocalDate Add(LocalDate day, int count)
    {
        if (count == 0) return OnOrAfter(day);
        var step = Math.Sign(count);
        for (var left = Math.Abs(count); left > 0;)
        {
            day = day.PlusDays(step);
            if (IsWorkingDay(day)) left--;
        }
        return day;
    }

    /// <summary>Working days after <paramref name="from"/> up to and with <paramref name="to"/>.</summary>
    public int Between(LocalDate from, LocalDate to)
    {
        var days = 0;
        for (var day = from.PlusDays(1); day <= to; day = day.PlusDays(1)) if (IsWorkingDay(day)) days++;
        return days;
    }
}
