using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Checks between authentication and the routes: forged requests.</summary>
static class RequestGuards
{
    /// <summary>Header in which a script sends the antiforgery token.</summary>
    public const string AntiforgeryHeader = "X-CSRF-Token";

    /// <summary>
    /// A request that changes something and comes with the sign-in cookie must carry the antiforgery token, whatever it calls. Bearer tokens are exempt: no
    /// browser sends them by itself. Forms of pages are checked by the framework, which leaves its verdict for the page.
    /// </summary>
    public static void UseForgeryGuard(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var byCookie = context.User.Identity is { IsAuthenticated: true, AuthenticationType: Schemes.Cookie };
        if (byCookie && ActsByGet(context) && IsOfAnotherOrigin(context.Request)) return Replies.Refused(StatusCodes.Status403Forbidden, Refusal.Forbidden("request.other-origin")).ExecuteAsync(context);
        var isAsked = byCookie && !IsSafe(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<IAntiforgeryMetadata>() is not { RequiresValidation: true };
        return isAsked ? Checked(context, next) : next(context);
    });

    static async Task Checked(HttpContext context, RequestDelegate next)
    {
        if (await Carries(context)) await next(context);
        else await Replies.Refused(StatusCodes.Status400BadRequest, Refusal.Of("request.forgery-token")).ExecuteAsync(context);
    }

    static async Task<bool> Carries(HttpContext context)
    {
        try { return await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context); }
        // A form that cannot be read, with a zero character in it, carries nothing.
        catch (AntiforgeryValidationException) { return false; }
    }

    /// <summary>Whether a request changes nothing, its route's own word included.</summary>
    internal static bool OnlyReads(HttpContext context) => IsSafe(context.Request.Method) && !ActsByGet(context);

    static bool ActsByGet(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ActsByGet>() is not null;

    /// <summary>A socket carries no antiforgery token; a browser says instead whose page opens it. Programs say nothing.</summary>
    static bool IsOfAnotherOrigin(HttpRequest request) => request.Headers.Origin.ToString() is { Length: > 0 } origin && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, new Uri($"{from.Scheme}://{request.Host}").Authority, StringComparison.OrdinalIgnoreCase));

    internal static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
