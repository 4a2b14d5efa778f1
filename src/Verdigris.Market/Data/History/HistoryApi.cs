using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Market.Data.History;

/// <param name="Days">Rows of the source; <paramref name="Traded"/>: days with a trade in the book.</param>
public sealed record HistorySummary(string Series, string Contract, string Currency, string PriceUnit, LocalDate First, LocalDate Last, int Days, int Traded, decimal Units, decimal Turnover, string Source)
{
    public static HistorySummary Of(HistorySeries h)
    {
        ArgumentNullException.ThrowIfNull(h);
        return new(h.Series, h.Contract, h.Currency, h.PriceUnit, h.Days[0].Day, h.Days[^1].Day, h.Days.Count, h.Closes.Count, h.Days.Sum(d => d.Units), h.Days.Sum(d => d.Turnover), h.Citation);
    }
}

/// <summary>Past prices for programs. Open to everybody.</summary>
static class HistoryApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/history").WithTags("Market");
        g.MapGet("", (HttpContext http, PriceHistory history) => Replies.List(http, (IReadOnlyList<HistorySummary>)[.. history.All.Select(HistorySummary.Of)])).WithName("ListPriceHistories").WithSummary("Series with imported price histories (public)").Produces<IReadOnlyList<HistorySummary>>();
        g.MapGet("/{series}", (HttpContext http, PriceHistory history, string series) => history.Find(series) is { } found ? Replies.List(http, found.Days) : Unknown(series)).WithName("GetPriceHistory").WithSummary("Days of a price history as its source prints them (public)").Produces<IReadOnlyList<HistoryDay>>();
        g.MapGet("/{series}/back-test", BackTestOf).WithName("BackTestMargin").WithSummary("Margin by expected shortfall tried on a price history: exceptions, Kupiec's test, traffic light (public)")
            .WithQuery([new("window", "Days each measure looks back, 10 to 250", "60"), new("confidence", "0.5 to below 1", "0.975"), new("lots", "Long lots of the position", "1000")]).Produces<BackTestView>();
    }

    static IResult BackTestOf(HttpContext http, PriceHistory history, ContractSet contracts, string series)
    {
        if (history.Find(series) is not { } found || contracts.Find(found.Contract) is not { } contract) return Unknown(series);
        var q = new QueryWords(http);
        var read = BackTestForm.Read(q.Text("window"), q.Text("confidence"), q.Text("lots"));
        return read.Ok ? Replies.From(MarginBackTest.Of(contract, found, read.Value.Window, read.Value.Confidence, read.Value.Lots), view => ApiReplies.Reply(http, view)) : Replies.Refused(read.Refusals);
    }

    static IResult Unknown(string series) => Replies.Refused(Refusal.NotFound("prices.no-history", "series", ("given", series)));
}

/// <summary>What a back-test is asked with, from an address or a form.</summary>
static class BackTestForm
{
    public static Answer<(int Window, decimal Confidence, long Lots)> Read(string? window, string? confidence, string? lots)
    {
        var wrong = new List<Refusal>();
        decimal Number(string? text, string field, decimal byDefault, decimal least, decimal most)
        {
            if (string.IsNullOrWhiteSpace(text)) return byDefault;
            if (!DecimalText.TryRead(text.Trim(), out var number)) wrong.Add(Refusal.Of("input.not-a-number", field, ("given", text)));
            else if (number < least || number > most) wrong.Add(Refusal.Of(number < least ? "calc.below-minimum" : "calc.above-maximum", field, ("field", field), ("given", DecimalText.Write(number)), ("limit", DecimalText.Write(number < least ? least : most))));
            return number;
        }
        var given = ((int)Number(window, "window", MarginBackTest.UsualWindow, 10, 250), Number(confidence, "confidence", MarginBackTest.UsualConfidence, 0.5m, 0.999m), (long)Number(lots, "lots", 1_000, 1, 1_000_000));
        return wrong.Count > 0 ? wrong : given;
    }
}
