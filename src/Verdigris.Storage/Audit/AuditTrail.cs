using System.Globalization;
using System.Text.Json;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>
/// The append-only trail of every change: who, when, what, why. Each row carries the SHA-256 of itself and its predecessor, computed by the database in
/// <c>storage.audit_append</c>, the only way in; triggers refuse every update, delete and truncate, of the owner role too. An organisation sees its own
/// rows, exchange staff all of them (row-level security). A row holds a reference to the name of who
/// acted; the name stands where it can be erased (<c>storage.person_name</c>).
/// </summary>
public static class AuditTrail
{
    const string Columns = "id, at, person, storage.name_of(person_name), organisation, action, subject_kind, subject_id, reason, details::text, evidence_sha256, encode(hash, 'hex')";

    /// <summary>Newest first unless asked otherwise, as far as the session's actor may see.</summary>
    /// <exception cref="ArgumentException"><see cref="AuditFilter.Check"/> refuses the filter.</exception>
    public static async Task<Page<AuditEvent>> Read(DbSession session, AuditFilter filter, CancellationToken ct = default)
    {
        if (filter.Check() is [var first, ..]) throw new ArgumentException($"The filter is refused: {first.Code}.", nameof(filter));
        await using var command = new NpgsqlCommand { Connection = await session.Connection(ct) };
        var where = new List<string>();
        Narrow("subject_kind =", filter.SubjectKind);
        Narrow("subject_id =", filter.SubjectId);
        Narrow("organisation =", filter.OrganisationId);
        Narrow("person =", filter.PersonId);
        Narrow("action =", filter.Action);
        if (filter.Person is { Length: > 0 } part)
        {
            command.Parameters.Add(new() { Value = part });
            where.Add($"person in (select storage.people_named(${command.Parameters.Count}))");
        }
        Narrow("at >=", filter.From?.ToDateTimeUtc());
        Narrow("at <", filter.To?.ToDateTimeUtc());
        Narrow(filter.OldestFirst ? "id >" : "id <", filter.After());
        command.Parameters.Add(new() { Value = filter.Limit + 1 });
        command.CommandText = $"select {Columns} from storage.audit_event {(where.Count > 0 ? "where " + string.Join(" and ", where) : "")} order by id{(filter.OldestFirst ? "" : " desc")} limit ${command.Parameters.Count}";
        var rows = await Rows(command, ct);
        var more = rows.Count > filter.Limit;
        if (more) rows.RemoveAt(rows.Count - 1);
        return new(rows, more ? Cursor.After(filter.Order, rows[^1].Id.ToString(CultureInfo.InvariantCulture)) : null);

        void Narrow(string condition, object? value)
        {
            if (value is null) return;
            command.Parameters.Add(new() { Value = value });
            where.Add($"{condition} ${command.Parameters.Count}");
        }
    }

    public static Task<Page<AuditEvent>> OfSubject(DbSession session, string kind, string id, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        Read(session, new(SubjectKind: kind, SubjectId: id, Cursor: cursor, Limit: limit), ct);

    /// <summary>Computes the whole chain again. Runs as the owner role, since nobody else sees every row.</summary>
    public static async Task<AuditVerification> Verify(Database database, CancellationToken ct = default)
    {
        await using var connection = await database.Owner.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("select checked, first_broken, encode(head, 'hex') from storage.audit_verify()", connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new(reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetString(2));
    }

    internal static async Task Append(NpgsqlConnection connection, IReadOnlyList<AuditEntry> entries, Instant at, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select storage.audit_append($1, $2, $3, $4, $5, $6, $7)", connection);
        command.Parameters.Add(new() { Value = at.ToDateTimeUtc() });
        Array(e => e.Action);
        Array(e => e.SubjectKind);
        Array(e => e.SubjectId);
        Array(e => e.Reason);
        Array(e => e.Details is null ? null : JsonSerializer.Serialize(e.Details, e.Details.GetType(), StorageJson.Options));
        Array(e => e.EvidenceSha256);
        await command.ExecuteNonQueryAsync(ct);

        void Array(Func<AuditEntry, string?> pick) =>
            command.Parameters.Add(new() { Value = entries.Select(pick).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    static async Task<List<AuditEvent>> Rows(NpgsqlCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<AuditEvent>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(new(
                reader.GetInt64(0), Instant.FromDateTimeUtc(reader.GetDateTime(1)), reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetGuid(4), reader.GetString(5), reader.GetString(6), reader.GetString(7),
                reader.IsDBNull(8) ? null : reader.GetString(8), reader.IsDBNull(9) ? null : reader.GetString(9), reader.IsDBNull(10) ? null : reader.GetString(10), reader.GetString(11)));
        }
        return rows;
    }
}
