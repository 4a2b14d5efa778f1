using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task The_database_knows_who_acts_on_the_connection()
    {
        await using var test = await TestCluster.NewDatabase();
        var actor = A.Person("Li Wei", Guid.NewGuid(), Role.OwnerTrader);
        await using var session = A.Sessions(test).Open(actor);
        Assert.Equal(actor.PersonId, await session.Scalar<Guid>("select storage.current_person()"));
        Assert.Equal(actor.OrganisationId, await session.Scalar<Guid>("select storage.current_organisation()"));
        Assert.True(await session.Scalar<bool>("select storage.has_role('owner.trader')"));
        Assert.False(await session.Scalar<bool>("select storage.has_role('owner.approver') or storage.is_system()"));
    }

    [Fact]
    public async Task The_public_acts_for_nobody_and_equals_no_organisation()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.Public);
        Assert.True(await session.Scalar<bool>("select storage.current_person() is null and storage.current_organisation() is null and not storage.is_system()"));
    }

    [Fact]
    public async Task Nothing_of_an_actor_stays_on_a_connection_that_returned_to_the_pool()
    {
        await using var test = await TestCluster.NewDatabase();
        int first;
        await using (var session = A.Sessions(test).Open(Actor.System)) first = await session.Scalar<int>("select pg_backend_pid()");
        await using var bare = await test.Database.App.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("select pg_backend_pid(), coalesce(current_setting('verdigris.roles', true), '') || coalesce(current_setting('verdigris.person', true), '')", bare);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        Assert.Equal(first, reader.GetInt32(0));
        Assert.Equal("", reader.GetString(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_statement_that_failed_at_its_parameters_when_it_was_prepared_works_the_next_time(bool inTransaction)
    {
        await using var test = await TestCluster.NewDatabase();
        async Task<string> Told(string text)
        {
            await using var session = A.Sessions(test).Open(Actor.System);
            async Task<string> Ask(NpgsqlConnection connection)
            {
                await using var command = new NpgsqlCommand("select upper($1)", connection) { Parameters = { new() { Value = text } } };
                return (string)(await command.ExecuteScalarAsync())!;
            }
            return inTransaction ? await session.InTransaction(async ct => await Ask(await session.Connection(ct))) : await session.Statements(Ask);
        }
        Assert.Equal("A", await Told("a"));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Told("\0")); // the second use prepares the statement
        Assert.Equal(PostgresErrorCodes.CharacterNotInRepertoire, refused.SqlState);
        Assert.Equal("B", await Told("b"));
    }

    [Fact]
    public async Task A_query_of_a_context_that_failed_when_it_was_prepared_works_the_next_time()
    {
        await using var test = await TestCluster.NewDatabase();
        async Task<List<string>> Told(string text)
        {
            await using var session = A.Sessions(test).Open(Actor.System);
            return await session.Context<QueryContext>().Database.SqlQuery<string>($"select upper({text}) as \"Value\"").ToListAsync();
        }
        Assert.Equal(["A"], await Told("a"));
        await Assert.ThrowsAsync<PostgresException>(() => Told("\0"));
        Assert.Equal(["B"], await Told("b"));
    }

    [Fact]
    public async Task A_statement_that_was_cancelled_while_it_was_prepared_works_the_next_time()
    {
        await using var test = await TestCluster.NewDatabase();
        await using (var owner = await test.Database.Owner.OpenConnectionAsync())
        {
            // What the planner works out beforehand, it works out when the parameters are bound.
            await using var make = new NpgsqlCommand("create function public.slow(double precision) returns text immutable language sql as $$ select pg_sleep($1)::text || 'c' $$; grant execute on function public.slow to verdigris_app", owner);
            await make.ExecuteNonQueryAsync();
        }
        async Task<string> Told(double seconds, CancellationToken ct = default)
        {
            await using var session = A.Sessions(test).Open(Actor.System);
            await using var command = new NpgsqlCommand("select upper(public.slow($1))", await session.Connection(ct)) { Parameters = { new() { Value = seconds } } };
            return (string)(await command.ExecuteScalarAsync(ct))!;
        }
        Assert.Equal("C", await Told(0));
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Told(60, soon.Token));
        Assert.Equal("C", await Told(0));
    }

    [Fact]
    public async Task The_app_role_may_not_change_the_schema_nor_bypass_row_security()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        Assert.False(await session.Scalar<bool>("select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = current_user"));
        foreach (var sql in new[] { "create table storage.x (id int)", "create schema x", "drop table storage.outbox_event", "create table public.x (id int)" })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => session.Execute(sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task A_transaction_commits_on_return_and_rolls_back_on_throw_and_on_refusal()
    {
        await using var test = await A.NoteDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        await session.InTransaction(ct => session.Execute("insert into note (text) values ('kept')", ct));
        await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
        {
            await session.Execute("insert into note (text) values ('thrown')", ct);
            throw new InvalidDataException();
        }));
        var answer = await session.InTransaction(async Task<Answer<Done>> (ct) =>
        {
            await session.Execute("insert into note (text) values ('refused')", ct);
            return Refusal.Of("note.refused");
        });
        Assert.False(answer.Ok);
        Assert.Equal("kept", await session.Scalar<string>("select string_agg(text, ',') from note"));
    }

    [Fact]
    public async Task A_nested_transaction_joins_the_outer_one()
    {
        await using var test = await A.NoteDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
        {
            await session.InTransaction(inner => session.Execute("insert into note (text) values ('inner')", inner), ct);
            throw new InvalidDataException();
        }));
        Assert.Equal(0L, await session.Scalar<long>("select count(*) from note"));
    }

    [Fact]
    public async Task Work_is_run_again_after_a_deadlock()
    {
        await using var test = await A.NoteDatabase();
        await using (var setup = A.Sessions(test).Open(Actor.System)) await setup.Execute("insert into note (text) values ('a'), ('b')");
        var runs = 0;
        var both = new Barrier(2);
        async Task Swap(int first, int second)
        {
            await using var session = A.Sessions(test).Open(Actor.System);
            var mine = 0;
            await session.InTransaction(async ct =>
            {
                Interlocked.Increment(ref runs);
                await session.Execute($"update note set text = text || '{first}' where id = {first}", ct);
                if (mine++ == 0) both.SignalAndWait(TimeSpan.FromSeconds(60), ct);
                await session.Execute($"update note set text = text || '{first}' where id = {second}", ct);
            });
        }
        await Task.WhenAll(Task.Run(() => Swap(1, 2)), Task.Run(() => Swap(2, 1)));
        Assert.True(runs > 2, $"{runs} runs");
        await using var check = A.Sessions(test).Open(Actor.System);
        Assert.Equal(2L, await check.Scalar<long>("select count(*) from note where text ~ '^[ab](12|21)$'"));
    }

    [Fact]
    public async Task Serialization_failures_are_repeated_until_both_counted()
    {
        await using var test = await A.NoteDatabase();
        await using (var setup = A.Sessions(test).Open(Actor.System)) await setup.Execute("insert into note (text) values ('0')");
        async Task Add()
        {
            await using var session = A.Sessions(test).Open(Actor.System);
            for (var i = 0; i < 10; i++)
            {
                await session.InTransaction(async ct =>
                {
                    var value = await session.Scalar<string>("select text from note where id = 1");
                    await session.Execute($"update note set text = '{int.Parse(value) + 1}' where id = 1", ct);
                    return default(Done);
                }, System.Data.IsolationLevel.Serializable);
            }
        }
        await Task.WhenAll(Task.Run(Add), Task.Run(Add));
        await using var check = A.Sessions(test).Open(Actor.System);
        Assert.Equal("20", await check.Scalar<string>("select text from note where id = 1"));
    }

    [Fact]
    public async Task What_waits_for_the_commit_runs_after_it_and_never_after_a_roll_back()
    {
        await using var test = await A.NoteDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        var seen = new List<long>();
        async Task Look(CancellationToken ct)
        {
            await using var other = A.Sessions(test).Open(Actor.System);
            seen.Add(await other.Scalar<long>("select count(*) from note"));
        }
        await session.InTransaction(async ct =>
        {
            await session.AfterCommit(Look, ct);
            await session.Execute("insert into note (text) values ('a')", ct);
        });
        await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
        {
            await session.AfterCommit(Look, ct);
            throw new InvalidDataException();
        }));
        await session.InTransaction(ct => session.Execute("insert into note (text) values ('b')", ct));
        Assert.Equal([1L], seen);
    }

    [Fact]
    public async Task Ids_of_a_session_follow_the_clock()
    {
        await using var test = await TestCluster.NewDatabase();
        var clock = new ManualClock(Instant.FromUtc(2026, 11, 20, 8, 0));
        await using var session = new DbSessions(test.Database, clock).Open(Actor.System);
        var first = session.NewId();
        clock.Advance(Duration.FromMilliseconds(1));
        Assert.True(string.CompareOrdinal(first.ToString(), session.NewId().ToString()) < 0);
        Assert.Equal(7, first.Version);
    }
}

sealed class QueryContext(DbContextOptions options) : RoomContext(options)
{
    public override string Room => "storage";
}
