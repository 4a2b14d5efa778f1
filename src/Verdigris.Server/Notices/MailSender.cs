using System.Net.Mail;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>
/// Sends what waits in <c>server.mail</c>: claimed in the database before it is handed over, so that no two servers send one letter, and tried again later after a failure. A letter
/// that was being handed over when its server died is never sent again: nobody knows whether it went.
/// </summary>
sealed partial class MailSender(IDbSessions sessions, MailPost post, ILogger<MailSender> log) : SendingWorker(log)
{
    public const int MostAttempts = 8;

    /// <summary>Longer than any mail server is waited for.</summary>
    static readonly Duration Abandoned = Duration.FromMinutes(10);
    static readonly Duration LongestPause = Duration.FromHours(6);

    protected override bool Open => post.Open;

    /// <summary>Puts a letter in line, in the session's transaction. What cannot be written to gets none.</summary>
    /// <param name="person">Null: somebody who has no sign-in here.</param>
    /// <param name="holdsKey">The text opens something: it is forgotten as soon as the letter has gone.</param>
    /// <param name="eventId">The event it is about; a person gets one letter for it.</param>
    public async Task<bool> Enqueue(DbSession session, Guid? person, string address, string subject, string body, CancellationToken ct, long? eventId = null, bool holdsKey = false)
    {
        if (!post.Open || !MailPost.IsAddress(address)) return false;
        return await session.Execute("""
            insert into server.mail (id, person_id, event_id, address, subject, body, state, created_at, due_at, holds_key) values ($1, $2::uuid, $3::bigint, $4, $5, $6, 'waiting', $7, $7, $8)
            on conflict (event_id, person_id) do nothing
            """, ct, session.NewId(), person, eventId, address, OneLine(subject), body, session.Now.ToDateTimeUtc(), holdsKey) == 1;
    }

    public override async Task<int> SendDue(CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        await session.Execute("update server.mail set state = 'unknown' where state = 'sending' and claimed_at < $1", ct, (session.Now - Abandoned).ToDateTimeUtc());
        var sent = 0;
        while (await Claim(session, ct) is var (letter, attempt) && letter is not null) sent += await Hand(session, letter, attempt, ct) ? 1 : 0;
        return sent;
    }

    static async Task<(Letter? Letter, int Attempt)> Claim(DbSession session, CancellationToken ct) => await session.One("""
        update server.mail set state = 'sending', attempts = attempts + 1, claimed_at = $1
        where id = (select id from server.mail where state = 'waiting' and due_at <= $1 order by due_at limit 1 for update skip locked)
        returning id, address, subject, body, attempts
        """, r => (new Letter(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3)), r.GetInt32(4)), ct, session.Now.ToDateTimeUtc());

    async Task<bool> Hand(DbSession session, Letter letter, int attempt, CancellationToken ct)
    {
        try
        {
            await post.Send(letter, ct);
            await session.Execute("update server.mail set state = 'sent', sent_at = $2, last_error = null, body = case when holds_key then '' else body end where id = $1", CancellationToken.None, letter.Id, session.Now.ToDateTimeUtc());
            return true;
        }
        catch (Exception e) when (e is SmtpException or IOException or UnauthorizedAccessException)
        {
            LogFailed(log, letter.Id, attempt, e.Message);
            var last = attempt >= MostAttempts || e is SmtpFailedRecipientException { StatusCode: SmtpStatusCode.MailboxUnavailable or SmtpStatusCode.MailboxNameNotAllowed };
            await session.Execute("update server.mail set state = $2, due_at = $3, last_error = $4 where id = $1", CancellationToken.None,
                letter.Id, last ? "given-up" : "waiting", (session.Now + Pause(attempt)).ToDateTimeUtc(), e.Message.Length > 1000 ? e.Message[..1000] : e.Message);
            return false;
        }
    }

    /// <summary>One minute after the first failure, then twice as long each time, six hours at most.</summary>
    internal static Duration Pause(int attempt) => Duration.Min(LongestPause, Duration.FromMinutes(1L << Math.Clamp(attempt - 1, 0, 20)));

    static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) is var line && line.Length > 200 ? line[..200] : line;

    [LoggerMessage(Level = LogLevel.Warning, Message = "E-mail {Id} could not be sent at try {Attempt}: {Reason}")]
    static partial void LogFailed(ILogger log, Guid id, int attempt, string reason);
}
