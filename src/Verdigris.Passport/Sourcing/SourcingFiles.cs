using Npgsql;
using NodaTime;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A file of an assessment: the certificate of track A, the audit of track B, the attestation of track D, or evidence behind a flag.</summary>
public sealed record SourcingFile(Guid Id, Guid AssessmentId, string Purpose, string FileName, string MediaType, long SizeBytes, string Sha256, Instant AddedAt) : IKeptFile;

/// <summary>Files of assessments. Its producer's people and the exchange fetch them, nobody else; they can be changed until the assessment is filed, and added while queries are open.</summary>
public sealed class SourcingFiles(EvidenceStore store)
{
    public const int MostFiles = 50;
    public static IReadOnlyList<string> Purposes { get; } = ["certificate", "audit", "attestation", "evidence"];

    public async Task<Answer<IReadOnlyList<SourcingFile>>> List(DbSession s, Guid assessment, CancellationToken ct)
    {
        if (await AssessmentStore.Find(s, assessment, ct) is null) return AssessmentStore.Hidden();
        return await s.All($"select {Columns} from passport.sourcing_file where assessment_id = $1 order by id", Map, ct, assessment);
    }

    public async Task<Answer<SourcingFile>> Add(DbSession s, Guid assessment, string? purpose, string? fileName, Stream content, CancellationToken ct)
    {
        if (!Purposes.Contains(purpose)) return Refusal.Of("sourcing.purpose-unknown", "purpose", ("given", purpose ?? ""), ("allowed", string.Join(", ", Purposes)));
        // Before anything is read: nobody fills the disk through a door he may not use. The check holds again when the row is written.
        var may = await AssessmentStore.Change(s, assessment, Role.ProducerEditor, (known, _) => Task.FromResult(Closed(known)), ct);
        if (!may.Ok) return Answer<SourcingFile>.From(may.Refusals);
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<SourcingFile>.From(kept.Refusals);
        var file = new SourcingFile(s.NewId(), assessment, purpose!, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Now);
        return await AssessmentStore.Change(s, assessment, Role.ProducerEditor, async (known, t) =>
        {
            if (Closed(known) is [_, ..] closed) return closed;
            if (await s.Value<long>("select count(*) from passport.sourcing_file where assessment_id = $1", t, assessment) >= MostFiles) return [Refusal.Conflict("sourcing.too-many", "file", ("limit", "50"))];
            var made = await s.Run("""
                insert into passport.sourcing_file (id, assessment_id, producer_id, purpose, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict (assessment_id, purpose, sha256) do nothing
                """, t, file.Id, assessment, known.ProducerId, file.Purpose, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, s.Actor.PersonId, file.AddedAt);
            if (made == 0) return [Refusal.Conflict("emissions.evidence-already-there", "file", ("name", file.FileName))];
            await s.Audit(AssessmentStore.Audit(known, "file-added", details: new { file.Purpose, file.FileName, file.SizeBytes }) with { EvidenceSha256 = file.Sha256 }, t);
            return [];
        }, _ => Task.FromResult(file), ct);
    }

    /// <summary>Takes a file off an assessment not yet filed. The audit trail keeps its name and hash.</summary>
    public async Task<Answer<Done>> Remove(DbSession s, Guid assessment, Guid id, CancellationToken ct) => await AssessmentStore.Change(s, assessment, Role.ProducerEditor, async (known, t) =>
    {
        if (AssessmentRules.IsFiled(known.State)) return [Refusal.Conflict("sourcing.filed", null, ("state", known.State.ToString()))];
        if (await Find(s, assessment, id, t) is not { } file) return [AssessmentStore.Hidden()];
        await s.Run("delete from passport.sourcing_file where id = $1", t, id);
        await s.Audit(AssessmentStore.Audit(known, "file-removed", details: new { file.Purpose, file.FileName }) with { EvidenceSha256 = file.Sha256 }, t);
        return [];
    }, _ => Task.FromResult(default(Done)), ct);

    /// <summary>The file with its content, hashed again on the way out. The caller disposes the stream.</summary>
    public async Task<Answer<(SourcingFile File, Stream Content)>> Open(DbSession s, Guid assessment, Guid id, CancellationToken ct)
    {
        if (await AssessmentStore.Find(s, assessment, ct) is null || await Find(s, assessment, id, ct) is not { } file) return AssessmentStore.Hidden();
        var content = store.Content(file.Sha256, file.FileName);
        return content.Ok ? (file, content.Value) : Answer<(SourcingFile File, Stream Content)>.From(content.Refusals);
    }

    internal static Task<bool> Has(DbSession s, Guid assessment, string purpose, CancellationToken ct) =>
        s.Value<bool>("select exists (select from passport.sourcing_file where assessment_id = $1 and purpose = $2)", ct, assessment, purpose);

    static IReadOnlyList<Refusal> Closed(Assessment known) =>
        AssessmentRules.IsFiled(known.State) && known.State != AssessmentState.Queries ? [Refusal.Conflict("sourcing.filed", null, ("state", known.State.ToString()))] : [];

    static Task<SourcingFile?> Find(DbSession s, Guid assessment, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.sourcing_file where id = $1 and assessment_id = $2", Map, ct, id, assessment);

    const string Columns = "id, assessment_id, purpose, file_name, media_type, size_bytes, sha256, added_at";

    static SourcingFile Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetString(6), r.Time(7));
}
