using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Verdigris.Book;
using Verdigris.Simulator.Disk;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator.Trading;

/// <summary>
/// One run of a trading floor on a faulty disk: processes die, the power fails, snapshots and the checkpoint's place rot. What was answered must be there after every recovery; the reference ledger decides every journaled
/// command again; the census and every trade's postings are checked by code that shares nothing with the floor; and the recovered floor is the one that replays everything from the beginning, bit for bit.
/// </summary>
public sealed class TradingSimulation
{
    static readonly UInt128 Venue = new(0x5645524449475249, 0x5300000000000002);

    readonly SimulationOptions options;
    readonly SimulationResult result;
    readonly SeededRandom random;
    readonly FaultyDisk disk;
    readonly TradingWorkload workload;
    readonly SegmentOptions segments;
    readonly ReferenceLedger reference = new();
    readonly List<byte[]> records = [];  // durable, as read back
    readonly List<FloorEvent> told = []; // durable, in order
    readonly List<(FloorCommand[] Lines, NoteAnswer[] Answers)> answered = [];
    readonly SortedDictionary<string, long> seen = new(StringComparer.Ordinal);
    readonly IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    Node node = null!;
    FloorCommand[]? unanswered;
    long clockMicros = 1_767_225_600_000_000; // 2026-01-01
    long nextCrashAt, acknowledged, nextEvent = 1;
    readonly List<FloorEvent> fresh = []; // told, and their records not yet read back

    TradingSimulation(ulong seed, SimulationOptions options)
    {
        this.options = options;
        result = new(seed, options);
        random = new(seed);
        disk = new(random.Next());
        workload = new(random.Fork());
        segments = new(SegmentBytes: 1L << (int)random.Between(16, 20), StepBytes: 1 << (int)random.Between(13, 16));
    }

    /// <summary>Does the whole run. Never throws for a difference: that is the result's <see cref="SimulationResult.Failure"/>.</summary>
    public static SimulationResult Run(ulong seed, SimulationOptions options, Action<SimulationResult>? progress = null)
    {
        TradingSimulation simulation = new(seed, options);
        try
        {
            simulation.RunToEnd(progress);
        }
        catch (SimulationFailure failure)
        {
            simulation.result.Failure = failure.Message;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            simulation.result.Failure = "unexpected " + e;
        }
        simulation.result.DiskFaults = simulation.disk.FaultsGiven;
        simulation.result.Counts = simulation.Counts();
        simulation.result.Digest = Convert.ToHexStringLower(simulation.digest.GetHashAndReset());
        simulation.node?.Dispose();
        return simulation.result;
    }

    SortedDictionary<string, long> Counts()
    {
        SortedDictionary<string, long> counts = new(seen, StringComparer.Ordinal);
        foreach (var (name, count) in workload.Counts) counts["lines " + name] = count;
        foreach (var kind in told.GroupBy(e => e.Kind)) counts["events " + kind.Key] = kind.Count();
        foreach (var code in told.Where(e => e.Code != FloorCode.Accepted).GroupBy(e => e.Code)) counts["code " + code.Key] = code.Count();
        return counts;
    }

    void RunToEnd(Action<SimulationResult>? progress)
    {
        node = Node.Start(disk, CrashPlan.Never, segments);
        Beside(TradingWorld.Beginning(random));
        Send(TradingWorld.Opening(random));
        PlanNextCrash();
        while (result.Operations < options.Operations)
        {
            MaySpoilTheDisk();
            if (random.Chance(1, 150)) TakeSnapshot();
            if (result.Operations >= nextCrashAt)
            {
                PlanNextCrash();
                if (random.Chance(10)) Die("between two batches");
                else node.Mount.CrashAfter(new(1 + random.Below(10), (CrashPhase)random.Below(3)));
            }
            clockMicros += random.Below(20) switch { < 3 => 0, < 19 => random.Below(400_000), _ => -random.Below(1_000_000) } + disk.ElapsedMicros;
            disk.ElapsedMicros = 0;
            if (random.Chance(8)) Beside(workload.Beside());
            else Send(Next());
            if (result.Batches % options.CompareEvery == 0) CompareWhole();
            progress?.Invoke(result);
        }
        Die("at the end");
        CompareWhole();
    }

    /// <summary>Clients that got no answer send the same lines again; some send old ones.</summary>
    FloorCommand[] Next()
    {
        if (unanswered is not null && random.Chance(70)) return unanswered;
        if (answered.Count > 0 && random.Chance(4)) return random.Pick(answered).Lines;
        return workload.Lines(node.Floor, random.Chance(3) ? 120 : 12);
    }

    void PlanNextCrash()
    {
        long mean = Math.Max(1, options.Operations / Math.Max(1, options.Crashes));
        nextCrashAt = options.Crashes == 0 ? long.MaxValue : result.Operations + random.Between(mean / 2, mean + mean / 2);
    }

    void MaySpoilTheDisk()
    {
        if (!options.DiskFaults) return;
        disk.Faults = random.Below(80) switch
        {
            0 => new(WriteFails: 3),
            1 => new(FlushFails: 3),
            2 => new(CapacityBytes: disk.UsedBytes + random.Below(20_000)),
            < 6 => new(SlowFlush: 2, SlowFlushMicros: 2_000_000),
            _ => DiskFaults.None,
        };
    }

    void Beside(Command[] commands)
    {
        try
        {
            node.Core.Execute(commands, clockMicros);
        }
        catch (VenueStoppedException stopped) when (IsDisk(stopped.InnerException))
        {
            Die(stopped.InnerException!.Message);
            return;
        }
        result.Operations += commands.Length;
        Took();
    }

    void Send(FloorCommand[] lines)
    {
        NoteAnswer[] answers;
        try
        {
            answers = node.Core.ExecuteNotes(Array.ConvertAll(lines, l => l.ToNote()), clockMicros);
        }
        catch (VenueStoppedException stopped) when (IsDisk(stopped.InnerException))
        {
            unanswered = lines;
            Die(stopped.InnerException!.Message);
            return;
        }
        if (ReferenceEquals(lines, unanswered)) unanswered = null;
        result.Operations += lines.Length;
        foreach (var answer in answers) digest.AppendData(MemoryMarshal.AsBytes<long>([answer.Answer.Code, answer.Answer.First, answer.Answer.Second, answer.Outcome.Batch]));
        CompareWithFirstAnswers(lines, answers);
        if (answered.Count < 200) answered.Add((lines, answers));
        else answered[random.Below(answered.Count)] = (lines, answers);
        Took();
    }

    /// <summary>A repeat is answered as the first time, while that is still known; its batch and time always are.</summary>
    void CompareWithFirstAnswers(FloorCommand[] lines, NoteAnswer[] answers)
    {
        var first = answered.FirstOrDefault(a => ReferenceEquals(a.Lines, lines));
        for (int i = 0; first.Lines is not null && i < lines.Length; i++)
        {
            if (answers[i].Outcome != first.Answers[i].Outcome with { Repeated = answers[i].Outcome.Accepted }) Fail($"line {i} sent again: {answers[i].Outcome}, at first {first.Answers[i].Outcome}");
            const ushort forgotten = (ushort)FloorCode.Forgotten;
            if (answers[i].Answer != first.Answers[i].Answer && answers[i].Answer.Code != forgotten && first.Answers[i].Answer.Code != forgotten) Fail($"line {i} sent again: {answers[i].Answer}, at first {first.Answers[i].Answer}");
        }
    }

    /// <summary>What became durable since the last look: the reference decides it again, and every trade has its postings.</summary>
    void Took()
    {
        acknowledged = node.Core.State.LastBatch;
        foreach (var e in node.NewEvents())
        {
            fresh.Add(e);
            if (e.Sequence != nextEvent) Fail($"event {e.Sequence} follows {nextEvent - 1}");
            nextEvent++;
            told.Add(e);
            if (e.Kind == FloorEventKind.Trade) workload.Traded(e.Trade);
        }
        // The process may have died of something after the answer, as noting where a checkpoint lies.
        if (!node.Mount.Alive)
        {
            Die("after the answer");
            return;
        }
        foreach (ReadOnlyMemory<byte> record in node.Journal.ReadFrom(records.Count + 1))
        {
            RecordCodec.TryReadHeader(record.Span, out var header);
            Command[] commands = RecordCodec.Commands(record.Span).ToArray();
            ReadOnlySpan<Code> codes = RecordCodec.Codes(record.Span);
            Decided decided = reference.Apply(commands, header.TimeMicros);
            for (int i = 0; i < commands.Length; i++)
            {
                result.Codes[codes[i]] = result.Codes.GetValueOrDefault(codes[i]) + 1;
                if (codes[i] != decided.Outcomes[i].Code) Fail($"batch {header.Batch}, command {i} ({commands[i].Operation}): {codes[i]}, the reference says {decided.Outcomes[i].Code}");
            }
            var told = fresh.Where(e => e.Batch == header.Batch).ToArray();
            fresh.RemoveAll(e => e.Batch <= header.Batch);
            if (TradeCheck.Check(told, commands, decided.Effects, node.Floor) is { } wrong) Fail(wrong);
            foreach (Effect effect in decided.Effects) result.Effects[effect.Kind] = result.Effects.GetValueOrDefault(effect.Kind) + 1;
            records.Add(record.ToArray());
            result.Batches++;
        }
    }

    void Die(string why)
    {
        result.Crashes++;
        node.Dispose();
        disk.Faults = disk.Faults with { CapacityBytes = long.MaxValue };
        MayLosePower();
        MayDamage();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (attempt > 6) disk.Faults = DiskFaults.None;
                node = Node.Start(disk, attempt < 4 && random.Chance(30) ? new(1 + random.Below(12), (CrashPhase)random.Below(3)) : CrashPlan.Never, segments);
                break;
            }
            catch (Exception e) when (IsDisk(e))
            {
                result.CrashesInRecovery++;
                MayLosePower();
            }
            catch (IOException e)
            {
                Fail($"after a crash {why}, recovery failed: {e.Message}");
            }
        }
        node.Mount.CrashAfter(CrashPlan.Never);
        long recovered = node.Core.State.LastBatch;
        if (recovered < acknowledged) Fail($"after a crash {why}, the last batch is {recovered}, but batch {acknowledged} was acknowledged");
        if (recovered == acknowledged) result.BatchesLost++;
        else result.BatchesKept++;
        var kept = KeptEvents();
        if (node.Floor.NextEvent != nextEvent + kept.Count) Fail($"after a crash {why}, the next event is {node.Floor.NextEvent}, but {nextEvent - 1} were told and {kept.Count} are new");
        node.Wait(kept);
        // A step the crash cut goes on with the next batch, whoever's that is.
        if (node.Floor.Unfinished) seen["steps cut by a crash"] = seen.GetValueOrDefault("steps cut by a crash") + 1;
        else CompareReplay(why);
        digest.AppendData(BitConverter.GetBytes(recovered));
        Took();
        CompareWhole();
    }

    /// <summary>Events nobody has read yet. Those before a checkpoint that became durable, while its line was not answered, are gone: then a subscriber reads the state and goes on behind it.</summary>
    List<FloorEvent> KeptEvents()
    {
        try
        {
            return node.EventsFrom(nextEvent);
        }
        catch (FloorEventsGoneException gone) when (gone.First > nextEvent)
        {
            seen["events gone with a checkpoint"] = seen.GetValueOrDefault("events gone with a checkpoint") + 1;
            nextEvent = gone.First;
            return node.EventsFrom(nextEvent);
        }
    }

    /// <summary>A floor and a Book that replay the whole journal are those that were recovered from checkpoint and snapshot.</summary>
    void CompareReplay(string why)
    {
        Floor floor = new(Node.FloorOptions);
        using VenueCore core = VenueCore.Open(Venue, new CopiedJournal(node.Journal), program: floor);
        if (!core.State.StateHash().AsSpan().SequenceEqual(node.Core.State.StateHash())) Fail($"after a crash {why}, the Book has other bytes than one that replays the whole journal");
        if (!floor.Hash().AsSpan().SequenceEqual(node.Floor.Hash())) Fail($"after a crash {why}, the floor has other bytes than one that replays the whole journal");
    }

    void CompareWhole()
    {
        result.Comparisons++;
        if (node.Floor.Unfinished) return;
        LedgerState state = reference.State;
        CensusBook book = new(
            state.Holdings.ToDictionary(h => h.Key, h => (h.Value.Available, h.Value.Held)),
            state.Holds.Values.Where(h => h.State == HoldState.Pending).ToDictionary(h => h.Id, h => (h.Asset, h.Debit, h.Credit, h.Remaining)));
        if (FloorCensus.Check(book, node.Floor, Enumerable.Range(1, TradingWorld.Traders).Select(t => (long)t)) is { } wrong) Fail(wrong);
    }

    void MayLosePower()
    {
        if (!random.Chance(50)) return;
        disk.PowerLoss();
        result.PowerCuts++;
    }

    void MayDamage()
    {
        foreach (string path in disk.Paths.Where(p => p.StartsWith(SimulatedNode.SnapshotFolder, StringComparison.Ordinal) || p.StartsWith("program", StringComparison.Ordinal)).ToList())
        {
            if (!random.Chance(15)) continue;
            disk.Corrupt(path);
            result.SnapshotsDamaged++;
        }
    }

    void TakeSnapshot()
    {
        try
        {
            if (node.Core.WriteSnapshot() > 0) result.Snapshots++;
        }
        catch (Exception e) when (IsDisk(e))
        {
            if (!node.Mount.Alive) Die("while a snapshot was written: " + e.Message);
        }
    }

    static bool IsDisk(Exception? e) => e is SimulatedCrash or SimulatedDiskFault;

    void Fail(string what) => throw new SimulationFailure(string.Create(CultureInfo.InvariantCulture, $"at line {result.Operations}, batch {records.Count}, after {result.Crashes} crashes: {what}"));

    /// <summary>A process with a floor.</summary>
    sealed class Node : IDisposable
    {
        FloorSubscription subscription;
        List<FloorEvent> waiting = [];

        Node(MountedDisk mount, SegmentJournal journal, VenueCore core, Floor floor)
        {
            (Mount, Journal, Core, Floor) = (mount, journal, core, floor);
            subscription = floor.Subscribe(0, int.MaxValue);
        }

        public static FloorOptions FloorOptions { get; } = new() { Orders = 64, KeptEvents = 1 << 14, MostDerived = 40 };

        public MountedDisk Mount { get; }
        public SegmentJournal Journal { get; }
        public VenueCore Core { get; }
        public Floor Floor { get; }

        public static Node Start(FaultyDisk disk, CrashPlan plan, SegmentOptions segments)
        {
            MountedDisk mount = disk.Mount(plan);
            try
            {
                SegmentJournal journal = SegmentJournal.Open(mount, SimulatedNode.JournalFolder, Venue, segments);
                Floor floor = new(FloorOptions);
                VenueCore core = VenueCore.Open(Venue, journal, new SnapshotStore(mount, SimulatedNode.SnapshotFolder, Venue), program: floor, disk: mount, folder: "program", limit: 160);
                return new(mount, journal, core, floor);
            }
            catch
            {
                mount.Kill();
                throw;
            }
        }

        public List<FloorEvent> NewEvents()
        {
            var list = waiting;
            waiting = [];
            list.AddRange(Drain(subscription));
            return list;
        }

        /// <summary>What the floor told before this process' subscriber came.</summary>
        public List<FloorEvent> EventsFrom(long sequence)
        {
            using var past = Floor.Subscribe(sequence, int.MaxValue);
            return Drain(past);
        }

        /// <summary>These come before what is told from now on.</summary>
        public void Wait(List<FloorEvent> kept) => waiting = kept;

        static List<FloorEvent> Drain(FloorSubscription from)
        {
            List<FloorEvent> list = [];
            while (from.TryRead(out var events)) list.AddRange(events);
            return list;
        }

        public void Dispose()
        {
            Mount.Kill();
            Core.Dispose();
        }
    }

    /// <summary>The records of a journal, to be replayed by a process of its own.</summary>
    sealed class CopiedJournal(SegmentJournal of) : IJournal
    {
        readonly List<byte[]> copies = [.. of.ReadFrom(1).Select(r => r.ToArray())];

        public long LastBatch => copies.Count;
        public ReadOnlySpan<byte> LastHash => copies.Count == 0 ? new byte[32] : copies[^1].AsSpan()[^32..];
        public void Append(long batch, ReadOnlySpan<byte> record) => throw new InvalidOperationException("Only read.");
        public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch) => copies.Skip((int)batch - 1).Select(r => (ReadOnlyMemory<byte>)r);
        public void Dispose() { }
    }
}
