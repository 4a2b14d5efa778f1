using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Registry.Links;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>Links to other registries; a relay of the authority carries the messages of one to the other.</summary>
static class LinkApi
{
    /// <param name="Kind">Account kind of the scheme that stands for the other registry.</param>
    sealed record NewLinkBody(string Scheme, string Kind, string Partner);

    sealed record LinkStateBody(bool Open, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/registry/links").WithTags("Registry");
        g.MapGet("", async (HttpContext http, DbSession s, LinkHandlers h, CancellationToken ct) => ApiReplies.Reply(http, (IReadOnlyList<RegistryLink>)await h.List(s, ct))).WithName("ListRegistryLinks").WithSummary("Links of the schemes one administers").Produces<IReadOnlyList<RegistryLink>>();
        g.MapPost("", (HttpContext http, DbSession s, LinkHandlers h, CancellationToken ct) => ApiReplies.Made<NewLinkBody, RegistryLink>(http, b => h.Propose(s, b.Scheme, b.Kind, b.Partner, ct), _ => "/api/v1/registry/links", ct))
            .WithName("ProposeRegistryLink").WithSummary("Propose a link to another registry (authority's officer); an approver opens it").Accepts<NewLinkBody>("application/json").Produces<RegistryLink>(201);
        g.MapPost("/{id:guid}/state", (HttpContext http, DbSession s, LinkHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<LinkStateBody, RegistryLink>(http, b => h.Set(s, id, b.Open, b.Reason, ct), ct))
            .WithName("SetRegistryLinkState").WithSummary("Suspend a link at once, or ask that it be taken up again (authority's officer); an approver who did not suspend it decides").Accepts<LinkStateBody>("application/json").Produces<RegistryLink>();
        g.MapGet("/{id:guid}/transfers", async (HttpContext http, DbSession s, LinkHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Transfers(s, id, ct))).WithName("ListLinkTransfers").WithSummary("What went over a link").Produces<IReadOnlyList<LinkTransfer>>();
        g.MapGet("/{id:guid}/reconciliations", async (HttpContext http, DbSession s, LinkHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Reconciliations(s, id, ct))).WithName("ListLinkReconciliations").WithSummary("Comparisons of both logs").Produces<IReadOnlyList<LinkReconciliation>>();
        g.MapGet("/{id:guid}/messages", async (HttpContext http, DbSession s, LinkHandlers h, Guid id, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var after = q.Long("after") ?? 0;
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.Messages(s, id, after, ct));
            }).WithName("ListLinkMessages").WithSummary("What this registry said, for the other (authority)").WithQuery(new QueryParameter("after", "Number of the last message the other has", "0")).Produces<IReadOnlyList<LinkMessage>>();
        g.MapPost("/{id:guid}/messages", (HttpContext http, DbSession s, LinkHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<LinkDelivery, LinkReceipt>(http, b => h.Receive(s, id, b, ct), ct))
            .WithName("DeliverLinkMessages").WithSummary("What the other registry said, in order; a repeat has no effect (authority's officer)").Accepts<LinkDelivery>("application/json").Produces<LinkReceipt>();
    }
}
