using Verdigris.Simulator;
using Verdigris.Simulator.Reference;

namespace Verdigris.Book.Tests;

/// <summary>The state machine beside the obvious ledger of the simulator: the same batches, every code, every effect, and now and then everything that can be asked.</summary>
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
            if (batch % 20 == 0 || batch == 399) Assert.Null(comparison.Whole(book, reference.State, ids, []));
        }
    }

    static string Text(Effect e) => $"{e.Kind} {e.Asset} {e.Debit}->{e.Credit} {e.Amount} @{e.SerialFirst} hold {e.Hold} #{e.CommandIndex} {e.Code}";
}
