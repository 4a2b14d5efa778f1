using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Organisations.Groups;

/// <summary>
/// Use cases of groups of producers. The head's approver makes a group and asks others in; an approver of the one asked accepts, so that nobody is said to belong to anybody without both having
/// said so; either side ends it with a last day. What was agreed is public and stays, day by day.
/// </summary>
public sealed class GroupHandlers(OrganisationHandlers organisations)
{
    public async Task<Answer<GroupView>> Create(DbSession s, NewGroup request, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        var head = s.Actor.OrganisationId;
        if (GroupRules.Check(request, s.Today()) is [_, ..] wrong) return wrong;
        if (await organisations.Find(s, head, ct) is not { Kind: OrganisationKind.Producer }) return Refusal.NotFound("organisation.not-a-producer", "organisationId");
        var id = s.NewId();
        try
        {
            return await s.InTransaction<GroupView>(async t =>
            {
                await Hold(s, head, t);
                if (await Elsewhere(s, head, request.FromDay ?? s.Today(), t) is { } taken) return taken;
                await s.Run("insert into passport.producer_group (id, head_id, name, name_zh, created_by, created_at) values ($1, $2, $3, $4, $5, $6)", t, id, head, request.Name.Trim(), request.NameZh?.Trim(), s.Actor.PersonId, s.Now);
                await Add(s, id, head, request.FromDay ?? s.Today(), MembershipState.Member, t);
                await s.Audit(new AuditEntry("group.created", "producer-group", id.ToString(), Details: new { request.Name }), t);
                return await Read(s, id, null, t);
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return e.ConstraintName == "producer_group_head_id_key" ? Refusal.Conflict("group.head-already", "name") : Refusal.Conflict("group.name-taken", "name", ("given", request.Name));
        }
    }

    /// <summary>The head asks a producer in.</summary>
    public async Task<Answer<GroupView>> Invite(DbSession s, Guid group, Invitation invitation, CancellationToken ct)
    {
        if (await Headed(s, group, ct) is { Ok: false } not) return Answer<GroupView>.From(not.Refusals);
        if (GroupRules.OutOfRange(invitation.FromDay, s.Today()) is { } day) return day;
        if (await organisations.Find(s, invitation.OrganisationId, ct) is not { Kind: OrganisationKind.Producer }) return Refusal.NotFound("organisation.not-a-producer", "organisationId");
        return await s.InTransaction<GroupView>(async t =>
        {
            await Hold(s, invitation.OrganisationId, t);
            if (await s.Value<long>("select count(*) from passport.group_membership where group_id = $1 and organisation_id = $2 and state in (0, 1)", t, group, invitation.OrganisationId) > 0) return Refusal.Conflict("group.already-asked", "organisationId");
            var id = await Add(s, group, invitation.OrganisationId, invitation.FromDay ?? s.Today(), MembershipState.Invited, t);
            await s.Audit(new AuditEntry("group.invited", "producer-group", group.ToString(), Details: new { invitation.OrganisationId, Membership = id }), t);
            var view = await Read(s, group, null, t);
            await Tell(s, PassportNotices.GroupInvited, invitation.OrganisationId, "passport.notice.group-invited", view.Value.Group, t);
            return view;
        }, ct);
    }

    /// <summary>The producer asked says yes or, with a reason, no.</summary>
    public async Task<Answer<GroupView>> Answer(DbSession s, Guid membership, bool accept, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (!accept && !GroupRules.IsReason(reason)) return Refusal.Of("group.reason-missing", "reason");
        return await Change(s, membership, accept ? MembershipEvent.Accept : MembershipEvent.Decline, async (known, t) =>
        {
            if (known.OrganisationId != s.Actor.OrganisationId) return Refusal.Forbidden("access.other-organisation");
            if (accept && await Elsewhere(s, known.OrganisationId, known.FromDay, t) is { } taken) return taken;
            await s.Run("update passport.group_membership set state = $2, reason = $3, answered_at = $4, row_version = row_version + 1 where id = $1", t, membership, (short)(accept ? MembershipState.Member : MembershipState.Declined), accept ? null : reason!.Trim(), s.Now);
            await s.Audit(new AuditEntry(accept ? "group.accepted" : "group.declined", "producer-group", known.GroupId.ToString(), accept ? null : reason, new { Membership = membership }), t);
            return (PassportNotices.GroupAnswered, accept ? "passport.notice.group-accepted" : "passport.notice.group-declined");
        }, ct);
    }

    /// <summary>Either side ends it. The head itself belongs to its group as long as the group stands.</summary>
    public async Task<Answer<GroupView>> End(DbSession s, Guid membership, EndedMembership ended, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (!GroupRules.IsReason(ended.Reason)) return Refusal.Of("group.reason-missing", "reason");
        var last = ended.LastDay ?? s.Today();
        return await Change(s, membership, MembershipEvent.End, async (known, t) =>
        {
            var head = await s.Value<Guid>("select head_id from passport.producer_group where id = $1", t, known.GroupId);
            if (s.Actor.OrganisationId != known.OrganisationId && s.Actor.OrganisationId != head) return Refusal.Forbidden("access.other-organisation");
            if (known.OrganisationId == head) return Refusal.Conflict("group.head-stays", "membershipId");
            if (GroupRules.Last(known, last, s.Today()) is { } day) return day;
            await s.Run("update passport.group_membership set state = 3, last_day = $2, reason = $3, row_version = row_version + 1 where id = $1", t, membership, last, ended.Reason!.Trim());
            await s.Audit(new AuditEntry("group.ended", "producer-group", known.GroupId.ToString(), ended.Reason, new { Membership = membership, LastDay = last }), t);
            return (PassportNotices.GroupEnded, "passport.notice.group-ended");
        }, ct);
    }

    /// <summary>A group as it stood on a day; null is today. Invitations only for who may see them.</summary>
    public async Task<Answer<GroupView>> Read(DbSession s, Guid id, LocalDate? day, CancellationToken ct)
    {
        var on = day ?? s.Today();
        if (await s.One($"{GroupColumns} where g.id = $2", MapGroup, ct, on, id) is not { } group) return EmissionsAccess.NotVisible("group");
        var all = await s.All($"{MemberColumns} where m.group_id = $1 order by m.from_day, m.id", MapMember, ct, id);
        return new GroupView(group, on, [.. all.Where(m => m.HeldOn(on))], [.. all.Where(m => m.State == MembershipState.Ended && m.LastDay < on)], [.. all.Where(m => m.State == MembershipState.Invited)]);
    }

    /// <summary>The group a producer belonged to on a day, or null.</summary>
    public Task<ProducerGroup?> Of(DbSession s, Guid organisation, LocalDate day, CancellationToken ct) =>
        s.One($"{GroupColumns} where exists (select 1 from passport.group_membership m where m.group_id = g.id and m.organisation_id = $2 and {Held("$1")})", MapGroup, ct, day, organisation);

    /// <summary>Invitations the actor's own organisation has not answered, oldest first.</summary>
    public Task<List<GroupMembership>> Asked(DbSession s, CancellationToken ct) => s.All($"{MemberColumns} where m.organisation_id = $1 and m.state = 0 order by m.id", MapMember, ct, s.Actor.OrganisationId);

    async Task<Answer<GroupView>> Change(DbSession s, Guid membership, MembershipEvent happened, Func<GroupMembership, CancellationToken, Task<Answer<(string Notice, string Text)>>> work, CancellationToken ct) => await s.InTransaction<GroupView>(async t =>
    {
        if (await s.One($"{MemberColumns} where m.id = $1", MapMember, t, membership) is not { } seen) return EmissionsAccess.NotVisible("group-membership");
        await Hold(s, seen.OrganisationId, t);
        var known = (await s.One($"{MemberColumns} where m.id = $1", MapMember, t, membership))!;
        if (GroupRules.Moves.Next(known.State, happened) is { Ok: false } forbidden) return Answer<GroupView>.From(forbidden.Refusals);
        var done = await work(known, t);
        if (!done.Ok) return Answer<GroupView>.From(done.Refusals);
        var view = await Read(s, known.GroupId, null, t);
        var group = view.Value.Group;
        await Tell(s, done.Value.Notice, s.Actor.OrganisationId == group.HeadId ? known.OrganisationId : group.HeadId, done.Value.Text, group, t);
        return view;
    }, ct);

    async Task<Answer<Guid>> Headed(DbSession s, Guid group, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (await s.All("select head_id from passport.producer_group where id = $1", r => r.GetGuid(0), ct, group) is not [var head]) return EmissionsAccess.NotVisible("group");
        return head == s.Actor.OrganisationId ? head : Refusal.Forbidden("access.other-organisation");
    }

    // One at a time: what is asked of an organisation's belonging and what is written of it happen under one lock.
    static Task Hold(DbSession s, Guid organisation, CancellationToken ct) => s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", ct, $"group/{organisation}");

    /// <summary>Why it cannot belong to a group from a day on: it belongs to one then, or will. Asked as the system would see it, since what was agreed is public.</summary>
    static async Task<Refusal?> Elsewhere(DbSession s, Guid organisation, LocalDate from, CancellationToken ct)
    {
        var other = await s.All("select g.name from passport.group_membership m join passport.producer_group g on g.id = m.group_id where m.organisation_id = $1 and m.state in (1, 3) and (m.last_day is null or m.last_day >= $2) limit 1", r => r.GetString(0), ct, organisation, from);
        return other is [var name] ? Refusal.Conflict("group.member-elsewhere", "fromDay", ("group", name)) : null;
    }

    static async Task<Guid> Add(DbSession s, Guid group, Guid organisation, LocalDate from, MembershipState state, CancellationToken ct)
    {
        var id = s.NewId();
        Instant? answered = state == MembershipState.Member ? s.Now : null;
        await s.Run("insert into passport.group_membership (id, group_id, organisation_id, from_day, state, invited_by, invited_at, answered_at, row_version) values ($1, $2, $3, $4, $5, $6, $7, $8, 1)", ct, id, group, organisation, from, (short)state, s.Actor.PersonId, s.Now, answered);
        return id;
    }

    static Task Tell(DbSession s, string kind, Guid to, string text, ProducerGroup group, CancellationToken ct) =>
        s.Notify(new Notice(kind, new NoticeTo(Organisation: to, Roles: [Role.ProducerApprover]), text, new Dictionary<string, string> { ["group"] = group.Name, ["groupZh"] = group.NameZh ?? "" }, $"/groups/{group.Id}", "producer-group", group.Id.ToString()), ct);

    internal static string Held(string day) => $"m.state in (1, 3) and m.from_day <= {day} and (m.last_day is null or m.last_day >= {day})";

    internal static readonly string GroupColumns = $"""
        select g.id, g.name, g.name_zh, g.head_id, o.name, o.name_zh, o.country, (select count(*) from passport.group_membership m where m.group_id = g.id and {Held("$1")})::int, g.created_at
        from passport.producer_group g join passport.organisation o on o.id = g.head_id
        """;

    const string MemberColumns = """
        select m.id, m.group_id, m.organisation_id, o.name, o.name_zh, o.country, m.from_day, m.last_day, m.state, m.reason, m.invited_at
        from passport.group_membership m join passport.organisation o on o.id = m.organisation_id
        """;

    internal static ProducerGroup MapGroup(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.Text(2), r.GetGuid(3), r.GetString(4), r.Text(5), r.GetString(6), r.GetInt32(7), r.Time(8));

    static GroupMembership MapMember(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.Text(4), r.GetString(5), r.Day(6), r.MaybeDay(7), (MembershipState)r.GetInt16(8), r.Text(9), r.Time(10));
}
