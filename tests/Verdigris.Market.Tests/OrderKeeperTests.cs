using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Market.Trading;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests;

public sealed class OrderKeeperTests
{
    static readonly FloorEventKind[] Told = [FloorEventKind.OrderAccepted, FloorEventKind.Fill, FloorEventKind.OrderEnded, FloorEventKind.OrderReplaced, FloorEventKind.Reduced, FloorEventKind.Repriced, FloorEventKind.OrderTriggered];

    [Fact]
    public async Task Orders_written_in_pieces_of_any_size_some_twice_and_some_after_a_failure_are_those_of_the_floor_and_every_event_is_told_once()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 2611;
        var random = new Random(seed);
        var (w, _, _) = await TradingTests.Ready(TradingTests.Spot, 75m);
        await using var __ = w;
        var (desk, floor, keeper) = (w.Get<OrderDesk>(), w.Get<IFloor>(), w.Get<OrderKeeper>());
        for (var i = 0; i < 250; i++)
        {
            var (who, side) = random.Next(2) == 0 ? (Seller, Side.Sell) : (Buyer, Side.Buy);
            var live = await w.Do(who, s => desk.Live(s, null, null, default));
            await using var s = w.Registry.Sessions.Open(who);
            switch (random.Next(10))
            {
                case 0 when live.Count > 0:
                    await desk.Cancel(s, BookId.From(Guid.NewGuid()), live[random.Next(live.Count)].Order, default);
                    break;
                case 1 when live.Count > 0:
                    var one = live[random.Next(live.Count)];
                    await desk.Replace(s, new(BookId.From(Guid.NewGuid()), BookId.From(Guid.NewGuid()), 0, one.Order, 1000 * random.Next(1, 6), 74 + (random.Next(200) / 100m)), default);
                    break;
                default:
                    var stop = random.Next(8) == 0;
                    await desk.Enter(s, TradingTests.Order(w, TradingTests.Spot, side, 1000 * random.Next(1, 5), 74 + (random.Next(200) / 100m), stop ? OrderType.StopLimit : OrderType.Limit, random.Next(6) == 0 ? TimeInForce.ImmediateOrCancel : TimeInForce.Day) with { StopPrice = stop ? 75m : null }, default);
                    break;
            }
        }
        var all = new List<FloorEvent>();
        using (var subscription = floor.Subscribe(1))
            while (all.Count < floor.Read(f => f.NextEvent) - 1 && subscription.TryRead(out var batch)) all.AddRange(batch);
        Assert.Equal(all.Count, floor.Read(f => f.NextEvent) - 1);
        for (var at = 0; at < all.Count;)
        {
            var size = Math.Min(all.Count - at, random.Next(1, 60));
            // The beginning of a piece may have been there before.
            var again = Math.Min(at, random.Next(10));
            await using (var s = w.Registry.Sessions.Open(Primitives.Actor.System))
            {
                // A piece with an event in it twice breaks a key of the table: nothing of it stays.
                var piece = all.GetRange(at, size);
                if (random.Next(4) == 0 && piece.Exists(e => Told.Contains(e.Kind))) await Assert.ThrowsAsync<Npgsql.PostgresException>(() => keeper.Take(s, piece.Concat(piece).ToArray(), default));
                await keeper.Take(s, all.GetRange(at - again, size + again).ToArray(), default);
            }
            at += size;
        }
        await using var read = w.Registry.Sessions.Open(Primitives.Actor.System);
        var kept = await read.All("select id, remaining, quantity, price, type, time_in_force, stop_price from market.floor_order where state = 0 order by id", r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.MaybeInt(3), r.GetInt16(4), r.GetInt16(5), r.MaybeInt(6)), default);
        var traders = all.Where(e => e.Kind == FloorEventKind.OrderAccepted).Select(e => e.Trader).Distinct().ToList();
        var there = floor.Read(f => traders.SelectMany(t => f.OrdersOf(t)).OrderBy(o => o.Id).ToList());
        Assert.Equal(there.Select(o => (o.Id, o.Remaining, o.Quantity, (int?)o.Price, (short)o.Type, (short)o.TimeInForce, o.Type == OrderType.StopLimit ? o.StopPrice : (int?)null)), kept);
        Assert.Equal(all.Where(e => e.Kind == FloorEventKind.Fill).Sum(e => e.Quantity), await read.Value<long>("select sum(traded)::bigint from market.floor_order", default));
        Assert.Equal(all.Where(e => Told.Contains(e.Kind)).Select(e => e.Sequence * 2), await read.All("select number from market.order_report order by number", r => r.GetInt64(0), default));
        Assert.True(all.Count(e => e.Kind == FloorEventKind.Fill) > 10 && kept.Count > 5, $"seed {seed}: too little happened: {all.Count(e => e.Kind == FloorEventKind.Fill)} fills, {kept.Count} live, {all.Count} events");
    }
}
