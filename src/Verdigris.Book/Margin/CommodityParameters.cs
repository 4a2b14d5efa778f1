namespace Verdigris.Book;

/// <summary>A charge on spreads between months, whose risk the scan nets away as if all months moved alike.</summary>
/// <param name="TierA">Tier of the first leg; tiers number groups of months from 1, the nearest first.</param>
/// <param name="TierB">Tier of the second leg, on the other side of the market; may be the same tier.</param>
/// <param name="Charge">Smallest unit of the currency a spread of one whole delta on each side, 0 or more.</param>
public sealed record MonthSpread(int TierA, int TierB, long Charge);

/// <summary>A charge on what stands in a month that is being delivered.</summary>
/// <param name="PerSpread">Smallest unit a delta that stands in a spread with another month.</param>
/// <param name="PerOutright">Smallest unit a delta that stands alone.</param>
public sealed record DeliveryCharge(long PerSpread, long PerOutright);

/// <summary>How positions of one kind of goods are margined. All money in the smallest unit of its currency.</summary>
/// <param name="Scenarios">At most sixteen.</param>
/// <param name="Spreads">In the order in which spreads are formed.</param>
/// <param name="ShortOptionMinimum">Least margin of each sold option.</param>
public sealed record CommodityParameters(string Code, string Currency, IReadOnlyList<RiskScenario> Scenarios, IReadOnlyList<MonthSpread> Spreads, DeliveryCharge Delivery, long ShortOptionMinimum);

/// <summary>A credit for positions of different goods whose prices move together.</summary>
/// <param name="Legs">Goods, side (1 or -1; all turned round counts as well) and deltas each spread takes of them, above 0. Each of them once.</param>
/// <param name="Rate">Share of the price risk of what stands in the spread, 0 to 1.</param>
public sealed record CommodityCredit(IReadOnlyList<(string Code, int Side, int Deltas)> Legs, decimal Rate);

/// <summary>A position of a portfolio.</summary>
/// <param name="Tier">Tier of its month.</param>
/// <param name="InDelivery">The month is being delivered.</param>
/// <param name="IsOption">Counts for the short option minimum where it is sold.</param>
public sealed record MarginPosition(SeriesRisk Risk, long Lots, int Month, int Tier, bool InDelivery, bool IsOption);

/// <summary>Margin of one portfolio in one kind of goods, part by part; all in the smallest unit of the currency.</summary>
/// <param name="Losses">Loss in each scenario.</param>
/// <param name="Worst">Index of the scenario with the largest loss.</param>
/// <param name="Scan">The largest loss, 0 or more.</param>
/// <param name="NetDeltaMillionths">What remains of one side when the months are netted.</param>
/// <param name="PriceRisk">The part of the scan that comes from the price alone.</param>
/// <param name="Credit">Taken off for other goods; 0 until <see cref="PortfolioMargin"/> knows them.</param>
/// <param name="ShortOptionMinimum">The floor of the risk.</param>
/// <param name="OptionValue">What the options of the portfolio would bring: taken off, or added for options sold.</param>
public sealed record CommodityMargin(string Code, string Currency, IReadOnlyList<long> Losses, int Worst, long Scan, long MonthSpreads, long Delivery, long NetDeltaMillionths, long PriceRisk, long Credit, long ShortOptionMinimum, long OptionValue)
{
    /// <summary>max(scan + spread charges + delivery charges - credit, short option minimum).</summary>
    public long Risk => Math.Max(Scan + MonthSpreads + Delivery - Credit, ShortOptionMinimum);

    /// <summary>What has to be deposited: the risk less the value of options, never below 0.</summary>
    public long Requirement => Math.Max(0, Risk - OptionValue);
}
