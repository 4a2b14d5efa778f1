using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Tests.Text;

public sealed class WorkingCalendarTests
{
    static WorkingCalendar London { get; } = WorkingCalendars.Read(RulePacks.Open(Checkout.Path("data")), "london");

    static LocalDate Day(int year, int month, int day) => new(year, month, day);

    [Fact]
    public void Easter_is_four_days_long()
    {
        Assert.Equal(Day(2026, 4, 7), London.OnOrAfter(Day(2026, 4, 3)));
        Assert.Equal(Day(2026, 4, 2), London.OnOrBefore(Day(2026, 4, 6)));
        Assert.Equal(Day(2026, 4, 7), London.Add(Day(2026, 4, 2), 1));
        Assert.Equal(Day(2026, 4, 2), London.Add(Day(2026, 4, 7), -1));
        Assert.Equal(1, London.Between(Day(2026, 4, 2), Day(2026, 4, 7)));
    }

    [Fact]
    public void A_holiday_on_a_saturday_is_kept_on_monday() => Assert.False(London.IsWorkingDay(Day(2026, 12, 28)));

    [Fact]
    public void A_day_outside_the_years_known_is_not_called_a_working_day() => Assert.Throws<ArgumentOutOfRangeException>(() => London.IsWorkingDay(Day(2036, 1, 2)));

    [Fact]
    public void Every_year_covered_has_eight_bank_holidays_those_of_one_year_alone_besides_and_none_on_a_weekend()
    {
        var holidays = RulePacks.Open(Checkout.Path("data")).Pack("calendars/london").Table("holidays").Rows.Select(r => r.Date("date")).ToList();
        Assert.All(holidays.GroupBy(d => d.Year), year => Assert.Equal(year.Key switch { 2022 => 10, 2023 => 9, _ => 8 }, year.Count()));
        Assert.All(holidays, d => Assert.True(d.DayOfWeek is not (IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday), $"{d}"));
        Assert.Equal(Enumerable.Range(2019, 17), holidays.Select(d => d.Year).Distinct().Order());
    }
}
