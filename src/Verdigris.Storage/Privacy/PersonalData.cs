using System.Text.Json.Nodes;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>Whose data it is.</summary>
/// <param name="Names">Every name the person is or was known by here, and the sign-in name; each once.</param>
public sealed record DataSubject(Guid Id, IReadOnlyList<string> Names);

/// <summary>One table of what is held on somebody.</summary>
/// <param name="Name">Stable, lower case with hyphens: the file's name in an export.</param>
public sealed record PersonalTable(string Name, IReadOnlyList<JsonObject> Rows);

/// <summary>What a room keeps of people. Registered by each room that keeps a name, an address or doings of somebody; runs with the system's rights, in the caller's transaction.</summary>
public interface IPersonalData
{
    /// <summary>Everything, also what <see cref="Erase"/> leaves.</summary>
    Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct);

    /// <summary>Removes what only the person needs, and puts the pseudonym of <c>storage.pseudonym</c> wherever a record that must stay names them. Ids stay. Safe to repeat.</summary>
    Task Erase(DbSession s, DataSubject subject, CancellationToken ct);
}

/// <summary>Reading tables for an export.</summary>
public static class PersonalTables
{
    /// <summary>A room's own tables, and where else in its schema the id stands.</summary>
    /// <param name="tables">Each a name and a select with the person's id as $1.</param>
    public static async Task<IReadOnlyList<PersonalTable>> OfRoom(DbSession s, string schema, IEnumerable<(string Name, string Sql)> tables, Guid person, CancellationToken ct)
    {
        var held = new List<PersonalTable>();
        foreach (var (name, sql) in tables) held.Add(await Read(s, name, sql, person, ct));
        held.Add(await Mentions(s, schema, person, ct));
        return held;
    }

    /// <param name="sql">A select with the person's id as $1.</param>
    static async Task<PersonalTable> Read(DbSession s, string name, string sql, Guid person, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select row_to_json(held)::text from ({sql}) held", await s.Connection(ct));
        command.Parameters.Add(new() { Value = person });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<JsonObject>();
        while (await reader.ReadAsync(ct)) rows.Add(JsonNode.Parse(reader.GetString(0))!.AsObject());
        return new(name, rows);
    }

    /// <summary>Where else in a schema the id stands, by table and column, and how often: nothing is left out because nobody thought of it.</summary>
    static async Task<PersonalTable> Mentions(DbSession s, string schema, Guid person, CancellationToken ct)
    {
        var columns = new List<(string Table, string Column)>();
        await using (var command = new NpgsqlCommand("""
            select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relkind = 'r' and a.atttypid = 'uuid'::regtype and a.attnum > 0 and not a.attisdropped and has_table_privilege(c.oid, 'select') order by 1, 2
            """, await s.Connection(ct)))
        {
            command.Parameters.Add(new() { Value = schema });
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) columns.Add((reader.GetString(0), reader.GetString(1)));
        }
        if (columns.Count == 0) return new($"{schema}-mentions", []);
        // One statement for all: hundreds of columns, each a word of its own, would be hundreds of journeys. Names come from the catalogue, quoted.
        var counts = columns.Select((c, i) => $"select {i} as place, count(*) as rows from {Quoted(schema)}.{Quoted(c.Table)} where {Quoted(c.Column)} = $1");
        await using var counting = new NpgsqlCommand($"select place, rows from ({string.Join(" union all ", counts)}) counted where rows > 0 order by place", await s.Connection(ct)) { CommandTimeout = 0 };
        counting.Parameters.Add(new() { Value = person });
        await using var found = await counting.ExecuteReaderAsync(ct);
        var rows = new List<JsonObject>();
        while (await found.ReadAsync(ct)) rows.Add(new JsonObject { ["table"] = $"{schema}.{columns[found.GetInt32(0)].Table}", ["column"] = columns[found.GetInt32(0)].Column, ["rows"] = found.GetInt64(1) });
        return new($"{schema}-mentions", rows);

        static string Quoted(string name) => '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }
}

/// <summary>Doings in the trail, tasks, and words on their way.</summary>
sealed class StoragePersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("names", "select name from storage.names_of($1) name order by 1"),
        ("doings", "select id, at, organisation, action, subject_kind, subject_id, reason, details, evidence_sha256 from storage.audit_event where person = $1 order by id"),
        ("done-to-you", "select id, at, organisation, action, reason, details from storage.audit_event where subject_kind = 'person' and subject_id = $1::text order by id"),
        ("tasks", """
            select id, kind, subject_id, state, proposed_at, proposed_by = $1 as proposed, claimed_by = $1 as claimed, decided_by = $1 as decided, decided_at, reason
            from storage.approval_task where proposed_by = $1 or claimed_by = $1 or decided_by = $1 or subject_id = $1::text order by id
            """),
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, "storage", Tables, subject.Id, ct);

    public async Task Erase(DbSession s, DataSubject subject, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select storage.erase_names($1, $2, $3)", await s.Connection(ct));
        command.Parameters.Add(new() { Value = subject.Id });
        command.Parameters.Add(new() { Value = subject.Names.ToArray() });
        command.Parameters.Add(new() { Value = s.Now.ToDateTimeUtc() });
        await command.ExecuteNonQueryAsync(ct);
    }
}
