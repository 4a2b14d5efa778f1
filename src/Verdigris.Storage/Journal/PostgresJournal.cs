using System.Net.Sockets;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Book;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>
/// The Book's journal as PostgreSQL rows, for a cluster of servers: an append has returned when its row is committed and flushed. The database is the fence: a writer
/// whose place another has taken cannot append, because the number is taken or its predecessor is no longer the last. One writer; not thread-safe.
/// </summary>
public sealed class PostgresJournal : IJournal
{
    readonly Database database;
    readonly Guid venue;
    readonly NpgsqlConnection connection;
    readonly NpgsqlCommand insert;
    readonly NpgsqlParameter<long> batchParameter;
    readonly NpgsqlParameter<ReadOnlyMemory<byte>> recordParameter;
    readonly byte[] lastHash = new byte[RecordCodec.HashSize];
    byte[] buffer = new byte[64 << 10];
    bool broken;

    /// <exception cref="IOException">The database cannot be reached.</exception>
    public PostgresJournal(Database database, UInt128 venueId)
    {
        this.database = database;
        venue = BookId.ToGuid(venueId);
        try
        {
            connection = OpenConnection();
            // Durable whatever the cluster's default is: an acknowledged batch must outlive a crash.
            Execute("set synchronous_commit = on");
            using (var head = new NpgsqlCommand("select batch, hash from storage.book_journal_head where venue = $1", connection) { Parameters = { new() { Value = venue } } })
            using (var reader = head.ExecuteReader())
            {
                if (reader.Read())
                {
                    LastBatch = reader.GetInt64(0);
                    reader.GetFieldValue<byte[]>(1).CopyTo(lastHash, 0);
                }
            }
            batchParameter = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
            recordParameter = new() { NpgsqlDbType = NpgsqlDbType.Bytea };
            insert = new NpgsqlCommand("insert into storage.book_journal (venue, batch, record) values ($1, $2, $3)", connection)
            {
                Parameters = { new NpgsqlParameter<Guid> { TypedValue = venue }, batchParameter, recordParameter },
            };
            insert.Prepare();
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            connection?.Dispose();
            throw new IOException($"The journal cannot be opened: {e.Message}", e);
        }
    }

    public long LastBatch { get; private set; }

    public ReadOnlySpan<byte> LastHash => lastHash;

    public void Append(long batch, ReadOnlySpan<byte> record)
    {
        if (broken) throw new IOException("An earlier append failed: what is durable is known only after opening the journal again.");
        if (batch != LastBatch + 1) throw new ArgumentException($"Batch {batch} does not follow batch {LastBatch}.", nameof(batch));
        if (buffer.Length < record.Length) buffer = new byte[Math.Max(record.Length, buffer.Length * 2)];
        record.CopyTo(buffer);
        batchParameter.TypedValue = batch;
        recordParameter.TypedValue = buffer.AsMemory(0, record.Length);
        broken = true; // until proven otherwise
        try
        {
            insert.ExecuteNonQuery();
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.IntegrityConstraintViolation)
        {
            throw new JournalFencedException($"Batch {batch} was appended by another writer: this one is stale.", e);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException or InvalidOperationException)
        {
            throw new IOException($"Batch {batch} is not known to be durable: {e.Message}", e);
        }
        RecordCodec.Hash(record).CopyTo(lastHash);
        LastBatch = batch;
        broken = false;
    }

    /// <exception cref="IOException">The database cannot be reached, or was lost on the way.</exception>
    /// <exception cref="JournalCorruptException">A record is missing or damaged.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch)
    {
        using var reading = Reading(OpenConnection);
        using var command = new NpgsqlCommand("select batch, record from storage.book_journal where venue = $1 and batch >= $2 order by batch", reading) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = venue });
        command.Parameters.Add(new() { Value = batch });
        using var reader = Reading(() => command.ExecuteReader(System.Data.CommandBehavior.SequentialAccess));
        var record = Array.Empty<byte>();
        for (var expected = Math.Max(batch, 1); ; expected++)
        {
            var (number, length) = Reading(() => Next(reader, ref record));
            if (length < 0) yield break;
            if (number != expected) throw new JournalCorruptException(expected, $"Batch {expected} is missing.");
            if (!RecordCodec.TryRead(record.AsSpan(0, length), out var header) || header.Batch != expected || header.VenueId != BookId.From(venue))
                throw new JournalCorruptException(expected, $"Batch {expected} is damaged.");
            yield return record.AsMemory(0, length);
        }
    }

    /// <summary>The next row; a length of -1 after the last.</summary>
    static (long Batch, int Length) Next(NpgsqlDataReader reader, ref byte[] record)
    {
        if (!reader.Read()) return (0, -1);
        var batch = reader.GetInt64(0);
        var length = (int)reader.GetBytes(1, 0, null, 0, 0);
        if (record.Length < length) record = new byte[length];
        reader.GetBytes(1, 0, record, 0, length);
        return (batch, length);
    }

    static T Reading<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            throw new IOException($"The journal cannot be read: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        insert.Dispose();
        connection.Dispose();
    }

    NpgsqlConnection OpenConnection()
    {
        var opened = database.App.OpenConnection();
        using var act = new NpgsqlCommand("select storage.act_as($1, $2, $3, $4)", opened);
        act.Parameters.Add(new() { Value = Actor.System.PersonId });
        act.Parameters.Add(new() { Value = Actor.System.OrganisationId });
        act.Parameters.Add(new() { Value = Actor.System.Roles.ToArray() });
        act.Parameters.Add(new() { Value = Actor.System.Name });
        act.ExecuteNonQuery();
        return opened;
    }

    void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
