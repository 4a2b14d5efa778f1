using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Verdigris.Book;
using Verdigris.Simulator.Disk;
using Verdigris.Simulator.Reference;
using Verdigris.Simulator.Registry;

namespace Verdigris.Simulator;

/// <summary>
/// One run: clients send commands to a venue on a faulty disk; processes die, the power fails, snapshots rot, a second writer takes over;
/// and at every step the venue must be where the reference ledger is. One thread, no clock but the simulated one: a seed is the run.
/// </summary>
public sealed class Simulation
{
    static readonly UInt128 Venue = new(0x5645524449475249, 0x5300000000000001);

    readonly SimulationOptions options;
    readonly SimulationResult result;
    readonly SeededRandom random;
    readonly FaultyDisk disk;
    readonly IWorkload workload;
    readonly SegmentOptions segments;
    readonly ReferenceLedger reference = new();
    readonly BookState undisturbed = new();
    readonly EffectList undisturbedEffects = new();
    readonly StateComparison comparison;
    readonly List<UInt128> sentIds = [];
    readonly List<LedgerState> past = [];
    readonly IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // Batches decided since the journal's bytes were last read back.
    readonly Queue<(Command[] Commands, Decided Decided)> unread = [];
    byte[] readHash = new byte[32];
    long readSequence = 1;

    SimulatedNode node = null!;
    List<Command> again = [];
    long clockMicros = 1_767_225_600_000_000; // 2026-01-01
    long nextCrashAt;

    readonly SimulationExport? export;

    Simulation(ulong seed, SimulationOptions options, Stream? exported)
    {
        export = exported is null ? null : new(exported, Venue);
        this.options = options;
        result = new(seed, options);
        random = new(seed);
        disk = new(random.Next());
        workload = options.Registry is { } registry ? new RegistryWorkload(random.Fork(), registry) : new Workload(random.Fork());
        comparison = new(random.Fork());
        // Every second seed has the next segment prepared ahead, at once, so that crashes hit that too.
        segments = new(SegmentBytes: 1L << (int)random.Between(14, 20), StepBytes: 1 << (int)random.Between(12, 16), Beside: seed % 2 == 0 ? AtOnce : null);
    }

    static Task AtOnce(Action work)
    {
        work();
        return Task.CompletedTask;
    }

    /// <summary>Does the whole run. Never throws for a difference: that is the result's <see cref="SimulationResult.Failure"/>.</summary>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="exported">Receives the run as an auditor's file (docs/book.md section 7).</param>
    public static SimulationResult Run(ulong seed, SimulationOptions options, Action<SimulationResult>? progress = null, Stream? exported = null)
    {
        Simulation simulation = new(seed, options, exported);
        try
        {
            simulation.RunToEnd(progress);
        }
        catch (SimulationFailure failure)
        {
            simulation.result.Failure = failure.Message;
        }
        // Whatever the Book throws that it should not is its failure, not the simulation's end.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            simulation.result.Failure = "unexpected " + e;
        }
        simulation.result.DiskFaults = simulation.disk.FaultsGiven;
        simulation.result.Counts = simulation.workload.Counts;
        simulation.result.Digest = Convert.ToHexStringLower(simulation.digest.GetHashAndReset());
        simulation.node?.Dispose();
        simulation.export?.Dispose();
        return simulation.result;
    }

    void RunToEnd(Action<SimulationResult>? progress)
    {
        node = Start(CrashPlan.Never);
        Send(workload.Beginning());
        PlanNextCrash();
        while (result.Operations < options.Operations)
        {
            MaySpoilTheDisk();
            if (random.Chance(1, 150)) TakeSnapshot();
            if (options.Takeovers && random.Chance(1, 500)) TakeOver();
            if (result.Operations >= nextCrashAt)
            {
                PlanNextCrash();
                if (random.Chance(10)) Die("between two batches", inFlight: null);
                else node.Mount.CrashAfter(new(1 + random.Below(8), (CrashPhase)random.Below(3)));
            }
            Tick();
            Send(NextBatch());
            if (result.Batches % options.CompareEvery == 0) CompareWhole();
            progress?.Invoke(result);
        }
        Die("at the end", inFlight: null);
        while (again.Count > 0) Send(NextBatch());
        CompareWhole();
        if (export is null) return;
        byte[] expected = export.End(reference.State);
        Check(BookExporter.Export(Venue, node.Journal.ReadFrom(1), Stream.Null).Sha256.AsSpan().SequenceEqual(expected), "the Book's own export differs from the one made beside it");
    }

    SimulatedNode Start(CrashPlan plan) =>
        SimulatedNode.Start(disk, plan, Venue, segments, _ => { });

    void PlanNextCrash()
    {
        long mean = Math.Max(1, options.Operations / Math.Max(1, options.Crashes));
        nextCrashAt = options.Crashes == 0 ? long.MaxValue : result.Operations + random.Between(mean / 2, mean + mean / 2);
    }

    /// <summary>Real clocks mostly advance a little, sometimes stand still, jump, or are set back.</summary>
    void Tick()
    {
        clockMicros += random.Below(40) switch
        {
            < 8 => 0,
            < 36 => random.Below(400_000),
            36 => random.Below(20_000_000),
            37 => 3_600_000_000,
            _ => -random.Below(5_000_000),
        };
        clockMicros += disk.ElapsedMicros + workload.Waits();
        disk.ElapsedMicros = 0;
    }

    void MaySpoilTheDisk()
    {
        if (options.LyingDisk) disk.Faults = new(FlushLies: 100);
        if (!options.DiskFaults || options.LyingDisk) return;
        disk.Faults = random.Below(60) switch
        {
            0 => new(WriteFails: 3),
            1 => new(FlushFails: 3),
            2 => new(CapacityBytes: disk.UsedBytes + random.Below(20_000)),
            < 8 => new(SlowFlush: 2, SlowFlushMicros: 2_000_000),
            _ => DiskFaults.None,
        };
    }

    Command[] NextBatch()
    {
        if (again.Count == 0) return workload.NextBatch(reference.State, options.LargestBatch);
        // Clients that got no answer repeat: together as they came, or each when its own patience ends, among what others send.
        int count = random.Chance(60) ? again.Count : 1 + random.Below(again.Count);
        List<Command> batch = again.GetRange(0, count);
        again = again.GetRange(count, again.Count - count);
        if (random.Chance(30)) batch.AddRange(workload.NextBatch(reference.State, 20));
        return [.. batch];
    }

    /// <summary>Sends a batch and holds every answer, every effect and every balance touched against the reference.</summary>
    void Send(Command[] commands)
    {
        foreach (Command command in commands)
            if (command.Id != 0) sentIds.Add(command.Id);
        (Outcome[] Outcomes, Effect[] Effects, long Batch, long TimeMicros) told;
        try
        {
            told = node.Execute(commands, clockMicros);
        }
        catch (VenueStoppedException stopped) when (IsDisk(stopped.InnerException))
        {
            Die(stopped.InnerException!.Message, commands);
            return;
        }
        Decided decided = Decide(commands);
        Check(told.Batch == decided.Batch, $"batch number {told.Batch}, expected {decided.Batch}");
        Check(told.TimeMicros == decided.TimeMicros, $"batch time {told.TimeMicros}, expected {decided.TimeMicros}");
        for (int i = 0; i < commands.Length; i++)
            Check(told.Outcomes[i] == decided.Outcomes[i], () => $"command {i} of batch {decided.Batch} ({Describe(commands[i])}): {told.Outcomes[i]}, expected {decided.Outcomes[i]}");
        CompareEffects(told.Effects, decided);
        Check(StateComparison.Touched(node.Core.State, reference.State, told.Effects));
        Check(workload.Happened(commands, decided));
        Count(told.Outcomes, told.Effects);
    }

    /// <summary>The reference decides the batch; so does a Book that never crashes, whose bytes the recovered ones must equal.</summary>
    Decided Decide(Command[] commands)
    {
        Decided decided = reference.Apply(commands, clockMicros);
        result.Operations += commands.Length;
        result.Batches++;
        unread.Enqueue((commands, decided));
        undisturbed.Apply(decided.TimeMicros, commands, new Code[commands.Length], undisturbedEffects);
        if (result.Batches % 50 == 0) past.Add(reference.State);
        return decided;
    }

    void CompareEffects(ReadOnlySpan<Effect> told, Decided decided)
    {
        int common = Math.Min(told.Length, decided.Effects.Length);
        for (int i = 0; i < common; i++)
            if (!Bytes(told.Slice(i, 1)).SequenceEqual(Bytes(decided.Effects.AsSpan(i, 1)))) Fail($"effect {i} of batch {decided.Batch}: {Describe(told[i])}, expected {Describe(decided.Effects[i])}");
        if (told.Length > common) Fail($"batch {decided.Batch} had {told.Length} effects, expected {common}; the first too many: {Describe(told[common])}");
        if (decided.Effects.Length > common) Fail($"batch {decided.Batch} had {common} effects, expected {decided.Effects.Length}; the first missing: {Describe(decided.Effects[common])}");
    }

    void Count(ReadOnlySpan<Outcome> outcomes, ReadOnlySpan<Effect> effects)
    {
        foreach (Outcome outcome in outcomes)
        {
            result.Codes[outcome.Code] = result.Codes.GetValueOrDefault(outcome.Code) + 1;
            digest.AppendData(BitConverter.GetBytes((ushort)outcome.Code));
        }
        foreach (Effect effect in effects) result.Effects[effect.Kind] = result.Effects.GetValueOrDefault(effect.Kind) + 1;
        digest.AppendData(Bytes(effects));
    }

    /// <summary>The process is gone, or as good as: restart until one recovers, see how far it got, and compare everything.</summary>
    /// <param name="inFlight">The batch that was sent and not answered: it may be there or not.</param>
    void Die(string why, Command[]? inFlight)
    {
        result.Crashes++;
        node.Dispose();
        // A new process finds room on the disk; the other faults may go on into the recovery.
        disk.Faults = disk.Faults with { CapacityBytes = long.MaxValue };
        MayLosePower(50);
        MayDamageSnapshot();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (attempt > 6) disk.Faults = DiskFaults.None;
                node = Start(attempt < 4 && random.Chance(30) ? new(1 + random.Below(12), (CrashPhase)random.Below(3)) : CrashPlan.Never);
                break;
            }
            catch (Exception e) when (IsDisk(e))
            {
                result.CrashesInRecovery++;
                MayLosePower(50);
            }
            catch (IOException e)
            {
                Fail($"after a crash {why}, recovery failed: {e.Message}");
            }
        }
        node.Mount.CrashAfter(CrashPlan.Never);

        long recovered = node.Core.State.LastBatch, acknowledged = reference.State.LastBatch;
        digest.AppendData(BitConverter.GetBytes(recovered));
        if (recovered < acknowledged) Fail($"after a crash {why}, the last batch is {recovered}, but batch {acknowledged} was acknowledged");
        if (recovered > acknowledged + (inFlight is null ? 0 : 1)) Fail($"after a crash {why}, the last batch is {recovered}, but only {acknowledged} were ever sent whole");
        Decided? kept = null;
        if (recovered > acknowledged)
        {
            result.BatchesKept++;
            kept = Decide(inFlight!);
        }
        else if (inFlight is not null)
        {
            result.BatchesLost++;
        }
        if (inFlight is not null) again.AddRange(inFlight);
        if (kept is not null) Check(workload.Happened(inFlight, kept));
        CompareWhole();
        Check(node.Core.State.StateHash().AsSpan().SequenceEqual(undisturbed.StateHash()), $"after a crash {why}, the recovered state has other bytes than one that was never interrupted");
    }

    void MayLosePower(int percent)
    {
        if (!random.Chance(percent)) return;
        disk.PowerLoss();
        result.PowerCuts++;
    }

    void MayDamageSnapshot()
    {
        string[] snapshots = [.. disk.Paths.Where(p => p.StartsWith(SimulatedNode.SnapshotFolder, StringComparison.Ordinal))];
        if (snapshots.Length == 0 || !random.Chance(40)) return;
        foreach (string path in random.Chance(20) ? snapshots : [random.Pick(snapshots)])
        {
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
            // A snapshot that fails takes nothing with it, unless the process died of it.
            if (!node.Mount.Alive) Die("while a snapshot was written: " + e.Message, inFlight: null);
        }
    }

    /// <summary>Another process is given the journal while the first lives on and does not know; whatever the first still does must come to nothing.</summary>
    void TakeOver()
    {
        disk.Faults = DiskFaults.None;
        node.Mount.CrashAfter(CrashPlan.Never);
        SimulatedNode stale = node;
        disk.BreakLocks();
        node = Start(CrashPlan.Never);
        result.Takeovers++;
        Check(node.Core.State.LastBatch == reference.State.LastBatch, $"the second writer found batch {node.Core.State.LastBatch}, but {reference.State.LastBatch} were acknowledged");
        for (int i = random.Below(3); i > 0; i--) Send(NextBatch());
        Command[] commands = workload.NextBatch(reference.State, 20);
        try
        {
            stale.Execute(commands, clockMicros);
            Fail($"a stale writer acknowledged {commands.Length} commands after another had taken over at batch {node.Core.State.LastBatch}");
        }
        catch (VenueStoppedException stopped) when (stopped.InnerException is JournalFencedException)
        {
            again.AddRange(commands);
        }
        if (random.Chance(50))
        {
            try { stale.Core.WriteSnapshot(); }
            catch (VenueStoppedException) { /* as it should */ }
        }
        stale.Dispose();
        CompareWhole();
    }

    void CompareWhole()
    {
        result.Comparisons++;
        Check(comparison.Whole(node.Core.State, reference.State, sentIds, past));
        Check(workload.Whole(node.Core.State));
        ReadBack();
    }

    /// <summary>Every record since the last time, byte by byte: numbering, checksums, hashes, commands as sent, codes as decided.</summary>
    void ReadBack()
    {
        if (unread.Count == 0) return;
        long from = unread.Peek().Decided.Batch;
        foreach (ReadOnlyMemory<byte> record in node.Journal.ReadFrom(from))
        {
            if (unread.Count == 0) Fail("the journal holds a record too many");
            (Command[] commands, Decided decided) = unread.Dequeue();
            if (RecordCheck.Check(record.Span, Venue, decided.Batch, readSequence, readHash, decided, commands) is { } wrong) Fail($"journal record of batch {decided.Batch}: {wrong}");
            export?.Batch(record.Span, decided.Effects);
            readHash = record.Span[^32..].ToArray();
            readSequence += commands.Length;
        }
        if (unread.Count > 0) Fail($"the journal ends before batch {unread.Peek().Decided.Batch}");
        Check(node.Journal.LastHash.SequenceEqual(readHash), "the journal's last hash is not that of its last record");
    }

    static bool IsDisk(Exception? e) => e is SimulatedCrash or SimulatedDiskFault;

    static ReadOnlySpan<byte> Bytes(ReadOnlySpan<Effect> effects) => MemoryMarshal.AsBytes(effects);

    void Check(bool holds, string otherwise)
    {
        if (!holds) Fail(otherwise);
    }

    void Check(bool holds, Func<string> otherwise)
    {
        if (!holds) Fail(otherwise());
    }

    void Check(string? difference)
    {
        if (difference is not null) Fail(difference);
    }

    void Fail(string what) => throw new SimulationFailure(string.Create(CultureInfo.InvariantCulture,
        $"at command {result.Operations}, batch {reference.State.LastBatch}, after {result.Crashes} crashes: {what}"));

    static string Describe(in Command c) => string.Create(CultureInfo.InvariantCulture,
        $"{c.Operation}{(c.Flags == 0 ? "" : " " + c.Flags)} type {c.TransactionType} asset {c.Asset} {c.Debit}->{c.Credit} amount {c.Amount} serial {c.SerialFirst} time {c.Time} target {c.Target:x} for {c.ActingFor} detail {c.Detail:x}");

    static string Describe(in Effect e) => string.Create(CultureInfo.InvariantCulture,
        $"{e.Kind} asset {e.Asset} {e.Debit}->{e.Credit} amount {e.Amount} serial {e.SerialFirst} hold {e.Hold:x} command {e.CommandIndex} code {e.Code}");
}
