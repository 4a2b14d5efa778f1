using System.Runtime.InteropServices;
using Verdigris.Simulator;

namespace Verdigris.Book.Tests.Matching;

/// <summary>The engine beside the reference book: equal codes, events, ids and depth at every step, and laws that hold whatever is sent.</summary>
public sealed class MatchingComparisonTests(ITestOutputHelper output)
{
    // What was met in a test: one that meets only refusals proves nothing.
    readonly SortedDictionary<MatchCode, int> codes = [];
    readonly SortedDictionary<MatchEventKind, int> kinds = [];
    readonly SortedDictionary<EndReason, int> reasons = [];

    sealed record Run(MatchingEngine Engine, ReferenceEngine Reference, List<(BookTerms? Terms, OrderCommand Command)> Sent);

    /// <param name="after">Looks at every step: before it, the command, what it did.</param>
    Run Compare(ulong seed, int steps, OrderStream stream, Action<MatchingEngine, OrderCommand, MatchEvents, Dictionary<int, BestPrices>>? after = null)
    {
        output.WriteLine($"seed {seed}");
        var run = new Run(new(), new(), []);
        var (engine, reference, sent) = run;
        var events = new MatchEvents();
        foreach (var terms in stream.Beginning()) Same(() => engine.Define(terms, events), () => reference.Define(terms), terms.Book, $"define {terms}", 0, (terms, default));
        for (int step = 1; step <= steps; step++)
        {
            if (stream.NextTerms() is { } terms)
            {
                Same(() => engine.Define(terms, events), () => reference.Define(terms), terms.Book, $"define {terms}", step, (terms, default));
                After(default, []);
            }
            var command = stream.Next(b => engine.Book(b)!.Phase);
            var before = after is null ? [] : engine.Books().ToDictionary(b => b.Number, b => b.Best);
            var foretold = engine.Check(command);
            var code = Same(() => engine.Do(command, events), () => reference.Do(command), command.Book, Text(command), step, (null, command));
            Assert.True(foretold == code, $"seed {seed}, step {step}: {Text(command)}: check said {foretold}, and it was {code}");
            codes[code] = codes.GetValueOrDefault(code) + 1;
            After(command, before);
            if (step % 500 == 0 || step == steps) Whole(run, $"seed {seed}, step {step}");
        }
        return run;

        void After(OrderCommand command, Dictionary<int, BestPrices> before)
        {
            for (int i = 0; i < events.Count; i++)
            {
                kinds[events[i].Kind] = kinds.GetValueOrDefault(events[i].Kind) + 1;
                reasons[events[i].Reason] = reasons.GetValueOrDefault(events[i].Reason) + 1;
            }
            stream.Learn(events);
            after?.Invoke(engine, command, events, before);
        }

        MatchCode Same(Func<MatchCode> done, Func<MatchCode> expected, int book, string what, int step, (BookTerms?, OrderCommand) message)
        {
            sent.Add(message);
            events.Clear();
            var wanted = expected();
            var code = done();
            string Where() => $"seed {seed}, step {step}: {what}";
            Assert.True(wanted == code, $"{Where()}: {code}, expected {wanted}");
            bool same = events.Count == reference.Events.Count;
            for (int i = 0; same && i < events.Count; i++) same = Equal(events[i], reference.Events[i]);
            if (!same)
                Assert.Fail($"{Where()}\nexpected:\n{string.Join('\n', reference.Events.Select(e => Text(e)))}\nwas:\n{string.Join('\n', Enumerable.Range(0, events.Count).Select(i => Text(events[i])))}");
            // What a command to one book did to others is seen when these are next touched, and by the whole comparison.
            if (reference.Books.TryGetValue(book, out var b)) SameDepth(engine.Book(book)!, b, Where);
            return code;
        }
    }

    static bool Equal(in MatchEvent a, in MatchEvent b) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<MatchEvent>(in a)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<MatchEvent>(in b)));

    static void SameDepth(OrderBook book, ReferenceBook expected, Func<string> where)
    {
        Span<DepthLevel> levels = stackalloc DepthLevel[64];
        foreach (var side in new[] { Side.Buy, Side.Sell })
        {
            var wanted = CollectionsMarshal.AsSpan(expected.Depth(side));
            var was = levels[..book.Depth(side, levels)];
            if (!wanted[..Math.Min(wanted.Length, levels.Length)].SequenceEqual(was)) Assert.Fail($"{where()}: {side} {string.Join(' ', was.ToArray())}, expected {string.Join(' ', wanted.ToArray())}");
        }
        Assert.True(book.Phase == expected.Phase && book.LastPrice == expected.Last && book.Terms.Reference == expected.Reference, where());
    }

    static void Whole(Run run, string where)
    {
        foreach (var (number, expected) in run.Reference.Books)
        {
            var book = run.Engine.Book(number)!;
            SameDepth(book, expected, () => where);
            Assert.Equal(expected.All.Select(Live), book.LiveOrders());
            if (expected.Bids.Count == 0 || expected.Asks.Count == 0 || expected.Bids[0].Price - expected.Asks[0].Price < 5_000) Assert.Equal(expected.Indicative(), book.Indicative());
        }
        Assert.Equal(run.Reference.Live.Count, run.Engine.LiveOrders);
        foreach (var byOwner in run.Reference.Live.Values.GroupBy(o => o.Owner)) Assert.Equal(byOwner.Select(Live), run.Engine.OrdersOf(byOwner.Key));
    }

    static LiveOrder Live(ReferenceOrder o) =>
        new(o.Id, o.Book.Terms.Book, o.Owner, o.Session, o.Side, o.Type, o.InForce, o.Flags, o.SelfTrade, o.Price, o.IsStop ? o.StopPrice : 0, o.Shown, o.Hidden, o.Done, o.Display, o.Time);

    static string Text(in OrderCommand c) =>
        $"{c.Operation} {c.Side} {c.Type} {c.TimeInForce} {c.Flags} {c.SelfTrade} levels {c.Levels} {c.Phase} book {c.Book} owner {c.Owner} @{c.Price} stop {c.StopPrice} order {c.Order} x{c.Quantity} display {c.Display} minimum {c.Minimum} time {c.Time}";

    static string Text(in MatchEvent e) =>
        $"  {e.Kind} {e.Side} {e.Reason} {e.Phase} book {e.Book} {e.Order >> 24}.{e.Order & 0xFFFFFF} {e.Other >> 24}.{e.Other & 0xFFFFFF} x{e.Quantity} left {e.Remaining} {e.OtherRemaining} @{e.Price} {e.Owner} {e.OtherOwner}";

    static ulong[] Seeds => Night.IsNow ? [.. Enumerable.Range(1, 40).Select(s => (ulong)s)] : [1, 2, 3, 20261122];

    [Fact]
    public void The_engine_and_the_reference_agree_on_every_code_event_and_level()
    {
        foreach (ulong seed in Seeds)
        {
            var random = new SeededRandom(seed);
            Compare(seed, Night.Cases(80_000, 250_000), new(random.Fork(), books: 3, owners: 6, spread: 8 + random.Below(30)));
        }
        output.WriteLine(string.Join("\n", string.Join(", ", codes), string.Join(", ", kinds), string.Join(", ", reasons)));
        Assert.Equal(Enum.GetValues<MatchCode>().Except([MatchCode.LimitReached, MatchCode.TermsInvalid]), codes.Keys);
        Assert.Equal(Enum.GetValues<MatchEventKind>().Except([MatchEventKind.None]), kinds.Keys);
        Assert.Equal(Enum.GetValues<EndReason>(), reasons.Keys);
        Assert.All([.. codes.Values, .. kinds.Values, .. reasons.Values], times => Assert.True(times > 20));
    }

    [Fact]
    public void They_agree_where_orders_lie_hundreds_of_millions_of_ticks_apart()
    {
        foreach (ulong seed in Seeds) Compare(seed, Night.Cases(12_000, 50_000), new(new SeededRandom(seed), books: 2, owners: 4, spread: 3_000, onlyContinuous: true));
    }

    [Fact]
    public void No_book_is_crossed_no_trade_passes_a_better_price_and_no_lot_is_lost()
    {
        foreach (ulong seed in Seeds)
        {
            var open = new Dictionary<long, long>();
            long entered = 0, traded = 0, ended = 0;
            var run = Compare(seed, Night.Cases(15_000, 100_000), new(new SeededRandom(seed + 7), books: 2, owners: 5, spread: 12), (engine, command, events, before) =>
            {
                bool stops = false;
                var kinds = new List<MatchEventKind>();
                for (int i = 0; i < events.Count; i++)
                {
                    var e = events[i];
                    kinds.Add(e.Kind);
                    stops |= e.Kind == MatchEventKind.Triggered;
                    switch (e.Kind)
                    {
                        case MatchEventKind.Accepted: open.Add(e.Order, e.Remaining); entered += e.Remaining; break;
                        case MatchEventKind.Trade: Take(e.Order, e.Quantity, e.Remaining); Take(e.Other, e.Quantity, e.OtherRemaining); traded += 2 * e.Quantity; break;
                        case MatchEventKind.Cancelled: Take(e.Order, e.Quantity, 0); ended += e.Quantity; break;
                        case MatchEventKind.Reduced: Take(e.Order, e.Quantity, e.Remaining); ended += e.Quantity; break;
                        case MatchEventKind.Replaced: entered += e.Remaining - open[e.Order]; open[e.Order] = e.Remaining; break;
                        case MatchEventKind.Best: Assert.True(e.BidQuantity == 0 || e.AskQuantity == 0 || e.BidPrice < e.AskPrice); break;
                    }
                }
                foreach (var book in engine.Books())
                {
                    var best = book.Best;
                    if (book.Phase == BookPhase.Continuous) Assert.True(best.BidQuantity == 0 || best.AskQuantity == 0 || best.BidPrice < best.AskPrice, $"seed {seed}: crossed {best}");
                    Assert.True(kinds.Count(k => k == MatchEventKind.Best) <= engine.Books().Count());
                }
                if (command.Operation is OrderOperation.New or OrderOperation.Replace && !stops)
                    for (int i = 0; i < events.Count; i++)
                    {
                        var e = events[i];
                        if (e.Kind != MatchEventKind.Trade) continue;
                        var (was, now) = (before[e.Book], engine.Book(e.Book)!.Best);
                        // It began at the best price there was, and left none behind that is better than what it paid.
                        if (e.Side == Side.Buy) Assert.True(e.Price >= was.AskPrice && e.Price <= Math.Max(command.Price, was.AskPrice) && (now.AskQuantity == 0 || now.AskPrice >= e.Price));
                        else Assert.True(e.Price <= was.BidPrice && e.Price >= Math.Min(command.Price, was.BidPrice) && (now.BidQuantity == 0 || now.BidPrice <= e.Price));
                    }
                Assert.Equal(entered, traded + ended + open.Values.Sum());

                void Take(long order, long quantity, long remaining)
                {
                    Assert.Equal(remaining, open[order] - quantity);
                    if (remaining == 0) open.Remove(order);
                    else open[order] = remaining;
                }
            });
            Assert.Equal(open.OrderBy(o => o.Key), run.Engine.Books().SelectMany(b => b.LiveOrders()).Select(o => KeyValuePair.Create(o.Id, o.Remaining)).OrderBy(o => o.Key));
        }
    }

    [Fact]
    public void The_same_commands_give_the_same_hash()
    {
        foreach (ulong seed in Seeds)
        {
            var run = Compare(seed, 4_000, new(new SeededRandom(seed + 3), books: 3, owners: 5, spread: 15));
            var again = new MatchingEngine(orders: 10_000, pages: 10);
            var events = new MatchEvents();
            foreach (var (terms, command) in run.Sent)
                if (terms is { } t) again.Define(t, events);
                else again.Do(command, events);
            Assert.Equal(run.Engine.StateHash(), again.StateHash());
        }
    }

    [Fact]
    public void Taken_up_from_a_checkpoint_an_engine_goes_on_as_if_nothing_had_been()
    {
        foreach (ulong seed in Seeds)
        {
            output.WriteLine($"seed {seed}");
            var stream = new OrderStream(new SeededRandom(seed + 5), books: 3, owners: 5, spread: 15);
            MatchingEngine engine = new(), restored = engine;
            MatchEvents events = new(), again = new();
            int tidied = 0;
            foreach (var terms in stream.Beginning()) engine.Define(terms, events);
            for (int step = 0; step < Night.Cases(20_000, 100_000); step++)
            {
                if (step % 1_000 == 500)
                {
                    Assert.Equal(engine.StateHash(), restored.StateHash());
                    var before = engine.StateHash();
                    engine.Tidy();
                    if (!engine.StateHash().SequenceEqual(before)) tidied++;
                    restored = Restored(engine);
                    Assert.Equal(engine.StateHash(), restored.StateHash());
                }
                var terms = stream.NextTerms();
                var command = stream.Next(b => engine.Book(b)!.Phase);
                events.Clear();
                again.Clear();
                if (terms is { } t) engine.Define(t, events);
                var code = engine.Do(command, events);
                stream.Learn(events);
                if (restored == engine) continue;
                if (terms is { } u) restored.Define(u, again);
                Assert.Equal(code, restored.Do(command, again));
                Assert.Equal(events.Count, again.Count);
                for (int e = 0; e < events.Count; e++) Assert.True(Equal(events[e], again[e]), $"seed {seed}, step {step}: {Text(again[e])}, expected {Text(events[e])}");
            }
            Assert.Equal(engine.StateHash(), restored.StateHash());
            Assert.True(tidied > 5);
        }
    }

    static MatchingEngine Restored(MatchingEngine from)
    {
        var to = new MatchingEngine();
        to.Restore(from.Status);
        foreach (var book in from.Books()) to.RestoreBook(book.Status);
        foreach (int owner in from.KilledOwners()) to.RestoreKilled(owner);
        foreach (var order in from.Books().SelectMany(b => b.LiveOrders())) to.RestoreOrder(order);
        to.FinishRestore();
        return to;
    }
}
