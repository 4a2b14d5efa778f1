using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Defaults;

/// <summary>What one of the clearing house wants done with the fund.</summary>
/// <param name="OrganisationId">Whose part is given back; null where fees become the clearing house's own part.</param>
/// <param name="Account">Code of the account it is given back to.</param>
/// <param name="Amount">In whole units of the currency.</param>
/// <param name="State">proposed, accepted or rejected.</param>
public sealed record FundMove(Guid Id, Guid? OrganisationId, string? Account, string Currency, decimal Amount, string State, Guid? TaskId, Instant ProposedAt);

/// <summary>
/// Moves of the default fund that need two people of the clearing house: its own part out of fees it earned, and a part given back to a member that trades no more. What was looked at when it was proposed is looked at again when it is decided.
/// </summary>
public sealed class FundMoves(PositionBook positions, Approvals approvals, BookCommands book, IVenue venue)
{
    public const string Task = "market.fund-move";

    const string Columns = "id, organisation_id, account, currency, amount, state, task_id, proposed_at";

    /// <summary>Open proposals and decided ones, the newest first; own ones for a member.</summary>
    public static Task<List<FundMove>> List(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.fund_move order by proposed_at desc limit 200", Map, ct);

    /// <summary>Fees that were earned become the clearing house's own part. Refuses <c>cash.currency</c>, <c>cash.amount</c>, <c>fund.fees</c> where it has not earned so much, and <c>fund.proposed</c>.</summary>
    public async Task<Answer<FundMove>> ProposeOwn(DbSession s, string currency, decimal amount, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var money = Cents.To(amount, currency);
        if (!money.Ok) return Answer<FundMove>.From(money.Refusals);
        if (Earned(currency, money.Value) is { } less) return less;
        return await Propose(s, null, null, currency, money.Value, ct);
    }

    /// <summary>
    /// All of a member's part in a currency goes back to one of its accounts, from which it is paid out. Refuses <c>trading.not-found</c>, <c>cash.currency</c>, <c>fund.no-part</c>, <c>fund.proposed</c>, and what says that the member is still needed: <c>fund.still-trading</c>
    /// (an account is neither stopped nor closed), <c>fund.positions-open</c>, <c>fund.owes</c> (a call, a delivery, something to pay, or trades whose day is not cleared) and <c>fund.default-open</c> (a default, whose ever, of which the fund may have to bear a part).
    /// </summary>
    public async Task<Answer<FundMove>> ProposeReturn(DbSession s, string account, string currency, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open or TradingState.Stopped } known) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        if (!MarketBook.Currencies.ContainsKey(currency)) return Refusal.Of("cash.currency", "currency", ("given", currency));
        if (await StillNeeded(s, known.OrganisationId, ct) is { Count: > 0 } needed) return needed;
        if (await PartOf(s, known.OrganisationId, currency, ct) is not (> 0 and var part)) return Refusal.Conflict("fund.no-part", "account", ("account", known.Code), ("currency", currency));
        return await Propose(s, known, number, currency, part, ct);
    }

    async Task<Answer<FundMove>> Propose(DbSession s, TradingAccount? to, long? account, string currency, long amount, CancellationToken ct)
    {
        var id = s.NewId();
        try
        {
            return await s.InTransaction<FundMove>(async t =>
            {
                await s.Run("insert into market.fund_move (id, organisation_id, account, currency, amount, state, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, 0, $6, $7)", t, id, to?.OrganisationId, account, currency, amount, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ClearingOfficer, "/market/clearing/fund", t, ("account", to?.Code ?? "–"), ("currency", currency), ("amount", DecimalText.Write(Cents.Of(amount, currency))));
                await s.Run("update market.fund_move set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-default.fund-proposed", "market-default", id.ToString(), Details: new { account = to?.Code, currency, amount = Cents.Of(amount, currency) }), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "fund_move_once") { return Refusal.Conflict("fund.proposed", "currency", ("currency", currency)); }
    }

    internal async Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct, " for update") is not { State: "proposed" } known) return Refusal.Conflict("fund.decided", "id");
        await Lock(s, ct);
        var number = known.Account is { } code ? TradingAccount.NumberOf(code) : null;
        if (number is { } receives && await TradingAccountHandlers.Find(s, receives, ct) is not { State: TradingState.Open or TradingState.Stopped }) return Refusal.NotFound("trading.not-found", "account", ("given", known.Account!));
        var amount = Cents.To(known.Amount, known.Currency).Value;
        if (known.OrganisationId is { } organisation)
        {
            if (await StillNeeded(s, organisation, ct) is { Count: > 0 } needed) return needed;
            if (await PartOf(s, organisation, known.Currency, ct) is var part && part != amount) return Refusal.Conflict("fund.part-changed", "amount", ("currency", known.Currency), ("amount", DecimalText.Write(Cents.Of(part, known.Currency))));
        }
        else if (Earned(known.Currency, amount) is { } less) return less;
        var row = s.NewId();
        await s.Run("update market.fund_move set state = 1, decided_by = $2 where id = $1", ct, id, s.Actor.PersonId);
        await s.Run("insert into market.fund_part (id, organisation_id, account, currency, amount, state, moved_at) values ($1, $2, $3, $4, $5, 0, $6)", ct, row, known.OrganisationId, number, known.Currency, number is null ? amount : -amount, s.Now);
        await s.Audit(new AuditEntry(number is null ? "market-default.fund-paid-in" : "market-default.fund-given-back", "market-default", id.ToString(), Details: new { known.Account, known.Currency, known.Amount }), ct);
        var command = number is { } to ? StepPostings.Cash(MarketBook.FundOut, known.Currency, MarketBook.DefaultFund, to, amount) : StepPostings.Cash(MarketBook.FundIn, known.Currency, MarketBook.Fees, MarketBook.DefaultFund, amount);
        await book.Send(s, DefaultPosted.Name, row, new DefaultSubject("fund", row), [command with { Reference = BookId.From(id), Actor = BookId.From(s.Actor.PersonId) }], ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> Reject(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.fund_move set state = 2, decided_by = nullif($2::uuid, proposed_by) where id = $1 and state = 0", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-default.fund-rejected", "market-default", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Nobody declares a default while a part is on its way out, and no part goes out once one is declared. Within a transaction.</summary>
    internal static Task Lock(DbSession s, CancellationToken ct) => s.Run("select pg_advisory_xact_lock(hashtext('market.default-fund'))", ct);

    /// <summary>Smallest unit of the currency; what is on its way out is gone already.</summary>
    internal static Task<long> PartOf(DbSession s, Guid? organisation, string currency, CancellationToken ct) =>
        s.Value<long>("select coalesce(sum(amount), 0)::bigint from market.fund_part where organisation_id is not distinct from $1 and currency = $2 and (state = 1 or (state = 0 and amount < 0))", ct, organisation, currency);

    Refusal? Earned(string currency, long amount)
    {
        var earned = venue.Read(b => b.Balance(MarketBook.Fees, MarketBook.Currencies[currency].Asset)).Available;
        return earned < amount ? Refusal.Conflict("fund.fees", "amount", ("available", DecimalText.Write(Cents.Of(earned, currency))), ("currency", currency)) : null;
    }

    async Task<List<Refusal>> StillNeeded(DbSession s, Guid organisation, CancellationToken ct)
    {
        var needed = new List<Refusal>();
        if (await s.Value<bool>("select exists (select from market.trading_account where organisation_id = $1 and state not in (2, 3))", ct, organisation)) needed.Add(Refusal.Conflict("fund.still-trading", "account"));
        var accounts = (await PositionBook.Accounts(s, ct)).Where(a => a.OrganisationId == organisation).ToList();
        if (positions.Open(accounts).Values.Any(o => o.Long != 0 || o.Short != 0)) needed.Add(Refusal.Conflict("fund.positions-open", "account"));
        if (await s.Value<bool>("""
            select exists (select from market.margin_call where organisation_id = $1 and state = 0) or exists (select from market.clearing_flow where organisation_id = $1 and state not in (2, 4))
                or exists (select from market.delivery where state in (0, 1, 2, 4) and $1 in (seller_organisation, buyer_organisation))
                or exists (select from market.clearing_trade t join market.trading_account a on a.number in (t.buyer, t.seller) where a.organisation_id = $1 and t.day > coalesce((select max(day) from market.clearing_day where step > 12), '-infinity'))
            """, ct, organisation)) needed.Add(Refusal.Conflict("fund.owes", "account"));
        if (await s.Value<bool>("select exists (select from market.default_case where state in (0, 1))", ct)) needed.Add(Refusal.Conflict("fund.default-open", "account"));
        return needed;
    }

    static Task<FundMove?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from market.fund_move where id = $1{suffix}", Map, ct, id);

    static FundMove Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.MaybeGuid(1), r.IsDBNull(2) ? null : TradingAccount.CodeOf(r.GetInt64(2)), r.GetString(3), Cents.Of(r.GetInt64(4), r.GetString(3)), r.GetInt16(5) switch { 0 => "proposed", 1 => "accepted", _ => "rejected" }, r.MaybeGuid(6), r.Time(7));
}
