using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Who may do what, as lists to read and to take away for a review of rights. They are changed on their pages, by people.</summary>
static class PeopleApi
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var own = app.MapGroup("/api/v1").WithTags("Account").RequireAuthorization();
        own.MapGet("/me/sessions", async (HttpContext http, ICurrentActor current, SignInSessions sessions, CancellationToken ct) => Replies.List(http, await sessions.List(current.Actor, ct)))
            .WithName("ListOwnSessions").WithSummary("Browsers signed in as the caller, the one used last first").Produces<IReadOnlyList<SignInSession>>();
        own.MapGet("/notifications", async (HttpContext http, ICurrentActor current, NoticeBoard board, string? show, string? sort, string? cursor, int? limit, CancellationToken ct) =>
            show is null or "" or "unread" ? Replies.List(http, await board.List(current.Actor, show == "unread", sort, cursor, limit ?? 50, ct)) : Replies.Refused(Refusal.Of("request.word-unknown", "show", ("given", show))))
            .WithName("ListNotifications").WithSummary("What the caller was told, newest first; unread only with show=unread").Produces<Page<InboxNotice>>();
        var rights = app.MapGroup("/api/v1").WithTags("Rights").RequireAuthorization(Role.Administrator);
        rights.MapGet("/people", async (HttpContext http, ICurrentActor current, PeopleStore people, string? q, string? sort, CancellationToken ct) => Replies.List(http, Listed(await people.List(current.Actor, ct), q, sort)))
            .WithName("ListPeople").WithSummary("People of the own organisation with their roles (administrator)").Produces<IReadOnlyList<Colleague>>();
        rights.MapGet("/clients", async (HttpContext http, ICurrentActor current, ClientStore clients, string? q, string? sort, CancellationToken ct) => Replies.List(http, Listed(await clients.List(current.Actor, ct), q, sort)))
            .WithName("ListClients").WithSummary("Machine clients of the own organisation, newest first (administrator)").Produces<IReadOnlyList<MachineClient>>();
        rights.MapGet("/delegations", async (HttpContext http, ICurrentActor current, Delegations delegations, CancellationToken ct) => Replies.List(http, await delegations.List(current.Actor, ct)))
            .WithName("ListDelegations").WithSummary("Leave given to and by the own organisation, newest first (administrator)").Produces<IReadOnlyList<Delegation>>();
    }

    /// <summary>What the page shows for the same words: <paramref name="q"/> in a name, sorted by name, sign-in, state or last.</summary>
    public static IReadOnlyList<Colleague> Listed(IEnumerable<Colleague> all, string? q, string? sort) =>
        Sorting.By(Sorting.Holding(all, q, p => p.DisplayName, p => p.SignInName), sort, ("name", p => p.DisplayName), ("sign-in", p => p.SignInName), ("state", p => p.State), ("last", p => p.LastSignInAt));

    /// <summary>What the page shows for the same words: <paramref name="q"/> in a name or client_id, sorted by name, used or expires.</summary>
    public static IReadOnlyList<MachineClient> Listed(IEnumerable<MachineClient> all, string? q, string? sort) =>
        Sorting.By(Sorting.Holding(all, q, c => c.Name, c => c.ClientId), sort, ("name", c => c.Name), ("used", c => c.LastUsedAt), ("expires", c => c.ExpiresAt));
}
