using NodaTime;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>The room's words for <see cref="Sql"/>: short statements on a session's connection and transaction; parameters are $1, $2… A null parameter is sent as SQL null.</summary>
static class Rows
{
    public static Task<int> Execute(this DbSession session, string sql, CancellationToken ct, params object?[] values) => session.Run(sql, ct, values);

    public static Task<List<T>> Many<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params object?[] values) => session.All(sql, read, ct, values);

    /// <summary>The only row, or the default. More than one is a defect of the query.</summary>
    public static async Task<T?> One<T>(this DbSession session, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct, params object?[] values)
    {
        var rows = await Many(session, sql, read, ct, values);
        return rows.Count > 1 ? throw new InvalidOperationException("More than one row.") : rows.SingleOrDefault();
    }

    public static Instant Moment(this NpgsqlDataReader row, int column) => row.Time(column);

    public static Instant? MomentOrNull(this NpgsqlDataReader row, int column) => row.MaybeTime(column);
}
