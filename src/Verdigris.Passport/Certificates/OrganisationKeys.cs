using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates;

/// <summary>A key an organisation attests papers with. It says who typed, never who produced: no plant's certificate is signed with one.</summary>
public sealed record OrganisationKey(string Kid, Guid OrganisationId, PublicJwk PublicJwk, Instant ValidFrom, Instant? RevokedAt, string? RevokeReason)
    : SigningKey(Kid, PublicJwk, ValidFrom, null, RevokedAt, RevokeReason);

/// <summary>Keys of organisations, their private halves kept by the platform. One is in use at a time; it is made when it is first needed and replaced when it was revoked.</summary>
public sealed class OrganisationKeys(KeyVault vault)
{
    /// <summary>Newest first; readable by everybody, as they are there to check attestations.</summary>
    public Task<List<OrganisationKey>> Of(DbSession s, Guid organisation, CancellationToken ct) =>
        s.All($"select {Columns} from passport.organisation_key where organisation_id = $1 order by valid_from desc", Map, ct, organisation);

    /// <summary>The key proves nothing any more, from its first day on. Approvers of the organisation.</summary>
    public async Task<Answer<OrganisationKey>> Revoke(DbSession s, string kid, string? reason, CancellationToken ct)
    {
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        if (await Find(s, kid, ct) is not { } key) return Refusal.NotFound("key.unknown", "kid");
        if (Allow.AnyRole(s.Actor, Paper.PaperRules.Approvers) is { } no) return no;
        if (key.OrganisationId != s.Actor.OrganisationId && !s.Actor.Is(Role.System)) return Refusal.Forbidden("access.other-organisation");
        return await s.InTransaction<OrganisationKey>(async t =>
        {
            if (await s.Run("update passport.organisation_key set revoked_at = $2, revoke_reason = $3 where kid = $1 and revoked_at is null", t, kid, s.Now, reason) == 0) return Refusal.Conflict("key.already-revoked", "kid");
            await s.Audit(new AuditEntry("organisation-key.revoked", "organisation", key.OrganisationId.ToString(), reason, new { kid }), t);
            return (await Find(s, kid, t))!;
        }, ct);
    }

    /// <summary>Signs content in the name of the organisation the session acts for, inside its transaction.</summary>
    /// <returns>Key id and detached JWS; <c>certificate.key-missing</c> where the key's private half is not there.</returns>
    public async Task<Answer<(string Kid, string Jws)>> Attest(DbSession s, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var key = await InUse(s, s.Actor.OrganisationId, ct);
        using var secret = vault.Open(key.Kid);
        return secret is null ? Refusal.Conflict("certificate.key-missing", "kid", ("kid", key.Kid)) : (key.Kid, Jws.Sign(secret, key.Kid, content.Span, s.Now));
    }

    /// <summary>What an attestation is worth: valid, invalid, key-unknown, key-revoked, key-not-valid-then.</summary>
    /// <param name="organisation">In whose name it is said to be.</param>
    public static async Task<string> Judge(DbSession s, string kid, string jws, Guid organisation, ReadOnlyMemory<byte> content, Instant signedAt, CancellationToken ct)
    {
        var key = await Find(s, kid, ct);
        return SigningKey.Judge(key?.OrganisationId == organisation ? key : null, jws, content.Span, hashAgrees: true, signedAt);
    }

    /// <summary>The key in use, made where there is none. Inside the caller's transaction.</summary>
    internal async Task<OrganisationKey> InUse(DbSession s, Guid organisation, CancellationToken ct)
    {
        // Two who publish at once make one key.
        await s.Run("select from passport.organisation where id = $1 for no key update", ct, organisation);
        if (await s.One($"select {Columns} from passport.organisation_key where organisation_id = $1 and revoked_at is null", Map, ct, organisation) is { } known) return known;
        var jwk = vault.Create();
        var key = new OrganisationKey(jwk.Thumbprint(), organisation, jwk, s.Now, null, null);
        await s.Run("insert into passport.organisation_key (kid, organisation_id, public_jwk, valid_from, created_by, created_at) values ($1, $2, $3, $4, $5, $4)", ct,
            key.Kid, organisation, new Json(StorageJson.Write(jwk)), key.ValidFrom, s.Actor.PersonId);
        await s.Audit(new AuditEntry("organisation-key.made", "organisation", organisation.ToString(), Details: new { key.Kid }), ct);
        return key;
    }

    internal static Task<OrganisationKey?> Find(DbSession s, string kid, CancellationToken ct) =>
        s.One($"select {Columns} from passport.organisation_key where kid = $1", Map, ct, kid);

    const string Columns = "kid, organisation_id, public_jwk, valid_from, revoked_at, revoke_reason";

    static OrganisationKey Map(NpgsqlDataReader r) => new(r.GetString(0), r.GetGuid(1), StorageJson.Read<PublicJwk>(r.GetString(2)), r.Time(3), r.MaybeTime(4), r.Text(5));
}
