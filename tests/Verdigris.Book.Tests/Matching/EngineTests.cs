using Verdigris.Simulator;
using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>What stands below the rules: ladders, memory, ids, restoring.</summary>
public sealed class EngineTests(ITestOutputHelper output)
{
    [Fact]
    public void A_ladder_finds_best_better_and_worse_prices_however_far_apart()
    {
        foreach (ulong seed in new ulong[] { 1, 2, 3 })
        {
            output.WriteLine($"seed {seed}");
            var random = new SeededRandom(seed);
            var ladder = new Ladder(new());
            var keys = new SortedSet<int>();
            int middle = 0;
            for (int step = 0; step < Night.Cases(60_000, 1_000_000); step++)
            {
                if (random.Chance(1)) middle = (int)random.Between(BookTerms.LeastPrice, BookTerms.MostPrice);
                int width = random.Pick([50, 50, 5_000, 1_000_000_000]);
                int key = (int)Math.Clamp(random.Between((long)middle - width, (long)middle + width), BookTerms.LeastPrice, BookTerms.MostPrice);
                if (keys.Count > 0 && random.Chance(50)) key = random.Chance(40) ? keys.Max : keys.GetViewBetween(int.MinValue, key) is { Count: > 0 } below ? below.Max : keys.Min;
                Toggle(ref ladder, keys, key);
                Assert.Equal(keys.Count == 0 ? Ladder.NoKey : keys.Max, ladder.Best);
                if (step % 500 == 0) Assert.True(Same(ladder, keys), $"seed {seed}, step {step}");
            }
            while (keys.Count > 0)
            {
                Toggle(ref ladder, keys, keys.Max);
                Assert.Equal(keys.Count == 0 ? Ladder.NoKey : keys.Max, ladder.Best);
            }
        }
    }

    static unsafe void Toggle(ref Ladder ladder, SortedSet<int> keys, int key)
    {
        if (keys.Add(key))
        {
            var level = ladder.Make(key);
            Assert.Equal(default, *level);
            level->Orders = key | 1;
        }
        else
        {
            Assert.Equal(key | 1, ladder.Find(key)->Orders);
            ladder.Find(key)->Orders = 0;
            ladder.Remove(key);
            keys.Remove(key);
        }
        Assert.Equal(ladder.IsEmpty ? 0 : ladder.Best | 1, ladder.BestLevel->Orders);
    }

    static unsafe bool Same(in Ladder ladder, SortedSet<int> keys)
    {
        int last = Ladder.NoKey, at = ladder.Best;
        foreach (int key in keys.Reverse())
        {
            if (at != key || ladder.Find(key)->Orders != (key | 1) || ladder.Better(key) != last || ladder.WorstDownTo(key) != key) return false;
            (last, at) = (at, ladder.Worse(at));
            if (keys.Count > 300 && keys.Max - key > 2_000_000) return true;
        }
        return at == Ladder.NoKey;
    }

    [Fact]
    public void Matching_allocates_nothing_once_it_has_seen_as_much_before()
    {
        var stream = new OrderStream(new SeededRandom(5), books: 3, owners: 6, spread: 20);
        var engine = new MatchingEngine(orders: 50_000, pages: 100);
        var events = new MatchEvents();
        foreach (var terms in stream.Beginning())
        {
            engine.Define(terms with { BandAction = BandAction.CancelRest }, events);
            engine.Do(new() { Operation = OrderOperation.SetPhase, Book = terms.Book, Phase = BookPhase.Continuous }, events);
        }
        long allocated = 0;
        for (int i = 0; i < 60_000; i++)
        {
            var command = stream.Next(b => engine.Book(b)!.Phase);
            if (command.Operation is not (OrderOperation.New or OrderOperation.Cancel or OrderOperation.Replace or OrderOperation.Expire)) continue;
            events.Clear();
            long before = GC.GetAllocatedBytesForCurrentThread();
            engine.Do(command, events);
            if (i >= 30_000) allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            stream.Learn(events);
        }
        Assert.True(engine.LiveOrders > 20);
        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_sweep_of_thousands_of_orders_gives_its_events_in_order_and_in_runs()
    {
        var desk = new Desk();
        for (int i = 0; i < 5_000; i++) desk.Send(Sell(1, 100 + i / 10, 1 + i % 7));
        Assert.Equal(MatchCode.Accepted, desk.Send(Buy(5_000, 1_000, 20)));
        Assert.Equal(1 + 5_000 + 1, desk.Events.Count);
        long left = 5_000, last = 0;
        for (int at = 0; at < desk.Events.Count;)
        {
            var run = desk.Events.From(at);
            for (int i = 0; i < run.Length; i++)
            {
                Assert.Equal(run[i].Order, desk.Events[at + i].Order);
                if (run[i].Kind != MatchEventKind.Trade) continue;
                Assert.Equal(--left, run[i].OtherRemaining);
                Assert.True(run[i].Order > last);
                last = run[i].Order;
            }
            at += run.Length;
        }
        Assert.Equal(0, left);
        Assert.Equal(0, desk.Events.From(desk.Events.Count).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => desk.Events[desk.Events.Count]);
        desk.Events.Clear();
        Assert.Equal((0, 0), (desk.Events.Count, desk.Events.From(0).Length));
    }

    [Fact]
    public void Commands_in_a_batch_do_what_they_do_one_by_one()
    {
        var stream = new OrderStream(new SeededRandom(8), books: 3, owners: 6, spread: 20);
        MatchingEngine one = new(), many = new();
        MatchEvents events = new(), together = new();
        foreach (var terms in stream.Beginning())
        {
            one.Define(terms, events);
            many.Define(terms, events);
        }
        var batch = new OrderCommand[64];
        var (codes, expected) = (new MatchCode[64], new MatchCode[64]);
        for (int round = 0; round < 200; round++)
        {
            for (int i = 0; i < batch.Length; i++)
            {
                batch[i] = stream.Next(b => one.Book(b)!.Phase);
                events.Clear();
                expected[i] = one.Do(batch[i], events);
                stream.Learn(events);
            }
            together.Clear();
            many.Do(batch, codes, together);
            Assert.Equal(expected, codes);
            Assert.Equal(one.StateHash(), many.StateHash());
        }
        Assert.Throws<ArgumentException>(() => many.Do(batch, new MatchCode[1], together));
    }

    [Fact]
    public void The_next_id_is_known_before_the_order_comes_in()
    {
        var desk = new Desk();
        for (int i = 0; i < 50; i++)
        {
            long next = desk.Engine.NextOrder;
            desk.Send(i % 3 == 0 ? Sell(5, 100) : Buy(2, 100));
            Assert.Equal(next, desk.Events[0].Order);
        }
    }

    [Fact]
    public void Only_what_fits_is_restored()
    {
        var desk = new Desk();
        desk.Enter("a", Buy(5, 100));
        var order = desk.Engine.Order(desk.Id("a"))!.Value;
        Assert.Throws<InvalidOperationException>(() => desk.Engine.Restore(default));
        Assert.Throws<InvalidOperationException>(desk.Engine.FinishRestore);
        Assert.Throws<ArgumentException>(() => desk.Engine.RestoreOrder(order));

        var engine = new MatchingEngine();
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.Restore(new(0, 0, 0)));
        engine.Restore(desk.Engine.Status);
        Assert.Throws<ArgumentException>(() => engine.RestoreOrder(order)); // before its book
        engine.RestoreBook(desk.It.Status);
        Assert.Throws<ArgumentException>(() => engine.RestoreBook(desk.It.Status));
        foreach (var wrong in new[] { order with { Id = order.Id + 1 }, order with { Id = order.Id + (5L << 24) }, order with { Owner = 0 }, order with { Side = 0 }, order with { Shown = 0 }, order with { Book = 2 }, order with { Type = OrderType.MarketToLimit }, order with { Price = int.MaxValue } })
            Assert.Throws<ArgumentException>(() => engine.RestoreOrder(wrong));
        engine.RestoreOrder(order);
        Assert.Throws<ArgumentException>(() => engine.RestoreOrder(order));
        engine.FinishRestore();
        Assert.Equal(desk.Engine.StateHash(), engine.StateHash());
    }

    [Fact]
    public void A_side_that_is_none_has_no_depth() => Assert.Throws<ArgumentOutOfRangeException>(() => new Desk().It.Depth(Side.None, []));
}
