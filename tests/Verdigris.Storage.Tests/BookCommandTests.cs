using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

/// <summary>A "warrant" here is a note whose text goes from pending to live or refused.</summary>
public sealed class BookCommandTests
{
    static readonly Guid Warehouse = Guid.NewGuid();

    readonly Actor operatorOfWarehouse = A.Person("Operator", Warehouse, Role.WarehouseApprover);
    readonly ManualClock clock = new(Instant.FromUtc(2026, 11, 20, 9, 0));
    readonly LedgerVenue venue = new();
    readonly IssueKind kind = new();

    DbSessions Sessions(TestDatabase test) => new(test.Database, clock);
    BookCommands Server(TestDatabase test) => new(Sessions(test), venue, [kind], NullLogger<BookCommands>.Instance);

    async Task<Guid> Issue(BookCommands commands, TestDatabase test, string warrant, params Command[] what)
    {
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        return await session.InTransaction(async ct =>
        {
            await session.Execute($"insert into note (text) values ('{warrant} pending')", ct);
            return await commands.Enqueue(session, kind.Kind, warrant, new { warrant }, what.Length > 0 ? what : [Transfer(5)], ct);
        });
    }

    static Command Transfer(long amount) => new() { Operation = Operation.Transfer, Debit = 1, Credit = 2, Asset = 1, Amount = amount };

    static async Task<string> Notes(TestDatabase test)
    {
        await using var session = A.Sessions(test).Open(Actor.System);
        return await session.Scalar<string>("select coalesce(string_agg(text, ', ' order by id), '') from note");
    }

    [Fact]
    public async Task Documents_become_final_with_the_books_answer()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        venue.Decide = c => c.Amount > 100 ? Code.InsufficientBalance : Code.Accepted;
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        var good = await commands.Run(session, await Issue(commands, test, "w1"), default);
        var bad = await commands.Run(session, await Issue(commands, test, "w2", Transfer(101)), default);
        Assert.Equal(Code.Accepted, Assert.Single(good).Code);
        Assert.Equal(Code.InsufficientBalance, Assert.Single(bad).Code);
        Assert.Equal("w1 live, w2 refused", await Notes(test));
    }

    [Fact]
    public async Task Outcomes_that_are_alike_are_kept_once_with_their_count_and_read_one_a_command()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        venue.Decide = c => c.Amount > 100 ? Code.InsufficientBalance : Code.Accepted;
        var id = await Issue(commands, test, "w1", [.. Enumerable.Range(0, 40).Select(i => Transfer(i == 17 ? 101 : 5))]);
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        var told = await commands.Run(session, id, default);
        Assert.Equal(3, await session.Value<int>("select jsonb_array_length(outcomes) from storage.book_command where id = $1", default, id));
        var read = (await commands.Find(session, id, default))!.Outcomes!;
        Assert.Equal(told.Select(o => o with { Repeated = true }), read);
        Assert.Equal(17, read.Index().Single(o => !o.Item.Accepted).Index);
        // What an older version of the program kept, one a command, reads as before.
        Assert.Equal([Code.Accepted, Code.Accepted, Code.NoRule], OutcomeRuns.Read("""[{"code":"Accepted","batch":4,"timeMicros":9},{"code":"Accepted","batch":4,"timeMicros":9},{"code":"NoRule","batch":4,"timeMicros":9}]""").Select(o => o.Code));
    }

    [Fact]
    public async Task The_finish_acts_as_the_person_who_gave_the_command_with_the_systems_rights()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        await commands.Run(session, await Issue(commands, test, "w1"), default);
        Assert.Equal((operatorOfWarehouse.PersonId, Warehouse, true), (kind.FinishedBy!.PersonId, kind.FinishedBy.OrganisationId, kind.FinishedBy.Is(Role.System)));
    }

    [Fact]
    public async Task Nothing_is_sent_when_the_transaction_rolls_back()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
        {
            await commands.Enqueue(session, kind.Kind, "w1", new { warrant = "w1" }, [Transfer(5)], ct);
            throw new InvalidDataException();
        }));
        Assert.Equal(0, await commands.Reconcile(default));
        Assert.Empty(venue.Sent);
    }

    [Fact]
    public async Task Sending_inside_a_transaction_and_enqueuing_outside_one_are_bugs()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        var id = await Issue(commands, test, "w1");
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        await Assert.ThrowsAsync<InvalidOperationException>(() => session.InTransaction(ct => commands.Run(session, id, ct)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => commands.Enqueue(session, kind.Kind, "w2", new { }, [Transfer(1)], default));
        Assert.Empty(venue.Sent);
    }

    [Theory]
    [InlineData("before the book")]
    [InlineData("the book did not take it")]
    [InlineData("the book took it and the answer was lost")]
    [InlineData("in the middle of the finish")]
    [InlineData("right before the commit of the finish")]
    public async Task A_crash_between_any_two_steps_ends_consistent_after_a_restart(string where)
    {
        await using var test = await A.NoteDatabase();
        var first = Server(test);
        var id = await Issue(first, test, "w1", Transfer(3), Transfer(4));
        await using var session = Sessions(test).Open(operatorOfWarehouse);
        switch (where)
        {
            case "before the book": break;
            case "the book did not take it": venue.FailBefore = true; break;
            case "the book took it and the answer was lost": venue.FailAfter = true; break;
            case "in the middle of the finish": kind.FailBeforeWrite = true; break;
            case "right before the commit of the finish": kind.FailAfterWrite = true; break;
        }
        if (where != "before the book") await Assert.ThrowsAnyAsync<Exception>(() => first.Run(session, id, default));
        Assert.Equal("w1 pending", await Notes(test));

        venue.FailBefore = venue.FailAfter = kind.FailBeforeWrite = kind.FailAfterWrite = false;
        var restarted = Server(test);
        Assert.Equal(1, await restarted.Reconcile(default));
        Assert.Equal("w1 live", await Notes(test));
        Assert.Equal(2, venue.Effects);
        Assert.Equal([BookId.Derive(id, 0), BookId.Derive(id, 1)], venue.Sent.Distinct());

        Assert.Equal(0, await restarted.Reconcile(default));
        Assert.Equal([Code.Accepted, Code.Accepted], (await restarted.Run(session, id, default)).Select(o => o.Code));
        Assert.Equal(2, venue.Effects);
        Assert.Equal(1, kind.Finished);
    }

    [Fact]
    public async Task A_row_that_failed_waits_longer_each_time_and_holds_up_no_other()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        Assert.Equal(0, await commands.Reconcile(default));
        await Issue(commands, test, "bad");
        await Issue(commands, test, "w2");
        kind.FailFor = "bad";
        Assert.Equal(0, await commands.Reconcile(default)); // the requests that made them have their 30 seconds
        clock.Advance(Duration.FromSeconds(31));
        Assert.Equal(1, await commands.Reconcile(default));
        Assert.Equal("bad pending, w2 live", await Notes(test));
        await using (var session = Sessions(test).Open(Actor.System))
        {
            var stuck = Assert.Single(await commands.Stuck(session, 1, default));
            Assert.Equal(("bad", 1, "cannot finish bad"), (stuck.SubjectId, stuck.Attempts, stuck.LastError));
        }
        kind.FailFor = null;
        clock.Advance(Duration.FromSeconds(29));
        Assert.Equal(0, await commands.Reconcile(default));
        clock.Advance(Duration.FromSeconds(2));
        Assert.Equal(1, await commands.Reconcile(default));
        Assert.Equal("bad live, w2 live", await Notes(test));
        Assert.Equal(2, venue.Effects);
    }

    [Fact]
    public async Task Many_runs_of_one_command_at_once_finish_it_once()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        var id = await Issue(commands, test, "w1");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            if (i % 4 == 3) await commands.Reconcile(default);
            else
            {
                await using var session = Sessions(test).Open(operatorOfWarehouse);
                await commands.Run(session, id, default);
            }
        })));
        Assert.Equal((1, 1, "w1 live"), (kind.Finished, venue.Effects, await Notes(test)));
    }

    [Fact]
    public async Task Another_organisation_neither_sees_nor_runs_the_command()
    {
        await using var test = await A.NoteDatabase();
        var commands = Server(test);
        var id = await Issue(commands, test, "w1");
        await using var stranger = Sessions(test).Open(A.Person("Stranger", Guid.NewGuid(), Role.OwnerTrader));
        Assert.Null(await commands.Find(stranger, id, default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => commands.Run(stranger, id, default));
        Assert.Empty(venue.Sent);
    }

    [Fact]
    public async Task What_a_row_sends_never_changes_and_no_row_is_deleted()
    {
        await using var test = await A.NoteDatabase();
        var id = await Issue(Server(test), test, "w1");
        foreach (var sql in new[] { $"update storage.book_command set commands = commands || commands where id = '{id}'", "delete from storage.book_command", "truncate storage.book_command" })
            Assert.Equal("23001", (await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(test.OwnerConnectionString, sql))).SqlState);
    }

    [Fact]
    public void Guids_and_the_books_ids_are_the_same_bits()
    {
        var guid = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        Assert.Equal("00112233445566778899AABBCCDDEEFF", BookId.From(guid).ToString("X32"));
        Assert.Equal(guid, BookId.ToGuid(BookId.From(guid)));
        Assert.NotEqual(BookId.Derive(guid, 0), BookId.Derive(guid, 1));
    }

    sealed class IssueKind : IBookCommandKind
    {
        public bool FailBeforeWrite { get; set; }
        public bool FailAfterWrite { get; set; }
        public string? FailFor { get; set; }
        public Actor? FinishedBy { get; private set; }
        public int Finished { get; private set; }
        public string Kind => "test.issue";

        public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
        {
            if (FailBeforeWrite || row.SubjectId == FailFor) throw new InvalidDataException($"cannot finish {row.SubjectId}");
            var state = outcomes.All(o => o.Accepted) ? "live" : "refused";
            await session.Execute($"update note set text = '{row.SubjectId} {state}' where text = '{row.SubjectId} pending'", ct);
            if (FailAfterWrite) throw new InvalidDataException("died");
            FinishedBy = session.Actor;
            Finished++;
        }
    }
}
