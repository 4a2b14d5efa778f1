using System.Globalization;
using System.Net;
using System.Text;

namespace Verdigris.Registry.Statistics.Pictures;

/// <summary>A picture as an SVG file that needs nothing else: title above, legend and sources below, colours inside. Same input, same bytes.</summary>
public static class SvgFile
{
    public const string MediaType = "image/svg+xml";
    const int Head = 40, LegendRow = 22, SourceRow = 18, LetterWidth = 8;

    static readonly string[] Colours = ["#9a4a21", "#17695c", "#1f5a87", "#4b5a56", "#cca490", "#8bb4ad", "#8facc3", "#b7bdbb"];
    static readonly string[] Dashes = ["none", "8 4", "2 4", "12 3 2 3", "none", "8 4", "2 4", "12 3 2 3"];

    /// <param name="below">Lines below the picture: unit, sources, the day they were read.</param>
    public static string Of(ChartPicture picture, string title, IReadOnlyList<string> below)
    {
        var legend = LegendPlaces(picture);
        var legendHeight = legend.Count == 0 ? 0 : (legend[^1].Row + 1) * LegendRow;
        var height = Head + picture.Height + legendHeight + below.Count * SourceRow + 16;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{picture.Width}\" height=\"{height}\" viewBox=\"0 0 {picture.Width} {height}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#1b2724\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Escaped(title)}</title>\n<rect width=\"{picture.Width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"24\" font-size=\"16\" font-weight=\"600\">{Escaped(title)}</text>\n<g transform=\"translate(0 {Head})\">\n");
        foreach (var mark in picture.Marks) Write(svg, mark);
        svg.Append("</g>\n");
        foreach (var (name, tone, x, row) in legend)
        {
            var y = Head + picture.Height + row * LegendRow;
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{y + 4}\" width=\"18\" height=\"10\" fill=\"{Colours[tone]}\"/><text x=\"{x + 24}\" y=\"{y + 13}\">{Escaped(name)}</text>\n");
        }
        for (var i = 0; i < below.Count; i++)
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"{Head + picture.Height + legendHeight + (i + 1) * SourceRow}\" font-size=\"11\" fill=\"#4b5a56\">{Escaped(below[i])}</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    static List<(string Name, int Tone, int X, int Row)> LegendPlaces(ChartPicture picture)
    {
        var places = new List<(string, int, int, int)>();
        int x = 10, row = 0;
        foreach (var (i, name) in picture.Legend.Index())
        {
            var room = 24 + name.Sum(c => c < 0x2E80 ? LetterWidth : LetterWidth * 2) + 16;
            if (x > 10 && x + room > picture.Width) (x, row) = (10, row + 1);
            places.Add((name, i % ChartPicture.Tones, x, row));
            x += room;
        }
        return places;
    }

    static void Write(StringBuilder svg, ChartMark mark)
    {
        switch (mark)
        {
            case Rule r:
                svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{r.X1}\" y1=\"{r.Y1}\" x2=\"{r.X2}\" y2=\"{r.Y2}\" stroke=\"{(r.Zero ? "#8a8a80" : "#dcd9d0")}\"/>\n");
                break;
            case Box b:
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{b.X}\" y=\"{b.Y}\" width=\"{b.Width}\" height=\"{b.Height}\" fill=\"{Colours[b.Tone % ChartPicture.Tones]}\"{(b.Range ? " fill-opacity=\"0.4\"" : "")} stroke=\"#ffffff\"><title>{Escaped(b.Says)}</title></rect>\n");
                break;
            case Track t:
                svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{t.Path}\" fill=\"none\" stroke=\"{Colours[t.Tone % ChartPicture.Tones]}\" stroke-width=\"2\" stroke-dasharray=\"{Dashes[t.Tone % ChartPicture.Tones]}\"/>\n");
                break;
            case Dot d:
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{d.X}\" cy=\"{d.Y}\" r=\"{d.Radius}\" fill=\"{Colours[d.Tone % ChartPicture.Tones]}\"><title>{Escaped(d.Says)}</title></circle>\n");
                break;
            case Word w:
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{w.X}\" y=\"{w.Y}\" text-anchor=\"{w.Anchor}\">{Escaped(w.Text)}</text>\n");
                break;
        }
    }

    static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
