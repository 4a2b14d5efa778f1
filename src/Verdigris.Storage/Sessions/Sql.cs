using System.Data;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Verdigris.Storage;

/// <summary>
/// Statements on the session's connection, which acts as the session's actor (row-level security) and joins its open transaction. Positional
/// parameters; <see cref="Instant"/> and <see cref="LocalDate"/> go in and come out as timestamptz and date.
/// </summary>
public static class Sql
{
    /// <summary>The day it is now, UTC.</summary>
    public static LocalDate Today(this DbSession s) => s.Now.InUtc().Date;

    public static Task<List<T>> All<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> map, CancellationToken ct, params object?[] args) => session.Statements(async connection =>
    {
        await using var command = Command(connection, sql, args);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(map(reader));
        return rows;
    }, ct);

    public static Task<T?> One<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> map, CancellationToken ct, params object?[] args) where T : class => session.Statements(async connection =>
    {
        await using var command = Command(connection, sql, args);
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, ct);
        return await reader.ReadAsync(ct) ? map(reader) : null;
    }, ct);

    /// <summary>The single value of a statement that always answers one.</summary>
    public static Task<T> Value<T>(this DbSession session, string sql, CancellationToken ct, params object?[] args) => session.Statements(async connection =>
    {
        await using var command = Command(connection, sql, args);
        return (T)(await command.ExecuteScalarAsync(ct) ?? throw new InvalidOperationException("The statement answered nothing."));
    }, ct);

    /// <returns>Rows affected.</returns>
    public static Task<int> Run(this DbSession session, string sql, CancellationToken ct, params object?[] args) => session.Statements(async connection =>
    {
        await using var command = Command(connection, sql, args);
        return await command.ExecuteNonQueryAsync(ct);
    }, ct);

    public static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object?[] args)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var arg in args) command.Parameters.Add(Parameter(arg));
        return command;
    }

    static NpgsqlParameter Parameter(object? arg) => arg switch
    {
        null => new NpgsqlParameter { Value = DBNull.Value },
        Instant instant => new NpgsqlParameter { Value = instant.ToDateTimeUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz },
        LocalDate day => new NpgsqlParameter { Value = day.ToDateOnly(), NpgsqlDbType = NpgsqlDbType.Date },
        Json json => new NpgsqlParameter { Value = json.Text, NpgsqlDbType = NpgsqlDbType.Jsonb },
        IReadOnlyList<string> list and not string[] => new NpgsqlParameter { Value = list.ToArray() },
        _ => new NpgsqlParameter { Value = arg },
    };

    public static string? Text(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetString(i);
    public static Guid? MaybeGuid(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetGuid(i);
    public static decimal? MaybeDecimal(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetDecimal(i);
    public static int? MaybeInt(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetInt32(i);
    public static Instant Time(this NpgsqlDataReader r, int i) => Instant.FromDateTimeUtc(r.GetFieldValue<DateTime>(i));
    public static Instant? MaybeTime(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.Time(i);
    public static LocalDate Day(this NpgsqlDataReader r, int i) => LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(i));
    public static LocalDate? MaybeDay(this NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.Day(i);
    public static string[] Texts(this NpgsqlDataReader r, int i) => r.GetFieldValue<string[]>(i);
}

/// <summary>Marks a parameter as jsonb.</summary>
public readonly record struct Json(string Text);
