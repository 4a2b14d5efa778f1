using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>A notice in somebody's inbox.</summary>
public sealed record InboxNotice(Guid Id, string Kind, string TextKey, IReadOnlyDictionary<string, string> TextArgs, string LinkPath, Guid? OrganisationId, Instant At, Instant? ReadAt);

/// <summary>How somebody wants to hear of one kind.</summary>
public sealed record NoticeChoice(string Kind, bool InApp, bool Mailed);

/// <summary>A person's own inbox and how it is filled. Machines have none: they are told by webhook.</summary>
sealed class NoticeBoard(IEnumerable<NoticeKind> registered, IDbSessions sessions)
{
    static readonly ListOrders<InboxNotice> Orders = new("notices", "-at", ListKey<InboxNotice>.Id("at", "id", n => n.Id), ListKey<InboxNotice>.Text("kind", "kind", n => n.Kind));
    const int PageSize = 50;

    readonly Dictionary<string, NoticeKind> kinds = registered.ToDictionary(k => k.Name, StringComparer.Ordinal);

    public IReadOnlyList<NoticeKind> Kinds => [.. kinds.Values];

    /// <exception cref="InvalidOperationException">No room registers it.</exception>
    public NoticeKind Kind(string name) => kinds.TryGetValue(name, out var kind) ? kind : throw new InvalidOperationException($"No room registers the notice {name}.");

    /// <summary>A person's own.</summary>
    /// <param name="sort">at or kind, with a leading minus for descending; null is -at.</param>
    /// <param name="limit">1-200.</param>
    public async Task<Answer<Page<InboxNotice>>> List(Actor actor, bool unreadOnly, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (!actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (Storage.PageSize.Wrong(limit) is { } tooMany) return tooMany;
        var order = Orders.Read(sort, cursor);
        if (!order.Ok) return Answer<Page<InboxNotice>>.From(order.Refusals);
        await using var session = sessions.Open(actor);
        var where = new Where();
        where.And("person_id = ", actor.PersonId);
        if (unreadOnly) where.And("read_at is null");
        where.And(order.Value.Condition(where.Next));
        var rows = await session.Many($"select id, kind, text_key, text_args::text, link_path, organisation_id, at, read_at from server.notice {where} order by {order.Value.By} limit {limit + 1}", Read, ct, where.Args);
        var next = order.Value.Cut(rows, limit);
        return new Page<InboxNotice>(rows, next, cursor is null && next is null ? rows.Count : null);
    }

    static InboxNotice Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), StorageJson.Read<Dictionary<string, string>>(r.GetString(3)), r.GetString(4), r.IsDBNull(5) ? null : r.GetGuid(5), r.Moment(6), r.MomentOrNull(7));

    /// <summary>How many are unread, <paramref name="most"/> at most.</summary>
    public async Task<int> Unread(Actor actor, int most, CancellationToken ct)
    {
        if (!actor.SignedIn || actor.IsMachine) return 0;
        await using var session = sessions.Open(actor);
        return (int)await session.One("select count(*) from (select 1 from server.notice where person_id = $1 and read_at is null limit $2) few", r => r.GetInt64(0), ct, actor.PersonId, most);
    }

    /// <summary>Marks one as read and answers where it leads; null where it is not the actor's.</summary>
    public async Task<string?> Opened(Actor actor, Guid id, CancellationToken ct)
    {
        await using var session = sessions.Open(actor);
        return await session.One("update server.notice set read_at = coalesce(read_at, $3) where id = $1 and person_id = $2 returning link_path", r => r.GetString(0), ct, id, actor.PersonId, session.Now.ToDateTimeUtc());
    }

    public async Task<int> ReadAll(Actor actor, CancellationToken ct)
    {
        await using var session = sessions.Open(actor);
        return await session.Execute("update server.notice set read_at = $2 where person_id = $1 and read_at is null", ct, actor.PersonId, session.Now.ToDateTimeUtc());
    }

    /// <summary>How the actor hears of every kind, what was never chosen as it normally is; and the language of the e-mails: en, zh or both.</summary>
    public async Task<(IReadOnlyList<NoticeChoice> Choices, string Language)> Preferences(Actor actor, CancellationToken ct)
    {
        await using var session = sessions.Open(actor);
        var chosen = (await session.Many("select kind, in_app, mailed from server.notice_preference where person_id = $1", r => new NoticeChoice(r.GetString(0), r.GetBoolean(1), r.GetBoolean(2)), ct, actor.PersonId)).ToDictionary(c => c.Kind);
        var language = await session.One("select language from server.notice_language where person_id = $1", r => r.GetString(0), ct, actor.PersonId);
        return ([.. kinds.Values.Select(k => chosen.GetValueOrDefault(k.Name) ?? new(k.Name, true, k.Mailed))], language ?? "both");
    }

    public async Task<Answer<Done>> Choose(Actor actor, IReadOnlyList<NoticeChoice> choices, string language, CancellationToken ct)
    {
        if (!actor.SignedIn || actor.IsMachine) return Refusal.Forbidden("access.denied");
        if (language is not ("en" or "zh" or "both")) return Refusal.Of("input.not-a-choice", "language", ("given", language));
        if (choices.FirstOrDefault(c => !kinds.ContainsKey(c.Kind)) is { } wrong) return Refusal.Of("input.not-a-choice", "kind", ("given", wrong.Kind));
        await using var session = sessions.Open(actor);
        await session.InTransaction(async t =>
        {
            foreach (var c in choices)
                await session.Execute("""
                    insert into server.notice_preference (person_id, kind, in_app, mailed) values ($1, $2, $3, $4)
                    on conflict (person_id, kind) do update set in_app = excluded.in_app, mailed = excluded.mailed
                    """, t, actor.PersonId, c.Kind, c.InApp, c.Mailed);
            await session.Execute("insert into server.notice_language (person_id, language) values ($1, $2) on conflict (person_id) do update set language = excluded.language", t, actor.PersonId, language);
            await session.Audit(new AuditEntry("account.notices-chosen", "person", actor.PersonId.ToString()), t);
        }, ct);
        return default(Done);
    }
}

/// <summary>Old notices that were read and letters that were sent are cleared away.</summary>
sealed class NoticeClearing : IDailyWork
{
    static readonly Duration Kept = Duration.FromDays(180);

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var before = (session.Now - Kept).ToDateTimeUtc();
        return await session.Execute("delete from server.notice where read_at < $1", ct, before) + await session.Execute("delete from server.mail where created_at < $1 and state <> 'waiting'", ct, before);
    }
}
