using Verdigris.Primitives;

namespace Verdigris.Registry.Compliance;

/// <summary>Where an operator stands. The letters are those registries publish.</summary>
public enum ComplianceStatus
{
    /// <summary>No year is owed for yet.</summary>
    NotApplicable,
    /// <summary>Every year owed for is excluded.</summary>
    Excluded,
    /// <summary>Surrendered no less than owed.</summary>
    A,
    /// <summary>Surrendered less than owed.</summary>
    B,
    /// <summary>Verified emissions of a year are missing.</summary>
    C,
}

/// <summary>
/// The years of one operator and what it surrendered, and the status that follows. The measure is cumulative: all verified emissions since the first year against all units surrendered, so that
/// what is missing in one year can be made good later and what is too much counts on. A year is owed for once it is over, or while it runs if it is the operator's last. A year without
/// emissions is unknown, never zero. How many units a tonne means, and how much of a year is owed before its period is over, the caller says. Not thread-safe.
/// </summary>
public sealed class OperatorYears
{
    /// <summary>Longest span of years kept.</summary>
    public const int MostYears = 200;

    readonly List<decimal?> emissions = [];
    readonly List<bool> excluded = [];

    readonly Func<int, decimal, int, bool, decimal> owes;

    /// <param name="firstYear">First year owed for.</param>
    /// <param name="currentYear">Year that runs; the first where left out.</param>
    /// <param name="owes">Units owed for a year and its tonnes, by the last year owed for, and whether the operator ended with it; a unit a tonne, at once, where left out.</param>
    public OperatorYears(int firstYear, int? currentYear = null, Func<int, decimal, int, bool, decimal>? owes = null)
    {
        FirstYear = firstYear;
        CurrentYear = currentYear ?? firstYear;
        this.owes = owes ?? ((_, tco2e, _, _) => tco2e);
    }

    public int FirstYear { get; }
    public int CurrentYear { get; private set; }
    public int? LastYear { get; private set; }

    /// <summary>Units surrendered less those given back.</summary>
    public decimal Surrendered { get; private set; }

    /// <summary>Units owed beside those of emissions: of penalties that are paid in units; below 0 where a penalty settles a shortfall.</summary>
    public decimal Charged { get; private set; }

    /// <summary>Last year owed for today; before <see cref="FirstYear"/> where there is none.</summary>
    public int LastOwed => LastYear is { } last && last <= CurrentYear ? last : CurrentYear - 1;

    /// <summary>Verified emissions of the years owed for that are not excluded; null where one is unknown.</summary>
    public decimal? Emitted => Sum((_, tco2e) => tco2e);

    /// <summary>Units owed by now; null where emissions of a year are unknown.</summary>
    public decimal? Owed => Sum((year, tco2e) => owes(year, tco2e, LastOwed, LastYear <= LastOwed)) + Charged;

    decimal? Sum(Func<int, decimal, decimal> of)
    {
        var sum = 0m;
        for (var year = FirstYear; year <= LastOwed; year++)
        {
            if (IsExcluded(year)) continue;
            if (EmissionsOf(year) is not { } known) return null;
            sum += of(year, known);
        }
        return sum;
    }

    public ComplianceStatus Status
    {
        get
        {
            if (LastOwed < FirstYear) return ComplianceStatus.NotApplicable;
            var all = true;
            for (var year = FirstYear; all && year <= LastOwed; year++) all = IsExcluded(year);
            if (all) return ComplianceStatus.Excluded;
            return Owed is not { } owed ? ComplianceStatus.C : owed > Surrendered ? ComplianceStatus.B : ComplianceStatus.A;
        }
    }

    /// <summary>The year turns. Refuses <c>registry.year-back</c>, and <c>registry.years-many</c> beyond <see cref="MostYears"/>.</summary>
    public Answer<ComplianceStatus> Turn(int year) => year < CurrentYear ? Refusal.Of("registry.year-back", "year", ("given", $"{year}"), ("current", $"{CurrentYear}"))
        : year - FirstYear > MostYears ? TooMany(year) : Then(() => CurrentYear = year);

    /// <summary>The operator ends with this year. Refuses <c>registry.year-before-first</c>.</summary>
    public Answer<ComplianceStatus> End(int lastYear) => lastYear < FirstYear ? BeforeFirst(lastYear) : lastYear - FirstYear > MostYears ? TooMany(lastYear) : Then(() => LastYear = lastYear);

    /// <summary>Verified emissions of a year, in t CO2e, in place of any given before.</summary>
    public Answer<ComplianceStatus> Emit(int year, decimal tco2e) => year < FirstYear ? BeforeFirst(year) : year - FirstYear > MostYears ? TooMany(year)
        : tco2e < 0 ? Refusal.Of("registry.below-zero", "tco2e") : Then(() => Keep(emissions, year, tco2e));

    /// <summary>Whether nothing is owed for the year.</summary>
    public Answer<ComplianceStatus> Exclude(int year, bool excludes = true) => year < FirstYear ? BeforeFirst(year) : year - FirstYear > MostYears ? TooMany(year) : Then(() => Keep(excluded, year, excludes));

    public Answer<ComplianceStatus> Surrender(decimal units) => units < 0 ? Refusal.Of("registry.below-zero", "units") : Then(() => Surrendered += units);

    /// <summary>Units owed beside emissions; may be below 0.</summary>
    public void Charge(decimal units) => Charged += units;

    /// <summary>Surrendered units come back. Refuses <c>registry.reverses-more</c>.</summary>
    public Answer<ComplianceStatus> Reverse(decimal units) => units < 0 ? Refusal.Of("registry.below-zero", "units")
        : units > Surrendered ? Refusal.Of("registry.reverses-more", "units", ("given", DecimalText.Write(units)), ("surrendered", DecimalText.Write(Surrendered))) : Then(() => Surrendered -= units);

    /// <summary>Units owed by now for one year; null where its emissions are unknown.</summary>
    public decimal? OwedFor(int year) => EmissionsOf(year) is { } tco2e ? owes(year, tco2e, LastOwed, LastYear <= LastOwed) : null;

    public decimal? EmissionsOf(int year) => year - FirstYear is >= 0 and var i && i < emissions.Count ? emissions[i] : null;

    public bool IsExcluded(int year) => year - FirstYear is >= 0 and var i && i < excluded.Count && excluded[i];

    ComplianceStatus Then(Action change)
    {
        change();
        return Status;
    }

    void Keep<T>(List<T?> years, int year, T value) where T : struct
    {
        while (years.Count <= year - FirstYear) years.Add(default);
        years[year - FirstYear] = value;
    }

    void Keep(List<bool> years, int year, bool value)
    {
        while (years.Count <= year - FirstYear) years.Add(false);
        years[year - FirstYear] = value;
    }

    Refusal BeforeFirst(int year) => Refusal.Of("registry.year-before-first", "year", ("given", $"{year}"), ("first", $"{FirstYear}"));

    static Refusal TooMany(int year) => Refusal.Of("registry.years-many", "year", ("given", $"{year}"), ("most", $"{MostYears}"));
}

/// <summary>Statuses as registries write them.</summary>
public static class ComplianceWords
{
    public static string Of(ComplianceStatus status) => status switch { ComplianceStatus.NotApplicable => "NOT_APPLICABLE", ComplianceStatus.Excluded => "EXCLUDED", var letter => letter.ToString() };
}
