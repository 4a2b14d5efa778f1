using NodaTime;
using Verdigris.Market.Modes;

namespace Verdigris.Market.Data;

/// <summary>How a trade came about.</summary>
public enum PrintKind : short
{
    Book = 0, Auction = 1,
    /// <summary>Agreed outside the book and registered: it counts for volume, and for no price.</summary>
    Reported = 2,
}

/// <summary>The side that came in and met what stood in the book.</summary>
public enum Aggressor : short { Buy = 1, Sell = 2 }

/// <summary>A trade as everybody sees it.</summary>
/// <param name="Trade">The floor's number of it, unique over all series.</param>
/// <param name="Sequence">Of the floor's event: the order of trades.</param>
/// <param name="Day">The trading day it counts for.</param>
/// <param name="Agreed">Of a reported trade: what kind of agreement it was, where that is known.</param>
/// <param name="Aggressor">Null where there is none (an auction, a trade agreed outside the book), and of trades kept before it was.</param>
/// <param name="Price">In the contract's currency a unit; <paramref name="Turnover"/> is price x lot x lots.</param>
public sealed record Print(string Series, long Trade, long Sequence, Instant At, LocalDate Day, decimal Price, long Lots, decimal Turnover, PrintKind Kind, bool Busted = false, AgreedKind? Agreed = null, Aggressor? Aggressor = null);

/// <summary>A trade that was published and is no more.</summary>
/// <param name="At">When it was taken back; null where that is not known.</param>
public sealed record TakenBackTrade(Print Trade, Instant? At);

/// <summary>A minute that lost a trade, as it is now.</summary>
/// <param name="Day">The trading day it counts for.</param>
/// <param name="Candle">Null: no trade of the book is left in it.</param>
/// <param name="UpTo">Trades of the floor's events up to this number are in it.</param>
public sealed record MinuteNow(string Series, Instant Start, LocalDate Day, Candle? Candle, long UpTo)
{
    /// <summary>With a trade that came after; what is no part of the minute, or in it already, changes nothing.</summary>
    public MinuteNow With(Print trade)
    {
        ArgumentNullException.ThrowIfNull(trade);
        if (trade.Kind == PrintKind.Reported || trade.Sequence <= UpTo || Candles.StartOf(trade.At, Candles.Minute) != Start) return this;
        var was = Candle ?? new(Start, trade.Day, trade.Price, trade.Price, trade.Price, trade.Price, 0, 0, 0);
        return this with { UpTo = trade.Sequence, Candle = was with { High = Math.Max(was.High, trade.Price), Low = Math.Min(was.Low, trade.Price), Close = trade.Price, Lots = was.Lots + trade.Lots, Turnover = was.Turnover + trade.Turnover, Trades = was.Trades + 1 } };
    }
}

/// <summary>Prices of a span of time in the book.</summary>
/// <param name="Start">First instant of the span, UTC.</param>
/// <param name="Day">The trading day it counts for.</param>
public sealed record Candle(Instant Start, LocalDate Day, decimal Open, decimal High, decimal Low, decimal Close, long Lots, decimal Turnover, int Trades);

/// <summary>A trading day of a series. Prices are null where nothing was traded in the book.</summary>
/// <param name="Vwap">Turnover of the book a unit, six places.</param>
/// <param name="ReportedLots">Agreed outside the book and registered; not part of <paramref name="Lots"/>.</param>
/// <param name="OpenInterest">Lots open on either side; null where the series has no positions, or it is not known.</param>
public sealed record DayPrices(LocalDate Day, decimal? Open, decimal? High, decimal? Low, decimal? Close, decimal? Vwap, long Lots, decimal Turnover, int Trades, long ReportedLots, decimal ReportedTurnover, long? OpenInterest);

/// <summary>Candles of longer spans, out of minutes. Pure.</summary>
public static class Candles
{
    public const int Minute = 1, Day = 1440;
    /// <summary>Where nobody says otherwise.</summary>
    public const int Usual = 15;

    /// <summary>Spans there are, in minutes.</summary>
    public static IReadOnlyList<int> Spans { get; } = [Minute, 5, 15, 60, Day];

    /// <summary>Start of the span an instant lies in: spans are counted from midnight UTC.</summary>
    public static Instant StartOf(Instant at, int minutes) => Instant.FromUnixTimeSeconds(at.ToUnixTimeSeconds() / (minutes * 60L) * (minutes * 60L));

    /// <summary>Minutes, in order, as candles of a longer span; of a day by their trading day.</summary>
    public static IReadOnlyList<Candle> Merge(IEnumerable<Candle> minutes, int span)
    {
        ArgumentNullException.ThrowIfNull(minutes);
        var merged = new List<Candle>();
        foreach (var minute in minutes)
        {
            var start = span == Day ? minute.Day.AtStartOfDayInZone(DateTimeZone.Utc).ToInstant() : StartOf(minute.Start, span);
            if (merged.Count > 0 && merged[^1].Start == start)
            {
                var last = merged[^1];
                merged[^1] = last with { High = Math.Max(last.High, minute.High), Low = Math.Min(last.Low, minute.Low), Close = minute.Close, Lots = last.Lots + minute.Lots, Turnover = last.Turnover + minute.Turnover, Trades = last.Trades + minute.Trades };
            }
            else merged.Add(minute with { Start = start });
        }
        return merged;
    }
}
