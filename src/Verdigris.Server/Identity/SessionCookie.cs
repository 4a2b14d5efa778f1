using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// The sign-in cookie: who, which organisation, and the stamp of the password it was given for. Every request checks it against the person's
/// present state, so that a disabled person, a changed password, a membership taken away or an ended session is noticed.
/// </summary>
static class SessionCookie
{
    public const string Name = "verdigris.session";

    public static void Configure(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = Name;
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = SignInSessions.Idle.ToTimeSpan();
        options.SlidingExpiration = true;
        options.LoginPath = "/sign-in";
        options.AccessDeniedPath = "/forbidden";
        options.ReturnUrlParameter = "return";
        options.Events.OnValidatePrincipal = Validate;
        options.Events.OnRedirectToLogin = context => Challenge(context, StatusCodes.Status401Unauthorized, "sign-in.required");
        options.Events.OnRedirectToAccessDenied = context => Challenge(context, StatusCodes.Status403Forbidden, "access.denied");
    }

    public static ClaimsPrincipal Principal(Person person, Guid organisation, Guid session) => new(new ClaimsIdentity(
    [
        new(ClaimNames.Person, person.Id.ToString()), new(ClaimTypes.Name, person.SignInName), new(ClaimNames.Stamp, person.SecurityStamp), new(ClaimNames.Organisation, organisation.ToString()), new(ClaimNames.Session, session.ToString()),
    ], Schemes.Cookie));

    static async Task Validate(CookieValidatePrincipalContext context)
    {
        if (await Standing(context.HttpContext, context.Principal, true, context.HttpContext.RequestAborted) is not { } actor)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Schemes.Cookie);
            return;
        }
        SignedInActor.Set(context.HttpContext, actor);
    }

    /// <summary>Whom the cookie's claims stand for now; null where they no longer hold.</summary>
    /// <param name="used">The session is marked as used.</param>
    public static async Task<Actor?> Standing(HttpContext http, ClaimsPrincipal? claims, bool used, CancellationToken ct)
    {
        var person = claims?.IdOf(ClaimNames.Person) is { } id ? await http.RequestServices.GetRequiredService<AccessCache>().Person(id, ct) : null;
        var (organisation, session) = (claims?.IdOf(ClaimNames.Organisation), claims?.IdOf(ClaimNames.Session));
        if (person is null || session is null || !person.Sessions.Contains(session.Value) || organisation is null || person.State != PersonState.Active || person.SecurityStamp != claims!.FindFirst(ClaimNames.Stamp)?.Value
            || await Acting(http, person, organisation.Value) is not { } actor) return null;
        if (used) await http.RequestServices.GetRequiredService<SignInSessions>().Seen(session.Value, ct);
        return actor;
    }

    /// <summary>The person in the organisation acted for: an own one, or one that gave leave; then both organisations are in the name, for the trail. Null where neither holds.</summary>
    static async Task<Actor?> Acting(HttpContext http, PersonAccess person, Guid organisation)
    {
        if (person.Memberships.TryGetValue(organisation, out var roles)) return new Actor(person.PersonId, person.Name, organisation, roles);
        if (!person.Delegated.TryGetValue(organisation, out var leave)) return null;
        var agent = (await http.RequestServices.GetRequiredService<OrganisationDirectory>().Find(leave.AgentId, http.RequestAborted))?.Name ?? leave.AgentId.ToString();
        return new Actor(person.PersonId, $"{person.Name} ({agent})", organisation, leave.Roles) { AgentOrganisationId = leave.AgentId };
    }

    /// <summary>A page sends a browser on; an API answers with a problem.</summary>
    static Task Challenge(RedirectContext<CookieAuthenticationOptions> context, int status, string code)
    {
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)) return Replies.Refused(status, Refusal.Of(code)).ExecuteAsync(context.HttpContext);
        if (status == StatusCodes.Status403Forbidden)
        {
            context.Response.StatusCode = status; // the status page shows it in place
            return Task.CompletedTask;
        }
        context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }
}
