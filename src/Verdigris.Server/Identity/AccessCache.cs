using System.Collections.Concurrent;
using System.Security.Claims;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What the cookie of a person is checked against at every request.</summary>
/// <param name="Memberships">By organisation.</param>
/// <param name="Sessions">Those that hold.</param>
/// <param name="Delegated">By the organisation acted for.</param>
sealed record PersonAccess(Guid PersonId, string Name, PersonState State, string SecurityStamp, IReadOnlyDictionary<Guid, IReadOnlySet<string>> Memberships, IReadOnlySet<Guid> Sessions,
    IReadOnlyDictionary<Guid, DelegatedAccess> Delegated);

/// <summary>Capacities in which a person acts for an organisation that is not theirs.</summary>
/// <param name="Until">When the first of them ends.</param>
sealed record DelegatedAccess(Guid AgentId, IReadOnlySet<string> Roles, Instant Until);

/// <summary>What a bearer token stands for.</summary>
sealed record TokenAccess(Guid ClientId, string Name, Guid OrganisationId, IReadOnlySet<string> Roles, IReadOnlySet<string> Scopes, Instant ExpiresAt)
{
    /// <summary>The same for all requests that carry the token: nobody changes it.</summary>
    public Actor Actor { get; } = new(ClientId, Name, OrganisationId, Roles, IsMachine: true);

    /// <summary>As <see cref="Actor"/>.</summary>
    public ClaimsPrincipal Principal { get; } = new(new ClaimsIdentity(
        [.. Scopes.Select(s => new Claim(ClaimNames.Scope, s)), new(ClaimNames.Person, ClientId.ToString()), new(ClaimTypes.Name, Name), new(ClaimNames.Organisation, OrganisationId.ToString())], Schemes.Bearer));
}

/// <summary>
/// Rights as they are now, read from the database and kept for <see cref="Lifetime"/>: a right taken away is gone at once on this server and within
/// that time on others. Misses are not kept. Thread-safe.
/// </summary>
sealed class AccessCache(IDbSessions sessions, IClock clock)
{
    public static readonly Duration Lifetime = Duration.FromSeconds(5);
    const int MostEntries = 20_000;

    readonly ConcurrentDictionary<Guid, (PersonAccess Access, Instant Until)> people = new();
    readonly ConcurrentDictionary<UInt128, (TokenAccess Access, Instant Until)> tokens = new();
    readonly ConcurrentDictionary<UInt128, (Actor Actor, Instant Until)> standing = new();

    public async ValueTask<PersonAccess?> Person(Guid id, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        if (people.TryGetValue(id, out var known) && known.Until > now && known.Access.Delegated.Values.All(d => d.Until > now)) return known.Access;
        await using var session = sessions.Open(Actor.System);
        var head = await session.One("select p.display_name, p.state, c.security_stamp from server.person p join server.credential c on c.person_id = p.id where p.id = $1",
            r => (Name: r.GetString(0), State: Enum.Parse<PersonState>(r.GetString(1), ignoreCase: true), Stamp: r.GetString(2)), ct, id);
        if (head.Name is null) return null;
        var memberships = await session.Many("select organisation_id, roles from server.membership where person_id = $1", r => (r.GetGuid(0), r.GetFieldValue<string[]>(1)), ct, id);
        var held = await session.Many("select id from server.session where person_id = $1 and ended_at is null and last_seen_at > $2", r => r.GetGuid(0), ct, id, (now - SignInSessions.Idle).ToDateTimeUtc());
        var delegated = await session.Many("""
            select d.principal_id, d.agent_id, d.roles, d.until from server.delegation d join server.delegation_person p on p.delegation_id = d.id
              join server.membership m on m.person_id = p.person_id and m.organisation_id = d.agent_id
            where p.person_id = $1 and d.ended_at is null and d.until > $2 order by d.granted_at
            """, r => (Principal: r.GetGuid(0), Agent: r.GetGuid(1), Roles: r.GetFieldValue<string[]>(2), Until: r.Moment(3)), ct, id, now.ToDateTimeUtc());
        var access = new PersonAccess(id, head.Name, head.State, head.Stamp, memberships.ToDictionary(m => m.Item1, m => (IReadOnlySet<string>)m.Item2.ToHashSet()), held.ToHashSet(),
            delegated.GroupBy(d => d.Principal).ToDictionary(g => g.Key, g => new DelegatedAccess(g.First().Agent, g.SelectMany(d => d.Roles).ToHashSet(), g.Min(d => d.Until))));
        Keep(people, id, access, now);
        return access;
    }

    /// <param name="hash">SHA-256 of the token.</param>
    public async ValueTask<TokenAccess?> Token(byte[] hash, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        var key = KeyOf(hash);
        if (tokens.TryGetValue(key, out var known) && known.Until > now) return known.Access.ExpiresAt > now ? known.Access : null;
        await using var session = sessions.Open(Actor.System);
        var access = await session.One("""
            select c.id, c.name, c.organisation_id, c.roles, t.scopes, t.expires_at from server.token t join server.client c on c.id = t.client
            where t.token_sha256 = $1 and t.revoked_at is null and c.revoked_at is null and t.expires_at > $2 and c.expires_at > $2
            """, r => new TokenAccess(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetFieldValue<string[]>(3).ToHashSet(), r.GetFieldValue<string[]>(4).ToHashSet(), r.Moment(5)),
            ct, hash, now.ToDateTimeUtc());
        if (access is not null) Keep(tokens, key, access, now);
        return access;
    }

    /// <summary>The client of a token that was good when a long request began: it may act until it or the token is revoked, also when the token has run out, since a socket brings no newer one.</summary>
    public async ValueTask<Actor?> Standing(Guid client, byte[] hash, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        var key = KeyOf(hash);
        if (standing.TryGetValue(key, out var known) && known.Until > now) return known.Actor;
        await using var session = sessions.Open(Actor.System);
        var actor = await session.One("""
            select c.id, c.name, c.organisation_id, c.roles from server.client c
            where c.id = $1 and c.revoked_at is null and c.expires_at > $2 and not exists (select from server.token t where t.token_sha256 = $3 and t.revoked_at is not null)
            """, r => new Actor(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetFieldValue<string[]>(3).ToHashSet(), IsMachine: true), ct, client, now.ToDateTimeUtc(), hash);
        if (actor is not null) Keep(standing, key, actor, now);
        return actor;
    }

    public void Forget(Guid person) => people.TryRemove(person, out _);

    public void ForgetClient(Guid client)
    {
        foreach (var (key, entry) in tokens)
            if (entry.Access.ClientId == client) tokens.TryRemove(key, out _);
        foreach (var (key, entry) in standing)
            if (entry.Actor.PersonId == client) standing.TryRemove(key, out _);
    }

    static void Keep<TKey, TAccess>(ConcurrentDictionary<TKey, (TAccess, Instant)> entries, TKey key, TAccess access, Instant now) where TKey : notnull
    {
        if (entries.Count >= MostEntries) entries.Clear(); // rarer and simpler than evicting one by one
        entries[key] = (access, now + Lifetime);
    }

    static UInt128 KeyOf(byte[] hash) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
}
