using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Posts that belong to no page of their own.</summary>
static class AccountRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/sign-out", async (HttpContext http, ICurrentActor current, SignInSessions signIns) =>
        {
            if (http.User.IdOf(ClaimNames.Session) is { } session && current.Actor.SignedIn) await signIns.End(current.Actor, session, http.RequestAborted);
            await http.SignOutAsync(Schemes.Cookie);
            return Results.LocalRedirect("/");
        }).ExcludeFromDescription();
        // Following a notice marks it as read; what came before stays as it was.
        app.MapGet("/notifications/{id:guid}", async (Guid id, ICurrentActor current, NoticeBoard board, CancellationToken ct) =>
            await board.Opened(current.Actor, id, ct) is { } path ? Results.LocalRedirect(path) : Results.NotFound()).RequireAuthorization().ExcludeFromDescription();
        app.MapGet("/api/v1/me", (ICurrentActor current) => new Me(current.Actor.PersonId, current.Actor.Name, current.Actor.OrganisationId, [.. current.Actor.Roles.Order(StringComparer.Ordinal)], current.Actor.IsMachine, current.Actor.AgentOrganisationId))
            .WithName("Me").WithTags("Account").WithSummary("Who the token or session acts for").RequireAuthorization();
        app.MapPost("/api/v1/me/secret", async (ICurrentActor current, SecretRotation rotation, SecretChange body, CancellationToken ct) =>
            Replies.From(await rotation.Rotate(current.Actor, current.Actor.PersonId, body.OverlapHours, null, ct)))
            .WithName("RotateOwnSecret").WithMetadata(ShownOnce.Here).WithTags("Account").WithSummary("A new secret for the machine client that asks; the old one goes on for some hours").Produces<RotatedSecret>().RequireAuthorization().DisableAntiforgery();
    }

    /// <param name="OverlapHours">Hours the old secret goes on, 0-168.</param>
    internal sealed record SecretChange(int OverlapHours);

    /// <summary>The person or machine of the request and its rights.</summary>
    /// <param name="AgentOrganisationId">The own organisation of who acts on behalf of another.</param>
    internal sealed record Me(Guid Id, string Name, Guid OrganisationId, IReadOnlyList<string> Roles, bool IsMachine, Guid? AgentOrganisationId);

    /// <summary>A path of this server, or the start page: a return address from outside is never followed.</summary>
    public static string Local(string? path) =>
        path is ['/', ..] && !(path.Length > 1 && path[1] is '/' or '\\') && !path.Any(char.IsControl) && !path.StartsWith("/sign-in", StringComparison.Ordinal) ? path : "/";
}
