using FsCheck;
using FsCheck.Fluent;
using Verdigris.Simulator;
using Verdigris.Simulator.Reference;

namespace Verdigris.Book.Tests;

/// <summary>The state machine beside the obvious ledger of the simulator, and laws that hold for whatever clients send.</summary>
public sealed class ReferenceComparisonTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(20261121)]
    public void The_book_agrees_with_the_reference_ledger_on_codes_effects_and_state(ulong seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new SeededRandom(seed);
        var workload = new Workload(random.Fork());
        var comparison = new StateComparison(random.Fork());
        var reference = new ReferenceLedger();
        var book = new BookState();
        var effects = new EffectList();
        var ids = new List<UInt128>();
        var earlier = new List<LedgerState>();
        long now = 1_000_000_000;
        for (int batch = 0; batch < 400; batch++)
        {
            var commands = batch == 0 ? workload.Beginning() : workload.NextBatch(reference.State, 300);
            ids.AddRange(commands.Select(c => c.Id).Where(id => id != 0));
            now += random.Between(-100_000, 1_000_000);
            var expected = reference.Apply(commands, now);
            var codes = new Code[commands.Length];
            book.Apply(Math.Max(now, book.TimeMicros), commands, codes, effects);
            for (int i = 0; i < commands.Length; i++)
                Assert.True(expected.Outcomes[i].Code == codes[i], $"seed {seed}, batch {batch}, command {i} {commands[i].Operation}: {codes[i]}, expected {expected.Outcomes[i].Code}");
            Assert.Equal(expected.Outcomes.Select((o, i) => (o.Repeated, i)).Where(o => o.Repeated).Select(o => o.i), book.Repeats().Select(r => r.Index).Order());
            Assert.Equal(expected.Effects.Select(Text), effects.Span.ToArray().Select(Text));
            if (batch % 20 == 0 || batch == 399) Assert.Null(comparison.Whole(book, reference.State, ids, earlier));
            if (batch % 10 == 0) earlier.Add(reference.State);
        }
    }

    static string Text(Effect e) => $"{e.Kind} {e.Asset} {e.Debit}->{e.Credit} {e.Amount} @{e.SerialFirst} hold {e.Hold} #{e.CommandIndex} {e.Code}";

    /// <summary>Batches of a run: what was sent, and when.</summary>
    static (List<(long Time, Command[] Commands)> Sent, LedgerState Expected) Run(int seed, int batches, BookState book, Action? after = null)
    {
        var random = new SeededRandom(unchecked((ulong)seed));
        var workload = new Workload(random.Fork());
        var reference = new ReferenceLedger();
        var effects = new EffectList();
        var sent = new List<(long, Command[])>();
        long now = 1_000_000_000;
        for (int batch = 0; batch < batches; batch++)
        {
            var commands = batch == 0 ? workload.Beginning() : workload.NextBatch(reference.State, 120);
            now += random.Below(800_000);
            reference.Apply(commands, now);
            var codes = new Code[commands.Length];
            book.Apply(now, commands, codes, effects);
            sent.Add((now, commands));
            after?.Invoke();
        }
        return (sent, reference.State);
    }

    void ForAnySeed(int times, Func<int, bool> law)
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(times).WithQuietOnSuccess(true);
        Check.One(config, Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            output.WriteLine($"seed {seed}");
            return law(seed);
        }));
    }

    [Fact]
    public void The_same_batches_give_the_same_bytes_whether_run_replayed_or_taken_up_from_a_snapshot() => ForAnySeed(8, seed =>
    {
        var book = new BookState();
        var (sent, _) = Run(seed, 90, book);
        var again = new BookState();
        var effects = new EffectList();
        var disk = new Simulator.Disk.FaultyDisk(1).Mount();
        var store = new SnapshotStore(disk, "snapshots", 7);
        for (int i = 0; i < sent.Count; i++)
        {
            again.Apply(sent[i].Time, sent[i].Commands, new Code[sent[i].Commands.Length], effects);
            if (i != sent.Count / 2) continue;
            store.Save(again, new byte[32]);
            var loaded = store.Load(again.LastBatch)!.State;
            Assert.Equal(again.StateHash(), loaded.StateHash());
            again = loaded;
        }
        return again.StateHash().AsSpan().SequenceEqual(book.StateHash());
    });

    [Fact]
    public void Totals_cancel_holds_add_up_and_serials_tile_without_gap_or_overlap() => ForAnySeed(8, seed =>
    {
        var book = new BookState();
        var (_, expected) = Run(seed, 90, book, () =>
        {
            foreach (var byAsset in book.ExportHoldings().GroupBy(h => h.Asset))
                Assert.Equal(Int128.Zero, byAsset.Aggregate((Int128)0, (sum, h) => sum + h.Available + h.Held));
            var held = book.ExportPendingHolds().GroupBy(h => (h.Debit, h.Asset)).ToDictionary(g => g.Key, g => g.Aggregate((Int128)0, (sum, h) => sum + h.Remaining));
            foreach (var holding in book.ExportHoldings()) Assert.Equal(held.GetValueOrDefault((holding.Account, holding.Asset)), holding.Held);
        });
        foreach (var asset in expected.Assets.Values.Where(a => a.Kind == AssetKind.Serialised))
        {
            var covered = new List<Run>();
            foreach (var block in book.ExportBlocks().Where(b => b.Asset == asset.Id))
            {
                long last = covered.Count == 0 ? 0 : covered[^1].Last;
                Assert.True(block.First > last && block.Last >= block.First, $"asset {asset.Id}: {block.First}-{block.Last} after {last}");
                if (covered.Count > 0 && block.First - 1 == last) covered[^1] = covered[^1] with { Last = block.Last };
                else covered.Add(new(block.First, block.Last));
            }
            Assert.Equal(asset.Issued, covered);
        }
        return true;
    });

    [Fact]
    public void A_failed_chain_leaves_nothing_but_its_command_ids() => ForAnySeed(6, seed =>
    {
        var book = new BookState();
        var (sent, _) = Run(seed, 60, book);
        var random = new SeededRandom(unchecked((ulong)seed + 17));
        var effects = new EffectList();
        // Postings that succeed one after the other, found out on a copy; then the same as a chain with one at the end that cannot.
        var copy = new BookState();
        foreach (var (time, commands) in sent) copy.Apply(time, commands, new Code[commands.Length], effects);
        var good = new List<Command>();
        foreach (var h in book.ExportHoldings().Where(h => h.Available > 1))
        {
            for (long to = 1; to <= 30 && good.Count < 60; to++)
            {
                ushort type = (ushort)(1 + random.Below(11));
                long amount = 1 + random.Below(h.Available);
                var posting = random.Chance(50) ? Commands.Transfer(random.NextId(), type, h.Asset, h.Account, to, amount)
                    : Commands.Hold(random.NextId(), type, h.Asset, h.Account, to, amount, actor: 5, expiresAtMicros: copy.TimeMicros + 1 + random.Below(1_000_000));
                var code = new Code[1];
                copy.Apply(copy.TimeMicros, [posting], code, effects);
                if (code[0] == Code.Accepted) good.Add(posting.Linked());
            }
        }
        Assert.NotEmpty(good);
        string before = Picture(book);
        Command[] batch = [.. good, Commands.VoidHold(random.NextId(), random.NextId())];
        var codes = new Code[batch.Length];
        book.Apply(book.TimeMicros, batch, codes, effects);
        Assert.Equal(Code.HoldUnknown, codes[^1]);
        Assert.All(codes[..^1], c => Assert.Equal(Code.LinkedFailed, c));
        Assert.Equal(0, effects.Count);
        return Picture(book) == before;
    });

    static string Picture(BookState book) => string.Join("|",
        string.Join(" ", book.ExportHoldings()), string.Join(" ", book.ExportPendingHolds()), string.Join(" ", book.ExportBlocks()), book.Moves.Count, book.Nodes.Count, book.NextDue,
        string.Join(" ", book.Assets.Select(a => $"{a.HighestSerial} {a.Issued} {string.Join(",", a.Segments.From(1))}")),
        string.Join(" ", book.ExportHoldings().SelectMany(h => book.Blocks(h.Account, h.Asset)).Select(b => b.First)));
}
