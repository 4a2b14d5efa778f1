using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warehousing.Queues;

/// <summary>A warehouse as it begins, and what happens to it day by day. Tonnes, to the kilogram.</summary>
/// <param name="StockT">All metal stored before the first day, the queue included.</param>
/// <param name="QueuedT">Of it, what already waits to leave.</param>
/// <param name="InboundT">What comes in on each day; its length is the number of days.</param>
/// <param name="OrdersT">What is ordered out on each day; as long as <paramref name="InboundT"/>.</param>
public sealed record QueueCase(LocalDate From, decimal StockT, decimal QueuedT, IReadOnlyList<decimal> InboundT, IReadOnlyList<decimal> OrdersT);

/// <summary>One day when it ends.</summary>
/// <param name="RateT">Minimum load-out, by the stock at the day's beginning.</param>
/// <param name="ExtraT">Owed beyond it for a long queue.</param>
/// <param name="OutT">What left: rate and extra, as far as anything waited.</param>
/// <param name="QueueDays">Days a lot ordered out at this day's end waits: the queue over the minimum load-out, rounded up to whole days.</param>
public sealed record QueueDay(int Number, LocalDate Day, decimal InboundT, decimal OrdersT, decimal RateT, decimal ExtraT, decimal OutT, decimal StockT, decimal QueuedT, int QueueDays, LoadOutStep Step);

/// <summary>A measuring window that has ended.</summary>
/// <param name="OwedT">Extra load-out owed over the next window; 0 where the queue was not above the threshold.</param>
public sealed record LiloWindow(LocalDate From, LocalDate To, int QueueDays, decimal InboundT, decimal OwedT);

public sealed record QueueCourse(IReadOnlyList<QueueDay> Days, IReadOnlyList<LiloWindow> Windows);

/// <summary>
/// The course of a load-out queue. Each calendar day: metal comes in, orders join the queue, the minimum load-out and what is owed beyond it leave. A window of load-in load-out ends after its months; if the
/// queue is above the threshold then, a share of what came in during it is owed over the days of the next one, in equal parts to the kilogram. Pure.
/// </summary>
public static class QueueSimulation
{
    /// <summary>Refuses a queue larger than the stock (<c>queue.queue-over-stock</c>) and a day that orders out more than is stored and not yet ordered (<c>queue.orders-over-stock</c>).</summary>
    public static Answer<QueueCourse> Run(QueuePolicy policy, QueueCase c)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(c);
        if (c.QueuedT > c.StockT) return Refusal.Of("queue.queue-over-stock", "queuedT", ("given", Text(c.QueuedT)), ("stock", Text(c.StockT)));
        var (stock, queued, days, windows) = (c.StockT, c.QueuedT, new List<QueueDay>(), new List<LiloWindow>());
        var (from, loadedIn, owed, window) = (c.From, 0m, (IReadOnlyList<decimal>)[], 0);
        for (var i = 0; i < c.InboundT.Count; i++)
        {
            var day = c.From.PlusDays(i);
            var (rate, step) = policy.Rate(stock);
            stock += c.InboundT[i];
            loadedIn += c.InboundT[i];
            if (queued + c.OrdersT[i] > stock) return Refusal.Of("queue.orders-over-stock", "orders", ("day", Text(i + 1)), ("given", Text(c.OrdersT[i])), ("free", Text(stock - queued)));
            queued += c.OrdersT[i];
            var extra = owed.Count == 0 ? 0 : owed[Period.DaysBetween(from, day)];
            var left = Math.Min(queued, rate + extra);
            (queued, stock) = (queued - left, stock - left);
            var waits = (int)decimal.Ceiling(queued / rate);
            days.Add(new(i + 1, day, c.InboundT[i], c.OrdersT[i], rate, extra, left, stock, queued, waits, step));
            var next = c.From.PlusMonths(policy.Lilo.WindowMonths * (window + 1));
            if (day.PlusDays(1) < next) continue;
            var due = waits > policy.Lilo.ThresholdDays ? QueuePolicy.ToKilogram.Apply(loadedIn * policy.Lilo.ShareOfLoadIn) : 0;
            windows.Add(new(from, day, waits, loadedIn, due));
            window++;
            var length = Period.DaysBetween(next, c.From.PlusMonths(policy.Lilo.WindowMonths * (window + 1)));
            (from, loadedIn, owed) = (next, 0, due == 0 ? [] : QueuePolicy.ToKilogram.Apportion(due, Enumerable.Repeat(1m, length).ToList()));
        }
        return new QueueCourse(days, windows);
    }

    static string Text(decimal value) => DecimalText.Trim(value).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
