using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>Rows of imports, and who is at work on one.</summary>
static class ImportStore
{
    const string Columns = "id, file_sha256, file_name, mode, state, lines, accepted, refused, applied, last_line, producer_id, started_by, mapping";

    public sealed record Row(ImportReport Report, int LastLine, Guid Producer, Guid StartedBy, ImportMapping? Mapping);

    /// <summary>The import of these bytes by the actor's organisation; made where it is not there yet.</summary>
    public static Task<Guid> Open(DbSession s, string sha256, string fileName, string mode, CancellationToken ct) => s.InTransaction(async t =>
    {
        await s.Run("""
            insert into passport.certificate_import (id, producer_id, file_sha256, file_name, mode, state, lines, accepted, refused, applied, last_line, started_by, started_at)
            values ($1, $2, $3, $4, $5, 'applying', 0, 0, 0, 0, 0, $6, $7) on conflict (producer_id, file_sha256) do nothing
            """, t, s.NewId(), s.Actor.OrganisationId, sha256, fileName.Length > 200 ? fileName[..200] : fileName, mode, s.Actor.PersonId, s.Now);
        return await s.Value<Guid>("select id from passport.certificate_import where producer_id = $1 and file_sha256 = $2", t, s.Actor.OrganisationId, sha256);
    }, ct);

    public static async Task<Row?> Find(DbSession s, Guid id, CancellationToken ct)
    {
        var faults = await s.All("select line, column_name, code, args from passport.certificate_import_line where import_id = $1 order by line, seq",
            r => new ImportFault(r.GetInt32(0), r.Text(1), r.GetString(2), r.IsDBNull(3) ? null : StorageJson.Read<Dictionary<string, string>>(r.GetString(3))), ct, id);
        return await s.One($"select {Columns} from passport.certificate_import where id = $1", r => new Row(Map(r, faults), r.GetInt32(9), r.GetGuid(10), r.GetGuid(11), MappingOf(r)), ct, id);
    }

    static readonly ListOrders<ImportReport> Orders = new("certificate-imports", "-added", ListKey<ImportReport>.Id("added", "id", r => r.Id!.Value), ListKey<ImportReport>.Text("file", "file_name", r => r.FileName));

    public static Task<Answer<Page<ImportReport>>> List(DbSession s, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        query.And("producer_id = ", s.Actor.OrganisationId);
        return Orders.Page(s, $"select {Columns} from passport.certificate_import", query, sort, cursor, limit, r => Map(r, []), ct);
    }

    /// <summary>Keeps the mapping an import is read with, as it is now.</summary>
    public static Task<int> SetMapping(DbSession s, Guid id, ImportMapping? mapping, CancellationToken ct) =>
        s.Run("update passport.certificate_import set mapping = $2 where id = $1", ct, id, mapping is null ? null : new Json(StorageJson.Write(mapping)));

    /// <summary>A file that was refused is tried anew.</summary>
    public static Task<int> Restart(DbSession s, Guid id, string mode, CancellationToken ct) =>
        s.Run("update passport.certificate_import set state = 'applying', mode = $2, finished_at = null where id = $1 and state = 'refused'", ct, id, mode);

    public static async Task Finish(DbSession s, Guid id, string mode, string state, ImportRun run, int applied, CancellationToken ct) => await s.InTransaction(async t =>
    {
        await s.Run("delete from passport.certificate_import_line where import_id = $1", t, id);
        await s.Run("""
            insert into passport.certificate_import_line (import_id, line, seq, column_name, code, args)
            select $1, f.line, f.seq, f.column_name, f.code, f.args::jsonb from unnest($2::int[], $3::text[], $4::text[], $5::text[]) with ordinality as f (line, column_name, code, args, seq)
            """, t, id, run.Faults.Select(f => f.Line).ToArray(), run.Faults.Select(f => f.Column).ToArray(), run.Faults.Select(f => f.Code).ToArray(),
            run.Faults.Select(f => f.Args is null ? null : StorageJson.Write(f.Args)).ToArray());
        await s.Run("update passport.certificate_import set mode = $2, state = $3, lines = $4, accepted = $5, refused = $6, applied = $7, finished_at = $8 where id = $1", t, id, mode, state, run.Lines, run.Accepted, run.Refused, applied, s.Now);
        await s.Audit(new AuditEntry(state == "done" ? "import.done" : "import.refused", "import", id.ToString(), Details: new { run.Lines, run.Accepted, run.Refused, Applied = applied, Mode = mode }, EvidenceSha256: run.Sha256), t);
    }, ct);

    /// <summary>A file that cannot be read at all leaves no import behind, unless part of it is already in.</summary>
    public static Task<int> Drop(DbSession s, Guid id, CancellationToken ct) => s.Run("delete from passport.certificate_import where id = $1 and applied = 0", ct, id);

    /// <summary>One at a time for a file, on whatever node: a second sender waits and then finds it done.</summary>
    public static Task<int> Lock(DbSession s, Guid id, CancellationToken ct) => s.Run("select pg_advisory_lock(hashtextextended($1, 41))", ct, id.ToString());

    public static Task<int> Unlock(DbSession s, Guid id) => s.Run("select pg_advisory_unlock(hashtextextended($1, 41))", CancellationToken.None, id.ToString());

    /// <summary>Whether somebody holds the lock of <see cref="Lock"/>.</summary>
    public static Task<bool> IsRunning(DbSession s, Guid id, CancellationToken ct) => s.Value<bool>("""
        select exists (
          select from pg_locks l, hashtextextended($1, 41) key
          where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.database = (select oid from pg_database where datname = current_database())
            and l.classid::bigint = ((key >> 32) & 4294967295) and l.objid::bigint = (key & 4294967295))
        """, ct, id.ToString());

    public static Task<ImportProgress?> Progress(DbSession s, Guid id, CancellationToken ct) =>
        s.One("select lines, read, checked, refused, written from passport.certificate_import_progress where import_id = $1",
            r => new ImportProgress(r.GetInt32(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4)), ct, id);

    static ImportReport Map(Npgsql.NpgsqlDataReader r, IReadOnlyList<ImportFault> faults) =>
        new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt32(5), r.GetInt32(6), r.GetInt32(7), r.GetInt32(8), 0, faults, Mapping: MappingOf(r)?.Name);

    static ImportMapping? MappingOf(Npgsql.NpgsqlDataReader r) => r.Text(12) is { } mapping ? StorageJson.Read<ImportMapping>(mapping) : null;
}
