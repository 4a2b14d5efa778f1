using System.Text.RegularExpressions;
using Npgsql;

namespace Verdigris.Storage.Testing;

/// <summary>A column of a table.</summary>
/// <param name="Needed">A row cannot be written without it: not null, no default, not generated.</param>
readonly record struct ColumnFacts(string Name, bool Needed);

/// <summary>
/// Compares the tables of a room that writes plain SQL with the statements in its source: every <c>insert</c>, <c>update</c> and column list of a <c>copy</c> names columns that are
/// there, no insert leaves out one that must be given, and every table is written by somebody.
/// </summary>
static partial class SqlDrift
{
    /// <param name="sources">C# texts of the room, and each statement it composes as it is sent: in the texts such a one names no column yet, so a table whose only writer is composed and not given counts as written by nobody.</param>
    /// <param name="copies">Column lists the room hands to <c>copy</c>, by table.</param>
    /// <returns>One sentence a difference; empty when they agree.</returns>
    public static IReadOnlyList<string> Compare(string room, IReadOnlyDictionary<string, IReadOnlyList<ColumnFacts>> tables, IEnumerable<string> sources, params (string Table, string Columns)[] copies)
    {
        var differences = new List<string>();
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (table, columns) in copies) Written(table, Names(columns), "copy");
        foreach (var source in sources)
        {
            foreach (Match match in Insert(room).Matches(source))
            {
                var table = match.Groups["table"].Value;
                if (source.AsSpan(match.Index + match.Length).TrimStart().StartsWith("({")) continue;
                if (match.Groups["columns"].Success) Written(table, Names(match.Groups["columns"].Value), "insert");
                else differences.Add($"An insert into {room}.{table} names no columns.");
                if (match.Groups["set"].Success) Known(table, Assigned(match.Groups["set"].Value), "on conflict");
            }
            foreach (Match match in Update(room).Matches(source))
            {
                if (match.Groups["set"].Value.StartsWith('{')) continue;
                // A table of one row, which its script puts there, is only ever changed.
                written.Add(match.Groups["table"].Value);
                Known(match.Groups["table"].Value, Assigned(match.Groups["set"].Value), "update");
            }
        }
        differences.AddRange(tables.Keys.Where(t => !written.Contains(t)).Order(StringComparer.Ordinal).Select(t => $"{room}.{t} is written by no statement."));
        return differences;

        void Written(string table, List<string> names, string what)
        {
            written.Add(table);
            if (!Known(table, names, what)) return;
            foreach (var column in tables[table].Where(c => c.Needed && !names.Contains(c.Name))) differences.Add($"{room}.{table}.{column.Name} must be given, and the {what} leaves it out.");
        }

        bool Known(string table, List<string> names, string what)
        {
            if (!tables.TryGetValue(table, out var columns))
            {
                differences.Add($"{room}.{table} is named by an {what} but is no table.");
                return false;
            }
            foreach (var name in names.Where(n => columns.All(c => c.Name != n))) differences.Add($"{room}.{table}.{name} is named by an {what} but is no column.");
            return true;
        }
    }

    /// <summary>The columns of every table of a schema.</summary>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<ColumnFacts>>> Tables(string connectionString, string schema)
    {
        const string sql = """
            select c.relname, a.attname, a.attnotnull and not a.atthasdef and a.attidentity = ''
            from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
            where n.nspname = $1 and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
            """;
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = schema } } };
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(string Table, ColumnFacts Column)>();
        while (await reader.ReadAsync()) rows.Add((reader.GetString(0), new(reader.GetString(1), reader.GetBoolean(2))));
        return rows.GroupBy(r => r.Table).ToDictionary(g => g.Key, IReadOnlyList<ColumnFacts> (g) => [.. g.Select(r => r.Column)]);
    }

    static List<string> Names(string columns) => [.. columns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Columns left of the equals signs of a <c>set</c> list; what stands in brackets or quotes is somebody's value.</summary>
    static List<string> Assigned(string set)
    {
        var names = new List<string>();
        var depth = 0;
        var begin = 0;
        for (var i = 0; i <= set.Length; i++)
        {
            if (i < set.Length && set[i] == '(') depth++;
            else if (i < set.Length && set[i] == ')') depth--;
            else if (i == set.Length || (set[i] == ',' && depth == 0))
            {
                if (Assignment().Match(set[begin..i]) is { Success: true } match) names.Add(match.Groups[1].Value);
                begin = i + 1;
            }
        }
        return names;
    }

    const string EndOfStatement = @"(?=\bwhere\b|\bfrom\b|\breturning\b|""|;|$)";

    static Regex Insert(string room) => new($@"insert\s+into\s+{room}\.(?<table>\w+)\s*(?:\w+\s+)?(?:\((?<columns>[\w\s,]+)\))?(?:(?:(?!insert\s+into)[^;""])*?do\s+update\s+set\s+(?<set>.*?){EndOfStatement})?", RegexOptions.Singleline);

    static Regex Update(string room) => new($@"(?<!do\s)update\s+{room}\.(?<table>\w+)\s+(?:\w+\s+)?set\s+(?<set>.*?){EndOfStatement}", RegexOptions.Singleline);

    [GeneratedRegex(@"^\s*(\w+)\s*=")]
    private static partial Regex Assignment();
}
