using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>
/// Sends what waits in <c>server.webhook_delivery</c>, at least once each: a receiver knows a repeat by its id. Tries as the Standard Webhooks specification advises, from at once to a day
/// later; an address that takes nothing for <see cref="Patience"/>, or answers 410, is disabled, and its organisation's administrators are told.
/// </summary>
sealed class WebhookSender(IDbSessions sessions, WebhookClient client, IDataProtectionProvider protection, ILogger<WebhookSender> log) : SendingWorker(log)
{
    public static readonly Duration Patience = Duration.FromDays(5);
    static readonly Duration Abandoned = Duration.FromMinutes(2);

    /// <summary>Pauses after the first, second… failure; after the last there is no further try.</summary>
    internal static readonly Duration[] Pauses =
    [
        Duration.FromSeconds(5), Duration.FromMinutes(5), Duration.FromMinutes(30), Duration.FromHours(2), Duration.FromHours(5), Duration.FromHours(10), Duration.FromHours(14), Duration.FromHours(20), Duration.FromHours(24),
    ];

    readonly IDataProtector secrets = protection.CreateProtector(Webhooks.SecretPurpose);

    sealed record Due(Guid Id, Guid Webhook, Guid Message, string Payload, int Attempt, string Url, string Secret);

    public override async Task<int> SendDue(CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        await session.Execute("update server.webhook_delivery set state = 'waiting' where state = 'sending' and claimed_at < $1", ct, (session.Now - Abandoned).ToDateTimeUtc());
        var sent = 0;
        while (await Claim(session, ct) is { } due)
        {
            var answer = await client.Post(due.Url, secrets.Unprotect(due.Secret), due.Message, due.Payload, session.Now, ct);
            await session.InTransaction(t => Settle(session, due, answer, t), ct);
            if (answer.Taken) sent++;
        }
        return sent;
    }

    static Task<Due?> Claim(DbSession session, CancellationToken ct) => session.One("""
        update server.webhook_delivery d set state = 'sending', attempts = attempts + 1, claimed_at = $1 from server.webhook w
        where w.id = d.webhook_id and d.id = (
          select x.id from server.webhook_delivery x join server.webhook y on y.id = x.webhook_id
          where x.state = 'waiting' and x.due_at <= $1 and y.state = 'active' and y.removed_at is null order by x.due_at limit 1 for update of x skip locked)
        returning d.id, d.webhook_id, d.message_id, d.payload, d.attempts, w.url, w.secret_sealed
        """, r => new Due(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.GetInt32(4), r.GetString(5), r.GetString(6)), ct, session.Now.ToDateTimeUtc());

    static async Task Settle(DbSession session, Due due, WebhookAnswer answer, CancellationToken ct)
    {
        var now = session.Now;
        await session.Execute("insert into server.webhook_attempt (delivery_id, attempt, at, took_ms, status, response, fault) values ($1, $2, $3, $4, $5::int, $6::text, $7::text)", ct,
            due.Id, due.Attempt, now.ToDateTimeUtc(), answer.TookMs, answer.Status, answer.Response, answer.Fault);
        var again = due.Attempt <= Pauses.Length;
        await session.Execute("update server.webhook_delivery set state = $2, due_at = $3 where id = $1", ct,
            due.Id, answer.Taken ? "delivered" : again ? "waiting" : "failed", (again ? now + Pauses[due.Attempt - 1] : now).ToDateTimeUtc());
        if (answer.Taken)
        {
            await session.Execute("update server.webhook set failing_since = null where id = $1 and failing_since is not null", ct, due.Webhook);
            return;
        }
        var (organisation, since) = await session.One("update server.webhook set failing_since = coalesce(failing_since, $2) where id = $1 and state = 'active' returning organisation_id, failing_since",
            r => (r.GetGuid(0), r.Moment(1)), ct, due.Webhook, now.ToDateTimeUtc());
        if (organisation == Guid.Empty || (now - since < Patience && answer.Status != 410)) return;
        await session.Execute("update server.webhook set state = 'disabled' where id = $1", ct, due.Webhook);
        await session.Audit(new AuditEntry("webhook.disabled", "webhook", due.Webhook.ToString(), Details: new { since, answer.Status, answer.Fault }), ct);
        await session.Notify(new Notice(Webhooks.Disabled, new NoticeTo(Organisation: organisation, Roles: [Role.Administrator]), "server.webhooks.notice-disabled", new Dictionary<string, string> { ["url"] = due.Url },
            $"/webhooks/{due.Webhook}", "webhook", due.Webhook.ToString()), ct);
    }
}

/// <summary>Messages long settled are cleared away with their tries.</summary>
sealed class WebhookClearing : IDailyWork
{
    static readonly Duration Kept = Duration.FromDays(90);

    public Task<int> Run(DbSession session, CancellationToken ct) =>
        session.Execute("delete from server.webhook_delivery where created_at < $1 and state in ('delivered', 'failed')", ct, (session.Now - Kept).ToDateTimeUtc());
}
