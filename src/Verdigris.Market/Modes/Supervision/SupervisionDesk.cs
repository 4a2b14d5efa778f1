using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Supervision;

/// <summary>A series as the supervision of trading sees it. Prices in the contract's currency.</summary>
/// <param name="InterruptedUntil">When an interruption ends by itself; null where there is none.</param>
/// <param name="Low">Lowest price of the day, and <paramref name="High"/> the highest; null without a limit.</param>
/// <param name="Band">How far a trade may be from the last one; null without such a band.</param>
/// <param name="InterruptionMinutes">How long an interruption lasts.</param>
/// <param name="BlockLots">Fewest lots of a trade agreed outside the book.</param>
/// <param name="BlockBand">How far such a trade may be from the reference price; null: the day's limits hold.</param>
/// <param name="OnBook">Whether orders are taken; else agreements alone.</param>
public sealed record SeriesState(string Series, InstrumentState State, BookPhase Phase, Instant? InterruptedUntil, string? Reason, string Currency, int Places, decimal? Reference, decimal? Last, decimal? Low, decimal? High, decimal? Band, int InterruptionMinutes, long BlockLots, decimal? BlockBand, bool NextDayResale, bool OnBook);

/// <summary>
/// What the exchange's people do about trading as it goes: they see every series, interrupt and halt it, and end the orders of an account. Everything goes into the log of supervision with who and why. Halting is <see cref="Listing.Suspend"/>, the kill switch <see cref="KillSwitch"/>,
/// taking back <see cref="BustDesk"/>.
/// </summary>
public sealed class SupervisionDesk(ContractSet contracts, InstrumentList instruments, Listing listing, SessionClock clock, TradingModes modes, IServiceProvider services)
{
    /// <summary>Series that have not ended; nothing where the server has no floor.</summary>
    public async Task<Answer<IReadOnlyList<SeriesState>>> States(DbSession s, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketOperator, Role.MarketSupervisor, Role.ExchangeStaff) is { } no) return no;
        if (Floor() is not { } floor) return Array.Empty<SeriesState>();
        var all = (await instruments.All(ct)).Where(i => i.State != InstrumentState.Ended).ToList();
        var views = floor.Read(f => all.Select(i => f.Instrument(i.Number)).ToList());
        var today = s.Today();
        return all.Zip(views, (i, view) =>
        {
            var (contract, terms) = (contracts.Find(i.Contract), view?.Terms);
            return new SeriesState(i.Series, i.State, view?.Phase ?? BookPhase.Closed, view?.Phase == BookPhase.Interruption ? clock.InterruptedUntil(i.Number) : null, i.State == InstrumentState.Suspended ? i.Reason : null, i.Currency, i.Tick.Scale, i.Reference, view?.Last is { } last ? i.Price(last) : null,
                terms is { LowestPrice: > 1 } ? i.Price(terms.LowestPrice) : null, terms is { HighestPrice: < BookTerms.MostPrice } ? i.Price(terms.HighestPrice) : null, terms is { DynamicBand: > 0 } ? i.Price(terms.DynamicBand) : null, (int)modes.Interruption(contract, today).TotalMinutes,
                terms?.BlockQuantity ?? 1, terms is { BlockBand: > 0 } ? i.Price(terms.BlockBand) : null, view?.Definition.NextDayResale == true, contract is not null && TradingModes.OnBook(contract, today));
        }).ToList();
    }

    /// <summary>Halts a series until somebody lets it go on, or lets it go on; what <see cref="Listing.Suspend"/> refuses.</summary>
    public Task<Answer<Instrument>> Halt(DbSession s, string series, bool halted, string? reason, CancellationToken ct) => listing.Suspend(s, series, halted, reason, ct);

    /// <summary>
    /// Interrupts continuous trading: orders are collected for the contract's time, then the book finds one price. Refuses <c>access.role-needed</c>, <c>trading.no-floor</c>, <c>input.required</c>, <c>trading.not-listed</c>, <c>supervision.not-continuous</c>.
    /// </summary>
    public async Task<Answer<SeriesState>> Interrupt(DbSession s, string series, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        if (Floor() is not { } floor) return Refusal.Conflict("trading.no-floor", null);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (await instruments.Find(series, ct) is not { State: InstrumentState.Traded } instrument) return Refusal.NotFound("trading.not-listed", "series", ("series", series));
        if (floor.Read(f => f.Instrument(instrument.Number)?.Phase) is not BookPhase.Continuous) return Refusal.Conflict("supervision.not-continuous", "series", ("series", series));
        var set = await floor.Send(FloorCommands.SetPhase(BookId.From(s.NewId()), instrument.Number, BookPhase.Interruption, BookId.From(s.Actor.PersonId)));
        if (!set.Accepted) return Refusal.Conflict("trading.floor-refused", null, ("code", set.Code.ToString()));
        // What is done on the floor is written down, whoever hangs up meanwhile.
        ct = CancellationToken.None;
        clock.Interrupt(instrument.Number, s.Now + modes.Interruption(contracts.Find(instrument.Contract), s.Today()));
        await s.InTransaction(async t =>
        {
            await s.Audit(new AuditEntry("market-instrument.interrupted", "market-instrument", series, words), t);
            await SupervisionLog.Write(s, "interrupted", words, t, series);
        }, ct);
        return (await States(s, ct)).Value.Single(x => x.Series == series);
    }

    /// <summary>Ends all live orders of an account, which may go on entering new ones; answers how many. <c>trading.not-found</c>.</summary>
    public async Task<Answer<DeskResult>> CancelOrders(DbSession s, string? code, string? reason, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketOperator, Role.MarketSupervisor) is { } no) return no;
        if (Floor() is not { } floor) return Refusal.Conflict("trading.no-floor", null);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (TradingAccount.NumberOf(code) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { } account || (!s.Actor.Is(Role.MarketOperator) && account.OrganisationId != s.Actor.OrganisationId))
            return Refusal.NotFound("trading.not-found", "account", ("given", code ?? ""));
        if (wrong.Count > 0) return wrong;
        long ended = 0;
        var traders = await s.All("select trader from market.floor_trader where account = $1 order by trader", r => r.GetInt64(0), ct, number);
        // From here on it is done to its end and written down, whoever hangs up meanwhile.
        ct = CancellationToken.None;
        foreach (var trader in traders)
            ended += (await floor.Send(FloorCommands.MassCancel(BookId.From(s.NewId()), trader, actor: BookId.From(s.Actor.PersonId)))).Order;
        await s.InTransaction(async t =>
        {
            await s.Audit(new AuditEntry("market-account.orders-cancelled", "market-account", account.Code, words, new { ended }), t);
            await SupervisionLog.Write(s, "orders-cancelled", words, t, account: number, organisation: account.OrganisationId, subject: $"{ended}");
            await s.Notify(new Notice(MarketNotices.Supervision, new NoticeTo(Organisation: account.OrganisationId, Roles: [Role.MarketTrader, Role.MarketSupervisor], Without: s.Actor.PersonId), "market.notice.supervision.orders-cancelled",
                new Dictionary<string, string> { ["account"] = account.Code, ["orders"] = $"{ended}", ["reason"] = words! }, "/market/supervision", "market-account", account.Code), t);
        }, ct);
        return new DeskResult(ended, 0, false);
    }

    /// <summary>The log, all of it for the exchange, for a member what concerns it.</summary>
    public Task<List<SupervisionEntry>> Log(DbSession s, long? before, int limit, CancellationToken ct) => SupervisionLog.List(s, ct, before, limit);

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));
}
