using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Webhooks for programs: they look at their own, and have a message sent again. Registering is for administrators, who may do it here too.</summary>
static class WebhookApi
{
    /// <param name="Url">https.</param>
    /// <param name="Kinds">See <c>GET /api/v1/webhooks/kinds</c>.</param>
    internal sealed record WebhookRegistration(string Url, IReadOnlyList<string> Kinds);

    sealed record DeliveryReply(WebhookDelivery Delivery, IReadOnlyList<WebhookAttempt> Attempts);

    public static void Map(IEndpointRouteBuilder app)
    {
        var g = app.MapGroup("/api/v1/webhooks").WithTags("Webhooks").RequireAuthorization();
        g.MapGet("", async (HttpContext http, ICurrentActor current, Webhooks w, string? q, string? sort, CancellationToken ct) => Replies.From(await w.List(current.Actor, ct), all => Replies.List(http, Listed(all, q, sort)))).WithName("ListWebhooks").WithSummary("Webhooks of the own organisation").Produces<IReadOnlyList<Webhook>>();
        g.MapGet("/kinds", (HttpContext http, Webhooks w) => Replies.List(http, w.Kinds)).WithName("ListWebhookKinds").WithSummary("Kinds of message a webhook can be for").Produces<IReadOnlyList<string>>();
        g.MapPost("", async (ICurrentActor current, Webhooks w, WebhookRegistration body, CancellationToken ct) =>
            Replies.From(await w.Register(current.Actor, body.Url ?? "", body.Kinds ?? [], ct), made => Results.Json(made, StorageJson.Options, statusCode: 201))).WithName("RegisterWebhook").WithMetadata(ShownOnce.Here).WithSummary("Register an address; the secret is answered once (administrator)").Produces<NewWebhook>(201);
        g.MapDelete("/{id:guid}", async (ICurrentActor current, Webhooks w, Guid id, CancellationToken ct) => Replies.From(await w.Remove(current.Actor, id, ct))).WithName("RemoveWebhook").WithSummary("Remove a webhook (administrator)").Produces(204);
        g.MapPost("/{id:guid}/test", async (ICurrentActor current, Webhooks w, Guid id, CancellationToken ct) => Reply(await w.Test(current.Actor, id, ct))).WithName("TestWebhook").WithSummary("Send a message that says nothing").Produces<WebhookDelivery>();
        g.MapGet("/{id:guid}/deliveries", async (HttpContext http, ICurrentActor current, Webhooks w, Guid id, string? state, string? sort, string? cursor, int? limit, CancellationToken ct) =>
            Replies.List(http, await w.Deliveries(current.Actor, id, state, sort, cursor, limit ?? 50, ct))).WithName("ListWebhookDeliveries").WithSummary("Messages to a webhook, newest first").Produces<Page<WebhookDelivery>>();
        g.MapGet("/deliveries/{id:guid}", async (ICurrentActor current, Webhooks w, Guid id, CancellationToken ct) =>
            Replies.From(await w.Delivery(current.Actor, id, ct), found => Results.Json(new DeliveryReply(found.Delivery, found.Attempts), StorageJson.Options))).WithName("GetWebhookDelivery").WithSummary("A message with its tries and what was answered").Produces<DeliveryReply>();
        g.MapPost("/deliveries/{id:guid}/replay", async (ICurrentActor current, Webhooks w, Guid id, CancellationToken ct) => Reply(await w.Replay(current.Actor, id, ct))).WithName("ReplayWebhookDelivery").WithSummary("Send a message again under the same message id").Produces<WebhookDelivery>();
    }

    /// <summary>What the page shows for the same words: <paramref name="q"/> in the address, sorted by url, kinds, since or state.</summary>
    public static IReadOnlyList<Webhook> Listed(IEnumerable<Webhook> all, string? q, string? sort) =>
        Sorting.By(Sorting.Holding(all, q, w => w.Url), sort, ("url", w => w.Url), ("kinds", w => w.Kinds.Count), ("since", w => w.CreatedAt), ("state", w => w.State));

    static IResult Reply<T>(Answer<T> answer) => Replies.From(answer, value => Results.Json(value, StorageJson.Options));
}
