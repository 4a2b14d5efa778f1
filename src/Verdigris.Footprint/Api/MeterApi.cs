using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using NodaTime.Text;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

sealed record TagsBody(IReadOnlyList<NewMeterTag>? Tags);

/// <summary>One line of a batch, for the description of the API.</summary>
/// <param name="At">RFC 3339 with an offset, at most three places of the second; or milliseconds since 1970 as a number.</param>
/// <param name="Quality">good, uncertain or bad; good where it is left out.</param>
sealed record ReadingLine(string Tag, Instant At, decimal Value, string? Quality);

/// <summary>Meters of a facility: tags, readings, what they add up to, and gaps.</summary>
static class MeterApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/footprint/facilities/{id:guid}").WithTags("Footprint");
        g.MapGet("/tags", (HttpContext http, DbSession s, MeterHandlers h, Guid id, string? q, string? stream, string? sort, string? cursor, int? limit, CancellationToken ct) => Listed(http, h.List(s, id, new(q, stream, sort, cursor, limit ?? 50), ct)))
            .WithName("ListMeterTags").WithSummary("Tags of a facility with their newest reading").Produces<Page<MeterTag>>();
        g.MapPost("/tags", (HttpContext http, DbSession s, MeterHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<TagsBody, IReadOnlyList<MeterTag>>(http, b => h.Register(s, id, b.Tags, ct), _ => $"/api/v1/footprint/facilities/{id}/tags", ct))
            .WithName("RegisterMeterTags").WithSummary("Take in up to 1,000 tags, all or none (producer's editor)").Accepts<TagsBody>("application/json").Produces<IReadOnlyList<MeterTag>>(201);
        g.MapGet("/tags/{tag}", async (HttpContext http, DbSession s, MeterHandlers h, Guid id, string tag, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, tag, ct))).WithName("GetMeterTag").WithSummary("A tag with its newest reading").Produces<MeterTag>();
        g.MapPost("/tags/{tag}/retire", async (HttpContext http, DbSession s, MeterHandlers h, Guid id, string tag, CancellationToken ct) => ApiReplies.Reply(http, await h.Retire(s, id, tag, ct))).WithName("RetireMeterTag").WithSummary("End a tag (producer's editor)").Produces<MeterTag>();
        g.MapGet("/tags/{tag}/periods", Periods).WithName("ListMeterPeriods").WithSummary("Minutes, hours or days of a tag in the order of their times, with the version of each")
            .WithQuery(new("step", "minute, hour or day", "hour"), new("from", "First moment"), new("to", "First moment no longer wanted"), new("cursor", "nextCursor of the page before"), new("limit", "Rows a page, 1 to 1,500", "200")).Produces<Page<MeterPeriod>>();
        g.MapGet("/gaps", Gaps).WithName("ListMeterGaps").WithSummary("Hours of the facility's tags that were not measured whole, newest first, and what they count as")
            .WithQuery(new("tag", "Of this tag"), new("from", "First moment"), new("to", "First moment no longer wanted"), new("cursor", "nextCursor of the page before"), new("limit", "Rows a page, 1 to 200", "50")).Produces<Page<MeterGap>>();
        g.MapPost("/readings", Take).WithName("SendReadings")
            .WithSummary("Send readings, one JSON object a line, up to 200,000 lines and 8 MB (32 MB unpacked), plain or gzip. Good lines are durable when this answers; bad ones are answered by their number. The same readings again change nothing (producer's editor)")
            .WithMetadata(new RequestSizeLimitAttribute(ReadingLines.LargestSentBytes)).Accepts<ReadingLine>("application/x-ndjson").Produces<ReadingsTaken>();
        var r = api.MapGroup("/footprint/reports/{id:guid}/metered").WithTags("Footprint");
        r.MapGet("", async (HttpContext http, DbSession s, MeteredFigures h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListMeteredFigures").WithSummary("Figures of a report that came from meters, and those that late readings have changed since").Produces<IReadOnlyList<MeteredFigure>>();
        r.MapPost("", async (HttpContext http, DbSession s, MeteredFigures h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Take(s, id, ct))).WithName("TakeMeteredFigures").WithSummary("Take whole months of the meters as activity data (producer's editor)").Produces<FiguresTaken>();
    }

    static async Task<IResult> Listed<T>(HttpContext http, Task<Answer<T>> answer) => ApiReplies.Reply(http, await answer);

    static async Task<IResult> Periods(HttpContext http, DbSession s, MeterPeriods h, Guid id, string tag, CancellationToken ct)
    {
        var query = new ReadQuery(http.Request.Query);
        var word = query.Text("step") ?? "hour";
        var step = word switch { "minute" => RollupStep.Minute, "hour" => RollupStep.Hour, "day" => RollupStep.Day, _ => (RollupStep?)null };
        if (step is null) return Replies.Refused(Refusal.Of("request.word-unknown", "step", ("given", word)));
        var (from, to, limit) = (query.Time("from"), query.Time("to"), query.Whole("limit", 200));
        return query.Wrong is { } wrong ? Replies.Refused(wrong) : ApiReplies.Reply(http, await h.List(s, id, tag, new(step.Value, from, to, query.Text("cursor"), limit), ct));
    }

    static async Task<IResult> Gaps(HttpContext http, DbSession s, MeterPeriods h, Guid id, CancellationToken ct)
    {
        var query = new ReadQuery(http.Request.Query);
        var (from, to, limit) = (query.Time("from"), query.Time("to"), query.Whole("limit", 50));
        return query.Wrong is { } wrong ? Replies.Refused(wrong) : ApiReplies.Reply(http, await h.Gaps(s, id, new(query.Text("tag"), from, to, query.Text("cursor"), limit), ct));
    }

    static async Task<IResult> Take(HttpContext http, DbSession s, MeterHandlers h, Guid id, CancellationToken ct)
    {
        var packing = http.Request.Headers.ContentEncoding.ToString();
        if (packing is not ("" or "identity" or "gzip")) return Replies.Refused(StatusCodes.Status415UnsupportedMediaType, Refusal.Of("meter.encoding", null, ("given", packing.Length > 40 ? packing[..40] : packing)));
        using var body = new MemoryStream();
        try
        {
            // Counted while it is unpacked: a small request may hold a large one.
            await using var source = packing == "gzip" ? new GZipStream(http.Request.Body, CompressionMode.Decompress, leaveOpen: true) : http.Request.Body;
            var buffer = new byte[64 * 1024];
            for (int read; (read = await source.ReadAsync(buffer, ct)) > 0;)
            {
                body.Write(buffer, 0, read);
                if (body.Length > ReadingLines.LargestBytes) return Replies.Refused(StatusCodes.Status413PayloadTooLarge, Refusal.Of("meter.too-large", null, ("most", $"{ReadingLines.LargestBytes >> 20}")));
            }
        }
        catch (InvalidDataException)
        {
            return Replies.Refused(Refusal.Of("meter.not-gzip"));
        }
        return ApiReplies.Reply(http, await h.Take(s, id, body.GetBuffer().AsMemory(0, (int)body.Length), ct));
    }

    /// <summary>Parameters of an address, and the first that cannot be read.</summary>
    sealed class ReadQuery(IQueryCollection query)
    {
        public Refusal? Wrong { get; private set; }

        public string? Text(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;

        public Instant? Time(string name)
        {
            if (Text(name) is not { } text) return null;
            if (OffsetDateTimePattern.Rfc3339.Parse(text.ToUpperInvariant()) is { Success: true, Value: { Year: > 1970 and < 9000 } time }) return time.ToInstant();
            Wrong ??= Refusal.Of("request.parameter", name, ("given", text));
            return null;
        }

        public int Whole(string name, int byDefault)
        {
            if (Text(name) is not { } text) return byDefault;
            if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)) return number;
            Wrong ??= Refusal.Of("request.parameter", name, ("given", text));
            return byDefault;
        }
    }
}
