using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// <c>Idempotency-Key</c> on API requests that change something: the first outcome is stored and a repeat gets it again, marked <c>Idempotency-Replayed: true</c>.
/// The same key with another request is refused, and so is a repeat while the first is under way. Outcomes are kept for two days; server faults (5xx) and
/// refusals to even look at the request (401, 403, 429) are not outcomes and may be repeated. Of an answer that is shown once (<see cref="ShownOnce"/>) only that it was given is kept.
/// </summary>
sealed class Idempotency(IDbSessions sessions, IClock clock)
{
    public const string Header = "Idempotency-Key";
    const string ReplayedHeader = "Idempotency-Replayed";
    const int LargestStoredBytes = 1 << 20;
    static readonly Duration Kept = Duration.FromDays(2);

    // Which start of which server owns a running request: another start's running request has an unknown end.
    readonly Guid run = Guid.NewGuid();

    // Of sealed requests: a plain digest of a price and a quantity is guessed by trying all of them.
    readonly byte[] runKey = RandomNumberGenerator.GetBytes(32);

    // In place of a media type: the answer was given, and is not kept.
    const string Once = "shown-once";
    Instant lastSweep;

    public static void Use(IApplicationBuilder app) => app.Use((context, next) =>
    {
        var method = context.Request.Method;
        var given = context.Request.Headers[Header].ToString();
        if (given.Length == 0 || !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) || !(HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method))
            || context.RequestServices.GetRequiredService<ICurrentActor>().Actor is not { SignedIn: true } actor)
            return next(context);
        if (given.Length > 200 || given.Any(c => c is < '!' or > '~')) return Replies.Refused(Refusal.Of("idempotency.key-invalid", null, ("limit", "200"))).ExecuteAsync(context);
        return context.RequestServices.GetRequiredService<Idempotency>().Handle(context, next, actor, given);
    });

    async Task Handle(HttpContext context, RequestDelegate next, Actor actor, string key)
    {
        var ct = context.RequestAborted;
        context.Request.EnableBuffering();
        var metadata = context.GetEndpoint()?.Metadata;
        var isSealed = metadata?.GetMetadata<SealedOnArrival>() is not null;
        var hash = await HashOf(context.Request, isSealed ? runKey : null, ct);
        context.Request.Body.Position = 0;
        if (!await Begin(actor.PersonId, key, hash, ct))
        {
            await Repeat(context, actor.PersonId, key, hash, isSealed, ct);
            return;
        }
        var real = context.Response.Body;
        using var kept = new MemoryStream();
        context.Response.Body = kept;
        var finished = false;
        try
        {
            await next(context);
            finished = true;
        }
        finally
        {
            context.Response.Body = real;
            var status = context.Response.StatusCode;
            if (!finished || status >= 500 || status is 401 or 403 or 429 || kept.Length > LargestStoredBytes) await Forget(actor.PersonId, key);
            else await Finish(actor.PersonId, key, context.Response, kept.ToArray(), status < 300 && metadata?.GetMetadata<ShownOnce>() is not null);
        }
        kept.Position = 0;
        await kept.CopyToAsync(real, ct);
    }

    async Task<bool> Begin(Guid actor, string key, byte[] hash, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        await using var session = sessions.Open(Actor.System);
        if (now - lastSweep > Duration.FromHours(1))
        {
            lastSweep = now;
            await session.Execute("delete from server.idempotent_request where started_at < $1", ct, (now - Kept).ToDateTimeUtc());
        }
        return await session.Execute("""
            insert into server.idempotent_request (actor, key, request_sha256, state, server_run, started_at) values ($1, $2, $3, 'running', $4, $5) on conflict (actor, key) do nothing
            """, ct, actor, key, hash, run, now.ToDateTimeUtc()) == 1;
    }

    async Task Repeat(HttpContext context, Guid actor, string key, byte[] hash, bool isSealed, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        var first = await session.One("select request_sha256, state, server_run, status, content_type, location, body from server.idempotent_request where actor = $1 and key = $2", r => new
        {
            Hash = r.GetFieldValue<byte[]>(0),
            Done = r.GetString(1) == "done",
            Run = r.GetGuid(2),
            Status = r.IsDBNull(3) ? 0 : r.GetInt32(3),
            Type = r.IsDBNull(4) ? null : r.GetString(4),
            Location = r.IsDBNull(5) ? null : r.GetString(5),
            Body = r.IsDBNull(6) ? [] : r.GetFieldValue<byte[]>(6),
        }, ct, actor, key);
        if (first is not null && isSealed && first.Run != run) await Replies.Refused(Refusal.Conflict("idempotency.outcome-unknown")).ExecuteAsync(context);
        else if (first is not null && !first.Hash.AsSpan().SequenceEqual(hash)) await Replies.Refused(Refusal.Conflict("idempotency.key-reused")).ExecuteAsync(context);
        else if (first is null || !first.Done)
        {
            context.Response.Headers.RetryAfter = "1";
            await Replies.Refused(Refusal.Conflict(first is null || first.Run == run ? "idempotency.under-way" : "idempotency.outcome-unknown")).ExecuteAsync(context);
        }
        else if (first.Type == Once) await Replies.Refused(Refusal.Conflict("idempotency.shown-once")).ExecuteAsync(context);
        else
        {
            context.Response.StatusCode = first.Status;
            context.Response.ContentType = first.Type;
            if (first.Location is not null) context.Response.Headers.Location = first.Location;
            context.Response.Headers[ReplayedHeader] = "true";
            await context.Response.Body.WriteAsync(first.Body, ct);
        }
    }

    // The outcome is kept even when the caller has gone: that is when it will be asked for again.
    async Task Finish(Guid actor, string key, HttpResponse response, byte[] body, bool once)
    {
        await using var session = sessions.Open(Actor.System);
        await session.Execute("update server.idempotent_request set state = 'done', status = $3, content_type = $4::text, location = $5::text, body = $6 where actor = $1 and key = $2", CancellationToken.None,
            actor, key, response.StatusCode, once ? Once : response.ContentType, response.Headers.Location.Count > 0 ? response.Headers.Location.ToString() : null, once ? [] : body);
    }

    async Task Forget(Guid actor, string key)
    {
        await using var session = sessions.Open(Actor.System);
        await session.Execute("delete from server.idempotent_request where actor = $1 and key = $2", CancellationToken.None, actor, key);
    }

    /// <summary>
    /// Over what makes a request the same: method, path, query, media type and body. Of a multipart body the names and contents of its parts count, since
    /// clients draw a new boundary at every try.
    /// </summary>
    static async Task<byte[]> HashOf(HttpRequest request, byte[]? secret, CancellationToken ct)
    {
        using var hash = secret is null ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        var type = (request.ContentType ?? "").Split(';')[0].Trim();
        Add(hash, request.Method, request.Path, request.QueryString.ToString(), type);
        if (!request.HasFormContentType || !type.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            await Add(hash, request.Body, ct);
            return hash.GetHashAndReset();
        }
        var form = await request.ReadFormAsync(ct);
        foreach (var (name, values) in form)
            foreach (var value in values) Add(hash, "field", name, value ?? "");
        foreach (var file in form.Files)
        {
            Add(hash, "file", file.Name, file.FileName, file.Length.ToString(CultureInfo.InvariantCulture));
            await using var content = file.OpenReadStream();
            await Add(hash, content, ct);
        }
        return hash.GetHashAndReset();
    }

    // Each text with its length, so that no two lists of texts are the same bytes.
    static void Add(IncrementalHash hash, params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts) hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text.Length}:{text}")));
    }

    static async Task Add(IncrementalHash hash, Stream content, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int read; (read = await content.ReadAsync(buffer, ct)) > 0;) hash.AppendData(buffer, 0, read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
