using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Members;

public enum AssociationState { Proposed, InForce, TurnedDown, EndProposed, Ended }

/// <summary>Members that belong together, as they disclosed: limits of bidders count them as one.</summary>
/// <param name="Accounts">Codes of the members' trading accounts.</param>
public sealed record Association(Guid Id, string Name, AssociationState State, IReadOnlyList<Guid> Organisations, string? Reason, Guid? TaskId, Instant ProposedAt, Instant? DecidedAt, Instant? EndedAt)
{
    public IReadOnlyList<Guid> Organisations { get; init; } = Organisations ?? [];
}

/// <param name="Accounts">Codes of trading accounts, at least one of each organisation, of two organisations or more.</param>
/// <param name="Reason">What was disclosed: who controls whom.</param>
public sealed record NewAssociation(string? Name, IReadOnlyList<string> Accounts, string? Reason)
{
    public IReadOnlyList<string> Accounts { get; init; } = Accounts ?? [];
}

/// <summary>Associations of members: disclosed by them, written down by one operator of the market, decided by another. Never deleted: what held at an auction can be looked up.</summary>
public sealed class Associations(Approvals approvals)
{
    public const string Task = "market.association";

    const string Columns = "a.id, a.name, a.state, (select array_agg(m.organisation_id order by m.organisation_id) from market.association_member m where m.association_id = a.id), a.reason, a.task_id, a.proposed_at, a.decided_at, a.ended_at";

    /// <summary>Refuses <c>access.role-needed</c>, <c>input.required</c>, <c>trading.not-found</c>, <c>association.too-few</c>, <c>association.member-of-other</c>.</summary>
    public async Task<Answer<Association>> Propose(DbSession s, NewAssociation wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var wrong = new List<Refusal>();
        var (name, words) = (Given.Text(wanted.Name, "name", 120, wrong), Given.Text(wanted.Reason, "reason", Given.Longest, wrong));
        var organisations = new SortedSet<Guid>();
        foreach (var code in wanted.Accounts)
            if (TradingAccount.NumberOf(code) is { } number && await TradingAccountHandlers.Find(s, number, ct) is { } account) organisations.Add(account.OrganisationId);
            else wrong.Add(Refusal.NotFound("trading.not-found", "accounts", ("given", code)));
        if (wrong.Count == 0 && organisations.Count < 2) wrong.Add(Refusal.Of("association.too-few", "accounts"));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Association>(async t =>
        {
            if (await s.Value<bool>("select exists (select from market.association_member where in_force and organisation_id = any($1))", t, organisations.ToArray())) return Refusal.Conflict("association.member-of-other", "accounts");
            var id = s.NewId();
            await s.Run("insert into market.association (id, name, state, reason, proposed_by, proposed_at) values ($1, $2, 0, $3, $4, $5)", t, id, name, words, s.Actor.PersonId, s.Now);
            foreach (var organisation in organisations) await s.Run("insert into market.association_member (association_id, organisation_id) values ($1, $2)", t, id, organisation);
            await Ask(s, id, name!, t);
            await s.Audit(new AuditEntry("market-association.proposed", "market-association", id.ToString(), words, new { name, organisations }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Proposes that the members no longer belong together; <c>association.not-found</c>, <c>association.state</c>.</summary>
    public async Task<Answer<Association>> ProposeEnd(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Association>(async t =>
        {
            if (await Find(s, id, t, locked: true) is not { } known) return Refusal.NotFound("association.not-found");
            if (known.State != AssociationState.InForce) return Refusal.Conflict("association.state", "state", ("state", known.State.ToString()));
            await s.Run("update market.association set state = 3, reason = $2, proposed_by = $3, row_version = row_version + 1 where id = $1", t, id, words, s.Actor.PersonId);
            await Ask(s, id, known.Name, t);
            await s.Audit(new AuditEntry("market-association.end-proposed", "market-association", id.ToString(), words), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>The own one, for the exchange all; the newest first.</summary>
    public Task<List<Association>> List(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.association a order by a.proposed_at desc, a.id limit 500", Map, ct);

    /// <summary>Who counts as one with an organisation: its association in force, else itself alone.</summary>
    internal static async Task<(string Name, IReadOnlyList<Guid> Organisations)> Of(DbSession s, Guid organisation, CancellationToken ct)
    {
        var found = await s.Lent(t => s.All("select m.association_id, m.organisation_id from market.association_member m where m.in_force and m.association_id = (select association_id from market.association_member where in_force and organisation_id = $1) order by m.organisation_id", r => (Id: r.GetGuid(0), Organisation: r.GetGuid(1)), t, organisation), ct);
        return found.Count == 0 ? (organisation.ToString(), [organisation]) : (found[0].Id.ToString(), [.. found.Select(f => f.Organisation)]);
    }

    internal async Task<Answer<Done>> Approve(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct, locked: true) is not { State: AssociationState.Proposed or AssociationState.EndProposed } known) return Refusal.Conflict("association.state", "state", ("state", ""));
        var ends = known.State == AssociationState.EndProposed;
        if (!ends && await s.Value<bool>("select exists (select from market.association_member where in_force and organisation_id = any($1))", ct, known.Organisations.ToArray())) return Refusal.Conflict("association.member-of-other", "accounts");
        await s.Run("update market.association set state = $2, task_id = null, decided_by = $3, decided_at = $4, ended_at = case when $2 = 4 then $4::timestamptz end, row_version = row_version + 1 where id = $1", ct, id, (short)(ends ? AssociationState.Ended : AssociationState.InForce), s.Actor.PersonId, s.Now);
        await s.Run("update market.association_member set in_force = $2 where association_id = $1", ct, id, !ends);
        await s.Audit(new AuditEntry(ends ? "market-association.ended" : "market-association.in-force", "market-association", id.ToString()), ct);
        foreach (var organisation in known.Organisations)
            await s.Notify(new Notice(MarketNotices.Member, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), ends ? "market.notice.association.ended" : "market.notice.association.in-force",
                new Dictionary<string, string> { ["name"] = known.Name }, "/market/associations", "market-association", id.ToString()), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.association set state = case when state = 3 then 1 else 2 end, task_id = null, reason = $2, decided_at = $3, row_version = row_version + 1 where id = $1 and state in (0, 3)", ct, id, reason, s.Now);
        await s.Audit(new AuditEntry("market-association.turned-down", "market-association", id.ToString(), reason), ct);
        return default(Done);
    }

    async Task Ask(DbSession s, Guid id, string name, CancellationToken ct)
    {
        var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.MarketOperator, "/market/associations", ct, ("name", name));
        await s.Run("update market.association set task_id = $2 where id = $1", ct, id, task);
    }

    static Task<Association?> Find(DbSession s, Guid id, CancellationToken ct, bool locked = false) => s.One($"select {Columns} from market.association a where a.id = $1{(locked ? " for update of a" : "")}", Map, ct, id);

    static Association Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), (AssociationState)r.GetInt16(2), r.IsDBNull(3) ? [] : r.GetFieldValue<Guid[]>(3), r.Text(4), r.MaybeGuid(5), r.Time(6), r.MaybeTime(7), r.MaybeTime(8));
}
