using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Leave of one organisation, the principal, for another, the agent, to act for it.</summary>
/// <param name="Roles">The capacities; never administrator or exchange staff.</param>
/// <param name="PersonIds">People of the agent who act under it.</param>
public sealed record Delegation(Guid Id, Guid PrincipalId, Guid AgentId, IReadOnlyList<string> Roles, string Reason, Instant GrantedAt, Instant Until, Instant? EndedAt, IReadOnlyList<Guid> PersonIds)
{
    public bool HoldsAt(Instant now) => EndedAt is null && Until > now;
}

/// <summary>
/// Delegated rights. An administrator of the principal grants and ends; one of the agent says which of its people act, and may give the leave back. Whoever granted it never acts under it.
/// Who acts carries both organisations (<see cref="Actor.AgentOrganisationId"/>), and the audit trail names both.
/// </summary>
sealed class Delegations(IDbSessions sessions, AccessCache cache, OrganisationDirectory organisations)
{
    public const string Given = "delegation.given", Ended = "delegation.ended";
    public const int MostDays = 730;

    static Refusal? Administers(Actor actor) => actor.Is(Role.Administrator) && !actor.IsMachine && actor.AgentOrganisationId is null ? null : Refusal.Forbidden("people.not-administrator");

    /// <summary>Capacities the actor's organisation can give. Those the registry or the market admits a person to by name are not among them.</summary>
    public async Task<IReadOnlyList<string>> RolesOf(Actor actor, CancellationToken ct) => [.. (await organisations.RolesOf(actor.OrganisationId, ct)).Where(r => r is not (Role.Administrator or Role.ExchangeStaff or Role.AccountRepresentative or Role.MarketTrader or Role.MarketSupervisor))];

    /// <summary>Those the actor's organisation has given or taken, newest first.</summary>
    public async Task<Answer<IReadOnlyList<Delegation>>> List(Actor actor, CancellationToken ct)
    {
        if (Administers(actor) is { } no) return no;
        await using var s = sessions.Open(actor);
        return await s.Many($"{Select} where principal_id = $1 or agent_id = $1 order by granted_at desc, id", Read, ct, actor.OrganisationId);
    }

    public async Task<Answer<Delegation>> Find(Actor actor, Guid id, CancellationToken ct)
    {
        if (Administers(actor) is { } no) return no;
        await using var s = sessions.Open(actor);
        return await s.One($"{Select} where id = $1 and (principal_id = $2 or agent_id = $2)", Read, ct, id, actor.OrganisationId) is { } found ? found : Refusal.NotFound("delegation.unknown", "id");
    }

    const string Select = """
        select id, principal_id, agent_id, roles, reason, granted_at, until, ended_at, array(select person_id from server.delegation_person p where p.delegation_id = server.delegation.id order by added_at, person_id)
        from server.delegation
        """;

    static Delegation Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetFieldValue<string[]>(3), r.GetString(4), r.Moment(5), r.Moment(6), r.MomentOrNull(7), r.GetFieldValue<Guid[]>(8));

    /// <param name="days">From now, 1-730.</param>
    public async Task<Answer<Delegation>> Grant(Actor actor, Guid agent, IReadOnlyList<string> roles, int days, string? reason, CancellationToken ct)
    {
        if (Administers(actor) is { } no) return no;
        var wrong = new List<Refusal>();
        if (agent == actor.OrganisationId) wrong.Add(Refusal.Of("delegation.to-oneself", "agent"));
        else if (await organisations.Find(agent, ct) is not { State: "active" }) wrong.Add(Refusal.NotFound("organisation.unknown", "agent"));
        var allowed = await RolesOf(actor, ct);
        if (roles.Count == 0) wrong.Add(Refusal.Of("people.no-role", "roles"));
        else if (roles.FirstOrDefault(r => !allowed.Contains(r)) is { } foreign) wrong.Add(Refusal.Of("delegation.role-not-delegable", "roles", ("role", foreign)));
        if (days is < 1 or > MostDays) wrong.Add(Refusal.Of("delegation.days-out-of-range", "days", ("max", MostDays.ToString(CultureInfo.InvariantCulture))));
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > 2000) wrong.Add(Refusal.Of("delegation.reason-missing", "reason"));
        if (wrong.Count > 0) return wrong;
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var id = s.NewId();
        var until = s.Now + Duration.FromDays(days);
        await s.InTransaction(async t =>
        {
            await s.Execute("insert into server.delegation (id, principal_id, agent_id, roles, reason, granted_by, granted_at, until) values ($1, $2, $3, $4, $5, $6, $7, $8)", t,
                id, actor.OrganisationId, agent, roles.Distinct().ToArray(), reason!.Trim(), actor.PersonId, s.Now.ToDateTimeUtc(), until.ToDateTimeUtc());
            await s.Audit(new AuditEntry("delegation.granted", "delegation", id.ToString(), reason.Trim(), new { agent, roles, until }), t);
            await Tell(s, Given, agent, "server.delegations.notice-given", actor.OrganisationId, id, until, t);
        }, ct);
        return await Find(actor, id, ct);
    }

    /// <summary>Either side ends it at once.</summary>
    public async Task<Answer<Done>> End(Actor actor, Guid id, string? reason, CancellationToken ct)
    {
        if (Administers(actor) is { } no) return no;
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > 2000) return Refusal.Of("delegation.reason-missing", "reason");
        var known = await Find(actor, id, ct);
        if (!known.Ok) return Answer<Done>.From(known.Refusals);
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var ended = await s.InTransaction<Done>(async t =>
        {
            if (await s.Execute("update server.delegation set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null and until > $2", t, id, s.Now.ToDateTimeUtc(), actor.PersonId) == 0) return Refusal.Conflict("delegation.over", "id");
            await s.Audit(new AuditEntry("delegation.ended", "delegation", id.ToString(), reason.Trim()), t);
            var d = known.Value;
            var other = d.PrincipalId == actor.OrganisationId ? d.AgentId : d.PrincipalId;
            await Tell(s, Ended, other, "server.delegations.notice-ended", actor.OrganisationId, id, s.Now, t);
            return default(Done);
        }, ct);
        foreach (var person in known.Value.PersonIds) cache.Forget(person);
        return ended;
    }

    /// <summary>The agent's administrator says which of its people act under it, whoever did before.</summary>
    public async Task<Answer<Delegation>> Assign(Actor actor, Guid id, IReadOnlyList<Guid> people, CancellationToken ct)
    {
        var known = await Find(actor, id, ct);
        if (!known.Ok) return known;
        if (known.Value.AgentId != actor.OrganisationId) return Refusal.Forbidden("delegation.agent-assigns", "people");
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var wanted = people.Distinct().ToArray();
        var done = await s.InTransaction<Done>(async t =>
        {
            var (granter, holds) = await s.One("select granted_by, ended_at is null and until > $2 from server.delegation where id = $1 for update", r => (r.GetGuid(0), r.GetBoolean(1)), t, id, s.Now.ToDateTimeUtc());
            if (!holds) return Refusal.Conflict("delegation.over", "id");
            if (wanted.Contains(granter)) return Refusal.Forbidden("delegation.granter-acts", "people");
            if (await s.One("select count(*) from server.membership where organisation_id = $1 and person_id = any($2)", r => r.GetInt64(0), t, actor.OrganisationId, wanted) != wanted.Length) return Refusal.NotFound("people.not-a-colleague", "people");
            await s.Execute("delete from server.delegation_person where delegation_id = $1 and not person_id = any($2)", t, id, wanted);
            foreach (var person in wanted)
                await s.Execute("insert into server.delegation_person (delegation_id, person_id, added_by, added_at) values ($1, $2, $3, $4) on conflict do nothing", t, id, person, actor.PersonId, s.Now.ToDateTimeUtc());
            await s.Audit(new AuditEntry("delegation.assigned", "delegation", id.ToString(), Details: new { people = wanted }), t);
            return default(Done);
        }, ct);
        foreach (var person in known.Value.PersonIds.Concat(wanted)) cache.Forget(person);
        return done.Ok ? await Find(actor, id, ct) : Answer<Delegation>.From(done.Refusals);
    }

    async Task Tell(DbSession s, string kind, Guid to, string text, Guid from, Guid id, Instant when, CancellationToken ct) =>
        await s.Notify(new Notice(kind, new NoticeTo(Organisation: to, Roles: [Role.Administrator]), text,
            new Dictionary<string, string> { ["name"] = (await organisations.Find(from, ct))?.Name ?? "-", ["day"] = LocalDatePattern.Iso.Format(when.InUtc().Date) }, $"/delegations/{id}", "delegation", id.ToString()), ct);
}
