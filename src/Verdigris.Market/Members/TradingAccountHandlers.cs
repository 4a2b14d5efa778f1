using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Auctions;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Modes;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Storage;

namespace Verdigris.Market.Members;

/// <summary>Trading accounts of active members: opened by an administrator or supervisor, stopped and closed by either side.</summary>
public sealed class TradingAccountHandlers(BookCommands book, IVenue venue, CreditMarket credits, Lazy<FloorAccounts> floor, FloorTrades trades)
{
    const string Columns = "number, member_id, organisation_id, name, kind, state, self_trade, largest_order_lots, orders_a_second, reason, opened_at, closed_at";

    static readonly ListOrders<TradingAccount> Orders = new("market-accounts", "number", ListKey<TradingAccount>.Number("number", "number", a => a.Number), ListKey<TradingAccount>.Text("name", "name", a => a.Name), ListKey<TradingAccount>.Number("state", "state", a => (int)a.State));

    /// <summary><c>member.not-active</c>, <c>trading.limit</c>.</summary>
    public async Task<Answer<TradingAccount>> Open(DbSession s, NewTradingAccount wanted, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        var wrong = TradingRules.Check(wanted.Name, new(wanted.SelfTrade, wanted.LargestOrderLots, wanted.OrdersASecond));
        if (!Enum.IsDefined(wanted.Kind)) wrong.Add(Choices.Unknown(wanted.Kind, "kind"));
        if (wrong.Count > 0) return wrong;
        var opened = await s.InTransaction<long>(async t =>
        {
            if (await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, t) is not { State: MemberState.Active } member) return Refusal.Conflict("member.not-active", "organisation");
            var number = await s.Value<long>("""
                insert into market.trading_account (member_id, organisation_id, name, kind, state, self_trade, largest_order_lots, orders_a_second, opened_by, opened_at) values ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9) returning number
                """, t, member.Id, s.Actor.OrganisationId, wanted.Name.Trim(), (short)wanted.Kind, (short)wanted.SelfTrade, wanted.LargestOrderLots, wanted.OrdersASecond, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-account.opened", "market-account", TradingAccount.CodeOf(number), Details: new { wanted.Name, wanted.Kind }), t);
            var holder = BookId.From(s.Actor.OrganisationId);
            await book.Send(s, TradingAccountOpened.Name, IdOf(number), new Subject(IdOf(number)),
            [
                MarketBook.Definer.Account(number, MarketBook.MemberCashType, holder), MarketBook.Definer.Account(number + 1, MarketBook.MemberUnitsType, holder),
                MarketBook.Definer.Account(number + 2, MarketBook.MemberPositionsType, holder), MarketBook.Definer.Account(number + 3, MarketBook.MemberMarginType, holder),
            ], t);
            return number;
        }, ct);
        return opened.Ok ? await Read(s, opened.Value, ct) : Answer<TradingAccount>.From(opened.Refusals);
    }

    public async Task<Answer<TradingAccount>> Read(DbSession s, long number, CancellationToken ct) => await Find(s, number, ct) is { } known ? known : Refusal.NotFound("trading.not-found");

    /// <summary>Own accounts; all of them for the exchange.</summary>
    public Task<Answer<Page<TradingAccount>>> List(DbSession s, TradingState? state, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        if (state is { } one) query.And("state = ", (short)one);
        return Orders.Page(s, $"select {Columns} from market.trading_account", query, sort, cursor, limit, Map, ct);
    }

    /// <summary>Own limits, tighter or looser; the market's own stand beside them.</summary>
    public async Task<Answer<TradingAccount>> SetLimits(DbSession s, long number, TradingLimits limits, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketSupervisor) is { } no) return no;
        var wrong = TradingRules.Check("-", limits);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<TradingAccount>(async t =>
        {
            if (await Locked(s, number, t) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found");
            if (known.State == TradingState.Closed) return StateForbids(known);
            await s.Run("update market.trading_account set self_trade = $2, largest_order_lots = $3, orders_a_second = $4, row_version = row_version + 1 where number = $1", t, number, (short)limits.SelfTrade, limits.LargestOrderLots, limits.OrdersASecond);
            await s.Audit(new AuditEntry("market-account.limits", "market-account", known.Code, Details: new { before = new TradingLimits(known.SelfTrade, known.LargestOrderLots, known.OrdersASecond), limits }), t);
            return await Told(s, number, t);
        }, ct);
    }

    /// <summary>Stops an account, or lets it go on: its member's supervisor or the exchange. What the exchange has stopped only the exchange lets go on.</summary>
    public async Task<Answer<TradingAccount>> Stop(DbSession s, long number, bool stopped, string? reason, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketSupervisor, Role.MarketOperator, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<TradingAccount>(async t =>
        {
            var exchange = s.Actor.Is(Role.MarketOperator) || s.Actor.Is(Role.ClearingOfficer);
            if (await Locked(s, number, t) is not { } known || (!exchange && known.OrganisationId != s.Actor.OrganisationId)) return Refusal.NotFound("trading.not-found");
            if (known.State != (stopped ? TradingState.Open : TradingState.Stopped)) return StateForbids(known);
            if (!stopped && !exchange && await s.Value<bool>("select stopped_by_exchange from market.trading_account where number = $1", t, number)) return Refusal.Forbidden("trading.stopped-by-exchange");
            await s.Run("update market.trading_account set state = $2, reason = $3, stopped_by_exchange = $4, row_version = row_version + 1 where number = $1", t, number, (short)(stopped ? TradingState.Stopped : TradingState.Open), words, stopped && exchange);
            await s.Audit(new AuditEntry(stopped ? "market-account.stopped" : "market-account.resumed", "market-account", known.Code, words), t);
            if (stopped) await BidsOfOutsiders.Withdraw(s, known.OrganisationId, number, t);
            return await Told(s, number, t);
        }, ct);
    }

    /// <summary>
    /// Closes an account that holds nothing; <c>trading.not-empty</c>, <c>trading.not-cleared</c> (a trade whose clearing day is not finished, something still to be paid, called for or delivered), <c>trading.fund-left</c> (the last account of a member with a part of the default fund),
    /// and <c>clearing.floor-gone</c> where it cannot be said what was traded.
    /// </summary>
    public async Task<Answer<TradingAccount>> Close(DbSession s, long number, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        // What the floor traded a moment ago counts, whoever looks first.
        if (await s.Lent(t => trades.CatchUp(s, t), ct) is { Ok: false } gone) return Answer<TradingAccount>.From(gone.Refusals);
        var closed = await s.InTransaction<Done>(async t =>
        {
            if (await Locked(s, number, t) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found");
            if (known.State is not (TradingState.Open or TradingState.Stopped)) return StateForbids(known);
            var locked = await s.All("select units_account from market.units_link where account = $1", r => MarketBook.LockedOf(r.GetInt64(0)), t, number);
            if (Enumerable.Range(0, 4).Select(i => number + i).Concat(locked).Any(i => venue.Read(b => b.Account(i) is not null && b.Holdings(i).Count > 0)) || !await credits.IsEmpty(s, known.Code, t)) return Refusal.Conflict("trading.not-empty", "account");
            // A loss of the day is paid in the evening: who holds nothing any more may still owe it.
            if (await s.Value<bool>("""
                select exists (select from market.margin_call where account = $1 and state = 0) or exists (select from market.default_case where account = $1 and state in (0, 1)) or exists (select from market.clearing_flow where account = $1 and state not in (2, 4))
                    or exists (select from market.delivery where state in (0, 1, 2, 4) and $1 in (seller, buyer))
                    or exists (select from market.clearing_trade where $1 in (buyer, seller) and day > coalesce((select max(day) from market.clearing_day where step > 12), '-infinity'))
                """, t, number)) return Refusal.Conflict("trading.not-cleared", "account");
            // A part of the default fund goes back to an account of its member: one stays open for it.
            if (await s.Value<bool>("select exists (select from market.fund_part where organisation_id = $2 and state <= 1 group by currency having sum(amount) > 0) and not exists (select from market.trading_account where organisation_id = $2 and number <> $1 and state in (1, 2))", t, number, known.OrganisationId))
                return Refusal.Conflict("trading.fund-left", "account");
            await s.Audit(new AuditEntry("market-account.closed", "market-account", known.Code), t);
            await book.Send(s, TradingAccountClosed.Name, IdOf(number), new Subject(IdOf(number)),
                [.. Enumerable.Range(0, 4).Select(i => Commands.CloseAccount(0, number + i, BookId.From(s.Actor.PersonId)))], t);
            return default(Done);
        }, ct);
        return closed.Ok ? await Read(s, number, ct) : Answer<TradingAccount>.From(closed.Refusals);
    }

    /// <summary>Money of an account by currency, as the Book has it; currencies it never had are left out.</summary>
    public async Task<Answer<IReadOnlyList<CashBalance>>> Cash(DbSession s, long number, CancellationToken ct)
    {
        if (await Find(s, number, ct) is not { } known) return Refusal.NotFound("trading.not-found");
        return MarketBook.Currencies.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c =>
        {
            var (cash, margin) = venue.Read(b => (b.Balance(known.Cash, c.Value.Asset), b.Balance(known.Margin, c.Value.Asset)));
            return new CashBalance(c.Key, Cents.Of(cash.Available, c.Value.Scale), Cents.Of(cash.Held, c.Value.Scale), Cents.Of(margin.Total, c.Value.Scale));
        }).Where(b => b.Available != 0 || b.Held != 0 || b.Margin != 0).ToList();
    }

    /// <summary>The account as it now is; the floor hears of it once that is certain.</summary>
    async Task<TradingAccount> Told(DbSession s, long number, CancellationToken ct)
    {
        var changed = (await Find(s, number, ct))!;
        await s.AfterCommit(t => floor.Value.Changed(s, changed, t), ct);
        return changed;
    }

    /// <summary>An account's number as the id of a task's or command's subject, and back.</summary>
    internal static Guid IdOf(long number) => BookId.ToGuid((UInt128)number);

    internal static long NumberOf(Guid id) => (long)BookId.From(id);

    internal static Task<TradingAccount?> Find(DbSession s, long number, CancellationToken ct) => s.One($"select {Columns} from market.trading_account where number = $1", Map, ct, number);

    internal static Task<List<TradingAccount>> Of(DbSession s, Guid organisation, CancellationToken ct) => s.All($"select {Columns} from market.trading_account where organisation_id = $1 order by number", Map, ct, organisation);

    internal static Task<TradingAccount?> Locked(DbSession s, long number, CancellationToken ct) => s.One($"select {Columns} from market.trading_account where number = $1 for update", Map, ct, number);

    static Refusal StateForbids(TradingAccount known) => Refusal.Conflict("trading.state-forbids", "state", ("state", known.State.ToString()));

    internal static TradingAccount Map(NpgsqlDataReader r) =>
        new(r.GetInt64(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), (AccountKind)r.GetInt16(4), (TradingState)r.GetInt16(5), (SelfTrade)r.GetInt16(6), r.IsDBNull(7) ? null : r.GetInt64(7), r.MaybeInt(8), r.Text(9), r.Time(10), r.MaybeTime(11));
}

/// <summary>Finishes an opening once the Book answered.</summary>
sealed class TradingAccountOpened : IBookCommandKind
{
    public const string Name = "market.account-open";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var number = TradingAccountHandlers.NumberOf(row.Payload<Subject>().Id);
        var open = outcomes.All(o => o.Accepted);
        await session.Run("update market.trading_account set state = $2, reason = $3, row_version = row_version + 1 where number = $1 and state = 0", ct, number, (short)(open ? TradingState.Open : TradingState.Closed), open ? null : outcomes.First(o => !o.Accepted).Code.ToString());
        if (await TradingAccountHandlers.Find(session, number, ct) is { } known)
            await session.Notify(new Notice(MarketNotices.Account, new NoticeTo(Organisation: known.OrganisationId, Roles: [Role.MarketTrader, Role.MarketSupervisor]), open ? "market.notice.account.open" : "market.notice.account.refused",
                new Dictionary<string, string> { ["account"] = known.Code }, $"/market/accounts/{known.Code}", "market-account", known.Code), ct);
    }
}

/// <summary>Finishes a closing once the Book answered.</summary>
sealed class TradingAccountClosed : IBookCommandKind
{
    public const string Name = "market.account-close";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) =>
        outcomes.All(o => o.Accepted || o.Code == Code.AccountAlreadyClosed)
            ? session.Run("update market.trading_account set state = 3, closed_at = $2, row_version = row_version + 1 where number = $1 and state in (1, 2)", ct, TradingAccountHandlers.NumberOf(row.Payload<Subject>().Id), session.Now)
            : session.Run("update market.trading_account set reason = $2, row_version = row_version + 1 where number = $1 and state in (1, 2)", ct, TradingAccountHandlers.NumberOf(row.Payload<Subject>().Id), outcomes.First(o => !o.Accepted).Code.ToString());
}
