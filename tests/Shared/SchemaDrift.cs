using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Verdigris.Storage.Testing;

/// <summary>
/// Compares a room's model with what its scripts really made. The model's own create script is run in an empty database beside the real one, and PostgreSQL's
/// catalogues of both are compared: tables, columns, types, nullability, primary keys.
/// </summary>
static class SchemaDrift
{
    /// <summary>One sentence a difference; empty when they agree.</summary>
    /// <param name="notInModel">Tables (<c>table</c>) and columns (<c>table.column</c>) that only SQL uses: search vectors, chains, helpers.</param>
    public static async Task<IReadOnlyList<string>> Compare<TContext>(TestDatabase real, Func<DbContextOptions<TContext>, TContext> make, params string[] notInModel) where TContext : RoomContext
    {
        await using var wanted = await TestCluster.NewEmptyDatabase();
        string room;
        await using (var context = make(new DbContextOptionsBuilder<TContext>().UseNpgsql(wanted.OwnerConnectionString).Options))
        {
            room = context.Room;
            await Execute(wanted.OwnerConnectionString, context.Database.GenerateCreateScript());
        }
        var model = await Columns(wanted.OwnerConnectionString, room);
        var live = await Columns(real.OwnerConnectionString, room);
        var differences = new List<string>();
        if (model.Count == 0) differences.Add($"The model of {room} maps no table.");
        foreach (var (name, column) in model)
        {
            if (!live.TryGetValue(name, out var there)) differences.Add($"{room}.{name} is in the model but not in the database.");
            else if (there != column) differences.Add($"{room}.{name} is {column} in the model but {there} in the database.");
        }
        foreach (var name in live.Keys.Where(n => !model.ContainsKey(n)))
        {
            if (!notInModel.Contains(name) && !notInModel.Contains(name.Split('.')[0])) differences.Add($"{room}.{name} is in the database but not in the model.");
        }
        return differences;
    }

    static async Task<SortedDictionary<string, string>> Columns(string connectionString, string schema)
    {
        const string sql = """
            select c.relname || '.' || a.attname,
                   format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
                     || case when exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey)) then ' primary key' else '' end
            from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
            where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped
            """;
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = schema } } };
        await using var reader = await command.ExecuteReaderAsync();
        var columns = new SortedDictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync()) columns.Add(reader.GetString(0), reader.GetString(1));
        return columns;
    }

    static async Task Execute(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
