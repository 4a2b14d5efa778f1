using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>
/// Applies the numbered scripts of a room (<c>Schema/0001-name.sql</c>, embedded) once each, in order, each in its own transaction, as the owner role. Two
/// servers starting at once take turns. A script once applied must never change: its hash is kept and checked. Every room has one PostgreSQL schema
/// of its name; what the scripts make there the app role may select, insert, update, delete and execute unless the script takes that away from <c>${app}</c>.
/// </summary>
public static partial class SchemaRunner
{
    const long Lock = 0x5665726469_01;

    /// <summary>Applies Storage's own scripts, which every other room's need first.</summary>
    public static Task Apply(Database database, CancellationToken ct) => Apply(database, "storage", typeof(Database).Assembly, ct);

    /// <param name="room">Name of the PostgreSQL schema: lower-case letters, digits, underscore.</param>
    /// <param name="assembly">Holds the scripts as resources whose names end in <c>.NNNN-name.sql</c>.</param>
    /// <exception cref="StorageProblem">A script changed, is missing, out of order, or failed. Scripts applied before it stay.</exception>
    public static Task Apply(Database db, string room, Assembly assembly, CancellationToken ct) => Apply(db, room, Scripts(assembly), ct);

    internal static async Task Apply(Database db, string room, IReadOnlyList<SchemaScript> scripts, CancellationToken ct)
    {
        if (!RoomName().IsMatch(room)) throw new ArgumentException($"'{room}' is no room's name.", nameof(room));
        CheckNumbers(room, scripts);
        await using var connection = await db.Owner.OpenConnectionAsync(ct);
        await Execute(connection, $"select pg_advisory_lock({Lock})", ct);
        try
        {
            var app = Quoted(db.AppRole);
            if (!await Exists(connection, "storage", ct)) await Execute(connection, Bootstrap, ct);
            if (!await Granted(connection, room, db.AppRole, ct))
            {
                await Execute(connection, $"""
                    create schema if not exists {room};
                    grant usage on schema {room} to {app};
                    alter default privileges in schema {room} grant select, insert, update, delete on tables to {app};
                    alter default privileges in schema {room} grant usage, select on sequences to {app};
                    alter default privileges in schema {room} grant execute on functions to {app};
                    """, ct);
            }
            var applied = await Applied(connection, room, ct);
            Compare(room, scripts, applied);
            foreach (var script in scripts.Skip(applied.Count)) await ApplyOne(connection, room, script, app, ct);
        }
        finally
        {
            await Execute(connection, $"select pg_advisory_unlock({Lock})", CancellationToken.None);
        }
    }

    internal static IReadOnlyList<SchemaScript> Scripts(Assembly assembly)
    {
        var scripts = new List<SchemaScript>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (ScriptName().Match(resource) is not { Success: true } match) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            scripts.Add(new(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), match.Groups[2].Value, reader.ReadToEnd().ReplaceLineEndings("\n")));
        }
        return [.. scripts.OrderBy(s => s.Number)];
    }

    static void CheckNumbers(string room, IReadOnlyList<SchemaScript> scripts)
    {
        for (var i = 0; i < scripts.Count; i++)
        {
            if (scripts[i].Number == i + 1) continue;
            throw new StorageProblem(StorageCodes.SchemaOrder,
                $"The schema scripts of {room} are not numbered 1, 2, 3…: {scripts[i].Label} stands at place {i + 1}.",
                $"{room} 的数据库脚本编号不连续：{scripts[i].Label} 位于第 {i + 1} 位。");
        }
    }

    static void Compare(string room, IReadOnlyList<SchemaScript> scripts, IReadOnlyList<(int Number, string Name, string Sha256)> applied)
    {
        for (var i = 0; i < applied.Count; i++)
        {
            if (i >= scripts.Count)
            {
                throw new StorageProblem(StorageCodes.SchemaNewer,
                    $"The database was written by a newer version of the program: it has script {applied[i].Number:0000}-{applied[i].Name} of {room}, which this version does not know.",
                    $"数据库由更新版本的程序写入：其中有本版本不认识的 {room} 脚本 {applied[i].Number:0000}-{applied[i].Name}。");
            }
            if (applied[i].Sha256 == scripts[i].Sha256) continue;
            throw new StorageProblem(StorageCodes.SchemaChanged,
                $"The schema script {scripts[i].Label} of {room} was changed after it had been applied; put the old text back and add a new script.",
                $"{room} 的数据库脚本 {scripts[i].Label} 在执行之后被修改；请恢复原文并另加新脚本。");
        }
    }

    static async Task ApplyOne(NpgsqlConnection connection, string room, SchemaScript script, string app, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        try
        {
            await Execute(connection, $"set local search_path = {room}, public; set local check_function_bodies = on", ct);
            await Execute(connection, script.Text.Replace("${app}", app, StringComparison.Ordinal), ct);
            await using var record = new NpgsqlCommand("insert into storage.schema_script (room, number, name, sha256) values ($1, $2, $3, $4)", connection)
            {
                Parameters = { new() { Value = room }, new() { Value = script.Number }, new() { Value = script.Name }, new() { Value = script.Sha256 } },
            };
            await record.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
        }
        catch (PostgresException e)
        {
            throw new StorageProblem(StorageCodes.SchemaFailed,
                $"The schema script {script.Label} of {room} failed: {e.MessageText}", $"{room} 的数据库脚本 {script.Label} 执行失败：{e.MessageText}", e);
        }
    }

    static async Task<List<(int, string, string)>> Applied(NpgsqlConnection connection, string room, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select number, name, sha256 from storage.schema_script where room = $1 order by number", connection) { Parameters = { new() { Value = room } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<(int, string, string)>();
        while (await reader.ReadAsync(ct)) rows.Add((reader.GetInt32(0), reader.GetString(1), reader.GetString(2)));
        return rows;
    }

    static async Task<bool> Exists(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select to_regclass($1) is not null", connection) { Parameters = { new() { Value = schema + ".schema_script" } } };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    static async Task<bool> Granted(NpgsqlConnection connection, string room, string role, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from pg_namespace n join pg_default_acl d on d.defaclnamespace = n.oid where n.nspname = $1 and has_schema_privilege($2, n.oid, 'usage') and d.defaclobjtype = 'f')", connection)
        {
            Parameters = { new() { Value = room }, new() { Value = role } },
        };
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    static string Quoted(string identifier) => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    const string Bootstrap = """
        create schema if not exists storage;
        create table storage.schema_script (
          room text not null,
          number int not null check (number > 0),
          name text not null,
          sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
          applied_at timestamptz not null default now(),
          primary key (room, number)
        );
        """;

    [GeneratedRegex(@"\.(\d{4})-([a-z0-9-]+)\.sql$")]
    private static partial Regex ScriptName();

    [GeneratedRegex("^[a-z][a-z0-9_]{0,40}$")]
    private static partial Regex RoomName();
}

/// <param name="Text">With line feeds only, so that the hash is the same on every checkout.</param>
sealed record SchemaScript(int Number, string Name, string Text)
{
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
    public string Label => $"{Number:0000}-{Name}";
}
