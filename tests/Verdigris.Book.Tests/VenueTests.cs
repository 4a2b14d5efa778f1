using Verdigris.Auditor;
using Verdigris.Simulator;
using Verdigris.Simulator.Disk;
using Verdigris.Simulator.Reference;
using static Verdigris.Book.Tests.Ledger;

namespace Verdigris.Book.Tests;

/// <summary>The threaded venue on real files: exactly once, durable before answered, restart, stop, time.</summary>
public sealed class VenueTests(ITestOutputHelper output) : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("verdigris-venue-");
    long clock = 1_000_000;
    int nextId = 1;

    public void Dispose() => folder.Delete(recursive: true);

    UInt128 Id() => (UInt128)Interlocked.Increment(ref nextId);

    VenueOptions Options(long snapshotEvery = 0) => new()
    {
        VenueId = 7,
        DataFolder = folder.FullName,
        NowMicros = () => Volatile.Read(ref clock),
        SnapshotEveryBytes = snapshotEvery,
        Warn = output.WriteLine,
    };

    async Task<Venue> Opened(long snapshotEvery = 0, int accounts = 20)
    {
        var venue = Venue.Open(Options(snapshotEvery));
        var setup = new List<Command>
        {
            Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2), Commands.OpenAccount(Id(), Issuer, 1),
            Commands.SetRule(Id(), Issue, 0, 1, 2, RuleFlags.Allowed | RuleFlags.Issues), Commands.SetRule(Id(), Pay, 0, 2, 2, RuleFlags.Allowed),
        };
        for (int i = 0; i < accounts; i++) setup.AddRange([Commands.OpenAccount(Id(), 100 + i, 2), Commands.Transfer(Id(), Issue, Cash, Issuer, 100 + i, 1_000_000)]);
        Assert.All(await venue.Send(setup.ToArray()), o => Assert.True(o.Accepted));
        return venue;
    }

    [Fact]
    public async Task A_thousand_clients_retrying_the_same_thousand_commands_leave_each_effect_once()
    {
        const int seed = 77;
        output.WriteLine($"seed {seed}");
        byte[] hash;
        await using (var venue = await Opened())
        {
            var commands = Enumerable.Range(0, 1_000).Select(i => Commands.Transfer(Id(), Pay, Cash, 100 + i % 20, 100 + (i + 7) % 20, 1 + i)).ToArray();
            long posted = 0;
            venue.Committed += batch => { foreach (var e in batch.Effects.Span) if (e.Kind == EffectKind.Posted) posted++; };
            int first = 0;
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(client => Task.Run(async () =>
            {
                var random = new Random(seed + client);
                for (int i = 0; i < 20; i++)
                {
                    var outcome = await venue.Send(commands[random.Next(commands.Length)]);
                    Assert.True(outcome.Accepted);
                    if (!outcome.Repeated) Interlocked.Increment(ref first);
                }
            })));
            foreach (var chunk in commands.Chunk(100)) first += (await venue.Send(chunk)).Count(o => !o.Repeated);
            Assert.Equal(1_000, first);
            Assert.Equal(1_000, posted);
            for (int i = 0; i < 20; i++)
            {
                long expected = 1_000_000 + Enumerable.Range(0, 1_000).Sum(n => ((n + 7) % 20 == i ? 1 + n : 0) - (n % 20 == i ? 1 + n : 0));
                Assert.Equal(expected, venue.Read(s => s.Balance(100 + i, Cash).Available));
            }
            hash = venue.Read(s => ((BookState)s).StateHash());
        }
        await using var again = Venue.Open(Options());
        Assert.Equal(hash, again.Read(s => ((BookState)s).StateHash()));
    }

    [Fact]
    public async Task A_callers_open_chain_does_not_reach_into_the_next_callers_commands()
    {
        await using var venue = await Opened();
        var sent = Enumerable.Range(0, 200).Select(i => i % 2 == 0
            ? venue.Send(Commands.Transfer(Id(), Pay, Cash, 100, 101, 1).Linked()).AsTask()
            : venue.Send(Commands.Transfer(Id(), Pay, Cash, 100, 101, 1)).AsTask()).ToArray();
        var outcomes = await Task.WhenAll(sent);
        for (int i = 0; i < outcomes.Length; i++) Assert.Equal(i % 2 == 0 ? Code.ChainOpen : Code.Accepted, outcomes[i].Code);
    }

    [Fact]
    public async Task Time_passes_without_traffic()
    {
        await using var venue = await Opened();
        var hold = Commands.Hold(Id(), Pay, Cash, 100, 101, 50, expiresAtMicros: clock + 500_000);
        Assert.True((await venue.Send(hold)).Accepted);
        Volatile.Write(ref clock, clock + 600_000);
        for (int i = 0; i < 3_000 && venue.Read(s => s.Hold(hold.Id)!.State) == HoldState.Pending; i++) await Task.Delay(20);
        Assert.Equal(HoldState.Expired, venue.Read(s => s.Hold(hold.Id)!.State));
    }

    [Fact]
    public async Task A_snapshot_made_beside_the_writer_is_what_a_restart_begins_with()
    {
        byte[] hash;
        await using (var venue = await Opened(snapshotEvery: 200_000))
        {
            for (int i = 0; i < 60; i++) await venue.Send(Enumerable.Range(0, 100).Select(n => Commands.Transfer(Id(), Pay, Cash, 100 + n % 20, 100 + (n + 1) % 20, 1)).ToArray());
            for (int i = 0; i < 3_000 && !Directory.EnumerateFiles(folder.FullName, "*.vbs", SearchOption.AllDirectories).Any(); i++) await Task.Delay(20);
            hash = venue.Read(s => ((BookState)s).StateHash());
        }
        var snapshots = Directory.GetFiles(Path.Combine(folder.FullName, "snapshots"), "*.vbs");
        Assert.NotEmpty(snapshots);
        var report = BookVerifier.Verify(new RealDisk(), folder.FullName);
        Assert.Empty(report.Problems);
        Assert.NotEmpty(report.SnapshotsVerified);
        Assert.Equal(hash, report.StateHash);
        await using (var again = Venue.Open(Options())) Assert.Equal(hash, again.Read(s => ((BookState)s).StateHash()));
        // A damaged snapshot is skipped with a warning, and the journal still has everything.
        foreach (string path in snapshots)
        {
            var bytes = File.ReadAllBytes(path);
            bytes[bytes.Length / 2] ^= 4;
            File.WriteAllBytes(path, bytes);
        }
        var warnings = new List<string>();
        await using (var again = Venue.Open(Options() with { Warn = warnings.Add })) Assert.Equal(hash, again.Read(s => ((BookState)s).StateHash()));
        Assert.Equal(snapshots.Length, warnings.Count);
        Assert.NotEmpty(BookVerifier.Verify(new RealDisk(), folder.FullName).Problems);
    }

    sealed class FailingJournal : IJournal
    {
        public bool Fails;
        readonly byte[] hash = new byte[32];
        public long LastBatch { get; private set; }
        public ReadOnlySpan<byte> LastHash => hash;
        public void Append(long batch, ReadOnlySpan<byte> record)
        {
            if (Fails) throw new IOException("no space left on device");
            LastBatch = batch;
            RecordCodec.Hash(record).CopyTo(hash);
        }
        public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch) => [];
        public void Dispose() { }
    }

    [Fact]
    public async Task After_a_failed_append_the_venue_answers_nobody_any_more()
    {
        var journal = new FailingJournal();
        await using var venue = Venue.Open(Options(), journal);
        Assert.True((await venue.Send(Commands.OpenAccount(Id(), 5, 1))).Accepted);
        journal.Fails = true;
        var failed = await Assert.ThrowsAsync<VenueStoppedException>(async () => await venue.Send(Commands.OpenAccount(Id(), 6, 1)));
        Assert.IsType<IOException>(failed.InnerException);
        await Assert.ThrowsAsync<VenueStoppedException>(async () => await venue.Send(Commands.OpenAccount(Id(), 7, 1)));
        await Assert.ThrowsAsync<VenueStoppedException>(async () => await venue.Send(new[] { Commands.OpenAccount(Id(), 7, 1) }));
        Assert.Throws<VenueStoppedException>(() => venue.Read(s => s.Account(6)));
        for (int i = 0; i < 6_000 && !venue.Stopped.IsCancellationRequested; i++) await Task.Delay(10);
        Assert.True(venue.Stopped.IsCancellationRequested);
    }

    [Fact]
    public async Task A_full_queue_makes_callers_wait_and_answers_all_of_them()
    {
        await using var venue = Venue.Open(Options() with { MaxBatch = 4, QueueLimit = 8 });
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(async () => await venue.Send(Commands.OpenAccount(Id(), 1_000 + i, 1)))));
        Assert.All(outcomes, o => Assert.True(o.Accepted));
        await Assert.ThrowsAsync<ArgumentException>(async () => await venue.Send(new Command[5]));
    }

    [Fact]
    public async Task An_export_satisfies_the_auditor_and_roots_cover_every_batch()
    {
        await using (var venue = await Opened())
            for (int i = 0; i < 30; i++)
            {
                Volatile.Write(ref clock, clock + 20_000_000_000);
                await venue.Send(Enumerable.Range(0, 20).Select(n => Commands.Transfer(Id(), Pay, Cash, 100 + n, 100 + (n + 1) % 20, 1 + i)).ToArray());
            }
        string file = Path.Combine(folder.FullName, "export.vbx");
        ExportSummary summary;
        using (var stream = File.Create(file)) summary = BookExporter.Export(new RealDisk(), folder.FullName, stream);
        Assert.Equal((31L, new FileInfo(file).Length), (summary.Batches, summary.Bytes));
        var bytes = File.ReadAllBytes(file);
        Assert.Equal(summary.Sha256, System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)));
        Assert.Equal(summary.Sha256, bytes.AsSpan(bytes.Length - 32));
        AssertSound(file);
        var roots = BookVerifier.Verify(new RealDisk(), folder.FullName).DailyRoots;
        Assert.Equal(31, roots.Sum(r => r.LastBatch - r.FirstBatch + 1));
        Assert.True(roots.Count > 3, "several days");
    }

    static void AssertSound(string file)
    {
        using var stream = File.OpenRead(file);
        AssertSound(stream);
    }

    static void AssertSound(Stream stream)
    {
        var report = ExportAuditor.Audit(stream);
        Assert.True(report.Sound, string.Join("\n", report.Findings));
    }

    [Theory]
    [InlineData(4), InlineData(5), InlineData(6)]
    public void Whatever_clients_send_the_export_satisfies_the_auditor(ulong seed)
    {
        output.WriteLine($"seed {seed}");
        var workload = new Workload(new SeededRandom(seed));
        var reference = new ReferenceLedger();
        var disk = new FaultyDisk(1).Mount();
        using var core = VenueCore.Open(7, SegmentJournal.Open(disk, "v/journal", 7));
        for (int batch = 0; batch < 120; batch++)
        {
            clock += 400_000;
            var commands = batch == 0 ? workload.Beginning() : workload.NextBatch(reference.State, 100);
            reference.Apply(commands, clock);
            core.Execute(commands, clock);
        }
        var file = new MemoryStream();
        BookExporter.Export(disk, "v", file);
        file.Position = 0;
        AssertSound(file);
    }

    [Fact]
    public void Merkle_roots_carry_an_odd_node_up()
    {
        static byte[] Node(byte[] a, byte[] b) => System.Security.Cryptography.SHA256.HashData([.. a, .. b]);
        var leaves = Enumerable.Range(1, 7).Select(i => System.Security.Cryptography.SHA256.HashData([(byte)i])).ToArray();
        var roots = new MerkleRoots();
        for (int i = 0; i < 7; i++) roots.Add(i + 1, 5, leaves[i]);
        var pairs = new[] { Node(leaves[0], leaves[1]), Node(leaves[2], leaves[3]), Node(leaves[4], leaves[5]), leaves[6] };
        Assert.Equal(Node(Node(pairs[0], pairs[1]), Node(pairs[2], pairs[3])), roots.Roots().Single().Root);
        Assert.Equal(new DateOnly(1970, 1, 1), roots.Roots().Single().Day);
    }
}
