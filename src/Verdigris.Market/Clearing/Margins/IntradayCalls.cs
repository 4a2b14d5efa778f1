using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Margins;

/// <summary>Where an account stands in the middle of a day.</summary>
/// <param name="Loss">What its positions have lost since the last settlement at the last prices; 0 where they gained.</param>
/// <param name="Margin">Money in its margin.</param>
/// <param name="Called">Whether it was called now.</param>
public sealed record IntradayStanding(string Account, string Currency, decimal Loss, decimal Margin, bool Called);

/// <summary>Calls within the day: who has lost more than a share of the margin since the last settlement is called for the loss at once.</summary>
public sealed class IntradayCalls(ContractSet contracts, SeriesRegister register, PositionBook positions, FloorTrades floor)
{
    /// <summary>Looks at every account at the last trade of each series since the last day that was cleared, and calls. Once more calls nobody twice: a call that stands is raised only where the loss has grown well beyond it. The clearing clock looks by itself every few minutes.</summary>
    public async Task<Answer<IReadOnlyList<IntradayStanding>>> Run(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.System) && Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        if (await floor.CatchUp(s, ct) is { Ok: false } gone) return Answer<IReadOnlyList<IntradayStanding>>.From(gone.Refusals);
        var (day, rules) = (s.Today(), MarginRules.Of(contracts.Packs));
        var live = (await register.Live(s, ct)).Where(x => x.Series.Strike is null).ToDictionary(x => x.Code);
        // Not by the date: a night session counts for a day to come, and a day may be settled late.
        var before = await s.One("select day from market.clearing_day where step = 13 order by day desc limit 1", r => new Settled(r.Day(0)), ct);
        var last = (await s.All("select distinct on (series) series, price from market.clearing_trade where ($1::date is null or day > $1) and kind < 2 order by series, made_at desc, id desc", r => (r.GetString(0), r.GetDecimal(1)), ct, before?.Day)).ToDictionary(p => p.Item1, p => p.Item2);
        var losses = new Dictionary<(long Account, string Currency), long>();
        void Add(long account, string series, long lots, long from)
        {
            if (!live.TryGetValue(series, out var known) || !last.TryGetValue(series, out var price)) return;
            var contract = contracts.Find(known.Series.Contract)!;
            losses[(account, contract.Currency)] = losses.GetValueOrDefault((account, contract.Currency)) - LotValue.Variation(from, Terms.LotValue(contract, price, day)!.Value, lots);
        }
        foreach (var (account, series, lots, value) in await s.All("select account, series, lots, lot_value from market.clearing_position where day = $1", r => (r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)), ct, before?.Day)) Add(account, series, lots, value);
        foreach (var trade in await ClearingTrades.Of(s, LocalDate.MaxIsoValue, before?.Day, ct))
            if (live.TryGetValue(trade.Series, out var known))
            {
                var from = Terms.LotValue(contracts.Find(known.Series.Contract)!, trade.Price, day)!.Value;
                Add(trade.Buyer, trade.Series, trade.Lots, from);
                Add(trade.Seller, trade.Series, -trade.Lots, from);
            }
        var standings = new List<IntradayStanding>();
        var accounts = (await PositionBook.Accounts(s, ct)).ToDictionary(a => a.Number);
        foreach (var ((number, currency), loss) in losses.Where(l => l.Value > 0).OrderBy(l => l.Key))
        {
            var margin = positions.Money(accounts[number], currency).Margin;
            var over = loss > margin * rules.Time("intraday-share");
            var open = await s.All("select amount, due_at from market.margin_call where account = $1 and currency = $2 and state = 0 and intraday", r => (Amount: r.GetInt64(0), Due: r.Time(1)), ct, number, currency);
            // A call that stands is raised with the loss, and is due when it was: moving prices do not put it off.
            var grown = open.Count == 0 || loss > open[0].Amount * (1 + rules.Time("intraday-step"));
            var due = s.Now + rules.Hours("intraday-due-hours");
            var id = ClearingFlows.IdOf(day, ClearingStep.Calls, "intraday", number, $"{currency}/{loss}");
            var called = over && grown && await CallsStep.Call(s, id, day, accounts[number], currency, loss, true, open.Count > 0 ? Instant.Min(open[0].Due, due) : due, ct);
            standings.Add(new(accounts[number].Code, currency, Cents.Of(loss, currency), Cents.Of(margin, currency), called));
        }
        return standings;
    }

    sealed record Settled(LocalDate Day);
}
