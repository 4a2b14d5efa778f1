namespace Verdigris.Registry.Statistics.Pictures;

/// <summary>One shape of a picture; places are whole units from the top left.</summary>
public abstract record ChartMark;

/// <summary>A line of the scale.</summary>
/// <param name="Zero">The line of nothing.</param>
public sealed record Rule(int X1, int Y1, int X2, int Y2, bool Zero) : ChartMark;

/// <param name="Tone">Place of the series in the legend.</param>
/// <param name="Range">The part between the lower and the upper end of a range.</param>
/// <param name="Says">What a reader who points at it is told.</param>
public sealed record Box(int X, int Y, int Width, int Height, int Tone, bool Range, string Says) : ChartMark;

/// <summary>A series over time without a gap.</summary>
public sealed record Track(int Tone, IReadOnlyList<(int X, int Y)> Points) : ChartMark
{
    /// <summary>As a polyline writes them.</summary>
    public string Path => string.Join(' ', Points.Select(p => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{p.X},{p.Y}")));
}

/// <param name="Radius">Smaller where a dot of another series lies below: both are seen.</param>
public sealed record Dot(int X, int Y, int Tone, string Says, int Radius = 4) : ChartMark;

/// <param name="Anchor">start, middle or end: which part of the word stands at the place.</param>
public sealed record Word(int X, int Y, string Anchor, string Text) : ChartMark;
