using NodaTime;

namespace Verdigris.Primitives.Rules;

/// <summary>Working calendars out of the rule packs <c>calendars/*</c>.</summary>
public static class WorkingCalendars
{
    /// <exception cref="RulePackException">The pack is missing or wrong.</exception>
    public static WorkingCalendar Read(RulePacks packs, string id)
    {
        ArgumentNullException.ThrowIfNull(packs);
        var pack = packs.Pack("calendars/" + id);
        var row = pack.Table("covered").Rows.Single(r => r.Text("calendar") == id);
        var weekend = row.List("weekend").Select(name => Enum.TryParse<IsoDayOfWeek>(name, out var day) && day != IsoDayOfWeek.None ? day
            : throw new RulePackException([new(row.File, row.Line, "weekend", "rule-pack.value", new($"'{name}' is not a day of the week such as Saturday", $"“{name}”不是星期，例如 Saturday"))]));
        var name = new Bilingual(Named(row, "nameEn"), Named(row, "nameZh"));
        return new(id, weekend, pack.Table("holidays").Rows.Where(r => r.Text("calendar") == id).Select(r => r.Date("date")), new DateInterval(row.Date("first"), row.Date("last"))) { Name = name };
    }

    // A pack says itself which columns it has: one without these would read, and show people a code.
    static string Named(RuleRow row, string column) => row.TextOrNull(column) is { Length: > 0 } name ? name
        : throw new RulePackException([new(row.File, row.Line, column, "rule-pack.missing", new("a calendar has a name in English (nameEn) and in Chinese (nameZh)", "日历须有英文名称（nameEn）和中文名称（nameZh）"))]);
}
