using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Book;

namespace Verdigris.Market.Trading;

/// <summary>Follows the floor from where it was, and again after whatever stopped it, until the host ends. Where the host has no floor it rests.</summary>
/// <param name="name">Who it is, in the log.</param>
public abstract partial class FloorFollower(IServiceProvider services, ILogger log, string name) : BackgroundService, IFloorFollower
{
    /// <summary>What is waited where reading failed.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    long reached = -1;

    protected IServiceProvider Services => services;

    public long? Reached => Volatile.Read(ref reached) is var at and >= 0 ? at : null;

    public abstract Task CatchUp(IFloor floor, CancellationToken ct);

    /// <summary>Reads events from where it was until it is cut or the floor ends with its venue.</summary>
    protected abstract Task Follow(IFloor floor, CancellationToken ct);

    /// <summary>What stopped it is told; how long is waited before it follows again, null where it does not.</summary>
    protected virtual TimeSpan? Again(Exception stopped)
    {
        if (stopped is FloorSubscriberCutException)
        {
            LogBehind(log, name);
            return TimeSpan.Zero;
        }
        LogFailed(log, stopped, name);
        return Pause;
    }

    /// <summary>Writes down how far was read. Between events that concern it a follower does so now and then only, and where the host ends just after, the events between would be missed for nothing: a checkpoint may be all that is kept of them.</summary>
    protected virtual Task Note(long upTo, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Events after <paramref name="position"/>, or from the first that is still kept, where what is passed over is told and given to <paramref name="skip"/>.</summary>
    /// <param name="waiting">Events that may wait before the floor cuts this reader; it then goes on from where it was.</param>
    /// <param name="skip">Writes down that everything up to an event counts as read.</param>
    protected async Task<FloorSubscription> Subscribe(IFloor floor, long position, int waiting, Func<long, Task> skip)
    {
        FloorSubscription subscription;
        try { subscription = floor.Subscribe(position + 1, waiting); }
        catch (FloorEventsGoneException gone)
        {
            LogGap(log, name, position + 1, gone.First - 1);
            await skip(gone.First - 1);
            subscription = floor.Subscribe(gone.First, waiting);
            position = gone.First - 1;
        }
        Forward(position);
        return subscription;
    }

    /// <summary>What is done beside the reading, until the host ends.</summary>
    protected virtual Task Beside(IFloor floor, CancellationToken ct) => Task.CompletedTask;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (services.GetService<IFloor>() is not null) Volatile.Write(ref reached, 0);
        return base.StartAsync(cancellationToken);
    }

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IFloor>() is not { } floor) return;
        var beside = Beside(floor, stoppingToken);
        try
        {
            while (await Once(floor, stoppingToken) is { } wait) await Task.Delay(wait, stoppingToken);
            // Nobody waits for who reads no more.
            Volatile.Write(ref reached, -1);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
        await beside;
        if (Reached is not { } read || read == 0) return;
        try { await Note(read, CancellationToken.None); }
        catch (Exception e) when (e is not OutOfMemoryException) { _ = Again(e); }
    }

    async Task<TimeSpan?> Once(IFloor floor, CancellationToken ct)
    {
        try
        {
            await Follow(floor, ct);
            return Timeout.InfiniteTimeSpan;
        }
        catch (Exception e) when (e is not OutOfMemoryException && !(e is OperationCanceledException && ct.IsCancellationRequested)) { return Again(e); }
    }

    /// <summary>Moves the mark on, and never back: two readers of one follower may end in any order. Of a follower that was not started it stays where it is.</summary>
    protected void Forward(long to)
    {
        for (var at = Volatile.Read(ref reached); at >= 0 && at < to;)
        {
            var was = Interlocked.CompareExchange(ref reached, to, at);
            if (was == at) return;
            at = was;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Follower} fell behind the trading floor and goes on from where it was")]
    static partial void LogBehind(ILogger log, string follower);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Follower}: events {First} to {Last} of the trading floor are no longer kept, and what they told is missing")]
    static partial void LogGap(ILogger log, string follower, long first, long last);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Follower} stopped following the trading floor; it is tried again in a moment")]
    static partial void LogFailed(ILogger log, Exception e, string follower);
}
