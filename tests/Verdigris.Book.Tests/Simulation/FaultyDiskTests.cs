using Verdigris.Simulator;
using Verdigris.Simulator.Disk;


namespace Verdigris.Book.Tests.Simulation;

/// <summary>The simulated disk is as cruel as it claims, and no crueller: a fault it never gives would hide the defect it is for.</summary>
public sealed class FaultyDiskTests
{
    const string File = "data/file";

    static FaultyDisk WithFile(ulong seed, out IDiskFile file, out MountedDisk mount, byte[]? flushed = null)
    {
        FaultyDisk disk = new(seed);
        mount = disk.Mount();
        file = mount.Open(File, create: true);
        if (flushed is not null) file.Write(0, flushed);
        file.Flush();
        mount.FlushFolder("data");
        return disk;
    }

    static byte[] Filled(int length, byte value) => Enumerable.Repeat(value, length).ToArray();

    [Fact]
    public void What_was_flushed_survives_every_power_loss()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            FaultyDisk disk = WithFile(seed, out _, out _, Filled(10_000, 7));
            disk.PowerLoss();
            Assert.Equal(Filled(10_000, 7), disk.Content(File));
        }
    }

    [Fact]
    public void Unflushed_sectors_are_old_or_new_each_for_itself_and_sometimes_garbled()
    {
        bool allOld = false, allNew = false, torn = false, garbled = false;
        for (ulong seed = 0; seed < 400; seed++)
        {
            FaultyDisk disk = WithFile(seed, out IDiskFile file, out _, Filled(16_384, 1));
            file.Write(0, Filled(16_384, 2));
            disk.PowerLoss();
            byte[] content = disk.Content(File);
            Assert.Equal(16_384, content.Length);
            bool clean = true;
            for (int sector = 0; sector < content.Length / 512; sector++)
                clean &= content.AsSpan(sector * 512, 512).ContainsAnyExcept(content[sector * 512]) is false && content[sector * 512] is 1 or 2;
            garbled |= !clean;
            allOld |= content.All(b => b == 1);
            allNew |= content.All(b => b == 2);
            torn |= clean && content.Contains((byte)1) && content.Contains((byte)2);
        }
        Assert.True(allOld && allNew && torn && garbled, $"old {allOld}, new {allNew}, torn {torn}, garbled {garbled}");
    }

    [Fact]
    public void A_length_that_was_not_flushed_may_go_back_and_what_lies_beyond_it_is_gone()
    {
        HashSet<int> lengths = [];
        for (ulong seed = 0; seed < 100; seed++)
        {
            FaultyDisk disk = WithFile(seed, out IDiskFile file, out _, Filled(700, 1));
            file.Write(700, Filled(3000, 2));
            disk.PowerLoss(garble: false);
            lengths.Add(disk.Content(File).Length);
            IDiskFile again = disk.Mount().Open(File, create: false);
            again.SetLength(4000);
            if (disk.LengthOf(File) == 4000 && lengths.Count == 1 && lengths.Contains(700)) Assert.Equal(0, disk.Content(File)[3999]);
            Assert.Equal(Filled(300, 0), disk.Content(File)[3700..]);
        }
        Assert.Equal([700, 3700], lengths.Order());
    }

    [Fact]
    public void A_shrunk_file_that_was_not_flushed_may_come_back_whole()
    {
        bool back = false, gone = false;
        for (ulong seed = 0; seed < 100; seed++)
        {
            FaultyDisk disk = WithFile(seed, out IDiskFile file, out _, Filled(2048, 5));
            file.SetLength(512);
            disk.PowerLoss(garble: false);
            back |= disk.Content(File).SequenceEqual(Filled(2048, 5));
            gone |= disk.LengthOf(File) == 512;
        }
        Assert.True(back && gone);
    }

    [Fact]
    public void A_killed_process_leaves_its_writes_to_the_next_one()
    {
        FaultyDisk disk = WithFile(1, out IDiskFile file, out MountedDisk mount);
        file.Write(0, [1, 2, 3]);
        mount.Kill();
        byte[] read = new byte[3];
        Assert.Equal(3, disk.Mount().Open(File, create: false).Read(0, read));
        Assert.Equal([1, 2, 3], read);
        Assert.Throws<SimulatedCrash>(() => file.Flush());
        Assert.Throws<SimulatedCrash>(() => mount.Exists(File));
    }

    [Fact]
    public void A_new_name_is_not_durable_before_its_folder_is_flushed()
    {
        bool lost = false, kept = false;
        for (ulong seed = 0; seed < 50; seed++)
        {
            FaultyDisk disk = new(seed);
            MountedDisk mount = disk.Mount();
            IDiskFile file = mount.Open(File, create: true);
            file.Write(0, [9]);
            file.Flush();
            disk.PowerLoss();
            if (disk.Paths.Contains(File)) { kept = true; Assert.Equal([9], disk.Content(File)); }
            else lost = true;
        }
        Assert.True(lost && kept);
    }

    [Fact]
    public void Renames_and_deletions_are_undone_in_order_unless_the_folder_was_flushed()
    {
        HashSet<string> outcomes = [];
        for (ulong seed = 0; seed < 100; seed++)
        {
            FaultyDisk disk = WithFile(seed, out _, out MountedDisk mount, [1]);
            mount.Rename(File, "data/renamed");
            mount.Delete("data/renamed");
            Assert.Empty(disk.Paths);
            disk.PowerLoss();
            outcomes.Add(string.Join(",", disk.Paths));
        }
        Assert.Equal(["", "data/file", "data/renamed"], outcomes.Order(StringComparer.Ordinal));

        FaultyDisk flushed = WithFile(1, out _, out MountedDisk other, [1]);
        other.Rename(File, "data/renamed");
        other.FlushFolder("data");
        flushed.PowerLoss();
        Assert.Equal(["data/renamed"], flushed.Paths);
    }

    [Theory]
    [InlineData(CrashPhase.Before, false)]
    [InlineData(CrashPhase.After, true)]
    public void A_crash_before_an_operation_leaves_nothing_of_it_and_one_after_leaves_all(CrashPhase phase, bool there)
    {
        FaultyDisk disk = WithFile(3, out _, out _, Filled(4, 0));
        MountedDisk mount = disk.Mount(new CrashPlan(1, phase));
        IDiskFile file = mount.Open(File, create: false);
        Assert.Throws<SimulatedCrash>(() => file.Write(0, [1, 1, 1, 1]));
        Assert.False(mount.Alive);
        Assert.Equal(Filled(4, there ? (byte)1 : (byte)0), disk.Content(File));
    }

    [Fact]
    public void A_crash_within_a_write_leaves_a_beginning_of_it()
    {
        HashSet<int> lengths = [];
        for (ulong seed = 0; seed < 200; seed++)
        {
            FaultyDisk disk = WithFile(seed, out _, out _);
            IDiskFile file = disk.Mount(new CrashPlan(1, CrashPhase.Within)).Open(File, create: false);
            Assert.Throws<SimulatedCrash>(() => file.Write(0, Filled(8, 1)));
            lengths.Add((int)disk.LengthOf(File));
        }
        Assert.Equal(Enumerable.Range(0, 9), lengths.Order());
    }

    [Fact]
    public void A_failed_flush_forgets_what_it_could_not_write_and_a_second_one_does_not_help()
    {
        bool lost = false;
        for (ulong seed = 0; seed < 50; seed++)
        {
            FaultyDisk disk = WithFile(seed, out IDiskFile file, out _, Filled(512, 1));
            disk.Faults = new(FlushFails: 1);
            file.Write(0, Filled(512, 2));
            Assert.Throws<SimulatedDiskFault>(() => file.Flush());
            disk.Faults = DiskFaults.None;
            file.Flush();
            disk.PowerLoss();
            lost |= disk.Content(File)[0] == 1;
        }
        Assert.True(lost);
    }

    [Fact]
    public void A_full_disk_takes_what_fits_and_refuses_the_rest()
    {
        FaultyDisk disk = WithFile(1, out IDiskFile file, out _, Filled(10, 1));
        disk.Faults = new(CapacityBytes: 16);
        Assert.Throws<SimulatedDiskFault>(() => file.Write(10, Filled(10, 2)));
        Assert.Equal(16, file.Length);
        file.Write(0, Filled(16, 3));
        Assert.Throws<SimulatedDiskFault>(() => file.SetLength(17));
        disk.Faults = new(CapacityBytes: 17);
        file.SetLength(17);
        Assert.Equal(1, disk.FaultsGiven["disk full"] - 1);
    }

    [Fact]
    public void A_lock_keeps_a_second_process_out_until_the_first_lets_go_or_dies()
    {
        FaultyDisk disk = new(1);
        MountedDisk first = disk.Mount(), second = disk.Mount();
        IDisposable held = first.Lock("data/lock");
        Assert.Throws<JournalFencedException>(() => second.Lock("data/lock"));
        held.Dispose();
        second.Lock("data/lock");
        Assert.Throws<JournalFencedException>(() => first.Lock("data/lock"));
        second.Kill();
        first.Lock("data/lock");
        disk.BreakLocks();
        disk.Mount().Lock("data/lock");
        Assert.True(first.Alive);
    }

    [Fact]
    public void The_same_seed_gives_the_same_disk()
    {
        static byte[] Run()
        {
            FaultyDisk disk = WithFile(42, out IDiskFile file, out _, Filled(20_000, 1));
            file.Write(100, Filled(15_000, 2));
            disk.PowerLoss();
            return disk.Content(File);
        }
        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void Bytes_read_are_the_bytes_written_wherever_they_lie()
    {
        const ulong seed = 20261121;
        SeededRandom random = new(seed);
        FaultyDisk disk = WithFile(seed, out IDiskFile file, out _);
        byte[] expected = new byte[40_000];
        int length = 0;
        for (int i = 0; i < 500; i++)
        {
            if (random.Chance(10))
            {
                int cut = random.Below(expected.Length);
                if (cut < length) expected.AsSpan(cut, length - cut).Clear();
                length = cut;
                file.SetLength(cut);
                continue;
            }
            int at = random.Below(30_000), n = random.Below(9_000);
            byte[] data = new byte[n];
            for (int b = 0; b < n; b++) data[b] = (byte)random.Below(256);
            file.Write(at, data);
            data.CopyTo(expected, at);
            length = Math.Max(length, at + n);
        }
        Assert.Equal(length, file.Length);
        Assert.True(expected.AsSpan(0, length).SequenceEqual(disk.Content(File)), $"seed {seed}");
    }
}
