using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Fix;

/// <summary>A session's numbers and messages as rows. A step is one statement, which commits by itself.</summary>
sealed class FixDatabaseStore(IDbSessions sessions, Guid session) : IFixStore
{
    /// <summary>Messages older than this are passed over when they are asked for.</summary>
    public const int DaysKept = 30;

    public async Task<FixNumbers> Load(CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        await s.Run("delete from market.fix_message where session_id = $1 and sent_at < $2", ct, session, s.Now - Duration.FromDays(DaysKept));
        var row = await s.One("select next_in, next_out, report from market.fix_session where id = $1", r => new { Numbers = new FixNumbers(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)) }, ct, session);
        return row?.Numbers ?? throw new InvalidOperationException("The FIX session is no longer there.");
    }

    public async Task Commit(FixChange change, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        if (!change.Reset)
        {
            await Write(s, change, ct);
            return;
        }
        await s.InTransaction(async t =>
        {
            await s.Run("delete from market.fix_message where session_id = $1", t, session);
            await Write(s, change, t);
        }, ct);
    }

    public async Task<IReadOnlyList<FixSent>> Sent(long from, long to, int most, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return await s.All("select sequence, sent_at, type, body, routing from market.fix_message where session_id = $1 and sequence between $2 and $3 order by sequence limit $4",
            r => new FixSent(r.GetInt64(0), r.Time(1), new(r.GetString(2), r.GetFieldValue<byte[]>(3), r.GetFieldValue<byte[]>(4))), ct, session, from, to, most);
    }

    Task Write(DbSession s, FixChange change, CancellationToken ct)
    {
        var (numbers, sent) = (change.Numbers, change.Sent);
        if (sent.Count == 0) return s.Run("update market.fix_session set next_in = $2, next_out = $3, report = $4, changed_at = $5 where id = $1", ct, session, numbers.NextIn, numbers.NextOut, numbers.Report, s.Now);
        return s.Run("""
            with numbers as (update market.fix_session set next_in = $2, next_out = $3, report = $4, changed_at = $5 where id = $1)
            insert into market.fix_message (session_id, sequence, type, routing, body, sent_at) select $1, * from unnest($6::bigint[], $7::text[], $8::bytea[], $9::bytea[], $10::timestamptz[])
            """, ct, session, numbers.NextIn, numbers.NextOut, numbers.Report, s.Now, sent.Select(m => m.Sequence).ToArray(), sent.Select(m => m.Message.Type).ToArray(), sent.Select(m => m.Message.Routing.ToArray()).ToArray(),
            sent.Select(m => m.Message.Body.ToArray()).ToArray(), sent.Select(m => m.At.ToMicroseconds().ToDateTimeUtc()).ToArray());
    }
}
