using NodaTime;
using Npgsql;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Verification;

/// <summary>A file at a finding; never taken off again.</summary>
/// <param name="OrganisationId">Who brought it: the operator or the verifier.</param>
public sealed record FindingFile(Guid Id, Guid FindingId, Guid OrganisationId, string FileName, string MediaType, long SizeBytes, string Sha256, Guid AddedBy, Instant AddedAt) : IKeptFile;

/// <summary>Evidence at findings and requests: operator and verifier bring it as long as the finding is open, and both see it for good.</summary>
public sealed class FindingFiles(EvidenceStore store)
{
    public const int Most = 20;

    const string Columns = "id, finding_id, organisation_id, file_name, media_type, size_bytes, sha256, added_by, added_at";

    /// <summary>Keeps a file of at most <see cref="EvidenceRules.LargestBytes"/>.</summary>
    public async Task<Answer<FindingFile>> Add(DbSession s, Guid finding, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover, Role.VerifierLead) is { } no) return no;
        // Before anything is read: nobody fills the disk through a door he may not use. Asked again when the row is written.
        if (await Closed(s, await ReportStore.FindFinding(s, finding, ct), ct) is { } hidden) return hidden;
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<FindingFile>.From(kept.Refusals);
        var file = new FindingFile(s.NewId(), finding, s.Actor.OrganisationId, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Actor.PersonId, s.Now);
        return await s.InTransaction<FindingFile>(async t =>
        {
            var known = await ReportStore.LockedFinding(s, finding, t);
            if (await Closed(s, known, t) is { } closed) return closed;
            if (await s.Value<long>("select count(*) from footprint.finding_file where finding_id = $1", t, finding) >= Most) return Refusal.Conflict("finding.files", "file", ("limit", $"{Most}"));
            var made = await s.Run("insert into footprint.finding_file (id, finding_id, organisation_id, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (finding_id, sha256) do nothing", t,
                file.Id, finding, file.OrganisationId, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, file.AddedBy, file.AddedAt);
            if (made == 0) return Refusal.Conflict("emissions.evidence-already-there", "file", ("name", file.FileName));
            await s.Audit(new AuditEntry("finding.file-added", "report", known!.ReportId.ToString(), Details: new { Finding = finding, file.FileName, file.SizeBytes }, EvidenceSha256: file.Sha256), t);
            return file;
        }, ct);
    }

    /// <summary>Files of all findings of a report, oldest first.</summary>
    public async Task<Answer<IReadOnlyList<FindingFile>>> OfReport(DbSession s, Guid report, CancellationToken ct) => await ReportStore.Find(s, report, ct) is null ? Refusal.NotFound("report.not-found")
        : await s.All($"select {Columns} from footprint.finding_file where finding_id in (select id from footprint.finding where report_id = $1) order by id", Map, ct, report);

    /// <summary>The file with its content; the caller disposes the stream.</summary>
    public async Task<Answer<(FindingFile File, Stream Content)>> Open(DbSession s, Guid finding, Guid id, CancellationToken ct)
    {
        if (await s.One($"select {Columns} from footprint.finding_file where id = $1 and finding_id = $2", Map, ct, id, finding) is not { } file) return Refusal.NotFound("finding.not-found");
        var content = store.Content(file.Sha256, file.FileName);
        return content.Ok ? (file, content.Value) : Answer<(FindingFile, Stream)>.From(content.Refusals);
    }

    static async Task<Refusal?> Closed(DbSession s, Finding? finding, CancellationToken ct)
    {
        if (finding is null || await ReportStore.Find(s, finding.ReportId, ct) is not { Report: { } report }) return Refusal.NotFound("finding.not-found");
        return finding.State == FindingState.Closed || ReportStates.Decided(report.State) ? Refusal.Conflict("finding.closed", "state") : null;
    }

    static FindingFile Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetString(6), r.GetGuid(7), r.Time(8));
}
