using System.Collections.Concurrent;
using Verdigris.Simulator;
using Verdigris.Simulator.Disk;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>
/// Many callers on the threaded venue, whose process dies in the middle of an append again and again: what was acknowledged to anybody is
/// there afterwards, and once all have repeated what they got no answer for, each transfer has happened exactly once.
/// </summary>
public sealed class ConcurrentCallersTests(ITestOutputHelper output)
{
    static readonly UInt128 VenueId = new(7, 7);

    [Theory]
    [InlineData(1UL, true, false)]
    [InlineData(2UL, false, false)]
    [InlineData(3UL, true, true)]
    [InlineData(4UL, false, true)]
    public async Task No_acknowledged_command_is_lost_when_the_venue_dies_under_its_callers(ulong seed, bool power, bool ahead)
    {
        output.WriteLine($"seed {seed}");
        const int callers = 32, each = 60;
        SeededRandom random = new(seed);
        FaultyDisk disk = new(seed);
        // Commands are made before any thread starts, so that the seed decides all but the order in which threads run.
        Command[] setup =
        [
            .. new Command[]
            {
                World.DefineAsset(1, "T", AssetKind.Serialised, 0, 0), World.OpenAccount(1, World.Issuer, false, random), World.OpenAccount(2, World.Holder, false, random),
                World.SetRule(World.Issue, 0, World.Issuer, World.Holder, RuleFlags.Allowed | RuleFlags.Issues, 0),
            }.Select(c => c with { Id = random.NextId() }),
        ];
        Command[] issues = [.. Enumerable.Range(0, callers * each).Select(_ => new Command { Id = random.NextId(), Operation = Operation.Transfer, TransactionType = World.Issue, Asset = 1, Debit = 1, Credit = 2, Amount = 1 })];
        ConcurrentDictionary<UInt128, Outcome> acknowledged = [];

        int deaths = 0;
        for (int life = 0; acknowledged.Count < issues.Length + setup.Length; life++)
        {
            Assert.True(life < 200, "the callers never come to an end");
            MountedDisk mount = disk.Mount();
            await using (Venue venue = Venue.Open(new() { VenueId = VenueId, DataFolder = "data", NowMicros = () => 1_000, Disk = new OneAtATime(mount), SnapshotEveryBytes = 64 << 10, Segments = new(1 << 16, 1 << 12), AheadFromBytes = ahead ? 0 : int.MaxValue }))
            {
                foreach ((UInt128 id, Outcome outcome) in acknowledged)
                    Assert.True(venue.Read(s => s.OutcomeOf(id)) is { } found && found.Code == outcome.Code && found.Batch == outcome.Batch, $"seed {seed}: acknowledged command {id:x} is lost or decided otherwise");
                // The last lives are long enough for everybody to finish.
                if (life < 12) mount.CrashAfter(new(2 + random.Below(25), (CrashPhase)random.Below(3)));
                if (setup.Any(c => !acknowledged.ContainsKey(c.Id))) await SendAll(venue, setup);
                Command[][] shares = [.. issues.Chunk(each)];
                await Task.WhenAll(shares.Select(mine => Task.Run(() => SendAll(venue, [.. mine.Where(c => !acknowledged.ContainsKey(c.Id))]))));
                if (!mount.Alive) deaths++;
                mount.Kill();
            }
            if (power) disk.PowerLoss();
        }

        Assert.True(deaths >= 5, $"{deaths} deaths");
        await using Venue last = Venue.Open(new() { VenueId = VenueId, DataFolder = "data", NowMicros = () => 1_000, Disk = new OneAtATime(disk.Mount()) });
        Assert.Equal(issues.Length, last.Read(s => s.Balance(2, 1)).Available);
        Assert.Equal((issues.Length, -issues.Length), last.Read(s => s.Total(1)));
        Assert.Equal(1, Assert.Single(last.Read(s => s.Blocks(2, 1))).First);
        Assert.All(issues, c => Assert.Equal(Code.Accepted, last.Read(s => s.OutcomeOf(c.Id))!.Value.Code));

        async Task SendAll(Venue venue, Command[] commands)
        {
            try
            {
                foreach (Command command in commands) acknowledged[command.Id] = await venue.Send(command);
            }
            catch (VenueStoppedException)
            {
                // Nothing is known of the command: it is sent again in the next life.
            }
        }
    }

    /// <summary>The simulated disk is for one thread; the venue's writer and its snapshots are two.</summary>
    sealed class OneAtATime(IDisk inner) : IDisk
    {
        readonly Lock gate = new();

        public IReadOnlyList<string> List(string folder) { lock (gate) return inner.List(folder); }
        public bool Exists(string path) { lock (gate) return inner.Exists(path); }
        public IDiskFile Open(string path, bool create) { lock (gate) return new File(inner.Open(path, create), gate); }
        public void Rename(string from, string to) { lock (gate) inner.Rename(from, to); }
        public void Delete(string path) { lock (gate) inner.Delete(path); }
        public void FlushFolder(string folder) { lock (gate) inner.FlushFolder(folder); }
        public IDisposable Lock(string path) { lock (gate) return inner.Lock(path); }

        sealed class File(IDiskFile inner, Lock gate) : IDiskFile
        {
            public long Length { get { lock (gate) return inner.Length; } }
            public void SetLength(long length) { lock (gate) inner.SetLength(length); }
            public int Read(long offset, Span<byte> into) { lock (gate) return inner.Read(offset, into); }
            public void Write(long offset, ReadOnlySpan<byte> data) { lock (gate) inner.Write(offset, data); }
            public void Flush() { lock (gate) inner.Flush(); }
            public void Dispose() { lock (gate) inner.Dispose(); }
        }
    }
}
