using System.Globalization;
using System.Text;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.PlantMap;

/// <summary>The world's land as an SVG path, made once from <c>data/geo/land-110m.txt</c>. Immutable.</summary>
public sealed class LandOutline
{
    readonly Lazy<string> path;

    public LandOutline(RulePacks rules) => path = new(() => Path(Rings(File.ReadAllText(System.IO.Path.Combine(rules.DataFolder, "geo", "land-110m.txt")))));

    /// <summary>For the <c>d</c> of a path in map units.</summary>
    public string SvgPath => path.Value;

    /// <summary>Rings of (latitude, longitude) in degrees.</summary>
    /// <exception cref="FormatException">A line is not a ring.</exception>
    public static IReadOnlyList<IReadOnlyList<(decimal LatitudeDeg, decimal LongitudeDeg)>> Rings(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Ring)];

    /// <summary>Rings as a path of whole map units; points that fall on the one before are left out, and so are rings that lie south of the map.</summary>
    public static string Path(IEnumerable<IReadOnlyList<(decimal LatitudeDeg, decimal LongitudeDeg)>> rings)
    {
        var path = new StringBuilder();
        foreach (var ring in rings)
        {
            if (ring.All(p => p.LatitudeDeg < NaturalEarthProjection.SouthDeg)) continue;
            var points = ring.Select(p => NaturalEarthProjection.Project(p.LatitudeDeg, p.LongitudeDeg)).Select(p => (X: (int)Math.Round(p.X, MidpointRounding.ToEven), Y: (int)Math.Round(p.Y, MidpointRounding.ToEven))).ToList();
            path.Append(CultureInfo.InvariantCulture, $"M{points[0].X} {points[0].Y}l");
            for (var i = 1; i < points.Count; i++)
                if (points[i] != points[i - 1]) path.Append(CultureInfo.InvariantCulture, $"{points[i].X - points[i - 1].X} {points[i].Y - points[i - 1].Y} ");
            path.Append('z');
        }
        return path.ToString();
    }

    static IReadOnlyList<(decimal, decimal)> Ring(string line)
    {
        var (x, y) = (0, 0);
        var ring = new List<(decimal, decimal)>();
        foreach (var point in line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (point.Split(',') is not [var dx, var dy]) throw new FormatException($"'{point}' is not a point.");
            x += int.Parse(dx, CultureInfo.InvariantCulture);
            y += int.Parse(dy, CultureInfo.InvariantCulture);
            ring.Add((y / 100m, x / 100m));
        }
        return ring;
    }
}
