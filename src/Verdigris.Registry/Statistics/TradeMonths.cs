using System.Globalization;
using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Statistics;

/// <summary>What is reckoned of the trades of a month: the price weighted by volume, the volume, or price times volume in millions.</summary>
public enum TradeMeasure { Price, Volume, Turnover }

/// <summary>A trade, an auction or a day of trades.</summary>
/// <param name="Price">A tonne; null where the row has none, as for a day of block trades alone.</param>
/// <param name="VolumeT">Tonnes, above zero.</param>
public sealed record Trade(LocalDate Day, string Series, decimal? Price, decimal VolumeT, RuleRow Row);

/// <param name="Value">Full value, not rounded; null where no trade has a price, or for a turnover not every one has.</param>
public sealed record TradeMonth(string Series, string Period, decimal? Value, IReadOnlyList<Trade> Trades);

/// <summary>Trades gathered by month and series. Pure. A month without a trade is not there; a trade without a price counts for the volume alone, and leaves a turnover open.</summary>
public static class TradeMonths
{
    const decimal Million = 1_000_000m;

    public static IEnumerable<TradeMonth> Of(IEnumerable<Trade> trades, TradeMeasure measure) => trades
        .GroupBy(t => (t.Series, Period: string.Create(CultureInfo.InvariantCulture, $"{t.Day.Year:0000}-{t.Day.Month:00}")))
        .Select(g => new TradeMonth(g.Key.Series, g.Key.Period, Value([.. g], measure), [.. g]));

    static decimal? Value(IReadOnlyList<Trade> trades, TradeMeasure measure)
    {
        var priced = trades.Where(t => t.Price is not null).ToList();
        return measure switch
        {
            TradeMeasure.Volume => trades.Sum(t => t.VolumeT),
            TradeMeasure.Price => priced.Count == 0 ? null : priced.Sum(t => t.VolumeT * t.Price) / priced.Sum(t => t.VolumeT),
            _ => priced.Count < trades.Count ? null : priced.Sum(t => t.VolumeT * t.Price) / Million,
        };
    }
}
