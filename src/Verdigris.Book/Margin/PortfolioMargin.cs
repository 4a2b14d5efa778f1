namespace Verdigris.Book;

/// <summary>
/// Initial margin of a portfolio by scanning: the largest loss of sixteen scenarios, a charge for spreads between months, a charge for months in delivery, a credit between goods, and a floor for options sold. Parameters are data; pure.
/// </summary>
public static class PortfolioMargin
{
    /// <summary>The margin of one portfolio, a line for each kind of goods in the order given, credits between them taken in the order given.</summary>
    /// <exception cref="OverflowException">A sum leaves the range of a long.</exception>
    public static IReadOnlyList<CommodityMargin> Of(IReadOnlyList<(CommodityParameters Parameters, IReadOnlyList<MarginPosition> Positions)> goods, IReadOnlyList<CommodityCredit> credits)
    {
        ArgumentNullException.ThrowIfNull(goods);
        ArgumentNullException.ThrowIfNull(credits);
        return Credit([.. goods.Select(g => Of(g.Parameters, g.Positions))], credits);
    }

    static CommodityMargin Of(CommodityParameters parameters, IReadOnlyList<MarginPosition> positions)
    {
        var losses = new long[parameters.Scenarios.Count];
        foreach (var position in positions)
            for (var s = 0; s < losses.Length; s++) losses[s] = checked(losses[s] + position.Risk.Losses[s] * position.Lots);
        var worst = 0;
        for (var s = 1; s < losses.Length; s++)
            if (losses[s] > losses[worst]) worst = s;
        var months = positions.GroupBy(p => p.Month).OrderBy(g => g.Key)
            .Select(g => new MonthDelta(g.First().Tier, g.Any(p => p.InDelivery), checked(g.Sum(p => p.Lots * p.Risk.DeltaMillionths)))).ToList();
        var spreads = Spreads(parameters.Spreads, months);
        var delivery = months.Where(m => m.InDelivery).Sum(m => Charge(Math.Abs(m.Delta) - m.Left, parameters.Delivery.PerSpread) + Charge(m.Left, parameters.Delivery.PerOutright));
        return new(parameters.Code, parameters.Currency, losses, worst, losses.Length == 0 ? 0 : Math.Max(0, losses[worst]), spreads, delivery, months.Sum(m => m.Delta), PriceRisk(parameters.Scenarios, losses, worst), 0,
            checked(parameters.ShortOptionMinimum * positions.Where(p => p.IsOption && p.Lots < 0).Sum(p => -p.Lots)), checked(positions.Sum(p => p.Risk.OptionValue * p.Lots)));
    }

    /// <summary>A month's net delta and what of it is not in a spread yet, both in millionths.</summary>
    sealed class MonthDelta(int tier, bool inDelivery, long delta)
    {
        public int Tier { get; } = tier;
        public bool InDelivery { get; } = inDelivery;
        public long Delta { get; } = delta;
        public long Left { get; set; } = Math.Abs(delta);
    }

    /// <summary>Forms spreads in their order, the nearest months first, until one side is used up; answers what they cost.</summary>
    static long Spreads(IReadOnlyList<MonthSpread> spreads, List<MonthDelta> months)
    {
        var charge = 0L;
        foreach (var spread in spreads)
        {
            var formed = 0L;
            foreach (var a in months.Where(m => m.Tier == spread.TierA))
                foreach (var b in months.Where(m => m.Tier == spread.TierB && m != a && Math.Sign(m.Delta) == -Math.Sign(a.Delta)))
                {
                    var both = Math.Min(a.Left, b.Left);
                    a.Left -= both;
                    b.Left -= both;
                    formed += both;
                }
            charge += Charge(formed, spread.Charge);
        }
        return charge;
    }

    /// <summary>Deltas in millionths at a rate a whole one, rounded up: a charge is never less than its rule.</summary>
    static long Charge(long millionths, long rate) => checked((long)(((Int128)millionths * rate + (SeriesRisk.WholeDelta - 1)) / SeriesRisk.WholeDelta));

    /// <summary>The worst loss freed of what volatility and time add: the mean of the scenario and the one that differs from it by volatility only, less the mean of those without a move of the price. Rounded down.</summary>
    static long PriceRisk(IReadOnlyList<RiskScenario> scenarios, long[] losses, int worst)
    {
        if (losses.Length == 0 || losses[worst] <= 0) return 0;
        var move = scenarios[worst];
        long Mean(Func<RiskScenario, bool> of)
        {
            var found = scenarios.Index().Where(s => of(s.Item)).Select(s => losses[s.Index]).ToList();
            return found.Count == 0 ? 0 : (long)(found.Aggregate((Int128)0, (sum, l) => sum + l) / found.Count);
        }
        return Math.Max(0, Mean(s => s.Move * move.Of == move.Move * s.Of && s.Cover == move.Cover) - Mean(s => s.Move == 0));
    }

    /// <summary>Takes credits in their order from the deltas that remain. The credit of a leg: deltas in the spread x price risk a delta x rate, rounded down.</summary>
    static IReadOnlyList<CommodityMargin> Credit(List<CommodityMargin> margins, IReadOnlyList<CommodityCredit> credits)
    {
        var left = margins.ToDictionary(m => m.Code, m => m.NetDeltaMillionths, StringComparer.Ordinal);
        foreach (var credit in credits)
        {
            if (!credit.Legs.All(l => left.GetValueOrDefault(l.Code) != 0)) continue;
            var turn = Math.Sign(left[credit.Legs[0].Code]) * credit.Legs[0].Side;
            if (!credit.Legs.All(l => Math.Sign(left[l.Code]) == l.Side * turn)) continue;
            var spreads = credit.Legs.Min(l => Math.Abs(left[l.Code]) / l.Deltas);
            foreach (var (code, _, deltas) in credit.Legs)
            {
                var at = margins.FindIndex(m => m.Code == code);
                var taken = spreads * deltas;
                var worth = decimal.ToInt64(decimal.Floor((decimal)margins[at].PriceRisk * taken / Math.Abs(margins[at].NetDeltaMillionths) * credit.Rate));
                margins[at] = margins[at] with { Credit = margins[at].Credit + worth };
                left[code] -= Math.Sign(left[code]) * taken;
            }
        }
        return margins;
    }
}
