using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Credits;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Agreed;

/// <summary>
/// Trades agreed outside the book: blocks, exchanges for physical and for swaps, and what was agreed over the counter and is registered for clearing. One side reports, the other confirms in time, and then the floor settles it in one chain or nothing moves.
/// </summary>
public sealed class AgreedDesk(ContractSet contracts, InstrumentList instruments, TradingModes modes, AgreedSettlement settlement, IServiceProvider services)
{
    /// <summary>
    /// Refusals, in their order: <c>trading.no-floor</c>, <c>access.role-needed</c>, <c>agreed.terms-unknown</c> or <c>trading.not-listed</c>, of the account <c>trading.not-found</c>, <c>trading.killed</c>, <c>trading.state-forbids</c>, <c>member.not-active</c>, <c>trading.units-missing</c>, <c>credits.not-linked</c>; then, <c>agreed.counterparty</c>, <c>agreed.own</c>, <c>trading.order-fields</c>, <c>trading.choice-unknown</c>, <c>trading.off-lot</c>, <c>contract.price-off-tick</c>,
    /// <c>agreed.kind</c>, <c>agreed.least</c>, <c>agreed.most</c>, <c>agreed.price-band</c>, <c>agreed.day-limits</c>, <c>agreed.leg</c>, <c>agreed.leg-unknown</c>.
    /// </summary>
    public async Task<Answer<AgreedTrade>> Report(DbSession s, NewAgreedTrade wanted, CancellationToken ct)
    {
        if (Floor() is not { } floor) return NoFloor;
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (await instruments.Find(wanted.Series, ct) is not { State: InstrumentState.Traded } instrument || contracts.Find(instrument.Contract) is not { } contract) return Unlisted(wanted.Series, s.Today());
        var own = await Own(s, wanted.Account, ct);
        if (!own.Ok) return Answer<AgreedTrade>.From(own.Refusals);
        var account = own.Value;
        // Of the other side it is asked when it confirms: until then it may link what is missing.
        if (await Unlinked(s, account, instrument, ct) is { } unlinked) return unlinked;
        if (TradingAccount.NumberOf(wanted.Counterparty) is not { } number || await s.Lent(t => TradingAccountHandlers.Find(s, number, t), ct) is not { State: TradingState.Open } counter) return Refusal.Of("agreed.counterparty", "counterparty", ("given", wanted.Counterparty ?? ""));
        if (counter.OrganisationId == account.OrganisationId) return Refusal.Conflict("agreed.own", "counterparty");
        var wrong = new List<Refusal>();
        if (wanted.Side is not (Side.Buy or Side.Sell)) wrong.Add(Refusal.Of("trading.order-fields", "side"));
        if (!Enum.IsDefined(wanted.Kind)) wrong.Add(Refusal.Of("agreed.kind", "kind", ("kind", $"{(int)wanted.Kind}"), ("contract", contract.Code)));
        if (instrument.IsSpot && wanted.Effect != PositionEffect.Open || !Enum.IsDefined(wanted.Effect)) wrong.Add(Refusal.Of("trading.order-fields", "effect"));
        if (wanted.Leg is { } named && !Enum.IsDefined(named)) wrong.Add(Choices.Unknown(named, "leg"));
        var (lots, ticks) = (instrument.Lots(wanted.Quantity, "quantity"), instrument.Ticks(wanted.Price, "price"));
        if (!lots.Ok) wrong.AddRange(lots.Refusals);
        if (!ticks.Ok) wrong.AddRange(ticks.Refusals);
        if (wrong.Count > 0) return wrong;
        var mode = modes.Agreed(contract, wanted.Kind, s.Today());
        wrong.AddRange(AgreedRules.Check(mode, instrument, wanted.Kind, lots.Value, ticks.Value, floor.Read(f => f.Instrument(instrument.Number)?.Terms)));
        var exchange = wanted.Kind is AgreedKind.ExchangeForPhysical or AgreedKind.ExchangeForSwap;
        var reference = exchange ? Given.Text(wanted.LegReference, "legReference", 200, wrong) : null;
        if (exchange != (wanted.Leg is not null) || wanted.Leg is { } leg && (leg == OtherLeg.Position) != (wanted.Kind == AgreedKind.ExchangeForSwap)) wrong.Add(Refusal.Of("agreed.leg", "leg"));
        if (wrong.Count > 0) return wrong;
        if (wanted.Leg == OtherLeg.Warrant && await Missing(s, contract, reference!, wanted.Side == Side.Buy ? account.OrganisationId : counter.OrganisationId, ct) is { } missing) return missing;
        var id = s.NewId();
        await s.InTransaction(async t =>
        {
            await s.Run("""
                insert into market.agreed_trade (id, kind, series, side, account, organisation_id, counter_account, counter_organisation_id, price, lots, effect, leg, leg_reference, state, reported_by, reported_at, expires_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16)
                """, t, id, (short)wanted.Kind, instrument.Series, (short)wanted.Side, account.Number, account.OrganisationId, counter.Number, counter.OrganisationId, wanted.Price, lots.Value, (short)wanted.Effect, (short?)wanted.Leg, reference, s.Actor.PersonId, s.Now, s.Now + mode!.Confirm);
            await s.Audit(new AuditEntry("market-agreed.reported", "market-agreed", id.ToString(), Details: new { wanted.Kind, instrument.Series, wanted.Side, account = account.Code, counterparty = counter.Code, wanted.Price, wanted.Quantity, wanted.Leg, reference }), t);
            await AgreedSettlement.Tell(s, (await AgreedStore.Find(s, id, t))!, counter.OrganisationId, "market.notice.agreed.to-confirm", t);
        }, ct);
        return (await AgreedStore.Find(s, id, ct))!;
    }

    /// <summary>
    /// The other side confirms, and the trade is settled at once: <c>agreed.not-found</c>, <c>agreed.not-counterparty</c>, <c>agreed.same-person</c>, <c>agreed.state</c>, <c>agreed.expired</c>, <c>trading.killed</c> and what else keeps either account from trading,
    /// <c>trading.order-fields</c>, what <see cref="Report"/> refuses of links and of the terms as they now are, <c>agreed.hours</c>, <c>agreed.closed</c>, <c>agreed.position-limit</c>, and <c>trading.agreed-refused</c> with what the floor said: then it is over, and nothing moved.
    /// </summary>
    /// <param name="effect">Futures and options: whether the confirming account opens or closes.</param>
    public async Task<Answer<AgreedTrade>> Confirm(DbSession s, Guid id, PositionEffect effect, CancellationToken ct)
    {
        if (Floor() is not { } floor) return NoFloor;
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        var confirmed = await s.InTransaction<Done>(async t =>
        {
            if (await AgreedStore.Find(s, id, t, locked: true) is not { } trade) return Refusal.NotFound("agreed.not-found");
            if (trade.CounterOrganisationId != s.Actor.OrganisationId) return Refusal.Forbidden("agreed.not-counterparty");
            if (await s.Value<Guid>("select reported_by from market.agreed_trade where id = $1", t, id) == s.Actor.PersonId) return Refusal.Forbidden("agreed.same-person");
            if (trade.State != AgreedState.Reported) return StateForbids(trade);
            if (trade.ExpiresAt <= s.Clock.GetCurrentInstant()) return Refusal.Conflict("agreed.expired", "id");
            if (await instruments.Find(trade.Series, t) is not { State: InstrumentState.Traded } instrument || contracts.Find(instrument.Contract) is not { } contract) return Refusal.Of("trading.not-listed", "series", ("series", trade.Series));
            if (instrument.IsSpot && effect != PositionEffect.Open || !Enum.IsDefined(effect)) return Refusal.Of("trading.order-fields", "effect");
            var own = await Own(s, trade.CounterAccount, t);
            if (!own.Ok) return Answer<Done>.From(own.Refusals);
            var other = await Other(s, trade, t);
            if (!other.Ok) return Answer<Done>.From(other.Refusals);
            if (await Unlinked(s, own.Value, instrument, t) is { } unlinked) return unlinked;
            if (await Unlinked(s, other.Value, instrument, t) is not null) return Refusal.Conflict("agreed.counterparty", "counterparty", ("given", trade.Account));
            var (view, mode) = (floor.Read(f => f.Instrument(instrument.Number)), modes.Agreed(contract, trade.Kind, s.Today()));
            if (AgreedRules.Check(mode, instrument, trade.Kind, trade.Lots, instrument.Ticks(trade.Price, "price").Value, view?.Terms) is { Count: > 0 } wrong) return wrong;
            if (AgreedRules.Hours(contracts, contract, trade.Kind, s.Clock.GetCurrentInstant()) is { } closed) return closed;
            // Now closed, it may be confirmed later: only what the floor is sent can end it.
            if (view?.Phase is null or BookPhase.Closed or BookPhase.Halt) return Refusal.Conflict("agreed.closed", "series", ("series", trade.Series));
            if (!instrument.IsSpot)
                foreach (var (account, side) in new[] { (other.Value, trade.Side), (own.Value, trade.Side == Side.Buy ? Side.Sell : Side.Buy) })
                {
                    var position = await PositionGuard.Held(s, floor, instrument, account, t);
                    if (AgreedRules.Position(PositionLimits.Most(contract, account.Kind, s.Today(), instrument.LastDay, () => view?.OpenInterest ?? 0), position, side, trade.Lots, account.Code) is { } beyond) return beyond;
                }
            await s.Run("update market.agreed_trade set state = 1, counter_effect = $2, confirmed_by = $3, confirmed_at = $4, row_version = row_version + 1 where id = $1", t, id, (short)effect, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-agreed.confirmed", "market-agreed", id.ToString(), Details: new { effect }), t);
            return default(Done);
        }, ct);
        if (!confirmed.Ok) return Answer<AgreedTrade>.From(confirmed.Refusals);
        await settlement.Settle(id, floor, ct);
        var now = (await AgreedStore.Find(s, id, ct))!;
        return now.State == AgreedState.Refused ? Refusal.Conflict("trading.agreed-refused", null, ("code", now.Code ?? "")) : now;
    }

    /// <summary>Why a series cannot be reported in: a contract whose terms are agreed case by case has none here, and the file says which of them it does not know; any other series is not open.</summary>
    Refusal Unlisted(string? given, LocalDate today)
    {
        var contract = contracts.OfSeries(given ?? "") ?? contracts.Find(given?.Trim());
        if (contract is not null && contract.Rows("modes", today).Any(r => r.Text("mode") == "otc") && contract.OpenProblems(today).Where(p => p.Code is "contract.lot-unknown" or "contract.tick-unknown").Select(p => p.Code["contract.".Length..^"-unknown".Length]).ToList() is { Count: > 0 } missing)
            return Refusal.Conflict("agreed.terms-unknown", "series", ("contract", contract.Code), ("missing", string.Join(", ", missing)));
        return Refusal.Of("trading.not-listed", "series", ("series", given ?? ""));
    }

    /// <summary>The other side says no, and why; <c>agreed.not-found</c>, <c>agreed.not-counterparty</c>, <c>agreed.state</c>.</summary>
    public Task<Answer<AgreedTrade>> Decline(DbSession s, Guid id, string? reason, CancellationToken ct) => End(s, id, AgreedState.Declined, reason, ct);

    /// <summary>The reporting side takes it back while it is not confirmed; <c>agreed.not-found</c>, <c>agreed.not-reporter</c>, <c>agreed.state</c>.</summary>
    public Task<Answer<AgreedTrade>> Withdraw(DbSession s, Guid id, CancellationToken ct) => End(s, id, AgreedState.Withdrawn, null, ct);

    public async Task<Answer<AgreedTrade>> Read(DbSession s, Guid id, CancellationToken ct) => await AgreedStore.Find(s, id, ct) is { } known ? known : Refusal.NotFound("agreed.not-found");

    /// <summary>Own ones of either side, all for the exchange; the newest first.</summary>
    /// <param name="waiting">Only what the own organisation has still to confirm.</param>
    public Task<Answer<Page<AgreedTrade>>> List(DbSession s, AgreedState? state, string? series, bool waiting, string? cursor, int limit, CancellationToken ct) => AgreedStore.List(s, state, series, waiting, cursor, limit, ct);

    /// <summary>Series in which trades may be agreed, with the kinds of each.</summary>
    public async Task<IReadOnlyList<(Instrument Instrument, IReadOnlyList<AgreedMode> Modes)>> Open(DbSession s, CancellationToken ct) =>
        [.. from i in await instruments.All(ct) where i.State == InstrumentState.Traded let contract = contracts.Find(i.Contract) where contract is not null let agreed = modes.Agreements(contract, s.Today()) where agreed.Count > 0 select (i, agreed)];

    static async Task<Answer<AgreedTrade>> End(DbSession s, Guid id, AgreedState state, string? reason, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = state == AgreedState.Declined ? Given.Text(reason, "reason", Given.Longest, wrong) : null;
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<AgreedTrade>(async t =>
        {
            if (await AgreedStore.Find(s, id, t, locked: true) is not { } trade) return Refusal.NotFound("agreed.not-found");
            if (state == AgreedState.Declined && trade.CounterOrganisationId != s.Actor.OrganisationId) return Refusal.Forbidden("agreed.not-counterparty");
            if (state == AgreedState.Withdrawn && trade.OrganisationId != s.Actor.OrganisationId) return Refusal.Forbidden("agreed.not-reporter");
            if (trade.State != AgreedState.Reported) return StateForbids(trade);
            await s.Run("update market.agreed_trade set state = $2, reason = $3, row_version = row_version + 1 where id = $1", t, id, (short)state, words);
            await s.Audit(new AuditEntry(state == AgreedState.Declined ? "market-agreed.declined" : "market-agreed.withdrawn", "market-agreed", id.ToString(), words), t);
            await AgreedSettlement.Tell(s, trade, state == AgreedState.Declined ? trade.OrganisationId : trade.CounterOrganisationId, state == AgreedState.Declined ? "market.notice.agreed.declined" : "market.notice.agreed.withdrawn", t);
            return (await AgreedStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>The own account: <c>trading.not-found</c>, <c>trading.killed</c>, <c>trading.state-forbids</c>, <c>member.not-active</c>. Asked of the tables each time: an agreement is rare, and final.</summary>
    /// <param name="code">Null: the organisation's only one.</param>
    static async Task<Answer<TradingAccount>> Own(DbSession s, string? code, CancellationToken ct)
    {
        TradingAccount? account = null;
        if (code is { Length: > 0 }) account = TradingAccount.NumberOf(code) is { } number ? await TradingAccountHandlers.Find(s, number, ct) : null;
        else
        {
            var open = await s.All("select number from market.trading_account where organisation_id = $1 and state in (1, 2) limit 2", r => r.GetInt64(0), ct, s.Actor.OrganisationId);
            if (open.Count == 1) account = await TradingAccountHandlers.Find(s, open[0], ct);
        }
        if (account is null || account.OrganisationId != s.Actor.OrganisationId) return Refusal.Of("trading.not-found", "account", ("given", code ?? ""));
        if (await Kills.Of(s, account.OrganisationId, account.Number, ct) is { } kill) return Refusal.Conflict("trading.killed", "account", ("account", account.Code), ("reason", kill.Reason));
        if (account.State != TradingState.Open) return Refusal.Conflict("trading.state-forbids", "account", ("state", account.State.ToString()));
        if (await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, ct) is not { State: MemberState.Active }) return Refusal.Conflict("member.not-active", "account");
        return account;
    }

    /// <summary>The reporting account, as the confirming side may ask of it: whether it can trade.</summary>
    static async Task<Answer<TradingAccount>> Other(DbSession s, AgreedTrade trade, CancellationToken ct)
    {
        if (await Kills.Of(s, trade.OrganisationId, trade.AccountNumber, ct) is not null || await s.Lent(t => TradingAccountHandlers.Find(s, trade.AccountNumber, t), ct) is not { State: TradingState.Open } account
            || await MemberHandlers.OfOrganisation(s, trade.OrganisationId, ct) is not { State: MemberState.Active }) return Refusal.Conflict("agreed.counterparty", "counterparty", ("given", trade.Account));
        return account;
    }

    /// <summary>Where what is traded has no place to lie for an account: <c>credits.not-linked</c>, <c>trading.units-missing</c>.</summary>
    static async Task<Refusal?> Unlinked(DbSession s, TradingAccount account, Instrument instrument, CancellationToken ct)
    {
        if (instrument.IsCredits) return await s.Lent(t => CreditsDesk.LinkedAt(s, account.Number, t), ct) is null ? Refusal.Conflict("credits.not-linked", "account", ("account", account.Code)) : null;
        if (!instrument.IsSpot) return null;
        return await s.Lent(t => UnitsLinks.Find(s, account.Number, instrument.Scheme!, t), ct) is null ? Refusal.Conflict("trading.units-missing", "account", ("account", account.Code), ("scheme", instrument.Scheme!)) : null;
    }

    /// <summary>A warrant of the contract's metal that the side which gives the metal does not hold; where this server keeps no titles the number is taken as it is.</summary>
    async Task<Refusal?> Missing(DbSession s, Contract contract, string number, Guid holder, CancellationToken ct)
    {
        if (services.GetService(typeof(TitleDelivery)) is not TitleDelivery titles) return null;
        foreach (var metal in Basket.Of(contract, s.Today()).Where(b => b is { Kind: "warrants", Metal: not null }).Select(b => b.Metal!))
            if (await s.Lent(t => titles.Held(s, metal, holder, t), ct) is var held && held.Any(w => w.Number == number)) return null;
        return Refusal.Of("agreed.leg-unknown", "legReference", ("given", number));
    }

    static Refusal StateForbids(AgreedTrade trade) => Refusal.Conflict("agreed.state", "state", ("state", trade.State.ToString()));

    static Refusal NoFloor => Refusal.Conflict("trading.no-floor", null);

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));
}
