using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>
/// Stopping what may be theft: an account, out, in or both; or a kind of transaction in a whole scheme, whose delayed ones are then given back. One officer is enough to stop; lifting takes two, and another than who froze.
/// </summary>
public sealed class FreezeHandlers(SchemeSet schemes, SchemeNumbers numbers, TransactionDesk desk, Approvals approvals, BookCommands book)
{
    public const string Task = "registry.freeze";

    /// <summary>The authority's officer, or a representative of the account who fears for it (out only). <c>freeze.scope</c>, <c>freeze.already</c>.</summary>
    public async Task<Answer<Freeze>> Account(DbSession s, long account, FreezeScope scope, string? reason, CancellationToken ct)
    {
        if (await AccountStore.Find(s, account, ct) is not { OrganisationId: not null } known) return Refusal.NotFound("account.not-found");
        var officer = await Administration.Acts(s, known.Scheme, ct) is null;
        if (!officer && await AccessHandlers.Acting(s, account, r => r.Rights != Right.Read, ct) is { Ok: false } no) return Answer<Freeze>.From(no.Refusals);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (scope is not (FreezeScope.Out or FreezeScope.In or FreezeScope.Both) || (!officer && scope != FreezeScope.Out)) wrong.Add(Refusal.Of("freeze.scope", "scope"));
        if (wrong.Count > 0) return wrong;
        // The Book knows an account that is open or closing, and freezes no other: the freeze would stand here and stop nothing.
        if (!AccountRules.Lives(known.State)) return Refusal.Conflict("account.state-forbids", "state", ("state", known.State.ToString()));
        var id = s.NewId();
        try
        {
            return await s.Lent(u => s.InTransaction<Freeze>(async t =>
            {
                await s.Run("insert into registry.freezing (id, scheme, account, scope, reason, frozen_by, frozen_at) values ($1, $2, $3, $4, $5, $6, $7)", t, id, known.Scheme, account, (short)scope, words, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("registry-freeze.set", "registry-account", known.FullId, words, Details: new { scope }), t);
                await book.Send(s, PlainCommand.Name, id, new Subject(id), [Command(Operation.Freeze, account, scope)], t);
                if (await Administration.AdministratorOf(s, known.Scheme, t) is { } authority && !officer)
                    await s.Notify(new Notice(RegistryNotices.Account, new NoticeTo(Organisation: authority, Roles: [Role.AuthorityOfficer]), "registry.notice.frozen", new Dictionary<string, string> { ["account"] = known.FullId }, $"/registry/accounts/{account}", "registry-account", known.FullId), t);
                return (await AccountStore.FindFreeze(s, id, t))!;
            }, u), ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "freeze_of_account") { return Refusal.Conflict("freeze.already", "scope"); }
    }

    /// <summary>Stops a kind of transaction in the whole scheme; proposals and delays of it end now, deals beside it stand still (<see cref="FinanceStop"/>). The authority's officer; <c>transaction.kind</c>, <c>freeze.already</c>.</summary>
    public async Task<Answer<Freeze>> Stop(DbSession s, string scheme, string? kind, string? reason, CancellationToken ct)
    {
        if (schemes.Find(scheme) is not { } of) return Refusal.NotFound("scheme.unknown", "scheme", ("given", scheme));
        if (await Administration.Acts(s, scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (of.Transactions.All(t => t.Transaction != kind)) wrong.Add(Refusal.Of("transaction.kind", "kind", ("given", kind ?? ""), ("known", string.Join(", ", of.Transactions.Select(t => t.Transaction).Distinct()))));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.Lent(u => s.InTransaction<Freeze>(async t =>
            {
                await s.Run("insert into registry.freezing (id, scheme, kind, reason, frozen_by, frozen_at) values ($1, $2, $3, $4, $5, $6)", t, id, scheme, kind, words, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("registry-freeze.stopped", "registry-scheme", scheme, words, Details: new { kind }), t);
                await book.Send(s, PlainCommand.Name, id, new Subject(id), [.. numbers.Rules(of, x => x.Transaction == kind, stopped: true).Concat(numbers.Deals(of, FinanceStop.Pairs(of, kind!), stopped: true)).Select(r => r with { Id = 0 })], t);
                var waiting = await s.All("select id from registry.transaction where scheme = $1 and kind = $2 and state in (0, 2) order by id", r => r.GetGuid(0), t, scheme, kind);
                foreach (var one in waiting)
                    if (await TransactionStore.Locked(s, one, t) is { State: TransactionState.Proposed or TransactionState.Delayed } known)
                    {
                        await desk.Void(s, known, TransactionState.Cancelled, words!, t);
                        if (known is { State: TransactionState.Proposed, TaskId: { } task }) await approvals.End(s, task, words!, t);
                    }
                return (await AccountStore.FindFreeze(s, id, t))!;
            }, u), ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "freeze_of_kind") { return Refusal.Conflict("freeze.already", "kind"); }
    }

    /// <summary>An officer proposes to lift; an approver, not the person who froze, decides.</summary>
    public async Task<Answer<Freeze>> ProposeLift(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AccountStore.FindFreeze(s, id, ct) is not { } known) return Refusal.NotFound("freeze.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (FreezeRules.Table.Next(known.State, FreezeEvent.AskLift) is { Ok: false } state) return Answer<Freeze>.From(state.Refusals);
        return await s.InTransaction<Freeze>(async t =>
        {
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.AuthorityApprover, known.Account is { } account ? $"/registry/accounts/{account}" : "/registry/safety", t, ("what", known.FullId ?? known.Kind ?? ""));
            await s.Run("update registry.freezing set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("registry-freeze.lift-proposed", "registry-freeze", id.ToString()), t);
            return (await AccountStore.FindFreeze(s, id, t))!;
        }, ct);
    }

    public async Task<IReadOnlyList<Freeze>> List(DbSession s, string? scheme, long? account, CancellationToken ct) => await AccountStore.Freezes(s, scheme, account, ct);

    internal async Task<Answer<Done>> Lift(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AccountStore.FindFreeze(s, id, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme) return Refusal.NotFound("freeze.not-found");
        if (FreezeRules.Table.Next(known.State, FreezeEvent.Lift) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        if (await Administration.Acts(s, known.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        if (await s.Value<bool>("select frozen_by = $2 from registry.freezing where id = $1", ct, id, s.Actor.PersonId)) return Refusal.Forbidden("approval.same-person");
        await s.Run("update registry.freezing set lifted_by = $2, lifted_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-freeze.lifted", "registry-freeze", id.ToString(), Details: new { known.FullId, known.Kind }), ct);
        // Another freeze of the same account may still stand: what it covers stays frozen.
        if (known.Account is { } account)
        {
            var still = (FreezeScope)(await AccountStore.Freezes(s, null, account, ct)).Where(f => f.Id != id).Aggregate(0, (all, f) => all | (f.Scope ?? 0));
            if (((FreezeScope)known.Scope!.Value & ~still) is var freed and not FreezeScope.None) await book.Send(s, PlainCommand.Name, id, new Subject(id), [Command(Operation.Unfreeze, account, freed)], ct);
        }
        else
        {
            var still = (await FinanceStop.Kinds(s, known.Scheme, ct)).SelectMany(k => FinanceStop.Pairs(scheme, k));
            var deals = numbers.Deals(scheme, FinanceStop.Pairs(scheme, known.Kind!).Except(still), stopped: false);
            await book.Send(s, PlainCommand.Name, id, new Subject(id), [.. numbers.Rules(scheme, x => x.Transaction == known.Kind, stopped: false).Concat(deals).Select(r => r with { Id = 0 })], ct);
        }
        return default(Done);
    }

    internal static async Task<Answer<Done>> KeepFrozen(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await AccountStore.FindFreeze(s, id, ct) is not { } known) return Refusal.NotFound("freeze.not-found");
        if (FreezeRules.Table.Next(known.State, FreezeEvent.Keep) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.freezing set task_id = null where id = $1", ct, id);
        await s.Audit(new AuditEntry("registry-freeze.kept", "registry-freeze", id.ToString(), reason), ct);
        return default(Done);
    }

    static Command Command(Operation operation, long account, FreezeScope scope) => new() { Operation = operation, Debit = account, Detail = (long)scope };
}
