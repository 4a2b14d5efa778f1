using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Book;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Storage;

namespace Verdigris.Market.Credits;

/// <summary>
/// Keeps what is sold out of baskets good delivery: where credits behind receipts no longer meet the basket's rule, the sales that could give them end and the receipts are called in. Looked at every minute, before each sale, and at once when the exchange takes a project out.
/// </summary>
public sealed partial class BasketKeeper(BasketCare care, CreditMarket credits, InstrumentList instruments, IDbSessions sessions, IServiceProvider services, ILogger<BasketKeeper> log) : BackgroundService
{
    static readonly TimeSpan Beat = TimeSpan.FromMinutes(1);

    /// <summary>Trading accounts in whose baskets all was good delivery, and what that look went by.</summary>
    readonly ConcurrentDictionary<string, string> clean = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat);
        try
        {
            do
            {
                // A label that is taken away, or a letter, no account's own affairs tell of: with every beat all are looked at anew.
                clean.Clear();
                try { await Sweep(null, stoppingToken); }
                catch (VenueStoppedException) { return; }
                catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException) { LogFailed(log, e); }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Ends sales and calls receipts in, of one trading account or of all; how many receipts were called in. One that was looked at within the last minute is looked at again where its receipts, the projects taken out or the day are others since.</summary>
    public async Task<long> Sweep(string? line, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        // Before the look: what changes during it is seen the next time.
        var seen = line is null ? null : await care.Seen(s, line, ct);
        if (seen is not null && clean.TryGetValue(line!, out var before) && before == seen) return 0;
        long called = 0;
        var spoilt = await care.Spoilt(s, line, ct);
        foreach (var place in spoilt)
        {
            if (services.GetService(typeof(IFloor)) is IFloor floor)
                foreach (var instrument in (await instruments.All(ct)).Where(i => i.Basket == place.Pool.Use))
                    if (floor.Read(f => f.OrdersOf(place.Account, instrument.Number, int.MaxValue).Any(o => o.Side == Side.Sell))) await floor.Send(FloorCommands.MassCancel(BookId.From(s.NewId()), place.Account, instrument.Number, 0, Side.Sell, 0));
            called += await care.CallIn(s, place, ct);
        }
        if (seen is not null && spoilt.Count == 0) clean[line!] = seen;
        return called;
    }

    /// <summary>The operator takes a project out of all baskets, and what is in them of it is called in before he is answered.</summary>
    public async Task<Answer<MarketExclusion>> Exclude(DbSession s, string? programme, string? project, string? reason, CancellationToken ct)
    {
        var excluded = await care.Exclude(s, programme, project, reason, ct);
        if (excluded.Ok) await Sweep(null, ct);
        return excluded;
    }

    /// <summary>What an instrument of credits is of.</summary>
    internal async Task<CreditPool> PoolOf(DbSession s, Instrument i, CancellationToken ct) => i.Basket is { } use ? (await credits.Basket(s, use, ct)).Value : credits.PoolOf(i.Unit!, i.ProjectId!.Value, int.Parse(i.Vintage!, System.Globalization.CultureInfo.InvariantCulture));

    [LoggerMessage(Level = LogLevel.Error, Message = "Baskets could not be looked over; it is tried again")]
    static partial void LogFailed(ILogger log, Exception e);
}
