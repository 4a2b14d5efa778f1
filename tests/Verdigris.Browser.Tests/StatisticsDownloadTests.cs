using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NodaTime;
using Verdigris.Registry.Demo;
using Verdigris.Registry.Statistics;

namespace Verdigris.Browser.Tests;

/// <summary>What is taken away from a page of figures is what stands on it: every chart's CSV and SVG against the table a reader sees.</summary>
[Collection(nameof(Stage))]
public sealed partial class StatisticsDownloadTests
{
    /// <param name="Value">As the page writes it: figures, bounds and all.</param>
    sealed record Shown(string Series, string Period, string Value);

    [Fact]
    public Task Every_chart_is_downloaded_as_its_table_has_it() => Stage.Alone(Instant.FromUtc(2026, 11, 20, 9, 0), Compare);

    static async Task Compare(Stage stage)
    {
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), RegistryPages.Cast, default);
        using var http = new HttpClient { BaseAddress = stage.Address };
        await using var reader = await Visitor.Come(stage, "en");
        var charts = (await stage.Get<OwnStatistics>().All(default)).Charts;
        Assert.Equal(4, charts.Count(c => c.Group == "own"));
        Assert.All(charts.Where(c => c.Group == "own"), c => Assert.NotEmpty(c.Figures));
        foreach (var chart in charts)
        {
            var table = await Table(reader, chart.Chart);
            var csv = Lines(await http.GetStringAsync(new Uri($"/api/v1/statistics/{chart.Chart}/figures?format=csv", UriKind.Relative)));
            Assert.True(table.Count == csv.Count && csv.Count > 0, $"{chart.Chart}: {table.Count} rows on the page, {csv.Count} in the file");
            foreach (var (row, line) in table.OrderBy(Key).Zip(csv.OrderBy(l => Key(new(l["name.en"], l["period"], ""))))) Same(chart.Chart, row, line);
            if (chart.Kind == ChartKind.Facts) continue;
            var svg = XDocument.Parse(await http.GetStringAsync(new Uri($"/api/v1/statistics/{chart.Chart}/picture?lang=en", UriKind.Relative))).Root!;
            Drawn(chart, table, svg);
            foreach (var below in await reader.Page.Locator("figcaption p").AllInnerTextsAsync())
                if (below.StartsWith("Source", StringComparison.Ordinal) || below.StartsWith("Unit", StringComparison.Ordinal)) Assert.Contains(svg.Elements(), e => e.Value == below.Trim());
        }
    }

    /// <summary>Without the spaces and the minus sign of print.</summary>
    static string Plain(string text) => text.Replace('\u00a0', ' ').Replace('\u2212', '-');

    static string Key(Shown row) => row.Series + "\n" + row.Period;

    /// <summary>The rows of the table over all its pages.</summary>
    static async Task<List<Shown>> Table(Visitor reader, string chart)
    {
        var rows = new List<Shown>();
        await reader.Open($"/statistics/{chart}");
        while (true)
        {
            foreach (var cells in await reader.Page.Locator(".stat-figures .card:has([name=from]) table.data tbody tr").EvaluateAllAsync<string[][]>("rows => rows.filter(r => r.cells[0].classList.contains('main')).map(r => [...r.cells].slice(0, 3).map(c => c.innerText.trim()))")) rows.Add(new(cells[0], cells[1], Plain(cells[2])));
            var next = reader.Page.Locator("main a[rel=next]");
            if (await next.CountAsync() == 0) return rows;
            await reader.Open(await next.First.GetAttributeAsync("href") ?? throw new InvalidOperationException("A next page without an address."));
        }
    }

    static void Same(string chart, Shown row, Dictionary<string, string> line)
    {
        var said = $"{chart} {row.Series} {row.Period}: {row.Value}";
        Assert.True((row.Series, row.Period) == (line["name.en"], line["period"]), said);
        var numbers = Numbers(row.Value);
        if (line["value"].Length == 0)
        {
            Assert.True(numbers.Count == 0 && row.Value.Contains("no figure", StringComparison.Ordinal), said);
            return;
        }
        Assert.True(Near(numbers[0], line["value"]), said + " against " + line["value"]);
        if (line["valueTo"].Length > 0) Assert.True(Near(numbers[1], line["valueTo"]), said + " against " + line["valueTo"]);
        var bound = line["bound"].ToLowerInvariant();
        Assert.True(bound.Length == 0 || row.Value.Contains(bound, StringComparison.Ordinal), said);
    }

    /// <summary>What a table shows of a figure it rounds.</summary>
    static bool Near(string shown, string full)
    {
        var places = shown.IndexOf('.') is >= 0 and var at ? shown.Length - at - 1 : 0;
        var (s, f) = (decimal.Parse(shown, NumberStyles.Number, CultureInfo.InvariantCulture), decimal.Parse(full, NumberStyles.Float, CultureInfo.InvariantCulture));
        return Math.Abs(s - f) <= 0.5m / (decimal)Math.Pow(10, places);
    }

    static List<string> Numbers(string text) => [.. Number().Matches(text).Select(m => m.Value)];

    /// <summary>Every figure the table knows is drawn once with the same words, and nothing else is.</summary>
    static void Drawn(StatChart chart, List<Shown> table, XElement svg)
    {
        var known = table.Where(r => Numbers(r.Value).Count > 0).ToList();
        XNamespace ns = "http://www.w3.org/2000/svg";
        var titles = svg.Descendants(ns + "title").Where(t => t.Parent != svg).Select(t => Plain(t.Value)).ToList();
        if (chart.Kind == ChartKind.Lines && titles.Count == 0)
        {
            // Too many points for a dot each: lines join neighbours, so a figure without one is not drawn.
            var joined = known.GroupBy(r => r.Series).Sum(g =>
            {
                var months = g.Select(r => int.Parse(r.Period.AsSpan(0, 4), CultureInfo.InvariantCulture) * 12 + (r.Period.Length == 7 ? int.Parse(r.Period.AsSpan(5), CultureInfo.InvariantCulture) : 0)).ToHashSet();
                return months.Count(m => months.Contains(m - 1) || months.Contains(m + 1));
            });
            Assert.Equal(joined, svg.Descendants(ns + "polyline").Sum(p => p.Attribute("points")!.Value.Split(' ').Length));
            return;
        }
        // A range is drawn as two boxes with one text; a bar of nothing is not drawn.
        var wanted = known.Where(r => chart.Kind != ChartKind.Bars || Numbers(r.Value)[0].Any(c => c is >= '1' and <= '9')).Select(r => $"{r.Series}, {r.Period}: {r.Value}").Order(StringComparer.Ordinal).ToList();
        var drawn = titles.Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(wanted.Count == drawn.Count && wanted.Zip(drawn).All(p => p.Second == p.First || p.Second.StartsWith(p.First + " ", StringComparison.Ordinal)),
            $"{chart.Chart}: {string.Join(" | ", wanted.Zip(drawn).FirstOrDefault(p => p.Second != p.First && !p.Second.StartsWith(p.First + " ", StringComparison.Ordinal)))}, {wanted.Count} and {drawn.Count}");
    }

    /// <summary>Lines of a CSV file by the names of its columns.</summary>
    static List<Dictionary<string, string>> Lines(string text)
    {
        var rows = new List<List<string>>();
        var (row, cell, quoted) = (new List<string>(), new System.Text.StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"') { cell.Append('"'); i++; }
            else if (c == '"') quoted = !quoted;
            else if (!quoted && c is ',' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c == '\n') { rows.Add(row); row = []; }
            }
            else if (quoted || c is not ('\r' or '\ufeff')) cell.Append(c);
        }
        return [.. rows.Skip(1).Select(r => rows[0].Zip(r).ToDictionary(p => p.First, p => p.Second))];
    }

    [GeneratedRegex(@"-?[0-9][0-9,]*(\.[0-9]+)?")]
    private static partial Regex Number();
}
