using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Primitives;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>The documents of a part of an export at once, by PostgreSQL's binary COPY, inside the caller's transaction.</summary>
static class ImportCopy
{
    public const string BlockColumns = "unit, first, last, grammar, parts, project_id, vintage_from, vintage_to, issued_on, labels, authorised_for, adjusted, import_id",
        EndingColumns = "number, kind, unit, first, last, project_id, ended_on, beneficiary, reason, printed, purpose, import_id";

    /// <summary>Blocks that come into the Book.</summary>
    public static async Task Blocks(NpgsqlConnection connection, Guid import, IReadOnlyList<PlannedRow> rows, IReadOnlyDictionary<string, Guid> projects, CancellationToken ct)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"copy registry.credit_block ({BlockColumns}) from stdin (format binary)", ct);
        foreach (var planned in rows)
        {
            var row = planned.Row;
            foreach (var range in planned.Issued)
            {
                var block = row.Block!;
                copy.StartRow();
                copy.Write(block.Unit, NpgsqlDbType.Text);
                copy.Write(range.First, NpgsqlDbType.Bigint);
                copy.Write(range.Last, NpgsqlDbType.Bigint);
                copy.Write(block.Grammar.Name, NpgsqlDbType.Text);
                copy.Write(block.Parts as string[] ?? [.. block.Parts], NpgsqlDbType.Array | NpgsqlDbType.Text);
                copy.Write(projects[row.Project], NpgsqlDbType.Uuid);
                Day(copy, row.VintageFrom);
                Day(copy, row.VintageTo);
                Day(copy, row.IssuedOn);
                Words(copy, row.Labels);
                Words(copy, row.AuthorisedFor);
                if (row.Adjusted is { } adjusted) copy.Write(adjusted, NpgsqlDbType.Boolean); else copy.WriteNull();
                copy.Write(import, NpgsqlDbType.Uuid);
            }
        }
        await copy.CompleteAsync(ct);
    }

    /// <param name="numbers">One for each row that ends units, in their order.</param>
    public static async Task Endings(NpgsqlConnection connection, Guid import, IReadOnlyList<PlannedRow> rows, IReadOnlyDictionary<string, Guid> projects, IReadOnlyList<long> numbers, CancellationToken ct)
    {
        var next = 0;
        await using var copy = await connection.BeginBinaryImportAsync($"copy registry.credit_ending ({EndingColumns}) from stdin (format binary)", ct);
        foreach (var planned in rows)
        {
            if (planned.Ended is not { } range) continue;
            var row = planned.Row;
            copy.StartRow();
            copy.Write(numbers[next++], NpgsqlDbType.Bigint);
            copy.Write((short)row.Ends!.Value, NpgsqlDbType.Smallint);
            copy.Write(row.Block!.Unit, NpgsqlDbType.Text);
            copy.Write(range.First, NpgsqlDbType.Bigint);
            copy.Write(range.Last, NpgsqlDbType.Bigint);
            copy.Write(projects[row.Project], NpgsqlDbType.Uuid);
            Day(copy, row.EndedOn);
            Text(copy, row.Beneficiary);
            copy.Write(row.Reason!, NpgsqlDbType.Text);
            Text(copy, row.PrintedReason);
            Text(copy, row.Purpose);
            copy.Write(import, NpgsqlDbType.Uuid);
        }
        await copy.CompleteAsync(ct);
    }

    static void Day(NpgsqlBinaryImporter copy, LocalDate? day)
    {
        if (day is { } d) copy.Write(d.ToDateOnly(), NpgsqlDbType.Date); else copy.WriteNull();
    }

    static void Text(NpgsqlBinaryImporter copy, string? text)
    {
        if (text is null) copy.WriteNull(); else copy.Write(text, NpgsqlDbType.Text);
    }

    static void Words(NpgsqlBinaryImporter copy, IReadOnlyList<string>? words)
    {
        if (words is null) copy.WriteNull(); else copy.Write(words as string[] ?? [.. words], NpgsqlDbType.Array | NpgsqlDbType.Text);
    }
}
