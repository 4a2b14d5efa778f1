using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>A person as their organisation's administrators see them.</summary>
public sealed record Colleague(Guid Id, string SignInName, string DisplayName, PersonState State, IReadOnlyList<string> Roles, Instant? LastSignInAt, bool Locked);

/// <summary>An invitation just made. The link is shown once: only its hash is kept.</summary>
public sealed record Invited(Guid PersonId, string Link, Instant ExpiresAt);

/// <summary>
/// People of an organisation and their roles. Only its administrators change them, nobody changes their own, and administrator rights are given by
/// two people (<see cref="AdministratorGrant"/>). Every change is audited.
/// </summary>
sealed class PeopleStore(IDbSessions sessions, UserManager<Person> people, AccessCache cache, Approvals approvals, OrganisationDirectory organisations, IClock clock)
{
    static readonly Duration InvitationLife = Duration.FromDays(7);

    /// <summary>Roles the actor's organisation may give.</summary>
    public async Task<IReadOnlyList<string>> RolesOf(Actor actor, CancellationToken ct) => await organisations.RolesOf(actor.OrganisationId, ct);

    public async Task<IReadOnlyList<Colleague>> List(Actor actor, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.Many($"{ColleagueSql} where m.organisation_id = $1 order by p.display_name, p.id", r => Read(r, clock.GetCurrentInstant()), ct, actor.OrganisationId);
    }

    public async Task<Colleague?> Find(Actor actor, Guid id, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.One($"{ColleagueSql} where m.organisation_id = $1 and p.id = $2", r => Read(r, clock.GetCurrentInstant()), ct, actor.OrganisationId, id);
    }

    const string ColleagueSql = """
        select p.id, p.sign_in_name, p.display_name, p.state, m.roles, p.last_sign_in_at, c.lockout_end
        from server.membership m join server.person p on p.id = m.person_id join server.credential c on c.person_id = p.id
        """;

    static Colleague Read(NpgsqlDataReader row, Instant now) => new(row.GetGuid(0), row.GetString(1), row.GetString(2), Enum.Parse<PersonState>(row.GetString(3), ignoreCase: true),
        row.GetFieldValue<string[]>(4), row.MomentOrNull(5), row.MomentOrNull(6) > now);

    /// <summary>The person's organisations with the roles held there.</summary>
    public async Task<IReadOnlyList<Membership>> MembershipsOf(Actor actor, CancellationToken ct)
    {
        var access = await cache.Person(actor.PersonId, ct);
        return access is null ? [] : [.. access.Memberships.Select(m => new Membership(actor.PersonId, m.Key, [.. m.Value]))];
    }

    /// <summary>Organisations the person may act for by delegation, with the capacities.</summary>
    public async Task<IReadOnlyList<Membership>> DelegatedTo(Actor actor, CancellationToken ct) =>
        await cache.Person(actor.PersonId, ct) is { } access ? [.. access.Delegated.Select(d => new Membership(actor.PersonId, d.Key, [.. d.Value.Roles]))] : [];

    /// <summary>
    /// Invites somebody into the actor's organisation. A person known already gets the membership and keeps the password; a new one gets a link to choose it.
    /// Administrator among the roles is proposed for approval instead of given.
    /// </summary>
    public async Task<Answer<Invited>> Invite(Actor actor, string signInName, string displayName, IReadOnlyList<string> roles, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || actor.IsMachine) return Refusal.Forbidden("people.not-administrator");
        return await Allowed(actor.OrganisationId, roles, ct) is { } refusal ? refusal : await InviteInto(actor, actor.OrganisationId, signInName, displayName, roles, ct);
    }

    /// <summary>True where an administrator of the exchange may invite the first administrator: the organisation has none, active or invited.</summary>
    public async Task<bool> LacksAdministrator(Guid organisation, CancellationToken ct) => await Administrators(organisation, [], ct, invitedToo: true) == 0;

    /// <summary>
    /// An administrator of the exchange invites the first administrator of an organisation just taken in, who then invites everybody else. The rights themselves are proposed for
    /// approval as always.
    /// </summary>
    public async Task<Answer<Invited>> InviteFirst(Actor actor, Guid organisation, string signInName, string displayName, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || !actor.Is(Role.ExchangeStaff) || actor.IsMachine) return Refusal.Forbidden("people.not-exchange-administrator");
        if (await organisations.Find(organisation, ct) is not { State: "active" }) return Refusal.NotFound("organisation.unknown", "id");
        return await LacksAdministrator(organisation, ct) ? await InviteInto(actor, organisation, signInName, displayName, [Role.Administrator], ct) : Refusal.Conflict("people.has-administrator");
    }

    /// <summary>
    /// Lets the contact of an organisation just approved in as its administrator, in the session's transaction; two members of the exchange's staff have approved both. Safe to repeat: each
    /// time makes a new link.
    /// </summary>
    /// <returns>The path of the invitation.</returns>
    public async Task<string> InviteFounder(DbSession session, Guid organisation, string signInName, string displayName, CancellationToken ct)
    {
        var person = await people.FindByNameAsync(signInName);
        if (person is null)
        {
            person = new Person { Id = session.NewId(), SignInName = signInName, DisplayName = displayName, CreatedAt = session.Now };
            var made = await people.CreateAsync(person);
            if (!made.Succeeded) throw new InvalidOperationException($"{signInName} cannot be invited: {string.Join(", ", made.Errors.Select(e => e.Code))}");
        }
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await session.Execute("insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ($1, $2, $3, $4, $5) on conflict do nothing", ct,
            person.Id, organisation, new[] { Role.Administrator }, session.Now.ToDateTimeUtc(), session.Actor.PersonId);
        await session.Execute("insert into server.invitation (token_sha256, person_id, organisation_id, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)", ct,
            BearerHandler.HashOf(token), person.Id, organisation, session.Actor.PersonId, session.Now.ToDateTimeUtc(), (session.Now + InvitationLife).ToDateTimeUtc());
        await session.Audit(new AuditEntry("person.invited", "person", person.Id.ToString(), Details: new { roles = new[] { Role.Administrator }, organisation }), ct);
        await session.AfterCommit(_ => { cache.Forget(person.Id); return Task.CompletedTask; }, ct);
        return "/invitation/" + token;
    }

    async Task<Answer<Invited>> InviteInto(Actor actor, Guid organisation, string signInName, string displayName, IReadOnlyList<string> roles, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        var known = await people.FindByNameAsync(signInName);
        var person = known ?? new Person { Id = Guid.CreateVersion7(now.ToDateTimeOffset()), SignInName = signInName, DisplayName = displayName, CreatedAt = now };
        if (known is null)
        {
            var made = await people.CreateAsync(person);
            if (!made.Succeeded) return Refusal.Of(made.Errors.Any(e => e.Code == "InvalidUserName") ? "people.name-invalid" : "people.name-taken", "name", ("given", signInName));
        }
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await using var session = sessions.Open(AsSystem(actor));
        var given = roles.Where(r => r != Role.Administrator).ToArray();
        var answer = await session.InTransaction(async inner =>
        {
            var added = await session.Execute("insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ($1, $2, $3, $4, $5) on conflict do nothing", inner,
                person.Id, organisation, given, now.ToDateTimeUtc(), actor.PersonId);
            if (added == 0) return (Answer<Invited>)Refusal.Conflict("people.already-member", "name", ("given", signInName));
            await session.Execute("insert into server.invitation (token_sha256, person_id, organisation_id, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)", inner,
                BearerHandler.HashOf(token), person.Id, organisation, actor.PersonId, now.ToDateTimeUtc(), (now + InvitationLife).ToDateTimeUtc());
            await session.Audit(new AuditEntry("person.invited", "person", person.Id.ToString(), Details: new { roles, organisation }), inner);
            return new Invited(person.Id, "/invitation/" + token, now + InvitationLife);
        }, ct);
        cache.Forget(person.Id);
        if (answer.Ok && roles.Contains(Role.Administrator)) await ProposeAdministrator(actor, person, organisation, ct);
        return answer;
    }

    /// <summary>Sets a colleague's roles. Taking administrator away is done at once, giving it is proposed.</summary>
    /// <returns>True when a part (administrator) waits for a second person.</returns>
    public async Task<Answer<bool>> SetRoles(Actor actor, Guid personId, IReadOnlyList<string> roles, string reason, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || actor.IsMachine) return Refusal.Forbidden("people.not-administrator");
        if (personId == actor.PersonId) return Refusal.Forbidden("people.own-rights");
        if (await Allowed(actor.OrganisationId, roles, ct) is { } refusal) return refusal;
        var person = await people.FindByIdAsync(personId.ToString());
        await using var session = sessions.Open(AsSystem(actor));
        var pending = false;
        var answer = await session.InTransaction(async inner =>
        {
            var held = await session.One("select roles from server.membership where person_id = $1 and organisation_id = $2 for update", r => r.GetFieldValue<string[]>(0), inner, personId, actor.OrganisationId);
            if (held is null || person is null) return (Answer<Done>)Refusal.NotFound("people.not-a-colleague");
            pending = roles.Contains(Role.Administrator) && !held.Contains(Role.Administrator);
            var given = roles.Where(r => r != Role.Administrator || held.Contains(r)).Order(StringComparer.Ordinal).ToArray();
            await session.Execute("update server.membership set roles = $3, changed_at = $4, changed_by = $5 where person_id = $1 and organisation_id = $2", inner,
                personId, actor.OrganisationId, given, clock.GetCurrentInstant().ToDateTimeUtc(), actor.PersonId);
            await session.Audit(new AuditEntry("person.roles-changed", "person", personId.ToString(), reason, new { before = held, after = given }), inner);
            return default(Done);
        }, ct);
        cache.Forget(personId);
        if (!answer.Ok) return Answer<bool>.From(answer.Refusals);
        if (pending) await ProposeAdministrator(actor, person!, actor.OrganisationId, ct);
        return pending;
    }

    /// <summary>Takes a colleague out of the organisation. The person and their history stay.</summary>
    public async Task<Answer<Done>> Remove(Actor actor, Guid personId, string reason, CancellationToken ct)
    {
        if (!actor.Is(Role.Administrator) || actor.IsMachine) return Refusal.Forbidden("people.not-administrator");
        if (personId == actor.PersonId) return Refusal.Forbidden("people.own-rights");
        await using var session = sessions.Open(AsSystem(actor));
        var answer = await session.InTransaction(async inner =>
        {
            if (await session.Execute("delete from server.membership where person_id = $1 and organisation_id = $2", inner, personId, actor.OrganisationId) == 0)
                return (Answer<Done>)Refusal.NotFound("people.not-a-colleague");
            await session.Audit(new AuditEntry("person.removed", "person", personId.ToString(), reason), inner);
            return default(Done);
        }, ct);
        cache.Forget(personId);
        return answer;
    }

    async Task<Refusal?> Allowed(Guid organisation, IReadOnlyList<string> roles, CancellationToken ct)
    {
        if (roles.Count == 0) return Refusal.Of("people.no-role", "roles");
        var allowed = await organisations.RolesOf(organisation, ct);
        return roles.FirstOrDefault(r => !allowed.Contains(r)) is { } wrong ? Refusal.Of("people.role-not-for-kind", "roles", ("role", wrong)) : null;
    }

    /// <summary>
    /// A second administrator of the organisation decides; where there is none, the exchange's. Only where nobody else in the world could (the exchange's first administrator
    /// makes a second) may the proposer decide; the task and the audit trail show that one person did both.
    /// </summary>
    async Task ProposeAdministrator(Actor actor, Person person, Guid organisation, CancellationToken ct)
    {
        await using var session = sessions.Open(actor);
        var decider = organisation;
        if (await Administrators(organisation, [actor.PersonId, person.Id], ct) == 0 && await organisations.OfKind(OrganisationKind.Exchange, ct) is [var exchange, ..]) decider = exchange.Id;
        var alone = decider == actor.OrganisationId && await Administrators(decider, [actor.PersonId, person.Id], ct) == 0;
        var first = organisation != actor.OrganisationId;
        var args = new Dictionary<string, string> { ["person"] = person.DisplayName };
        if (first) args["organisation"] = (await organisations.Find(organisation, ct))?.Name ?? organisation.ToString();
        await session.InTransaction(inner => approvals.Propose(session, new ApprovalRequest(AdministratorGrant.KindName, person.Id.ToString(), decider, Role.Administrator,
            new AdministratorGrant.Grant(person.Id, organisation), first ? "server.task.first-administrator" : "server.task.grant-administrator", args,
            decider == organisation ? $"/people/{person.Id}" : $"/organisations/{organisation}", AllowSamePerson: alone), inner), ct);
    }

    /// <summary>How many active administrators an organisation has, without the people named.</summary>
    async Task<long> Administrators(Guid organisation, Guid[] without, CancellationToken ct, bool invitedToo = false)
    {
        await using var session = sessions.Open(Actor.System);
        return await session.One("""
            select count(*) from server.membership m join server.person p on p.id = m.person_id
            where m.organisation_id = $1 and 'administrator' = any(m.roles) and not p.id = any($2) and (p.state = 'active' or ($3 and p.state = 'invited'))
            """, r => r.GetInt64(0), ct, organisation, without, invitedToo);
    }

    /// <summary>The system's hand with the actor's name on it: the actor's right was checked above, the tables open to the system only.</summary>
    internal static Actor AsSystem(Actor actor) => actor with { Roles = new HashSet<string>(actor.Roles) { Role.System } };
}
