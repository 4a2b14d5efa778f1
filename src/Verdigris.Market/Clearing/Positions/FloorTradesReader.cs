using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Positions;

/// <summary>Takes the floor's trades over for clearing as they are made: the floor keeps only so many events, and a clearing house that looked once a day would miss those of a busy one. Where the host has no floor it rests.</summary>
sealed partial class FloorTradesReader(IServiceProvider services, IDbSessions sessions, FloorTrades trades, ILogger<FloorTradesReader> log) : FloorFollower(services, log, "Clearing")
{
    const int Waiting = 262_144;

    static readonly Duration Between = Duration.FromSeconds(1);

    Instant saved;

    public override async Task CatchUp(IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        // What cannot be read is said when the clearing day begins; the floor's day does not wait for it.
        if ((await trades.CatchUp(s, ct)).Ok) Forward(await FloorTrades.Position(s, ct));
    }

    protected override async Task Note(long upTo, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        await FloorTrades.Reach(s, upTo, ct);
    }

    protected override TimeSpan? Again(Exception stopped)
    {
        // Without these trades no clearing day can begin, and it says so itself: nothing is passed over here.
        if (stopped is not FloorEventsGoneException gone) return base.Again(stopped);
        LogGone(log, gone.First);
        return null;
    }

    protected override async Task Follow(IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var position = await FloorTrades.Position(s, ct);
        using (var subscription = floor.Subscribe(position + 1, Waiting))
        {
            // Where nothing was told since, nothing comes: it has read all there is.
            Forward(position);
            await foreach (var batch in subscription.Batches(ct))
            {
                // How far it read is written down with every trade, and now and then between them.
                if (FloorTrades.HasTrades(batch) || s.Now - saved >= Between)
                {
                    await trades.Take(s, floor, batch, ct);
                    saved = s.Now;
                }
                Forward(batch[^1].Sequence);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Trades before event {First} of the trading floor were not taken over for clearing and are no longer kept")]
    static partial void LogGone(ILogger log, long first);
}
