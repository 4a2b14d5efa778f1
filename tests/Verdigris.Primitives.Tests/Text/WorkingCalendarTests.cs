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

    [Fact]
    public void Every_calendar_of_the_data_folder_has_a_name_in_both_languages_that_no_other_has()
    {
        var packs = RulePacks.Open(Checkout.Path("data"));
        var names = packs.Ids.Where(id => id.StartsWith("calendars/", StringComparison.Ordinal)).Select(id => WorkingCalendars.Read(packs, id["calendars/".Length..]).Name).ToList();
        Assert.Equal(new Bilingual("London banking calendar", "伦敦银行工作日历"), London.Name);
        Assert.True(names.Count > 10);
        Assert.All(names, n => Assert.Matches("[\u4e00-\u9fff]", n.Zh));
        Assert.Equal(names.Count, names.Select(n => n.En).Distinct().Count());
        Assert.Equal(names.Count, names.Select(n => n.Zh).Distinct().Count());
    }

    /// <summary>Left out of the row, or of the columns with it.</summary>
    [Theory]
    [InlineData("nameEn", false)]
    [InlineData("nameZh", false)]
    [InlineData("nameEn", true)]
    [InlineData("nameZh", true)]
    public void A_calendar_without_a_name_in_either_language_is_refused(string column, bool undeclared)
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-calendar-").FullName;
        try
        {
            var calendars = Directory.CreateDirectory(Path.Combine(folder, "rules", "calendars")).FullName;
            File.Copy(Checkout.Path("data/rules/calendars/london-holidays.csv"), Path.Combine(calendars, "london-holidays.csv"));
            var text = System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(Checkout.Path("data/rules/calendars/london.yaml")), $" {column}: [^,{{}}]*,", "");
            if (undeclared) text = text.Replace($"      {column}: {{ type: text }}\n", "", StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(calendars, "london.yaml"), text);
            var refused = Assert.Throws<RulePackException>(() => WorkingCalendars.Read(RulePacks.Open(folder), "london"));
            Assert.Contains(refused.Faults, f => f.Field == column && f.File.EndsWith("london.yaml", StringComparison.Ordinal) && f.Line > 0);
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
