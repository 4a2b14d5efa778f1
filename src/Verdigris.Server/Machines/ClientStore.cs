using System.Security.Cryptography;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>A machine that acts for an organisation. Its secret is shown once, when it is made.</summary>
/// <param name="OldSecretUntil">Until then the secret before the present one works too; null where there was none.</param>
public sealed record MachineClient(Guid Id, string ClientId, string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, Instant CreatedAt, Instant ExpiresAt, Instant? RevokedAt, Instant? LastUsedAt,
    Instant? OldSecretUntil, Instant? OldSecretUsedAt);

public sealed record NewClient(Guid Id, string ClientId, string Secret, Instant ExpiresAt);

/// <summary>An access token as RFC 6749 section 5.1 names its parts.</summary>
public sealed record IssuedToken(string AccessToken, int ExpiresInSeconds, IReadOnlyList<string> Scopes);

/// <summary>
/// Machine clients and their tokens. Secrets and tokens are 256 random bits; only their SHA-256 is kept, which for such values needs no salt or stretching.
/// A client has at most the roles its maker's organisation may give, never administrator.
/// </summary>
sealed class ClientStore(IDbSessions sessions, AccessCache cache, Scopes scopesThere, IClock clock)
{
    public static readonly Duration TokenLife = Duration.FromHours(1);

    public async Task<IReadOnlyList<MachineClient>> List(Actor actor, CancellationToken ct)
    {
        await using var session = sessions.Open(actor); // row-level security: own organisation, administrators only
        return await session.Many("select id, client_id, name, roles, scopes, created_at, expires_at, revoked_at, last_used_at, old_secret_until, old_secret_used_at from server.client where organisation_id = $1 order by created_at desc, id", Read, ct, actor.OrganisationId);
    }

    static MachineClient Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetFieldValue<string[]>(3), row.GetFieldValue<string[]>(4),
        row.Moment(5), row.Moment(6), row.MomentOrNull(7), row.MomentOrNull(8), row.MomentOrNull(9), row.MomentOrNull(10));

    /// <param name="days">Life in days, 1-730.</param>
    public async Task<Answer<NewClient>> Create(Actor actor, string name, IReadOnlyList<string> roles, IReadOnlyList<string> scopes, int days, IReadOnlyList<string> allowedRoles, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || actor.IsMachine) return Refusal.Forbidden("clients.not-administrator");
        if (roles.Count == 0) return Refusal.Of("clients.no-role", "roles");
        if (roles.FirstOrDefault(r => r == Role.Administrator || !allowedRoles.Contains(r)) is { } wrong) return Refusal.Of("people.role-not-for-kind", "roles", ("role", wrong));
        if (scopes.Count == 0 || scopes.Any(s => !scopesThere.All.Contains(s))) return Refusal.Of("clients.scope-unknown", "scopes");
        var now = clock.GetCurrentInstant();
        var made = new NewClient(Guid.CreateVersion7(now.ToDateTimeOffset()), "vd_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 16), NewSecret("vds_"), now + Duration.FromDays(days));
        await using var session = sessions.Open(actor);
        await session.InTransaction(async inner =>
        {
            await session.Execute("""
                insert into server.client (id, client_id, organisation_id, name, secret_sha256, roles, scopes, created_by, created_at, expires_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """, inner, made.Id, made.ClientId, actor.OrganisationId, name, BearerHandler.HashOf(made.Secret), roles.ToArray(), scopes.Distinct().ToArray(), actor.PersonId, now.ToDateTimeUtc(), made.ExpiresAt.ToDateTimeUtc());
            await session.Audit(new AuditEntry("client.created", "client", made.ClientId, Details: new { name, roles, scopes, expiresAt = made.ExpiresAt }), inner);
        }, ct);
        return made;
    }

    /// <summary>Ends a client and all its tokens at once.</summary>
    public async Task<Answer<Done>> Revoke(Actor actor, Guid id, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || actor.IsMachine) return Refusal.Forbidden("clients.not-administrator");
        var now = clock.GetCurrentInstant().ToDateTimeUtc();
        await using var session = sessions.Open(PeopleStore.AsSystem(actor));
        var answer = await session.InTransaction(async inner =>
        {
            var code = await session.One("update server.client set revoked_at = $3, revoked_by = $4 where id = $1 and organisation_id = $2 and revoked_at is null returning client_id", r => r.GetString(0), inner,
                id, actor.OrganisationId, now, actor.PersonId);
            if (code is null) return (Answer<Done>)Refusal.NotFound("clients.unknown");
            await session.Execute("update server.token set revoked_at = $2 where client = $1 and revoked_at is null", inner, id, now);
            await session.Audit(new AuditEntry("client.revoked", "client", code), inner);
            return default(Done);
        }, ct);
        cache.ForgetClient(id);
        return answer;
    }

    /// <summary>The client-credentials grant. Null scopes ask for all the client has.</summary>
    /// <returns>Refused with <c>invalid_client</c> or <c>invalid_scope</c> as RFC 6749 section 5.2 names them.</returns>
    public async Task<Answer<IssuedToken>> Issue(string clientId, string secret, IReadOnlyList<string>? wanted, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        await using var session = sessions.Open(Actor.System);
        if (await Known(session, clientId, secret, now, ct) is not { } client) return Refusal.Forbidden("invalid_client");
        var scopes = wanted is { Count: > 0 } ? wanted.Distinct().ToArray() : client.Scopes;
        if (scopes.Any(s => !client.Scopes.Contains(s))) return Refusal.Of("invalid_scope", "scope");
        var token = NewSecret("vdt_");
        var life = client.ExpiresAt - now < TokenLife ? client.ExpiresAt - now : TokenLife;
        await session.InTransaction(async inner =>
        {
            await session.Execute("insert into server.token (token_sha256, client, scopes, issued_at, expires_at) values ($1, $2, $3, $4, $5)", inner,
                BearerHandler.HashOf(token), client.Id, scopes, now.ToDateTimeUtc(), (now + life).ToDateTimeUtc());
            await Used(session, client, now, inner);
            await session.Execute("delete from server.token where expires_at < $1", inner, (now - Duration.FromDays(1)).ToDateTimeUtc());
        }, ct);
        return new IssuedToken(token, (int)life.TotalSeconds, scopes);
    }

    /// <summary>Who acts with an id and its secret on a connection of its own, with the scopes it has; null where <see cref="Issue"/> refuses the client.</summary>
    public async Task<(Actor Actor, IReadOnlyList<string> Scopes)?> Check(string clientId, string secret, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        await using var session = sessions.Open(Actor.System);
        if (await Known(session, clientId, secret, now, ct) is not { } client) return null;
        await Used(session, client, now, ct);
        return (new Actor(client.Id, client.Name, client.Organisation, client.Roles.ToHashSet(), IsMachine: true), client.Scopes);
    }

    /// <summary>Whose client it is; null where there is none that may still sign in.</summary>
    public async Task<Guid?> OrganisationOf(string clientId, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        var found = await session.One("select organisation_id from server.client where client_id = $1 and revoked_at is null and expires_at > $2", r => new { Id = r.GetGuid(0) }, ct, clientId, clock.GetCurrentInstant().ToDateTimeUtc());
        return found?.Id;
    }

    sealed record Secrets(Guid Id, byte[] Hash, string[] Scopes, Instant ExpiresAt, Instant? RevokedAt, byte[]? Old, string Name, Guid Organisation, string[] Roles, bool ByOld = false);

    /// <summary>The client whose secret is right. Compared in constant time, also for a client that does not exist.</summary>
    static async Task<Secrets?> Known(DbSession session, string clientId, string secret, Instant now, CancellationToken ct)
    {
        var client = await session.One("select id, secret_sha256, scopes, expires_at, revoked_at, case when old_secret_until > $2 then old_secret_sha256 end, name, organisation_id, roles from server.client where client_id = $1",
            r => new Secrets(r.GetGuid(0), r.GetFieldValue<byte[]>(1), r.GetFieldValue<string[]>(2), r.Moment(3), r.MomentOrNull(4), r.IsDBNull(5) ? null : r.GetFieldValue<byte[]>(5), r.GetString(6), r.GetGuid(7), r.GetFieldValue<string[]>(8)), ct, clientId, now.ToDateTimeUtc());
        var given = BearerHandler.HashOf(secret);
        var right = CryptographicOperations.FixedTimeEquals(given, client?.Hash ?? new byte[32]);
        var old = CryptographicOperations.FixedTimeEquals(given, client?.Old ?? new byte[32]);
        return client is null || !(right || old) || client.RevokedAt is not null || client.ExpiresAt <= now ? null : client with { ByOld = old && !right };
    }

    static Task Used(DbSession session, Secrets client, Instant now, CancellationToken ct) =>
        session.Execute("update server.client set last_used_at = $2, old_secret_used_at = case when $3 then $2 else old_secret_used_at end where id = $1", ct, client.Id, now.ToDateTimeUtc(), client.ByOld);

    internal static string NewSecret(string prefix) => prefix + System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
