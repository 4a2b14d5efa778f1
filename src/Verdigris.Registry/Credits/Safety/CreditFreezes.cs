using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Safety;

/// <summary>Units of a programme that are stopped in a holder's account.</summary>
/// <param name="Scope">1 out, 2 in, 3 both.</param>
/// <param name="TaskId">An approver is asked to lift it.</param>
public sealed record CreditFreeze(Guid Id, string Programme, Guid OrganisationId, int Scope, string Reason, Guid? TaskId, Instant FrozenAt, Instant? LiftedAt);

/// <param name="Reason">1 to 2,000 characters.</param>
public sealed record NewCreditFreeze(string? Programme, Guid? OrganisationId, FreezeScope Scope, string? Reason);

/// <summary>
/// Stopping credits that may be stolen or wrongly issued: one officer of the programme's administrator stops its units in one account, where the programme's rules have that (<see cref="CreditRules.Freezes"/>); lifting takes an approver too, and another than who froze.
/// A holder's units of other programmes stay free: the Book freezes account and asset together.
/// </summary>
public sealed class CreditFreezes(RulePacks packs, Approvals approvals, Lazy<BookCommands> book, CreditMarket market)
{
    public const string Task = "registry.credit-freeze";

    const string Columns = "id, programme, organisation_id, scope, reason, task_id, frozen_at, lifted_at";

    readonly CreditRules rules = CreditRules.Of(packs);

    /// <summary>Freezes in force that one may see: the programme's staff theirs, a holder its own.</summary>
    public async Task<Answer<IReadOnlyList<CreditFreeze>>> List(DbSession s, CancellationToken ct) => !s.Actor.SignedIn ? Refusal.Forbidden("access.sign-in-needed")
        : await s.All($"select {Columns} from registry.credit_freezing where lifted_at is null order by id desc limit 500", Map, ct);

    /// <summary>Organisations with an account for credits, for who may stop one: an officer of some programme's administrator.</summary>
    public async Task<IReadOnlyList<Guid>> Holders(DbSession s, CancellationToken ct) =>
        Allow.Role(s.Actor, Role.AuthorityOfficer) is not null || !await s.Value<bool>("select exists (select from registry.credit_programme where administrator_id = $1)", ct, s.Actor.OrganisationId) ? []
        : await s.Lent(t => s.All("select organisation_id from registry.credit_account order by account limit 500", r => r.GetGuid(0), t), ct);

    /// <summary>Stops a programme's units in an account at once. <c>credits.programme-unknown</c>, <c>credits.not-administered</c>, <c>credits.freeze-rule</c>, <c>freeze.scope</c>, <c>credits.account-none</c>, <c>freeze.already</c>.</summary>
    public async Task<Answer<CreditFreeze>> Freeze(DbSession s, NewCreditFreeze wanted, CancellationToken ct)
    {
        if (rules.Programme(wanted.Programme ?? "") is not { } programme) return Refusal.NotFound("credits.programme-unknown", "programme", ("given", wanted.Programme ?? ""), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code))));
        if (await ProgrammeAdministration.Acts(s, programme.Code, ct) is { } no) return no;
        if (!rules.Freezes(programme.Code)) return Refusal.Conflict("credits.freeze-rule", "programme", ("programme", programme.Code));
        var wrong = new List<Refusal>();
        var words = Given.Text(wanted.Reason, "reason", Given.Longest, wrong);
        if (wanted.Scope is not (FreezeScope.Out or FreezeScope.In or FreezeScope.Both)) wrong.Add(Refusal.Of("freeze.scope", "scope"));
        if (wanted.OrganisationId is null) wrong.Add(Refusal.Of("input.required", "organisationId"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<CreditFreeze>(async t => await s.AsSystem<Answer<CreditFreeze>>(async system =>
            {
                var organisation = wanted.OrganisationId!.Value;
                if (await CreditAccounts.Find(s, organisation, system) is not { } account) return Refusal.Conflict("credits.account-none", "organisationId");
                await s.Run("insert into registry.credit_freezing (id, programme, organisation_id, scope, reason, frozen_by, frozen_at) values ($1, $2, $3, $4, $5, $6, $7)", system, id, programme.Code, organisation, (short)wanted.Scope, words, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("credit-freeze.set", "credit-account", organisation.ToString(), words, Details: new { Programme = programme.Code, wanted.Scope }), system);
                // The Book knows an account from its first units on; one without is opened now, so that none can reach it either.
                await book.Value.Send(s, CreditStop.Name, id, new CreditStopSubject(id, account), [CreditBook.Open(account, organisation), .. Commands(programme.Code, Operation.Freeze, account, wanted.Scope),
                    .. (await market.Stopped(s, organisation, programme.Code, system)).SelectMany(p => new[] { CreditMarket.OpenCommand(p.Account, organisation), Stop(Operation.Freeze, p.Account, p.Asset, wanted.Scope) })], system);
                await s.Notify(new Notice(RegistryNotices.Account, new NoticeTo(Organisation: organisation, Roles: [Role.OwnerTrader, Role.ProducerEditor, Role.AccountRepresentative]), "registry.notice.credits-frozen", new Dictionary<string, string> { ["programme"] = programme.Code }, "/credits/holdings", "credit-account", organisation.ToString()), system);
                return (await Find(s, id, system))!;
            }, t), ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "credit_freeze_once") { return Refusal.Conflict("freeze.already", "scope"); }
    }

    /// <summary>An officer proposes to lift; an approver, not the person who froze, decides. <c>freeze.not-found</c>, <c>freeze.asked</c>.</summary>
    public async Task<Answer<CreditFreeze>> ProposeLift(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { LiftedAt: null } known) return Refusal.NotFound("freeze.not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct) is { } no) return no;
        return await s.InTransaction<CreditFreeze>(async t =>
        {
            // The row is locked by it: of two who ask at once the second finds the first one's task.
            if (await s.Run("update registry.credit_freezing set task_id = null where id = $1 and task_id is null and lifted_at is null", t, id) == 0) return Refusal.Conflict("freeze.asked", null);
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.AuthorityApprover, "/credits/safety", t, ("programme", known.Programme));
            await s.Run("update registry.credit_freezing set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("credit-freeze.lift-proposed", "credit-freeze", id.ToString()), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    internal async Task<Answer<Done>> Lift(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { LiftedAt: null } known) return Refusal.NotFound("freeze.not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct, Role.AuthorityApprover) is { } no) return no;
        if (await s.Value<bool>("select frozen_by = $2 from registry.credit_freezing where id = $1", ct, id, s.Actor.PersonId)) return Refusal.Forbidden("approval.same-person");
        await s.Run("update registry.credit_freezing set lifted_by = $2, lifted_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("credit-freeze.lifted", "credit-freeze", id.ToString(), Details: new { known.Programme }), ct);
        // Another freeze of the same units may still stand: what it covers stays frozen.
        var still = (FreezeScope)(await s.All("select scope from registry.credit_freezing where programme = $1 and organisation_id = $2 and lifted_at is null", r => (int)r.GetInt16(0), ct, known.Programme, known.OrganisationId)).Aggregate(0, (all, x) => all | x);
        if (((FreezeScope)known.Scope & ~still) is var freed and not FreezeScope.None)
            await s.Lent(async t =>
            {
                var account = (await CreditAccounts.Find(s, known.OrganisationId, t))!.Value;
                await book.Value.Send(s, PlainCommand.Name, id, new Subject(id), [.. Commands(known.Programme, Operation.Unfreeze, account, freed), .. await Freed(s, known, t)], t);
                return default(Done);
            }, ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> KeepFrozen(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update registry.credit_freezing set task_id = null where id = $1", ct, id);
        await s.Audit(new AuditEntry("credit-freeze.kept", "credit-freeze", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Why units may not leave an account now: <c>credits.frozen</c>; null where they may.</summary>
    internal static Refusal? Stops(IVenue venue, long account, int asset) => venue.Read(b => b.Frozen(account, asset)).HasFlag(FreezeScope.Out) ? Refusal.Conflict("credits.frozen", "serial") : null;

    /// <summary>Of the market: receipts of baskets are stopped by every programme's freeze, and free when none is left.</summary>
    async Task<List<Command>> Freed(DbSession s, CreditFreeze lifted, CancellationToken ct)
    {
        var standing = await s.All("select programme, scope from registry.credit_freezing where organisation_id = $1 and lifted_at is null", r => (Programme: r.GetString(0), Scope: (FreezeScope)r.GetInt16(1)), ct, lifted.OrganisationId);
        var commands = new List<Command>();
        foreach (var (account, asset) in await market.Stopped(s, lifted.OrganisationId, lifted.Programme, ct))
        {
            var still = standing.Where(f => rules.UnitOf(asset) is not { } unit || unit.Programme == f.Programme).Aggregate(FreezeScope.None, (all, f) => all | f.Scope);
            if (((FreezeScope)lifted.Scope & ~still) is var freed and not FreezeScope.None) commands.Add(Stop(Operation.Unfreeze, account, asset, freed));
        }
        return commands;
    }

    static Command Stop(Operation operation, long account, int asset, FreezeScope scope) => new() { Operation = operation, Debit = account, Asset = asset, Detail = (long)scope };

    List<Command> Commands(string programme, Operation operation, long account, FreezeScope scope) =>
        [.. rules.Units.Where(u => u.Programme == programme).Select(u => new Command { Operation = operation, Debit = account, Asset = u.Asset, Detail = (long)scope })];

    static Task<CreditFreeze?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_freezing where id = $1", Map, ct, id);

    static CreditFreeze Map(Npgsql.NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetInt16(3), r.GetString(4), r.MaybeGuid(5), r.Time(6), r.MaybeTime(7));
}

sealed record CreditStopSubject(Guid Id, long Account);

/// <summary>Finishes a freeze of credits once the Book has it: the account is open then.</summary>
sealed class CreditStop : IBookCommandKind
{
    public const string Name = "registry.credit-stop";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) =>
        outcomes.Skip(1).FirstOrDefault(o => !o.Accepted) is { Code: not Code.Accepted } refused ? throw new InvalidOperationException($"The Book refuses a freeze of credits: {refused.Code}.")
            : CreditAccounts.Opened(session, outcomes[0], row.Payload<CreditStopSubject>().Account, ct);
}
