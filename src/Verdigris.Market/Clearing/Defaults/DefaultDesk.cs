using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Defaults;

/// <summary>
/// Defaults: one officer proposes, another declares. From then on the account is stopped, and what it owes and has not got is borne by the layers of the waterfall in their order, each posting in the Book.
/// </summary>
public sealed class DefaultDesk(ContractSet contracts, PositionBook positions, Approvals approvals, BookCommands book, DefaultAuctions auctions, CollateralSales sales, CashHandlers cash, Lazy<FloorAccounts> floor)
{
    public const string Task = "market.default";

    const string Columns = "id, account, organisation_id, reason, state, task_id, proposed_at, declared_at, closed_at";

    /// <summary>Refuses <c>trading.not-found</c> and <c>default.open</c> (the account has a case already).</summary>
    public async Task<Answer<DefaultCase>> Propose(DbSession s, string account, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open or TradingState.Stopped } known) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<DefaultCase>(async t =>
            {
                await s.Run("insert into market.default_case (id, account, organisation_id, reason, state, proposed_by, proposed_at) values ($1, $2, $3, $4, 0, $5, $6)", t, id, number, known.OrganisationId, words, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ClearingOfficer, $"/market/clearing/defaults/{id}", t, ("account", known.Code));
                await s.Run("update market.default_case set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-default.proposed", "market-default", id.ToString(), words, new { known.Code }), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "default_case_open") { return Refusal.Conflict("default.open", "account", ("account", known.Code)); }
    }

    /// <summary>Own and declared cases; all for the exchange. The newest first.</summary>
    public Task<List<DefaultCase>> List(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.default_case order by proposed_at desc limit 200", Map, ct);

    public async Task<Answer<DefaultView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return Refusal.NotFound("default.not-found");
        var lines = await s.All("select id, flow_id, place, layer, organisation_id, currency, amount, state, code, made_at from market.default_line where case_id = $1 order by made_at, place", r =>
            new DefaultLine(r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetString(3), r.MaybeGuid(4), r.GetString(5), Cents.Of(r.GetInt64(6), r.GetString(5)), r.GetInt16(7) switch { 0 => "planned", 1 => "posted", _ => "refused" }, r.Text(8), r.Time(9)), ct, id);
        // What was paid back stands among them, with the number of the part of the fund it went to.
        lines.AddRange(await s.All("select id, organisation_id, currency, amount, state, code, moved_at from market.fund_part where case_id = $1 and amount > 0 order by moved_at, organisation_id nulls first", r =>
            new DefaultLine(r.GetGuid(0), r.GetGuid(0), 0, "recovered", r.MaybeGuid(1), r.GetString(2), Cents.Of(r.GetInt64(3), r.GetString(2)), r.GetInt16(4) switch { 0 => "planned", 1 => "posted", _ => "refused" }, r.Text(5), r.Time(6)), ct, id));
        return new DefaultView(known, lines, await auctions.Of(s, id, ct));
    }

    /// <summary>Closes a case whose account has nothing open any more: no position, no delivery, nothing a day waits for, and no pledge while others have borne something that is not paid back. What it has goes to them first. Refuses <c>default.positions-open</c>, <c>default.owes</c> and <c>default.collateral-held</c>.</summary>
    public async Task<Answer<DefaultCase>> Close(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        if (await Find(s, id, ct) is not { State: CaseState.Declared } open) return Refusal.Conflict("default.state", "state");
        if (await StillOpen(s, open, ct) is { } still) return still;
        await sales.Recover(s, open, true, ct);
        return await s.InTransaction<DefaultCase>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { State: CaseState.Declared } known) return Refusal.Conflict("default.state", "state");
            if (await StillOpen(s, known, t) is { } no) return no;
            if ((await CollateralSales.Owed(s, known, t)).Count > 0 && await s.Value<bool>("select exists (select from market.collateral where account = $1 and state in (0, 1))", t, known.Account)) return Refusal.Conflict("default.collateral-held", "id");
            await s.Run("update market.default_case set state = 3, closed_at = $2, row_version = row_version + 1 where id = $1", t, id, s.Now);
            await s.Audit(new AuditEntry("market-default.closed", "market-default", id.ToString()), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    async Task<Refusal?> StillOpen(DbSession s, DefaultCase known, CancellationToken ct) =>
        positions.Open([new(known.Account, known.OrganisationId)]).Values.Any(o => o.Net != 0) ? Refusal.Conflict("default.positions-open", "id")
            : await s.Value<bool>("""
                select exists (select from market.clearing_flow where account = $1 and kind not in ('fee', 'fee-return') and state not in (2, 4)) or exists (select from market.delivery where state in (0, 1, 2, 4) and $1 in (seller, buyer))
                    or exists (select from market.clearing_trade where $1 in (buyer, seller) and day > coalesce((select max(day) from market.clearing_day where step > 12), '-infinity'))
                """, ct, known.Account) ? Refusal.Conflict("default.owes", "id") : null;

    /// <summary>Pays back, out of what declared defaulters have by now, what others bore for them.</summary>
    internal async Task Recover(DbSession s, CancellationToken ct)
    {
        foreach (var known in await s.All($"select {Columns} from market.default_case where state = 1 order by id", Map, ct)) await sales.Recover(s, known, false, ct);
    }

    internal async Task<Answer<Done>> Declare(DbSession s, Guid id, CancellationToken ct)
    {
        await FundMoves.Lock(s, ct);
        if (await Find(s, id, ct, " for update") is not { State: CaseState.Proposed } known) return Refusal.Conflict("default.state", "state");
        await s.Run("update market.default_case set state = 1, decided_by = $2, declared_at = $3, row_version = row_version + 1 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Run("update market.trading_account set state = 2, reason = $2, stopped_by_exchange = true, row_version = row_version + 1 where number = $1 and state = 1", ct, known.Account, known.Reason);
        // The desk and the floor hear of it: what it has resting there goes, and nothing new is taken.
        if (await TradingAccountHandlers.Find(s, known.Account, ct) is { } stopped) await s.AfterCommit(t => floor.Value.Changed(s, stopped, t), ct);
        await s.Run("update market.margin_call set state = 3 where account = $1 and state = 0", ct, known.Account);
        await cash.Stop(s, known.Account, "Declared in default", ct);
        await s.Audit(new AuditEntry("market-default.declared", "market-default", id.ToString(), Details: new { known.AccountCode }), ct);
        await s.Notify(new Notice(MarketNotices.Default, new NoticeTo(Organisation: known.OrganisationId, Roles: [Role.MarketTrader, Role.MarketSupervisor]), "market.notice.default.declared", new Dictionary<string, string> { ["account"] = known.AccountCode }, $"/market/clearing/defaults/{id}", "market-default", id.ToString()), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.default_case set state = 2, decided_by = nullif($2::uuid, proposed_by), row_version = row_version + 1 where id = $1 and state = 0", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-default.turned-down", "market-default", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>The declared case of an account; null where there is none.</summary>
    internal static Task<DefaultCase?> Declared(DbSession s, long account, CancellationToken ct) => s.One($"select {Columns} from market.default_case where account = $1 and state = 1", Map, ct, account);

    /// <summary>
    /// Bears what a declared defaulter owes to the clearing day: one chain over the layers, and the flow counts as paid once the Book has taken it. Refuses <c>default.fund-empty</c>: all layers together are too little.
    /// </summary>
    internal async Task<Answer<Done>> Cover(DbSession s, DefaultCase known, ClearingFlow flow, CancellationToken ct)
    {
        var row = BookId.ToGuid(BookId.Derive(flow.Id, -1 - flow.Attempt));
        if (flow.State == FlowState.Sent) { await book.Run(s, (await s.All("select row_id from market.clearing_flow where id = $1", r => r.GetGuid(0), ct, flow.Id))[0], ct); return default(Done); }
        var (account, currency) = (new ClearingAccount(flow.Account, flow.OrganisationId), flow.Currency!);
        var layers = await Layers(s, known, currency, ct);
        if (Waterfall.Share(flow.Amount, layers) is not { } borne) return Empty(known, currency, flow.Amount, layers);
        var commands = borne.GroupBy(b => b.Layer is "defaulter-cash" ? MarketBook.PayIn : b.Layer is "defaulter-margin" ? MarketBook.MarginUsed : MarketBook.FundOut)
            .Select(g => StepPostings.Cash(g.Key, currency, g.Key == MarketBook.PayIn ? account.Cash : g.Key == MarketBook.MarginUsed ? account.Margin : MarketBook.DefaultFund, MarketBook.ClearingCash, g.Sum(b => b.Amount))).ToList();
        await s.InTransaction(async t =>
        {
            var parts = await Bear(s, known, flow.Id, currency, borne, t);
            await s.Run("update market.clearing_flow set state = 1, attempt = attempt + 1, row_id = $2, code = null where id = $1", t, flow.Id, row);
            await s.Audit(new AuditEntry("market-default.covered", "market-default", known.Id.ToString(), Details: new { currency, amount = Cents.Of(flow.Amount, currency) }), t);
            await book.Enqueue(s, DefaultPosted.Name, known.Id.ToString(), new DefaultSubject("cover", flow.Id, known.Id, Parts: parts), [.. ClearingFlows.Chain(flow, commands)], t, row);
        }, ct);
        await book.Run(s, row, ct);
        return default(Done);
    }

    /// <summary>
    /// What a declared defaulter has not got for a delivery is put into its cash by the layers below its own money, so that the delivery's own chain can take it. Refuses <c>default.fund-empty</c>. What is not needed in the end goes back (<see cref="Recover"/>).
    /// One advance of a side is under way at a time: where the Book has not answered the one before, that one is asked for again and no other.
    /// </summary>
    /// <param name="owed">What the account has to pay, smallest unit; nothing happens where it has so much.</param>
    internal async Task<Answer<Done>> Advance(DbSession s, DefaultCase known, Guid delivery, string currency, long owed, CancellationToken ct)
    {
        var account = new ClearingAccount(known.Account, known.OrganisationId);
        if (await Advances(s, known, delivery, ct) is { UnderWay: true } before && !await Answered(known, delivery, before.Made, ct)) return default(Done);
        return await s.InTransaction<Done>(async t =>
        {
            await FundMoves.Lock(s, t);
            // Another try was quicker: its advance is on the way.
            var made = await Advances(s, known, delivery, t);
            if (made.UnderWay) return default(Done);
            var money = positions.Money(account, currency);
            var missing = owed - money.Cash - money.Margin;
            if (missing <= 0) return default(Done);
            var layers = (await Layers(s, known, currency, t)).Where(l => l.Layer is not ("defaulter-cash" or "defaulter-margin")).ToList();
            if (Waterfall.Share(missing, layers) is not { } borne) return Empty(known, currency, missing, layers);
            var parts = await Bear(s, known, delivery, currency, borne, t);
            await s.Audit(new AuditEntry("market-default.covered", "market-default", known.Id.ToString(), Details: new { delivery, currency, amount = Cents.Of(missing, currency) }), t);
            await book.Enqueue(s, DefaultPosted.Name, known.Id.ToString(), new DefaultSubject("cover", delivery, known.Id, Parts: parts), [StepPostings.Cash(MarketBook.FundOut, currency, MarketBook.DefaultFund, account.Cash, missing) with { Reference = BookId.From(known.Id) }], t, AdvanceOf(known, delivery, made.Made + 1));
            await s.AfterCommit(token => Answered(known, delivery, made.Made + 1, token), t);
            return default(Done);
        }, ct);
    }

    readonly record struct AdvancesMade(int Made, bool UnderWay);

    static async Task<AdvancesMade> Advances(DbSession s, DefaultCase known, Guid delivery, CancellationToken ct) =>
        (await s.All("select count(*) filter (where place = 1), coalesce(bool_or(state = 0), false) from market.default_line where case_id = $1 and flow_id = $2", r => new AdvancesMade((int)r.GetInt64(0), r.GetBoolean(1)), ct, known.Id, delivery))[0];

    /// <summary>The row of the commands of one advance: found again by the case, the delivery and which one it is.</summary>
    static Guid AdvanceOf(DefaultCase known, Guid delivery, int place) => BookId.ToGuid(BookDefinitions.IdOf($"market/advance/{known.Id}/{delivery}/{place}"));

    /// <summary>Asks the Book for an advance that was kept; whether it has answered. One that is answered already is not asked for again.</summary>
    async Task<bool> Answered(DefaultCase known, Guid delivery, int place, CancellationToken ct)
    {
        // Logged and scheduled by the queue; the row of one that was kept before rows had these ids only the queue finds.
        try { await book.Run(Actor.System, AdvanceOf(known, delivery, place), ct); }
        catch (Exception e) when (e is VenueStoppedException or KeyNotFoundException) { return false; }
        return true;
    }

    static Refusal Empty(DefaultCase known, string currency, long owed, IReadOnlyList<LayerMoney> layers) =>
        Refusal.Conflict("default.fund-empty", "day", ("account", known.AccountCode), ("currency", currency), ("amount", DecimalText.Write(Cents.Of(owed, currency))), ("there", DecimalText.Write(Cents.Of(layers.Sum(l => l.Amount), currency))));

    /// <summary>Rows of who bears what, until the Book has answered; answers those of the fund.</summary>
    static async Task<Guid[]> Bear(DbSession s, DefaultCase known, Guid of, string currency, IReadOnlyList<LayerMoney> borne, CancellationToken ct)
    {
        var parts = new List<Guid>();
        foreach (var (place, part) in borne.Index())
        {
            await s.Run("insert into market.default_line (id, case_id, flow_id, place, layer, organisation_id, currency, amount, state, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)", ct, s.NewId(), known.Id, of, place + 1, part.Layer, part.Organisation, currency, part.Amount, s.Now);
            if (part.Layer is "defaulter-cash" or "defaulter-margin") continue;
            parts.Add(s.NewId());
            await s.Run("insert into market.fund_part (id, organisation_id, currency, amount, case_id, state, moved_at) values ($1, $2, $3, $4, $5, 0, $6)", ct, parts[^1], part.Organisation, currency, -part.Amount, known.Id, s.Now);
        }
        return [.. parts];
    }

    /// <summary>What each layer of the waterfall can bear now, in its order.</summary>
    async Task<List<LayerMoney>> Layers(DbSession s, DefaultCase known, string currency, CancellationToken ct)
    {
        var money = positions.Money(new(known.Account, known.OrganisationId), currency);
        var scale = LotValue.Unit(MarketBook.Currencies[currency].Scale);
        var parts = (await DefaultFund.Parts(s, currency, ct)).Select(p => (p.OrganisationId, Amount: (long)(p.Amount * scale))).ToList();
        return [.. MarginRules.Of(contracts.Packs).Waterfall.SelectMany(w => (w.Layer switch
        {
            "defaulter-cash" => [new LayerMoney(w.Layer, null, money.Cash)],
            "defaulter-margin" => [new LayerMoney(w.Layer, null, money.Margin)],
            "defaulter-fund" => parts.Where(p => p.OrganisationId == known.OrganisationId).Select(p => new LayerMoney(w.Layer, p.OrganisationId, p.Amount)),
            "house" => parts.Where(p => p.OrganisationId is null).Select(p => new LayerMoney(w.Layer, null, p.Amount)),
            _ => parts.Where(p => p.OrganisationId is not null && p.OrganisationId != known.OrganisationId).Select(p => new LayerMoney(w.Layer, p.OrganisationId, p.Amount)),
        }).Select(l => l with { Amount = (long)decimal.Floor(l.Amount * w.Share) }))];
    }

    internal static Task<DefaultCase?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from market.default_case where id = $1{suffix}", Map, ct, id);

    static DefaultCase Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetGuid(2), r.GetString(3), (CaseState)r.GetInt16(4), r.MaybeGuid(5), r.Time(6), r.MaybeTime(7), r.MaybeTime(8));
}
