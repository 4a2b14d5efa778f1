using System.Diagnostics;
using Verdigris.Bench.Load;
using Verdigris.Book;

namespace Verdigris.Bench.Rows;

/// <summary>Rows B1-B5, B7, B8: the Book on segment files, every figure durable (acknowledged after the flush).</summary>
sealed class BookRows(BenchOptions options)
{
    /// <summary>TigerBeetle, one replica, on a machine of this kind (2026-11-20): durable transfers/s by batch size.</summary>
    const double Tiger1000 = 212e3, Tiger8189 = 376e3;

    /// <summary>B1: batches, two callers so that one fills while the other waits.</summary>
    public async Task<IEnumerable<BenchLine>> Batches()
    {
        var lines = new List<BenchLine>();
        foreach (var (size, peer) in new[] { (1_000, Tiger1000), (8_190, Tiger8189) })
        {
            using var world = new BookWorld(options.Folder);
            await using var venue = Venue.Open(world.Options);
            await world.SetUp(venue);
            await Drive(world, venue, size, 2, options.Seconds(1));
            var (rate, latencies) = await Drive(world, venue, size, 2, options.Seconds(5));
            lines.Add(new("B1", $"transfers, batch of {size:N0}", BenchTable.Rate(rate), $">= 4x TigerBeetle's recorded {BenchTable.Rate(peer)}", rate >= 4 * peer,
                $"{BenchTable.X(rate / peer)} of the recorded peer; batch p50 {BenchTable.Ms(latencies.Ms(.5))}", "one core: state machine and SHA-256; then the flush"));
        }
        return lines;
    }

    /// <summary>B2: 64 callers of single transfers, grouped by the sequencer.</summary>
    public async Task<IEnumerable<BenchLine>> Singles(double? postgresBest)
    {
        using var world = new BookWorld(options.Folder);
        await using var venue = Venue.Open(world.Options);
        await world.SetUp(venue);
        await DriveSingles(world, venue, 64, options.Seconds(1));
        var (rate, latencies) = await DriveSingles(world, venue, 64, options.Seconds(5));
        return [new("B2", "single transfers, 64 concurrent callers", BenchTable.Rate(rate), ">= 20x PostgreSQL's best of this run",
            postgresBest is null ? null : rate >= 20 * postgresBest,
            postgresBest is null ? "PostgreSQL not run" : $"PostgreSQL double entry {BenchTable.Rate(postgresBest.Value)}: {BenchTable.X(rate / postgresBest.Value)}; p50 {BenchTable.Ms(latencies.Ms(.5))}, p99 {BenchTable.Ms(latencies.Ms(.99))}",
            "the flush, then waking callers on two cores")];
    }

    /// <summary>B3: one caller, one transfer, one flush.</summary>
    public async Task<IEnumerable<BenchLine>> Latency()
    {
        using var world = new BookWorld(options.Folder);
        await using var venue = Venue.Open(world.Options);
        await world.SetUp(venue);
        await DriveSingles(world, venue, 1, options.Seconds(1));
        var flushBefore = Machine.Flush(options.Folder, 4 << 10, 500);
        var (_, latencies) = await DriveSingles(world, venue, 1, options.Seconds(5));
        var flush = Machine.Flush(options.Folder, 4 << 10, 500);
        flush.Add(flushBefore);
        double p50 = latencies.Ms(.5) / flush.Ms(.5), p99 = latencies.Ms(.99) / flush.Ms(.5);
        return [new("B3", "one unbatched durable transfer", $"p50 {BenchTable.Ms(latencies.Ms(.5))}, p99 {BenchTable.Ms(latencies.Ms(.99))}", "p50 <= 1.5x, p99 <= 4x the flush",
            p50 <= 1.5 && p99 <= 4, $"flush p50 {BenchTable.Ms(flush.Ms(.5))}, p99 {BenchTable.Ms(flush.Ms(.99))}: p50 {BenchTable.X(p50)}, p99 {BenchTable.X(p99)} of its p50", "the flush and two thread switches")];
    }

    /// <summary>B4: 10^9 units in 10^6 blocks; transfers that split blocks, and the life of single serials.</summary>
    public async Task<IEnumerable<BenchLine>> Serials()
    {
        const int blocks = 1_000_000, width = 1_000;
        using var world = new BookWorld(options.Folder);
        await using var venue = Venue.Open(world.Options);
        await world.SetUp(venue);
        await BookWorld.SendAll(venue, [Commands.Transfer(world.Id(), BookWorld.Issue, BookWorld.Serial, BookWorld.Issuer, 1, (long)blocks * width)]);
        var batch = new Command[venue.MaxBatch];
        // Every second block goes to another account, so that no two neighbours can merge.
        for (var at = 0; at < blocks;)
        {
            var n = 0;
            for (; n < batch.Length && at < blocks; at++)
                if (at % 2 == 1)
                    batch[n++] = Commands.Transfer(world.Id(), BookWorld.Move, BookWorld.Serial, 1, 2 + at % (BookWorld.Accounts - 2), width, actor: 9, actingFor: 1, serialFirst: (long)at * width + 1);
            await Accepted(venue, batch.AsMemory(0, n));
        }
        var random = new Random(4);
        // A unit out of the middle of a block of account 1: two splits a transfer at first.
        var order = Enumerable.Range(0, blocks / 2).ToArray();
        random.Shuffle(order);
        var transfers = Math.Min(order.Length, options.Quick ? 100_000 : 500_000);
        var begin = Stopwatch.GetTimestamp();
        for (var at = 0; at < transfers;)
        {
            var n = 0;
            for (; n < batch.Length && at < transfers; at++)
                batch[n++] = Commands.Transfer(world.Id(), BookWorld.Move, BookWorld.Serial, 1, 3 + at % 5_000, 1, actor: 9, actingFor: 1, serialFirst: (long)order[at] * 2 * width + 500);
            await Accepted(venue, batch.AsMemory(0, n));
        }
        var rate = transfers / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var life = new Latencies();
        for (var i = 0; i < 1_000; i++)
        {
            var serial = random.NextInt64(1, (long)blocks * width + 1);
            var t = Stopwatch.GetTimestamp();
            var moves = venue.Read(s => s.Life(BookWorld.Serial, serial));
            life.Record(Stopwatch.GetTimestamp() - t);
            if (moves.Count == 0) throw new InvalidOperationException($"Serial {serial} has no life.");
        }
        return [new("B4", "serialised transfers that split blocks, 10^9 units in 10^6 blocks; life of a serial", $"{BenchTable.Rate(rate)}; life p99 {BenchTable.Ms(life.Ms(.99))}", ">= 300 k/s; < 5 ms",
            rate >= 300e3 && life.Ms(.99) < 5, $"life max {BenchTable.Ms(life.MaxMs)}", "cache misses in the block index")];
    }

    /// <summary>B5 and B8: a snapshot, ten million journaled transfers, then a restart.</summary>
    public async Task<IEnumerable<BenchLine>> Restart()
    {
        var commands = options.Quick ? 1_000_000 : 10_000_000;
        using var world = new BookWorld(options.Folder);
        await using (var venue = Venue.Open(world.Options)) await world.SetUp(venue);
        using (var core = OpenCore(world)) core.WriteSnapshot();
        var before = world.JournalBytes();
        await using (var venue = Venue.Open(world.Options))
        {
            var batch = new Command[venue.MaxBatch];
            var random = new Random(5);
            for (var done = 0; done < commands; done += batch.Length)
            {
                if (commands - done < batch.Length) batch = new Command[commands - done];
                world.Fill(batch, random);
                await Accepted(venue, batch);
            }
        }
        var bytes = (double)(world.JournalBytes() - before) / commands;
        var begin = Stopwatch.GetTimestamp();
        using var restarted = OpenCore(world);
        var took = Stopwatch.GetElapsedTime(begin);
        var memory = restarted.State.MemoryReport();
        var perHolding = (double)(memory.BytesPerHolding ?? 0);
        var replay = commands / took.TotalSeconds;
        return
        [
            new("B5", $"restart: snapshot + {commands:N0} journaled commands", $"{BenchTable.Num(took.TotalSeconds, "0.00")} s; {BenchTable.Num(perHolding)} bytes a balance", "< 10 s; < 200 bytes a balance",
                took.TotalSeconds < 10 && perHolding < 200, $"history {memory.History / commands} and command ids {memory.CommandIds / commands} bytes a transfer", "replay: one core"),
            new("B8", "disk a transfer; replay", $"{BenchTable.Num(bytes, "0")} bytes; {BenchTable.Rate(replay)}", "<= 400 bytes; >= 3 M/s", bytes <= 400 && replay >= 3e6, "TigerBeetle recorded 1.8 kB", "reading, CRC-32C, SHA-256, state machine")
        ];
    }

    /// <summary>B7: the tail of steady batches of 100, and ten hot accounts against ten thousand. A host that takes the processors away makes a tail of its own: then it is run again, three times in all,
    /// and the run with the least of that counts.</summary>
    public async Task<IEnumerable<BenchLine>> Tail()
    {
        var best = await TailOnce();
        var runs = 1;
        for (; runs < 3 && best.Withheld > TimeSpan.FromMilliseconds(100); runs++)
            if (await TailOnce() is var again && again.Withheld < best.Withheld) best = again;
        var (latencies, pauseMs, withheld, hotShare) = best;
        return [new("B7", "batches of 100 for 60 s; ten hot accounts", $"p99 {BenchTable.Ms(latencies.Ms(.99))}, max {BenchTable.Ms(latencies.MaxMs)}; hot {BenchTable.X(hotShare)} of uniform",
            "p99 <= 2 ms, max <= 10 ms; hot >= 0.95x", latencies.Ms(.99) <= 2 && latencies.MaxMs <= 10 && hotShare >= .95,
            $"TigerBeetle recorded 26 / 53 ms; PostgreSQL hot 0.43-0.54x; longest collection {BenchTable.Ms(pauseMs)}; the host withheld the processors for {BenchTable.Ms(withheld.TotalMilliseconds)} in all, least of {runs} run(s)", "the disk's own tail; collections of this process")];
    }

    async Task<(Latencies Latencies, double PauseMs, TimeSpan Withheld, double HotShare)> TailOnce()
    {
        using var world = new BookWorld(options.Folder);
        await using var venue = Venue.Open(world.Options with { SnapshotEveryBytes = 256L << 20 });
        await world.SetUp(venue);
        await Drive(world, venue, 100, 1, options.Seconds(1));
        Latencies latencies;
        double pauseMs;
        var withheld = Machine.Withheld();
        using (var pauses = new CollectionPauses())
        {
            (_, latencies) = await Drive(world, venue, 100, 1, options.Seconds(60));
            pauseMs = pauses.LongestMs;
        }
        withheld = Machine.Withheld() - withheld;
        // In turn, A B A B, so that a machine that drifts does not decide.
        double hot = 0, uniform = 0;
        for (var round = 0; round < 3; round++)
        {
            uniform += (await Drive(world, venue, 1_000, 2, options.Seconds(2))).PerSecond;
            hot += (await Drive(world, venue, 1_000, 2, options.Seconds(2), range: 10)).PerSecond;
        }
        return (latencies, pauseMs, withheld, hot / uniform);
    }

    static VenueCore OpenCore(BookWorld world)
    {
        var o = world.Options;
        return VenueCore.Open(o.VenueId, SegmentJournal.Open(o.Disk, Path.Combine(o.DataFolder, "journal"), o.VenueId, o.Segments), new SnapshotStore(o.Disk, Path.Combine(o.DataFolder, "snapshots"), o.VenueId));
    }

    static async Task Accepted(Venue venue, ReadOnlyMemory<Command> commands)
    {
        foreach (var o in await venue.Send(commands)) if (!o.Accepted) throw new InvalidOperationException($"The bench's own transfer was refused: {o.Code}.");
    }

    internal static async Task<(double PerSecond, Latencies Latencies)> Drive(BookWorld world, Venue venue, int size, int callers, TimeSpan duration, int range = BookWorld.Accounts)
    {
        var begin = Stopwatch.GetTimestamp();
        var stop = begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            var batch = new Command[size];
            var latencies = new Latencies();
            while (Stopwatch.GetTimestamp() < stop)
            {
                world.Fill(batch, random, range);
                var t = Stopwatch.GetTimestamp();
                await Accepted(venue, batch);
                latencies.Record(Stopwatch.GetTimestamp() - t);
            }
            return latencies;
        })));
        var total = new Latencies();
        foreach (var l in all) total.Add(l);
        return (total.Count * size / Stopwatch.GetElapsedTime(begin).TotalSeconds, total);
    }

    static async Task<(double PerSecond, Latencies Latencies)> DriveSingles(BookWorld world, Venue venue, int callers, TimeSpan duration)
    {
        var begin = Stopwatch.GetTimestamp();
        var stop = begin + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            var one = new Command[1];
            var latencies = new Latencies();
            while (Stopwatch.GetTimestamp() < stop)
            {
                world.Fill(one, random);
                var t = Stopwatch.GetTimestamp();
                var outcome = await venue.Send(in one[0]);
                latencies.Record(Stopwatch.GetTimestamp() - t);
                if (!outcome.Accepted) throw new InvalidOperationException($"The bench's own transfer was refused: {outcome.Code}.");
            }
            return latencies;
        })));
        var total = new Latencies();
        foreach (var l in all) total.Add(l);
        return (total.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds, total);
    }
}
