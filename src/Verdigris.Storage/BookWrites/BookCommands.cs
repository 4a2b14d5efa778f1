using System.Text.Json;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Book;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>
/// A change of documents that also moves something in the Book, in three steps of which any may be the last before a crash: (1) the documents as pending and the
/// commands as a row, in one transaction; (2) the commands to the Book, whose ids make a repeat harmless; (3) the documents to their final state and the row to
/// finished, in one transaction. <see cref="Reconcile"/> takes up whatever was left between two steps. Singleton, thread-safe.
/// </summary>
public sealed partial class BookCommands
{
    /// <summary>Whoever enqueues holds this lock shared until he commits; a backup takes it alone for the moment in which database and journal agree.</summary>
    internal const long BackupLock = 0x5665726469_02;

    static readonly Duration Grace = Duration.FromSeconds(30), LongestWait = Duration.FromMinutes(10);

    const string Columns = "id, kind, subject_id, payload::text, commands, actor::text, created_at, state, outcomes::text, attempts, last_error";

    readonly IDbSessions sessions;
    readonly IVenue venue;
    readonly ILogger log;
    readonly Dictionary<string, IBookCommandKind> kinds = [];
    int reconciled;

    /// <exception cref="ArgumentException">Two rooms register the same kind.</exception>
    public BookCommands(IDbSessions sessions, IVenue venue, IEnumerable<IBookCommandKind> kinds, ILogger<BookCommands> log)
    {
        this.sessions = sessions;
        this.venue = venue;
        this.log = log;
        foreach (var kind in kinds)
        {
            if (!this.kinds.TryAdd(kind.Kind, kind)) throw new ArgumentException($"The kind {kind.Kind} is registered twice.", nameof(kinds));
        }
    }

    /// <summary>
    /// Keeps the commands with the change of documents they belong to. Commands without an id get one derived from the row's id and their place (<see cref="BookId.Derive"/>),
    /// so a document can name the hold it will open.
    /// </summary>
    /// <param name="commands">1 to the venue's batch limit; they stay together and in order in one batch.</param>
    /// <param name="id">The row's id where the caller needs it beforehand; otherwise a new one.</param>
    /// <exception cref="InvalidOperationException">Not inside a transaction.</exception>
    /// <exception cref="ArgumentException">No commands, too many, or a kind nobody registered.</exception>
    public async Task<Guid> Enqueue(DbSession s, string kind, string subjectId, object payload, IReadOnlyList<Command> commands, CancellationToken ct, Guid? id = null)
    {
        if (!s.InsideTransaction) throw new InvalidOperationException("Commands are kept in the transaction of the change they belong to: call it inside InTransaction.");
        if (commands.Count == 0 || commands.Count > venue.MaxBatch) throw new ArgumentException($"{commands.Count} commands; 1 to {venue.MaxBatch} are allowed.", nameof(commands));
        if (!kinds.ContainsKey(kind)) throw new ArgumentException($"The kind {kind} is not registered.", nameof(kind));
        var row = id ?? s.NewId();
        var numbered = commands.ToArray();
        for (var i = 0; i < numbered.Length; i++)
        {
            if (numbered[i].Id == 0) numbered[i].Id = BookId.Derive(row, i);
        }
        await using var command = new NpgsqlCommand($"""
            with quiet as materialized (select pg_advisory_xact_lock_shared({BackupLock}))
            insert into storage.book_command (id, venue, kind, subject_id, payload, commands, actor, person, organisation, created_at, state, next_attempt_at)
            select $1, $2, $3, $4, $5, $6, $7, storage.current_person(), storage.current_organisation(), $8, 'Pending', $9 from quiet
            """, await s.Connection(ct));
        command.Parameters.Add(new() { Value = row });
        command.Parameters.Add(new() { Value = BookId.ToGuid(venue.VenueId) });
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = subjectId });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(payload, payload.GetType(), StorageJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = BookCommandRow.Bytes(numbered) });
        command.Parameters.Add(new() { Value = StorageJson.Write(StoredActor.Of(s.Actor)), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = s.Now.ToDateTimeUtc() });
        command.Parameters.Add(new() { Value = (s.Now + Grace).ToDateTimeUtc() });
        await command.ExecuteNonQueryAsync(ct);
        return row;
    }

    /// <summary>
    /// Sends the commands of a committed row and finishes its documents. Again for a finished row it answers the same outcomes and does nothing. When it throws, nothing is lost:
    /// the row stays pending and is reconciled later.
    /// </summary>
    /// <exception cref="InvalidOperationException">The session is inside a transaction (the Book must not learn of what may still be rolled back).</exception>
    /// <exception cref="KeyNotFoundException">No such row, or the actor may not see it.</exception>
    /// <exception cref="VenueStoppedException">The Book does not answer now.</exception>
    public async Task<IReadOnlyList<Outcome>> Run(DbSession s, Guid id, CancellationToken ct)
    {
        if (s.InsideTransaction) throw new InvalidOperationException("The commands are sent after the commit: call it outside InTransaction, or from AfterCommit.");
        var row = await Find(s, id, ct) ?? throw new KeyNotFoundException($"There is no book command {id}.");
        return await Complete(row, ct);
    }

    /// <summary>The same on a session of its own, beside whatever the caller's session is doing.</summary>
    /// <inheritdoc cref="Run(DbSession, Guid, CancellationToken)"/>
    public async Task<IReadOnlyList<Outcome>> Run(Actor actor, Guid id, CancellationToken ct)
    {
        await using var session = sessions.Open(actor);
        return await Run(session, id, ct);
    }

    /// <summary>The row, or null where there is none that the actor may see.</summary>
    public async Task<BookCommandRow?> Find(DbSession s, Guid id, CancellationToken ct) => await One(await s.Connection(ct), id, ct);

    /// <summary>The commands that were sent for subjects: id of each command and its subject. Finished rows alone; those the session may see.</summary>
    public static async Task<IReadOnlyDictionary<UInt128, string>> SubjectsOf(DbSession s, IReadOnlyCollection<string> subjects, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(s);
        var found = new Dictionary<UInt128, string>();
        foreach (var (subject, bytes) in subjects.Count == 0 ? [] : await s.All("select subject_id, commands from storage.book_command where subject_id = any($1) and state = 'Finished'", r => (r.GetString(0), r.GetFieldValue<byte[]>(1)), ct, (object)subjects.ToArray()))
            foreach (var command in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Command>(bytes).ToArray()) found[command.Id] = subject;
        return found;
    }

    /// <summary>
    /// Completes what a crash or a failure left pending, oldest first; returns how many were finished. The first call after the start takes everything, later ones what is
    /// due: rows wait 30 s for the request that made them, and twice as long after each failure, up to 10 minutes.
    /// </summary>
    public async Task<int> Reconcile(CancellationToken ct)
    {
        var everything = Interlocked.Exchange(ref reconciled, 1) == 0;
        var finished = 0;
        var tried = new HashSet<Guid>();
        while (true)
        {
            var due = (await Due(everything, ct)).Where(tried.Add).ToList();
            if (due.Count == 0) return finished;
            foreach (var id in due)
            {
                try
                {
                    await using var session = sessions.Open(Actor.System);
                    if (await Find(session, id, ct) is not { State: BookCommandState.Pending } row) continue;
                    await Complete(row, ct);
                    finished++;
                }
                catch (VenueStoppedException)
                {
                    Volatile.Write(ref reconciled, everything ? 0 : 1);
                    return finished; // logged by Complete; the rest would fail alike
                }
                catch (Exception e) when (!ct.IsCancellationRequested && e is not OutOfMemoryException)
                {
                    // Logged and scheduled by Complete: one bad row does not hold up the others.
                }
            }
        }
    }

    /// <summary>Rows that failed at least so many times: something for an operator to look at.</summary>
    public async Task<IReadOnlyList<BookCommandRow>> Stuck(DbSession s, int attempts, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from storage.book_command where state = 'Pending' and attempts >= $1 order by created_at, id limit 200", await s.Connection(ct));
        command.Parameters.Add(new() { Value = attempts });
        return await Read(command, ct);
    }

    async Task<IReadOnlyList<Outcome>> Complete(BookCommandRow row, CancellationToken ct)
    {
        if (row.Outcomes is { } known) return known;
        try
        {
            var kind = kinds.TryGetValue(row.Kind, out var found) ? found : throw new InvalidOperationException($"No room of this server registers the kind {row.Kind}.");
            IReadOnlyList<Outcome> outcomes = await venue.Send(row.Commands.ToArray());
            // The person who gave the command stays the one in the audit trail; the system's rights let the finish reach both sides' documents.
            await using var session = sessions.Open(row.Actor with { Roles = new HashSet<string>(row.Actor.Roles) { Role.System } });
            return await session.InTransaction(async token =>
            {
                if (await Lock(await session.Connection(token), row.Id, token) is { } first) return first; // somebody else was quicker
                await kind.Finish(session, row, outcomes, token);
                await using var command = new NpgsqlCommand("update storage.book_command set state = 'Finished', outcomes = $2, finished_at = $3, last_error = null where id = $1", await session.Connection(token));
                command.Parameters.Add(new() { Value = row.Id });
                command.Parameters.Add(new() { Value = StorageJson.Write(OutcomeRuns.Of(outcomes)), NpgsqlDbType = NpgsqlDbType.Jsonb });
                command.Parameters.Add(new() { Value = session.Now.ToDateTimeUtc() });
                await command.ExecuteNonQueryAsync(token);
                return outcomes;
            }, ct);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogFailed(log, e, row.Id, row.Kind, row.SubjectId, row.Attempts + 1);
            await Schedule(row, e);
            throw;
        }
    }

    async Task Schedule(BookCommandRow row, Exception e)
    {
        try
        {
            await using var session = sessions.Open(Actor.System);
            await using var command = new NpgsqlCommand("update storage.book_command set attempts = attempts + 1, last_error = $2, next_attempt_at = $3 where id = $1 and state = 'Pending'", await session.Connection());
            command.Parameters.Add(new() { Value = row.Id });
            command.Parameters.Add(new() { Value = e.Message.Length > 1000 ? e.Message[..1000] : e.Message });
            var wait = Duration.Min(LongestWait, Grace * (1 << Math.Min(row.Attempts, 10)));
            command.Parameters.Add(new() { Value = (session.Now + wait).ToDateTimeUtc() });
            await command.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException database)
        {
            LogUnscheduled(log, database, row.Id); // its old time is past already: it is taken up next time anyhow
        }
    }

    async Task<List<Guid>> Due(bool everything, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        await using var command = new NpgsqlCommand(
            "select id from storage.book_command where venue = $1 and state = 'Pending' and ($2 or next_attempt_at <= $3) order by created_at, id", await session.Connection(ct));
        command.Parameters.Add(new() { Value = BookId.ToGuid(venue.VenueId) });
        command.Parameters.Add(new() { Value = everything });
        command.Parameters.Add(new() { Value = session.Now.ToDateTimeUtc() });
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetGuid(0));
        return ids;
    }

    static async Task<BookCommandRow?> One(NpgsqlConnection connection, Guid id, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from storage.book_command where id = $1", connection) { Parameters = { new() { Value = id } } };
        return (await Read(command, ct)).SingleOrDefault();
    }

    /// <summary>Locks the row; its outcomes where it is finished. What it sends never changes, so nothing else of it is read again.</summary>
    static async Task<IReadOnlyList<Outcome>?> Lock(NpgsqlConnection connection, Guid id, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select outcomes::text from storage.book_command where id = $1 for update", connection) { Parameters = { new() { Value = id } } };
        await using var r = await command.ExecuteReaderAsync(ct);
        if (!await r.ReadAsync(ct)) throw new KeyNotFoundException($"There is no book command {id}.");
        return r.IsDBNull(0) ? null : OutcomeRuns.Read(r.GetString(0));
    }

    static async Task<List<BookCommandRow>> Read(NpgsqlCommand command, CancellationToken ct)
    {
        await using var r = await command.ExecuteReaderAsync(ct);
        var rows = new List<BookCommandRow>();
        while (await r.ReadAsync(ct))
        {
            rows.Add(new(
                r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), BookCommandRow.FromBytes(r.GetFieldValue<byte[]>(4)), StorageJson.Read<StoredActor>(r.GetString(5)).ToActor(),
                Instant.FromDateTimeUtc(r.GetDateTime(6)), Enum.Parse<BookCommandState>(r.GetString(7)),
                r.IsDBNull(8) ? null : OutcomeRuns.Read(r.GetString(8)), r.GetInt32(9), r.IsDBNull(10) ? null : r.GetString(10)));
        }
        return rows;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Book command {Id} ({Kind} {Subject}) failed, attempt {Attempt}; it stays pending and is tried again")]
    static partial void LogFailed(ILogger log, Exception e, Guid id, string kind, string subject, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The failure of book command {Id} could not be recorded")]
    static partial void LogUnscheduled(ILogger log, Exception e, Guid id);
}
