using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>A sort of word to people, so that each can choose how to get it. Registered by its room as a singleton; its heading stands under <c>notice.kind.NAME</c>.</summary>
/// <param name="Name">Dotted lower-case name: <c>transfer.accepted</c>. Never changes once published.</param>
/// <param name="Mailed">Whether it also goes out as e-mail as long as a person has not chosen otherwise.</param>
/// <param name="Personal">About somebody's own account or affair: told to people only, never to programs of the organisation.</param>
public sealed record NoticeKind(string Name, bool Mailed = true, bool Personal = false);

/// <summary>Whom a notice is for: one person, or everybody of an organisation who holds one of the roles.</summary>
/// <param name="Person">Only this person; the organisation then says where it belongs.</param>
/// <param name="Organisation">Null without a person: holders of the roles anywhere, which is meant for the exchange's staff.</param>
/// <param name="Roles">Null: whatever their role.</param>
/// <param name="Without">Knows already: who caused it.</param>
public sealed record NoticeTo(Guid? Person = null, Guid? Organisation = null, IReadOnlyList<string>? Roles = null, Guid? Without = null)
{
    /// <summary>Somebody who did something; null where that was the system.</summary>
    public static NoticeTo? Doer(Guid? person, Guid? organisation) => person is { } known && known != Guid.Empty && known != Actor.System.PersonId ? new(known, organisation) : null;
}

/// <summary>Word to people that something happened, waits for them or will be due.</summary>
/// <param name="Kind">A registered <see cref="NoticeKind"/>.</param>
/// <param name="TextKey">Key of the sentence in the string catalogues, with <paramref name="TextArgs"/> for its places.</param>
/// <param name="LinkPath">Page of the subject on this server, beginning with one slash.</param>
/// <param name="SubjectKind">What it is about, with <paramref name="SubjectId"/>, as in the audit trail: for programs.</param>
public sealed record Notice(string Kind, NoticeTo To, string TextKey, IReadOnlyDictionary<string, string> TextArgs, string LinkPath, string SubjectKind, string SubjectId)
{
    /// <summary>Topic of the outbox under which notices travel.</summary>
    public const string Topic = "storage.notice";
}

/// <summary>How a room sends word.</summary>
public static class Notices
{
    /// <summary>Sends word in the session's transaction: nobody hears of what was rolled back. Who gets it and how is decided when it is delivered.</summary>
    /// <exception cref="ArgumentException">The link is no path of this server.</exception>
    public static Task Notify(this DbSession session, Notice notice, CancellationToken ct = default)
    {
        if (!notice.LinkPath.StartsWith('/') || notice.LinkPath.StartsWith("//", StringComparison.Ordinal)) throw new ArgumentException("The link is no path of this server.", nameof(notice));
        return session.Publish(Notice.Topic, notice, ct);
    }
}

/// <summary>Work that falls due with the days: reminders, clearing up. Registered by its room as a singleton.</summary>
public interface IDailyWork
{
    /// <summary>Runs as the system, many times a day on several servers: what was done already must not be done again. Today is the session's clock's, in UTC.</summary>
    /// <returns>How much was done.</returns>
    Task<int> Run(DbSession session, CancellationToken ct);
}
