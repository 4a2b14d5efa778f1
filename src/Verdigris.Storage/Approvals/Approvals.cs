using System.Text.Json;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>
/// The one approval mechanism: anybody proposes, another person of the right organisation and role decides. Every step is in the audit trail; the database itself
/// refuses a decision by the proposer, a second decision and a changed proposal. Singleton.
/// </summary>
/// <remarks>
/// Refusals, in the order they are checked: <c>approval.not-found</c>, <c>approval.decided</c> (no longer open), <c>approval.expired</c>,
/// <c>approval.wrong-organisation</c>, <c>approval.wrong-role</c>, <c>approval.same-person</c>, <c>approval.claimed</c> (by somebody else),
/// <c>approval.reason-missing</c>, <c>approval.reason-too-long</c>; for withdrawing and releasing <c>approval.not-yours</c>.
/// </remarks>
public sealed class Approvals
{
    /// <summary>A claim that nobody acted on lapses after this time.</summary>
    public static readonly Duration ClaimLasts = Duration.FromHours(4);

    const int LongestReason = 2000;
    const string Columns = """
        id, kind, subject_id, for_organisation, for_role, payload::text, title_key, title_args::text, link_path, due_at, allow_same_person, state,
        proposed_by, proposed_by_name, proposed_by_organisation, proposed_at, claimed_by, claimed_by_name, claimed_at, decided_by, decided_by_name, decided_at, reason
        """;

    readonly Dictionary<string, IApprovalKind> kinds;

    /// <exception cref="ArgumentException">Two rooms register the same kind.</exception>
    public Approvals(IEnumerable<IApprovalKind> kinds)
    {
        this.kinds = [];
        foreach (var kind in kinds)
        {
            if (!this.kinds.TryAdd(kind.Kind, kind)) throw new ArgumentException($"The kind {kind.Kind} is registered twice.", nameof(kinds));
        }
    }

    /// <summary>Puts a task into the inbox, in the caller's transaction if there is one. The same proposal while it is open returns the task there is.</summary>
    /// <exception cref="ArgumentException">The kind is not registered, or the link is not a path of this server.</exception>
    public Task<ApprovalTask> Propose(DbSession s, ApprovalRequest r, CancellationToken ct)
    {
        if (!kinds.ContainsKey(r.Kind)) throw new ArgumentException($"The kind {r.Kind} is not registered.", nameof(r));
        if (!r.LinkPath.StartsWith('/') || r.LinkPath.StartsWith("//", StringComparison.Ordinal)) throw new ArgumentException("The link is no path of this server.", nameof(r));
        return s.InTransaction(async token =>
        {
            var payload = JsonSerializer.Serialize(r.Payload, r.Payload.GetType(), StorageJson.Options);
            while (true)
            {
                await using var insert = new NpgsqlCommand($"""
                    insert into storage.approval_task (id, kind, subject_id, for_organisation, for_role, payload, title_key, title_args, link_path, due_at, allow_same_person, state,
                      proposed_by, proposed_by_name, proposed_by_organisation, proposed_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'Open', $12, $13, $14, $15)
                    on conflict (kind, subject_id, for_organisation, for_role, md5(payload::text)) where state = 'Open' do nothing
                    returning {Columns}
                    """, await s.Connection(token));
                Add(insert, s.NewId(), r.Kind, r.SubjectId, r.ForOrganisation, r.ForRole);
                insert.Parameters.Add(new() { Value = payload, NpgsqlDbType = NpgsqlDbType.Jsonb });
                Add(insert, r.TitleKey);
                insert.Parameters.Add(new() { Value = StorageJson.Write(r.TitleArgs), NpgsqlDbType = NpgsqlDbType.Jsonb });
                Add(insert, r.LinkPath);
                insert.Parameters.Add(new() { Value = (object?)r.DueAt?.ToDateTimeUtc() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
                Add(insert, r.AllowSamePerson);
                AddId(insert, s.Actor.PersonId);
                Add(insert, s.Actor.Name);
                AddId(insert, s.Actor.OrganisationId);
                Add(insert, s.Now.ToDateTimeUtc());
                if (await One(insert, token) is { } made)
                {
                    await s.Audit(new("approval.proposed", r.Kind, r.SubjectId, Details: new { task = made.Id, r.ForOrganisation, r.ForRole, r.DueAt }), token);
                    await Tell(s, made, KindOf(made).WaitingNotice, new NoticeTo(Organisation: r.ForOrganisation, Roles: [r.ForRole], Without: r.AllowSamePerson ? null : s.Actor.PersonId), token);
                    return made;
                }
                await using var find = new NpgsqlCommand($"""
                    select {Columns} from storage.approval_task
                    where kind = $1 and subject_id = $2 and for_organisation = $3 and for_role = $4 and md5(payload::text) = md5($5::jsonb::text) and state = 'Open'
                    """, await s.Connection(token));
                Add(find, r.Kind, r.SubjectId, r.ForOrganisation, r.ForRole, payload);
                if (await One(find, token) is { } known) return known; // otherwise it was decided between the two statements: propose again
            }
        }, ct);
    }

    /// <summary>Approves or rejects. The kind's own work, the decision and its audit entry are one transaction.</summary>
    public Task<Answer<Done>> Decide(DbSession s, Guid taskId, bool approve, string? reason, CancellationToken ct) => s.InTransaction(async Task<Answer<Done>> (token) =>
    {
        if (await Locked(s, taskId, token) is not { } task) return Refusal.NotFound("approval.not-found", "id");
        var refusals = Check(task, s.Actor, s.Now);
        if (!approve && string.IsNullOrWhiteSpace(reason)) refusals.Add(Refusal.Of("approval.reason-missing", "reason"));
        if (reason?.Length > LongestReason) refusals.Add(Refusal.Of("approval.reason-too-long", "reason", ("limit", "2000")));
        if (refusals.Count > 0) return refusals;
        var kind = KindOf(task);
        var answer = approve ? await kind.Approve(s, task, token) : await kind.Reject(s, task, reason!.Trim(), token);
        if (!answer.Ok) return answer;
        await Close(s, task, approve ? ApprovalState.Approved : ApprovalState.Rejected, reason, token);
        return default(Done);
    }, ct);

    /// <summary>The proposer (or an administrator of the proposing organisation) takes an open task back.</summary>
    public Task<Answer<Done>> Withdraw(DbSession s, Guid taskId, string? reason, CancellationToken ct) => s.InTransaction(async Task<Answer<Done>> (token) =>
    {
        if (await Locked(s, taskId, token) is not { } task) return Refusal.NotFound("approval.not-found", "id");
        if (task.State != ApprovalState.Open) return Decided(task);
        var own = task.ProposedBy == s.Actor.PersonId || (task.ProposedByOrganisation == s.Actor.OrganisationId && s.Actor.Is(Role.Administrator));
        if (!own) return Refusal.Forbidden("approval.not-yours", "id");
        if (reason?.Length > LongestReason) return Refusal.Of("approval.reason-too-long", "reason", ("limit", "2000"));
        var answer = await KindOf(task).Withdrawn(s, task, string.IsNullOrWhiteSpace(reason) ? "withdrawn" : reason.Trim(), token);
        if (!answer.Ok) return answer;
        await Close(s, task, ApprovalState.Withdrawn, reason, token);
        return default(Done);
    }, ct);

    /// <summary>Closes an open task whose subject has ended by another way: nobody has to decide it any more, whosever task it was. The room has done what belongs to it; a task that is closed already stays as it is.</summary>
    public Task End(DbSession s, Guid taskId, string reason, CancellationToken ct) => s.Lent<Done>(async token =>
    {
        if (await Locked(s, taskId, token) is { State: ApprovalState.Open } task) await Close(s, task, ApprovalState.Withdrawn, reason, token);
        return default;
    }, ct);

    /// <summary>Says "I look at this one": until released, decided or lapsed (<see cref="ClaimLasts"/>), nobody else decides it.</summary>
    public Task<Answer<Done>> Claim(DbSession s, Guid taskId, CancellationToken ct) => s.InTransaction(async Task<Answer<Done>> (token) =>
    {
        if (await Locked(s, taskId, token) is not { } task) return Refusal.NotFound("approval.not-found", "id");
        var refusals = Check(task, s.Actor, s.Now);
        if (refusals.Count > 0) return refusals;
        await SetClaim(s, task, s.Actor, token);
        await s.Audit(new("approval.claimed", task.Kind, task.SubjectId, Details: new { task = task.Id }), token);
        return default(Done);
    }, ct);

    /// <summary>Gives a claim back (the claimer or an administrator of his organisation).</summary>
    public Task<Answer<Done>> Release(DbSession s, Guid taskId, CancellationToken ct) => s.InTransaction(async Task<Answer<Done>> (token) =>
    {
        if (await Locked(s, taskId, token) is not { } task) return Refusal.NotFound("approval.not-found", "id");
        if (task.State != ApprovalState.Open) return Decided(task);
        if (task.ClaimedBy is null) return default(Done);
        var may = task.ClaimedBy == s.Actor.PersonId || (task.ForOrganisation == s.Actor.OrganisationId && s.Actor.Is(Role.Administrator));
        if (!may) return Refusal.Forbidden("approval.not-yours", "id");
        await SetClaim(s, task, null, token);
        await s.Audit(new("approval.released", task.Kind, task.SubjectId, Details: new { task = task.Id }), token);
        return default(Done);
    }, ct);

    /// <summary>The task, or null where the actor may not see it.</summary>
    public async Task<ApprovalTask?> Find(DbSession s, Guid taskId, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from storage.approval_task where id = $1", await s.Connection(ct));
        Add(command, taskId);
        return await One(command, ct);
    }

    /// <summary>Newest first.</summary>
    /// <exception cref="ArgumentException"><see cref="TaskFilter.Check"/> refuses the filter.</exception>
    public async Task<Page<ApprovalTask>> Inbox(DbSession s, TaskFilter filter, CancellationToken ct)
    {
        if (filter.Check() is [var first, ..]) throw new ArgumentException($"The filter is refused: {first.Code}.", nameof(filter));
        var order = filter.Order();
        var where = new Where();
        switch (filter.View)
        {
            case TaskView.ForMe:
                where.And("for_organisation = ", s.Actor.OrganisationId);
                where.And("for_role = any (", s.Actor.Roles.ToArray(), ")");
                where.And("(allow_same_person or proposed_by is distinct from ", s.Actor.PersonId, ")");
                if (filter.State is null or ApprovalState.Open) where.And("(state <> 'Open' or due_at is null or due_at > ", s.Now.ToDateTimeUtc(), ")");
                break;
            case TaskView.ForMyOrganisation: where.And("for_organisation = ", s.Actor.OrganisationId); break;
            case TaskView.ProposedByMyOrganisation: where.And("proposed_by_organisation = ", s.Actor.OrganisationId); break;
            case TaskView.All: break;
            default: throw new ArgumentOutOfRangeException(nameof(filter));
        }
        if (filter.State is { } state) where.And("state = ", state.ToString());
        if (filter.Kind is { } kind) where.And("kind = ", kind);
        if (filter.SubjectId is { } subject) where.And("subject_id = ", subject);
        where.And(order.Condition(where.Next));
        var tasks = await s.Statements(async connection =>
        {
            await using var command = new NpgsqlCommand($"select {Columns} from storage.approval_task {where} order by {order.By} limit {filter.Limit + 1}", connection);
            foreach (var value in where.Args) command.Parameters.Add(new() { Value = value ?? DBNull.Value });
            return await Read(command, ct);
        }, ct);
        var next = order.Cut(tasks, filter.Limit);
        return new(tasks, next, filter.Cursor is null && next is null ? tasks.Count : null);
    }

    /// <summary>Expires what is overdue, each in its own transaction, as the system. Returns how many. A kind that refuses leaves its task open for the next time.</summary>
    /// <param name="subject">Only tasks about this subject, for whoever cannot wait for the next round; null for all.</param>
    public async Task<int> ExpireDue(IDbSessions sessions, CancellationToken ct, string? subject = null)
    {
        await using var s = sessions.Open(Actor.System);
        await using var command = new NpgsqlCommand("select id from storage.approval_task where state = 'Open' and due_at <= $1 and ($2::text is null or subject_id = $2) order by due_at limit 1000", await s.Connection(ct));
        Add(command, s.Now.ToDateTimeUtc());
        command.Parameters.Add(new() { Value = (object?)subject ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        var due = new List<Guid>();
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) due.Add(reader.GetGuid(0));
        }
        var expired = 0;
        foreach (var id in due)
        {
            var answer = await s.InTransaction(async Task<Answer<Done>> (token) =>
            {
                if (await Locked(s, id, token) is not { State: ApprovalState.Open } task) return Refusal.Conflict("approval.decided", "id");
                var done = await KindOf(task).Expired(s, task, token);
                if (!done.Ok) return done;
                await Close(s, task, ApprovalState.Expired, null, token);
                return default(Done);
            }, ct);
            if (answer.Ok) expired++;
        }
        return expired;
    }

    /// <summary>Everything that keeps this actor from deciding, in documented order.</summary>
    internal static List<Refusal> Check(ApprovalTask task, Actor actor, Instant now)
    {
        if (task.State != ApprovalState.Open) return [Decided(task)];
        var refusals = new List<Refusal>();
        if (task.DueAt is { } due && due <= now) refusals.Add(Refusal.Conflict("approval.expired", "id", ("due", NodaTime.Text.InstantPattern.General.Format(due))));
        if (task.ForOrganisation != actor.OrganisationId) refusals.Add(Refusal.Forbidden("approval.wrong-organisation", "id"));
        if (!actor.Is(task.ForRole)) refusals.Add(Refusal.Forbidden("approval.wrong-role", "id", ("role", task.ForRole)));
        if (!task.AllowSamePerson && task.ProposedBy == actor.PersonId) refusals.Add(Refusal.Forbidden("approval.same-person", "id"));
        if (task.ClaimedBy is { } claimer && claimer != actor.PersonId && task.ClaimedAt!.Value + ClaimLasts > now)
            refusals.Add(Refusal.Conflict("approval.claimed", "id", ("by", task.ClaimedByName ?? "")));
        return refusals;
    }

    static Refusal Decided(ApprovalTask task) => Refusal.Conflict("approval.decided", "id", ("state", task.State.ToString()), ("by", task.DecidedByName ?? ""));

    IApprovalKind KindOf(ApprovalTask task) =>
        kinds.TryGetValue(task.Kind, out var kind) ? kind : throw new InvalidOperationException($"No room of this server registers the kind {task.Kind} of task {task.Id}.");

    static async Task<ApprovalTask?> Locked(DbSession s, Guid id, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from storage.approval_task where id = $1 for update", await s.Connection(ct));
        Add(command, id);
        return await One(command, ct);
    }

    async Task Close(DbSession s, ApprovalTask task, ApprovalState state, string? reason, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "update storage.approval_task set state = $2, decided_by = $3, decided_by_name = $4, decided_at = $5, reason = $6 where id = $1 and state = 'Open'", await s.Connection(ct));
        Add(command, task.Id, state.ToString());
        AddId(command, s.Actor.PersonId);
        Add(command, s.Actor.Name, s.Now.ToDateTimeUtc());
        command.Parameters.Add(new() { Value = (object?)reason?.Trim() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        if (await command.ExecuteNonQueryAsync(ct) != 1) throw new InvalidOperationException($"Task {task.Id} was decided while its kind worked on it: a kind must not decide its own task.");
        await s.Audit(new("approval." + state.ToString().ToLowerInvariant(), task.Kind, task.SubjectId, reason, new { task = task.Id, proposedBy = task.ProposedBy }), ct);
        if (state != ApprovalState.Withdrawn && KindOf(task).TellsProposer && task.ProposedBy != s.Actor.PersonId && NoticeTo.Doer(task.ProposedBy, task.ProposedByOrganisation) is { } proposer)
            await Tell(s, task, "task." + state.ToString().ToLowerInvariant(), proposer, ct);
    }

    static Task Tell(DbSession s, ApprovalTask task, string notice, NoticeTo to, CancellationToken ct) =>
        s.Notify(new Notice(notice, to, task.TitleKey, task.TitleArgs, $"/tasks/{task.Id}", task.Kind, task.SubjectId), ct);

    static async Task SetClaim(DbSession s, ApprovalTask task, Actor? claimer, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("update storage.approval_task set claimed_by = $2, claimed_by_name = $3, claimed_at = $4 where id = $1", await s.Connection(ct));
        Add(command, task.Id);
        AddId(command, claimer?.PersonId ?? Guid.Empty);
        command.Parameters.Add(new() { Value = (object?)claimer?.Name ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = claimer is null ? DBNull.Value : s.Now.ToDateTimeUtc(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(ct);
    }

    static void Add(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
    }

    static void AddId(NpgsqlCommand command, Guid id) => command.Parameters.Add(new() { Value = id == Guid.Empty ? DBNull.Value : id, NpgsqlDbType = NpgsqlDbType.Uuid });

    static async Task<ApprovalTask?> One(NpgsqlCommand command, CancellationToken ct) => (await Read(command, ct)).SingleOrDefault();

    static async Task<List<ApprovalTask>> Read(NpgsqlCommand command, CancellationToken ct)
    {
        await using var r = await command.ExecuteReaderAsync(ct);
        var tasks = new List<ApprovalTask>();
        while (await r.ReadAsync(ct))
        {
            tasks.Add(new(
                r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetGuid(3), r.GetString(4), r.GetString(5), r.GetString(6), StorageJson.Read<Dictionary<string, string>>(r.GetString(7)), r.GetString(8),
                Time(9), r.GetBoolean(10), Enum.Parse<ApprovalState>(r.GetString(11)), Id(12), r.GetString(13), Id(14), Time(15)!.Value,
                Id(16), Text(17), Time(18), Id(19), Text(20), Time(21), Text(22)));
        }
        return tasks;

        Guid? Id(int i) => r.IsDBNull(i) ? null : r.GetGuid(i);
        string? Text(int i) => r.IsDBNull(i) ? null : r.GetString(i);
        Instant? Time(int i) => r.IsDBNull(i) ? null : Instant.FromDateTimeUtc(r.GetDateTime(i));
    }
}
