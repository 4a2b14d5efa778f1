using Verdigris.Primitives;

namespace Verdigris.Passport.Disclosures;

/// <summary>Why a figure stands beside the others without a rank.</summary>
public enum NotComparable
{
    /// <summary>A certificate or a statement is no figure.</summary>
    NotAFigure,
    /// <summary>The methodology's owner or the exchange does not hold its figures comparable.</summary>
    Methodology,
    /// <summary>No other figure here is of the same version and boundary; the others are of another version.</summary>
    OtherVersion,
    /// <summary>No other figure here is of the same boundary.</summary>
    OtherBoundary,
    /// <summary>No other subject here has a figure.</summary>
    Alone,
}

/// <summary>A subject's entry in a row.</summary>
/// <param name="Rank">1 is best; equal figures share a rank; null where it is not compared.</param>
/// <param name="Why">Why it is not; null where it is.</param>
/// <param name="Among">How many figures it is ranked among.</param>
public sealed record ComparedCell(Disclosure Disclosure, int? Rank, NotComparable? Why, int Among);

/// <summary>A methodology across the subjects, whatever its version; a subject without a cell has disclosed nothing by it.</summary>
public sealed record ComparedRow(string Code, string Class, IReadOnlyDictionary<string, ComparedCell> Cells);

/// <summary>Figures of everybody's published disclosures of one version and boundary.</summary>
/// <param name="Figures">Null where fewer than <see cref="GroupStatistics.Least"/> producers stand behind them.</param>
public sealed record ComparedGroup(Guid MethodologyId, string Boundary, GroupFigures? Figures);

/// <summary>
/// Puts disclosures side by side. Figures are ranked only among those of one methodology, one version of it and one boundary; all others stand there with the reason. Pure.
/// </summary>
public static class Comparison
{
    public const int MostSubjects = 12;

    /// <param name="disclosures">Current ones the reader may see. Of several of a subject and methodology the one with the latest period counts, then the latest published.</param>
    public static IReadOnlyList<ComparedRow> Of(IEnumerable<Disclosure> disclosures)
    {
        var rows = new List<ComparedRow>();
        foreach (var row in Latest(disclosures).GroupBy(d => (d.Methodology.Code, d.Methodology.Class)).OrderBy(g => g.Key.Class, StringComparer.Ordinal).ThenBy(g => g.Key.Code, StringComparer.Ordinal))
        {
            var all = row.ToList();
            rows.Add(new(row.Key.Code, row.Key.Class, all.ToDictionary(d => d.Subject.Key, d => Cell(d, all))));
        }
        return rows;
    }

    /// <summary>One disclosure for each subject and methodology code.</summary>
    public static IEnumerable<Disclosure> Latest(IEnumerable<Disclosure> disclosures) =>
        disclosures.Where(d => d.Current).GroupBy(d => (d.Subject.Key, d.Methodology.Code))
            .Select(g => g.OrderByDescending(d => d.Content.PeriodTo ?? d.Content.ValidFrom).ThenByDescending(d => d.PublishedAt).ThenByDescending(d => d.Id).First());

    /// <summary>Whether two figures may be held against each other.</summary>
    public static bool Comparable(Disclosure a, Disclosure b) =>
        a.Methodology is { Comparable: true, ValueKind: ValueKind.Metric } && a.Methodology.Id == b.Methodology.Id && a.Content.Boundary is not null && a.Content.Boundary == b.Content.Boundary
        && a.Content.Value is not null && b.Content.Value is not null;

    static ComparedCell Cell(Disclosure d, List<Disclosure> row)
    {
        var others = row.Where(o => o.Subject.Key != d.Subject.Key).ToList();
        var peers = others.Where(o => Comparable(d, o)).ToList();
        if (peers.Count > 0)
        {
            var ahead = peers.Count(p => d.Methodology.Better == Better.Lower ? p.Content.Value < d.Content.Value : p.Content.Value > d.Content.Value);
            return new(d, ahead + 1, null, peers.Count + 1);
        }
        var why = d.Methodology.ValueKind != ValueKind.Metric ? NotComparable.NotAFigure
            : !d.Methodology.Comparable ? NotComparable.Methodology
            : others.Count == 0 ? NotComparable.Alone
            : others.Any(o => o.Methodology.Id == d.Methodology.Id) ? NotComparable.OtherBoundary : NotComparable.OtherVersion;
        return new(d, null, why, 1);
    }
}

/// <summary>Least, middle and greatest of a group.</summary>
/// <param name="Producers">Companies behind the figures.</param>
public sealed record GroupFigures(int Producers, int Figures, decimal Least, decimal Median, decimal Greatest);

/// <summary>Statistics of figures of one methodology, version and boundary, hidden where they could give single companies away. Pure.</summary>
public static class GroupStatistics
{
    /// <summary>Producers a group must have before anything is said of it.</summary>
    public const int Least = 5;

    /// <param name="figures">Each with the company it comes from.</param>
    /// <returns>Null below <see cref="Least"/> companies. The median of an even number is the mean of the middle two, rounded half to even at the sixth decimal.</returns>
    public static GroupFigures? Of(IReadOnlyCollection<(Guid Producer, decimal Value)> figures)
    {
        var producers = figures.Select(f => f.Producer).Distinct().Count();
        if (producers < Least) return null;
        var sorted = figures.Select(f => f.Value).Order().ToList();
        var middle = sorted.Count / 2;
        var median = sorted.Count % 2 == 1 ? sorted[middle] : decimal.Round((sorted[middle - 1] + sorted[middle]) / 2, 6, MidpointRounding.ToEven);
        return new(producers, sorted.Count, sorted[0], median, sorted[^1]);
    }
}
