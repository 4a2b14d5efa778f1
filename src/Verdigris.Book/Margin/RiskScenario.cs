namespace Verdigris.Book;

/// <summary>One of the moves a position is tried against.</summary>
/// <param name="Move">Parts of the price scan range, in <paramref name="Of"/>ths: 2 of 3 up is (2, 3); an extreme move of three ranges is (3, 1).</param>
/// <param name="VolatilityUp">1: volatility up by its range, -1 down, 0 unchanged.</param>
/// <param name="Cover">Share of the loss that counts, above 0 to 1; below 1 for extreme moves.</param>
public sealed record RiskScenario(int Move, int Of, int VolatilityUp, decimal Cover);

/// <summary>What one lot of a series loses.</summary>
/// <param name="Losses">A long lot's loss in each scenario, smallest unit of the currency; below 0 where it gains.</param>
/// <param name="DeltaMillionths">Futures of the first kind a long lot is worth, in millionths: a future 1,000,000; a bought put below 0.</param>
/// <param name="OptionValue">What a long lot of an option would bring now, 0 for a future, whose value is paid every day.</param>
public sealed record SeriesRisk(IReadOnlyList<long> Losses, long DeltaMillionths, long OptionValue)
{
    public const long WholeDelta = 1_000_000;

    /// <summary>A future: its loss is linear in the price. Each loss is rounded half away from zero.</summary>
    /// <param name="priceRange">Money a unit that one scan range moves the price, 0 or more.</param>
    public static SeriesRisk Future(IReadOnlyList<RiskScenario> scenarios, decimal priceRange, decimal lotSize, int scale)
    {
        ArgumentNullException.ThrowIfNull(scenarios);
        ArgumentOutOfRangeException.ThrowIfNegative(priceRange);
        return new([.. scenarios.Select(s => LotValue.Of(-priceRange * s.Move / s.Of * s.Cover, lotSize, scale))], WholeDelta, 0);
    }
}
