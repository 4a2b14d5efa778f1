using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace Verdigris.Passport.Certificates.Anomalies;

/// <summary>What the rules find in certificates: questions worth asking, none of them a proof.</summary>
public static class AnomalyRules
{
    public const string ChemistryRepeated = "chemistry-repeated", SealRepeated = "seal-repeated", OutputAboveCapacity = "output-above-capacity", DatesFarApart = "dates-far-apart", FiguresAllRound = "figures-all-round", HeatsOnPaper = "heats-on-paper", CustomsCode = "customs-code";

    public static IReadOnlyList<string> All { get; } = [ChemistryRepeated, SealRepeated, OutputAboveCapacity, DatesFarApart, FiguresAllRound, HeatsOnPaper, CustomsCode];

    /// <summary>Rules with a row in the pack; a seal used twice, heats on two certificates, or a customs code of other goods need no threshold.</summary>
    public static IReadOnlyList<string> WithThreshold { get; } = [ChemistryRepeated, OutputAboveCapacity, DatesFarApart, FiguresAllRound];

    /// <summary>
    /// The analysis as one number: equal for equal measured contents, whatever unit they were printed in. Null where they hold too few digits together for equality to mean anything.
    /// </summary>
    /// <remarks>Not counted: results below a limit of detection, and the main element, which is mostly the difference to 100 %.</remarks>
    /// <param name="leastDigits">Significant digits of all counted results together.</param>
    public static long? Chemistry(IReadOnlyList<AnalysisResult> results, decimal leastDigits)
    {
        var measured = Measured(results).OrderBy(r => r.Element, StringComparer.Ordinal).ToList();
        if (measured.Sum(r => SignificantDigits(r.PercentByMass)) < leastDigits) return null;
        var text = string.Join(';', measured.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Element}={Plain(r.PercentByMass)}")));
        return BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>True where so many results were measured and every one lies on 0.01 %: a laboratory does not print that, a person does.</summary>
    public static bool AllRound(IReadOnlyList<AnalysisResult> results, decimal leastResults)
    {
        var measured = Measured(results).ToList();
        return measured.Count >= leastResults && measured.All(r => decimal.Remainder(r.PercentByMass, 0.01m) == 0);
    }

    /// <summary>Whole days from production to issue, where they are more than <paramref name="mostDays"/>; else null.</summary>
    public static int? DaysApart(LocalDate produced, LocalDate issued, decimal mostDays) => Period.DaysBetween(produced, issued) is var days && days > mostDays ? days : null;

    /// <summary>Certified output in percent of capacity, one decimal, half to even, where it is above the limit; else null.</summary>
    public static decimal? AboveCapacity(decimal certifiedKg, decimal capacityTPerYear, decimal limitPercent)
    {
        if (capacityTPerYear <= 0 || certifiedKg * 100 <= capacityTPerYear * 1000 * limitPercent) return null;
        return decimal.Round(certifiedKg / capacityTPerYear / 10, 1, MidpointRounding.ToEven);
    }

    /// <summary>Digits from the first that is not zero to the last that is not: 0.0450 has two.</summary>
    internal static int SignificantDigits(decimal value)
    {
        var digits = Plain(value).Replace(".", "", StringComparison.Ordinal).TrimStart('0');
        return value == decimal.Truncate(value) ? digits.TrimEnd('0').Length : digits.Length;
    }

    static IEnumerable<AnalysisResult> Measured(IReadOnlyList<AnalysisResult> results) => results.Where(r => r.Qualifier == Qualifier.Equal && r.PercentByMass is > 0 and < 50);

    static string Plain(decimal value) => (value / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);
}
