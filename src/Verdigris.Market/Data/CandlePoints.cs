using NodaTime;
using NodaTime.Text;
using Verdigris.Storage;

namespace Verdigris.Market.Data;

/// <summary>The last candles of a series, and the same as points of a chart.</summary>
static class CandlePoints
{
    /// <summary>The most a chart shows.</summary>
    const int Most = 120;

    /// <param name="day">The last trading day there is.</param>
    /// <param name="span">Minutes of a candle, one of <see cref="Candles.Spans"/>.</param>
    public static async Task<IReadOnlyList<Candle>> Last(DbSession s, string series, LocalDate day, int span, CancellationToken ct)
    {
        var to = day.PlusDays(1).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
        var from = to - Duration.FromDays(span == Candles.Day ? 400 : 1 + ((long)Most * span / Candles.Day));
        return [.. (await PriceStore.CandlesOf(s, series, span, from, to, ct)).TakeLast(Most)];
    }

    public static string Label(Candle candle, int span) => span == Candles.Day ? LocalDatePattern.Iso.Format(candle.Day) : $"{candle.Start.InUtc():HH:mm}";

    public static IReadOnlyList<PricePoint> Of(IReadOnlyList<Candle> candles, int span, Func<decimal, string> price, Func<long, string> lots) =>
        [.. candles.Select(c => new PricePoint(Label(c, span), c.High, c.Low, c.Close, c.Lots, $"{Label(c, span)}: {price(c.Low)} – {price(c.High)}, {price(c.Close)}, {lots(c.Lots)}"))];
}
