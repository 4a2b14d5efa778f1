using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Web;

/// <summary>
/// What an API answers. A value goes out as JSON; refusals go out as problem details (RFC 9457) with both languages, whatever the
/// request's language, so that a machine can pass the right one on.
/// </summary>
public static class Replies
{
    public const string ProblemMime = "application/problem+json";

    /// <summary>200 with the value (204 for <see cref="Done"/>), or the problem.</summary>
    public static IResult From<T>(Answer<T> answer) =>
        !answer.Ok ? Refused(answer.Refusals) : answer.Value is Done ? Results.NoContent() : Results.Ok(answer.Value);

    /// <summary>What <paramref name="ok"/> makes of the value, or the problem.</summary>
    public static IResult From<T>(Answer<T> answer, Func<T, IResult> ok) => answer.Ok ? ok(answer.Value) : Refused(answer.Refusals);

    /// <summary>201 with the Location of what was made, or the problem.</summary>
    public static IResult Created<T>(Answer<T> answer, Func<T, string> location) =>
        From(answer, value => Results.Created(location(value), value));

    /// <summary>200 with a list, which goes out as a table where one is wanted (<see cref="ListCsv"/>), or the problem.</summary>
    public static IResult List<T>(HttpContext http, Answer<T> answer) => answer.Ok ? List(http, answer.Value) : Refused(answer.Refusals);

    public static IResult List<T>(HttpContext http, T list) => ListCsv.Takes(http, list!) ? Results.Empty : Results.Json(list, StorageJson.Options);

    /// <summary>Says that rows of a table follow, to be saved under a name. Only once nothing can be refused any more: the rows stream.</summary>
    public static void CsvFollows(HttpContext http, string fileName)
    {
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        http.Response.Headers.CacheControl = "private, no-store";
    }

    public static IResult Refused(params IReadOnlyList<Refusal> refusals) => new ProblemReply(refusals, StatusOf(refusals[0].Kind));

    /// <summary>A refusal with a status that no <see cref="RefusalKind"/> has (401, 413, 429).</summary>
    public static IResult Refused(int status, Refusal refusal) => new ProblemReply([refusal], status);

    /// <summary>Invalid 422, NotFound 404, Forbidden 403, Conflict 409, Unavailable 503.</summary>
    public static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    sealed class ProblemReply(IReadOnlyList<Refusal> refusals, int status) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => status;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            var catalogue = httpContext.RequestServices.GetRequiredService<StringCatalogue>();
            httpContext.Response.StatusCode = status;
            return httpContext.Response.WriteAsJsonAsync(Problem.Of(refusals, status, catalogue, httpContext.TraceIdentifier), Problem.Json, ProblemMime, httpContext.RequestAborted);
        }
    }
}
