using NodaTime;

namespace Verdigris.Registry.Finance.Terms;

/// <summary>How the days of a term become a part of a year.</summary>
public enum DayBasis
{
    /// <summary>Days that passed over 365.</summary>
    Act365,
    /// <summary>Days that passed over 360.</summary>
    Act360,
    /// <summary>Months of thirty days; the 31st counts as the 30th (30E/360).</summary>
    Thirty360,
}

/// <summary>Days and parts of a year between two days; the first counts, the last does not. Pure.</summary>
public static class DayCount
{
    /// <exception cref="ArgumentOutOfRangeException">The end lies before the start.</exception>
    public static int Days(LocalDate start, LocalDate end, DayBasis basis)
    {
        if (end < start) throw new ArgumentOutOfRangeException(nameof(end), "A term does not end before it begins.");
        return basis == DayBasis.Thirty360 ? (end.Year - start.Year) * 360 + (end.Month - start.Month) * 30 + Math.Min(end.Day, 30) - Math.Min(start.Day, 30) : Period.DaysBetween(start, end);
    }

    public static int YearOf(DayBasis basis) => basis == DayBasis.Act365 ? 365 : 360;

    /// <summary>Part of a year; not rounded.</summary>
    public static decimal Fraction(LocalDate start, LocalDate end, DayBasis basis) => (decimal)Days(start, end, basis) / YearOf(basis);
}
