using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates;

/// <summary>A key certificates are signed with, whoever it belongs to.</summary>
/// <param name="Kid">RFC 7638 thumbprint of the public half.</param>
/// <param name="ValidTo">Null while it is in use.</param>
public abstract record SigningKey(string Kid, PublicJwk PublicJwk, Instant ValidFrom, Instant? ValidTo, Instant? RevokedAt, string? RevokeReason)
{
    public bool ValidAt(Instant time) => ValidFrom <= time && (ValidTo is not { } to || time < to) && (RevokedAt is not { } revoked || time < revoked);

    /// <summary>What a stored signature is worth: valid, invalid, key-unknown, key-revoked, key-not-valid-then.</summary>
    internal static string Judge(SigningKey? key, string jws, ReadOnlySpan<byte> content, bool hashAgrees, Instant signedAt)
    {
        if (key is null) return "key-unknown";
        using var open = key.PublicJwk.Key();
        if (open is null || !hashAgrees || Jws.KeyId(jws) != key.Kid || !Jws.Verify(open, jws, content)) return "invalid";
        if (key.RevokedAt is not null) return "key-revoked";
        return key.ValidAt(signedAt) ? "valid" : "key-not-valid-then";
    }
}

/// <summary>A key that signs for a plant.</summary>
/// <param name="HeldBy">platform: the private half lies in the <see cref="KeyVault"/>; producer: he signs himself.</param>
/// <param name="ValidTo">Null while it is the plant's key.</param>
public sealed record PlantKey(string Kid, Guid PlantId, PublicJwk PublicJwk, string HeldBy, Instant ValidFrom, Instant? ValidTo, Instant? RevokedAt, string? RevokeReason)
    : SigningKey(Kid, PublicJwk, ValidFrom, ValidTo, RevokedAt, RevokeReason);

/// <summary>Making, rotating and revoking the keys of plants. A key rotated out still proves what it signed while it was valid; a revoked key proves nothing any more.</summary>
public sealed class PlantKeys(KeyVault vault)
{
    /// <summary>Makes a key kept by the platform, or takes the producer's own; the plant's earlier keys end now.</summary>
    public async Task<Answer<PlantKey>> Rotate(DbSession s, Guid plant, PublicJwk? producersOwn, CancellationToken ct)
    {
        if (await CheckPlant(s, plant, ct) is { } no) return no;
        if (producersOwn is not null)
        {
            using var readable = producersOwn.Key();
            if (readable is null) return Refusal.Of("key.not-p256", "publicJwk");
        }
        var jwk = producersOwn ?? vault.Create();
        var key = new PlantKey(jwk.Thumbprint(), plant, jwk, producersOwn is null ? "platform" : "producer", s.Now, null, null, null);
        try
        {
            return await s.InTransaction<PlantKey>(async t =>
            {
                await s.Run("update passport.plant_key set valid_to = $2 where plant_id = $1 and valid_to is null and valid_from < $2", t, plant, key.ValidFrom);
                await s.Run("insert into passport.plant_key (kid, plant_id, public_jwk, held_by, valid_from, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $5)", t,
                    key.Kid, plant, new Json(StorageJson.Write(jwk)), key.HeldBy, key.ValidFrom, s.Actor.PersonId);
                await s.Audit(new AuditEntry("plant-key.rotated", "plant", plant.ToString(), Details: new { key.Kid, key.HeldBy }), t);
                return key;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Refusal.Conflict("key.taken", "publicJwk"); }
    }

    public async Task<Answer<PlantKey>> Revoke(DbSession s, string kid, string reason, CancellationToken ct)
    {
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        if (await Find(s, kid, ct) is not { } key) return Refusal.NotFound("key.unknown", "kid");
        if (await CheckPlant(s, key.PlantId, ct) is { } no) return no;
        if (key.RevokedAt is not null) return Refusal.Conflict("key.already-revoked", "kid");
        return await s.InTransaction<PlantKey>(async t =>
        {
            var now = s.Now;
            await s.Run("update passport.plant_key set revoked_at = $2, revoke_reason = $3 where kid = $1 and revoked_at is null", t, kid, now, reason);
            await s.Audit(new AuditEntry("plant-key.revoked", "plant", key.PlantId.ToString(), reason, new { kid }), t);
            return key with { RevokedAt = now, RevokeReason = reason };
        }, ct);
    }

    /// <summary>Public halves of a plant's keys, newest first; readable by everybody, as they are there to check signatures.</summary>
    public Task<List<PlantKey>> OfPlant(DbSession s, Guid plant, CancellationToken ct) =>
        s.All($"select {Columns} from passport.plant_key where plant_id = $1 order by valid_from desc", Map, ct, plant);

    internal static Task<PlantKey?> Find(DbSession s, string kid, CancellationToken ct) =>
        s.One($"select {Columns} from passport.plant_key where kid = $1", Map, ct, kid);

    /// <summary>The key that may sign now: the named one, or the plant's newest.</summary>
    internal static async Task<PlantKey?> ForSigning(DbSession s, Guid plant, string? kid, Instant now, CancellationToken ct)
    {
        var keys = await s.All($"select {Columns} from passport.plant_key where plant_id = $1 and ($2::text is null or kid = $2) order by valid_from desc", Map, ct, plant, kid);
        return keys.FirstOrDefault(k => k.ValidAt(now));
    }

    static async Task<Refusal?> CheckPlant(DbSession s, Guid plant, CancellationToken ct)
    {
        var owners = await s.All("select organisation_id from passport.plant where id = $1", r => r.GetGuid(0), ct, plant);
        if (owners.Count == 0) return Refusal.NotFound("plant.unknown", "plantId");
        return Allow.Role(s.Actor, Role.ProducerApprover, owners[0]);
    }

    const string Columns = "kid, plant_id, public_jwk, held_by, valid_from, valid_to, revoked_at, revoke_reason";

    static PlantKey Map(NpgsqlDataReader r) => new(r.GetString(0), r.GetGuid(1), StorageJson.Read<PublicJwk>(r.GetString(2)), r.GetString(3), r.Time(4), r.MaybeTime(5), r.MaybeTime(6), r.Text(7));
}
