using System.Globalization;
using Verdigris.Web;

namespace Verdigris.Market.Data;

/// <summary>A span of time in a chart of prices. Null: nothing traded, or not known; then nothing is drawn.</summary>
/// <param name="Label">Of the axis: a day or a time.</param>
/// <param name="Says">The whole of it in words.</param>
public sealed record PricePoint(string Label, decimal? High, decimal? Low, decimal? Close, decimal Volume, string Says);

/// <summary>A bar from low to high with its volume below; null where there is no price.</summary>
public sealed record PriceMark(int X, int? High, int? Low, int? Close, int VolumeHeight, string Says);

/// <summary>A chart of prices over volumes as places in a picture. The scale of prices runs from the lowest to the highest, not from zero; that of volumes from zero.</summary>
public sealed record PricePicture(int Width, IReadOnlyList<PriceMark> Marks, int BarWidth, IReadOnlyList<(int Y, string Text)> Scale, IReadOnlyList<(int X, string Text)> Labels, IReadOnlyList<string> Lines, IReadOnlyList<(int X, int Y)> Dots)
{
    public const int Height = 300, Top = 12, PriceBase = 200, VolumeTop = 214, VolumeBase = 270;
    const int Left = 64, Right = 10, LetterWidth = 7, Steps = 4;

    public static int PlotLeft => Left;

    public int PlotRight => Width - Right;

    public static PricePicture Of(IReadOnlyList<PricePoint> points, int width)
    {
        ArgumentNullException.ThrowIfNull(points);
        var prices = points.SelectMany(p => new[] { p.High, p.Low, p.Close }).OfType<decimal>().ToList();
        var (low, high) = prices.Count == 0 ? (0m, 1m) : (prices.Min(), prices.Max());
        if (low == high) (low, high) = (low - Math.Max(low / 100, 0.01m), high + Math.Max(high / 100, 0.01m));
        int Y(decimal price) => Top + (int)Math.Round((high - price) / (high - low) * (PriceBase - Top), MidpointRounding.AwayFromZero);
        var most = points.Select(p => p.Volume).DefaultIfEmpty(0).Max();
        var room = (decimal)(width - Left - Right) / Math.Max(1, points.Count);
        var marks = points.Select((p, i) => new PriceMark(Left + (int)((room * i) + (room / 2)), p.High is { } h ? Y(h) : null, p.Low is { } l ? Y(l) : null, p.Close is { } c ? Y(c) : null, most > 0 ? (int)Math.Round(p.Volume / most * (VolumeBase - VolumeTop), MidpointRounding.AwayFromZero) : 0, p.Says)).ToList();
        // So many that each line stands where it says.
        var places = high - low >= 100 ? 0 : (high - low) / Steps is < 0.1m and var step && decimal.Round(step, 2) != step ? 3 : 2;
        var scale = Enumerable.Range(0, Steps + 1).Select(i => low + ((high - low) * i / Steps)).Select(v => (Y(v), Numbers.Grouped(v, places))).ToList();
        var every = Math.Max(1, (int)Math.Ceiling((points.Select(p => p.Label.Length).DefaultIfEmpty(1).Max() + 2) * LetterWidth / room));
        var (lines, dots) = Tracks(marks);
        return new(width, marks, Math.Clamp((int)(room * 6 / 10), 1, 24), scale, [.. points.Select((p, i) => (marks[i].X, p.Label)).Where((_, i) => i % every == 0)], lines, dots);
    }

    /// <summary>The line of closing prices; a point without one breaks it, and one that stands alone is a dot.</summary>
    static (List<string> Lines, List<(int X, int Y)> Dots) Tracks(List<PriceMark> marks)
    {
        var (lines, dots, run) = (new List<string>(), new List<(int X, int Y)>(), new List<(int X, int Y)>());
        foreach (var mark in marks.Append(null))
        {
            if (mark?.Close is { } y)
            {
                run.Add((mark.X, y));
                continue;
            }
            if (run.Count > 1) lines.Add(string.Join(' ', run.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X},{p.Y}"))));
            else dots.AddRange(run);
            run = [];
        }
        return (lines, dots);
    }
}
