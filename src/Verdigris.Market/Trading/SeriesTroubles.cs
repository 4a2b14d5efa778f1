using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>
/// What is done to one series after another, each by itself: one that fails does not hold up those behind it. The officers of the exchange are told of it once, and once more where it fails again after it had worked. Thread-safe.
/// </summary>
public sealed partial class SeriesTroubles(IDbSessions sessions, ILogger<SeriesTroubles> log)
{
    readonly ConcurrentDictionary<(string Part, string Series), bool> told = new();

    /// <summary>Does it; answers whether it was done.</summary>
    /// <param name="part">phase or terms: a text stands under market.notice.supervision.series-PART.</param>
    /// <param name="work">Answers null, or a code of the reason why not.</param>
    /// <exception cref="VenueStoppedException">There is no floor any more.</exception>
    internal async Task<bool> Alone(string part, string series, Func<Task<string?>> work, CancellationToken ct)
    {
        try
        {
            if (await work() is { } code)
            {
                await Tell(part, series, code, null, ct);
                return false;
            }
            told.TryRemove((part, series), out _);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException and not VenueStoppedException && !ct.IsCancellationRequested)
        {
            await Tell(part, series, e.GetType().Name, e, ct);
            return false;
        }
    }

    async Task Tell(string part, string series, string code, Exception? why, CancellationToken ct)
    {
        if (!told.TryAdd((part, series), true)) return;
        LogFailed(log, series, part, code, why);
        try
        {
            // One of its own: that of the work may be what broke.
            await using var s = sessions.Open(Actor.System);
            await s.Notify(new Notice(MarketNotices.Supervision, new NoticeTo(Roles: [Role.MarketOperator, Role.ClearingOfficer]), "market.notice.supervision.series-" + part,
                new Dictionary<string, string> { ["series"] = series, ["code"] = code }, "/market/supervision", "market-instrument", series), ct);
        }
        catch (Exception e) when (e is not OutOfMemoryException && !ct.IsCancellationRequested)
        {
            // Nobody was told yet: the next failure tells.
            told.TryRemove((part, series), out _);
            LogUntold(log, series, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Series {Series} was left as it is ({Part}: {Code}); the others went on")]
    static partial void LogFailed(ILogger log, string series, string part, string code, Exception? e);

    [LoggerMessage(Level = LogLevel.Error, Message = "Nobody could be told that series {Series} was left as it is")]
    static partial void LogUntold(ILogger log, string series, Exception e);
}
