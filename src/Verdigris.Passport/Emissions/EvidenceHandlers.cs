using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Emissions;

/// <summary>A file behind the figures of a submission.</summary>
/// <param name="Sha256">Of its content, in lower-case hexadecimal; the content is kept under it.</param>
public sealed record EvidenceFile(Guid Id, Guid SubmissionId, string FileName, string MediaType, long SizeBytes, string Sha256, Guid AddedBy, Instant AddedAt) : IKeptFile;

/// <summary>
/// Use cases of the evidence of a submission. Its producer's people and, once it was handed in, the exchange see and fetch it; the public does not, even where it sees the
/// figures: meter readings and invoices are not what was opted in. It can be changed as long as the figures can.
/// </summary>
public sealed class EvidenceHandlers(EmissionsHandlers emissions, EvidenceStore store)
{
    /// <summary>Oldest first.</summary>
    public async Task<Answer<IReadOnlyList<EvidenceFile>>> List(DbSession s, Guid submission, CancellationToken ct)
    {
        if (await Hidden(s, submission, ct) is { } hidden) return hidden;
        return await s.All($"select {Columns} from passport.emissions_evidence where submission_id = $1 order by id", Map, ct, submission);
    }

    /// <summary>Keeps a file; at most <see cref="EvidenceRules.LargestBytes"/> of it are read into memory.</summary>
    public async Task<Answer<EvidenceFile>> Add(DbSession s, Guid submission, string? fileName, Stream content, CancellationToken ct)
    {
        // Before anything is read: nobody fills the disk through a door he may not use. The check holds again when the row is written.
        var may = await EmissionsHandlers.Change(s, submission, Role.ProducerEditor, (known, _) => Task.FromResult(Closed(known)), ct);
        if (!may.Ok) return Answer<EvidenceFile>.From(may.Refusals);
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<EvidenceFile>.From(kept.Refusals);
        var file = new EvidenceFile(s.NewId(), submission, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Actor.PersonId, s.Now);
        var added = await EmissionsHandlers.Change(s, submission, Role.ProducerEditor, async (known, t) =>
        {
            if (Closed(known) is [_, ..] closed) return closed;
            if (await s.Value<long>("select count(*) from passport.emissions_evidence where submission_id = $1", t, submission) >= EvidenceRules.MostFiles)
                return [Refusal.Conflict("emissions.evidence-too-many", "file", ("limit", EvidenceRules.MostFiles.ToString(System.Globalization.CultureInfo.InvariantCulture)))];
            var made = await s.Run("""
                insert into passport.emissions_evidence (id, submission_id, producer_id, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (submission_id, sha256) do nothing
                """, t, file.Id, submission, known.ProducerId, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, file.AddedBy, file.AddedAt);
            if (made == 0) return [Refusal.Conflict("emissions.evidence-already-there", "file", ("name", file.FileName))];
            await s.Audit(new AuditEntry("emissions.evidence-added", "emissions", submission.ToString(), Details: new { file.FileName, file.SizeBytes }, EvidenceSha256: file.Sha256), t);
            return [];
        }, ct);
        return added.Ok ? file : Answer<EvidenceFile>.From(added.Refusals);
    }

    /// <summary>Takes a file off the submission. The audit trail keeps its name and hash.</summary>
    public async Task<Answer<Done>> Remove(DbSession s, Guid submission, Guid id, CancellationToken ct)
    {
        var removed = await EmissionsHandlers.Change(s, submission, Role.ProducerEditor, async (known, t) =>
        {
            if (Closed(known) is [_, ..] closed) return closed;
            if (await Find(s, submission, id, t) is not { } file) return [EmissionsAccess.NotVisible("evidence")];
            await s.Run("delete from passport.emissions_evidence where id = $1", t, id);
            await s.Audit(new AuditEntry("emissions.evidence-removed", "emissions", submission.ToString(), Details: new { file.FileName, file.SizeBytes }, EvidenceSha256: file.Sha256), t);
            return [];
        }, ct);
        return removed.Ok ? default(Done) : Answer<Done>.From(removed.Refusals);
    }

    /// <summary>The file with its content, hashed again on the way out. The caller disposes the stream.</summary>
    /// <exception cref="StorageProblem">The file on disk no longer has its hash.</exception>
    public async Task<Answer<(EvidenceFile File, Stream Content)>> Open(DbSession s, Guid submission, Guid id, CancellationToken ct)
    {
        if (await Hidden(s, submission, ct) is { } hidden) return hidden;
        if (await Find(s, submission, id, ct) is not { } file) return EmissionsAccess.NotVisible("evidence");
        var content = store.Content(file.Sha256, file.FileName);
        return content.Ok ? (file, content.Value) : Answer<(EvidenceFile File, Stream Content)>.From(content.Refusals);
    }

    async Task<Refusal?> Hidden(DbSession s, Guid submission, CancellationToken ct) =>
        await emissions.Read(s, submission, ct) is { Ok: true } read && read.Value.Because != Because.Public ? null : EmissionsAccess.NotVisible("emissions");

    static IReadOnlyList<Refusal> Closed(Submission known) => EmissionsHandlers.Closed(known, "Revise") is { } closed ? [closed] : [];

    static Task<EvidenceFile?> Find(DbSession s, Guid submission, Guid id, CancellationToken ct) =>
        s.One($"select {Columns} from passport.emissions_evidence where id = $1 and submission_id = $2", Map, ct, id, submission);

    const string Columns = "id, submission_id, file_name, media_type, size_bytes, sha256, added_by, added_at";

    static EvidenceFile Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetString(5), r.GetGuid(6), r.Time(7));
}
