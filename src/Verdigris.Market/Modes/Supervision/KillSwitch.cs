using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Auctions;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Supervision;

/// <param name="Account">Of scope account: its code. Of scope member: the code of any of its accounts.</param>
/// <param name="CompId">Of scope FIX session.</param>
public sealed record NewKill(KillScope Scope, string? Account, string? CompId, string? Reason);

/// <summary>
/// The kill switch: one person pulls it for a member, an account or a FIX session, and at once live orders end, sealed bids are withdrawn and nothing new is taken. The exchange pulls any, a member's supervisor its own. Two people of whoever pulled it release it.
/// </summary>
public sealed class KillSwitch(Approvals approvals, Lazy<FloorAccounts> accounts, DeskAccess access, IServiceProvider services)
{
    public const string Task = "market.kill-release";

    /// <summary>Refuses <c>access.role-needed</c>, <c>trading.choice-unknown</c>, <c>input.required</c>, <c>trading.not-found</c>, <c>fix.not-found</c>, <c>supervision.killed-already</c>.</summary>
    public async Task<Answer<TradingKill>> Pull(DbSession s, NewKill wanted, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketOperator, Role.MarketSupervisor) is { } no) return no;
        if (!Enum.IsDefined(wanted.Scope)) return Choices.Unknown(wanted.Scope, "scope");
        var exchange = s.Actor.Is(Role.MarketOperator);
        var wrong = new List<Refusal>();
        var words = Given.Text(wanted.Reason, "reason", Given.Longest, wrong);
        TradingAccount? account = null;
        FixSessionRow? session = null;
        if (wanted.Scope == KillScope.FixSession)
        {
            session = (await FixSessionRows.Open(s, ct)).FirstOrDefault(f => f.CompId == wanted.CompId?.Trim());
            if (session is null || (!exchange && session.OrganisationId != s.Actor.OrganisationId)) wrong.Add(Refusal.NotFound("fix.not-found", "compId"));
        }
        else
        {
            account = TradingAccount.NumberOf(wanted.Account) is { } number ? await TradingAccountHandlers.Find(s, number, ct) : null;
            if (account is null || (!exchange && account.OrganisationId != s.Actor.OrganisationId)) wrong.Add(Refusal.NotFound("trading.not-found", "account", ("given", wanted.Account ?? "")));
        }
        if (wrong.Count > 0) return wrong;
        var organisation = session?.OrganisationId ?? account!.OrganisationId;
        var id = s.NewId();
        try
        {
            await s.InTransaction(async t =>
            {
                await s.Run("insert into market.trading_kill (id, scope, organisation_id, account, fix_session, by_exchange, reason, killed_by, killed_by_name, killed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", t,
                    id, (short)wanted.Scope, organisation, wanted.Scope == KillScope.Account ? account!.Number : null, session?.Id, exchange, words, s.Actor.PersonId, s.Actor.Name, s.Now);
                await s.Audit(new AuditEntry("market-kill.pulled", "market-kill", id.ToString(), words, new { wanted.Scope, account = account?.Code, session?.CompId }), t);
                await SupervisionLog.Write(s, "killed", words, t, account: wanted.Scope == KillScope.Account ? account!.Number : null, organisation: organisation, subject: wanted.Scope == KillScope.FixSession ? session!.CompId : wanted.Scope.ToString());
                await Tell(s, "market.notice.supervision.killed", organisation, id, words!, t);
                // Sealed bids do not come over FIX.
                if (wanted.Scope != KillScope.FixSession) await BidsOfOutsiders.Withdraw(s, organisation, wanted.Scope == KillScope.Account ? account!.Number : null, t);
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "trading_kill_once") { return Refusal.Conflict("supervision.killed-already", "account"); }
        // The rows stand before the floor hears of it: whatever reaches the desk meanwhile is refused there. Whoever asked may hang up: it is done to its end, and what a fault cuts off the clock takes up.
        access.Forget(organisation);
        ct = CancellationToken.None;
        if (session is not null) await LogOff(session.Id, "The kill switch was pulled", ct);
        var ended = await OnFloor(s, organisation, wanted.Scope == KillScope.Account ? account!.Number : null, session, ct);
        if (wanted.Scope == KillScope.Member)
            foreach (var open in (await s.Lent(t => FixSessionRows.Open(s, t), ct)).Where(f => f.OrganisationId == organisation)) await LogOff(open.Id, "The kill switch was pulled", ct);
        await s.Run("update market.trading_kill set ended = $2 where id = $1", ct, id, ended);
        return (await Kills.Find(s, id, ct))!;
    }

    /// <summary>Own switches, all for the exchange.</summary>
    public Task<List<TradingKill>> List(DbSession s, CancellationToken ct) => Kills.List(s, ct);

    /// <summary>What keeps an account from trading, for whoever may see the account; null where nothing does.</summary>
    public async Task<TradingKill?> Of(DbSession s, TradingAccount account, CancellationToken ct) => await Kills.Of(s, account.OrganisationId, account.Number, ct);

    /// <summary>
    /// Asks for the release; another person of the same side decides in the inbox. <c>supervision.kill-unknown</c>, <c>supervision.kill-state</c>, <c>trading.stopped-by-exchange</c>.
    /// </summary>
    public async Task<Answer<TradingKill>> Release(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketOperator, Role.MarketSupervisor) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<TradingKill>(async t =>
        {
            var exchange = s.Actor.Is(Role.MarketOperator);
            if (await Kills.Find(s, id, t, locked: true) is not { } kill || (!exchange && kill.OrganisationId != s.Actor.OrganisationId)) return Refusal.NotFound("supervision.kill-unknown");
            if (kill.ByExchange && !exchange) return Refusal.Forbidden("trading.stopped-by-exchange");
            if (!kill.ByExchange && exchange) return Refusal.Forbidden("supervision.kill-of-member");
            if (kill.ReleasedAt is not null || kill.TaskId is not null) return Refusal.Conflict("supervision.kill-state", "state");
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, exchange ? Role.MarketOperator : Role.MarketSupervisor, "/market/supervision", t, ("account", kill.AccountCode ?? kill.CompId ?? "–"), ("reason", words!));
            await s.Run("update market.trading_kill set task_id = $2, release_asked_by = $3 where id = $1", t, id, task, s.Actor.PersonId);
            await s.Audit(new AuditEntry("market-kill.release-asked", "market-kill", id.ToString(), words), t);
            await SupervisionLog.Write(s, "release-asked", words, t, account: kill.Account, organisation: kill.OrganisationId, subject: kill.CompId ?? kill.Scope.ToString());
            return (await Kills.Find(s, id, t))!;
        }, ct);
    }

    internal async Task<Answer<Done>> Released(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Kills.Find(s, id, ct, locked: true) is not { ReleasedAt: null } kill) return Refusal.Conflict("supervision.kill-state", "state");
        await s.Run("update market.trading_kill set task_id = null, released_by = $2, released_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-kill.released", "market-kill", id.ToString()), ct);
        await SupervisionLog.Write(s, "released", null, ct, account: kill.Account, organisation: kill.OrganisationId, subject: kill.CompId ?? kill.Scope.ToString());
        await Tell(s, "market.notice.supervision.released", kill.OrganisationId, id, "", ct);
        await s.AfterCommit(async t =>
        {
            access.Forget(kill.OrganisationId);
            // Each account of the member is told how it now stands: another switch may still hold it.
            foreach (var account in await Accounts(s, kill.OrganisationId, kill.Account, t)) await accounts.Value.Changed(s, account, t);
        }, ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> Kept(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.trading_kill set task_id = null, release_asked_by = null where id = $1", ct, id);
        await s.Audit(new AuditEntry("market-kill.kept", "market-kill", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Ends live orders, and for accounts and members lets the floor itself take nothing more; answers how many ended.</summary>
    async Task<long> OnFloor(DbSession s, Guid organisation, long? account, FixSessionRow? session, CancellationToken ct)
    {
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return 0;
        var (ended, actor) = (0L, BookId.From(s.Actor.PersonId));
        if (session is not null)
        {
            foreach (var trader in await Traders(s, organisation, null, ct)) ended += (await floor.Send(FloorCommands.MassCancel(BookId.From(s.NewId()), trader, session: session.Number, actor: actor))).Order;
            return ended;
        }
        foreach (var trader in await Traders(s, organisation, account, ct))
        {
            ended += floor.Read(f => f.Trader(trader)?.OpenOrders ?? 0);
            await floor.Send(FloorCommands.Kill(BookId.From(s.NewId()), trader, actor));
        }
        return ended;
    }

    /// <summary>Where this server listens for FIX.</summary>
    async Task LogOff(Guid session, string why, CancellationToken ct)
    {
        if (services.GetService(typeof(FixSessions)) is FixSessions fix) await fix.LogOff(session, why, ct);
    }

    static Task<List<long>> Traders(DbSession s, Guid organisation, long? account, CancellationToken ct) => s.Lent(t => s.All("select trader from market.floor_trader where organisation_id = $1 and ($2::bigint is null or account = $2) order by trader", r => r.GetInt64(0), t, organisation, account), ct);

    static async Task<List<TradingAccount>> Accounts(DbSession s, Guid organisation, long? account, CancellationToken ct)
    {
        var found = new List<TradingAccount>();
        foreach (var number in await s.Lent(t => s.All("select number from market.trading_account where organisation_id = $1 and ($2::bigint is null or number = $2) order by number", r => r.GetInt64(0), t, organisation, account), ct))
            if (await s.Lent(t => TradingAccountHandlers.Find(s, number, t), ct) is { } known) found.Add(known);
        return found;
    }

    static Task Tell(DbSession s, string text, Guid organisation, Guid id, string reason, CancellationToken ct) => s.Notify(new Notice(MarketNotices.Supervision, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor], Without: s.Actor.PersonId), text,
        new Dictionary<string, string> { ["reason"] = reason }, "/market/supervision", "market-kill", id.ToString()), ct);
}
