using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Registry.Statistics;
using Verdigris.Registry.Statistics.Pictures;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>A chart in the list of all.</summary>
/// <param name="Figures">How many figures it has.</param>
public sealed record ChartEntry(string Chart, string Group, ChartKind Kind, string? Unit, Bilingual Title, int Figures, string? From, string? To);

/// <summary>Figures of carbon markets, open to everybody.</summary>
static class StatisticsApi
{
    static readonly QueryParameter[] Narrowing = [new("market", "Code of a market", "eu-ets"), new("from", "First year", "2017"), new("to", "Last year", "2021")];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/statistics").WithTags("Market statistics").AllowAnonymous();
        g.MapGet("", async (HttpContext http, OwnStatistics own) => ApiReplies.Reply(http, Entries(await own.All(http.RequestAborted)))).WithName("ListStatistics").WithSummary("Charts of carbon market figures (public)").Produces<IReadOnlyList<ChartEntry>>();
        g.MapGet("/{chart}", async (HttpContext http, OwnStatistics own, string chart) => ApiReplies.Reply(http, await Asked(http, own, chart))).WithName("GetStatistics").WithSummary("A chart: its figures, each with its source, and what the source says of them (public)").WithQuery(Narrowing).Produces<StatChart>();
        g.MapGet("/{chart}/figures", Figures).WithName("ListStatisticsFigures").WithSummary("The figures of a chart, each with its source (public)").WithQuery(Narrowing).Produces<IReadOnlyList<StatFigure>>();
        g.MapGet("/{chart}/picture", Picture).WithName("GetStatisticsPicture").WithSummary("The chart as an SVG file with title, legend and sources (public); charts of single facts have none").WithQuery(Narrowing)
            .Produces<string>(200, SvgFile.MediaType);
    }

    static IReadOnlyList<ChartEntry> Entries(MarketStatistics all) => [.. all.Charts.Select(c => new ChartEntry(c.Chart, c.Group, c.Kind, c.Unit, c.Title, c.Figures.Count, c.FirstPeriod, c.LastPeriod))];

    static async Task<IResult> Figures(HttpContext http, OwnStatistics own, string chart)
    {
        var found = await Asked(http, own, chart);
        return found.Ok ? ApiReplies.Reply(http, found.Value.Figures) : Replies.Refused([.. found.Refusals]);
    }

    static async Task<IResult> Picture(HttpContext http, OwnStatistics own, IStrings strings, Show show, string chart)
    {
        var found = await Asked(http, own, chart);
        if (!found.Ok) return Replies.Refused([.. found.Refusals]);
        if (found.Value is { Kind: ChartKind.Facts } or { Figures.Count: 0 }) return Replies.Refused(Refusal.NotFound("statistics.no-picture", "chart"));
        var words = new ChartWords(strings, show);
        var svg = SvgFile.Of(ChartPicture.Of(found.Value, 900, words), words.Name(found.Value.Title), words.Below(found.Value));
        // Saved, never shown as a page of this site.
        return Results.File(System.Text.Encoding.UTF8.GetBytes(svg), SvgFile.MediaType, chart + ".svg");
    }

    static async Task<Answer<StatChart>> Asked(HttpContext http, OwnStatistics own, string chart)
    {
        var q = new QueryWords(http);
        var filter = new StatFilter(q.Text("market"), q.Whole("from"), q.Whole("to"));
        return q.Wrong.Count > 0 ? q.Wrong : (await own.All(http.RequestAborted)).Narrowed(chart, filter);
    }
}
