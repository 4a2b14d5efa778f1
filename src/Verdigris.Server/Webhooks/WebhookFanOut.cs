using NodaTime.Text;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// Puts every notice that concerns an organisation in line for its webhooks: an organisation's programs hear what its people hear, and nothing else. What is about a person's own
/// account is not told.
/// </summary>
sealed class WebhookFanOut(NoticeBoard board, StringCatalogue texts, ServerAddress address, OrganisationDirectory organisations) : IOutboxSubscriber
{
    public string Name => "server.webhooks";

    public bool Wants(string topic) => topic == Notice.Topic;

    public async Task Handle(DbSession session, OutboxEvent e, CancellationToken ct)
    {
        var notice = e.Payload<Notice>();
        if (board.Kind(notice.Kind).Personal) return;
        // Without an organisation it is for the exchange's staff, wherever they are.
        Guid[] concerned = notice.To.Organisation is { } one ? [one] : [.. (await organisations.OfKind(OrganisationKind.Exchange, ct)).Select(o => o.Id)];
        foreach (var (webhook, organisation) in await session.Many("select id, organisation_id from server.webhook where organisation_id = any($1) and state = 'active' and removed_at is null and $2 = any(kinds)",
            r => (r.GetGuid(0), r.GetGuid(1)), ct, concerned, notice.Kind))
            await Enqueue(session, webhook, notice.Kind, Payload(notice, organisation, e), e.Id, ct);
    }

    /// <summary>Puts a message in line.</summary>
    internal static async Task<Guid> Enqueue(DbSession session, Guid webhook, string kind, string payload, long? eventId, CancellationToken ct, Guid? message = null)
    {
        var id = session.NewId();
        await session.Execute("""
            insert into server.webhook_delivery (id, webhook_id, message_id, event_id, kind, payload, state, created_at, due_at) values ($1, $2, $3, $4::bigint, $5, $6, 'waiting', $7, $7)
            on conflict (webhook_id, event_id) do nothing
            """, ct, id, webhook, message ?? id, eventId, kind, payload, session.Now.ToDateTimeUtc());
        return id;
    }

    string Payload(Notice notice, Guid organisation, OutboxEvent e) => StorageJson.Write(new Message(notice.Kind, InstantPattern.ExtendedIso.Format(e.PublishedAt), new(organisation, notice.SubjectKind, notice.SubjectId,
        texts.For(StringCatalogue.English).Format(notice.TextKey, notice.TextArgs), texts.For(StringCatalogue.Chinese).Format(notice.TextKey, notice.TextArgs), address.Of(notice.LinkPath))));

    /// <summary>What is sent, as the specification advises: a type, a time and the data.</summary>
    internal sealed record Message(string Type, string Timestamp, MessageData Data);

    internal sealed record MessageData(Guid OrganisationId, string? SubjectKind, string? SubjectId, string Text, string TextZh, string? Url);
}
