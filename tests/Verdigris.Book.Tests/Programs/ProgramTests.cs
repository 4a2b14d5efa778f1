using static Verdigris.Book.Tests.Ledger;

namespace Verdigris.Book.Tests.Programs;

/// <summary>A program in a venue on real files: what it derives stands behind its Note, is durable before the answer, and is done again the same way after a restart.</summary>
public sealed class ProgramTests : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("verdigris-program-");
    readonly List<string> warnings = [];
    long clock = 1_000_000;
    int nextId = 1;

    public void Dispose() => folder.Delete(recursive: true);

    UInt128 Id() => (UInt128)Interlocked.Increment(ref nextId);

    Venue Open(Tally program) => Venue.Open(new() { VenueId = 7, DataFolder = folder.FullName, NowMicros = () => Interlocked.Increment(ref clock), Program = program, Warn = warnings.Add });

    async Task<Venue> Opened(Tally program, long cash = 1_000)
    {
        var venue = Open(program);
        Command[] setup =
        [
            Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2), Commands.OpenAccount(Id(), Issuer, 1), Commands.OpenAccount(Id(), 100, 2), Commands.OpenAccount(Id(), 101, 2),
            Commands.SetRule(Id(), Issue, 0, 1, 2, RuleFlags.Allowed | RuleFlags.Issues), Commands.SetRule(Id(), Ledger.Pay, 0, 2, 2, RuleFlags.Allowed), Commands.Transfer(Id(), Issue, Cash, Issuer, 100, cash),
        ];
        Assert.All(await venue.Send(setup), o => Assert.True(o.Accepted));
        return venue;
    }

    static byte[] Hash(Venue venue) => venue.Read(s => ((BookState)s).StateHash());

    [Fact]
    public async Task What_a_note_derives_is_posted_and_durable_when_it_is_answered_and_told_before()
    {
        var program = new Tally();
        await using var venue = await Opened(program);
        var told = new List<CommittedBatch>();
        Operation[] seen = [];
        venue.Committed += batch => seen = [.. seen, .. batch.Commands.ToArray().Select(c => c.Operation)];
        var answer = (await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Pay, 2) }))[0];
        Assert.Equal(new(0, 2, 0), answer.Answer);
        Assert.False(answer.Outcome.Repeated);
        Assert.Equal(2, venue.Read(s => s.Balance(101, Cash).Available));
        Assert.Equal([Operation.Note, Operation.Hold, Operation.PostHold, Operation.Hold, Operation.PostHold], seen);
        Assert.Equal("2 paid, 0 refused, 0 left", program.Told[^1]);
    }

    [Fact]
    public async Task The_books_refusal_is_told_to_the_program()
    {
        await using var venue = await Opened(new(price: 400));
        Assert.Equal(new(1, 2, 1), (await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Pay, 3) }))[0].Answer);
    }

    [Fact]
    public async Task A_note_sent_again_has_effect_once_and_is_not_journaled_again()
    {
        await using var venue = await Opened(new());
        var note = Tally.Note(Id(), Tally.Pay, 1);
        var first = (await venue.SendNotes(new[] { note }))[0];
        long batches = venue.Read(s => s.LastBatch);
        var second = (await venue.SendNotes(new[] { note, note with { Amount = 2 }, Tally.Note(0, Tally.Pay, 1) }));
        Assert.Equal(first.Outcome with { Repeated = true }, second[0].Outcome);
        Assert.Equal(-1, second[0].Answer.First);
        Assert.Equal([Code.Accepted, Code.CommandIdReused, Code.CommandIdMissing], second.Select(a => a.Outcome.Code));
        Assert.Equal(batches, venue.Read(s => s.LastBatch));
        Assert.Equal(1, venue.Read(s => s.Balance(101, Cash).Available));
    }

    [Fact]
    public async Task A_step_longer_than_a_record_goes_on_in_the_next_ones_before_anything_else_of_the_program()
    {
        var program = new Tally();
        byte[] hash;
        await using (var venue = await Opened(program, 100_000))
        {
            var answers = await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Pay, 20_000), Tally.Note(Id(), Tally.Pay, 1) });
            Assert.Equal([20_000, 20_001], answers.Select(a => a.Answer.First));
            Assert.Equal([2, 7], answers.Select(a => a.Outcome.Batch)); // where the Notes stand
            Assert.True(venue.Read(s => s.LastBatch) is > 5 and < 10);
            var both = venue.Send(Commands.Transfer(Id(), Ledger.Pay, Cash, 101, 100, 5)).AsTask();
            await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Pay, 10_000) });
            Assert.True((await both).Accepted);
            Assert.Equal(30_001 - 5, venue.Read(s => s.Balance(101, Cash).Available));
            hash = Hash(venue);
        }
        var again = new Tally();
        await using var reopened = Open(again);
        Assert.Equal(program.State, again.State);
        Assert.Equal(hash, Hash(reopened));
    }

    [Fact]
    public async Task Many_callers_of_notes_and_commands_get_each_its_own_answer()
    {
        await using var venue = await Opened(new(), 1_000_000);
        var sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            long mine = 0;
            for (int i = 0; i < 50; i++)
            {
                int n = (caller + i) % 4;
                if (n == 0) Assert.True((await venue.Send(Commands.Transfer(Id(), Ledger.Pay, Cash, 100, 101, 1))).Accepted);
                var answers = await venue.SendNotes(Enumerable.Range(0, 1 + n).Select(_ => Tally.Note(Id(), Tally.Pay, 1 + n)).ToArray());
                for (int k = 1; k < answers.Length; k++) Assert.Equal(answers[0].Answer.First + k * (1 + n), answers[k].Answer.First);
                mine += (n == 0 ? 1 : 0) + (1 + n) * (1 + n);
            }
            return mine;
        })));
        Assert.Equal(sums.Sum(), venue.Read(s => s.Balance(101, Cash).Available));
    }

    [Fact]
    public async Task A_restart_begins_with_the_last_checkpoint_and_comes_to_the_same_state()
    {
        var program = new Tally();
        await using (var venue = await Opened(program))
        {
            await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Pay, 30) });
            await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Save, 3), Tally.Note(Id(), Tally.Pay, 7) });
        }
        var again = new Tally();
        await using (Open(again)) Assert.Equal((program.State, 1), (again.State, again.Told.Count)); // the record of the checkpoint, and nothing before it
        string hint = Path.Combine(folder.FullName, "program", "checkpoint");
        byte[] bytes = File.ReadAllBytes(hint);
        bytes[40] ^= 1;
        File.WriteAllBytes(hint, bytes);
        var whole = new Tally();
        await using (Open(whole)) Assert.Equal(program.State, whole.State);
        Assert.True(whole.Told.Count > again.Told.Count);
        File.Delete(hint);
        var without = new Tally();
        await using (Open(without)) Assert.Equal((whole.State, whole.Told.Count), (without.State, without.Told.Count));
    }

    [Fact]
    public void A_checkpoint_that_ends_in_the_batch_in_which_the_next_begins_is_the_one_a_restart_begins_with()
    {
        const int limit = 16; // a checkpoint of eight parts takes three batches and leaves room in the last
        var disk = new Simulator.Disk.FaultyDisk(3);
        var mount = disk.Mount(Simulator.Disk.CrashPlan.Never);
        (VenueCore Core, Tally Program) Start()
        {
            var program = new Tally();
            return (VenueCore.Open(7, SegmentJournal.Open(mount, "v", 7), warn: warnings.Add, program: program, disk: mount, folder: "v", limit: limit), program);
        }
        (long Batch, long Sequence)? Noted() => new CheckpointHints(mount, Path.Combine("v", "checkpoint"), 7).Read() is { } hint ? (hint.Batch, hint.Sequence) : null;
        (long Batch, long Sequence) Begin(VenueCore core)
        {
            Assert.False(core.TryNote(Tally.Note(Id(), Tally.Save, 8), ++clock, new NoteAnswers(1), 0));
            Assert.True(core.NoteTaken);
            return (core.State.LastBatch, core.State.NextSequence - 6); // three parts, each behind its Note, fill the batch
        }
        void Finish(VenueCore core)
        {
            while (core.Unfinished)
            {
                core.End();
                core.Begin(++clock);
            }
        }

        var (core, program) = Start();
        var first = Begin(core);
        Finish(core);
        Assert.Null(Noted());
        var second = Begin(core);
        Assert.Equal(first.Batch + 2, second.Batch);
        core.End();
        Assert.Equal(first, Noted());
        core.Dispose();

        (core, program) = Start();
        Assert.Equal((true, 1), (program.Unfinished, program.Told.Count)); // the batch the first one ends in, and nothing before it
        // Where the second begins only the process before knew.
        Finish(core);
        core.End();
        Assert.Equal(first, Noted());
        var third = Begin(core);
        core.End();
        Assert.Equal(first, Noted());
        Finish(core);
        core.End();
        Assert.Equal(third, Noted());
        core.Dispose();
        Assert.Empty(warnings);
    }

    [Fact]
    public async Task A_program_that_does_not_do_again_what_it_did_is_damage()
    {
        await using (var venue = await Opened(new())) await venue.SendNotes(new[] { Tally.Note(Id(), Tally.Pay, 2) });
        Assert.Contains("does not do again what it did", Assert.Throws<JournalCorruptException>(() => Open(new(price: 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_dies_within_a_step_goes_on_with_it_when_it_starts_again()
    {
        var disk = new Simulator.Disk.FaultyDisk(3);
        UInt128 pay = Id();
        var setup = new Tally();
        Command[] commands =
        [
            Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2), Commands.OpenAccount(Id(), Issuer, 1), Commands.OpenAccount(Id(), 100, 2), Commands.OpenAccount(Id(), 101, 2),
            Commands.SetRule(Id(), Issue, 0, 1, 2, RuleFlags.Allowed | RuleFlags.Issues), Commands.SetRule(Id(), Ledger.Pay, 0, 2, 2, RuleFlags.Allowed), Commands.Transfer(Id(), Issue, Cash, Issuer, 100, 100_000),
        ];
        for (int operations = 1; ; operations++)
        {
            var program = new Tally();
            var mount = disk.Mount(Simulator.Disk.CrashPlan.Never);
            string at = $"v{operations}";
            var core = VenueCore.Open(7, SegmentJournal.Open(mount, at, 7), program: program);
            core.Execute(commands, 1_000_000);
            mount.CrashAfter(new(operations, Simulator.Disk.CrashPhase.After));
            bool died = false;
            try
            {
                core.ExecuteNotes([Tally.Note(pay, Tally.Pay, 10_000)], 2_000_000);
            }
            catch (VenueStoppedException)
            {
                died = true;
            }
            mount.Kill();
            core.Dispose();
            if (!died)
            {
                Assert.True(operations > 4);
                return;
            }
            var again = new Tally();
            using var recovered = VenueCore.Open(7, SegmentJournal.Open(disk.Mount(Simulator.Disk.CrashPlan.Never), at, 7), program: again);
            bool was = again.Unfinished;
            var answer = recovered.ExecuteNotes([Tally.Note(pay, Tally.Pay, 10_000)], 3_000_000)[0];
            recovered.Execute([Commands.Pulse(Id())], 3_000_000);
            Assert.Equal("10000 paid, 0 refused, 0 left", again.State);
            Assert.Equal(10_000, recovered.State.Balance(101, Cash).Available);
            if (was) Assert.True(answer.Outcome.Repeated);
        }
    }

    [Fact]
    public async Task Notes_and_derived_ids_come_from_the_venue_alone()
    {
        await using var venue = await Opened(new());
        await Assert.ThrowsAsync<ArgumentException>(async () => await venue.Send(Tally.Note(Id(), Tally.Pay, 1)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await venue.Send(new[] { Commands.Pulse(ProgramWriter.IdOf(5)) }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await venue.SendNotes(new[] { Commands.Pulse(Id()) }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await venue.SendNotes(new[] { Tally.Note(ProgramWriter.IdOf(5), Tally.Pay, 1) }));
        Assert.Equal(1_000, venue.Read(s => s.Balance(100, Cash).Available));
    }
}
