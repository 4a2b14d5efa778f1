using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Follows the floor and writes down what became of every order, each event once: what people see of their orders, and the reports that are told to them in order. Where the host has no floor it rests.</summary>
/// <remarks>Orders that live are in memory; what a batch of events changed is written in three statements and one transaction with the number up to which events were read.</remarks>
public sealed class OrderKeeper(IServiceProvider services, IDbSessions sessions, FloorAccounts accounts, ILogger<OrderKeeper> log) : FloorFollower(services, log, "The keeper of orders")
{
    const int Waiting = 1_048_576;
    /// <summary>Events of one transaction, about.</summary>
    const int Most = 16_384;

    readonly SemaphoreSlim one = new(1);
    OrderStates? states;
    volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when reports came after it was read.</summary>
    internal Task Changed => changed.Task;

    protected override async Task Follow(IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var position = await s.Value<long>("select sequence from market.order_position", ct);
        using var subscription = await Subscribe(floor, position, Waiting, last => s.Run("update market.order_position set sequence = greatest(sequence, $1), gaps = gaps + 1", ct, last));
        var waiting = new List<FloorEvent>();
        await foreach (var batch in subscription.Batches(ct))
        {
            waiting.AddRange(batch);
            while (waiting.Count < Most && subscription.TryRead(out var more)) waiting.AddRange(more);
            await Take(s, waiting.ToArray(), ct);
            waiting.Clear();
        }
    }

    /// <summary>Writes down everything the floor has told so far. Whoever reads rows right after an order asks for this first; events that are gone are the follower's to report.</summary>
    public override async Task CatchUp(IFloor floor, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(floor);
        if (Reached is { } at && at >= floor.Read(f => f.NextEvent) - 1) return;
        await using var s = sessions.Open(Actor.System);
        var position = await s.Value<long>("select sequence from market.order_position", ct);
        try { await FloorReading.UpToNow(floor, position + 1, batch => Take(s, batch, ct), ct); }
        catch (FloorEventsGoneException) { }
    }

    /// <summary>One transaction, with the number up to which events were read. Events read before change nothing.</summary>
    internal async Task Take(DbSession s, ReadOnlyMemory<FloorEvent> batch, CancellationToken ct)
    {
        if (batch.IsEmpty) return;
        await one.WaitAsync(ct);
        try
        {
            await s.InTransaction(async t =>
            {
                var position = await s.Value<long>("select sequence from market.order_position for update", t);
                var now = states ??= await OrderStates.Read(s, t);
                for (var i = 0; i < batch.Length; i++)
                {
                    var e = batch.Span[i];
                    if (e.Sequence <= position) continue;
                    if (e.Kind == FloorEventKind.TradeBusted) await Busted(s, now, e, t);
                    else now.Take(e, e.Kind == FloorEventKind.OrderAccepted ? await accounts.Of(s, e.Trader, t) : null);
                }
                await now.Write(s, t);
                await s.Run("update market.order_position set sequence = greatest(sequence, $1)", t, batch.Span[^1].Sequence);
            }, ct);
        }
        catch
        {
            // What is in memory may be ahead of what is written.
            states = null;
            throw;
        }
        finally { one.Release(); }
        // Whoever was slower has read less: what is written down is not undone by it.
        Forward(batch.Span[^1].Sequence);
        Interlocked.Exchange(ref changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Both sides of a trade that was taken back are told, each on an order that may have ended long ago.</summary>
    static async Task Busted(DbSession s, OrderStates now, FloorEvent e, CancellationToken ct)
    {
        await now.Write(s, ct);
        await s.Run("""
            insert into market.order_report (number, organisation_id, at, kind, order_event, order_id, client_id, trade, last_lots, last_price, price, quantity, remaining, traded, traded_value)
            select $1 * 2 + row_number() over (order by o.first_event) - 1, o.organisation_id, $2, $3, o.first_event, o.id, o.client_id, $4, r.last_lots, r.last_price, o.price, o.quantity, o.remaining, o.traded, o.traded_value
            from market.order_report r join market.floor_order o on o.first_event = r.order_event where r.trade = $4 and r.kind = 3
            """, ct, e.Sequence, NodaConstants.UnixEpoch + Duration.FromNanoseconds(e.TimeMicros * 1000L), (short)e.Kind, e.Trade);
    }

    public override void Dispose()
    {
        one.Dispose();
        base.Dispose();
    }
}
