using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Margins;

/// <summary>Where an account stands in the middle of a day.</summary>
/// <param name="Loss">What its positions have lost since the last settlement at the prices now; 0 where they gained. Without the series in <paramref name="Unpriced"/>.</param>
/// <param name="Margin">Money in its margin.</param>
/// <param name="Called">Whether it was called now.</param>
/// <param name="Unpriced">Series the account holds that have no price now: what they lost is not known.</param>
public sealed record IntradayStanding(string Account, string Currency, decimal Loss, decimal Margin, bool Called, IReadOnlyList<string> Unpriced);

/// <summary>Calls within the day: who has lost more than a share of the margin since the last settlement is called for the loss at once.</summary>
public sealed class IntradayCalls(ContractSet contracts, SeriesRegister register, PositionBook positions, FloorTrades floor)
{
    /// <summary>
    /// Looks at every account at the prices now (<see cref="PricesNow"/>) since the last day that was cleared, and calls. Once more calls nobody twice: a call that stands is raised only where the loss has grown well beyond it. The clearing clock looks by itself every few minutes.
    /// While a day waits for somebody losses go on: what its variation margin has paid already is no loss any more. While steps are taken nobody looks, and refuses <c>clearing.running</c>.
    /// What options gain brings no money this evening and lifts no loss of futures; what they lose counts as far as the account owes for the options it sold: who bought one has paid all it can lose. A series without a price is named with the account.
    /// </summary>
    public async Task<Answer<IReadOnlyList<IntradayStanding>>> Run(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.System) && Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        return await ClearingLock.Holding(s, "day", () => Look(s, ct), ct);
    }

    async Task<Answer<IReadOnlyList<IntradayStanding>>> Look(DbSession s, CancellationToken ct)
    {
        if (await floor.CatchUp(s, ct) is { Ok: false } gone) return Answer<IReadOnlyList<IntradayStanding>>.From(gone.Refusals);
        var (day, rules) = (s.Today(), MarginRules.Of(contracts.Packs));
        var live = (await register.Live(s, ct)).ToDictionary(x => x.Code);
        // Not by the date: a night session counts for a day to come, and a day may be settled late.
        var before = await s.One("select day from market.clearing_day where step = 13 order by day desc limit 1", r => new Settled(r.Day(0)), ct);
        // A day under way whose variation margin is paid has settled as well; what is carried out of it is not written yet.
        var under = await ClearingPipeline.Newest(s, ct) is { Done: false } begun ? begun : null;
        var settled = under is { Step: > ClearingStep.Variation } ? under.Day : before?.Day;
        var now = await PricesNow.Of(s, contracts, day, settled, ct);
        var prices = new Dictionary<string, decimal?>(StringComparer.Ordinal);
        var held = new Dictionary<(long Account, string Currency), Held>();
        async Task Add(long account, string series, long lots, long from)
        {
            if (!live.TryGetValue(series, out var known)) return;
            var contract = contracts.Find(known.Series.Contract)!;
            if (!held.TryGetValue((account, contract.Currency), out var sum)) held[(account, contract.Currency)] = sum = new();
            if (!prices.TryGetValue(series, out var price)) prices[series] = price = await now.Find(s, known.Series, ct);
            if (price is not { } worth) sum.Unpriced[series] = sum.Unpriced.GetValueOrDefault(series) + lots;
            else sum.Add(known.Series.Strike is not null, from, Terms.LotValue(contract, worth, day)!.Value, lots);
        }
        if (settled == before?.Day)
        {
            foreach (var (account, series, lots, value) in await s.All("select account, series, lots, lot_value from market.clearing_position where day = $1", r => (r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)), ct, settled)) await Add(account, series, lots, value);
        }
        else
        {
            var worth = (await PriceHandlers.Of(s, settled!.Value, ct)).ToDictionary(p => p.Series, p => p.Price);
            foreach (var ((account, series), lots) in (await ClearingTrades.Net(s, settled.Value, before?.Day, ct)).OrderBy(n => n.Key))
                if (live.TryGetValue(series, out var known) && worth.TryGetValue(series, out var price)) await Add(account, series, lots, Terms.LotValue(contracts.Find(known.Series.Contract)!, price, settled.Value)!.Value);
        }
        foreach (var trade in await ClearingTrades.Of(s, LocalDate.MaxIsoValue, settled, ct))
            if (live.TryGetValue(trade.Series, out var known))
            {
                var from = Terms.LotValue(contracts.Find(known.Series.Contract)!, trade.Price, day)!.Value;
                await Add(trade.Buyer, trade.Series, trade.Lots, from);
                await Add(trade.Seller, trade.Series, -trade.Lots, from);
            }
        // A day that waits for the money of some has taken that of the others.
        if (under is { Step: ClearingStep.Variation })
            foreach (var (account, currency, paid) in await s.All("select account, currency, sum(case kind when 'collect' then amount else -amount end)::bigint from market.clearing_flow where day = $1 and step = $2 and state = $3 group by account, currency", r => (r.GetInt64(0), r.GetString(1), r.GetInt64(2)), ct, under.Day, (short)ClearingStep.Variation, (short)FlowState.Posted))
                if (held.TryGetValue((account, currency), out var sum)) sum.Settle(paid);
        var standings = new List<IntradayStanding>();
        var accounts = (await PositionBook.Accounts(s, ct)).ToDictionary(a => a.Number);
        foreach (var ((number, currency), sum) in held.OrderBy(h => h.Key))
        {
            IReadOnlyList<string> unpriced = [.. sum.Unpriced.Where(u => u.Value != 0).Select(u => u.Key)];
            var loss = Math.Max(0, sum.Loss);
            if (loss == 0 && unpriced.Count == 0) continue;
            var margin = positions.Money(accounts[number], currency).Margin;
            var over = loss > margin * rules.Time("intraday-share");
            var open = await s.All("select amount, due_at from market.margin_call where account = $1 and currency = $2 and state = 0 and intraday", r => (Amount: r.GetInt64(0), Due: r.Time(1)), ct, number, currency);
            // A call that stands is raised with the loss, and is due when it was: moving prices do not put it off.
            var grown = open.Count == 0 || loss > open[0].Amount * (1 + rules.Time("intraday-step"));
            var due = s.Now + rules.Hours("intraday-due-hours");
            var id = ClearingFlows.IdOf(day, ClearingStep.Calls, "intraday", number, $"{currency}/{loss}");
            var called = over && grown && await CallsStep.Call(s, id, day, accounts[number], currency, loss, true, open.Count > 0 ? Instant.Min(open[0].Due, due) : due, ct);
            standings.Add(new(accounts[number].Code, currency, Cents.Of(loss, currency), Cents.Of(margin, currency), called, unpriced));
        }
        return standings;
    }

    sealed record Settled(LocalDate Day);

    /// <summary>What one account's positions of a currency have lost, smallest unit.</summary>
    sealed class Held
    {
        long futures, options, worth;

        /// <summary>Lots by series that have no price.</summary>
        public SortedDictionary<string, long> Unpriced { get; } = new(StringComparer.Ordinal);

        /// <summary>Below 0 where futures gained more than was lost.</summary>
        public long Loss => checked(futures + Math.Clamp(options, 0, Math.Max(0, -worth)));

        /// <summary>What was paid of it already, above 0, or got.</summary>
        public void Settle(long paid) => futures = checked(futures - paid);

        public void Add(bool option, long from, long to, long lots)
        {
            var lost = -LotValue.Variation(from, to, lots);
            if (!option) futures = checked(futures + lost);
            else (options, worth) = (checked(options + lost), checked(worth + to * lots));
        }
    }
}
