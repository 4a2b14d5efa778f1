using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <param name="What">verified-report, allocation, surrender and so on.</param>
public sealed record Deadline(string What, LocalDate On, RuleRef Rule);

/// <param name="Due">Units owed by the deadline of the year, beyond what was surrendered before.</param>
/// <param name="Owed">Units owed by then in all, over the period.</param>
public sealed record DutyYear(int Year, decimal Owed, decimal Due, RuleRef Rule);

/// <summary>The days of a compliance year, and what is owed on them where a period has more years than one.</summary>
public static class ComplianceCalendar
{
    /// <summary>Last day to surrender for the emissions of a year; null where the scheme's file has none for it, as in a year before the end of a control period.</summary>
    public static LocalDate? SurrenderOn(Scheme scheme, int year) => Of(scheme, year).FirstOrDefault(d => d.What == "surrender")?.On;

    /// <summary>Day on which units are due for the emissions of a year: the last one to surrender, or of a year before the end of a control period that of its interim part; null where there is neither.</summary>
    public static LocalDate? DueOn(Scheme scheme, int year) => SurrenderOn(scheme, year) ?? Of(scheme, year).FirstOrDefault(d => d.What == "interim-surrender")?.On;

    /// <summary>The days that follow from the emissions of a year, in order. What a scheme settles once a period stands with the period's last year. Empty where the file says nothing of the year.</summary>
    public static IReadOnlyList<Deadline> Of(Scheme scheme, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var last = scheme.Rows("periods").FirstOrDefault(p => p.Integer("firstYear") <= year && year <= p.Integer("lastYear"))?.Integer("lastYear");
        return [.. scheme.Rows("deadlines", year).Where(d => d.Text("each") switch { "year" => true, "year-but-last" => last != year, _ => last == year })
            .Select(d => new Deadline(d.Text("what"), new LocalDate(year + d.Integer("yearsAfter"), d.Integer("month"), d.Integer("day")), scheme.Ref(d))).OrderBy(d => d.On).ThenBy(d => d.What, StringComparer.Ordinal)];
    }

    /// <summary>
    /// What is owed year by year over a control period: the share of each year's emissions in the years before the last, all that is left in the last. Refuses <c>ets.no-rule</c>, and
    /// <c>ets.period-years</c> where the years do not begin a period or are not one after another.
    /// </summary>
    /// <param name="emissions">Verified emissions of the years so far, in order, each with what was surrendered by its own deadline.</param>
    public static Answer<IReadOnlyList<DutyYear>> Duties(Scheme scheme, IReadOnlyList<(int Year, decimal Tco2e, decimal Surrendered)> emissions)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(emissions);
        var period = scheme.Rows("periods").FirstOrDefault(p => emissions.Count > 0 && p.Integer("firstYear") == emissions[0].Year);
        if (period is null || emissions.Index().Any(e => e.Item.Year != emissions[0].Year + e.Index) || emissions[^1].Year > period.Integer("lastYear")) return Refusal.Of("ets.period-years", "emissions");
        var (years, owed, given) = (new List<DutyYear>(), 0m, 0m);
        var last = period.Integer("lastYear");
        foreach (var (year, tco2e, surrendered) in emissions)
        {
            var found = scheme.Rule("duties", year, $"{Math.Min(year - emissions[0].Year + 1, scheme.Rows("duties").Count == 0 ? 1 : scheme.Rows("duties").Max(d => d.Integer("yearOfPeriod")))}");
            if (!found.Ok) return found.Refusals.ToList();
            owed = year == last ? emissions.Sum(e => e.Tco2e) : owed + scheme.Rounding("obligation").Apply(tco2e * found.Value.Row.Decimal("share"));
            years.Add(new(year, owed, Math.Max(0, owed - given), found.Value.Rule));
            given += surrendered;
        }
        return years;
    }
}
