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
public sealed record BoardChange(string Series, string? Phase = null, IReadOnlyList<BoardLevel>? Bids = null, IReadOnlyList<BoardLevel>? Asks = null, DayPrices? Day = null, IReadOnlyList<Print>? Trades = null, IReadOnlyList<long>? TakenBack = null);

/// <summary>The last state of a series, never changed once made.</summary>
/// <param name="Trades">The newest, in order; at most <see cref="PriceFeed.TradesKept"/>, and none that was taken back.</param>
/// <param name="TakenBack">How many trades were taken back so far: it goes up, and who sees that asks which.</param>
public sealed record BoardState(string Series, string? Phase, IReadOnlyList<BoardLevel> Bids, IReadOnlyList<BoardLevel> Asks, DayPrices? Day, IReadOnlyList<Print> Trades, long TakenBack = 0)
{
    public static BoardState Empty(string series) => new(series, null, [], [], null, []);
}

/// <summary>
/// The words of the feed: JSON, one object a frame. <c>snapshot</c> has all of a series; <c>increment</c> what changed since the sequence number <c>after</c>. Lists of levels are whole; <c>trades</c> of an increment are the new ones,
/// and <c>skipped</c> says how many of them were more than a frame takes.
/// </summary>
static class BoardJson
{
    public static byte[] Snapshot(BoardState state, long sequence) => Write(state.Series, sequence, null, state.Phase, state.Bids, state.Asks, state.Day, state.Trades, 0);

    public static byte[] Increment(BoardState state, long sequence, bool phase, bool depth, bool day, IReadOnlyList<Print> trades, int skipped) =>
        Write(state.Series, sequence, sequence - 1, phase ? state.Phase : null, depth ? state.Bids : null, depth ? state.Asks : null, day ? state.Day : null, trades.Count > 0 ? trades : null, skipped);

    static byte[] Write(string series, long sequence, long? after, string? phase, IReadOnlyList<BoardLevel>? bids, IReadOnlyList<BoardLevel>? asks, DayPrices? day, IReadOnlyList<Print>? trades, int skipped)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("type", after is null ? "snapshot" : "increment");
            json.WriteString("series", series);
            json.WriteNumber("sequence", sequence);
            if (after is { } before) json.WriteNumber("after", before);
            if (phase is not null) json.WriteString("phase", phase);
            Levels(json, "bids", bids);
            Levels(json, "asks", asks);
            if (day is not null) Day(json, day);
            if (trades is not null)
            {
                json.WriteStartArray("trades");
                foreach (var t in trades)
                {
                    json.WriteStartObject();
                    json.WriteNumber("trade", t.Trade);
                    json.WriteString("at", InstantPattern.ExtendedIso.Format(t.At));
                    json.WriteNumber("price", t.Price);
                    json.WriteNumber("lots", t.Lots);
                    json.WriteString("kind", Word(t));
                    if (t.Aggressor is { } came) json.WriteString("aggressor", came == Aggressor.Buy ? "buy" : "sell");
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            if (skipped > 0) json.WriteNumber("skipped", skipped);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>A reported trade by what kind of agreement it was, where that is known.</summary>
    internal static string Word(Print print) => Word(print.Kind, print.Agreed);

    internal static string Word(PrintKind kind, AgreedKind? agreed) => agreed switch { AgreedKind.Block => "block", AgreedKind.ExchangeForPhysical => "exchange-for-physical", AgreedKind.ExchangeForSwap => "exchange-for-swap", AgreedKind.Otc => "otc", _ => Word(kind) };

    internal static string Word(PrintKind kind) => kind switch { PrintKind.Auction => "auction", PrintKind.Reported => "reported", _ => "book" };

    static void Levels(Utf8JsonWriter json, string name, IReadOnlyList<BoardLevel>? levels)
    {
        if (levels is null) return;
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

    static void Day(Utf8JsonWriter json, DayPrices day)
    {
        json.WriteStartObject("day");
        json.WriteString("day", LocalDatePattern.Iso.Format(day.Day));
        foreach (var (name, value) in new (string, decimal?)[] { ("open", day.Open), ("high", day.High), ("low", day.Low), ("close", day.Close), ("vwap", day.Vwap) })
            if (value is { } known) json.WriteNumber(name, known);
            else json.WriteNull(name);
        json.WriteNumber("lots", day.Lots);
        json.WriteNumber("turnover", day.Turnover);
        json.WriteNumber("trades", day.Trades);
        json.WriteNumber("reportedLots", day.ReportedLots);
        if (day.OpenInterest is { } open) json.WriteNumber("openInterest", open);
        else json.WriteNull("openInterest");
        json.WriteEndObject();
    }
}
