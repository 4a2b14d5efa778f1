using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Cash;

/// <summary>
/// Money in and out. In: somebody of clearing types the line of the bank's statement, another decides, and the Book issues it once. Out: a trader or supervisor of the member asks, the Book holds it at once, a supervisor who is another person
/// decides, and it leaves the Book; clearing enters the bank's line once it is paid.
/// </summary>
public sealed class CashHandlers(Approvals approvals, BookCommands book, IVenue venue)
{
    public const string InTask = "market.cash-in", OutTask = "market.cash-out";

    const string Columns = "id, direction, account, organisation_id, currency, amount, bank_account_id, bank_reference, value_day, state, reason, book_code, task_id, proposed_at, decided_at, paid_at";

    static readonly ListOrders<CashMove> Orders = new("market-cash", "-id", ListKey<CashMove>.Id("id", "id", m => m.Id), ListKey<CashMove>.Number("state", "state", m => (int)m.State), ListKey<CashMove>.Number("account", "account", m => m.Account));

    /// <summary><c>trading.not-found</c>, <c>cash.currency</c>, <c>cash.amount</c>, <c>cash.line-counted</c>, <c>cash.value-day</c>.</summary>
    public async Task<Answer<CashMove>> ProposeIn(DbSession s, NewCashIn wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var amount = Cents.To(wanted.Amount, wanted.Currency);
        if (!amount.Ok) wrong.AddRange(amount.Refusals);
        var reference = Given.Text(wanted.BankReference, "bankReference", 140, wrong);
        if (wanted.ValueDay > s.Today()) wrong.Add(Refusal.Of("cash.value-day", "valueDay", ("today", $"{s.Today():uuuu-MM-dd}")));
        var account = TradingAccount.NumberOf(wanted.Account) is { } number ? await TradingAccountHandlers.Find(s, number, ct) : null;
        if (account is null || account.State is TradingState.Pending or TradingState.Closed) wrong.Add(Refusal.Of("trading.not-found", "account", ("given", wanted.Account ?? "")));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            await s.InTransaction(async t =>
            {
                await Insert(s, id, CashDirection.In, account!, wanted.Currency, amount.Value, null, reference, wanted.ValueDay, t);
                var task = await approvals.Ask(s, InTask, id, s.Actor.OrganisationId, Role.ClearingOfficer, $"/market/cash/{id}", t, ("account", account!.Code), ("currency", wanted.Currency), ("amount", DecimalText.Write(wanted.Amount)));
                await s.Run("update market.cash_move set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-cash.in-proposed", "market-cash", id.ToString(), Details: new { account.Code, wanted.Currency, wanted.Amount, reference }), t);
                await book.Send(s, CashHeld.Name, id, new Subject(id), [Commands.Hold(BookId.Derive(id, 0), MarketBook.CashIn, MarketBook.Currencies[wanted.Currency].Asset, MarketBook.Bank, account.Cash, amount.Value, BookId.From(s.Actor.PersonId), reference: BookId.From(id))], t);
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "cash_move_bank_line") { return Refusal.Conflict("cash.line-counted", "bankReference", ("given", reference!)); }
        return (await Find(s, id, ct))!;
    }

    /// <summary><c>bank.not-confirmed</c>, <c>cash.over-available</c>, <c>cash.default</c>, <c>cash.called</c> (what is left would be less than the clearing house has called for or waits for). The money is held from now on.</summary>
    public async Task<Answer<CashMove>> ProposeOut(DbSession s, NewCashOut wanted, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        var account = TradingAccount.NumberOf(wanted.Account) is { } number ? await TradingAccountHandlers.Find(s, number, ct) : null;
        if (account is null || account.OrganisationId != s.Actor.OrganisationId) return Refusal.Of("trading.not-found", "account", ("given", wanted.Account ?? ""));
        if (await BankAccounts.Find(s, wanted.BankAccountId, ct) is not { State: BankAccountState.Confirmed } bank || bank.OrganisationId != account.OrganisationId) return Refusal.Of("bank.not-confirmed", "bankAccountId");
        var amount = Cents.To(wanted.Amount, bank.Currency);
        if (!amount.Ok) return Answer<CashMove>.From(amount.Refusals);
        var asset = MarketBook.Currencies[bank.Currency].Asset;
        var available = venue.Read(b => b.Balance(account.Cash, asset)).Available;
        if (available < amount.Value) return Refusal.Conflict("cash.over-available", "amount", ("available", DecimalText.Write(Cents.Of(available, bank.Currency))), ("currency", bank.Currency));
        if (await Needed(s, account.Number, bank.Currency, available - amount.Value, ct) is { } needed) return needed;
        var id = s.NewId();
        await s.InTransaction(async t =>
        {
            await Insert(s, id, CashDirection.Out, account, bank.Currency, amount.Value, bank.Id, null, null, t);
            var task = await approvals.Ask(s, OutTask, id, s.Actor.OrganisationId, Role.MarketSupervisor, $"/market/cash/{id}", t, ("account", account.Code), ("currency", bank.Currency), ("amount", DecimalText.Write(wanted.Amount)), ("bank", bank.Short));
            await s.Run("update market.cash_move set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("market-cash.out-proposed", "market-cash", id.ToString(), Details: new { account.Code, bank.Currency, wanted.Amount }), t);
            await book.Send(s, CashHeld.Name, id, new Subject(id), [Commands.Hold(BookId.Derive(id, 0), MarketBook.CashOut, asset, account.Cash, MarketBook.Bank, amount.Value, BookId.From(s.Actor.PersonId), account.Cash, reference: BookId.From(id))], t);
        }, ct);
        return (await Find(s, id, ct))!;
    }

    /// <summary>Clearing enters the bank's line of a payment that was made; <c>cash.not-payable</c>.</summary>
    public async Task<Answer<CashMove>> Paid(DbSession s, Guid id, string? bankReference, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var reference = Given.Text(bankReference, "bankReference", 140, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<CashMove>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { } known) return Refusal.NotFound("cash.not-found");
            if (known is not { Direction: CashDirection.Out, State: CashState.Done, PaidAt: null }) return Refusal.Conflict("cash.not-payable", "state", ("state", known.State.ToString()));
            await s.Run("update market.cash_move set bank_reference = $2, paid_by = $3, paid_at = $4, row_version = row_version + 1 where id = $1", t, id, reference, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-cash.paid", "market-cash", id.ToString(), Details: new { reference }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<CashMove>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } known ? known : Refusal.NotFound("cash.not-found");

    /// <summary>Own money moves; all for the exchange.</summary>
    public async Task<Answer<Page<CashMove>>> List(DbSession s, CashFilter f, CancellationToken ct)
    {
        var query = new Where();
        if (f.Account is { Length: > 0 } account) query.And("account = ", TradingAccount.NumberOf(account) ?? -1);
        if (f.State is { } state) query.And("state = ", (short)state);
        if (f.Direction is { } direction) query.And("direction = ", (short)direction);
        return await Orders.Page(s, $"select {Columns} from market.cash_move", query, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    internal async Task<Answer<Done>> Approve(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct, " for update") is not { State: CashState.Proposed } known) return Refusal.Conflict("cash.not-payable", "state", ("state", ""));
        // It may be called for since it was asked for.
        if (known.Direction == CashDirection.Out && await Needed(s, known.Account, known.Currency, venue.Read(b => b.Balance(known.Account, MarketBook.Currencies[known.Currency].Asset)).Available, ct) is { } needed) return needed;
        await s.Run("update market.cash_move set state = 1, decided_by = $2, decided_at = $3, row_version = row_version + 1 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-cash.approved", "market-cash", id.ToString()), ct);
        await book.Send(s, CashPosted.Name, id, new Subject(id), [Commands.PostHold(0, BookId.Derive(id, 0), actor: BookId.From(s.Actor.PersonId), actingFor: known.Direction == CashDirection.Out ? known.Account : 0, reference: BookId.From(id))], ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> Reject(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await Find(s, id, ct, " for update") is not { State: CashState.Proposed }) return default(Done);
        await s.Run("update market.cash_move set state = $2, reason = $3, decided_by = nullif($4::uuid, proposed_by), decided_at = $5, row_version = row_version + 1 where id = $1", ct, id, (short)CashState.Rejected, reason, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-cash.rejected", "market-cash", id.ToString(), reason), ct);
        await book.Send(s, CashVoided.Name, id, new Subject(id), [Commands.VoidHold(0, BookId.Derive(id, 0), BookId.From(s.Actor.PersonId), reference: BookId.From(id))], ct);
        return default(Done);
    }

    /// <summary>Payments out of an account that nobody has decided yet are off: their money is the account's again, and the clearing house can take it. In the caller's transaction.</summary>
    internal async Task Stop(DbSession s, long account, string reason, CancellationToken ct)
    {
        foreach (var (id, task) in await s.All("select id, task_id from market.cash_move where account = $1 and direction = $2 and state = $3 order by id for update", r => (r.GetGuid(0), r.MaybeGuid(1)), ct, account, (short)CashDirection.Out, (short)CashState.Proposed))
        {
            await Reject(s, id, reason, ct);
            if (task is { } open) await s.AsSystem(async t => { await approvals.End(s, open, reason, t); return default(Done); }, ct);
        }
    }

    /// <summary>Money the clearing house needs does not leave: none of a declared defaulter, and of others so much stays as is called for or as a clearing day waits for.</summary>
    /// <param name="left">What would be left, smallest unit.</param>
    static async Task<Refusal?> Needed(DbSession s, long account, string currency, long left, CancellationToken ct)
    {
        if (await s.Value<bool>("select exists (select from market.default_case where account = $1 and state = 1)", ct, account)) return Refusal.Conflict("cash.default", "account", ("account", TradingAccount.CodeOf(account)));
        var owed = await s.Value<long>("""
            select (coalesce((select sum(amount) from market.margin_call where account = $1 and currency = $2 and state = 0), 0) + coalesce((select sum(amount) from market.clearing_flow where account = $1 and currency = $2 and kind = 'collect' and state not in (2, 4)), 0))::bigint
            """, ct, account, currency);
        return owed > 0 && left < owed ? Refusal.Conflict("cash.called", "amount", ("called", DecimalText.Write(Cents.Of(owed, currency))), ("currency", currency)) : null;
    }

    static Task Insert(DbSession s, Guid id, CashDirection direction, TradingAccount account, string currency, long amount, Guid? bank, string? reference, LocalDate? valueDay, CancellationToken ct) =>
        s.Run("insert into market.cash_move (id, direction, account, organisation_id, currency, amount, bank_account_id, bank_reference, value_day, state, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)", ct,
            id, (short)direction, account.Number, account.OrganisationId, currency, amount, bank, reference, valueDay, s.Actor.PersonId, s.Now);

    internal static Task<CashMove?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from market.cash_move where id = $1{suffix}", Map, ct, id);

    static CashMove Map(NpgsqlDataReader r) => new(r.GetGuid(0), (CashDirection)r.GetInt16(1), r.GetInt64(2), r.GetGuid(3), r.GetString(4), Cents.Of(r.GetInt64(5), r.GetString(4)), r.MaybeGuid(6), r.Text(7), r.MaybeDay(8), (CashState)r.GetInt16(9), r.Text(10), r.Text(11), r.MaybeGuid(12), r.Time(13), r.MaybeTime(14), r.MaybeTime(15));
}
