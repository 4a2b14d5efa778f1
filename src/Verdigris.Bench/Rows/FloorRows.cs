using System.Diagnostics;
using Verdigris.Bench.Load;
using Verdigris.Book;

namespace Verdigris.Bench.Rows;

/// <summary>Row M3: the trading floor on segment files. Every figure is durable: collateral held, trades posted, self-trade prevention on, events given to a subscriber, answered after the flush.</summary>
sealed class FloorRows(BenchOptions options)
{
    const int Cash = 1, Units = 2, Instruments = 8, Traders = 64;
    const long Mint = 900_000, Clearing = 900_001;
    const int Middle = 5_000;

    /// <summary>Groups of lines from two callers: of a hundred, 55 new orders, 40 cancels, 5 replaces, on eight instruments and 64 traders.</summary>
    public async Task<IEnumerable<BenchLine>> Groups()
    {
        var lines = new List<BenchLine>();
        foreach (var size in new[] { 100, 1_000, 4_000 })
        {
            var after = await Drive(size, 2, options.Seconds(2), options.Seconds(4), ahead: false);
            var run = await Drive(size, 2, options.Seconds(2), options.Seconds(6));
            lines.Add(new("M3", $"lines to the floor in groups of {size:N0}, two callers", BenchTable.Rate(run.PerSecond), size == 4_000 ? ">= 1 M/s, aim 3 M/s" : "-", size == 4_000 ? run.PerSecond >= 1e6 : null,
                $"of 100 lines 55 new, 40 cancels, 5 replaces; {BenchTable.Num(run.TradesPerLine * 100)} trades; group p50 {BenchTable.Ms(run.Latencies.Ms(.5))}; {BenchTable.Num(run.BytesPerLine, "0")} bytes of journal a line; events told: {run.Events:N0}; deciding only when the batch before is durable: {BenchTable.Rate(after.PerSecond)}",
                "one core: matching, hold and posting in the Book; beside it hash, write and flush of the batch before"));
        }
        return lines;
    }

    /// <summary>One caller, one order, one flush.</summary>
    public async Task<IEnumerable<BenchLine>> Latency()
    {
        var before = Machine.Flush(options.Folder, 4 << 10, 500);
        var run = await Drive(1, 1, options.Seconds(1), options.Seconds(5));
        var flush = Machine.Flush(options.Folder, 4 << 10, 500);
        flush.Add(before);
        double p50 = run.Latencies.Ms(.5) / flush.Ms(.5), p99 = run.Latencies.Ms(.99) / flush.Ms(.5);
        return [new("M3", "one line to the floor, one flush", $"p50 {BenchTable.Ms(run.Latencies.Ms(.5))}, p99 {BenchTable.Ms(run.Latencies.Ms(.99))}", "p50 <= 1.5x, p99 <= 3x the flush", p50 <= 1.5 && p99 <= 3,
            $"flush p50 {BenchTable.Ms(flush.Ms(.5))}, p99 {BenchTable.Ms(flush.Ms(.99))}: p50 {BenchTable.X(p50)}, p99 {BenchTable.X(p99)} of its p50", "the flush and two thread switches")];
    }

    sealed record Run(double PerSecond, Latencies Latencies, double TradesPerLine, double BytesPerLine, long Events);

    /// <param name="ahead">The next batch is decided while one is made durable, as a server does.</param>
    async Task<Run> Drive(int size, int callers, TimeSpan warm, TimeSpan duration, bool ahead = true)
    {
        using var world = new BookWorld(options.Folder);
        var settings = ahead ? world.Options : world.Options with { AheadFromBytes = int.MaxValue };
        var (venue, floor) = FloorHost.Open(settings, new() { Orders = 1 << 20, KeptEvents = 1 << 18 });
        await using var _ = venue;
        await SetUp(world, venue, floor);
        using var subscription = floor.Subscribe(capacity: int.MaxValue);
        long events = 0, trades = 0;
        var reader = Task.Run(async () =>
        {
            await foreach (var batch in subscription.Batches())
            {
                events += batch.Length;
                foreach (ref readonly var e in batch.AsSpan()) if (e.Kind == FloorEventKind.Trade) trades++;
            }
        });
        var streams = Enumerable.Range(0, callers).Select(n => new Stream(world, n)).ToArray();
        await Phase(streams, floor, size, warm);
        long tradesBefore = Volatile.Read(ref trades), bytesBefore = world.JournalBytes();
        var begin = Stopwatch.GetTimestamp();
        var latencies = await Phase(streams, floor, size, duration);
        var took = Stopwatch.GetElapsedTime(begin);
        long lines = latencies.Count * size, batches = venue.Read(s => s.LastBatch);
        var done = new Run(lines / took.TotalSeconds, latencies, (double)(Volatile.Read(ref trades) - tradesBefore) / lines, 0, Volatile.Read(ref events));
        venue.Dispose();
        await reader;
        GC.KeepAlive(batches);
        return done with { BytesPerLine = Math.Max(0, (double)(world.JournalBytes() - bytesBefore) / lines) };
    }

    static async Task<Latencies> Phase(Stream[] streams, IFloor floor, int size, TimeSpan duration)
    {
        var stop = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(streams.Select(stream => Task.Run(async () =>
        {
            var latencies = new Latencies();
            var group = new FloorCommand[size];
            while (Stopwatch.GetTimestamp() < stop)
            {
                stream.Fill(group);
                var t = Stopwatch.GetTimestamp();
                var answers = await floor.Send(group);
                latencies.Record(Stopwatch.GetTimestamp() - t);
                stream.Take(group, answers);
            }
            return latencies;
        })));
        var total = new Latencies();
        foreach (var l in all) total.Add(l);
        return total;
    }

    static async Task SetUp(BookWorld world, Venue venue, IFloor floor)
    {
        var list = new List<Command>
        {
            Commands.DefineAsset(world.Id(), Cash, "CASH", AssetKind.Fungible, 2), Commands.DefineAsset(world.Id(), Units, "UNITS", AssetKind.Fungible),
            Commands.OpenAccount(world.Id(), Mint, 9), Commands.OpenAccount(world.Id(), Clearing, 3), Commands.SetRule(world.Id(), 1, 0, 9, 2, RuleFlags.Allowed | RuleFlags.Issues),
        };
        list.AddRange(FloorRules.For(new(Cash: 2, Units: 2, Clearing: 3), world.Id));
        for (var t = 1; t <= Traders; t++)
            list.AddRange([Commands.OpenAccount(world.Id(), t, 2), Commands.Transfer(world.Id(), 1, Cash, Mint, t, 1L << 52), Commands.Transfer(world.Id(), 1, Units, Mint, t, 1L << 52)]);
        await BookWorld.SendAll(venue, list);
        var lines = new List<FloorCommand>();
        for (var i = 1; i <= Instruments; i++)
        {
            lines.Add(FloorCommands.DefineInstrument(world.Id(), new() { Id = i, Shape = SettlementShape.Spot, BaseAsset = Units, CashAsset = Cash, ClearingAccount = Clearing, TickValue = 1 }));
            lines.Add(FloorCommands.UpdateInstrument(world.Id(), i, new() { HighestPrice = 2 * Middle }));
            lines.Add(FloorCommands.SetPhase(world.Id(), i, BookPhase.Continuous));
        }
        for (var t = 1; t <= Traders; t++) lines.Add(FloorCommands.DefineTrader(world.Id(), new() { Id = t, CashAccount = t, UnitAccount = t }));
        foreach (var answer in await floor.Send(lines.ToArray())) if (!answer.Accepted) throw new InvalidOperationException($"The bench's own line was refused: {answer.Code}.");
    }

    /// <summary>Lines of one caller: prices around the middle so that a good third of the orders trade, cancels and replaces of orders it knows to have been taken.</summary>
    sealed class Stream(BookWorld world, int seed)
    {
        readonly Random random = new(seed);
        readonly (long Order, long Trader)[] known = new (long, long)[1 << 14];
        int count;

        public void Fill(FloorCommand[] group)
        {
            var id = world.IdBlock(group.Length);
            for (var i = 0; i < group.Length; i++, id++)
            {
                var dice = random.Next(100);
                if (dice >= 55 && count > 0)
                {
                    var at = random.Next(count);
                    var (order, trader) = known[at];
                    if (dice < 95)
                    {
                        known[at] = known[--count];
                        group[i] = FloorCommands.Cancel(id, trader, order);
                    }
                    else group[i] = FloorCommands.Replace(id, trader, order, 1 + random.Next(20), Middle - 20 + random.Next(40));
                    continue;
                }
                var buys = random.Next(2) == 0;
                var price = buys ? Middle + 4 - random.Next(20) : Middle - 4 + random.Next(20);
                group[i] = FloorCommands.NewOrder(id, 1 + random.Next(Instruments), 1 + random.Next(Traders), buys ? Side.Buy : Side.Sell, 1 + random.Next(20), price);
            }
        }

        public void Take(FloorCommand[] group, FloorAnswer[] answers)
        {
            for (var i = 0; i < group.Length; i++)
                if (group[i].Kind == FloorKind.NewOrder && answers[i].Accepted && answers[i].Traded < group[i].Quantity)
                    known[count < known.Length ? count++ : random.Next(count)] = (answers[i].Order, group[i].Trader);
        }
    }
}
