using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Follows the floor and writes down what became of every order, each event once: what people see of their orders, and the reports that are told to them in order. Where the host has no floor it rests.</summary>
public sealed partial class OrderKeeper(IServiceProvider services, IDbSessions sessions, FloorAccounts accounts, ILogger<OrderKeeper> log) : BackgroundService
{
    const int Waiting = 262_144;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    volatile TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when reports came after it was read.</summary>
    internal Task Changed => changed.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService<IFloor>() is not { } floor) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try { await Follow(floor, stoppingToken); }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { return; }
            catch (FloorSubscriberCutException) { LogBehind(log); }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(log, e);
                try { await Task.Delay(Pause, stoppingToken); }
                catch (OperationCanceledException) { return; }
            }
        }
    }

    async Task Follow(IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var position = await s.Value<long>("select sequence from market.order_position", ct);
        FloorSubscription subscription;
        try { subscription = floor.Subscribe(position + 1, Waiting); }
        catch (FloorEventsGoneException gone)
        {
            await s.Run("update market.order_position set sequence = $1, gaps = gaps + 1", ct, gone.First - 1);
            LogGap(log, position + 1, gone.First - 1);
            subscription = floor.Subscribe(gone.First, Waiting);
        }
        using (subscription)
            await foreach (var batch in subscription.Batches(ct)) await Take(s, batch, ct);
        await Task.Delay(Timeout.Infinite, ct);
    }

    /// <summary>Writes down everything the floor has told so far. Whoever reads rows right after an order asks for this first; events that are gone are the follower's to report.</summary>
    public async Task CatchUp(IFloor floor, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(floor);
        await using var s = sessions.Open(Actor.System);
        var position = await s.Value<long>("select sequence from market.order_position", ct);
        try { await FloorReading.UpToNow(floor, position + 1, batch => Take(s, batch, ct), ct); }
        catch (FloorEventsGoneException) { }
    }

    /// <summary>One transaction a batch, with the number up to which events were read.</summary>
    internal async Task Take(DbSession s, ReadOnlyMemory<FloorEvent> batch, CancellationToken ct)
    {
        await s.InTransaction(async t =>
        {
            var position = await s.Value<long>("select sequence from market.order_position for update", t);
            for (var i = 0; i < batch.Length; i++)
                if (batch.Span[i].Sequence > position) await Take(s, batch.Span[i], t);
            await s.Run("update market.order_position set sequence = greatest(sequence, $1)", t, batch.Span[^1].Sequence);
        }, ct);
        Interlocked.Exchange(ref changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    async Task Take(DbSession s, FloorEvent e, CancellationToken ct)
    {
        var at = NodaConstants.UnixEpoch + Duration.FromNanoseconds(e.TimeMicros * 1000L);
        switch (e.Kind)
        {
            case FloorEventKind.OrderAccepted:
                // What the event does not say of an order the desk wrote down before it sent it.
                if (await accounts.Of(s, e.Trader, ct) is not { } whose) return;
                await s.Run("""
                    insert into market.floor_order (id, first_event, instrument, trader, account, organisation_id, client_id, session, side, type, time_in_force, effect, quantity, price, stop_price, display, remaining, state, entered_by, entered_at, changed_at)
                    select $1, $2, $3, $4, $5, $6, $7, coalesce(w.session, 0), $8, coalesce(w.type, 0), coalesce(w.time_in_force, 0), coalesce(w.effect, 0), coalesce(w.quantity, $9), coalesce(w.price, $10), w.stop_price, coalesce(w.display, 0), $9, 0, w.entered_by, $11, $11
                    from (select 1) one left join market.order_wish w on w.organisation_id = $6 and w.client_id = $7 on conflict do nothing
                    """, ct, e.Order, e.Sequence, e.Instrument, e.Trader, whose.Account, whose.Organisation, BookId.ToGuid(e.ClientId), (short)e.Side, e.Remaining, e.Price, at);
                await Report(s, e, at, "remaining", ct);
                break;
            case FloorEventKind.Fill:
                await s.Run("""
                    update market.floor_order set traded = traded + $2, traded_value = traded_value + $2::numeric * $3, remaining = $4, state = case when $4 = 0 then 1 else state end, changed_at = $5 where id = $1 and state = 0
                    """, ct, e.Order, e.Quantity, e.Price, e.Remaining, at);
                await Report(s, e, at, "fill", ct);
                break;
            case FloorEventKind.OrderEnded:
                await Report(s, e, at, "end", ct, before: () => s.Run("update market.floor_order set remaining = 0, state = 2, code = $2, changed_at = $3 where id = $1 and state = 0", ct, e.Order, (int)e.Code, at));
                break;
            case FloorEventKind.OrderReplaced:
                await s.Run("update market.floor_order set price = $2, remaining = $3, quantity = traded + $3, client_id = $4, changed_at = $5 where id = $1 and state = 0", ct, e.Order, e.Price, e.Remaining, BookId.ToGuid(e.ClientId), at);
                await Report(s, e, at, "replace", ct);
                break;
            case FloorEventKind.Reduced:
                await s.Run("update market.floor_order set remaining = remaining - $2, quantity = quantity - $2, changed_at = $3 where id = $1 and state = 0", ct, e.Order, e.Quantity, at);
                await Report(s, e, at, "reduce", ct);
                break;
            case FloorEventKind.Repriced:
                await s.Run("update market.floor_order set price = $2, changed_at = $3 where id = $1 and state = 0", ct, e.Order, e.Price, at);
                await Report(s, e, at, "reprice", ct);
                break;
            case FloorEventKind.OrderTriggered:
                await Report(s, e, at, "trigger", ct);
                break;
            case FloorEventKind.OrderBroughtBack:
                await s.Run("update market.floor_order set id = $2, remaining = $3, state = 0, changed_at = $4 where id = $1 and first_event = (select max(first_event) from market.floor_order where id = $1)", ct, e.Other, e.Order, e.Remaining, at);
                await Report(s, e, at, "back", ct);
                break;
            case FloorEventKind.TradeBusted:
                await s.Run("""
                    insert into market.order_report (number, organisation_id, at, kind, order_event, order_id, client_id, trade, last_lots, last_price, price, quantity, remaining, traded, traded_value)
                    select $1 * 2 + row_number() over (order by o.first_event) - 1, o.organisation_id, $2, $3, o.first_event, o.id, o.client_id, $4, r.last_lots, r.last_price, o.price, o.quantity, o.remaining, o.traded, o.traded_value
                    from market.order_report r join market.floor_order o on o.first_event = r.order_event where r.trade = $4 and r.kind = 3 on conflict do nothing
                    """, ct, e.Sequence, at, (short)e.Kind, e.Trade);
                break;
        }
    }

    /// <summary>A report of what an event did to an order, as it stands after it. Numbers are twice the event's, so that one event can tell both sides.</summary>
    static async Task Report(DbSession s, FloorEvent e, Instant at, string what, CancellationToken ct, Func<Task>? before = null)
    {
        if (before is not null) await before();
        var fill = what == "fill";
        await s.Run("""
            insert into market.order_report (number, organisation_id, at, kind, code, order_event, order_id, client_id, trade, last_lots, last_price, price, quantity, remaining, traded, traded_value)
            select $1 * 2, o.organisation_id, $2, $3, $4, o.first_event, o.id, o.client_id, $5, $6, $7, o.price, o.quantity, o.remaining, o.traded, o.traded_value
            from market.floor_order o where o.id = $8 order by o.first_event desc limit 1 on conflict do nothing
            """, ct, e.Sequence, at, (short)e.Kind, (int)e.Code, fill ? e.Trade : 0L, fill ? e.Quantity : 0L, fill ? e.Price : 0, e.Order);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keeper of orders fell behind the trading floor and goes on from where it was")]
    static partial void LogBehind(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "Events {First} to {Last} of the trading floor are no longer kept: what became of orders in them is missing")]
    static partial void LogGap(ILogger log, long first, long last);

    [LoggerMessage(Level = LogLevel.Error, Message = "What became of orders could not be written down; it is tried again")]
    static partial void LogFailed(ILogger log, Exception e);
}
