using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>The actor of a request, as the authentication handlers have established it.</summary>
sealed class SignedInActor(IHttpContextAccessor http) : ICurrentActor
{
    const string ItemKey = "verdigris.actor";

    public Actor Actor => http.HttpContext?.Items[ItemKey] as Actor ?? Actor.Public;

    public static void Set(HttpContext context, Actor actor) => context.Items[ItemKey] = actor;
}

/// <summary>Asks anew for whom cookie or token stand, as every request does.</summary>
sealed class StandingActor(AccessCache cache) : IStandingActor
{
    public async ValueTask<Actor?> Now(HttpContext http, bool used, CancellationToken ct)
    {
        if (http.User.Identity?.AuthenticationType != Schemes.Bearer) return await SessionCookie.Standing(http, http.User, used, ct);
        return http.User.IdOf(ClaimNames.Person) is { } client ? await cache.Standing(client, BearerHandler.HashIn(http.Request), ct) : null;
    }
}

/// <summary>Names of what cookie and token carry. Rights are not carried: they are read anew.</summary>
static class ClaimNames
{
    public const string Person = ClaimTypes.NameIdentifier;
    public const string Stamp = "stamp";
    /// <summary>The organisation acted for.</summary>
    public const string Organisation = "organisation";
    public const string Scope = "scope";
    /// <summary>The row of this browser's session.</summary>
    public const string Session = "session";

    public static Guid? IdOf(this ClaimsPrincipal principal, string type) => Guid.TryParse(principal.FindFirst(type)?.Value, out var id) ? id : null;
}

static class Schemes
{
    public const string Cookie = "cookie";
    public const string Bearer = "Bearer";
    /// <summary>Chooses between the two by the Authorization header.</summary>
    public const string Either = "either";
}
