using System.Globalization;
using NodaTime;

namespace Verdigris.Passport.Disclosures.Pages;

/// <summary>A figure at its place.</summary>
public sealed record ChartPoint(AdoptionFigure Figure, int X, int Y);

/// <param name="Path">The points as a polyline writes them.</param>
public sealed record ChartLine(string Measure, IReadOnlyList<ChartPoint> Points, string Path);

/// <summary>Figures over time as places in a picture of <see cref="Width"/> by <see cref="Height"/>, whole units from the top left. The scale begins at zero, so that heights compare. Pure.</summary>
public sealed record AdoptionChart(IReadOnlyList<(int Value, int Y)> Levels, IReadOnlyList<(LocalDate Day, int X)> Days, IReadOnlyList<ChartLine> Lines)
{
    public const int Width = 720, Height = 320, Left = 48, Right = 690, Top = 14, Bottom = 284;

    /// <exception cref="ArgumentException">There is no figure to draw.</exception>
    public static AdoptionChart Of(IReadOnlyList<AdoptionFigure> figures)
    {
        if (figures.Count == 0) throw new ArgumentException("There is no figure to draw.", nameof(figures));
        var (first, last) = (figures.Min(f => f.Day), figures.Max(f => f.Day));
        var span = Math.Max(1, Period.DaysBetween(first, last));
        // A hundred a level, and room above the greatest.
        var levels = (figures.Max(f => f.Value) / 100) + 1;
        int X(LocalDate day) => Left + (int)((long)Period.DaysBetween(first, day) * (Right - Left - 30) / span) + 15;
        int Y(int value) => Bottom - (int)((long)value * (Bottom - Top) / (levels * 100));
        var lines = Adoption.Measures.Select(m => (Measure: m, Points: figures.Where(f => f.Measure == m).OrderBy(f => f.Day).Select(f => new ChartPoint(f, X(f.Day), Y(f.Value))).ToList())).Where(l => l.Points.Count > 0)
            .Select(l => new ChartLine(l.Measure, l.Points, string.Join(' ', l.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X},{p.Y}")))));
        return new([.. Enumerable.Range(0, levels + 1).Select(i => (i * 100, Y(i * 100)))], [.. figures.Select(f => f.Day).Distinct().Order().Select(d => (d, X(d)))], [.. lines]);
    }
}
