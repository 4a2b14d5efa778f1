using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Reports.Import;

/// <summary>Months and numbers as files of others write them. What can be read two ways is not read. Pure.</summary>
public static partial class FileValues
{
    static readonly string[] Names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    static readonly string[] Whole = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

    /// <summary>
    /// First day of the month a text names: <c>2026-03</c>, <c>2026/3</c>, <c>202603</c>, <c>03.2026</c>, <c>2026-03-17</c>, <c>17.03.2026</c>, <c>2026年3月</c>, <c>Mar 2026</c>; a time after the day means nothing.
    /// Days with slashes (<c>03/04/2026</c>) and years of two digits are not read.
    /// </summary>
    public static LocalDate? Month(string text)
    {
        var trimmed = text.Trim();
        if (YearFirst().Match(trimmed) is { Success: true } y) return Of(y.Groups["y"].Value, y.Groups["m"].Value, y.Groups["d"].Value);
        if (YearLast().Match(trimmed) is { Success: true } l) return Of(l.Groups["y"].Value, l.Groups["m"].Value, l.Groups["d"].Value);
        if (Named().Match(trimmed) is { Success: true } n)
        {
            var name = n.Groups["n"].Value.ToLowerInvariant();
            var at = Array.FindIndex(Whole, w => w == name) is >= 0 and var whole ? whole : Array.FindIndex(Names, s => s == name);
            return at < 0 ? null : Of(n.Groups["y"].Value, (at + 1).ToString(CultureInfo.InvariantCulture), "");
        }
        return null;
    }

    /// <summary>A month as a source's name in a list writes it.</summary>
    public static string Text(LocalDate month) => LocalDatePattern.CreateWithInvariantCulture("uuuu-MM").Format(month);

    /// <summary>A number with a point, or with a comma where <paramref name="decimalComma"/>; thousands may stand apart by blanks, apostrophes, or the other mark where every group is whole.</summary>
    public static bool Number(string text, bool decimalComma, out decimal value)
    {
        var plain = Blanks().Replace(text.Trim(), "");
        if (decimalComma)
        {
            if (plain.Contains('.', StringComparison.Ordinal)) { if (!PointGroups().IsMatch(plain)) { value = 0; return false; } plain = plain.Replace(".", "", StringComparison.Ordinal); }
            plain = plain.Replace(',', '.');
        }
        else if (plain.Contains(',', StringComparison.Ordinal))
        {
            if (!CommaGroups().IsMatch(plain)) { value = 0; return false; }
            plain = plain.Replace(",", "", StringComparison.Ordinal);
        }
        return DecimalText.TryRead(plain, out value);
    }

    static LocalDate? Of(string year, string month, string day)
    {
        var (y, m) = (int.Parse(year, CultureInfo.InvariantCulture), int.Parse(month, CultureInfo.InvariantCulture));
        if (m is < 1 or > 12 || y is < 1990 or > 2100) return null;
        if (day.Length > 0 && (int.Parse(day, CultureInfo.InvariantCulture) is var d && (d < 1 || d > CalendarSystem.Iso.GetDaysInMonth(y, m)))) return null;
        return new LocalDate(y, m, 1);
    }

    [GeneratedRegex(@"^(?<y>[0-9]{4})(?:[-/.](?<m>[0-9]{1,2})(?:[-/.](?<d>[0-9]{1,2}))?|(?<m>[0-9]{2})(?<d>[0-9]{2})?|年(?<m>[0-9]{1,2})月(?:(?<d>[0-9]{1,2})日)?)(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?$")]
    private static partial Regex YearFirst();

    [GeneratedRegex(@"^(?:(?<d>[0-9]{1,2})\.)?(?<m>[0-9]{1,2})[./-](?<y>[0-9]{4})(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?$")]
    private static partial Regex YearLast();

    [GeneratedRegex(@"^(?:(?<n>[A-Za-z]{3,9})[ .,-]{1,2}(?<y>[0-9]{4})|(?<y>[0-9]{4})[ .,-]{1,2}(?<n>[A-Za-z]{3,9})\.?)$")]
    private static partial Regex Named();

    [GeneratedRegex("[ \u00a0\u202f'’]")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"^-?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?$")]
    private static partial Regex PointGroups();

    [GeneratedRegex(@"^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$")]
    private static partial Regex CommaGroups();
}
