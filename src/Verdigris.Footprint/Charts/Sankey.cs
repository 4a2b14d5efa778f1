using System.Globalization;
using System.Text;

namespace Verdigris.Footprint.Charts;

/// <summary>A flow of emissions: from a process through a source stream into a scope.</summary>
public sealed record EmissionFlow(string Process, string Stream, string Scope, decimal Tco2e);

/// <param name="Column">0 process, 1 source stream, 2 scope.</param>
/// <param name="Y">Top of the bar; its place in the column is at least as high as a line of words.</param>
public sealed record SankeyNode(string Name, int Column, decimal Tco2e, decimal X, decimal Y, decimal Height);

/// <param name="Path">The ribbon as a path writes it.</param>
public sealed record SankeyLink(string From, string To, string Scope, decimal Tco2e, string Path);

/// <summary>
/// Flows as places in a picture, to scale: a height of <see cref="FullHeight"/> is the whole. A negative flow (a credit) has no width and is left out; the table beside the picture has it. Pure.
/// </summary>
public sealed record Sankey(int Width, int Height, IReadOnlyList<SankeyNode> Nodes, IReadOnlyList<SankeyLink> Links)
{
    public const int FullHeight = 360, NodeWidth = 9, LineHeight = 17, Top = 4;

    /// <param name="width">Of the picture: the places of the columns follow it, letters do not shrink with it.</param>
    /// <param name="fullTco2e">What the full height stands for; the sum of the flows where null. Two pictures with one value are to one scale.</param>
    public static Sankey Of(IEnumerable<EmissionFlow> flows, int width, decimal? fullTco2e = null)
    {
        var drawn = flows.Where(f => f.Tco2e > 0).ToList();
        var full = Math.Max(fullTco2e ?? 0, drawn.Sum(f => f.Tco2e));
        if (full == 0) return new(width, LineHeight, [], []);
        // Streams stand beside their process, so that ribbons cross little.
        var processes = drawn.Select(f => f.Process).Distinct().ToList();
        drawn = [.. drawn.OrderBy(f => processes.IndexOf(f.Process))];
        var columns = new[] { Column(drawn, 0, 0m, f => f.Process), Column(drawn, 1, Math.Round(width * 0.36m), f => f.Stream), Column(drawn, 2, width - NodeWidth, f => f.Scope) };
        var links = new List<SankeyLink>();
        var filled = new Dictionary<(int, string), decimal>();
        foreach (var flow in drawn) { Link(0, flow.Process, flow.Stream, flow); Link(1, flow.Stream, flow.Scope, flow); }
        return new(width, (int)Math.Ceiling(columns.Max(c => c.Height)) + Top, [.. columns.SelectMany(c => c.Nodes)], links);

        (List<SankeyNode> Nodes, decimal Height) Column(List<EmissionFlow> of, int number, decimal x, Func<EmissionFlow, string> name)
        {
            var nodes = new List<SankeyNode>();
            var y = (decimal)Top;
            foreach (var group in of.GroupBy(name))
            {
                var tco2e = group.Sum(f => f.Tco2e);
                var height = tco2e / full * FullHeight;
                var place = Math.Max(height, LineHeight);
                nodes.Add(new(group.Key, number, tco2e, x, y + (place - height) / 2, height));
                y += place + 3;
            }
            return (nodes, y);
        }

        void Link(int column, string from, string to, EmissionFlow flow)
        {
            var height = flow.Tco2e / full * FullHeight;
            var (left, right) = (columns[column].Nodes.First(n => n.Name == from), columns[column + 1].Nodes.First(n => n.Name == to));
            // Outgoing ribbons of a node and incoming ones are stacked apart.
            var (y1, y2) = (left.Y + Taken(column * 2, from), right.Y + Taken(column * 2 + 1, to));
            var (x1, x2) = (left.X + NodeWidth, right.X);
            var middle = (x1 + x2) / 2;
            links.Add(new(from, to, flow.Scope, flow.Tco2e, string.Create(CultureInfo.InvariantCulture,
                $"M{x1:0.##} {y1:0.##}C{middle:0.##} {y1:0.##} {middle:0.##} {y2:0.##} {x2:0.##} {y2:0.##}V{y2 + height:0.##}C{middle:0.##} {y2 + height:0.##} {middle:0.##} {y1 + height:0.##} {x1:0.##} {y1 + height:0.##}Z")));

            decimal Taken(int side, string node)
            {
                var before = filled.GetValueOrDefault((side, node));
                filled[(side, node)] = before + height;
                return before;
            }
        }
    }

    /// <summary>A name that fits beside its bar; the whole stands in the title of the bar and in the table. A Chinese character takes the room of two letters.</summary>
    public static string Fit(string name, int letters)
    {
        var fitted = new StringBuilder();
        var used = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            used += rune.Value > 0x2e80 ? 2 : 1;
            if (used > letters) return fitted.ToString().TrimEnd() + "…";
            fitted.Append(rune.ToString());
        }
        return name;
    }
}
