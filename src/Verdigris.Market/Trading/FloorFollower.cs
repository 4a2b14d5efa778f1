using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Verdigris.Book;

namespace Verdigris.Market.Trading;

/// <summary>Follows the floor from where it was, and again after whatever stopped it, until the host ends. Where the host has no floor it rests.</summary>
public abstract class FloorFollower(IServiceProvider services) : BackgroundService, IFloorFollower
{
    /// <summary>What is waited where reading failed.</summary>
    protected static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    long reached = -1;

    protected IServiceProvider Services => services;

    public long? Reached => Volatile.Read(ref reached) is var at and >= 0 ? at : null;

    public abstract Task CatchUp(IFloor floor, CancellationToken ct);

    /// <summary>Reads events from where it was until it is cut or the floor ends with its venue.</summary>
    protected abstract Task Follow(IFloor floor, CancellationToken ct);

    /// <summary>What stopped it is told; how long is waited before it follows again, null where it does not.</summary>
    protected abstract TimeSpan? Again(Exception stopped);

    /// <summary>Writes down how far was read. Between events that concern it a follower does so now and then only, and where the host ends just after, the events between would be missed for nothing: a checkpoint may be all that is kept of them.</summary>
    protected virtual Task Note(long upTo, CancellationToken ct) => Task.CompletedTask;

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
}
