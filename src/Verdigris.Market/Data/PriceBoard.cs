using System.Buffers;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Verdigris.Market.Modes;

namespace Verdigris.Market.Data;

/// <summary>A price level of a book.</summary>
public readonly record struct BoardLevel(decimal Price, long Lots, int Orders);

/// <summary>What changed of a series. Null: that part did not.</summary>
/// <param name="Phase">pre-open, opening-auction, continuous, halt, closing-auction, closed…</param>
/// <param name="Bids">Best first; <paramref name="Asks"/> too.</param>
/// <param name="Trades">New ones, in order.</param>
/// <param name="TakenBack">Trades that are no more.</param>
/// <param name="Minutes">What is left of the minutes they were made in, and <paramref name="EarlierDays"/> of their days, where those are not the last.</param>
public sealed record BoardChange(string Series, string? Phase = null, IReadOnlyList<BoardLevel>? Bids = null, IReadOnlyList<BoardLevel>? Asks = null, DayPrices? Day = null, IReadOnlyList<Print>? Trades = null, IReadOnlyList<TakenBackTrade>? TakenBack = null,
    IReadOnlyList<MinuteNow>? Minutes = null, IReadOnlyList<DayPrices>? EarlierDays = null);

/// <summary>The last state of a series, never changed once made.</summary>
/// <param name="Trades">The newest, in order; at most <see cref="PriceFeed.TradesKept"/>, and none that was taken back.</param>
/// <param name="TakenBack">The newest that were, in the order it was told; at most <see cref="PriceFeed.TakenBackKept"/>.</param>
/// <param name="Undone">How many trades were taken back so far: it goes up, and who sees that asks which.</param>
public sealed record BoardState(string Series, string? Phase, IReadOnlyList<BoardLevel> Bids, IReadOnlyList<BoardLevel> Asks, DayPrices? Day, IReadOnlyList<Print> Trades, IReadOnlyList<TakenBackTrade> TakenBack, long Undone = 0)
{
    public static BoardState Empty(string series) => new(series, null, [], [], null, [], []);
}

/// <summary>What an increment says; null: that part did not change.</summary>
sealed record BoardNews(bool Phase, bool Depth, bool Day, IReadOnlyList<Print> Trades, int Skipped, IReadOnlyList<TakenBackTrade> TakenBack, IReadOnlyCollection<MinuteNow> Minutes, IReadOnlyCollection<DayPrices> EarlierDays);

/// <summary>
/// The words of the feed: JSON, one object a frame. <c>snapshot</c> has all of a series; <c>increment</c> what changed since the sequence number <c>after</c>. Lists of levels are whole; <c>trades</c> of an increment are the new ones,
/// and <c>skipped</c> says how many of them were more than a frame takes. <c>takenBack</c> are trades that are no more: of an increment those since, with <c>candles</c>, the minutes they leave, and <c>earlierDays</c>; of a snapshot the newest.
/// </summary>
static class BoardJson
{
    public static byte[] Snapshot(BoardState state, long sequence) => Write(state, sequence, new(true, true, true, state.Trades, 0, state.TakenBack, [], []), whole: true);

    public static byte[] Increment(BoardState state, long sequence, BoardNews news) => Write(state, sequence, news, whole: false);

    static byte[] Write(BoardState state, long sequence, BoardNews news, bool whole)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("type", whole ? "snapshot" : "increment");
            json.WriteString("series", state.Series);
            json.WriteNumber("sequence", sequence);
            if (!whole) json.WriteNumber("after", sequence - 1);
            if (news.Phase && state.Phase is { } phase) json.WriteString("phase", phase);
            if (news.Depth) Levels(json, "bids", state.Bids);
            if (news.Depth) Levels(json, "asks", state.Asks);
            if (news.Day && state.Day is { } day)
            {
                json.WritePropertyName("day");
                Day(json, day);
            }
            if (whole || news.Trades.Count > 0)
            {
                json.WriteStartArray("trades");
                foreach (var t in news.Trades) Trade(json, t);
                json.WriteEndArray();
            }
            if (news.Skipped > 0) json.WriteNumber("skipped", news.Skipped);
            if (news.TakenBack.Count > 0)
            {
                json.WriteStartArray("takenBack");
                foreach (var back in news.TakenBack) Trade(json, back.Trade, back);
                json.WriteEndArray();
            }
            if (news.Minutes.Count > 0)
            {
                json.WriteStartArray("candles");
                foreach (var minute in news.Minutes) Minute(json, minute);
                json.WriteEndArray();
            }
            if (news.EarlierDays.Count > 0)
            {
                json.WriteStartArray("earlierDays");
                foreach (var earlier in news.EarlierDays) Day(json, earlier);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    static void Trade(Utf8JsonWriter json, Print t, TakenBackTrade? back = null)
    {
        json.WriteStartObject();
        json.WriteNumber("trade", t.Trade);
        json.WriteString("at", InstantPattern.ExtendedIso.Format(t.At));
        json.WriteNumber("price", t.Price);
        json.WriteNumber("lots", t.Lots);
        json.WriteString("kind", Word(t));
        if (t.Aggressor is { } came) json.WriteString("aggressor", came == Aggressor.Buy ? "buy" : "sell");
        if (back?.At is { } when) json.WriteString("takenBackAt", InstantPattern.ExtendedIso.Format(when));
        json.WriteEndObject();
    }

    static void Minute(Utf8JsonWriter json, MinuteNow minute)
    {
        var candle = minute.Candle;
        json.WriteStartObject();
        json.WriteString("start", InstantPattern.ExtendedIso.Format(minute.Start));
        json.WriteString("day", LocalDatePattern.Iso.Format(minute.Day));
        Prices(json, ("open", candle?.Open), ("high", candle?.High), ("low", candle?.Low), ("close", candle?.Close));
        json.WriteNumber("lots", candle?.Lots ?? 0);
        json.WriteNumber("turnover", candle?.Turnover ?? 0);
        json.WriteNumber("trades", candle?.Trades ?? 0);
        json.WriteEndObject();
    }

    /// <summary>A reported trade by what kind of agreement it was, where that is known.</summary>
    internal static string Word(Print print) => Word(print.Kind, print.Agreed);

    internal static string Word(PrintKind kind, AgreedKind? agreed) => agreed switch { AgreedKind.Block => "block", AgreedKind.ExchangeForPhysical => "exchange-for-physical", AgreedKind.ExchangeForSwap => "exchange-for-swap", AgreedKind.Otc => "otc", _ => Word(kind) };

    internal static string Word(PrintKind kind) => kind switch { PrintKind.Auction => "auction", PrintKind.Reported => "reported", _ => "book" };

    static void Levels(Utf8JsonWriter json, string name, IReadOnlyList<BoardLevel> levels)
    {
        json.WriteStartArray(name);
        foreach (var level in levels)
        {
            json.WriteStartArray();
            json.WriteNumberValue(level.Price);
            json.WriteNumberValue(level.Lots);
            json.WriteNumberValue(level.Orders);
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    /// <summary>What is not known, or not there, is null.</summary>
    static void Prices(Utf8JsonWriter json, params ReadOnlySpan<(string Name, decimal? Price)> prices)
    {
        foreach (var (name, price) in prices)
            if (price is { } known) json.WriteNumber(name, known);
            else json.WriteNull(name);
    }

    static void Day(Utf8JsonWriter json, DayPrices day)
    {
        json.WriteStartObject();
        json.WriteString("day", LocalDatePattern.Iso.Format(day.Day));
        Prices(json, ("open", day.Open), ("high", day.High), ("low", day.Low), ("close", day.Close), ("vwap", day.Vwap));
        json.WriteNumber("lots", day.Lots);
        json.WriteNumber("turnover", day.Turnover);
        json.WriteNumber("trades", day.Trades);
        json.WriteNumber("reportedLots", day.ReportedLots);
        if (day.OpenInterest is { } open) json.WriteNumber("openInterest", open);
        else json.WriteNull("openInterest");
        json.WriteEndObject();
    }
}
