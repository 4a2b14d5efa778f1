using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>Step 8: what every account has to deposit for what it carries over the night and for what it still has to deliver or take.</summary>
sealed class InitialMarginStep(ContractSet contracts, SeriesRegister register, CollateralDesk collateral) : IClearingStep
{
    public ClearingStep Step => ClearingStep.InitialMargin;

    /// <summary>Refuses <c>clearing.scan-unknown</c> and <c>clearing.price-missing</c>.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        if (!await s.Value<bool>("select exists (select from market.margin_requirement where day = $1)", ct, day))
        {
            var held = await Held(s, register, day, work.Before, ct);
            var prices = await LatestPrices(s, day, ct);
            await LaterPrices(s, day, prices, ct);
            var margins = MarginRun.Of(contracts, held, prices, day);
            if (!margins.Ok) return Answer<JsonObject>.From(margins.Refusals);
            var accounts = await PositionBook.Accounts(s, ct);
            await s.InTransaction(async t =>
            {
                foreach (var account in accounts)
                {
                    var own = margins.Value.Where(m => m.Account == account.Number).ToDictionary(m => m.Currency);
                    foreach (var (currency, requirement, counted, stays) in await collateral.Allocate(s, account, own.ToDictionary(m => m.Key, m => m.Value.Requirement), day, t))
                    {
                        var trace = new JsonObject { ["goods"] = own.GetValueOrDefault(currency)?.Trace() ?? [], ["collateral"] = new JsonArray([.. counted.Lines.Select(l => (JsonNode)new JsonObject { ["kind"] = l.Kind, ["value"] = Cents.Of(l.Value, currency), ["afterHaircut"] = Cents.Of(l.AfterHaircut, currency), ["counted"] = Cents.Of(l.Counted, currency) })]) };
                        if (counted.Missing.Count > 0) trace["unpriced"] = new JsonArray([.. counted.Missing.Select(m => (JsonNode)new JsonObject { ["kind"] = m.Kind, ["price"] = m.Price, ["since"] = m.Since is { } since ? LocalDatePattern.Iso.Format(since) : null })]);
                        if (stays > 0) trace["standsIn"] = Cents.Of(stays, currency);
                        await s.Run("insert into market.margin_requirement (day, account, organisation_id, currency, requirement, collateral, lent, trace) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing", t, day, account.Number, account.OrganisationId, currency, requirement, counted.Counted, stays, new Json(trace.ToJsonString()));
                    }
                }
            }, ct);
        }
        var sums = await s.All("select currency, sum(requirement)::bigint from market.margin_requirement where day = $1 group by currency order by currency", r => (r.GetString(0), r.GetInt64(1)), ct, day);
        var figures = new JsonObject(sums.Select(x => KeyValuePair.Create(x.Item1, (JsonNode?)Cents.Of(x.Item2, x.Item1))));
        // What counted nothing for want of a price stands in the report, with the day of the last one known.
        var unpriced = await s.All("select distinct x->>'price', x->>'since' from market.margin_requirement r, jsonb_array_elements(r.trace->'unpriced') x where r.day = $1 order by 1", r => (r.GetString(0), r.Text(1)), ct, day);
        if (unpriced.Count > 0) figures["unpriced"] = new JsonObject(unpriced.Select(x => KeyValuePair.Create(x.Item1, (JsonNode?)x.Item2)));
        return figures;
    }

    /// <summary>Positions after the day, without what ended, with what a session that counts for a later day has traded already (its margin lies there as well), and deliveries that are not settled.</summary>
    internal static async Task<IReadOnlyList<HeldLots>> Held(DbSession s, SeriesRegister register, LocalDate day, LocalDate? before, CancellationToken ct)
    {
        var live = (await register.Live(s, ct)).ToDictionary(x => x.Code, x => x.Series);
        var net = await ClearingTrades.Net(s, day, before, ct);
        foreach (var (key, lots) in await ClearingTrades.Later(s, day, ct)) net[key] = net.GetValueOrDefault(key) + lots;
        var held = net.Where(n => n.Value != 0 && live.ContainsKey(n.Key.Series)).OrderBy(n => n.Key).Select(n => new HeldLots(n.Key.Account, live[n.Key.Series], n.Value, false)).ToList();
        foreach (var (series, seller, buyer, lots) in await s.All("select series, seller, buyer, lots from market.delivery where state in (0, 1, 2, 4) order by id", r => (r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3)), ct))
        {
            held.Add(new(seller, Series.Read(series).Value, -lots, true));
            held.Add(new(buyer, Series.Read(series).Value, lots, true));
        }
        return held;
    }

    /// <summary>A series first traded in a session of a later day has no settlement price yet: until then it is worth what was last paid, and the future of an option what it was opened with.</summary>
    static async Task LaterPrices(DbSession s, LocalDate day, Dictionary<string, decimal> prices, CancellationToken ct)
    {
        foreach (var (series, price) in await s.All($"select distinct on (series) series, price from market.clearing_trade x where day > $1 and kind < 2 and {ClearingTrades.Stands} order by series, made_at desc, id desc", r => (r.GetString(0), r.GetDecimal(1)), ct, day)) prices.TryAdd(series, price);
        foreach (var (series, price) in await s.All("select series, reference from market.instrument where shape <> 1 and reference is not null", r => (r.GetString(0), r.GetDecimal(1)), ct)) prices.TryAdd(series, price);
    }

    /// <summary>The newest settlement price of every series up to a day.</summary>
    internal static async Task<Dictionary<string, decimal>> LatestPrices(DbSession s, LocalDate day, CancellationToken ct) =>
        (await s.All("select distinct on (series) series, price from market.settlement_price where day <= $1 order by series, day desc", r => (r.GetString(0), r.GetDecimal(1)), ct, day)).ToDictionary(p => p.Item1, p => p.Item2);
}

/// <summary>Step 9: margin that is missing is taken from cash, and called for where there is none; what is not needed goes back to cash. Margin is money in the Book and cannot be below nothing.</summary>
sealed class CallsStep(ContractSet contracts, PositionBook positions, ClearingFlows flows) : IClearingStep
{
    const string In = "margin-in", Out = "margin-out";

    public ClearingStep Step => ClearingStep.Calls;

    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var accounts = (await PositionBook.Accounts(s, ct)).ToDictionary(a => a.Number);
        var rows = await Requirements(s, day, ct);
        await s.InTransaction(async t =>
        {
            if (await s.Value<bool>("select exists (select from market.clearing_flow where day = $1 and step = $2)", t, day, (short)Step)) return;
            var plans = new List<ClearingFlow>();
            foreach (var (number, currency, needed) in rows)
            {
                var (account, money) = (accounts[number], positions.Money(accounts[number], currency));
                var trace = new JsonObject { ["needed"] = Cents.Of(needed, currency), ["margin"] = Cents.Of(money.Margin, currency) };
                if (money.Margin < needed && money.Cash > 0) plans.Add(ClearingFlows.New(work, Step, In, account, null, currency, Math.Min(needed - money.Margin, money.Cash), trace));
                else if (money.Margin > needed) plans.Add(ClearingFlows.New(work, Step, Out, account, null, currency, money.Margin - needed, trace));
            }
            await ClearingFlows.Plan(s, plans, t);
        }, ct);
        // What the Book does not take here is called for below.
        await flows.Post(s, day, Step, In, f => positions.Money(accounts[f.Account], f.Currency!).Cash >= f.Amount ? [StepPostings.Cash(MarketBook.MarginIn, f.Currency!, f.Account, accounts[f.Account].Margin, f.Amount)] : [], ct);
        await flows.Post(s, day, Step, Out, f => [StepPostings.Cash(MarketBook.MarginOut, f.Currency!, accounts[f.Account].Margin, f.Account, f.Amount)], ct);
        foreach (var (number, currency, needed) in rows)
        {
            var missing = needed - positions.Money(accounts[number], currency).Margin;
            var id = ClearingFlows.IdOf(day, Step, "call", number, currency);
            if (missing > 0) await Call(s, id, day, accounts[number], currency, missing, false, s.Now + MarginRules.Of(contracts.Packs).Hours("call-due-hours"), ct);
            if (missing <= 0) await s.Run("update market.margin_call set state = 1, met_at = $3 where account = $1 and currency = $2 and state = 0", ct, number, currency, s.Now);
        }
        // Where nothing is asked any more and nothing lies in margin there is no row: the call is met all the same.
        await s.Run("update market.margin_call c set state = 1, met_at = $2 where state = 0 and day <= $1 and not exists (select from market.margin_requirement r where r.day = $1 and r.account = c.account and r.currency = c.currency)", ct, day, s.Now);
        return new JsonObject { ["calls"] = await s.Value<long>("select count(*) from market.margin_call where day = $1 and not intraday", ct, day), ["open"] = await s.Value<long>("select count(*) from market.margin_call where state = 0", ct) };
    }

    /// <summary>What has to lie in margin as money: the requirement less what stands in for it, and what stands in for another currency's.</summary>
    static Task<List<(long Account, string Currency, long Needed)>> Requirements(DbSession s, LocalDate day, CancellationToken ct) =>
        s.All("select account, currency, requirement - collateral + lent from market.margin_requirement where day = $1 order by account, currency", r => (r.GetInt64(0), r.GetString(1), r.GetInt64(2)), ct, day);

    /// <summary>A call takes the place of an open one of the same account and currency; made once.</summary>
    internal static async Task<bool> Call(DbSession s, Guid id, LocalDate day, ClearingAccount account, string currency, long amount, bool intraday, Instant due, CancellationToken ct) => await s.InTransaction(async t =>
    {
        if (await s.Value<bool>("select exists (select from market.margin_call where id = $1)", t, id)) return false;
        await s.Run("update market.margin_call set state = 2 where account = $1 and currency = $2 and state = 0", t, account.Number, currency);
        await s.Run("insert into market.margin_call (id, day, account, organisation_id, currency, amount, intraday, state, made_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)", t, id, day, account.Number, account.OrganisationId, currency, amount, intraday, s.Now, due);
        await s.Audit(new AuditEntry("market-clearing.called", "market-account", account.Code, Details: new { currency, amount = Cents.Of(amount, currency), intraday }), t);
        await s.Notify(new Notice(MarketNotices.Margin, new NoticeTo(Organisation: account.OrganisationId, Roles: [Role.MarketTrader, Role.MarketSupervisor]), "market.notice.margin.called",
            new Dictionary<string, string> { ["account"] = account.Code, ["currency"] = currency, ["amount"] = DecimalText.Write(Cents.Of(amount, currency)) }, "/market/clearing", "market-account", account.Code), t);
        return true;
    }, ct);
}
