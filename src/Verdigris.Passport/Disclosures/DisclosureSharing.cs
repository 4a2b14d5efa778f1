using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>An organisation a producer shows a disclosure to.</summary>
/// <param name="Until">Last day it sees it.</param>
public sealed record DisclosureGrant(Guid OrganisationId, LocalDate Until, Instant GrantedAt);

/// <summary>A file that bears a disclosure out.</summary>
/// <param name="Shared">Whether whoever sees the disclosure sees the file; the exchange does once it was handed in.</param>
public sealed record DisclosureFile(Guid Id, Guid DisclosureId, string FileName, string MediaType, long SizeBytes, string Sha256, bool Shared, Instant AddedAt) : IKeptFile;

/// <summary>Use cases of what stands beside a disclosure: the organisations it is shown to, and the files that bear it out.</summary>
public sealed class DisclosureSharing(DisclosureHandlers disclosures, EvidenceStore store)
{
    /// <summary>Lets an organisation see it until a day, or until another day than before.</summary>
    public Task<Answer<Disclosure>> Grant(DbSession s, Guid id, Guid organisation, LocalDate until, CancellationToken ct) => DisclosureHandlers.Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var wrong = new List<Refusal>();
        if (organisation == known.Subject.ProducerId || await s.Value<long>("select count(*) from passport.organisation where id = $1 and state = 'active'", t, organisation) == 0) wrong.Add(Refusal.Of("disclosure.grant-organisation-unknown", "organisationId"));
        if (until < s.Now.InUtc().Date || until.Year > 2200) wrong.Add(Refusal.Of("disclosure.grant-over", "until", ("today", DisclosureRules.Iso(s.Now.InUtc().Date))));
        if (wrong.Count > 0) return wrong;
        await s.Run("""
            insert into passport.disclosure_grant (disclosure_id, organisation_id, producer_id, until_date, granted_by, granted_at) values ($1, $2, $3, $4, $5, $6)
            on conflict (disclosure_id, organisation_id) do update set until_date = $4, granted_by = $5, granted_at = $6
            """, t, id, organisation, known.Subject.ProducerId, until, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("disclosure.granted", "disclosure", id.ToString(), Details: new { organisation, until }), t);
        return [];
    }, ct);

    public Task<Answer<Disclosure>> Revoke(DbSession s, Guid id, Guid organisation, CancellationToken ct) => DisclosureHandlers.Change(s, id, Role.ProducerApprover, async (_, t) =>
    {
        if (await s.Run("delete from passport.disclosure_grant where disclosure_id = $1 and organisation_id = $2", t, id, organisation) == 0) return [EmissionsAccess.NotVisible("grant")];
        await s.Audit(new AuditEntry("disclosure.grant-revoked", "disclosure", id.ToString(), Details: new { organisation }), t);
        return [];
    }, ct);

    /// <summary>Whom it is shown to, for its producer.</summary>
    public async Task<Answer<IReadOnlyList<DisclosureGrant>>> Grants(DbSession s, Guid id, CancellationToken ct)
    {
        if (await disclosures.Read(s, id, ct) is not { Ok: true } read || read.Value.Subject.ProducerId != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("disclosure");
        return await s.All("select organisation_id, until_date, granted_at from passport.disclosure_grant where disclosure_id = $1 order by until_date, organisation_id", r => new DisclosureGrant(r.GetGuid(0), r.Day(1), r.Time(2)), ct, id);
    }

    /// <summary>The files a reader of the disclosure may fetch, oldest first.</summary>
    public async Task<Answer<IReadOnlyList<DisclosureFile>>> Files(DbSession s, Guid id, CancellationToken ct)
    {
        var read = await disclosures.Read(s, id, ct);
        if (!read.Ok) return Answer<IReadOnlyList<DisclosureFile>>.From(read.Refusals);
        var files = await s.All($"select {Columns} from passport.disclosure_evidence where disclosure_id = $1 order by id", Map, ct, id);
        return files.Where(f => MayFetch(s.Actor, read.Value, f)).ToList();
    }

    /// <summary>Keeps a file with a draft or returned disclosure; the rules of kind and size are those of <see cref="EvidenceRules"/>.</summary>
    public async Task<Answer<DisclosureFile>> Add(DbSession s, Guid id, string? fileName, bool shared, Stream content, CancellationToken ct)
    {
        // Before anything is read: nobody fills the disk through a door he may not use.
        var may = await DisclosureHandlers.Change(s, id, Role.ProducerEditor, (known, _) => Task.FromResult<IReadOnlyList<Refusal>>(DisclosureHandlers.Closed(known) is { } closed ? [closed] : []), ct);
        if (!may.Ok) return Answer<DisclosureFile>.From(may.Refusals);
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<DisclosureFile>.From(kept.Refusals);
        var file = new DisclosureFile(s.NewId(), id, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, shared, s.Now);
        var added = await DisclosureHandlers.Change(s, id, Role.ProducerEditor, async (known, t) =>
        {
            if (DisclosureHandlers.Closed(known) is { } closed) return [closed];
            if (await s.Value<long>("select count(*) from passport.disclosure_evidence where disclosure_id = $1", t, id) >= EvidenceRules.MostFiles)
                return [Refusal.Conflict("emissions.evidence-too-many", "file", ("limit", EvidenceRules.MostFiles.ToString(System.Globalization.CultureInfo.InvariantCulture)))];
            var made = await s.Run("""
                insert into passport.disclosure_evidence (id, disclosure_id, producer_id, file_name, media_type, size_bytes, sha256, shared, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                on conflict (disclosure_id, sha256) do nothing
                """, t, file.Id, id, known.Subject.ProducerId, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, shared, s.Actor.PersonId, file.AddedAt);
            if (made == 0) return [Refusal.Conflict("emissions.evidence-already-there", "file", ("name", file.FileName))];
            await s.Audit(new AuditEntry("disclosure.evidence-added", "disclosure", id.ToString(), Details: new { file.FileName, file.SizeBytes, shared }, EvidenceSha256: file.Sha256), t);
            return [];
        }, ct);
        return added.Ok ? file : Answer<DisclosureFile>.From(added.Refusals);
    }

    public async Task<Answer<Done>> Remove(DbSession s, Guid id, Guid file, CancellationToken ct)
    {
        var removed = await DisclosureHandlers.Change(s, id, Role.ProducerEditor, async (known, t) =>
        {
            if (DisclosureHandlers.Closed(known) is { } closed) return [closed];
            if (await Find(s, id, file, t) is not { } found) return [EmissionsAccess.NotVisible("evidence")];
            await s.Run("delete from passport.disclosure_evidence where id = $1", t, file);
            await s.Audit(new AuditEntry("disclosure.evidence-removed", "disclosure", id.ToString(), Details: new { found.FileName, found.SizeBytes }, EvidenceSha256: found.Sha256), t);
            return [];
        }, ct);
        return removed.Ok ? default(Done) : Answer<Done>.From(removed.Refusals);
    }

    /// <summary>A file with its content. The caller disposes the stream.</summary>
    public async Task<Answer<(DisclosureFile File, Stream Content)>> Open(DbSession s, Guid id, Guid file, CancellationToken ct)
    {
        if (await disclosures.Read(s, id, ct) is not { Ok: true } read || await Find(s, id, file, ct) is not { } found || !MayFetch(s.Actor, read.Value, found)) return EmissionsAccess.NotVisible("evidence");
        var content = store.Content(found.Sha256, found.FileName);
        return content.Ok ? (found, content.Value) : Answer<(DisclosureFile File, Stream Content)>.From(content.Refusals);
    }

    /// <summary>Of those who see the disclosure: its producer, the exchange, and everybody else where the file is shared.</summary>
    static bool MayFetch(Actor actor, Disclosure d, DisclosureFile file) =>
        file.Shared || actor.Is(Role.System) || (actor.SignedIn && (actor.OrganisationId == d.Subject.ProducerId || actor.Is(Role.ExchangeStaff)));

    static Task<DisclosureFile?> Find(DbSession s, Guid id, Guid file, CancellationToken ct) =>
        s.One($"select {Columns} from passport.disclosure_evidence where id = $1 and disclosure_id = $2", Map, ct, file, id);

    const string Columns = "id, disclosure_id, file_name, media_type, size_bytes, sha256, shared, added_at";

    static DisclosureFile Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetString(5), r.GetBoolean(6), r.Time(7));
}
