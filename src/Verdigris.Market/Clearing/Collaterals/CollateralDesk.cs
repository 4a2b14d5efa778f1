using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Collaterals;

public enum CollateralState { Pending, Held, Releasing, Released, Refused, Used }

/// <summary>Units pledged as margin: a lien in the Book that only the clearing house lets go.</summary>
public sealed record Collateral(Guid Id, long Account, string What, string Scheme, int Asset, long Units, CollateralState State, string? Code, Instant PledgedAt);

/// <summary>What may stand in for money of a currency, for one account on one day.</summary>
/// <param name="Counted">Smallest unit of the currency the margin is asked in.</param>
/// <param name="Missing">Prices without which something counts nothing.</param>
public sealed record CollateralCount(long Counted, IReadOnlyList<CollateralLine> Lines, IReadOnlyList<MissingPrice> Missing);

/// <summary>One currency of an account with what stands in for its money.</summary>
/// <param name="Lent">Of its own money what stands in for another currency's, smallest unit: it stays in the margin.</param>
sealed record StandIn(string Currency, long Requirement, CollateralCount Counted, long Lent);

/// <summary>Deposits beside what the clearing day moves by itself: money put into margin ahead of a call, and units pledged.</summary>
public sealed class CollateralDesk(ContractSet contracts, SchemeNumbers numbers, PositionBook positions, BookCommands book, IVenue venue)
{
    const string Columns = "id, account, what, scheme, asset, units, state, code, pledged_at";

    readonly CollateralPrices prices = new(contracts);

    /// <summary>Pledges units that lie at the market. Refuses <c>trading.not-found</c>, <c>collateral.not-taken</c> (no unit the clearing house takes) and <c>collateral.units</c> (not so many free).</summary>
    public async Task<Answer<Collateral>> Pledge(DbSession s, string account, int asset, long units, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open } own || own.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        if (numbers.UnitOf(asset) is not { } unit || !MarginRules.Of(contracts.Packs).Collateral.Any(r => r.Kind == "units" && r.What == unit.Unit)) return Refusal.Of("collateral.not-taken", "asset");
        var places = await s.All("select units_account from market.units_link where account = $1 and scheme = $2", r => r.GetInt64(0), ct, number, unit.Scheme);
        var place = places is [var one] ? one : number + 1;
        var free = venue.Read(b => b.Balance(place, asset)).Available;
        if (units < 1 || units > free) return Refusal.Of("collateral.units", "units", ("free", $"{free}"));
        var id = s.NewId();
        await s.InTransaction(async t =>
        {
            await s.Run("insert into market.collateral (id, account, organisation_id, what, scheme, units_account, asset, units, state, pledged_by, pledged_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)", t, id, number, own.OrganisationId, unit.Unit, unit.Scheme, place, asset, units, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-collateral.pledged", "market-account", own.Code, Details: new { unit.Unit, units }), t);
            await book.Send(s, CollateralMoved.Name, id, new CollateralSubject(id, (int)CollateralState.Held, (int)CollateralState.Refused), [Commands.Hold(BookId.From(id), MarketBook.DeliverIn, asset, place, MarketBook.ClearingUnits, units, BookId.From(s.Actor.PersonId), lien: true, reference: BookId.From(id))], t);
        }, ct);
        return (await Find(s, id, ct))!;
    }

    /// <summary>Lets pledged units go where the margin of the account is covered without them. Refuses <c>collateral.not-found</c>, <c>collateral.state</c> and <c>collateral.needed</c>.</summary>
    public async Task<Answer<Collateral>> Release(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketSupervisor, Role.ClearingOfficer) is { } no) return no;
        return await s.InTransaction<Collateral>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { } known) return Refusal.NotFound("collateral.not-found");
            if (known.State != CollateralState.Held) return Refusal.Conflict("collateral.state", "state", ("state", known.State.ToString()));
            var account = await s.AsSystem(async u => (await PositionBook.Accounts(s, u)).First(a => a.Number == known.Account), t);
            if (await s.Value<bool>("select exists (select from market.margin_call where account = $1 and state = 0) or exists (select from market.default_case where account = $1 and state = 1)", t, known.Account)) return Refusal.Conflict("collateral.needed", "id");
            foreach (var one in await Allocate(s, account, (await Requirements(s, known.Account, t)).ToDictionary(r => r.Currency, r => r.Requirement), s.Today(), t, without: id))
                if (positions.Money(account, one.Currency).Margin + one.Counted.Counted < one.Requirement) return Refusal.Conflict("collateral.needed", "id");
            await s.Run("update market.collateral set state = 2 where id = $1", t, id);
            await s.Audit(new AuditEntry("market-collateral.released", "market-account", account.Code, Details: new { known.What, known.Units }), t);
            await book.Send(s, CollateralMoved.Name, id, new CollateralSubject(id, (int)CollateralState.Released, (int)CollateralState.Held), [Commands.VoidHold(0, BookId.From(id), BookId.From(s.Actor.PersonId), reference: BookId.From(id))], t);
            return known;
        }, ct) is { Ok: false } refused ? refused : (await Find(s, id, ct))!;
    }

    /// <summary>Money of an account into its margin ahead of a call. Refuses <c>cash.currency</c>, <c>cash.amount</c> and <c>cash.over-available</c>.</summary>
    public async Task<Answer<CashBalance>> Deposit(DbSession s, string account, string currency, decimal amount, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { } own || own.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        var money = Cents.To(amount, currency);
        if (!money.Ok) return Answer<CashBalance>.From(money.Refusals);
        var clearing = new ClearingAccount(number, own.OrganisationId);
        var (cash, _) = positions.Money(clearing, currency);
        if (cash < money.Value) return Refusal.Conflict("cash.over-available", "amount", ("available", DecimalText.Write(Cents.Of(cash, currency))), ("currency", currency));
        var id = s.NewId();
        await s.InTransaction(async t =>
        {
            await s.Audit(new AuditEntry("market-collateral.deposited", "market-account", own.Code, Details: new { currency, amount }), t);
            await book.Send(s, CollateralMoved.Name, id, new CollateralSubject(id, 0, 0, number, currency, money.Value), [StepPostings.Cash(MarketBook.MarginIn, currency, clearing.Cash, clearing.Margin, money.Value) with { Reference = BookId.From(id), Actor = BookId.From(s.Actor.PersonId) }], t);
        }, ct);
        var (left, margin) = positions.Money(clearing, currency);
        return new CashBalance(currency, Cents.Of(left, currency), 0, Cents.Of(margin, currency));
    }

    /// <summary>Own pledges; all for the exchange.</summary>
    public Task<List<Collateral>> List(DbSession s, long? account, CancellationToken ct) => s.All($"select {Columns} from market.collateral where ($1::bigint is null or account = $1) order by pledged_at desc limit 500", Map, ct, account);

    /// <summary>
    /// What stands in for money in each currency something is asked in or lies in, in their order: spare money of another currency once, and as much of it as is counted is <see cref="StandIn.Lent"/> there. The evening's requirement and the release of a pledge count alike.
    /// </summary>
    /// <param name="required">Smallest unit, by currency.</param>
    /// <param name="on">The day prices are to be of; how old they may be the rules say.</param>
    /// <param name="without">A pledge that is not counted.</param>
    internal async Task<IReadOnlyList<StandIn>> Allocate(DbSession s, ClearingAccount account, IReadOnlyDictionary<string, long> required, LocalDate on, CancellationToken ct, Guid? without = null)
    {
        var margin = MarketBook.Currencies.Keys.ToDictionary(c => c, c => positions.Money(account, c).Margin);
        var excess = margin.ToDictionary(m => m.Key, m => Math.Max(0, m.Value - required.GetValueOrDefault(m.Key)));
        var (lent, counts) = (new Dictionary<string, long>(), new List<(string Currency, long Requirement, CollateralCount Counted)>());
        // A currency in which nothing is asked any more stands here with nothing, so that what lies there goes back.
        foreach (var currency in required.Keys.Concat(margin.Where(m => m.Value > 0).Select(m => m.Key)).Distinct().Order(StringComparer.Ordinal))
        {
            var requirement = required.GetValueOrDefault(currency);
            var counted = await Count(s, account, currency, requirement, margin[currency] >= requirement ? new Dictionary<string, long>() : excess, on, ct, without);
            var left = counted.Counted - counted.Lines.Where(l => !MarketBook.Currencies.ContainsKey(l.Kind)).Sum(l => l.Counted);
            foreach (var line in counted.Lines.Where(l => MarketBook.Currencies.ContainsKey(l.Kind) && l.Counted > 0))
            {
                if (Math.Min(left, line.Counted) is not (> 0 and var taken)) continue;
                // Two of the smallest unit more: rate and haircut are rounded down, and what stays is to be enough by itself the next day.
                var used = Math.Min(excess[line.Kind], decimal.ToInt64(decimal.Ceiling((decimal)excess[line.Kind] * (taken + 2) / line.AfterHaircut)));
                (lent[line.Kind], excess[line.Kind], left) = (lent.GetValueOrDefault(line.Kind) + used, excess[line.Kind] - used, left - taken);
            }
            counts.Add((currency, requirement, counted));
        }
        return [.. counts.Select(c => new StandIn(c.Currency, c.Requirement, c.Counted, lent.GetValueOrDefault(c.Currency)))];
    }

    /// <summary>What an account has beside money of the currency asked for: units it pledged and spare money of other currencies, each less its haircut, none beyond its limit.</summary>
    async Task<CollateralCount> Count(DbSession s, ClearingAccount account, string currency, long requirement, IReadOnlyDictionary<string, long> excess, LocalDate on, CancellationToken ct, Guid? without = null)
    {
        if (requirement == 0) return new(0, [], []);
        var (rules, items, missing) = (MarginRules.Of(contracts.Packs), new List<CollateralItem>(), new List<MissingPrice>());
        foreach (var (what, units) in await s.All("select what, sum(units)::bigint from market.collateral where account = $1 and state = 1 and ($2::uuid is null or id <> $2) group by what order by what", r => (r.GetString(0), r.GetInt64(1)), ct, account.Number, without))
            if (rules.Collateral.FirstOrDefault(r => r.Kind == "units" && r.What == what) is { PriceOf: { } code } rule && contracts.Find(code) is { } contract && contract.Currency == currency)
            {
                var price = await prices.Price(s, contract, on, ct);
                if (price.Value is { } known) items.Add(new(what, LotValue.Of(known, units, contract.CurrencyPlaces), rule.Haircut, rule.Most));
                else missing.Add(new(what, code, price.Day));
            }
        foreach (var (other, spare) in excess.Where(e => e.Key != currency && e.Value > 0).OrderBy(e => e.Key, StringComparer.Ordinal))
            if (rules.Collateral.FirstOrDefault(r => r.Kind == "cash" && r.What == other) is { } rule)
            {
                var rate = await prices.Rate(s, other, currency, on, ct);
                if (rate.Value is { } known) items.Add(new(other, decimal.ToInt64(decimal.Floor(Cents.Of(spare, other) * known * LotValue.Unit(MarketBook.Currencies[currency].Scale))), rule.Haircut, rule.Most));
                else missing.Add(new(other, CollateralPrices.RateOf(other, currency), rate.Day));
            }
        var lines = CollateralValue.Of(items, requirement);
        return new(Math.Min(requirement, lines.Sum(l => l.Counted)), lines, missing);
    }

    internal static Task<List<(string Currency, long Requirement)>> Requirements(DbSession s, long account, CancellationToken ct) =>
        s.All("select currency, requirement from market.margin_requirement where account = $1 and day = (select max(day) from market.margin_requirement where account = $1) order by currency", r => (r.GetString(0), r.GetInt64(1)), ct, account);

    static Task<Collateral?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from market.collateral where id = $1{suffix}", Map, ct, id);

    static Collateral Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.GetInt64(5), (CollateralState)r.GetInt16(6), r.Text(7), r.Time(8));
}

/// <param name="Account">Of a deposit of money, with its currency and amount in cents.</param>
sealed record CollateralSubject(Guid Id, int Done, int Refused, long? Account = null, string? Currency = null, long Amount = 0);

/// <summary>What becomes of a pledge once the Book answered; a deposit of money has no row of its own.</summary>
sealed class CollateralMoved : IBookCommandKind
{
    public const string Name = "market.collateral";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var subject = row.Payload<CollateralSubject>();
        var done = outcomes.All(o => o.Accepted);
        var state = done ? subject.Done : subject.Refused;
        if (subject.Account is { } account)
        {
            // What was called for and came is no longer owed; the rest of it still is.
            if (done) await session.AsSystem(t => session.Run("update market.margin_call set state = case when amount <= $3 then 1 else 0 end, met_at = case when amount <= $3 then $4::timestamptz end, amount = case when amount <= $3 then amount else amount - $3 end where account = $1 and currency = $2 and state = 0", t, account, subject.Currency, subject.Amount, session.Now), ct);
            return;
        }
        await session.Run("update market.collateral set state = $2, code = $3, ended_at = case when $2 in (3, 4) then $4 else ended_at end where id = $1 and state in (0, 2)", ct, subject.Id, (short)state, done ? null : outcomes.First(o => !o.Accepted).Code.ToString(), session.Now);
    }
}
