using System.Globalization;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>A photo taken at the scale.</summary>
/// <param name="Sha256">Of its content, in lower-case hexadecimal; the content is kept under it.</param>
public sealed record MatchPhoto(Guid Id, Guid MatchId, string FileName, string MediaType, long SizeBytes, string Sha256, Guid AddedBy, Instant AddedAt) : IKeptFile;

/// <summary>Photos of inbound matches: JPEG or PNG, added by whoever matched, never taken off again, seen by whoever sees the match.</summary>
public sealed class MatchPhotos(WarrantHandlers matches, EvidenceStore store)
{
    public const int Most = 20;

    /// <summary>Oldest first.</summary>
    public async Task<Answer<IReadOnlyList<MatchPhoto>>> List(DbSession s, Guid match, CancellationToken ct)
    {
        if (await matches.ReadMatch(s, match, ct) is { Ok: false } hidden) return Answer<IReadOnlyList<MatchPhoto>>.From(hidden.Refusals);
        return await s.All($"select {Columns} from passport.match_photo where match_id = $1 order by id", Map, ct, match);
    }

    public async Task<Answer<MatchPhoto>> Add(DbSession s, Guid match, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        // Before anything is read: nobody fills the disk through a door he may not use.
        var read = await matches.ReadMatch(s, match, ct);
        if (!read.Ok) return Answer<MatchPhoto>.From(read.Refusals);
        if (read.Value.OperatorId != s.Actor.PersonId) return Refusal.Forbidden("match.photo-not-yours", "file");
        var named = EvidenceRules.NameOf(fileName);
        if (!EvidenceRules.Kinds.Any(k => k.MediaType.StartsWith("image/", StringComparison.Ordinal) && named.EndsWith(k.Ending, StringComparison.OrdinalIgnoreCase))) return Refusal.Of("match.photo-no-picture", "file", ("name", named));
        var kept = await store.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<MatchPhoto>.From(kept.Refusals);
        var photo = new MatchPhoto(s.NewId(), match, kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Actor.PersonId, s.Now);
        return await s.InTransaction<MatchPhoto>(async t =>
        {
            // Two uploads at once are counted one after the other.
            await s.Run("select 1 from passport.inbound_match where id = $1 for update", t, match);
            if (await s.Value<long>("select count(*) from passport.match_photo where match_id = $1", t, match) >= Most) return Refusal.Conflict("match.photo-too-many", "file", ("limit", Most.ToString(CultureInfo.InvariantCulture)));
            var made = await s.Run("insert into passport.match_photo (id, match_id, file_name, media_type, size_bytes, sha256, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (match_id, sha256) do nothing", t,
                photo.Id, match, photo.FileName, photo.MediaType, photo.SizeBytes, photo.Sha256, photo.AddedBy, photo.AddedAt);
            if (made == 0) return Refusal.Conflict("emissions.evidence-already-there", "file", ("name", photo.FileName));
            await s.Audit(new AuditEntry("match.photo-added", "certificate", read.Value.CertificateId.ToString(), Details: new { Match = match, photo.FileName, photo.SizeBytes }, EvidenceSha256: photo.Sha256), t);
            return photo;
        }, ct);
    }

    /// <summary>The photo with its content, hashed again on the way out. The caller disposes the stream.</summary>
    /// <exception cref="StorageProblem">The file on disk no longer has its hash.</exception>
    public async Task<Answer<(MatchPhoto Photo, Stream Content)>> Open(DbSession s, Guid match, Guid id, CancellationToken ct)
    {
        if (await matches.ReadMatch(s, match, ct) is { Ok: false } hidden) return Answer<(MatchPhoto, Stream)>.From(hidden.Refusals);
        if (await s.One($"select {Columns} from passport.match_photo where id = $1 and match_id = $2", Map, ct, id, match) is not { } photo) return EmissionsAccess.NotVisible("photo");
        var content = store.Content(photo.Sha256, photo.FileName);
        return content.Ok ? (photo, content.Value) : Answer<(MatchPhoto, Stream)>.From(content.Refusals);
    }

    const string Columns = "id, match_id, file_name, media_type, size_bytes, sha256, added_by, added_at";

    static MatchPhoto Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt64(4), r.GetString(5), r.GetGuid(6), r.Time(7));
}
