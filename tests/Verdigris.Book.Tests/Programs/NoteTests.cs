using static Verdigris.Book.Tests.Ledger;

namespace Verdigris.Book.Tests.Programs;

/// <summary>Notes in the Book itself, and batches fed in pieces.</summary>
public sealed class NoteTests(ITestOutputHelper output)
{
    [Fact]
    public void A_note_has_no_effect_whatever_its_fields_say() => Table(
        ("bare", l => Commands.Note(l.Id()), Code.Accepted),
        ("every field set", l => new Command
        {
            Id = l.Id(),
            Operation = Operation.Note,
            TransactionType = 9,
            Asset = -4,
            Debit = -1,
            Credit = 77_777,
            Amount = long.MinValue,
            SerialFirst = -3,
            Time = -9,
            Target = 4,
            Reference = 5,
            Actor = 6,
            ActingFor = 999_999,
            Detail = -1,
        }, Code.Accepted),
        ("without an id", _ => Commands.Note(0), Code.CommandIdMissing),
        ("with a flag", l => Commands.Note(l.Id()) with { Flags = CommandFlags.KeepRest }, Code.ReservedFieldSet),
        ("linked to nothing", l => Commands.Note(l.Id()).Linked(), Code.ChainOpen));

    [Fact]
    public void A_note_is_remembered_by_its_id_as_every_command_is()
    {
        var ledger = new Ledger();
        var note = Commands.Note(ledger.Id()) with { Amount = 5 };
        ledger.Ok(note);
        Assert.Equal(Code.Accepted, ledger.Send(note));
        Assert.Equal(Code.CommandIdReused, ledger.Send(note with { Amount = 6 }));
        Assert.Equal([Code.NotLinkable, Code.LinkedFailed], ledger.Send(Commands.Note(ledger.Id()).Linked(), Commands.Note(ledger.Id())));
        Assert.Equal(0, ledger.Effects.Count);
    }

    [Fact]
    public void A_batch_fed_in_pieces_gives_the_bytes_of_one_fed_whole()
    {
        const ulong seed = 20261122;
        output.WriteLine($"seed {seed}");
        var random = new Simulator.SeededRandom(seed);
        var workload = new Simulator.Workload(random.Fork());
        var reference = new Simulator.Reference.ReferenceLedger();
        BookState whole = new(), pieces = new();
        EffectList one = new(), other = new();
        var commands = workload.Beginning();
        for (int batch = 0; batch < 400; batch++)
        {
            var decided = reference.Apply(commands, 1_000_000L * (batch + 1));
            Code[] codes = new Code[commands.Length], again = new Code[commands.Length];
            whole.Apply(decided.TimeMicros, commands, codes, one);
            pieces.Begin(decided.TimeMicros, other);
            for (int from = 0; from < commands.Length;)
            {
                int to = Math.Min(commands.Length, from + 1 + random.Below(5));
                while (to < commands.Length && (commands[to - 1].Flags & CommandFlags.Linked) != 0) to++;
                pieces.More(commands.AsSpan(from, to - from), again.AsSpan(from, to - from));
                from = to;
            }
            Assert.Equal(codes, again);
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.AsBytes(one.Span).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(other.Span)));
            Assert.Equal(whole.Repeats(), pieces.Repeats());
            Assert.Equal(whole.NextSequence, pieces.NextSequence);
            commands = workload.NextBatch(reference.State, 60);
        }
        Assert.Equal(whole.StateHash(), pieces.StateHash());
    }
}
