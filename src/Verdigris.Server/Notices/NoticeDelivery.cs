using System.Text;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Brings notices of the outbox to people: into the inbox and into the post, as each has chosen. Runs in the transaction that marks the event delivered, so that nobody gets one twice.</summary>
sealed class NoticeDelivery(NoticeBoard board, MailSender mail, StringCatalogue texts, ServerAddress address) : IOutboxSubscriber
{
    public string Name => "server.notices";

    public bool Wants(string topic) => topic == Notice.Topic;

    public async Task Handle(DbSession session, OutboxEvent e, CancellationToken ct)
    {
        var notice = e.Payload<Notice>();
        foreach (var reader in await Readers(session, notice, ct))
        {
            if (reader.InApp)
                await session.Execute("""
                    insert into server.notice (id, person_id, organisation_id, kind, text_key, text_args, link_path, event_id, at) values ($1, $2, $3::uuid, $4, $5, $6::jsonb, $7, $8, $9)
                    on conflict (event_id, person_id) do nothing
                    """, ct, session.NewId(), reader.Person, reader.Organisation, notice.Kind, notice.TextKey, StorageJson.Write(notice.TextArgs), notice.LinkPath, e.Id, e.PublishedAt.ToDateTimeUtc());
            if (reader.Mailed) await mail.Enqueue(session, reader.Person, reader.SignInName, Heading(notice, reader.Languages[0]), Body(notice, reader.Languages), ct, e.Id);
        }
    }

    sealed record Reader(Guid Person, Guid? Organisation, string SignInName, string[] Languages, bool InApp, bool Mailed);

    async Task<IReadOnlyList<Reader>> Readers(DbSession session, Notice notice, CancellationToken ct)
    {
        var normally = board.Kind(notice.Kind);
        var to = notice.To;
        return await session.Many("""
            select distinct on (p.id) p.id, m.organisation_id, p.sign_in_name, coalesce(l.language, 'both'), coalesce(c.in_app, true), coalesce(c.mailed, $5)
            from server.person p left join server.membership m on m.person_id = p.id
              left join server.notice_language l on l.person_id = p.id left join server.notice_preference c on c.person_id = p.id and c.kind = $6
            where p.state = 'active' and ($1::uuid is null or p.id = $1) and ($4::uuid is null or p.id <> $4)
              and ($2::uuid is null or m.organisation_id = $2) and ($3::text[] is null or m.roles && $3) and (m.person_id is not null or $1::uuid is not null)
            order by p.id, m.organisation_id
            """, r => new Reader(r.GetGuid(0), r.IsDBNull(1) ? null : r.GetGuid(1), r.GetString(2), r.GetString(3) == "both" ? [StringCatalogue.English, StringCatalogue.Chinese] : [r.GetString(3)], r.GetBoolean(4), r.GetBoolean(5)),
            ct, to.Person, to.Organisation, to.Roles?.ToArray(), to.Without, normally.Mailed, notice.Kind);
    }

    string Heading(Notice notice, string language) => texts.Get(language, "notice.kind." + notice.Kind);

    /// <summary>The heading, the sentence and the way to it, in each language asked for.</summary>
    string Body(Notice notice, string[] languages)
    {
        var body = new StringBuilder();
        foreach (var language in languages)
        {
            var s = texts.For(language);
            if (body.Length > 0) body.Append("\r\n----\r\n\r\n");
            body.Append(s["notice.kind." + notice.Kind]).Append("\r\n\r\n").Append(s.Format(notice.TextKey, notice.TextArgs)).Append("\r\n").Append(address.Of(notice.LinkPath)).Append("\r\n\r\n");
            body.Append(s.With("server.notice.mail-why", ("address", address.Of("/notifications/settings")))).Append("\r\n");
        }
        return body.ToString();
    }
}

/// <summary>Where this server is reached from outside, for links in e-mails.</summary>
sealed class ServerAddress(ServerOptions options, Microsoft.AspNetCore.Hosting.Server.IServer server)
{
    public string Of(string path)
    {
        var root = options.PublicAddress?.ToString() ?? server.Features.Get<Microsoft.AspNetCore.Hosting.Server.Features.IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1";
        return root.TrimEnd('/') + path;
    }
}
