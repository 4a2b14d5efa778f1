using System.Globalization;
using NodaTime;

namespace Verdigris.Web;

/// <summary>
/// Quantities, dates and times as people read them, always with their unit or zone. An unknown value (null) is shown as the word
/// "unknown", never as zero or as nothing.
/// </summary>
public sealed class Show(IStrings strings)
{
    const string Nbsp = "\u00a0";
    static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    public string Unknown => strings["web.unknown"];

    public string Number(decimal? value, int? digits = null) => value is { } v ? Numbers.Grouped(v, digits) : Unknown;

    public string Count(long value) => Numbers.Grouped(value, 0);

    /// <summary>A value with any unit: <c>8.1400 tCO2e/t</c>.</summary>
    public string Quantity(decimal? value, string unit, int? digits = null) => value is { } v ? Numbers.Grouped(v, digits) + Nbsp + unit : Unknown;

    /// <summary>Kilograms; digits as carried unless given.</summary>
    public string Kg(decimal? value, int? digits = null) => Quantity(value, "kg", digits);

    /// <summary>Metric tonnes from kilograms, three decimals (to the kilogram).</summary>
    public string Tonnes(decimal? kg) => Quantity(kg / 1000m, "t", 3);

    /// <summary>Money with its ISO 4217 code; two decimals unless given.</summary>
    public string Money(decimal? value, string currency, int digits = 2) => value is { } v ? currency + Nbsp + Numbers.Grouped(v, digits) : Unknown;

    /// <summary>A value already in percent (0.05 is 0.05 %).</summary>
    public string Percent(decimal? value, int? digits = null) => Quantity(value, "%", digits);

    /// <summary>5 Mar 2026, or 2026年3月5日.</summary>
    public string Date(LocalDate? date)
    {
        if (date is not { } d) return Unknown;
        return strings.Language == StringCatalogue.Chinese
            ? string.Create(CultureInfo.InvariantCulture, $"{d.Year}年{d.Month}月{d.Day}日")
            : string.Create(CultureInfo.InvariantCulture, $"{d.Day}{Nbsp}{Months[d.Month - 1]}{Nbsp}{d.Year}");
    }

    /// <summary>Date and time to the minute, in UTC and saying so.</summary>
    public string Time(Instant? instant)
    {
        if (instant is not { } i) return Unknown;
        var utc = i.InUtc();
        return string.Create(CultureInfo.InvariantCulture, $"{Date(utc.Date)}{(strings.Language == StringCatalogue.Chinese ? "" : ",")} {utc.Hour:00}:{utc.Minute:00}{Nbsp}UTC");
    }

    /// <summary>The machine form for <c>time datetime</c>.</summary>
    public static string Iso(LocalDate date) => date.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);

    public static string Iso(Instant instant) => instant.ToString("uuuu-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
