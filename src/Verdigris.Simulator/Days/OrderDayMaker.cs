using Verdigris.Book;

namespace Verdigris.Simulator.Days;

/// <summary>
/// An invented day: how busy it is goes down from the opening and up again to the close, prices walk, most orders are placed near the market and taken back, some cross it, few are large and show a part. Everything follows from the seed.
/// </summary>
/// <param name="Lines">How many lines the day has.</param>
/// <param name="FirstPrice">Ticks.</param>
public sealed record OrderDayPlan(ulong Seed, int Lines, int Members, IReadOnlyList<string> Series, int FirstPrice)
{
    const long OpensMicros = 8 * 3_600_000_000L, ClosesMicros = 18 * 3_600_000_000L;
    /// <summary>Of how many of the latest orders of a series one is chosen to be taken back or changed.</summary>
    const int Remembered = 4_096;

    sealed class Market(string series, int price)
    {
        public readonly string Series = series;
        public int Price = price;
        public readonly List<(long Order, int Member, Side Side)> Placed = [];
    }

    public IEnumerable<OrderDayLine> Make()
    {
        var random = new SeededRandom(Seed);
        var markets = Series.Select(s => new Market(s, FirstPrice)).ToList();
        var weights = markets.Select((_, i) => 100 / (i + 1)).ToList();
        long time = OpensMicros, next = 1;
        for (var n = 0; n < Lines; n++)
        {
            var left = Lines - n;
            // Twice as busy at both ends as at noon: what remains of the day shared by what remains of the lines.
            var mean = (ClosesMicros - time) / Math.Max(1, left);
            var busy = 2 - (time - OpensMicros < (ClosesMicros - OpensMicros) / 4 || ClosesMicros - time < (ClosesMicros - OpensMicros) / 4 ? 1 : 0);
            time = Math.Min(ClosesMicros - 1, time + (mean == 0 ? 0 : random.Below(busy * mean + 1)));
            var market = markets[Weighted(random, weights)];
            if (random.Chance(3)) market.Price = Math.Max(100, market.Price + (random.Chance(50) ? 1 : -1));
            var dice = market.Placed.Count < 20 ? 0 : random.Below(100);
            yield return dice < 56 ? New(random, market, time, next++) : Change(random, market, time, dice >= 94);
        }
    }

    static int Weighted(SeededRandom random, List<int> weights)
    {
        var at = random.Below(weights.Sum());
        var i = 0;
        while (at >= weights[i]) at -= weights[i++];
        return i;
    }

    OrderDayLine New(SeededRandom random, Market market, long time, long order)
    {
        var side = random.Chance(50) ? Side.Buy : Side.Sell;
        var member = 1 + random.Below(Members);
        var quantity = 1 + random.Below(random.Chance(5) ? 50 : 8);
        if (random.Chance(6)) return new(time, member, DayAction.New, order, market.Series, side, quantity, random.Chance(50) ? null : market.Price + (side == Side.Buy ? 3 : -3), random.Chance(85) ? TimeInForce.ImmediateOrCancel : TimeInForce.FillOrKill, 0);
        // Most wait a few ticks behind the price, some far behind; one in fifteen crosses it.
        var behind = random.Chance(7) ? -1 - random.Below(2) : 1 + random.Below(8) + (2 * System.Numerics.BitOperations.TrailingZeroCount(random.Next() | 1UL << 30));
        var large = quantity > 8 && random.Chance(40);
        market.Placed.Add((order, member, side));
        if (market.Placed.Count > Remembered) market.Placed.RemoveRange(0, Remembered / 4);
        return new(time, member, DayAction.New, order, market.Series, side, quantity, market.Price + (side == Side.Buy ? -behind : behind), TimeInForce.Day, large ? 1 + (quantity / 5) : 0);
    }

    static OrderDayLine Change(SeededRandom random, Market market, long time, bool replace)
    {
        var at = random.Below(market.Placed.Count);
        var (order, member, side) = market.Placed[at];
        if (replace) return new(time, member, DayAction.Replace, order, market.Series, Side.None, 1 + random.Below(12), market.Price + ((side == Side.Buy ? -1 : 1) * random.Below(6)), TimeInForce.Day, 0);
        market.Placed[at] = market.Placed[^1];
        market.Placed.RemoveAt(market.Placed.Count - 1);
        return new(time, member, DayAction.Cancel, order, market.Series, Side.None, 0, null, TimeInForce.Day, 0);
    }
}
