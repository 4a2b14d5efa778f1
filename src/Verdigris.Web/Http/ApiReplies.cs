using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Web;

/// <summary>How a room's API reads and answers: JSON in the house's form, conditional requests, problems by <see cref="Replies"/>.</summary>
public static class ApiReplies
{
    /// <summary>200 with the value and its ETag, or 304 where the caller has it; the decision to show it came before.</summary>
    public static IResult Reply<T>(HttpContext http, Answer<T> answer) => answer.Ok ? Reply(http, answer.Value) : Replies.Refused([.. answer.Refusals]);

    public static IResult Reply<T>(HttpContext http, T value) => ListCsv.Takes(http, value!) ? Results.Empty : Tagged(http, JsonSerializer.SerializeToUtf8Bytes(value, StorageJson.Options));

    /// <summary>201 with the Location of what was made.</summary>
    public static IResult Made<T>(Answer<T> answer, Func<T, string> location)
    {
        if (!answer.Ok) return Replies.Refused([.. answer.Refusals]);
        return new MadeReply(location(answer.Value), JsonSerializer.SerializeToUtf8Bytes(answer.Value, StorageJson.Options));
    }

    /// <summary>201 with the Location of what was made, of JSON written already.</summary>
    public static IResult Made(string location, byte[] json) => new MadeReply(location, json);

    /// <summary>Reads the body, does the work, answers 200.</summary>
    public static async Task<IResult> Reply<TBody, T>(HttpContext http, Func<TBody, Task<Answer<T>>> work, CancellationToken ct)
    {
        var body = await Body<TBody>(http.Request, ct);
        return body.Ok ? Reply(http, await work(body.Value)) : Replies.Refused([.. body.Refusals]);
    }

    /// <summary>Reads the body, does the work, answers 201.</summary>
    public static async Task<IResult> Made<TBody, T>(HttpContext http, Func<TBody, Task<Answer<T>>> work, Func<T, string> location, CancellationToken ct)
    {
        var body = await Body<TBody>(http.Request, ct);
        return body.Ok ? Made(await work(body.Value), location) : Replies.Refused([.. body.Refusals]);
    }

    /// <summary>A kept file's content. Always saved, never shown: nothing that was uploaded runs in this server's name.</summary>
    public static IResult Saved<T>(HttpContext http, Answer<(T File, Stream Content)> opened) where T : IKeptFile
    {
        if (!opened.Ok) return Replies.Refused([.. opened.Refusals]);
        var (file, content) = opened.Value;
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.Stream(content, file.MediaType, file.FileName, entityTag: new($"\"{file.Sha256}\""));
    }

    public static IResult Tagged(HttpContext http, byte[] json) => Tagged(http, TaggedJson.Of(json));

    // The tag is of what this reader sees, so a reader who sees less has another tag, and a hidden thing has none.
    public static IResult Tagged(HttpContext http, TaggedJson body)
    {
        http.Response.Headers.ETag = body.Tag;
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.Vary = "Authorization, Cookie";
        foreach (var known in http.Request.Headers.IfNoneMatch)
            if (known is not null && known.Split(',').Any(t => t.Trim() == body.Tag || t.Trim() == "*")) return Results.StatusCode(StatusCodes.Status304NotModified);
        return Results.Bytes(body.Json, "application/json");
    }

    /// <summary>The request's body, or a refusal that names the place at fault.</summary>
    public static async Task<Answer<T>> Body<T>(HttpRequest request, CancellationToken ct)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, StorageJson.Options, ct) is { } value ? value : Refusal.Of("request.empty");
        }
        catch (JsonException e)
        {
            return Refusal.Of("request.unreadable", e.Path is { Length: > 2 } path ? path[2..] : null);
        }
    }

    /// <summary>Reads the body and goes on with it, or answers why it cannot be read.</summary>
    public static async Task<IResult> With<T>(HttpContext http, Func<T, Task<IResult>> work)
    {
        var body = await Body<T>(http.Request, http.RequestAborted);
        return body.Ok ? await work(body.Value) : Replies.Refused([.. body.Refusals]);
    }

    sealed class MadeReply(string location, byte[] json) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => StatusCodes.Status201Created;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status201Created;
            httpContext.Response.Headers.Location = location;
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.ContentLength = json.Length;
            return httpContext.Response.Body.WriteAsync(json, httpContext.RequestAborted).AsTask();
        }
    }
}

/// <param name="Reason">Why, in the person's own words.</param>
public sealed record ReasonBody(string? Reason);
