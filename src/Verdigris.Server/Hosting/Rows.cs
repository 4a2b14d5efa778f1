using NodaTime;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Short SQL on a session's connection and transaction; parameters are $1, $2… A null parameter is sent as SQL null.</summary>
static class Rows
{
    public static Task<int> Execute(this DbSession session, string sql, CancellationToken ct, params object?[] values) => session.Statements(async connection =>
    {
        await using var command = Command(connection, sql, values);
        return await command.ExecuteNonQueryAsync(ct);
    }, ct);

    public static Task<List<T>> Many<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params object?[] values) => session.Statements(async connection =>
    {
        await using var command = Command(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(read(reader));
        return rows;
    }, ct);

    /// <summary>The only row, or the default. More than one is a defect of the query.</summary>
    public static async Task<T?> One<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params object?[] values)
    {
        var rows = await Many(session, sql, read, ct, values);
        return rows.Count > 1 ? throw new InvalidOperationException("More than one row.") : rows.SingleOrDefault();
    }

    static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    public static Instant Moment(this NpgsqlDataReader row, int column) => Instant.FromDateTimeUtc(row.GetDateTime(column));

    public static Instant? MomentOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Moment(column);
}
