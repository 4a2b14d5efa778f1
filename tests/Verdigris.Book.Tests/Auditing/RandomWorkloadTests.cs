using Verdigris.Auditor;
using Verdigris.Book;
using Verdigris.Simulator;
using Verdigris.Simulator.Reference;

namespace Verdigris.Book.Tests.Auditing;

/// <summary>What the real Book does with random commands (every kind of mistake, repeat and chain among them) must satisfy an auditor that shares nothing with it.</summary>
public sealed class RandomWorkloadTests
{
    /// <summary>Four seeds; <c>VERDIGRIS_AUDIT_SEEDS</c> asks for more, for the night.</summary>
    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("VERDIGRIS_AUDIT_SEEDS"), out var count) ? Math.Max(count, 4) : 4)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_books_own_history_is_sound(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine("seed " + seed);
        var file = History(seed, out var accepted);
        var report = ExportAuditor.Audit(new MemoryStream(file.ToBytes()));
        Assert.True(report.Sound, "seed " + seed + "\n" + string.Join("\n", report.Findings));
        Assert.Equal(accepted, report.Accepted);
        Assert.True(report.Effects > 150, "the workload moved too little to prove anything: " + report.Effects);
    }

    [Fact]
    public void A_history_with_one_effect_changed_is_not()
    {
        const int seed = 77;
        TestContext.Current.TestOutputHelper?.WriteLine("seed " + seed);
        var file = History(seed, out _);
        var random = new Random(seed);
        var busy = file.Batches.Where(b => b.Effects.Count > 0).ToList();
        for (var i = 0; i < 40; i++)
        {
            var batch = busy[random.Next(busy.Count)];
            var at = random.Next(batch.Effects.Count);
            var sound = batch.Effects[at];
            batch.Effects[at] = random.Next(4) switch
            {
                0 => sound with { Amount = sound.Amount + 1 },
                1 => sound with { Credit = sound.Debit },
                2 => sound with { Asset = sound.Asset % 6 + 1 },
                _ => sound with { CommandIndex = sound.CommandIndex + 1 },
            };
            var report = ExportAuditor.Audit(new MemoryStream(file.ToBytes()));
            Assert.False(report.Sound);
            Assert.Equal(file.Batches.IndexOf(batch) + 1, report.Findings[0].Batch);
            batch.Effects[at] = sound;
        }
    }

    /// <summary>Runs the Book on a seeded workload and writes down what it answered; the trailer comes from its own queries.</summary>
    static ExportWriter History(int seed, out long accepted)
    {
        var random = new SeededRandom((ulong)seed);
        var workload = new Workload(random);
        var reference = new ReferenceLedger();
        var book = new BookState();
        var file = new ExportWriter();
        var effects = new EffectList();
        var clock = 1_790_000_000_000_000L;
        long acceptedInAll = 0;
        var first = new HashSet<UInt128>();
        void Run(Command[] commands)
        {
            reference.Apply(commands, clock);
            var codes = new Code[commands.Length];
            book.Apply(clock, commands, codes, effects);
            file.Batches.Add(new(clock) { Commands = [.. commands], Codes = [.. codes], Effects = [.. effects.Span] });
            for (var i = 0; i < commands.Length; i++)
                if (codes[i] == Code.Accepted && first.Add(commands[i].Id)) acceptedInAll++;
        }
        Run(workload.Beginning());
        for (var batch = 0; batch < 150; batch++)
        {
            clock += random.Below(3) == 0 ? random.Below(2_000_000) : random.Below(40_000);
            Run(workload.NextBatch(reference.State, 300));
        }
        var commands = file.Batches.SelectMany(b => b.Commands).ToList();
        var accounts = commands.Where(c => c.Operation == Operation.OpenAccount).Select(c => c.Debit).Distinct().Where(a => book.Account(a) is not null).Order().ToList();
        var assets = commands.Where(c => c.Operation == Operation.DefineAsset).Select(c => c.Asset).Distinct().Where(a => book.Asset(a) is not null).Order().ToList();
        foreach (var account in accounts)
            foreach (var asset in assets)
            {
                var balance = book.Balance(account, asset);
                if (balance != default) file.Holdings.Add((account, asset, balance.Available, balance.Held));
                if (book.Asset(asset)!.Kind == AssetKind.Serialised)
                    file.Blocks.AddRange(book.Blocks(account, asset, int.MaxValue).Select(b => (asset, b.Hold == 0 ? 0 : 1, account, b.First, b.Last)));
            }
        file.Blocks.Sort((a, b) => (a.Item1, a.Item4).CompareTo((b.Item1, b.Item4)));
        file.Holds = [.. from id in commands.Where(c => c.Operation == Operation.Hold).Select(c => c.Id).Distinct().Order()
                         let hold = book.Hold(id)
                         where hold is { State: HoldState.Pending or HoldState.Scheduled }
                         select (id, hold.Asset, hold.Debit, hold.Credit, hold.Remaining)];
        accepted = acceptedInAll;
        return file;
    }
}
