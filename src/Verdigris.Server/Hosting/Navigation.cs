using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>The server's own entries of the main navigation; rooms stand after the tasks, what administers stands in the account menu.</summary>
static class Navigation
{
    public static NavItem[] Items { get; } =
    [
        new("server.nav.tasks", "/tasks", 10, actor => actor is { SignedIn: true, IsMachine: false }),
        new("server.nav.people", "/people", 80, actor => actor.Is(Role.Administrator), Aside: true),
        new("server.nav.clients", "/clients", 85, actor => actor.Is(Role.Administrator), Aside: true),
        new("server.nav.delegations", "/delegations", 84, actor => actor.Is(Role.Administrator), Aside: true),
        new("server.nav.webhooks", "/webhooks", 86, actor => actor.Is(Role.Administrator), Aside: true),
        new("server.nav.applications", "/applications", 82, actor => actor.Is(Role.ExchangeStaff), Aside: true),
        new("server.nav.privacy", "/privacy", 88, actor => PrivacyDesk.MayServe(actor) is null, Aside: true),
        new("server.nav.audit", "/audit", 90, actor => actor.SignedIn, Aside: true),
    ];
}
