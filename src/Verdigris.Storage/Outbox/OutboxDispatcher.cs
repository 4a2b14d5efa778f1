using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>A fact one room tells the others.</summary>
/// <param name="Topic">Dotted lower-case name: <c>passport.warrant.issued</c>.</param>
public sealed record OutboxEvent(long Id, string Topic, string PayloadJson, Instant PublishedAt, Guid? PersonId, Guid? OrganisationId)
{
    /// <exception cref="System.Text.Json.JsonException">The payload is not a <typeparamref name="T"/>.</exception>
    public T Payload<T>() => StorageJson.Read<T>(PayloadJson);
}

/// <summary>Somebody in this process who wants to hear of events.</summary>
public interface IOutboxSubscriber
{
    /// <summary>Never changes: what has been delivered is kept under it.</summary>
    string Name { get; }

    bool Wants(string topic);

    /// <summary>
    /// Runs as the system inside a transaction that also records the delivery: what it writes to the database happens once; what it does elsewhere may happen again after a
    /// failure. Events come in the order of their publication, but one that failed is overtaken.
    /// </summary>
    Task Handle(DbSession session, OutboxEvent e, CancellationToken ct);
}

/// <summary>A delivery that was given up after <see cref="OutboxDispatcher.MostAttempts"/> failures.</summary>
public sealed record GivenUpDelivery(long EventId, string Topic, string Subscriber, int Attempts, string? LastError, Instant At);

/// <summary>
/// Delivers outbox events to the subscribers of this process, at least once each. Several servers may run it at the same time: an event is locked while it is delivered.
/// Singleton.
/// </summary>
public sealed partial class OutboxDispatcher(IDbSessions sessions, IEnumerable<IOutboxSubscriber> subscribers, ILogger<OutboxDispatcher> log)
{
    public const int MostAttempts = 6;

    /// <summary>Events everybody has had are kept for this time.</summary>
    public static readonly Duration Kept = Duration.FromDays(30);

    readonly IOutboxSubscriber[] subscribers = Distinct(subscribers);

    /// <summary>Delivers everything that is due and returns the number of deliveries made.</summary>
    public async Task<int> Dispatch(CancellationToken ct)
    {
        var delivered = 0;
        var seen = new HashSet<long>();
        await using var session = sessions.Open(Actor.System);
        while (true)
        {
            var due = (await Due(session, ct)).Where(e => seen.Add(e.Id)).ToList();
            if (due.Count == 0) return delivered;
            foreach (var e in due)
            {
                var wanting = subscribers.Where(s => s.Wants(e.Topic)).ToList();
                foreach (var subscriber in wanting) delivered += await Deliver(session, e, subscriber, ct) ? 1 : 0;
                await Settle(session, e, wanting, ct);
            }
        }
    }

    /// <summary>What was given up, newest first.</summary>
    public static async Task<IReadOnlyList<GivenUpDelivery>> GivenUp(DbSession session, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select e.id, e.topic, d.subscriber, d.attempts, d.last_error, d.given_up_at from storage.outbox_delivery d join storage.outbox_event e on e.id = d.event_id
            where d.given_up_at is not null order by d.given_up_at desc limit 200
            """, await session.Connection(ct));
        await using var r = await command.ExecuteReaderAsync(ct);
        var rows = new List<GivenUpDelivery>();
        while (await r.ReadAsync(ct)) rows.Add(new(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.IsDBNull(4) ? null : r.GetString(4), Instant.FromDateTimeUtc(r.GetDateTime(5))));
        return rows;
    }

    /// <summary>Tries a delivery that was given up once more from the beginning; false where there is none.</summary>
    public static Task<bool> TryAgain(DbSession session, long eventId, string subscriber, CancellationToken ct) => session.InTransaction(async token =>
    {
        await using var command = new NpgsqlCommand("delete from storage.outbox_delivery where event_id = $1 and subscriber = $2 and given_up_at is not null", await session.Connection(token));
        command.Parameters.Add(new() { Value = eventId });
        command.Parameters.Add(new() { Value = subscriber });
        if (await command.ExecuteNonQueryAsync(token) == 0) return false;
        await using var reopen = new NpgsqlCommand("update storage.outbox_event set done_at = null, next_attempt_at = null where id = $1", await session.Connection(token));
        reopen.Parameters.Add(new() { Value = eventId });
        await reopen.ExecuteNonQueryAsync(token);
        return true;
    }, ct);

    /// <summary>Forgets old events that everybody has had; those with a delivery given up stay.</summary>
    public async Task<int> Forget(CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        await using var command = new NpgsqlCommand("""
            delete from storage.outbox_event e where done_at < $1 and not exists (select from storage.outbox_delivery d where d.event_id = e.id and d.given_up_at is not null)
            """, await session.Connection(ct));
        command.Parameters.Add(new() { Value = (session.Now - Kept).ToDateTimeUtc() });
        return await command.ExecuteNonQueryAsync(ct);
    }

    static IOutboxSubscriber[] Distinct(IEnumerable<IOutboxSubscriber> subscribers)
    {
        var all = subscribers.ToArray();
        var twice = all.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? all : throw new ArgumentException($"The subscriber {twice.Key} is registered twice.", nameof(subscribers));
    }

    static async Task<List<OutboxEvent>> Due(DbSession session, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            select id, topic, payload::text, published_at, person, organisation from storage.outbox_event
            where done_at is null and (next_attempt_at is null or next_attempt_at <= $1) order by id limit 500
            """, await session.Connection(ct));
        command.Parameters.Add(new() { Value = session.Now.ToDateTimeUtc() });
        await using var r = await command.ExecuteReaderAsync(ct);
        var events = new List<OutboxEvent>();
        while (await r.ReadAsync(ct))
        {
            events.Add(new(r.GetInt64(0), r.GetString(1), r.GetString(2), Instant.FromDateTimeUtc(r.GetDateTime(3)), r.IsDBNull(4) ? null : r.GetGuid(4), r.IsDBNull(5) ? null : r.GetGuid(5)));
        }
        return events;
    }

    async Task<bool> Deliver(DbSession session, OutboxEvent e, IOutboxSubscriber subscriber, CancellationToken ct)
    {
        try
        {
            return await session.InTransaction(async token =>
            {
                // What it says is read again under the lock: a name may have been erased from it since it was found.
                if (await Lock(session, e.Id, token) is not { } payload) return false; // another server is at it, or it is done
                await using var mark = new NpgsqlCommand("""
                    insert into storage.outbox_delivery (event_id, subscriber, attempts, delivered_at) values ($1, $2, 1, $3)
                    on conflict (event_id, subscriber) do update set attempts = outbox_delivery.attempts + 1, delivered_at = excluded.delivered_at
                    where outbox_delivery.delivered_at is null and outbox_delivery.given_up_at is null
                    """, await session.Connection(token));
                mark.Parameters.Add(new() { Value = e.Id });
                mark.Parameters.Add(new() { Value = subscriber.Name });
                mark.Parameters.Add(new() { Value = session.Now.ToDateTimeUtc() });
                if (await mark.ExecuteNonQueryAsync(token) == 0) return false; // had it, or given up
                await subscriber.Handle(session, e with { PayloadJson = payload }, token);
                return true;
            }, ct);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested && failure is not OutOfMemoryException)
        {
            LogFailed(log, failure, e.Id, e.Topic, subscriber.Name);
            await session.InTransaction(async token =>
            {
                await using var mark = new NpgsqlCommand($"""
                    insert into storage.outbox_delivery (event_id, subscriber, attempts, last_error) values ($1, $2, 1, $3)
                    on conflict (event_id, subscriber) do update set attempts = outbox_delivery.attempts + 1, last_error = excluded.last_error,
                      given_up_at = case when outbox_delivery.attempts + 1 >= {MostAttempts} then $4 end
                    where outbox_delivery.delivered_at is null
                    """, await session.Connection(token));
                mark.Parameters.Add(new() { Value = e.Id });
                mark.Parameters.Add(new() { Value = subscriber.Name });
                mark.Parameters.Add(new() { Value = failure.Message.Length > 1000 ? failure.Message[..1000] : failure.Message });
                mark.Parameters.Add(new() { Value = session.Now.ToDateTimeUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
                await mark.ExecuteNonQueryAsync(token);
            }, ct);
            return false;
        }
    }

    /// <summary>Marks the event done when everybody who wants it has had it or given it up; otherwise says when to try again.</summary>
    static Task Settle(DbSession session, OutboxEvent e, List<IOutboxSubscriber> wanting, CancellationToken ct) => session.InTransaction(async token =>
    {
        if (await Lock(session, e.Id, token) is null) return;
        await using var command = new NpgsqlCommand("""
            update storage.outbox_event set
              done_at = case when waiting = 0 then $3 end,
              attempts = attempts + 1,
              next_attempt_at = case when waiting > 0 then $3 + make_interval(secs => least(600, 5 * 2 ^ least(attempts, 10))) end
            from (select count(*) as waiting from unnest($2::text[]) name
                  where not exists (select from storage.outbox_delivery d where d.event_id = $1 and d.subscriber = name and (d.delivered_at is not null or d.given_up_at is not null))) w
            where id = $1
            """, await session.Connection(token));
        command.Parameters.Add(new() { Value = e.Id });
        command.Parameters.Add(new() { Value = wanting.Select(s => s.Name).ToArray() });
        command.Parameters.Add(new() { Value = session.Now.ToDateTimeUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(token);
    }, ct);

    /// <summary>What the event says, locked until the transaction ends; null where another is at it or it is done.</summary>
    static async Task<string?> Lock(DbSession session, long id, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select payload::text from storage.outbox_event where id = $1 and done_at is null for update skip locked", await session.Connection(ct));
        command.Parameters.Add(new() { Value = id });
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Event {Id} ({Topic}) could not be delivered to {Subscriber}; it is tried again")]
    static partial void LogFailed(ILogger log, Exception e, long id, string topic, string subscriber);
}
