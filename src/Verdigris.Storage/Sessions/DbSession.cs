using System.Data;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>Opens units of work. Singleton; the seam a test replaces to act as somebody else.</summary>
public interface IDbSessions
{
    DbSession Open(Actor actor);
}

/// <inheritdoc cref="IDbSessions"/>
/// <param name="changes">Told what the sessions change; null where nobody keeps anything of it.</param>
public sealed class DbSessions(Database database, IClock clock, ChangeFeed? changes = null) : IDbSessions
{
    readonly Uuid7Maker ids = new(clock, RandomNumberGenerator.Fill);

    public DbSession Open(Actor actor) => new(database, actor, clock, ids, changes);
}

/// <summary>
/// One unit of work of one actor on one connection of the app role. The first use of the connection tells the database who acts
/// (<c>storage.act_as</c>), so that row-level security shows only what this actor may see. Not thread-safe; dispose it when the work is done.
/// </summary>
public sealed class DbSession : IAsyncDisposable
{
    const int Attempts = 5;

    readonly Dictionary<Type, RoomContext> contexts = [];
    readonly List<AuditEntry> pendingAudit = [];
    readonly List<Func<CancellationToken, Task>> afterCommit = [];
    readonly NpgsqlConnection connection;
    readonly Uuid7Maker ids;
    readonly ChangeFeed? changes;
    List<string>? changed;
    NpgsqlTransaction? transaction;
    CancellationToken lastGiven;
    bool failed;
    bool disposed;
    int lent;

    internal DbSession(Database database, Actor actor, IClock clock, Uuid7Maker ids, ChangeFeed? changes)
    {
        this.ids = ids;
        this.changes = changes;
        connection = database.App.CreateConnection();
        if (changes is not null) connection.Notice += HearChange;
        Actor = actor;
        Clock = clock;
    }

    public Actor Actor { get; }
    public IClock Clock { get; }

    /// <summary>The clock's time as the database can keep it: whole microseconds.</summary>
    public Instant Now => Clock.GetCurrentInstant().ToMicroseconds();

    public bool InsideTransaction => transaction is not null;

    /// <summary>A new id (UUID version 7), greater than every earlier one of this process.</summary>
    public Guid NewId() => ids.Next();

    /// <summary>The open connection, acting as <see cref="Actor"/>. Belongs to the session: do not dispose it.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<NpgsqlConnection> Connection(CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (ct.CanBeCanceled) lastGiven = ct;
        if (connection.FullState.HasFlag(ConnectionState.Open)) return connection;
        if (transaction is not null) throw new InvalidOperationException("The connection broke inside a transaction.");
        if (connection.FullState != ConnectionState.Closed) await connection.CloseAsync();
        await connection.OpenAsync(ct);
        try
        {
            await using var command = new NpgsqlCommand("select storage.act_as($1, $2, $3, $4)", connection);
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Actor.PersonId });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Actor.OrganisationId });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Actor.Roles] });
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Actor.Name });
            await command.ExecuteNonQueryAsync(ct);
        }
        catch
        {
            await connection.CloseAsync();
            throw;
        }
        return connection;
    }

    /// <summary>
    /// Runs statements outside a transaction. Where one fails, the connection goes back to the pool without its prepared statements: Npgsql (10.0.0, issue 6391) takes a statement
    /// whose first prepared use fails at its parameters for prepared, but never heard what it answers, and trips over it at its next use.
    /// </summary>
    public async Task<T> Statements<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken ct = default)
    {
        var open = await Connection(ct);
        try
        {
            return await work(open);
        }
        catch (Exception)
        {
            failed = true;
            throw;
        }
    }

    /// <summary>Tells the session of a failure that it cannot see itself (<see cref="Statements"/>).</summary>
    internal void StatementFailed() => failed = true;

    /// <summary>
    /// Runs work in one transaction: commits when it returns, rolls back when it throws. A call inside another joins it. Unsaved changes of contexts
    /// are saved before the commit. After a deadlock or serialization failure the whole work runs again (5 times at most, contexts emptied), so it must hold no
    /// state of its own between runs.
    /// </summary>
    public Task<T> InTransaction<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct = default) => InTransaction(work, IsolationLevel.ReadCommitted, ct);

    /// <summary>The same for work that may refuse: a refusal rolls everything back.</summary>
    public Task<Answer<T>> InTransaction<T>(Func<CancellationToken, Task<Answer<T>>> work, CancellationToken ct = default) =>
        Run(work, answer => answer.Ok, IsolationLevel.ReadCommitted, ct);

    public Task InTransaction(Func<CancellationToken, Task> work, CancellationToken ct = default) =>
        InTransaction(async token => { await work(token); return default(Done); }, ct);

    public Task<T> InTransaction<T>(Func<CancellationToken, Task<T>> work, IsolationLevel isolation, CancellationToken ct = default) => Run(work, static _ => true, isolation, ct);

    /// <summary>
    /// Registers work for the moment after the outermost commit (or runs it at once outside a transaction). It is not run after a roll-back. It must not throw: what
    /// was committed stays committed, and the first exception reaches the caller of the transaction.
    /// </summary>
    public async Task AfterCommit(Func<CancellationToken, Task> work, CancellationToken ct = default)
    {
        if (InsideTransaction) afterCommit.Add(work);
        else await work(ct);
    }

    /// <summary>The room's context on this connection and transaction; the same one for the life of the session.</summary>
    public TContext Context<TContext>() where TContext : RoomContext
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (contexts.TryGetValue(typeof(TContext), out var known)) return (TContext)known;
        var context = ContextFactory<TContext>.Create();
        context.Session = this; // opens the connection when the context first needs it
        context.Database.SetDbConnection(connection);
        contexts.Add(typeof(TContext), context);
        if (transaction is not null) context.Database.UseTransaction(transaction);
        return context;
    }

    /// <summary>
    /// Adds to the append-only audit trail, in the same transaction. Inside one, the entries are written together right before the commit, so that the chain of hashes is
    /// locked only for a moment.
    /// </summary>
    public async Task Audit(AuditEntry entry, CancellationToken ct = default)
    {
        entry.Check();
        pendingAudit.Add(entry);
        if (!InsideTransaction) await WriteAudit(ct);
    }

    /// <summary>
    /// Runs a part of a transaction with the system's rights and the actor's name on it: what the actor may not see and the use case has decided all the same. The rights end with the part, and with the transaction in any case.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no transaction.</exception>
    public async Task<T> AsSystem<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct = default)
    {
        if (!InsideTransaction) throw new InvalidOperationException("The system's rights are lent within a transaction only.");
        // A part within a part ends nothing of the outer one's.
        if (lent++ == 0) await Roles([.. Actor.Roles, Role.System], ct);
        try
        {
            var result = await work(ct);
            if (lent == 1) await Roles([.. Actor.Roles], ct);
            return result;
        }
        finally { lent--; }
    }

    async Task Roles(string[] roles, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select set_config('verdigris.roles', array_to_string($1, ','), true)", await Connection(ct));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = roles });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Puts an event into the outbox, in the same transaction. See the outbox dispatcher.</summary>
    /// <param name="topic">Dotted lower-case name, 1-100 characters: <c>passport.warrant.issued</c>.</param>
    public async Task Publish(string topic, object payload, CancellationToken ct = default)
    {
        var open = await Connection(ct);
        await using var command = new NpgsqlCommand(
            "with event as (insert into storage.outbox_event (topic, payload, published_at, person, organisation) values ($1, $2, $3, storage.current_person(), storage.current_organisation())) select pg_notify('verdigris_outbox', '')", open);
        command.Parameters.Add(new() { Value = topic });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(payload, payload.GetType(), StorageJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = Now.ToDateTimeUtc() });
        await command.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        foreach (var context in contexts.Values) await context.DisposeAsync();
        if (transaction is not null) await transaction.DisposeAsync();
        TellChanges();
        if (failed || lastGiven.IsCancellationRequested) Unprepare();
        await connection.DisposeAsync();
    }

    void Unprepare()
    {
        if (connection.FullState != ConnectionState.Open) return;
        try
        {
            connection.UnprepareAll();
        }
        catch (NpgsqlException)
        {
            // It broke on the way: the pool drops it.
        }
    }

    void HearChange(object sender, NpgsqlNoticeEventArgs e)
    {
        if (ChangeFeed.WordIn(e.Notice) is not { } word) return;
        (changed ??= []).Add(word);
        // Without a transaction the statement commits by itself a moment later: told now, and again when the session ends.
        if (transaction is null) changes!.Tell(word);
    }

    /// <summary>Whatever became of the transaction: where the answer to a commit was lost, it may have happened.</summary>
    void TellChanges()
    {
        if (changed is null) return;
        foreach (var word in changed) changes!.Tell(word);
        changed = null;
    }

    async Task<T> Run<T>(Func<CancellationToken, Task<T>> work, Func<T, bool> keep, IsolationLevel isolation, CancellationToken ct)
    {
        if (InsideTransaction) return await work(ct);
        for (var attempt = 1; ; attempt++)
        {
            var open = await Connection(ct);
            try
            {
                transaction = await open.BeginTransactionAsync(isolation, ct);
                foreach (var context in contexts.Values) await context.Database.UseTransactionAsync(transaction, ct);
                var result = await work(ct);
                if (keep(result))
                {
                    foreach (var context in contexts.Values.ToList())
                    {
                        if (context.ChangeTracker.HasChanges()) await context.SaveChangesAsync(ct);
                    }
                    await WriteAudit(ct);
                    await transaction.CommitAsync(ct);
                    await End(forget: false);
                    await RunAfterCommit(ct);
                }
                else
                {
                    await transaction.RollbackAsync(CancellationToken.None);
                    await End(forget: true);
                }
                return result;
            }
            catch (Exception e)
            {
                var committed = transaction is null;
                failed = true;
                await End(forget: true);
                if (committed || attempt == Attempts || !Repeatable(e) || ct.IsCancellationRequested) throw;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(5 * (1 << attempt)), ct);
        }
    }

    /// <summary>Ends the transaction's life here; what it did not commit the server rolls back.</summary>
    async Task End(bool forget)
    {
        var ended = transaction;
        transaction = null;
        if (forget)
        {
            pendingAudit.Clear();
            afterCommit.Clear();
        }
        foreach (var context in contexts.Values)
        {
            await context.Database.UseTransactionAsync(null);
            if (forget) context.ChangeTracker.Clear();
        }
        if (ended is not null) await ended.DisposeAsync();
        TellChanges();
    }

    async Task RunAfterCommit(CancellationToken ct)
    {
        if (afterCommit.Count == 0) return;
        var due = afterCommit.ToList();
        afterCommit.Clear();
        List<Exception>? failed = null;
        foreach (var work in due)
        {
            try
            {
                await work(ct);
            }
            catch (Exception e)
            {
                (failed ??= []).Add(e);
            }
        }
        if (failed is not null) throw failed.Count == 1 ? failed[0] : new AggregateException(failed);
    }

    async Task WriteAudit(CancellationToken ct)
    {
        if (pendingAudit.Count == 0) return;
        var entries = pendingAudit.ToList();
        pendingAudit.Clear();
        await AuditTrail.Append(await Connection(ct), entries, Now, ct);
    }

    static bool Repeatable(Exception e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => true,
        DbUpdateConcurrencyException => false,
        { InnerException: { } inner } => Repeatable(inner),
        _ => false,
    };
}
