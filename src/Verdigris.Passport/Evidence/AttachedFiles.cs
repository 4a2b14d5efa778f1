using System.Globalization;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Evidence;

/// <summary>A file attached to something; never taken off again.</summary>
public sealed record AttachedFile(Guid Id, string FileName, string MediaType, long SizeBytes, string Sha256, Guid AddedBy, Instant AddedAt) : IKeptFile;

/// <summary>Files attached to subjects of capabilities that keep them for good. Who may add and see them is for the capability to ask, before it calls.</summary>
public sealed class AttachedFiles(EvidenceStore store)
{
    public const int Most = 20;

    /// <param name="subject">What kind of thing it is attached to; its ids are unique within a kind.</param>
    public async Task<Answer<AttachedFile>> Add(DbSession s, string subject, Guid id, string? fileName, Stream content, CancellationToken ct)
    {
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<AttachedFile>.From(kept.Refusals);
        var file = new AttachedFile(s.NewId(), kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Actor.PersonId, s.Now);
        return await s.InTransaction<AttachedFile>(async t =>
        {
            // Two uploads at once are counted one after the other.
            await s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", t, $"attached/{subject}/{id}");
            if (await Count(s, subject, id, t) >= Most) return Refusal.Conflict("evidence.too-many", "file", ("limit", Most.ToString(CultureInfo.InvariantCulture)));
            var made = await s.Run("insert into passport.attached_file (id, subject, subject_id, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (subject, subject_id, sha256) do nothing", t,
                file.Id, subject, id, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, file.AddedBy, file.AddedAt);
            if (made == 0) return Refusal.Conflict("emissions.evidence-already-there", "file", ("name", file.FileName));
            await s.Audit(new AuditEntry("evidence.attached", subject, id.ToString(), Details: new { file.FileName, file.SizeBytes }, EvidenceSha256: file.Sha256), t);
            return file;
        }, ct);
    }

    /// <summary>Oldest first.</summary>
    public static Task<List<AttachedFile>> List(DbSession s, string subject, Guid id, CancellationToken ct) => s.All($"select {Columns} from passport.attached_file where subject = $1 and subject_id = $2 order by id", Map, ct, subject, id);

    public static Task<long> Count(DbSession s, string subject, Guid id, CancellationToken ct) => s.Value<long>("select count(*) from passport.attached_file where subject = $1 and subject_id = $2", ct, subject, id);

    /// <summary>The file with its content; the caller disposes the stream.</summary>
    public async Task<Answer<(AttachedFile File, Stream Content)>> Open(DbSession s, string subject, Guid id, Guid file, CancellationToken ct)
    {
        if (await s.One($"select {Columns} from passport.attached_file where id = $1 and subject = $2 and subject_id = $3", Map, ct, file, subject, id) is not { } known) return EmissionsAccess.NotVisible("evidence");
        var content = store.Content(known.Sha256, known.FileName);
        return content.Ok ? (known, content.Value) : Answer<(AttachedFile, Stream)>.From(content.Refusals);
    }

    const string Columns = "id, file_name, media_type, size_bytes, sha256, added_by, added_at";

    static AttachedFile Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetString(4), r.GetGuid(5), r.Time(6));
}
