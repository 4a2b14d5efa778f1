using System.ComponentModel;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>What a caller is told when something went wrong: a page for people, problem details for machines, and the trace id in both.</summary>
static partial class Faults
{
    static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/openapi", StringComparison.Ordinal);

    public static void UseFaultPages(this IApplicationBuilder app, ILogger logger)
    {
        app.UseWhen(c => !IsApi(c), pages =>
        {
            pages.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandlingPath = "/status/500", CreateScopeForErrors = true, StatusCodeSelector = e => StatusOf(e).Status, SuppressDiagnosticsCallback = IsOfCaller });
            pages.UseStatusCodePagesWithReExecute("/status/{0}", createScopeForStatusCodePages: true);
            pages.Use(AskForPage);
        });
        app.UseWhen(IsApi, api =>
        {
            api.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = context => Problem(context, logger), StatusCodeSelector = e => StatusOf(e).Status, SuppressDiagnosticsCallback = IsOfCaller });
            api.UseStatusCodePages(context => Replies.Refused(context.HttpContext.Response.StatusCode, Wordless(context.HttpContext)).ExecuteAsync(context.HttpContext));
        });
    }

    /// <summary>True on the page of a status where the request it answers was a form.</summary>
    public static bool AnswersForm(HttpContext context) => context.Items.ContainsKey(WasForm);

    static readonly object WasForm = new();

    /// <summary>
    /// The framework leaves a form that the page does not know without a word, but with a media type, which says that there was one: taken away, the status gets its page. That page
    /// is asked for, never posted to: sent on as it came, the form would fail there again.
    /// </summary>
    static async Task AskForPage(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsPost(context.Request.Method) && (context.Features.Get<IStatusCodeReExecuteFeature>() is not null || context.Features.Get<IExceptionHandlerPathFeature>() is not null))
        {
            context.Items[WasForm] = true;
            context.Request.Method = HttpMethods.Get;
            context.Request.ContentType = null;
            context.Request.ContentLength = null;
            context.Request.Body = Stream.Null;
        }
        await next(context);
        if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status400BadRequest, ContentType: { } type } && type.StartsWith("text/", StringComparison.Ordinal)) context.Response.ContentType = null;
    }

    static Task Problem(HttpContext context, ILogger logger)
    {
        var error = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        var (status, code) = StatusOf(error);
        if (status >= 500 && error is not null) Failed(logger, context.Request.Path, context.TraceIdentifier, error);
        return Replies.Refused(status, error is BadHttpRequestException bad && Unbound().Match(bad.Message) is { Success: true } unbound
            ? Refusal.Of("request.parameter", unbound.Groups["name"].Value, ("given", unbound.Groups["given"].Value))
            : Refusal.Of(code)).ExecuteAsync(context);
    }

    /// <summary>What a status without a word means. A route answers 400 so where an optional parameter of the address is not of its type; a required one throws (see <see cref="Unbound"/>).</summary>
    static Refusal Wordless(HttpContext context)
    {
        if (context.Response.StatusCode == StatusCodes.Status400BadRequest && context.GetEndpoint()?.Metadata.GetMetadata<MethodInfo>() is { } handler)
        {
            foreach (var parameter in handler.GetParameters())
                if (Nullable.GetUnderlyingType(parameter.ParameterType) is { } type && context.Request.Query[parameter.Name!].ToString() is { Length: > 0 } given && !TypeDescriptor.GetConverter(type).IsValid(given))
                    return Refusal.Of("request.parameter", parameter.Name, ("given", given));
        }
        return Refusal.Of(CodeOf(context.Response.StatusCode));
    }

    // The caller's fault is told to the caller, not to whoever keeps the log.
    static bool IsOfCaller(ExceptionHandlerSuppressDiagnosticsContext context) => StatusOf(context.Exception).Status < 500;

    /// <summary>How the framework says that a parameter of the address is not of its type.</summary>
    [GeneratedRegex("^Failed to bind parameter \"\\S+ (?<name>\\w+)\" from \"(?<given>.*)\"\\.$", RegexOptions.Singleline)]
    private static partial Regex Unbound();

    static (int Status, string Code) StatusOf(Exception? error) => error switch
    {
        BadHttpRequestException bad => (bad.StatusCode, CodeOf(bad.StatusCode)),
        VenueStoppedException => (503, "server.venue-stopped"),
        NpgsqlException { IsTransient: true } => (503, "server.database-away"),
        // No text of the database may hold the character zero; the rules of a field are asked before, but not every word of every search has one.
        PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } => (422, "request.character-zero"),
        _ => (500, "server.fault"),
    };

    static string CodeOf(int status) => status switch
    {
        401 => "sign-in.required",
        403 => "access.denied",
        404 => "request.no-such-address",
        405 => "request.method",
        413 => "request.too-large",
        415 => "request.media-type",
        429 => "request.too-many-plain",
        503 => "server.not-ready",
        >= 500 => "server.fault",
        _ => "request.malformed",
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} failed (trace {TraceId})")]
    static partial void Failed(ILogger logger, string path, string traceId, Exception error);
}
