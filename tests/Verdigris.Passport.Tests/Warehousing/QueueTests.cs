using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Passport.Warehousing.Queues;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests.Warehousing;

public class QueueTests
{
    static readonly QueuePolicy[] Policies = [QueuePolicy.Find(RulePacks.Locate(), "2015-proposal").Value, QueuePolicy.Find(RulePacks.Locate(), "2012-rates").Value];

    static Gen<(QueuePolicy Policy, QueueCase Case)> Cases =>
        from policy in Gen.Elements(Policies)
        from stock in Gen.Choose(0, 1_200_000)
        from share in Gen.Choose(0, 100)
        from days in Gen.Choose(1, 400)
        from inbound in Gen.Choose(0, 6_000).ArrayOf(days)
        from orders in Gen.Choose(0, 3_000).ArrayOf(days)
        select (policy, Possible(new QueueCase(new(2026, 1, 1), stock, decimal.Floor(stock * share / 100m), [.. inbound.Select(i => i / 2m)], [.. orders.Select(o => o / 2m)])));

    /// <summary>Orders cut to what is stored and free, whatever leaves: what comes in later is not counted on.</summary>
    static QueueCase Possible(QueueCase c)
    {
        var free = c.StockT - c.QueuedT;
        var orders = new List<decimal>();
        for (var i = 0; i < c.OrdersT.Count; i++)
        {
            free += c.InboundT[i];
            orders.Add(Math.Min(free, c.OrdersT[i]));
            free -= orders[^1];
        }
        return c with { OrdersT = orders };
    }

    [Fact]
    public void Nothing_appears_or_vanishes_and_no_day_lets_out_less_than_it_must() => Prop.ForAll(Cases.ToArbitrary(), x =>
    {
        var course = QueueSimulation.Run(x.Policy, x.Case).Value;
        var (stock, queued) = (x.Case.StockT, x.Case.QueuedT);
        foreach (var day in course.Days)
        {
            if (day.RateT != x.Policy.Rate(stock).TPerDay || day.OutT != Math.Min(queued + day.OrdersT, day.RateT + day.ExtraT)) return false;
            stock += day.InboundT - day.OutT;
            queued += day.OrdersT - day.OutT;
            if (day.StockT != stock || day.QueuedT != queued || queued < 0 || queued > stock) return false;
            if (day.QueueDays * day.RateT < queued || (day.QueueDays > 0 && (day.QueueDays - 1) * day.RateT >= queued)) return false;
        }
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_window_owes_what_came_in_exactly_when_its_queue_is_above_fifty_days_and_the_next_window_is_charged_with_all_of_it() => Prop.ForAll(Cases.ToArbitrary(), x =>
    {
        var course = QueueSimulation.Run(x.Policy, x.Case).Value;
        return course.Windows.Select((w, i) => (w, i)).All(e =>
        {
            var (window, number) = e;
            var inside = course.Days.Where(d => d.Day >= window.From && d.Day <= window.To).ToList();
            var next = course.Days.Where(d => d.Day > window.To && d.Day < window.From.PlusMonths(6)).Sum(d => d.ExtraT);
            var whole = course.Days[^1].Day >= new LocalDate(2026, 1, 1).PlusMonths(3 * (number + 2)).PlusDays(-1);
            return window.From == new LocalDate(2026, 1, 1).PlusMonths(3 * number) && inside[^1].QueueDays == window.QueueDays && inside.Sum(d => d.InboundT) == window.InboundT
                && window.OwedT == (window.QueueDays > 50 ? window.InboundT : 0) && (whole ? next == window.OwedT : next <= window.OwedT);
        });
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_rate_never_falls_as_the_stock_grows_and_stays_between_its_ends() => Prop.ForAll(Gen.Choose(0, 1_500_000).Two().ToArbitrary(), pair =>
    {
        var (low, high) = (Math.Min(pair.Item1, pair.Item2), Math.Max(pair.Item1, pair.Item2));
        return Policies.All(p => p.Rate(low).TPerDay <= p.Rate(high).TPerDay && p.Rate(low).TPerDay >= p.Steps[0].TPerDay && p.Rate(high).TPerDay <= p.Steps[^1].TPerDay);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task The_page_plays_a_queue_and_says_which_figures_are_not_confirmed()
    {
        await using var world = await World.Make();
        using var client = world.Client(world.Owner(0));
        var page = await client.GetStringAsync("/warehouses/queue?policy=2015-proposal&from=2026-01-01&days=95&stockT=150000&queuedT=140000&inboundTPerDay=2000&ordersTPerDay=2000&lotT=25&ratePerTDay=0.5");
        Assert.Contains("70 days", page);
        Assert.Contains("180,000 t", page);
        Assert.Contains("is not shown to be in force", page);
        Assert.Contains("2 t cannot wait where 1 t are stored", await client.GetStringAsync("/warehouses/queue?policy=2015-proposal&from=2026-01-01&days=1&stockT=1&queuedT=2"));
    }
}
