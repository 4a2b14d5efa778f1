using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <param name="Secret">Shown this once.</param>
/// <param name="OldValidUntil">Until then the secret before it works too.</param>
public sealed record RotatedSecret(string ClientId, string Secret, Instant OldValidUntil);

/// <summary>
/// A new secret for a machine client while the old one goes on for some hours, so that programs change over without a pause. An administrator rotates, and so may the client itself; only
/// an administrator gives it a longer life. Two secrets at most: what was old before ends at once.
/// </summary>
sealed class SecretRotation(IDbSessions sessions, AccessCache cache)
{
    /// <summary>Hours the old secret may go on, 0 ends it now.</summary>
    public const int MostOverlapHours = 168;

    /// <param name="days">A new life from now, 1-730; null leaves the end where it is.</param>
    public async Task<Answer<RotatedSecret>> Rotate(Actor actor, Guid id, int overlapHours, int? days, CancellationToken ct)
    {
        var itself = actor.IsMachine && actor.PersonId == id;
        if (!itself && (!actor.Is(Role.Administrator) || actor.IsMachine)) return Refusal.Forbidden("clients.not-administrator");
        if (overlapHours is < 0 or > MostOverlapHours) return Refusal.Of("clients.overlap-out-of-range", "overlapHours", ("max", "168"));
        if (days is < 1 or > 730) return Refusal.Of("clients.days-out-of-range", "days", ("max", "730"));
        if (itself && days is not null) return Refusal.Forbidden("clients.own-life", "days");
        var secret = ClientStore.NewSecret("vds_");
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var answer = await s.InTransaction<RotatedSecret>(async t =>
        {
            var until = s.Now + Duration.FromHours(overlapHours);
            var code = await s.One("""
                update server.client set old_secret_sha256 = secret_sha256, old_secret_until = $4, old_secret_used_at = null, secret_sha256 = $3, expires_at = coalesce($5::timestamptz, expires_at)
                where id = $1 and organisation_id = $2 and revoked_at is null and ($5::timestamptz is not null or expires_at > $6) returning client_id
                """, r => r.GetString(0), t, id, actor.OrganisationId, BearerHandler.HashOf(secret), until.ToDateTimeUtc(), days is { } d ? (s.Now + Duration.FromDays(d)).ToDateTimeUtc() : null, s.Now.ToDateTimeUtc());
            if (code is null) return Refusal.NotFound("clients.unknown");
            await s.Audit(new AuditEntry("client.rotated", "client", code, Details: new { overlapHours, days }), t);
            return new RotatedSecret(code, secret, until);
        }, ct);
        if (answer.Ok && days is not null) cache.ForgetClient(id);
        return answer;
    }
}
