using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime.Text;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Reading;
using Verdigris.Passport.Register;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <param name="Reason">Why the new version replaces the old.</param>
sealed record CorrectionBody(CertificateContent Content, string Reason);

/// <param name="Jws">Detached ES256 signature over the canonical content: <c>header..signature</c>.</param>
sealed record SignatureBody(string Jws);

static class CertificateApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/certificates").WithTags("Certificates");
        g.MapGet("", List).WithName("ListCertificates").WithSummary("Certificates the reader may see: filter, full-text search, cursor").WithQuery(ListQuery).Produces<Page<CertificateListItem>>();
        g.MapGet("/export", Export).WithName("ExportCertificates").WithSummary("The same list as CSV").WithQuery([.. ListQuery, new("emissions", "true: with the columns of emissions, filled where the reader may see them", "true")]).Produces<string>(200, "text/csv");
        g.MapPost("/check", Check).WithName("CheckCertificate").WithSummary("Every rule, nothing stored").Accepts<CertificateContent>("application/json").Produces<CertificateCheck>();
        g.MapPost("", Create).WithName("CreateCertificate").WithSummary("Store a draft").Accepts<CertificateContent>("application/json").Produces<CertificateReply>(201);
        g.MapGet("/check/{number}", async (HttpContext http, DbSession s, CheckHandlers h, string number, CancellationToken ct) => ApiReplies.Reply(http, await h.Find(s, number, ct))).WithName("CheckCertificateNumber").WithSummary("Is there a certificate of this number, and is it good? (public)").Produces<PublicCertificate>();
        g.MapGet("/check/{number}/bundles/{bundle}", async (HttpContext http, DbSession s, CheckHandlers h, string number, string bundle, string? seal, CancellationToken ct) => ApiReplies.Reply(http, await h.FindBundle(s, number, bundle, seal, ct)))
            .WithName("CheckBundle").WithSummary("Is this bundle on that certificate, and is the seal read on it the right one? (public)").Produces<PublicBundle>();
        g.MapGet("/{id:guid}", Get).WithName("GetCertificate").WithSummary("A certificate with its emissions, for who may see it").Produces<CertificateReply>();
        g.MapGet("/by-number/{number}", ByNumber).WithName("GetCertificateByNumber").WithSummary("The current version by number").Produces<CertificateReply>();
        g.MapGet("/{id:guid}/content", Content).WithName("GetCertificateContent").WithSummary("The canonical bytes that are signed").Produces<SignedCertificate>();
        g.MapGet("/{id:guid}/versions", Versions).WithName("ListCertificateVersions").WithSummary("All versions, oldest first").Produces<IReadOnlyList<CertificateReply>>();
        g.MapGet("/{id:guid}/signature", Signature).WithName("GetCertificateSignature").WithSummary("The signature, verified now").Produces<SignatureView>();
        g.MapGet("/{id:guid}/emissions", Emissions).WithName("GetCertificateEmissions").WithSummary("Emissions by the join rule, for who may see them").Produces<CertificateEmissions>();
        g.MapGet("/{id:guid}/matches", Matches).WithName("ListMatches").WithSummary("Inbound matches, newest first").Produces<List<InboundMatch>>();
        g.MapPost("/{id:guid}/correct", Correct).WithName("CorrectCertificate").WithSummary("A new version with a reason").Accepts<CorrectionBody>("application/json").Produces<CertificateReply>(201);
        g.MapPost("/{id:guid}/sign", (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => Moved(http, h.Sign(s, id, ct))).WithName("SignCertificate").WithSummary("Sign with the plant's key kept here (approver)").Produces<CertificateReply>();
        g.MapPost("/{id:guid}/signature", Attach).WithName("AttachSignature").WithSummary("Hand in a signature made with the producer's own key").Accepts<SignatureBody>("application/json").Produces<CertificateReply>();
        g.MapPost("/{id:guid}/publish", (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => Moved(http, h.Publish(s, id, ct))).WithName("PublishCertificate").WithSummary("Publish a signed certificate (approver)").Produces<CertificateReply>();
        g.MapPost("/{id:guid}/void", (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => Reasoned(http, r => h.Void(s, id, r, ct), ct)).WithName("VoidCertificate").WithSummary("Void").Accepts<ReasonBody>("application/json").Produces<CertificateReply>();
        g.MapPost("/{id:guid}/dispute", (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => Reasoned(http, r => h.Dispute(s, id, r, ct), ct)).WithName("DisputeCertificate").WithSummary("Dispute").Accepts<ReasonBody>("application/json").Produces<CertificateReply>();
        g.MapPost("/{id:guid}/resolve", (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => Reasoned(http, r => h.Resolve(s, id, r, ct), ct)).WithName("ResolveDispute").WithSummary("End a dispute (exchange)").Accepts<ReasonBody>("application/json").Produces<CertificateReply>();
        g.MapPost("/{id:guid}/release", (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => Reasoned(http, r => h.Release(s, id, r, ct), ct)).WithName("ReleaseCertificate").WithSummary("End a quarantine (exchange)").Accepts<ReasonBody>("application/json").Produces<CertificateReply>();
    }

    static readonly QueryParameter[] ListQuery =
    [
        new("q", "Words to search for: numbers, heats, brand, producer", "VALU-2026"),
        new("brand", "Brand code", "VALU"),
        new("state", "State: one of the words of CertificateState", "Published"),
        new("verdict", "Verdict of the specification: Pass, Fail or Indeterminate", "Pass"),
        new("producedFrom", "First day of production, ISO 8601", "2026-01-01"),
        new("producedTo", "Last day of production, ISO 8601", "2026-03-31"),
        new("import", "Id of the import it came with", "01990a6e-2c5b-7c14-9d3e-5a1b7f0c2e44"),
        new("sort", "Column to sort by, with - before it for descending", "-added"),
        new("cursor", "nextCursor of the page before"),
        new("limit", "Rows a page, 1 to 200", "50"),
    ];

    static async Task<IResult> List(HttpContext http, DbSession s, RegisterHandlers h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        return filter.Ok ? ApiReplies.Reply(http, await h.Certificates(s, filter.Value, ct)) : Replies.Refused([.. filter.Refusals]);
    }

    static async Task<IResult> Export(HttpContext http, DbSession s, RegisterHandlers h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        if (!filter.Ok) return Replies.Refused([.. filter.Refusals]);
        var emissions = http.Request.Query["emissions"] == "true";
        // The first page is refused before anything is sent; afterwards the rows stream.
        var first = await h.Certificates(s, filter.Value with { Limit = 1 }, ct);
        if (!first.Ok) return Replies.Refused([.. first.Refusals]);
        Replies.CsvFollows(http, "certificates.csv");
        await h.ExportCertificates(s, filter.Value, emissions, http.Response.Body, ct);
        return Results.Empty;
    }

    static async Task<IResult> Check(HttpContext http, DbSession s, CertificateHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<CertificateContent>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.Check(s, body.Value, ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Create(HttpContext http, DbSession s, CertificateHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<CertificateContent>(http.Request, ct);
        return body.Ok ? Made(await h.Create(s, body.Value, ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Correct(HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<CorrectionBody>(http.Request, ct);
        return body.Ok ? Made(await h.Correct(s, id, body.Value.Content, body.Value.Reason, ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Get(HttpContext http, DbSession s, CertificateReading reading, Guid id, CancellationToken ct)
    {
        var read = await reading.Read(s, id, ct);
        return read.Ok ? ApiReplies.Tagged(http, read.Value) : Replies.Refused([.. read.Refusals]);
    }

    static async Task<IResult> ByNumber(HttpContext http, DbSession s, CertificateReading reading, string number, CancellationToken ct) =>
        await Get(http, s, reading, await CertificateHandlers.IdOf(s, number, ct), ct);

    static async Task<IResult> Content(HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct)
    {
        var read = await h.Read(s, id, ct);
        return read.Ok ? ApiReplies.Tagged(http, CertificateJson.Bytes(read.Value.Row.Certificate)) : Replies.Refused([.. read.Refusals]);
    }

    static async Task<IResult> Versions(HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct)
    {
        var read = await h.History(s, id, ct);
        if (!read.Ok) return Replies.Refused([.. read.Refusals]);
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("["u8);
        for (var i = 0; i < read.Value.Count; i++)
        {
            if (i > 0) buffer.Write(","u8);
            buffer.Write(CertificateReading.Json(read.Value[i], null, null));
        }
        buffer.Write("]"u8);
        return ApiReplies.Tagged(http, buffer.WrittenSpan.ToArray());
    }

    static async Task<IResult> Signature(HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Signature(s, id, ct));
    static async Task<IResult> Emissions(HttpContext http, DbSession s, EmissionsHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.OfCertificate(s, id, ct));
    static async Task<IResult> Matches(HttpContext http, DbSession s, WarrantHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Matches(s, id, ct));

    static async Task<IResult> Attach(HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<SignatureBody>(http.Request, ct);
        return body.Ok ? await Moved(http, h.AttachSignature(s, id, body.Value.Jws ?? "", ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Reasoned(HttpContext http, Func<string, Task<Answer<CertificateRow>>> move, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ReasonBody>(http.Request, ct);
        return body.Ok ? await Moved(http, move(body.Value.Reason ?? "")) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Moved(HttpContext http, Task<Answer<CertificateRow>> moving)
    {
        var moved = await moving;
        return moved.Ok ? ApiReplies.Tagged(http, CertificateReading.Json(moved.Value, null, null)) : Replies.Refused([.. moved.Refusals]);
    }

    static IResult Made(Answer<CertificateRow> made) =>
        made.Ok ? ApiReplies.Made($"/api/v1/certificates/{made.Value.Certificate.Id}", CertificateReading.Json(made.Value, null, null)) : Replies.Refused([.. made.Refusals]);

    static Answer<CertificateFilter> Filter(IQueryCollection query)
    {
        var wrong = new List<Refusal>();
        var filter = new CertificateFilter(Text("q"), Text("brand"), Word<CertificateState>("state"), Word<SpecOutcome>("verdict"), Day("producedFrom"), Day("producedTo"), null, Text("sort"), Text("cursor"), Limit());
        if (Text("import") is { } import)
        {
            if (Guid.TryParse(import, out var id)) filter = filter with { ImportId = id };
            else wrong.Add(Refusal.Of("request.word-unknown", "import", ("given", import)));
        }
        return wrong.Count > 0 ? wrong : filter;

        string? Text(string name) => query[name] is [{ Length: > 0 } text] ? text : null;

        NodaTime.LocalDate? Day(string name)
        {
            var read = BrandApi.Day(Text(name), name);
            if (!read.Ok) wrong.AddRange(read.Refusals);
            return read.Ok ? read.Value.Day : null;
        }

        T? Word<T>(string name) where T : struct, Enum
        {
            if (Text(name) is not { } text) return null;
            if (Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)) return value;
            wrong.Add(Refusal.Of("request.word-unknown", name, ("given", text)));
            return null;
        }

        int Limit()
        {
            if (Text("limit") is not { } text) return 50;
            if (int.TryParse(text, out var value)) return value;
            wrong.Add(Refusal.Of("request.word-unknown", "limit", ("given", text)));
            return 50;
        }
    }
}
