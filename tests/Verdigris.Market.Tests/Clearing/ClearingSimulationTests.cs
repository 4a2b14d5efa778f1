using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Testing;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>Random days with trades, defaults, deliveries and crashes. What must never be otherwise is counted from the Book and from the rows, not asked of the code under test.</summary>
public sealed class ClearingSimulationTests(ITestOutputHelper output)
{
    const int Members = 6;

    static readonly string[] Contracts = ["ICE.EUA:2026-03", "ICE.EUA:2026-06", "ICE.EUA:2026-12", "LME.UBC:2026-03", "SHFE.AD:2026-05", "SHFE.AD.OPTION:2026-05:C18400", "SHFE.AD.OPTION:2026-05:P18000"];

    static readonly Dictionary<string, decimal> Start = new() { ["ICE.EUA"] = 75.00m, ["LME.UBC"] = 1_780m, ["SHFE.AD"] = 18_365m, ["SHFE.AD.OPTION"] = 200m };

    sealed class Course(ClearingWorld world, int seed)
    {
        readonly Random random = new(seed);
        readonly Dictionary<string, decimal> last = new(Start);
        readonly HashSet<int> out_ = [];

        public ClearingWorld World => world;
        public List<string> Log { get; } = [];

        /// <summary>A day's trades and money; the same for the same seed, whatever else happens.</summary>
        public async Task Day(LocalDate day)
        {
            world.Evening(day);
            var live = new List<string>();
            foreach (var code in Contracts)
            {
                var ended = await world.Registry.All(Actor.System, s => world.Get<Market.Clearing.Positions.SeriesRegister>().Find(s, code, default));
                if (ended?.EndedOn is null && LastDay(world, code) >= day) live.Add(code);
            }
            foreach (var contract in Start.Keys)
            {
                var tick = ContractSet.Of(world.Get<RulePacks>()).Find(contract)!.Tick(day)!.Value;
                last[contract] = Math.Max(tick, Math.Round(last[contract] * (1 + ((random.Next(-500, 501) + (random.Next(20) == 0 ? random.Next(-2500, 2501) : 0)) / 10_000m)) / tick) * tick);
            }
            for (var i = random.Next(0, 7); i > 0; i--)
            {
                var (code, buyer, seller, lots) = (live.Count == 0 ? "" : live[random.Next(live.Count)], random.Next(Members), random.Next(Members), random.Next(1, 9));
                var tick = code.Length == 0 ? 1 : ContractSet.Of(world.Get<RulePacks>()).Find(code.Split(':')[0])!.Tick(day)!.Value;
                var price = code.Length == 0 ? 0 : last[code.Split(':')[0]] + (tick * random.Next(-3, 4));
                if (buyer == seller || code.Length == 0 || out_.Contains(buyer) || out_.Contains(seller) || price <= 0) continue;
                await world.Trade(code, buyer, seller, price, lots, new(9 + random.Next(7), random.Next(60)));
            }
            for (var i = 0; i < Members; i++)
                if (random.Next(4) == 0 && !out_.Contains(i)) await world.Pay(i, random.Next(1, 800_000), new[] { "EUR", "USD", "CNY" }[random.Next(3)]);
        }

        /// <summary>Runs the day to its end: what it waits for is brought, or its debtor is declared in default.</summary>
        /// <param name="crash">Told before each try; it may make the next one end in the middle.</param>
        public async Task Clear(LocalDate day, Action crash)
        {
            for (var tries = 0; ; tries++)
            {
                Assert.True(tries < 400, "the day does not end: " + string.Join(" | ", Log.TakeLast(5)));
                crash();
                Answer<ClearingDayView> answer;
                try { answer = await world.Try(day); }
                catch (VenueStoppedException) { world.Venue.GoOn(); continue; }
                catch (CrashException) { continue; }
                world.Venue.GoOn();
                if (!answer.Ok) throw new InvalidOperationException(answer.Refusals[0].Code);
                if (answer.Value.Day.Done) return;
                Log.Add($"{day:uuuu-MM-dd} {answer.Value.Day.Step}: " + string.Join(", ", answer.Value.Day.Waiting.Select(r => $"{r.Code} {string.Join("/", r.Args?.Values ?? [])}")));
                foreach (var wait in answer.Value.Day.Waiting) await Bring(day, wait);
            }
        }

        async Task Bring(LocalDate day, Refusal wait)
        {
            switch (wait.Code)
            {
                case "clearing.shortfall":
                    var account = world.Accounts.Index().First(a => a.Item.Code == wait.Args!["account"]).Index;
                    // By the account and the day, not by a draw: a crash must not change the course.
                    if ((account + day.Day) % 2 == 0)
                    {
                        var known = await world.Do(ClearingWorld.Clerk, s => world.Get<DefaultDesk>().Propose(s, world.Accounts[account].Code, "does not pay", default));
                        await world.Decide(known.Id);
                        out_.Add(account);
                    }
                    else await world.Pay(account, 20_000_000, wait.Args!["currency"]);
                    break;
                case "default.fund-empty":
                    await world.Pay(world.Accounts.Index().First(a => a.Item.Code == wait.Args!["account"]).Index, 20_000_000, wait.Args!["currency"]);
                    break;
                case "clearing.index-missing":
                    await world.Publish(wait.Args!["series"].Split(':')[0], wait.Args["index"], new(2026, 3, 31), _ => 0.8m);
                    break;
                case "clearing.price-missing":
                    var price = await world.Do(ClearingWorld.Clerk, s => world.Get<Market.Clearing.Prices.PriceHandlers>().Propose(s, day, wait.Args!["series"], last[wait.Args["series"].Split(':')[0]], "nobody has traded it yet", default));
                    await world.Decide(price.Id);
                    break;
                default: throw new InvalidOperationException($"The day waits for {wait.Code} {string.Join(",", wait.Args?.Values ?? [])}.");
            }
        }

        /// <summary>Failed deliveries are settled in money at the last price.</summary>
        public async Task MakeGood()
        {
            foreach (var failed in await world.Registry.All(ClearingWorld.Clerk, s => world.Get<DeliveryDesk>().List(s, DeliveryState.Failed, null, default)))
            {
                var buyIn = await world.Registry.Try(ClearingWorld.Clerk, s => world.Get<BuyIns>().Propose(s, failed.Id, last[failed.Series.Split(':')[0]], null, "not delivered", default));
                // Decided already, and waiting for the money of the seller.
                if (buyIn.Ok)
                {
                    await world.Decide(buyIn.Value.Id);
                    // Of allowances of the Union the buyer agrees to money.
                    await world.Agree(buyIn.Value.Id);
                }
                else Assert.Equal("delivery.proposed", buyIn.Refusals[0].Code);
            }
        }

        public async Task Check(LocalDate day)
        {
            var holdings = world.Venue.Read(b => world.Accounts.SelectMany(a => Enumerable.Range(0, 4).Select(i => a.Number + i)).Concat([MarketBook.ClearingCash, MarketBook.ClearingUnits, MarketBook.Fees, MarketBook.DefaultFund]).SelectMany(a => b.Holdings(a).Select(h => (Account: a, h.Asset, h.Balance))).ToList());
            Assert.All(holdings, h => Assert.True(h.Balance.Available >= 0 && h.Balance.Held >= 0, $"{h}"));
            Assert.DoesNotContain(holdings, h => h.Account is MarketBook.ClearingCash or MarketBook.ClearingUnits);
            // Money is what the bank brought in; every long lot has a short one.
            foreach (var (_, (asset, _)) in MarketBook.Currencies) Assert.Equal(-world.Venue.Read(b => b.Balance(MarketBook.Bank, asset)).Total, holdings.Where(h => h.Asset == asset).Sum(h => h.Balance.Total));
            foreach (var code in Contracts)
                if (await world.Registry.All(Actor.System, s => world.Get<Market.Clearing.Positions.SeriesRegister>().Find(s, code, default)) is { } series)
                    Assert.Equal(holdings.Where(h => h.Asset == series.Long).Sum(h => h.Balance.Total), holdings.Where(h => h.Asset == series.Short).Sum(h => h.Balance.Total));
            Assert.Equal(0L, await world.Sql<long>("select count(*) from (select currency from market.clearing_flow where day = $1 and step = 4 group by currency having sum(case when kind = 'pay' then amount else -amount end) <> 0) x", day));
            Assert.Equal(0L, await world.Sql<long>("select count(*) from market.clearing_flow where day = $1 and step in (3, 4, 5, 6) and state <> 2", day));
            Assert.Equal(0L, await world.Sql<long>("select coalesce(sum(lots), 0)::bigint from market.clearing_position where day = $1", day));
            foreach (var (currency, (asset, _)) in MarketBook.Currencies) Assert.Equal(world.Venue.Read(b => b.Balance(MarketBook.DefaultFund, asset)).Total, await world.Sql<long>("select coalesce(sum(amount), 0)::bigint from market.fund_part where state = 1 and currency = $1", currency));
            // Whoever is not called for it has the margin he is asked for.
            Assert.Equal(0L, await world.Sql<long>("select count(*) from market.margin_requirement r where day = $1 and requirement < collateral", day));
        }

        static LocalDate LastDay(ClearingWorld world, string code) => Market.Clearing.Positions.SeriesDates.LastDay(ContractSet.Of(world.Get<RulePacks>()), ContractSet.Of(world.Get<RulePacks>()).Find(code.Split(':')[0])!, Series.Read(code).Value).Value!.Value;
    }

    sealed class CrashException : Exception;

    static async Task<Course> Begin(int seed, LocalDate day)
    {
        var world = await ClearingWorld.Open(Members, day);
        for (var i = 0; i < Members; i++)
            foreach (var currency in new[] { "EUR", "USD", "CNY" }) await world.Pay(i, 4_000_000, currency);
        for (var i = 0; i < Members; i++) await world.Do(ClearingWorld.Trader(i), s => world.Get<DefaultFund>().PayIn(s, world.Accounts[i].Code, "EUR", 2_000 + (i * 777.77m), default));
        return new(world, seed);
    }

    /// <summary>Weekdays of March to May 2026 that are open in London and Beijing.</summary>
    static List<LocalDate> Days(RulePacks packs)
    {
        var (london, beijing) = (WorkingCalendars.Read(packs, "london"), WorkingCalendars.Read(packs, "beijing"));
        return [.. Enumerable.Range(0, 80).Select(i => new LocalDate(2026, 3, 9).PlusDays(i)).Where(d => london.IsWorkingDay(d) && beijing.IsWorkingDay(d))];
    }

    [Fact]
    public async Task Random_days_keep_money_units_and_positions_and_a_course_with_crashes_ends_with_the_same_Book_as_one_without()
    {
        // A course is forty-odd days; by night there are as many courses as make a thousand days and more, each lived twice.
        for (var round = 0; round < Night.Cases(1, 20); round++)
        {
            var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { } given ? int.Parse(given) + round : 20_260_309 + round;
            output.WriteLine($"seed {seed}");
            var begin = new LocalDate(2026, 3, 9);
            var (calm, rough) = (await Begin(seed, begin), await Begin(seed, begin));
            await using var first = calm.World;
            await using var second = rough.World;
            var crashes = new Random(seed + 1);
            var hits = 0;
            foreach (var day in Days(first.Get<RulePacks>()).Take(Night.Cases(18, 60)))
            {
                foreach (var course in new[] { calm, rough }) await course.Day(day);
                await calm.Clear(day, () => { });
                await rough.Clear(day, () =>
                {
                    switch (crashes.Next(4))
                    {
                        case 0: passes = crashes.Next(24); second.Get<ClearingPipeline>().Passing = (_, _, _) => { if (passes-- == 0) { hits++; throw new CrashException(); } }; break;
                        case 1: second.Get<ClearingPipeline>().Passing = null; second.Venue.StopAfter(crashes.Next(6), done: crashes.Next(2) == 0); hits++; break;
                        default: second.Get<ClearingPipeline>().Passing = null; break;
                    }
                });
                foreach (var course in new[] { calm, rough })
                {
                    await course.MakeGood();
                    await course.Check(day);
                }
                Assert.Equal(first.Holdings(), second.Holdings());
            }
            output.WriteLine($"{hits} crashes; the calm course waited {calm.Log.Count} times, {await first.Sql<long>("select count(*) from market.default_case")} defaults, {await first.Sql<long>("select count(*) from market.delivery")} deliveries, {await first.Sql<long>("select count(*) from market.draw")} draws");
            Assert.True(hits > 0);
        }
    }

    int passes;

    [Fact]
    public async Task Stopped_before_and_after_every_step_and_at_every_send_the_day_ends_with_the_same_Book()
    {
        var day = new LocalDate(2026, 3, 23);
        async Task<ClearingWorld> World()
        {
            var w = await ClearingWorld.Open(4, day);
            for (var i = 0; i < 4; i++) await w.Pay(i, 5_000_000_00);
            for (var i = 0; i < 4; i++) await w.Pay(i, 5_000_000_00, "CNY");
            await w.Trade("ICE.EUA:2026-03", 0, 1, 70.00m, 3, new(10, 0));
            await w.Trade("ICE.EUA:2026-03", 2, 3, 71.50m, 2);
            await w.Trade("ICE.EUA:2026-12", 0, 1, 75.00m, 7, new(10, 0));
            await w.Trade("ICE.EUA:2026-12", 1, 2, 76.10m, 5);
            await w.Trade("SHFE.AD:2026-05", 3, 0, 18_365m, 5, new(4, 0));
            await w.Trade("SHFE.AD.OPTION:2026-05:C18400", 3, 0, 150m, 5, new(4, 0));
            return w;
        }
        await using var calm = await World();
        await calm.Clear();
        // One world lives every crash in turn: each try goes one point further.
        await using var rough = await World();
        var point = 0;
        for (var tries = 0; tries < 26; tries++)
        {
            var passed = 0;
            rough.Get<ClearingPipeline>().Passing = (_, _, _) => { if (passed++ == 1) { point++; throw new CrashException(); } };
            try
            {
                if ((await rough.Try()).Value.Day.Done) break;
            }
            catch (CrashException) { }
        }
        rough.Get<ClearingPipeline>().Passing = null;
        await rough.Clear();
        Assert.True(point >= 12, $"{point}");
        Assert.Equal(calm.Holdings(), rough.Holdings());
        Assert.Equal(await calm.Sql<string>("select report_sha256 from market.clearing_day"), await rough.Sql<string>("select report_sha256 from market.clearing_day"));
        // Another loses the Book's answer at every send, done and not done by turns.
        await using var deaf = await World();
        var stops = 0;
        while (true)
        {
            deaf.Venue.StopAfter(stops % 2, done: stops % 3 == 0);
            try
            {
                var answer = await deaf.Try();
                if (answer.Value.Day.Done) break;
            }
            catch (VenueStoppedException) { stops++; }
            deaf.Venue.GoOn();
            Assert.True(stops < 200);
        }
        deaf.Venue.GoOn();
        Assert.True(stops >= 5, $"{stops}");
        Assert.Equal(calm.Holdings(), deaf.Holdings());
        Assert.Equal(await calm.Sql<string>("select report_sha256 from market.clearing_day"), await deaf.Sql<string>("select report_sha256 from market.clearing_day"));
    }
}
