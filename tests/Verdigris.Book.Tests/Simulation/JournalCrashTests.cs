using Verdigris.Simulator;
using Verdigris.Simulator.Disk;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>
/// The segment journal alone, killed at every single disk operation of a short life, before, within and after it, by a dying process or by a
/// power cut, and once more while it recovers. Whatever was acknowledged is there; at most the one record in flight may be, too; what is
/// there once recovered stays there.
/// </summary>
public sealed class JournalCrashTests
{
    const string Folder = "journal";
    static readonly UInt128 Venue = new(1, 2);
    static readonly SegmentOptions Small = new(SegmentBytes: 2048, StepBytes: 1024);
    // Records count as small here, so that every segment but the first is prepared before it is needed: at once, to die in the middle of it too.
    static readonly SegmentOptions Ahead = new(SegmentBytes: 2048, StepBytes: 4096, Beside: AtOnce);

    static Task AtOnce(Action work)
    {
        work();
        return Task.CompletedTask;
    }

    public static TheoryData<CrashPhase, bool> Deaths() => new() { { CrashPhase.Before, true }, { CrashPhase.Within, true }, { CrashPhase.After, true }, { CrashPhase.Before, false }, { CrashPhase.Within, false }, { CrashPhase.After, false } };

    [Theory]
    [MemberData(nameof(Deaths))]
    public void No_crash_loses_an_acknowledged_record(CrashPhase phase, bool power)
    {
        for (ulong seed = 0; seed < 2; seed++)
        {
            long operation = 1;
            while (Live(seed, new(operation, phase), CrashPlan.Never, power)) operation++;
            Assert.True(operation > 30, $"only {operation} operations in a life");
        }
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public void Nor_where_segments_are_prepared_ahead(CrashPhase phase, bool power)
    {
        for (ulong seed = 0; seed < 2; seed++)
        {
            long operation = 1;
            while (Live(seed, new(operation, phase), CrashPlan.Never, power, Ahead)) operation++;
            Assert.True(operation > 30, $"only {operation} operations in a life");
        }
        for (long operation = 1; Live(7, new(operation, CrashPhase.After), CrashPlan.Never, !power, Ahead); operation += 4)
            for (long again = 1; again < 14; again += 2)
                Live(7, new(operation, CrashPhase.Within), new(again, phase), power, Ahead);
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public void Nor_does_a_second_crash_during_recovery(CrashPhase phase, bool power)
    {
        for (long operation = 1; Live(7, new(operation, CrashPhase.After), CrashPlan.Never, !power); operation += 4)
            for (long again = 1; again < 12; again += 2)
                Live(7, new(operation, CrashPhase.Within), new(again, phase), power);
    }

    [Fact]
    public void A_prepared_segment_takes_its_place_by_a_rename_and_leaves_nothing_behind()
    {
        FaultyDisk disk = new(3);
        SeededRandom random = new(3);
        MountedDisk mount = disk.Mount(CrashPlan.Never);
        using (SegmentJournal journal = SegmentJournal.Open(mount, Folder, Venue, Ahead))
        {
            // Up to the half of a segment nothing is prepared, beyond it the next one lies there, whole and empty.
            bool prepared = false;
            for (long batch = 1; batch <= 40; batch++)
            {
                journal.Append(batch, Record(batch, 1 + random.Below(4), journal.LastHash, random));
                string? next = disk.Paths.SingleOrDefault(p => Path.GetFileName(p).StartsWith("next-", StringComparison.Ordinal));
                prepared |= next is not null;
                if (next is not null) Assert.Equal(new byte[Ahead.SegmentBytes], disk.Content(next));
            }
            Assert.True(prepared);
        }
        Assert.DoesNotContain(disk.Paths, p => Path.GetFileName(p).StartsWith("next-", StringComparison.Ordinal));
        Assert.All(disk.Paths.Where(p => p.EndsWith(".vbj", StringComparison.Ordinal)).Skip(1), p => Assert.Equal(Ahead.SegmentBytes, disk.LengthOf(p)));
        using SegmentJournal again = SegmentJournal.Open(mount, Folder, Venue, Ahead);
        Assert.Equal(40, again.LastBatch);
    }

    /// <returns>Whether the plan came to pass: false once it lies beyond the life's last operation.</returns>
    static bool Live(ulong seed, CrashPlan plan, CrashPlan second, bool power, SegmentOptions? options = null)
    {
        string replay = $"seed {seed}, {plan}, then {second}, power {power}";
        FaultyDisk disk = new(seed);
        SeededRandom random = new(seed);
        List<byte[]> acknowledged = [];
        byte[]? inFlight = null;
        bool crashed = false;
        foreach (CrashPlan each in new[] { plan, second, CrashPlan.Never, CrashPlan.Never })
        {
            MountedDisk mount = disk.Mount(each);
            try
            {
                using SegmentJournal journal = SegmentJournal.Open(mount, Folder, Venue, options ?? Small);
                long recovered = journal.LastBatch;
                Assert.True(recovered >= acknowledged.Count, $"{replay}: {acknowledged.Count} records were acknowledged, {recovered} are there");
                Assert.True(recovered <= acknowledged.Count + (inFlight is null ? 0 : 1), $"{replay}: {recovered} records, {acknowledged.Count} acknowledged");
                if (recovered > acknowledged.Count) acknowledged.Add(inFlight!);
                inFlight = null;
                int at = 0;
                foreach (ReadOnlyMemory<byte> record in journal.ReadFrom(1)) Assert.True(record.Span.SequenceEqual(acknowledged[at++]), $"{replay}: record {at} differs");
                Assert.True(at == recovered, $"{replay}: {at} records read, {recovered} there");
                Assert.True(journal.LastHash.SequenceEqual(at == 0 ? new byte[32] : acknowledged[^1].AsSpan(^32)), $"{replay}: last hash");
                for (int i = 0; i < 9; i++)
                {
                    inFlight = Record(journal.LastBatch + 1, 1 + random.Below(4), journal.LastHash, random);
                    journal.Append(journal.LastBatch + 1, inFlight);
                    acknowledged.Add(inFlight);
                    inFlight = null;
                }
            }
            catch (SimulatedCrash)
            {
                crashed = true;
            }
            mount.Kill();
            // A power cut after the last life, too: what a killed process left in the page cache must have been made durable before it was counted.
            if (power || each == CrashPlan.Never) disk.PowerLoss();
        }
        return crashed;
    }

    static byte[] Record(long batch, int commands, ReadOnlySpan<byte> previous, SeededRandom random)
    {
        byte[] record = new byte[RecordCodec.RecordLength(commands)];
        foreach (ref Command command in RecordCodec.Commands(record, commands)) command.Id = random.NextId();
        RecordCodec.Seal(record, Venue, batch, batch * 10, batch, commands, previous);
        return record;
    }
}
