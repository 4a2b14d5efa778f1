using Microsoft.AspNetCore.DataProtection;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>An address an organisation's programs listen at.</summary>
/// <param name="State">active or disabled.</param>
/// <param name="FailingSince">Since when nothing has got through; null while it works.</param>
public sealed record Webhook(Guid Id, string Url, IReadOnlyList<string> Kinds, Instant CreatedAt, string State, Instant? FailingSince);

/// <param name="Secret">Shown this once.</param>
public sealed record NewWebhook(Guid Id, string Secret);

/// <summary>A message and how far it has got.</summary>
/// <param name="MessageId">The same at every try and replay.</param>
/// <param name="State">waiting, sending, delivered or failed.</param>
/// <param name="DueAt">When it is tried next, while it waits.</param>
public sealed record WebhookDelivery(Guid Id, Guid WebhookId, Guid MessageId, string Kind, string Payload, string State, int Attempts, Instant CreatedAt, Instant DueAt);

/// <summary>One try of a message. No status: <paramref name="Fault"/> says why.</summary>
public sealed record WebhookAttempt(int Attempt, Instant At, int TookMs, int? Status, string? Response, string? Fault);

/// <summary>
/// Use cases of webhooks. Administrators register, stop and remove those of their organisation; its machine clients may look at them and have a message sent again.
/// </summary>
sealed class Webhooks(IDbSessions sessions, WebhookClient client, NoticeBoard board, IDataProtectionProvider protection, StringCatalogue texts)
{
    public const string SecretPurpose = "server.webhook.secret", Disabled = "webhook.disabled", TestKind = "webhook.test";

    /// <summary>Where a message can be on its way.</summary>
    public static IReadOnlyList<string> DeliveryStates { get; } = ["waiting", "sending", "delivered", "failed"];

    static readonly ListOrders<WebhookDelivery> Orders = new("webhook-deliveries", "-at", ListKey<WebhookDelivery>.Id("at", "id", d => d.Id), ListKey<WebhookDelivery>.Text("kind", "kind", d => d.Kind), ListKey<WebhookDelivery>.Text("state", "state", d => d.State),
        ListKey<WebhookDelivery>.Number("attempts", "attempts", d => d.Attempts));
    const int MostWebhooks = 20;

    readonly IDataProtector secrets = protection.CreateProtector(SecretPurpose);

    /// <summary>Kinds a webhook can be for.</summary>
    public IReadOnlyList<string> Kinds => [.. board.Kinds.Where(k => !k.Personal).Select(k => k.Name)];

    static Refusal? Reads(Actor actor) => actor.SignedIn && (actor.Is(Role.Administrator) || actor.IsMachine) ? null : Refusal.Forbidden("people.not-administrator");

    static Refusal? Manages(Actor actor) => actor.Is(Role.Administrator) && !actor.IsMachine ? null : Refusal.Forbidden("people.not-administrator");

    public async Task<Answer<IReadOnlyList<Webhook>>> List(Actor actor, CancellationToken ct)
    {
        if (Reads(actor) is { } no) return no;
        await using var s = sessions.Open(actor);
        return await s.Many($"{Select} where organisation_id = $1 and removed_at is null order by created_at desc, id", Read, ct, actor.OrganisationId);
    }

    public async Task<Answer<Webhook>> Find(Actor actor, Guid id, CancellationToken ct)
    {
        if (Reads(actor) is { } no) return no;
        await using var s = sessions.Open(actor);
        return await s.One($"{Select} where organisation_id = $1 and removed_at is null and id = $2", Read, ct, actor.OrganisationId, id) is { } found ? found : Refusal.NotFound("webhook.unknown", "id");
    }

    const string Select = "select id, url, kinds, created_at, state, failing_since from server.webhook";

    static Webhook Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetFieldValue<string[]>(2), r.Moment(3), r.GetString(4), r.MomentOrNull(5));

    public async Task<Answer<NewWebhook>> Register(Actor actor, string url, IReadOnlyList<string> kinds, CancellationToken ct)
    {
        if (Manages(actor) is { } no) return no;
        var wrong = new List<Refusal>();
        if (client.Check(url) is { } refused) wrong.Add(refused);
        if (kinds.Count == 0) wrong.Add(Refusal.Of("webhook.no-kind", "kinds"));
        if (kinds.FirstOrDefault(k => !Kinds.Contains(k)) is { } unknown) wrong.Add(Refusal.Of("webhook.kind-unknown", "kinds", ("given", unknown)));
        if (wrong.Count > 0) return wrong;
        var secret = WebhookClient.NewSecret();
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var id = s.NewId();
        return await s.InTransaction<NewWebhook>(async t =>
        {
            // Two at once must not both be the last that fits.
            await s.Execute("select pg_advisory_xact_lock(hashtextextended('server.webhook ' || $1, 0))", t, actor.OrganisationId.ToString());
            if (await s.One("select count(*) from server.webhook where organisation_id = $1 and removed_at is null", r => r.GetInt64(0), t, actor.OrganisationId) >= MostWebhooks)
                return Refusal.Conflict("webhook.too-many", "url", ("limit", "20"));
            await s.Execute("insert into server.webhook (id, organisation_id, url, kinds, secret_sealed, created_by, created_at, state) values ($1, $2, $3, $4, $5, $6, $7, 'active')", t,
                id, actor.OrganisationId, url, kinds.Distinct().ToArray(), secrets.Protect(secret), actor.PersonId, s.Now.ToDateTimeUtc());
            await s.Audit(new AuditEntry("webhook.registered", "webhook", id.ToString(), Details: new { url, kinds }), t);
            return new NewWebhook(id, secret);
        }, ct);
    }

    /// <summary>Ends it for good; its messages stay readable to nobody but the audit.</summary>
    public Task<Answer<Done>> Remove(Actor actor, Guid id, CancellationToken ct) => Change(actor, id, "webhook.removed", "removed_at = $3", ct);

    /// <summary>Sends again what was stopped; the count of failure begins anew.</summary>
    public Task<Answer<Done>> Enable(Actor actor, Guid id, CancellationToken ct) => Change(actor, id, "webhook.enabled", "state = case when $3 is not null then 'active' end, failing_since = null", ct);

    async Task<Answer<Done>> Change(Actor actor, Guid id, string action, string set, CancellationToken ct)
    {
        if (Manages(actor) is { } no) return no;
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        return await s.InTransaction<Done>(async t =>
        {
            if (await s.Execute($"update server.webhook set {set} where id = $1 and organisation_id = $2 and removed_at is null", t, id, actor.OrganisationId, s.Now.ToDateTimeUtc()) == 0) return Refusal.NotFound("webhook.unknown", "id");
            await s.Audit(new AuditEntry(action, "webhook", id.ToString()), t);
            return default(Done);
        }, ct);
    }

    /// <summary>Sends a message that says nothing, to try the way.</summary>
    public async Task<Answer<WebhookDelivery>> Test(Actor actor, Guid id, CancellationToken ct)
    {
        var found = await Find(actor, id, ct);
        if (!found.Ok) return Answer<WebhookDelivery>.From(found.Refusals);
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var payload = StorageJson.Write(new WebhookFanOut.Message(TestKind, InstantPattern.ExtendedIso.Format(s.Now),
            new(actor.OrganisationId, null, null, texts.Get(StringCatalogue.English, "server.webhooks.test-text"), texts.Get(StringCatalogue.Chinese, "server.webhooks.test-text"), null)));
        return await s.InTransaction<WebhookDelivery>(async t =>
        {
            var delivery = await WebhookFanOut.Enqueue(s, id, TestKind, payload, null, t);
            await s.Audit(new AuditEntry("webhook.tested", "webhook", id.ToString()), t);
            return (await One(s, delivery, t))!;
        }, ct);
    }

    /// <summary>Newest first.</summary>
    /// <param name="limit">1-200.</param>
    public async Task<Answer<Page<WebhookDelivery>>> Deliveries(Actor actor, Guid id, string? state, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (PageSize.Wrong(limit) is { } tooMany) return tooMany;
        if (state is not null && !DeliveryStates.Contains(state)) return Refusal.Of("request.word-unknown", "state", ("given", state));
        var order = Orders.Read(sort, cursor);
        if (!order.Ok) return Answer<Page<WebhookDelivery>>.From(order.Refusals);
        var found = await Find(actor, id, ct);
        if (!found.Ok) return Answer<Page<WebhookDelivery>>.From(found.Refusals);
        await using var s = sessions.Open(actor);
        var where = new Where();
        where.And("webhook_id = ", id);
        if (state is not null) where.And("state = ", state);
        where.And(order.Value.Condition(where.Next));
        var rows = await s.Many($"{SelectDelivery} {where} order by {order.Value.By} limit {limit + 1}", ReadDelivery, ct, where.Args);
        return new Page<WebhookDelivery>(rows, order.Value.Cut(rows, limit));
    }

    /// <summary>A message with its tries, oldest first.</summary>
    public async Task<Answer<(WebhookDelivery Delivery, IReadOnlyList<WebhookAttempt> Attempts)>> Delivery(Actor actor, Guid id, CancellationToken ct)
    {
        if (Reads(actor) is { } no) return no;
        await using var s = sessions.Open(actor);
        if (await One(s, id, ct) is not { } delivery || !(await Find(actor, delivery.WebhookId, ct)).Ok) return Refusal.NotFound("webhook.delivery-unknown", "id");
        var attempts = await s.Many("select attempt, at, took_ms, status, response, fault from server.webhook_attempt where delivery_id = $1 order by attempt",
            r => new WebhookAttempt(r.GetInt32(0), r.Moment(1), r.GetInt32(2), r.IsDBNull(3) ? null : r.GetInt32(3), r.IsDBNull(4) ? null : r.GetString(4), r.IsDBNull(5) ? null : r.GetString(5)), ct, id);
        return (delivery, (IReadOnlyList<WebhookAttempt>)attempts);
    }

    /// <summary>Sends a message again, under the same message id, so that the receiver knows it.</summary>
    public async Task<Answer<WebhookDelivery>> Replay(Actor actor, Guid id, CancellationToken ct)
    {
        var known = await Delivery(actor, id, ct);
        if (!known.Ok) return Answer<WebhookDelivery>.From(known.Refusals);
        var d = known.Value.Delivery;
        if (d.State is "waiting" or "sending") return Refusal.Conflict("webhook.under-way", "id");
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        return await s.InTransaction<WebhookDelivery>(async t =>
        {
            var again = await WebhookFanOut.Enqueue(s, d.WebhookId, d.Kind, d.Payload, null, t, d.MessageId);
            await s.Audit(new AuditEntry("webhook.replayed", "webhook", d.WebhookId.ToString(), Details: new { message = d.MessageId }), t);
            return (await One(s, again, t))!;
        }, ct);
    }

    const string SelectDelivery = "select id, webhook_id, message_id, kind, payload, state, attempts, created_at, due_at from server.webhook_delivery";

    static Task<WebhookDelivery?> One(DbSession s, Guid id, CancellationToken ct) => s.One($"{SelectDelivery} where id = $1", ReadDelivery, ct, id);

    static WebhookDelivery ReadDelivery(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt32(6), r.Moment(7), r.Moment(8));
}
