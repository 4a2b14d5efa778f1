using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Data;

/// <summary>Follows the trading floor: keeps its trades, and gives prices out. Where the host has no floor it rests.</summary>
public sealed partial class MarketDataService(IServiceProvider services, IDbSessions sessions, ContractSet contracts, MarketDataKeeper keeper, InstrumentNames names, PriceFeed feed, ILogger<MarketDataService> log) : FloorFollower(services, log, "Market data")
{
    const int Waiting = 262_144;
    /// <summary>Price levels of a side that are given out.</summary>
    public const int Levels = 10;

    /// <summary>Least time between two pulses: what changes in between is given out together.</summary>
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    /// <summary>So often it is written down how far events were read that no trade was among.</summary>
    static readonly Duration Noted = Duration.FromSeconds(5);

    readonly Lock gate = new();
    HashSet<int> moved = [];
    Instant saved;

    protected override async Task Note(long upTo, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        await MarketDataKeeper.Reach(s, upTo, ct);
    }

    protected override Task Beside(IFloor floor, CancellationToken ct) => Task.WhenAll(Pulses(floor, ct), Publications(ct));

    protected override async Task Follow(IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        await Seed(s, floor, ct);
        var position = await MarketDataKeeper.Position(s, ct);
        using var subscription = await Subscribe(floor, position, Waiting, last => MarketDataKeeper.Skip(s, last, ct));
        await foreach (var batch in subscription.Batches(ct)) await Take(s, floor, batch, ct);
    }

    /// <summary>Keeps everything the floor has told so far, and tells who follows; events that are gone are the follower's to report.</summary>
    public override async Task CatchUp(IFloor floor, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(floor);
        await using var s = sessions.Open(Actor.System);
        var reached = 0L;
        try { reached = await FloorReading.UpToNow(floor, await MarketDataKeeper.Position(s, ct) + 1, batch => Take(s, floor, batch, ct), ct); }
        catch (FloorEventsGoneException) { return; }
        if (reached > 0) await MarketDataKeeper.Reach(s, reached, ct);
    }

    /// <summary>Keeps a batch and tells who follows.</summary>
    internal async Task Take(DbSession s, IFloor floor, ReadOnlyMemory<FloorEvent> batch, CancellationToken ct)
    {
        var (traded, touched, phases) = Touched(batch);
        var open = traded.Count == 0 ? [] : OpenInterest(floor, traded);
        if (traded.Count > 0)
        {
            var kept = await keeper.Take(s, batch, open, ct);
            foreach (var change in kept.Changes()) feed.Publish(change);
        }
        else if (s.Now - saved > Noted)
        {
            await MarketDataKeeper.Reach(s, batch.Span[^1].Sequence, ct);
            saved = s.Now;
        }
        foreach (var (instrument, phase) in phases)
            if (await names.Of(s, instrument, ct) is { } series) feed.Publish(new(series, Phase: phase));
        Forward(batch.Span[^1].Sequence);
        lock (gate) moved.UnionWith(touched);
        if (touched.Count > 0) woken.TrySetResult();
    }

    /// <summary>Lots that exist in the Book: exercise, netting and expiry change them without a trade.</summary>
    Dictionary<int, long> OpenInterest(IFloor floor, HashSet<int> traded)
    {
        var assets = floor.Read(f => traded.Select(i => (Instrument: i, View: f.Instrument(i))).Where(v => v.View is { Definition.Shape: not SettlementShape.Spot }).Select(v => (v.Instrument, v.View!.Definition.BaseAsset)).ToList());
        return Services.GetRequiredService<IVenue>().Read(b => assets.ToDictionary(a => a.Instrument, a => b.Total(a.BaseAsset).Issued));
    }

    static (HashSet<int> Traded, HashSet<int> Touched, Dictionary<int, string> Phases) Touched(ReadOnlyMemory<FloorEvent> batch)
    {
        var (traded, touched, phases) = (new HashSet<int>(), new HashSet<int>(), new Dictionary<int, string>());
        foreach (ref readonly var e in batch.Span)
        {
            if (e.Instrument <= 0) continue;
            touched.Add(e.Instrument);
            if (e.Kind is FloorEventKind.Trade or FloorEventKind.ReportedTrade or FloorEventKind.TradeBusted) traded.Add(e.Instrument);
            if (e.Kind == FloorEventKind.PhaseChanged) phases[e.Instrument] = PhaseWord(e.Phase);
        }
        return (traded, touched, phases);
    }

    /// <summary>Agreed trades whose publication waited, once a second.</summary>
    async Task Publications(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
                try
                {
                    await using var s = sessions.Open(Actor.System);
                    var kept = await keeper.Publish(s, ct);
                    foreach (var change in kept.Changes()) feed.Publish(change);
                }
                catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException) { LogFailed(log, e); }
        }
        catch (OperationCanceledException) { }
    }

    volatile TaskCompletionSource woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    async Task Pulses(IFloor floor, CancellationToken ct)
    {
        try
        {
            while (!ct.IsCancellationRequested)
            {
                await Task.WhenAny(woken.Task, feed.Changed).WaitAsync(ct);
                woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
                try
                {
                    await Depths(floor, ct);
                    feed.Pulse();
                }
                catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException) { LogFailed(log, e); }
                await Task.Delay(Beat, ct);
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Reads the books of all instruments that moved, between two batches of the floor.</summary>
    async Task Depths(IFloor floor, CancellationToken ct)
    {
        HashSet<int> instruments;
        lock (gate) (instruments, moved) = (moved, []);
        if (instruments.Count == 0) return;
        try { await Depths(floor, instruments, ct); }
        catch
        {
            // They are read again at the next pulse.
            lock (gate) moved.UnionWith(instruments);
            throw;
        }
    }

    async Task Depths(IFloor floor, HashSet<int> instruments, CancellationToken ct)
    {
        var depths = floor.Read(f => instruments.Where(i => f.Instrument(i) is not null).Select(i => (Instrument: i, Depth: f.Depth(i, Levels), f.TimeMicros)).ToList());
        await using var s = sessions.Open(Actor.System);
        foreach (var (instrument, depth, micros) in depths)
        {
            if (await names.Of(s, instrument, ct) is not { } series || contracts.OfSeries(series) is not { } contract) continue;
            var on = Instant.FromUnixTimeTicks(micros * 10).InUtc().Date;
            IReadOnlyList<BoardLevel> Side(IReadOnlyList<DepthLevel> levels) => [.. levels.Select(l => new BoardLevel(contract.Price(l.Price, on), l.Quantity, l.Orders))];
            feed.Publish(new(series, Bids: Side(depth.Bids), Asks: Side(depth.Asks)));
        }
    }

    /// <summary>What is kept and what the floor holds now, before anything changes.</summary>
    async Task Seed(DbSession s, IFloor floor, CancellationToken ct)
    {
        var instruments = await names.All(s, ct);
        var phases = floor.Read(f => f.Instruments.ToDictionary(i => i, i => f.Instrument(i)!.Phase));
        foreach (var (instrument, series) in instruments)
        {
            // After a start the tape goes on where it was; who is only read on again has it already. Asked before anything is given out: a pulse may come in between.
            var begins = feed.State(series) is null;
            if (await PriceStore.Find(s, contracts, series, ct) is { } prices) feed.Publish(new(series, Day: prices.Day));
            if (begins && await PriceStore.Trades(s, series, null, PriceFeed.TradesKept, ct) is { Count: > 0 } newest)
                feed.Publish(new(series, Trades: [.. newest.Where(t => !t.Busted).Reverse()]));
            if (begins && await PriceStore.TakenBack(s, series, s.Now - PriceFeed.ToldAgain, PriceFeed.TakenBackKept, ct) is { Count: > 0 } gone) feed.Publish(new(series, TakenBack: gone));
            if (phases.TryGetValue(instrument, out var phase)) feed.Publish(new(series, Phase: PhaseWord(phase)));
        }
        lock (gate) moved.UnionWith(phases.Keys);
    }

    internal static string PhaseWord(BookPhase phase) => phase switch
    {
        BookPhase.PreOpen => "pre-open",
        BookPhase.Continuous => "continuous",
        BookPhase.Halt => "halt",
        BookPhase.ClosingAuction => "closing-auction",
        BookPhase.PostClose => "post-close",
        BookPhase.Interruption => "interruption",
        _ => "closed",
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Market data could not be kept; it is tried again in a moment")]
    static partial void LogFailed(ILogger log, Exception e);
}
