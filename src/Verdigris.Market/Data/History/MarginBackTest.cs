using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;

namespace Verdigris.Market.Data.History;

/// <summary>One day of a back-test: what the margin asked for before it, and what a long lot gained on it. Money in the contract's currency.</summary>
/// <param name="Shortfall">Mean loss of the worst days of the window before.</param>
/// <param name="Exceeded">More was lost than asked for.</param>
public sealed record BackTestDay(LocalDate Day, decimal Price, decimal Shortfall, decimal Gain, bool Exceeded);

/// <param name="Window">Days each measure looks back.</param>
/// <param name="Confidence">Of the measure: 0.975.</param>
/// <param name="Lots">Lots of the position tried.</param>
/// <param name="Judged">Kupiec's test and the traffic light over all days tried.</param>
public sealed record BackTestView(string Series, int Window, decimal Confidence, long Lots, BackTestResult Judged, IReadOnlyList<BackTestDay> Days);

/// <summary>Tries margin by expected shortfall on a history of prices: each traded day against the days before it. A long position, so that a falling price loses. Pure.</summary>
public static class MarginBackTest
{
    public const int UsualWindow = 60;
    public const decimal UsualConfidence = 0.975m;

    /// <summary>Refuses <c>prices.history-short</c> and what the measure refuses (<see cref="ExpectedShortfall"/>).</summary>
    /// <param name="lots">Long; a unit of Shenzhen is a tonne, so 1,000 lots are 1,000 t.</param>
    public static Answer<BackTestView> Of(Contract contract, HistorySeries history, int window = UsualWindow, decimal confidence = UsualConfidence, long lots = 1_000)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(history);
        var closes = history.Closes;
        if (closes.Count < window + 2) return Refusal.Conflict("prices.history-short", "window", ("days", $"{closes.Count}"), ("window", $"{window}"));
        if (contract.Lot(closes[^1].Day) is not { } lot) return Refusal.Conflict("contract.lot-unknown", "contract", ("contract", contract.Code));
        var prices = closes.Select(c => c.Price).ToList();
        // The gain of a lot held over each step, at the prices of that step.
        var gains = new long[prices.Count - 1];
        for (var i = 1; i < prices.Count; i++) gains[i - 1] = LotValue.Variation(LotValue.Of(prices[i - 1], lot, contract.CurrencyPlaces), LotValue.Of(prices[i], lot, contract.CurrencyPlaces), lots);
        var walked = ExpectedShortfall.Walk(gains, window, confidence);
        if (!walked.Ok) return walked.Refusals.ToList();
        var unit = 1m;
        for (var i = 0; i < contract.CurrencyPlaces; i++) unit /= 10;
        var days = walked.Value.Select((w, i) => new BackTestDay(closes[window + i + 1].Day, closes[window + i + 1].Price, Math.Round(Math.Max(0, w.Asked.Shortfall) * unit, contract.CurrencyPlaces), w.Gain * unit, -w.Gain > w.Asked.Shortfall)).ToList();
        var judged = BackTest.Judge(days.Count, days.Count(d => d.Exceeded), confidence);
        return judged.Ok ? new BackTestView(history.Series, window, confidence, lots, judged.Value, days) : judged.Refusals.ToList();
    }
}
