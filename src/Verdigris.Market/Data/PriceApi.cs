using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Data;

/// <summary>A series as of now: the last day, the book, and where the feed goes on.</summary>
/// <param name="Bids">Price, lots and orders of a level, best first; empty where the book is empty or the market has no floor.</param>
public sealed record SeriesBoard(SeriesPrices Prices, string? Phase, IReadOnlyList<BoardLevel> Bids, IReadOnlyList<BoardLevel> Asks);

/// <summary>Prices, trades and candles for programs, and the feed of them. Open to everybody; no names anywhere.</summary>
static class PriceApi
{
    /// <summary>Series one connection may name.</summary>
    const int MostSeries = 500;
    const int MostCandles = 2_000;

    static readonly LocalDate Earliest = new(1970, 1, 1), Latest = new(9998, 12, 31);

    /// <summary>After so long without a frame a sign of life is sent; over a socket it is answered within the same time, or the place is another's.</summary>
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    /// <summary>So long a goodbye waits for who reads nothing.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/prices").WithTags("Market");
        g.MapGet("", async (HttpContext http, DbSession s, ContractSet contracts, CancellationToken ct) => Replies.List(http, await PriceStore.All(s, contracts, ct)))
            .WithName("ListPrices").WithSummary("The last trading day of every series (public)").Produces<IReadOnlyList<SeriesPrices>>();
        g.MapGet("/{series}", Board).WithName("GetPrices").WithSummary("One series: its last trading day, phase and book (public)").Produces<SeriesBoard>();
        g.MapGet("/{series}/days", async (HttpContext http, DbSession s, ContractSet contracts, string series, CancellationToken ct) => await PriceStore.Find(s, contracts, series, ct) is null ? Unknown(series) : Replies.List(http, await PriceStore.Days(s, contracts, series, 400, ct)))
            .WithName("ListPriceDays").WithSummary("Trading days of a series, the newest first (public)").Produces<IReadOnlyList<DayPrices>>();
        g.MapGet("/{series}/trades", Trades).WithName("ListTrades").WithSummary("Trades of a series, the newest first, without names (public)")
            .WithQuery([new("cursor", "From the page before", "AAAA"), new("limit", "1 to 200; 50 where it is left out", "50")]).Produces<Page<Print>>();
        g.MapGet("/{series}/candles", CandlesOf).WithName("ListCandles").WithSummary("Candles of a series, oldest first (public)")
            .WithQuery([new("minutes", "1, 5, 15, 60 or 1440 (a trading day); 15 where it is left out", "15"), new("from", "First day", "2026-11-23"), new("to", "Last day", "2026-11-23")]).Produces<IReadOnlyList<Candle>>();
        var feed = api.MapGroup("/market/feed").WithTags("Market");
        feed.MapGet("", Events).WithName("FollowPrices").WithSummary("Snapshots and increments of prices as server-sent events; a slow reader gets the last state (public)")
            .WithQuery([new("series", "Series, separated by commas; all where it is left out", "ICE.EUA:2026-12")]).Produces<string>(200, "text/event-stream");
        feed.MapGet("/socket", Socket).WithName("FollowPricesBySocket").WithSummary("The same over a WebSocket: a text message a frame (public)")
            .WithQuery([new("series", "Series, separated by commas; all where it is left out", "ICE.EUA:2026-12")]).Produces<string>(200, "application/octet-stream");
    }

    static async Task<IResult> Board(HttpContext http, DbSession s, ContractSet contracts, Trading.InstrumentList instruments, PriceFeed feed, string series, CancellationToken ct)
    {
        // A series that is open has a book before its first trade.
        var found = await PriceStore.Find(s, contracts, series, ct) ?? (await instruments.Find(series, ct) is { State: not Trading.InstrumentState.Ended } ? PriceStore.Untraded(contracts, series, s.Today()) : null);
        if (found is not { } prices) return Unknown(series);
        var state = feed.State(series);
        return ApiReplies.Reply(http, new SeriesBoard(prices, state?.Phase, state?.Bids ?? [], state?.Asks ?? []));
    }

    static async Task<IResult> Trades(HttpContext http, DbSession s, ContractSet contracts, string series, CancellationToken ct)
    {
        var q = new QueryWords(http);
        var limit = q.Whole("limit") ?? 50;
        if (q.Wrong.Count > 0) return Replies.Refused(q.Wrong);
        if (PageSize.Wrong(limit) is { } tooMany) return Replies.Refused(tooMany);
        long? before = null;
        if (q.Text("cursor") is { } cursor)
        {
            var read = Cursor.Read(cursor, "market-trades", 1);
            if (!read.Ok || !long.TryParse(read.Value[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var last)) return Replies.Refused(Refusal.Of("page.cursor-invalid", "cursor"));
            before = last;
        }
        if (await PriceStore.Find(s, contracts, series, ct) is null) return Unknown(series);
        var trades = await PriceStore.Trades(s, series, before, limit + 1, ct);
        var more = trades.Count > limit;
        if (more) trades.RemoveAt(limit);
        return ApiReplies.Reply(http, new Page<Print>(trades, more ? Cursor.After("market-trades", trades[^1].Sequence.ToString(CultureInfo.InvariantCulture)) : null));
    }

    static async Task<IResult> CandlesOf(HttpContext http, DbSession s, ContractSet contracts, string series, CancellationToken ct)
    {
        var q = new QueryWords(http);
        var (span, from, to) = (q.Whole("minutes") ?? Candles.Usual, q.Day("from"), q.Day("to"));
        if (q.Wrong.Count > 0) return Replies.Refused(q.Wrong);
        if (!Candles.Spans.Contains(span)) return Replies.Refused(Refusal.Of("request.word-unknown", "minutes", ("given", $"{span}")));
        if (await PriceStore.Find(s, contracts, series, ct) is not { } prices) return Unknown(series);
        // Nothing was traded beyond, and there the calendar ends.
        static LocalDate Within(LocalDate day) => LocalDate.Max(Earliest, LocalDate.Min(Latest, day));
        var last = Within(to ?? prices.Day.Day.PlusDays(1));
        // As many candles as there may be at most, back from the last day.
        var first = Within(from ?? last.PlusDays(-Math.Max(1, (int)((long)MostCandles * span / Candles.Day))));
        if (Period.DaysBetween(first, last) is var days && (days < 0 || (long)days * Candles.Day / span > MostCandles)) return Replies.Refused(Refusal.Of("prices.span-too-long", "from", ("most", $"{MostCandles}")));
        return Replies.List(http, await PriceStore.CandlesOf(s, series, span, first.AtStartOfDayInZone(DateTimeZone.Utc).ToInstant(), last.PlusDays(1).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant(), ct));
    }

    static IResult Unknown(string series) => Replies.Refused(Refusal.NotFound("prices.no-trades", "series", ("given", series)));

    static async Task Events(HttpContext http, PriceFeed feed, CancellationToken ct)
    {
        if (await Enter(http, feed) is not { } series) return;
        try
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.CacheControl = "no-store";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            var writer = http.Response.BodyWriter;
            await Follow(feed, series, async frames =>
            {
                if (frames.Count == 0) writer.Write(": still here\n\n"u8);
                foreach (var frame in frames)
                {
                    writer.Write("data: "u8);
                    writer.Write(frame.Span);
                    writer.Write("\n\n"u8);
                }
                await writer.FlushAsync(ct);
            }, ct);
        }
        catch (OperationCanceledException) { }
        finally { feed.Leave(); }
    }

    static async Task Socket(HttpContext http, PriceFeed feed, CancellationToken ct)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await Replies.Refused(StatusCodes.Status400BadRequest, Refusal.Of("prices.not-a-socket")).ExecuteAsync(http);
            return;
        }
        if (await Enter(http, feed) is not { } series) return;
        try
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = Quiet, KeepAliveTimeout = Quiet });
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var reading = Drain(socket, gone);
            try
            {
                await Follow(feed, series, async frames =>
                {
                    foreach (var frame in frames) await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, gone.Token);
                }, gone.Token);
            }
            finally
            {
                await gone.CancelAsync();
                await reading;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException) { }
        finally { feed.Leave(); }
    }

    /// <summary>What a follower sends is read and passed over; when it closes, the following ends.</summary>
    static async Task Drain(WebSocket socket, CancellationTokenSource gone)
    {
        var buffer = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), gone.Token)).MessageType != WebSocketMessageType.Close) { }
            using var patience = new CancellationTokenSource(Patience);
            if (socket.State == WebSocketState.CloseReceived) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException) { }
        await gone.CancelAsync();
    }

    /// <summary>Gives what there is, and waits for more; an empty list is a sign of life. While <paramref name="send"/> takes its time nothing is gathered for it.</summary>
    static async Task Follow(PriceFeed feed, IReadOnlyCollection<string> series, Func<List<ReadOnlyMemory<byte>>, ValueTask> send, CancellationToken ct)
    {
        var follower = feed.Follow(series);
        var frames = new List<ReadOnlyMemory<byte>>();
        follower.Take(frames);
        await send(frames);
        while (!ct.IsCancellationRequested)
        {
            frames.Clear();
            if (await follower.Wait(Quiet, ct) && follower.Take(frames) == 0) continue;
            await send(frames);
        }
    }

    /// <summary>The series asked for, and a place among the followers; null where it was refused.</summary>
    static async Task<string[]?> Enter(HttpContext http, PriceFeed feed)
    {
        var series = (new QueryWords(http).Text("series") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var wrong = series.Length > MostSeries ? Refusal.Of("prices.too-many-series", "series", ("most", $"{MostSeries}")) : series.Select(Series.Read).FirstOrDefault(r => !r.Ok) is { Refusals: [var refusal, ..] } ? refusal : null;
        if (wrong is not null)
        {
            await Replies.Refused(wrong).ExecuteAsync(http);
            return null;
        }
        if (feed.TryEnter()) return series;
        await Replies.Refused(Refusal.Of("prices.feed-full") with { Kind = RefusalKind.Unavailable }).ExecuteAsync(http);
        return null;
    }
}
