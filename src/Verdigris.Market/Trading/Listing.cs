using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <param name="Series">Code of a series a contract lists: ICE.EUA:2026-12, EEX.EUA.SPOT, SEEE.CEA:v2024.</param>
/// <param name="Reference">Yesterday's settlement or closing price; limits and margins of the day are counted from it.</param>
public sealed record NewInstrument(string Series, decimal Reference);

/// <summary>Opens series for trading and sets their terms of the day. What a contract's file leaves unknown keeps its series closed.</summary>
public sealed class Listing(ContractSet contracts, SeriesRegister register, SchemeSet schemes, SchemeNumbers numbers, CreditMarket credits, InstrumentList instruments, TradingModes modes, SeriesTroubles troubles, IServiceProvider services)
{
    /// <summary>
    /// <c>trading.no-floor</c>, <c>contract.series-malformed</c>, <c>contract.unknown</c>, <c>contract.currency-not-quoted</c>, <c>contract.not-listed</c>, what keeps the contract from being opened, <c>contract.strike-not-listed</c>, <c>listing.underlying-unpriced</c>, <c>contract.deliverable-unknown</c>, <c>contract.price-off-tick</c>, <c>clearing.scan-unknown</c>, <c>trading.listed-already</c>.
    /// </summary>
    public async Task<Answer<Instrument>> Open(DbSession s, NewInstrument wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        return await OpenFor(s, wanted, s.Actor.PersonId, ct);
    }

    /// <summary>Opens a series in the name of the operator whose standing instruction it is.</summary>
    internal async Task<Answer<Instrument>> OpenFor(DbSession s, NewInstrument wanted, Guid person, CancellationToken ct)
    {
        if (Floor() is not { } floor) return Refusal.Conflict("trading.no-floor", null);
        var read = Series.Read(wanted.Series);
        if (!read.Ok) return Answer<Instrument>.From(read.Refusals);
        var found = contracts.Get(read.Value.Contract);
        if (!found.Ok) return Answer<Instrument>.From(found.Refusals);
        var (series, today) = (read.Value, s.Today());
        var quoted = found.Value.In(series.Currency, today);
        if (!quoted.Ok) return Answer<Instrument>.From(quoted.Refusals);
        var contract = quoted.Value;
        if (await InstrumentStore.Find(s, series.Code, ct) is not null) return Refusal.Conflict("trading.listed-already", "series", ("series", series.Code));
        if (contract.OpenProblems(today) is { Count: > 0 } problems) return problems.ToList();
        IReadOnlyList<AdmittedSeries> admitted = series.Vintage is { } vintage ? [new(series.Project, vintage)] : [];
        if (SeriesListing.Of(contracts, contract, today, admitted).FirstOrDefault(l => l.Series == series with { Strike = null, Right = null, Currency = null }) is not { } listed) return Refusal.Of("contract.not-listed", "series", ("series", series.Code));
        var shape = contract.Kind switch { ContractKind.Spot => SettlementShape.Spot, ContractKind.Option => SettlementShape.Option, _ => SettlementShape.Future };
        var (lot, tick) = (contract.Lot(today)!.Value, contract.Tick(today)!.Value);
        if (shape == SettlementShape.Spot && TradingModes.ResaleDays(contract, today) is not (0 or 1)) return Refusal.Conflict("trading.resale-days", "series", ("contract", contract.Code));
        if (contract.Ticks(wanted.Reference, today) is { Ok: false } off) return Answer<Instrument>.From(off.Refusals);
        if (wanted.Reference <= 0) return Refusal.Of("contract.price-off-tick", "reference", ("given", DecimalText.Write(wanted.Reference)), ("tick", DecimalText.Write(tick)));
        var underlying = await UnderlyingPrice(s, contract, series, today, ct);
        if (shape == SettlementShape.Option && await Strike(s, contract, series, underlying, today, ct) is { } strike) return strike;
        var (unit, asset) = (default(SpotUnits), 0);
        if (shape == SettlementShape.Spot)
        {
            var units = await Units(contract, series, today, ct);
            if (!units.Ok) return Answer<Instrument>.From(units.Refusals);
            (unit, asset) = (units.Value, units.Value.Asset);
            if (lot != decimal.Truncate(lot)) return Refusal.Conflict("contract.lot-unknown", "contract", ("contract", contract.Code));
        }
        var added = await register.Add(s, series.Code, today, ct);
        if (!added.Ok) return Answer<Instrument>.From(added.Refusals);
        var instrument = new Instrument(added.Value.Number, series.Code, contract.Code, shape, unit?.Scheme, unit?.Unit, shape == SettlementShape.Spot ? series.Vintage?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "" : null, contract.Currency, lot, tick, listed.LastDay, InstrumentState.Traded, null, wanted.Reference,
            unit?.Pool?.ProjectId, unit?.Pool?.Use);
        var terms = DayTerms.Of(contracts, modes, contract, instrument, wanted.Reference, underlying, today, listingDay: true);
        if (!terms.Ok) return Answer<Instrument>.From(terms.Refusals);
        var defined = await floor.Send(FloorCommands.DefineInstrument(BookDefinitions.IdOf($"market/instrument/{instrument.Number}"), new InstrumentDefinition
        {
            Id = instrument.Number,
            Shape = shape,
            BaseAsset = shape == SettlementShape.Spot ? asset : added.Value.Long,
            ShortAsset = shape == SettlementShape.Spot ? 0 : added.Value.Short,
            CashAsset = MarketBook.Currencies[contract.Currency].Asset,
            ClearingAccount = MarketBook.ClearingCash,
            IssuerAccount = shape == SettlementShape.Spot ? 0 : MarketBook.PositionIssuer,
            FeeAccount = MarketBook.Fees,
            LotUnits = shape == SettlementShape.Spot ? (long)lot : 1,
            TickValue = contract.TickMoney(today)!.Value,
            NextDayResale = shape == SettlementShape.Spot && TradingModes.ResaleDays(contract, today) == 1,
        }, BookId.From(s.Actor.PersonId)));
        if (!defined.Accepted && defined.Code != FloorCode.InstrumentExists) return Refused(defined.Code);
        var updated = await floor.Send(FloorCommands.UpdateInstrument(BookId.From(s.NewId()), instrument.Number, terms.Value));
        if (!updated.Accepted) return Refused(updated.Code);
        await s.InTransaction(async t =>
        {
            await s.Run("""
                insert into market.instrument (number, series, contract, shape, scheme, unit, vintage, currency, lot, tick, last_day, state, reference, opened_by, opened_at, project_id, basket)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $16) on conflict do nothing
                """, t, instrument.Number, instrument.Series, instrument.Contract, (short)shape, instrument.Scheme, instrument.Unit, instrument.Vintage, instrument.Currency, lot, tick, instrument.LastDay, wanted.Reference, person, s.Now, instrument.ProjectId, instrument.Basket);
            await s.Audit(new AuditEntry("market-instrument.opened", "market-instrument", instrument.Series, Details: new { wanted.Reference }), t);
        }, ct);
        instruments.Forget();
        return (await InstrumentStore.Find(s, series.Code, ct))!;
    }

    /// <summary>An option is opened at a price of the ladder around its future's, and on a future that is priced here: who holds it must be able to get that future.</summary>
    static async Task<Refusal?> Strike(DbSession s, Contract contract, Series series, decimal? underlying, LocalDate today, CancellationToken ct)
    {
        if (underlying is not { } price || OptionStrikes.Underlying(contract, series, today) is not { } future || await InstrumentStore.Find(s, future.Code, ct) is not { State: not InstrumentState.Ended }) return Refusal.Conflict("listing.underlying-unpriced", "series", ("series", series.Code));
        var ladder = OptionStrikes.Around(contract, price, today);
        if (!ladder.Ok) return ladder.Refusals[0];
        return series.Strike is { } strike && ladder.Value.Contains(strike) ? null : Refusal.Of("contract.strike-not-listed", "series", ("series", series.Code), ("low", DecimalText.Write(ladder.Value[0])), ("high", DecimalText.Write(ladder.Value[^1])));
    }

    /// <summary>Terms of a new day from a new reference price; <c>trading.not-listed</c> and what <see cref="Open"/> refuses of price and margin.</summary>
    public async Task<Answer<Instrument>> SetReference(DbSession s, string series, decimal reference, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketOperator, Role.ClearingOfficer) is { } no) return no;
        if (Floor() is not { } floor) return Refusal.Conflict("trading.no-floor", null);
        if (await InstrumentStore.Find(s, series, ct) is not { State: not InstrumentState.Ended } known) return Refusal.NotFound("trading.not-listed", "series", ("series", series));
        if (known.Ticks(reference, "reference") is { Ok: false } off) return Answer<Instrument>.From(off.Refusals);
        if (reference <= 0) return Refusal.Of("contract.price-off-tick", "reference", ("given", DecimalText.Write(reference)), ("tick", DecimalText.Write(known.Tick)));
        // What was opened in a currency stays in it, whatever the file says of today.
        var contract = contracts.Find(known.Contract)!.Opened(known.Currency, known.Tick);
        var terms = DayTerms.Of(contracts, modes, contract, known, reference, await UnderlyingPrice(s, contract, Series.Read(series).Value, s.Today(), ct), s.Today(), listingDay: false);
        if (!terms.Ok) return Answer<Instrument>.From(terms.Refusals);
        var updated = await floor.Send(FloorCommands.UpdateInstrument(BookId.From(s.NewId()), known.Number, terms.Value));
        if (!updated.Accepted) return Refused(updated.Code);
        await s.InTransaction(async t =>
        {
            await s.Run("update market.instrument set reference = $2, row_version = row_version + 1 where number = $1", t, known.Number, reference);
            await s.Audit(new AuditEntry("market-instrument.reference", "market-instrument", series, Details: new { before = known.Reference, reference }), t);
        }, ct);
        instruments.Forget();
        return (await InstrumentStore.Find(s, series, ct))!;
    }

    /// <summary>Stops trading in a series, or lets it go on, saying why.</summary>
    public async Task<Answer<Instrument>> Suspend(DbSession s, string series, bool suspended, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        if (Floor() is not { } floor) return Refusal.Conflict("trading.no-floor", null);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var done = await s.InTransaction<Done>(async t =>
        {
            if (await InstrumentStore.Find(s, series, t, locked: true) is not { } known) return Refusal.NotFound("trading.not-listed", "series", ("series", series));
            if (known.State != (suspended ? InstrumentState.Traded : InstrumentState.Suspended)) return Refusal.Conflict("trading.instrument-state", "state", ("state", known.State.ToString()));
            await s.Run("update market.instrument set state = $2, reason = $3, row_version = row_version + 1 where number = $1", t, known.Number, (short)(suspended ? InstrumentState.Suspended : InstrumentState.Traded), words);
            await s.Audit(new AuditEntry(suspended ? "market-instrument.suspended" : "market-instrument.resumed", "market-instrument", series, words), t);
            await SupervisionLog.Write(s, suspended ? "halted" : "resumed", words, t, series);
            return default(Done);
        }, ct);
        if (!done.Ok) return Answer<Instrument>.From(done.Refusals);
        var stands = (await InstrumentStore.Find(s, series, ct))!;
        if (suspended) await floor.Send(FloorCommands.SetPhase(BookId.From(s.NewId()), stands.Number, BookPhase.Halt, BookId.From(s.Actor.PersonId)));
        instruments.Forget();
        return stands;
    }

    /// <summary>
    /// After a clearing day: reference, limits and margin of every series are counted from its settlement price, of a spot series from its closing price since the clearing day before: the mean of the day's trades in the book, or the last, as the contract's file says. Done again for the same day it changes nothing. A series whose terms cannot be worked out keeps those it had; the officers are told. Answers how many series have new terms.
    /// </summary>
    internal async Task<int> Settled(DbSession s, LocalDate day, LocalDate? before, CancellationToken ct)
    {
        if (Floor() is not { } floor) return 0;
        var prices = (await s.All("select series, price from market.settlement_price where day = $1", r => (Series: r.GetString(0), Price: r.GetDecimal(1)), ct, day)).ToDictionary(p => p.Series, p => p.Price);
        foreach (var spot in await s.All("""
            select distinct on (d.series) d.series, d.day, d.close, d.turnover / (d.lots * i.lot) from market.day_prices d join market.instrument i on i.series = d.series and i.shape = 1
            where d.day <= $1 and ($2::date is null or d.day > $2) and d.close is not null and d.lots > 0 order by d.series, d.day desc
            """, r => (Series: r.GetString(0), Day: r.Day(1), Last: r.GetDecimal(2), Mean: r.GetDecimal(3)), ct, day, before))
            // Some markets close at the mean of the day's trades, others at the last: the first that the contract's file names.
            prices[spot.Series] = contracts.OfSeries(spot.Series)?.Rows("settlement-price", spot.Day).OrderBy(r => r.Integer("order")).Select(r => r.Text("rule")).FirstOrDefault(r => r is "vwap-day" or "last-trade") == "vwap-day" ? spot.Mean : spot.Last;
        var (next, count) = (LocalDate.Max(s.Today(), day.PlusDays(1)), 0);
        foreach (var known in await InstrumentStore.All(s, ct))
        {
            if (known.State == InstrumentState.Ended || known.LastDay <= day || !prices.TryGetValue(known.Series, out var price)) continue;
            // One that gets no new terms keeps those it had, and the officers are told: the report does not wait for it.
            if (await troubles.Alone("terms", known.Series, () => Renew(s, floor, known, price, day, next, ct), ct)) count++;
        }
        instruments.Forget();
        return count;
    }

    /// <summary>Terms of one series from its price; answers the code of what keeps them from being set.</summary>
    async Task<string?> Renew(DbSession s, IFloor floor, Instrument known, decimal price, LocalDate day, LocalDate next, CancellationToken ct)
    {
        // A final price of an index has decimals of its own, and an option may be worth nothing: a reference is a whole number of ticks, at least one.
        var reference = Math.Max(Math.Round(price / known.Tick, MidpointRounding.AwayFromZero), 1) * known.Tick;
        var contract = contracts.Find(known.Contract)!.Opened(known.Currency, known.Tick);
        var terms = DayTerms.Of(contracts, modes, contract, known, reference, await UnderlyingPrice(s, contract, Series.Read(known.Series).Value, next, ct), next, listingDay: false);
        if (!terms.Ok) return terms.Refusals[0].Code;
        var updated = await floor.Send(FloorCommands.UpdateInstrument(BookDefinitions.IdOf($"market/terms/{day:uuuu-MM-dd}/{known.Number}"), known.Number, terms.Value));
        if (!updated.Accepted) return updated.Code.ToString();
        await s.Run("update market.instrument set reference = $2, row_version = row_version + 1 where number = $1 and reference is distinct from $2", ct, known.Number, reference);
        return null;
    }

    /// <summary>Price of the future an option is on: its settlement price, else the reference it was opened with. Null of what is no option, and where the future has none.</summary>
    internal async Task<decimal?> UnderlyingPrice(DbSession s, Contract contract, Series series, LocalDate day, CancellationToken ct)
    {
        if (OptionStrikes.Underlying(contract, series, day) is not { } under) return null;
        var found = await s.All("select price from market.settlement_price where series = $1 order by day desc limit 1", r => r.GetDecimal(0), ct, under.Code);
        return found.Count > 0 ? found[0] : (await InstrumentStore.Find(s, under.Code, ct))?.Reference;
    }

    IFloor? Floor() => (IFloor?)services.GetService(typeof(IFloor));

    static Refusal Refused(FloorCode code) => Refusal.Conflict("trading.floor-refused", null, ("code", code.ToString()));

    /// <param name="Pool">Of credits.</param>
    sealed record SpotUnits(string Scheme, string Unit, int Asset, CreditPool? Pool = null);

    /// <summary>The units a spot contract is of, and their asset in the Book: a scheme's, by vintage where it has them; credits of one project and vintage; or receipts of a basket of credits.</summary>
    async Task<Answer<SpotUnits>> Units(Contract contract, Series series, LocalDate day, CancellationToken ct)
    {
        var unknown = Refusal.Conflict("contract.deliverable-unknown", "contract", ("contract", contract.Code));
        if (Basket.Of(contract, day) is not [var only]) return unknown;
        await using var s = ((IDbSessions)services.GetService(typeof(IDbSessions))!).Open(Actor.System);
        if (only is { Kind: "basket", Use: { } use })
        {
            var basket = await credits.Basket(s, use, ct);
            return basket.Ok ? new SpotUnits(Baskets, only.Name, basket.Value.Asset, basket.Value) : Answer<SpotUnits>.From(basket.Refusals);
        }
        if (only is { Kind: "units", Scheme: null, Unit: { } credit } && series is { Project: { } project, Vintage: { } year })
        {
            var pool = await credits.Pool(s, credit, project, year, ct);
            return pool.Ok ? new SpotUnits(credits.ProgrammeOf(credit), credit, pool.Value.Asset, pool.Value) : Answer<SpotUnits>.From(pool.Refusals);
        }
        if (only is not { Kind: "units", Scheme: { } code, Unit: { } word } || schemes.Find(code) is not { } scheme || scheme.Unit(word) is not { } unit) return unknown;
        var vintage = unit.Vintage == "none" ? "" : series.Vintage?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return vintage is null ? unknown : new SpotUnits(code, word, await numbers.Make(code, word, vintage, ct));
    }

    /// <summary>In the place of a scheme: a basket's credits lie in registries of several.</summary>
    internal const string Baskets = "baskets";
}
