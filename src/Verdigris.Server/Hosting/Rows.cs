using NodaTime;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Short SQL on a session's connection and transaction; parameters are $1, $2… A null parameter is sent as SQL null.</summary>
static class Rows
{
    public static async Task<int> Execute(this DbSession session, string sql, CancellationToken ct, params object?[] values)
    {
        await using var command = await Command(session, sql, values, ct);
        return await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task<List<T>> Many<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params object?[] values)
    {
        await using var command = await Command(session, sql, values, ct);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(read(reader));
        return rows;
    }

    /// <summary>The only row, or the default. More than one is a defect of the query.</summary>
    public static async Task<T?> One<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params object?[] values)
    {
        var rows = await Many(session, sql, read, ct, values);
        return rows.Count > 1 ? throw new InvalidOperationException("More than one row.") : rows.SingleOrDefault();
    }

    static async Task<NpgsqlCommand> Command(DbSession session, string sql, object?[] values, CancellationToken ct)
    {
        var command = new NpgsqlCommand(sql, await session.Connection(ct));
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    public static Instant Moment(this NpgsqlDataReader row, int column) => Instant.FromDateTimeUtc(row.GetDateTime(column));

    public static Instant? MomentOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Moment(column);
}
