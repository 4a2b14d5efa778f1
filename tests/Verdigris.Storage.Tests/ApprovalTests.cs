using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public sealed class ApprovalTests
{
    static readonly Guid Producer = Guid.NewGuid(), Stranger = Guid.NewGuid();

    readonly Actor editor = A.Person("Editor", Producer, Role.ProducerEditor, Role.ProducerApprover);
    readonly Actor approver = A.Person("Approver", Producer, Role.ProducerApprover);
    readonly ManualClock clock = new(Instant.FromUtc(2026, 11, 20, 9, 0));
    readonly RecordingKind kind = new();
    readonly Approvals approvals;

    public ApprovalTests() => approvals = new([kind]);

    DbSession Open(TestDatabase test, Actor actor) => new DbSessions(test.Database, clock).Open(actor);

    static ApprovalRequest Request(string subject = "c-1", Instant? due = null, bool samePerson = false) => new(
        "test.sign", subject, Producer, Role.ProducerApprover, new { certificate = subject }, "task.sign", new Dictionary<string, string> { ["id"] = subject }, "/certificates/" + subject, due, samePerson);

    async Task<ApprovalTask> Propose(TestDatabase test, ApprovalRequest? request = null)
    {
        await using var session = Open(test, editor);
        return await approvals.Propose(session, request ?? Request(), default);
    }

    async Task<string?> Refused(TestDatabase test, Actor actor, Guid task, bool approve = true, string? reason = null)
    {
        await using var session = Open(test, actor);
        var answer = await approvals.Decide(session, task, approve, reason, default);
        return answer.Ok ? null : answer.Refusals[0].Code;
    }

    [Fact]
    public async Task Another_person_of_the_right_organisation_and_role_approves_and_the_kind_does_its_work()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test);
        Assert.Null(await Refused(test, approver, task.Id));
        Assert.Equal(["approve c-1"], kind.Done);
        await using var session = Open(test, approver);
        var decided = await approvals.Find(session, task.Id, default);
        Assert.Equal((ApprovalState.Approved, approver.PersonId, "Approver"), (decided!.State, decided.DecidedBy!.Value, decided.DecidedByName));
        var trail = await AuditTrail.OfSubject(session, "test.sign", "c-1");
        Assert.Equal(["approval.approved", "approval.proposed"], trail.Items.Select(e => e.Action));
    }

    [Fact]
    public async Task Who_may_not_decide_is_refused_with_a_code_and_nothing_changes()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test);
        Assert.Equal("approval.same-person", await Refused(test, editor, task.Id));
        Assert.Equal("approval.wrong-role", await Refused(test, A.Person("Reader", Producer, Role.Reader), task.Id));
        Assert.Equal("approval.not-found", await Refused(test, A.Person("Stranger", Stranger, Role.ProducerApprover), task.Id));
        Assert.Equal("approval.not-found", await Refused(test, Actor.Public, task.Id));
        Assert.Equal("approval.wrong-organisation", await Refused(test, Actor.System, task.Id));
        Assert.Equal("approval.reason-missing", await Refused(test, approver, task.Id, approve: false, reason: "  "));
        Assert.Equal("approval.reason-too-long", await Refused(test, approver, task.Id, reason: new string('x', 2001)));
        Assert.Equal("approval.not-found", await Refused(test, approver, Guid.NewGuid()));
        Assert.Empty(kind.Done);
        Assert.Null(await Refused(test, approver, task.Id, approve: false, reason: "weights differ"));
        Assert.Equal("approval.decided", await Refused(test, approver, task.Id));
        Assert.Equal(["reject c-1: weights differ"], kind.Done);
    }

    [Fact]
    public async Task The_same_person_may_take_the_second_step_only_where_the_rule_allows_it()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test, Request(samePerson: true));
        Assert.Null(await Refused(test, editor, task.Id));
    }

    [Fact]
    public async Task The_database_itself_refuses_the_proposers_own_decision_and_one_from_outside()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test);
        await using (var own = Open(test, editor))
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => own.Execute(
                $"update storage.approval_task set state = 'Approved', decided_by = proposed_by, decided_by_name = 'x', decided_at = now() where id = '{task.Id}'"));
            Assert.Equal("another_person_decides", refused.ConstraintName);
        }
        await using (var reader = Open(test, A.Person("Reader", Producer, Role.Reader)))
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => reader.Execute(
                $"update storage.approval_task set state = 'Approved', decided_by = storage.current_person(), decided_by_name = 'x', decided_at = now() where id = '{task.Id}'"));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
        await using (var other = Open(test, approver))
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => other.Execute($"update storage.approval_task set payload = '{{}}' where id = '{task.Id}'"));
            Assert.Equal("23001", refused.SqlState);
        }
        await using var stranger = Open(test, A.Person("Stranger", Stranger, Role.ProducerApprover));
        await stranger.Execute($"update storage.approval_task set claimed_by = storage.current_person(), claimed_at = now() where id = '{task.Id}'");
        await using var system = Open(test, Actor.System);
        Assert.True(await system.Scalar<bool>($"select claimed_by is null from storage.approval_task where id = '{task.Id}'"));
    }

    [Fact]
    public async Task A_refusal_of_the_kind_rolls_back_what_it_did_and_leaves_the_task_open()
    {
        await using var test = await A.NoteDatabase();
        var task = await Propose(test);
        kind.Refuse = true;
        Assert.Equal("test.refused", await Refused(test, approver, task.Id));
        await using (var session = Open(test, approver)) Assert.Equal(0L, await session.Scalar<long>("select count(*) from note"));
        kind.Refuse = false;
        Assert.Null(await Refused(test, approver, task.Id));
    }

    [Fact]
    public async Task The_same_proposal_twice_is_one_task()
    {
        await using var test = await TestCluster.NewDatabase();
        var tasks = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Propose(test))));
        Assert.Single(tasks.Select(t => t.Id).Distinct());
        Assert.NotEqual(tasks[0].Id, (await Propose(test, Request("c-2"))).Id);
    }

    [Fact]
    public async Task Two_deciders_at_once_decide_once()
    {
        await using var test = await TestCluster.NewDatabase();
        for (var round = 0; round < 5; round++)
        {
            kind.Done.Clear();
            var task = await Propose(test, Request($"c-{round}"));
            var codes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => Refused(test, A.Person($"a{i}", Producer, Role.ProducerApprover), task.Id, i % 2 == 0, "no"))));
            Assert.Equal(3, codes.Count(c => c == "approval.decided"));
            Assert.Single(kind.Done);
        }
    }

    [Fact]
    public async Task An_overdue_task_cannot_be_decided_and_expires()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test, Request(due: clock.GetCurrentInstant() + Duration.FromDays(1)));
        Assert.Equal(0, await approvals.ExpireDue(new DbSessions(test.Database, clock), default));
        clock.Advance(Duration.FromDays(1));
        Assert.Equal("approval.expired", await Refused(test, approver, task.Id));
        Assert.Equal(1, await approvals.ExpireDue(new DbSessions(test.Database, clock), default));
        Assert.Equal("approval.decided", await Refused(test, approver, task.Id));
        Assert.Equal(["expired c-1"], kind.Done);
    }

    [Fact]
    public async Task Only_the_proposer_or_his_administrator_withdraws()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test);
        async Task<string?> Withdraw(Actor actor)
        {
            await using var session = Open(test, actor);
            var answer = await approvals.Withdraw(session, task.Id, "wrong heat", default);
            return answer.Ok ? null : answer.Refusals[0].Code;
        }
        Assert.Equal("approval.not-yours", await Withdraw(approver));
        Assert.Equal("approval.not-found", await Withdraw(A.Person("Stranger", Stranger, Role.Administrator)));
        Assert.Null(await Withdraw(editor));
        Assert.Equal("approval.decided", await Withdraw(A.Person("Admin", Producer, Role.Administrator)));
        Assert.Equal(["withdrawn c-1: wrong heat"], kind.Done);
    }

    [Fact]
    public async Task A_claimed_task_is_decided_by_its_claimer_until_released_or_lapsed()
    {
        await using var test = await TestCluster.NewDatabase();
        var task = await Propose(test);
        var second = A.Person("Second", Producer, Role.ProducerApprover);
        await using (var session = Open(test, approver)) Assert.True((await approvals.Claim(session, task.Id, default)).Ok);
        Assert.Equal("approval.claimed", await Refused(test, second, task.Id));
        await using (var session = Open(test, second)) Assert.Equal("approval.not-yours", (await approvals.Release(session, task.Id, default)).Refusals[0].Code);
        await using (var session = Open(test, approver)) Assert.True((await approvals.Release(session, task.Id, default)).Ok);
        await using (var session = Open(test, approver)) Assert.True((await approvals.Claim(session, task.Id, default)).Ok);
        clock.Advance(Approvals.ClaimLasts);
        Assert.Null(await Refused(test, second, task.Id));
    }

    [Fact]
    public async Task The_inbox_shows_what_this_person_can_decide_and_pages_through_it()
    {
        await using var test = await TestCluster.NewDatabase();
        for (var i = 0; i < 7; i++)
        {
            await Propose(test, Request($"c-{i}", i % 2 == 0 ? null : clock.GetCurrentInstant() + Duration.FromDays(9 - i)));
            clock.Advance(Duration.FromMilliseconds(2));
        }
        async Task<List<string>> All(Actor actor, TaskFilter filter)
        {
            await using var session = Open(test, actor);
            var seen = new List<string>();
            string? cursor = null;
            do
            {
                var page = await approvals.Inbox(session, filter with { Cursor = cursor, Limit = 3 }, default);
                seen.AddRange(page.Items.Select(t => t.SubjectId));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            return seen;
        }
        Assert.Equal(["c-6", "c-5", "c-4", "c-3", "c-2", "c-1", "c-0"], await All(approver, new()));
        Assert.Equal(["c-0", "c-1", "c-2", "c-3", "c-4", "c-5", "c-6"], await All(approver, new(Sort: "proposed")));
        // What has no end comes after all that have one.
        Assert.Equal(["c-5", "c-3", "c-1", "c-0", "c-2", "c-4", "c-6"], await All(approver, new(Sort: "due")));
        Assert.Equal(["c-6", "c-4", "c-2", "c-0", "c-1", "c-3", "c-5"], await All(approver, new(Sort: "-due")));
        Assert.Empty(await All(editor, new()));
        Assert.Equal(7, (await All(editor, new(TaskView.ProposedByMyOrganisation))).Count);
        Assert.Empty(await All(A.Person("Reader", Producer, Role.Reader), new()));
        Assert.Empty(await All(A.Person("Stranger", Stranger, Role.ProducerApprover), new(TaskView.All, State: null)));
        Assert.Equal(["c-3"], await All(approver, new(SubjectId: "c-3")));
    }

    sealed class RecordingKind : IApprovalKind
    {
        public List<string> Done { get; } = [];
        public bool Refuse { get; set; }
        public string Kind => "test.sign";

        public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
        {
            if (Refuse)
            {
                await session.Execute("insert into note (text) values ('half done')", ct);
                return Refusal.Of("test.refused");
            }
            return Say($"approve {task.SubjectId}");
        }

        public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult(Say($"reject {task.SubjectId}: {reason}"));
        public Task<Answer<Done>> Withdrawn(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult(Say($"withdrawn {task.SubjectId}: {reason}"));
        public Task<Answer<Done>> Expired(DbSession session, ApprovalTask task, CancellationToken ct) => Task.FromResult(Say($"expired {task.SubjectId}"));

        Answer<Done> Say(string what)
        {
            lock (Done) Done.Add(what);
            return default(Done);
        }
    }
}
