using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Supervision;

public enum BustState { Proposed, Done, TurnedDown }

/// <summary>A trade that is to be taken back, or was.</summary>
/// <param name="Trade">The floor's number of it.</param>
/// <param name="Quantity">In units of the contract.</param>
/// <param name="Buyer">Code of the account that bought, and <paramref name="Seller"/> of the one that sold.</param>
/// <param name="Until">The last moment the floor takes it back.</param>
public sealed record TradeBust(Guid Id, long Trade, string Series, decimal Price, decimal Quantity, string Buyer, string Seller, Instant TradedAt, Instant Until, string Reason, BustState State, Guid? TaskId, Instant ProposedAt, Instant? DecidedAt);

/// <summary>Takes trades back: one operator proposes while the time for it lasts, another decides, and the floor posts everything the other way in one chain. Both sides hear of it.</summary>
public sealed class BustDesk(Approvals approvals, InstrumentList instruments, FloorAccounts accounts, TradingModes modes, IServiceProvider services)
{
    public const string Task = "market.bust";

    const string Columns = "b.id, b.trade, b.series, b.price, b.lots, b.buyer, b.seller, b.traded_at, b.reason, b.state, b.task_id, b.proposed_at, b.decided_at, i.lot";

    /// <summary>Refuses <c>access.role-needed</c>, <c>trading.no-floor</c>, <c>supervision.trade-unknown</c> (the floor no longer keeps it), <c>supervision.busted-already</c>, <c>supervision.bust-late</c>.</summary>
    public async Task<Answer<TradeBust>> Propose(DbSession s, long trade, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return Refusal.Conflict("trading.no-floor", null);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (floor.Read(f => f.Trade(trade)) is not { } known || await instruments.Find(known.Instrument, ct) is not { } instrument || await accounts.Of(s, known.Buyer, ct) is not { } buyer || await accounts.Of(s, known.Seller, ct) is not { } seller) return Refusal.NotFound("supervision.trade-unknown", "trade", ("trade", $"{trade}"));
        if (known.Busted) return Refusal.Conflict("supervision.busted-already", "trade", ("trade", $"{trade}"));
        var at = Instant.FromUnixTimeTicks(known.TimeMicros * 10);
        if (s.Now > at + modes.Bust) return Refusal.Conflict("supervision.bust-late", "trade", ("until", NodaTime.Text.InstantPattern.General.Format(at + modes.Bust)));
        var id = s.NewId();
        try
        {
            return await s.InTransaction<TradeBust>(async t =>
            {
                await s.Run("insert into market.trade_bust (id, trade, series, price, lots, buyer, seller, buyer_organisation_id, seller_organisation_id, traded_at, reason, state, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13)", t,
                    id, trade, instrument.Series, instrument.Price(known.Price), known.Quantity, buyer.Account, seller.Account, buyer.Organisation, seller.Organisation, at, words, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.MarketOperator, "/market/supervision", t, ("trade", trade), ("series", instrument.Series));
                await s.Run("update market.trade_bust set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-bust.proposed", "market-bust", id.ToString(), words, new { trade, instrument.Series }), t);
                await SupervisionLog.Write(s, "bust-asked", words, t, instrument.Series, organisation: buyer.Organisation, counterOrganisation: seller.Organisation, subject: $"{trade}");
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "trade_bust_once") { return Refusal.Conflict("supervision.busted-already", "trade", ("trade", $"{trade}")); }
    }

    /// <summary>Own ones, all for the exchange; the newest first.</summary>
    public Task<List<TradeBust>> List(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.trade_bust b join market.instrument i on i.series = b.series order by b.proposed_at desc limit 200", Map, ct);

    /// <summary>Trades that may still be taken back, the newest first; for operators.</summary>
    public Task<List<(long Trade, string Series, decimal Price, decimal Quantity, Instant At)>> Young(DbSession s, CancellationToken ct) => !s.Actor.Is(Role.MarketOperator) ? System.Threading.Tasks.Task.FromResult(new List<(long, string, decimal, decimal, Instant)>()) : s.All("""
        select t.trade, t.series, t.price, t.lots * i.lot, t.at from (select trade, series, price, lots, at from market.trade where not busted and at > $1 union all select trade, series, price, lots, at from market.print_waiting where not busted and published_at is null and at > $1) t
        join market.instrument i on i.series = t.series where not exists (select from market.trade_bust b where b.trade = t.trade and b.state <> 2) order by t.at desc, t.trade desc limit 100
        """, r => (r.GetInt64(0), r.GetString(1), r.GetDecimal(2), r.GetDecimal(3), r.Time(4)), ct, s.Now - modes.Bust);

    /// <summary>The line's id follows from the row: decided again after a fault, the trade is taken back once. <c>trading.bust-refused</c> with the floor's code.</summary>
    internal async Task<Answer<Done>> Decide(DbSession s, Guid id, CancellationToken ct)
    {
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return Refusal.Conflict("trading.no-floor", null);
        if (await Find(s, id, ct) is not { State: BustState.Proposed } bust) return Refusal.Conflict("supervision.bust-state", "state");
        var done = await floor.Send(FloorCommands.BustTrade(BookDefinitions.IdOf($"market/bust/{id}"), bust.Trade, BookId.From(s.Actor.PersonId)));
        // Whoever decided before was cut off: what the floor then did stands, however long ago it is.
        if (!done.Accepted && !TakenBack(floor, bust.Trade)) return Refusal.Conflict("trading.bust-refused", "trade", ("code", done.Code.BookCode() is { } book ? book.ToString() : done.Code.ToString()));
        await s.Run("update market.trade_bust set state = 1, task_id = null, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await Agreed.AgreedSettlement.TakenBack(s, bust.Trade, ct);
        var sides = (await s.All("select buyer_organisation_id, seller_organisation_id from market.trade_bust where id = $1", r => (Buyer: r.GetGuid(0), Seller: r.GetGuid(1)), ct, id)).Single();
        await s.Audit(new AuditEntry("market-bust.done", "market-bust", id.ToString(), bust.Reason, new { bust.Trade, bust.Series }), ct);
        await SupervisionLog.Write(s, "busted", bust.Reason, ct, bust.Series, organisation: sides.Buyer, counterOrganisation: sides.Seller, subject: $"{bust.Trade}");
        foreach (var organisation in new[] { sides.Buyer, sides.Seller }.Distinct())
            await s.Notify(new Notice(MarketNotices.Supervision, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), "market.notice.supervision.busted",
                new Dictionary<string, string> { ["trade"] = $"{bust.Trade}", ["series"] = bust.Series, ["reason"] = bust.Reason }, "/market/supervision", "market-bust", id.ToString()), ct);
        return default(Done);
    }

    /// <summary>Refuses <c>supervision.bust-done</c> where whoever approved it was cut off after the floor had done it: then it can only be approved again.</summary>
    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return Refusal.Conflict("trading.no-floor", null);
        if (await Find(s, id, ct) is { State: BustState.Proposed } asked && TakenBack(floor, asked.Trade)) return Refusal.Conflict("supervision.bust-done", "state");
        await s.Run("update market.trade_bust set state = 2, task_id = null, decided_by = nullif($2::uuid, proposed_by), decided_at = $3 where id = $1 and state = 0", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("market-bust.turned-down", "market-bust", id.ToString(), reason), ct);
        if (await s.One("select trade, series, buyer_organisation_id, seller_organisation_id from market.trade_bust where id = $1", r => new { Trade = r.GetInt64(0), Series = r.GetString(1), Buyer = r.GetGuid(2), Seller = r.GetGuid(3) }, ct, id) is { } bust)
            await SupervisionLog.Write(s, "bust-turned-down", reason, ct, bust.Series, organisation: bust.Buyer, counterOrganisation: bust.Seller, subject: $"{bust.Trade}");
        return default(Done);
    }

    static bool TakenBack(IFloor floor, long trade) => floor.Read(f => f.Trade(trade)?.Busted) == true;

    Task<TradeBust?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.trade_bust b join market.instrument i on i.series = b.series where b.id = $1 for update of b", Map, ct, id);

    TradeBust Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetString(2), r.GetDecimal(3), r.GetInt64(4) * r.GetDecimal(13), Members.TradingAccount.CodeOf(r.GetInt64(5)), Members.TradingAccount.CodeOf(r.GetInt64(6)), r.Time(7), r.Time(7) + modes.Bust, r.GetString(8), (BustState)r.GetInt16(9), r.MaybeGuid(10), r.Time(11), r.MaybeTime(12));
}
