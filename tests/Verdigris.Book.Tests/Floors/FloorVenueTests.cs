using Verdigris.Auditor;
using Verdigris.Simulator;
using Verdigris.Simulator.Trading;
using static Verdigris.Book.Tests.Floors.FloorWorld;

namespace Verdigris.Book.Tests.Floors;

/// <summary>The floor in a threaded venue on real files: many callers, snapshots beside, an auditor that knows nothing of orders.</summary>
public sealed class FloorVenueTests(ITestOutputHelper output) : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("verdigris-floor-");
    long clock = 1_000_000, id = 1_000_000;

    public void Dispose() => folder.Delete(recursive: true);

    UInt128 Id() => (UInt128)Interlocked.Increment(ref id);

    VenueOptions Options => new() { VenueId = 7, DataFolder = folder.FullName, NowMicros = () => Interlocked.Increment(ref clock), SnapshotEveryBytes = 1 << 19, Warn = output.WriteLine };

    async Task<(Venue Venue, FloorHost Floor)> Opened(bool ahead)
    {
        var (venue, floor) = FloorHost.Open(Options with { AheadFromBytes = ahead ? 0 : int.MaxValue });
        using var world = new FloorWorld(define: false);
        foreach (var batch in world.Batches) Assert.All(await venue.Send(batch.Commands), o => Assert.True(o.Accepted));
        var lines = Definitions.SelectMany(d => new[]
        {
            FloorCommands.DefineInstrument(Id(), d), FloorCommands.UpdateInstrument(Id(), d.Id, new() { MarginPerLot = 50, FeePerLot = 1, HighestPrice = 1_000 }), FloorCommands.SetPhase(Id(), d.Id, BookPhase.Continuous),
        }).Concat(new[] { Ann, Bob, Cid, Dot }.Select(t => FloorCommands.DefineTrader(Id(), TraderOf(t)))).ToArray();
        Assert.All(await floor.Send(lines), a => Assert.True(a.Accepted));
        return (venue, floor);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_traders_at_once_with_other_rooms_beside_them_leave_a_floor_that_adds_up_and_comes_back(bool ahead)
    {
        var (venue, floor) = await Opened(ahead);
        byte[] hash, book;
        long events;
        await using (venue)
        {
            using var subscription = floor.Subscribe(1, 1_000_000);
            var rooms = Task.Run(async () =>
            {
                for (int i = 0; i < 200; i++) await venue.Send(Commands.Transfer(Id(), 1, Cash, Mint, CashOf(1 + i % 4), 10));
            });
            await Task.WhenAll(Enumerable.Range(1, 4).Select(t => Task.Run(async () =>
            {
                var random = new SeededRandom((ulong)t);
                var mine = new List<long>();
                for (int i = 0; i < 150; i++)
                {
                    var lines = Enumerable.Range(0, 1 + random.Below(8)).Select(_ => mine.Count > 3 && random.Chance(30)
                        ? FloorCommands.Cancel(Id(), t, mine[random.Below(mine.Count)])
                        : FloorCommands.NewOrder(Id(), 1 + random.Below(5), t, random.Chance(50) ? Side.Buy : Side.Sell, 1 + random.Below(6), 90 + random.Below(20))).ToArray();
                    var answers = await floor.Send(lines);
                    for (int k = 0; k < lines.Length; k++)
                        if (answers[k].Accepted && lines[k].Kind == FloorKind.NewOrder) mine.Add(answers[k].Order);
                    if (i % 20 == 0) Assert.True(floor.Read(f => f.OrdersOf(t).All(o => o.Trader == t)));
                    if (i == 75 && t == 1) Assert.True((await floor.Send(FloorCommands.Checkpoint(Id()))).Accepted);
                }
            })).Append(rooms));
            Assert.Null(venue.Read(s => FloorCensus.Check(Census((BookState)s), FloorOf(floor), [Ann, Bob, Cid, Dot])));
            events = floor.Read(f => f.NextEvent);
            long seen = 0, trades = 0;
            while (subscription.TryRead(out var batch))
            {
                foreach (var e in batch)
                {
                    Assert.Equal(++seen, e.Sequence);
                    if (e.Kind == FloorEventKind.Trade) trades++;
                }
            }
            Assert.Equal(events - 1, seen);
            Assert.True(trades > 100);
            (hash, book) = (floor.Read(f => f.Hash()), venue.Read(s => ((BookState)s).StateHash()));
        }
        var (again, restarted) = FloorHost.Open(Options);
        await using (again)
        {
            Assert.Equal(hash, restarted.Read(f => f.Hash()));
            Assert.Equal(book, again.Read(s => ((BookState)s).StateHash()));
            Assert.Equal(events, restarted.Read(f => f.NextEvent));
        }
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(folder.FullName, "snapshots")));

        // An auditor finds every posting in order without knowing what an order is.
        var export = new MemoryStream();
        BookExporter.Export(new RealDisk(), folder.FullName, export);
        export.Position = 0;
        var report = ExportAuditor.Audit(export);
        Assert.True(report.Sound, string.Join("\n", report.Findings));
    }

    /// <summary>Reads the floor from within a read of its venue.</summary>
    static IFloorState FloorOf(FloorHost host) => host.Floor;

    static CensusBook Census(BookState state) => new(
        state.ExportHoldings().ToDictionary(h => (h.Account, h.Asset), h => (h.Available, h.Held)),
        state.ExportPendingHolds().ToDictionary(h => h.Id, h => (h.Asset, h.Debit, h.Credit, h.Remaining)));

    [Fact]
    public void The_census_and_the_trade_check_are_not_blind()
    {
        using var w = new FloorWorld();
        w.Buy(Ann, 3, 20);
        w.Sell(Bob, 2, 200, Future);
        w.Buy(Cid, 2, 200, Future);
        string? Seen(CensusBook book) => FloorCensus.Check(book, w.Floor, [Ann, Bob, Cid, Dot]);
        var book = Census(w.Core.State);
        Assert.Null(Seen(book));
        Assert.Contains("is not there", Seen(book with { Holds = book.Holds.Take(0).ToDictionary() }), StringComparison.Ordinal);
        Assert.Contains("belongs to no order", Seen(book with { Holds = book.Holds.Append(new(5, (Cash, 1, 2, 3))).ToDictionary() }), StringComparison.Ordinal);
        Assert.Contains("holds 600", Seen(book with { Holds = book.Holds.ToDictionary(h => h.Key, h => h.Value with { Remaining = 599 }) }), StringComparison.Ordinal);
        Assert.Contains("sum to", Seen(book with { Holdings = book.Holdings.Append(new((Clearing, Unit), (1, 0))).ToDictionary() }), StringComparison.Ordinal);
        CensusBook Moved(long from, long to, int asset) => book with
        {
            Holdings = book.Holdings.ToDictionary(h => h.Key, h => h.Key == (from, asset) ? (h.Value.Available - 1, h.Value.Held) : h.Key == (to, asset) ? (h.Value.Available + 1, h.Value.Held) : h.Value),
        };
        Assert.Contains("long and", Seen(Moved(UnitsOf(Cid), Issuer, LongF)) is { } wrong ? wrong.Replace("long, ", "long and ", StringComparison.Ordinal) : "", StringComparison.Ordinal);

        w.Sell(Dot, 3, 20);
        var batch = w.Batches[^1];
        var events = w.Events.ToArray().Where(e => e.Kind == FloorEventKind.Trade).TakeLast(1).ToArray();
        Assert.Null(TradeCheck.Check(events, batch.Commands.Span, batch.Effects.Span, w.Floor));
        for (int i = 0; i < batch.Effects.Length; i++)
        {
            var effects = batch.Effects.ToArray();
            if (effects[i].Kind is not (EffectKind.Posted or EffectKind.HoldPosted)) continue;
            effects[i].Amount -= 1;
            Assert.NotNull(TradeCheck.Check(events, batch.Commands.Span, effects, w.Floor));
        }
    }
}
