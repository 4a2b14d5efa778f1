using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>
/// Step 3: options exercised on the day and those that end worth something become positions in their future at the exercise price; sellers are assigned by lot. The difference to the settlement price is paid with the variation margin of step 4.
/// What an order has promised is taken back from it first: lots that are exercised or can be assigned are not for sale any more. Lots that were closed in a session that counts for a later day are gone; what there is none of is not assigned, also where they went after a plan that was cut off before it was posted.
/// </summary>
sealed class ExerciseStep(ContractSet contracts, SeriesRegister register, PositionBook positions, ClearingFlows flows, IServiceProvider services) : IClearingStep
{
    const string Kind = "assign";

    public ClearingStep Step => ClearingStep.Exercise;

    /// <summary>Refuses <c>clearing.flow-refused</c> where the Book does not take a posting.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var options = (await register.Live(s, ct)).Where(x => x.Series.Strike is not null).ToList();
        var prices = (await PriceHandlers.Of(s, day, ct)).ToDictionary(p => p.Series, p => p.Price);
        // What is settled in cash becomes no position: its worth is paid in step 4.
        foreach (var option in options)
            if (contracts.Find(option.Series.Contract)!.Settlement(day) != SettlementMethod.Cash && OptionStrikes.Underlying(contracts.Find(option.Series.Contract)!, option.Series, day) is { } under && prices.TryGetValue(under.Code, out var price))
            {
                var future = await register.Add(s, under.Code, day, ct);
                if (!future.Ok) return Answer<JsonObject>.From(future.Refusals);
                await s.InTransaction(t => Assign(work, option, future.Value, price, t), ct);
            }
        var numbers = (await register.ByNumber(s, ct)).Values.ToDictionary(x => x.Code);
        var open = await flows.Post(s, day, Step, Kind, f => Chain(f, numbers), ct);
        if (open.Count > 0)
        {
            // Between the plan and the posting somebody may have promised the lots once more.
            foreach (var option in open.GroupBy(f => f.Series!))
                await TakeBack(s, numbers[option.Key], [.. option.SelectMany(f => new[] { f.Account, Assigned(f) }).Distinct()], ct);
            open = await flows.Post(s, day, Step, Kind, f => Chain(f, numbers), ct);
        }
        await Traded(s, day, ct);
        // The day was cut off after the plan, and in a session that counts for a later day lots of it were closed: what is there is assigned anew.
        if (open.Count > 0)
        {
            var held = positions.Open(await PositionBook.Accounts(s, ct));
            foreach (var option in open.GroupBy(f => f.Series!).Where(o => LotsGone(o, numbers[o.Key].Number, held)))
                await s.InTransaction(t => Assign(work, numbers[option.Key], numbers[option.First().Trace["future"]!.GetValue<string>()], prices[option.First().Trace["future"]!.GetValue<string>()], t, anew: true), ct);
            open = await flows.Post(s, day, Step, Kind, f => Chain(f, numbers), ct);
            await Traded(s, day, ct);
        }
        if (open.Count > 0) return StepPostings.Refused(open);
        var done = (await ClearingFlows.Of(s, day, Step, ct)).Where(f => f.State == FlowState.Posted).ToList();
        return new JsonObject { ["assignments"] = done.Count, ["lots"] = done.Sum(f => f.Amount) };
    }

    /// <summary>Contracts of what is posted: an exercise counts once the Book has it. Done again it makes none twice.</summary>
    static Task Traded(DbSession s, LocalDate day, CancellationToken ct) => s.InTransaction(async t =>
    {
        foreach (var flow in (await ClearingFlows.Of(s, day, ClearingStep.Exercise, t)).Where(f => f is { Kind: Kind, State: FlowState.Posted }))
        {
            var (buyer, seller) = flow.Trace["call"]!.GetValue<bool>() ? (flow.Account, Assigned(flow)) : (Assigned(flow), flow.Account);
            await ClearingTrades.Make(s, day, new(BookId.ToGuid(BookId.Derive(flow.Id, -1)), day, flow.Series!, Assigned(flow), flow.Account, 0, flow.Amount, TradeKind.Exercise, s.Now), t);
            await ClearingTrades.Make(s, day, new(BookId.ToGuid(BookId.Derive(flow.Id, -2)), day, flow.Trace["future"]!.GetValue<string>(), buyer, seller, flow.Trace["strike"]!.GetValue<decimal>(), flow.Amount, TradeKind.Exercise, s.Now), t);
        }
    }, ct);

    static long Assigned(ClearingFlow flow) => flow.Trace["assigned"]!.GetValue<long>();

    /// <summary>Whether a holder or an assigned seller of flows of one option has fewer lots than they take. Any other no of the Book a new assignment would not change.</summary>
    static bool LotsGone(IEnumerable<ClearingFlow> open, int option, IReadOnlyDictionary<(long Account, int Series), OpenLots> held) =>
        open.GroupBy(f => f.Account).Any(g => g.Sum(f => f.Amount) > held.GetValueOrDefault((g.Key, option)).Long) || open.GroupBy(Assigned).Any(g => g.Sum(f => f.Amount) > held.GetValueOrDefault((g.Key, option)).Short);

    /// <param name="anew">What of an earlier plan is not posted is given up, and the rest of what was wanted is assigned from the lots there are.</param>
    async Task Assign(DayWork work, ClearedSeries option, ClearedSeries future, decimal price, CancellationToken ct, bool anew = false)
    {
        var (s, day) = (work.Session, work.Day);
        var draws = await s.Value<long>("select count(*) from market.draw where day = $1 and purpose like 'assignment%' and series = $2", ct, day, option.Code);
        if (draws > 0 && !anew) return;
        if (anew) await s.Run("update market.clearing_flow set state = 4 where day = $1 and step = $2 and kind = $3 and series = $4 and state in (0, 3)", ct, day, (short)Step, Kind, option.Code);
        var posted = (await ClearingFlows.Of(s, day, Step, ct)).Where(f => f.State == FlowState.Posted && f.Series == option.Code).GroupBy(f => f.Account).ToDictionary(g => g.Key, g => g.Sum(f => f.Amount));
        var contract = contracts.Find(option.Series.Contract)!;
        var (strike, call) = (option.Series.Strike!.Value, option.Series.Right == OptionRight.Call);
        var ends = SeriesDates.EndDay(contracts, contract, option.Series) is { } end && end <= day;
        var net = (await ClearingTrades.Net(s, day, work.Before, ct)).Where(n => n.Key.Series == option.Code).ToDictionary(n => n.Key.Account, n => n.Value);
        var notices = (await ExerciseDesk.Of(s, day, ct)).Where(n => n.Series == option.Code).ToDictionary(n => n.Account);
        var worth = call ? price - strike : strike - price;
        var itself = ends && worth >= (contract.Tick(day) ?? 0) && worth > 0;
        var wanted = new List<Ticket>();
        foreach (var account in net.Where(n => n.Value > 0).Select(n => n.Key).Union(posted.Keys).Order())
        {
            var taken = posted.GetValueOrDefault(account);
            var held = Math.Max(0, net.GetValueOrDefault(account)) + taken;
            var notice = notices.GetValueOrDefault(account);
            var lots = notice switch { null => itself ? held : 0, { Abandon: true } => itself ? held - Math.Min(held, notice.Lots) : 0, _ => itself ? held : Math.Min(held, notice.Lots) };
            if (lots > taken) wanted.Add(new(account, lots - taken));
        }
        if (wanted.Count == 0) return;
        var all = await PositionBook.Accounts(s, ct);
        var accounts = all.ToDictionary(a => a.Number);
        List<Ticket> tickets = [.. net.Where(n => n.Value < 0).OrderBy(n => n.Key).Select(n => new Ticket(n.Key, -n.Value))];
        var before = positions.Open(all);
        OpenLots Of(IReadOnlyDictionary<(long, int), OpenLots> open, long account) => open.GetValueOrDefault((account, option.Number));
        await TakeBack(s, option, [.. wanted.Where(w => Of(before, w.Account) is var o && o.FreeLong < o.Long).Concat(tickets.Where(t => Of(before, t.Account) is var o && o.FreeShort < o.Short)).Select(t => t.Account)], ct);
        var now = positions.Open(all);
        tickets = [.. tickets.Select(t => t with { Lots = Math.Min(t.Lots, Of(now, t.Account).FreeShort) }).Where(t => t.Lots > 0)];
        var (asked, there) = (wanted.ToDictionary(w => w.Account, w => w.Lots), tickets.Sum(t => t.Lots));
        wanted.Clear();
        // Where there are fewer short lots than are exercised, the first notice comes first.
        foreach (var (account, lots) in asked.OrderBy(a => notices.GetValueOrDefault(a.Key)?.EnteredAt).ThenBy(a => a.Key))
        {
            var got = Math.Min(Math.Min(lots, Of(now, account).FreeLong), there);
            there -= got;
            if (got > 0) wanted.Add(new(account, got));
            if (got < lots) await Tell(s, accounts[account], "market.notice.exercise.less", option.Code, ("lots", $"{lots}"), ("got", $"{got}"), ct);
        }
        if (wanted.Count == 0) return;
        wanted.Sort((a, b) => a.Account.CompareTo(b.Account));
        var drawn = new Queue<Ticket>(await Draws.Once(s, day, draws == 0 ? "assignment" : $"assignment-{draws + 1}", option.Code, tickets, wanted.Sum(w => w.Lots), ct));
        var (plans, place) = (new List<ClearingFlow>(), 0);
        foreach (var holder in wanted)
            for (var left = holder.Lots; left > 0;)
            {
                var first = drawn.Dequeue();
                var lots = Math.Min(left, first.Lots);
                if (first.Lots > lots) drawn = new([first with { Lots = first.Lots - lots }, .. drawn]);
                left -= lots;
                var id = ClearingFlows.IdOf(day, Step, Kind, holder.Account, draws == 0 ? $"{option.Code}/{place++}" : $"{option.Code}/{draws + 1}.{place++}");
                plans.Add(new(id, day, Step, Kind, holder.Account, accounts[holder.Account].OrganisationId, option.Code, null, lots, FlowState.Planned, 0, null,
                    new JsonObject { ["assigned"] = first.Account, ["future"] = future.Code, ["strike"] = strike, ["call"] = call, ["price"] = price }));
            }
        await ClearingFlows.Plan(s, plans, ct);
    }

    /// <summary>Cancels orders of accounts that would close the option: their lots are free again. Where the host has no floor nothing is promised.</summary>
    async Task TakeBack(DbSession s, ClearedSeries option, IReadOnlyList<long> accounts, CancellationToken ct)
    {
        if (accounts.Count == 0 || services.GetService<IFloor>() is not { } floor) return;
        var known = (await PositionBook.Accounts(s, ct)).ToDictionary(a => a.Number);
        // Of a series with positions the trader is the account itself. No trader is named, so that the order is told as taken off by the house.
        foreach (var account in accounts)
        {
            var ended = 0;
            foreach (var order in floor.Read(f => f.OrdersOf(account, option.Number, int.MaxValue)).Where(o => o.Effect == PositionEffect.Close))
                if ((await floor.Send(FloorCommands.Cancel(BookId.From(s.NewId()), 0, order.Id, BookId.From(s.Actor.PersonId)))).Accepted) ended++;
            if (ended > 0) await Tell(s, known[account], "market.notice.exercise.orders", option.Code, ("orders", $"{ended}"), ("account", known[account].Code), ct);
        }
    }

    static Task Tell(DbSession s, ClearingAccount account, string text, string series, (string Name, string Value) one, (string Name, string Value) other, CancellationToken ct) =>
        s.Notify(new Notice(MarketNotices.Account, new NoticeTo(Organisation: account.OrganisationId, Roles: [Role.MarketTrader, Role.MarketSupervisor]), text,
            new Dictionary<string, string> { ["series"] = series, [one.Name] = one.Value, [other.Name] = other.Value }, "/market/clearing", "market-account", account.Code), ct);

    static IReadOnlyList<Command> Chain(ClearingFlow flow, Dictionary<string, ClearedSeries> series)
    {
        var (option, future) = (series[flow.Series!], series[flow.Trace["future"]!.GetValue<string>()]);
        var (holder, assigned) = (flow.Account + 2, flow.Trace["assigned"]!.GetValue<long>() + 2);
        var (buyer, seller) = flow.Trace["call"]!.GetValue<bool>() ? (holder, assigned) : (assigned, holder);
        return
        [
            StepPostings.Close(option.Long, holder, flow.Amount), StepPostings.Close(option.Short, assigned, flow.Amount), StepPostings.Open(future.Long, buyer, flow.Amount), StepPostings.Open(future.Short, seller, flow.Amount),
        ];
    }
}

/// <summary>What steps share: the Book's commands and what is answered where it says no.</summary>
static class StepPostings
{
    public static Command Close(int asset, long positions, long lots) => Commands.Transfer(0, MarketBook.PositionClose, asset, positions, MarketBook.PositionIssuer, lots);

    public static Command Open(int asset, long positions, long lots) => Commands.Transfer(0, MarketBook.PositionOpen, asset, MarketBook.PositionIssuer, positions, lots);

    public static Command Cash(ushort type, string currency, long from, long to, long amount) => Commands.Transfer(0, type, MarketBook.Currencies[currency].Asset, from, to, amount);

    /// <summary>Takes money of an account to one of the clearing house's: from its cash, and what is missing there from its margin first; nothing where both are too little.</summary>
    public static IReadOnlyList<Command> Collect(PositionBook positions, ClearingAccount account, string currency, long amount, ushort type, long to)
    {
        var (cash, margin) = positions.Money(account, currency);
        var missing = Math.Max(0, amount - cash);
        if (missing > margin) return [];
        return missing > 0 ? [Cash(MarketBook.MarginOut, currency, account.Margin, account.Cash, missing), Cash(type, currency, account.Cash, to, amount)] : [Cash(type, currency, account.Cash, to, amount)];
    }

    public static List<Refusal> Refused(IReadOnlyList<ClearingFlow> open) =>
        [.. open.Take(100).Select(f => Refusal.Conflict("clearing.flow-refused", "day", ("account", Members.TradingAccount.CodeOf(f.Account)), ("kind", f.Kind), ("code", f.Code ?? "-")))];
}
