using System.Diagnostics;
using Npgsql;
using Verdigris.Book;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public sealed class JournalTests
{
    static readonly UInt128 Venue = BookId.From(new Guid("aaaaaaaa-0000-7000-8000-000000000001"));

    static byte[] Record(long batch, ReadOnlySpan<byte> previous, int commands = 1, UInt128? venue = null)
    {
        var record = new byte[RecordCodec.RecordLength(commands)];
        for (var i = 0; i < commands; i++) RecordCodec.Commands(record, commands)[i] = new() { Id = (UInt128)(batch * 10_000 + i + 1), Operation = Operation.Pulse };
        RecordCodec.Seal(record, venue ?? Venue, batch, batch, batch * 1_000_000, commands, previous);
        return record;
    }

    internal static List<byte[]> Fill(IJournal journal, int batches, int commands = 1, UInt128? venue = null)
    {
        var records = new List<byte[]>();
        for (var i = 0; i < batches; i++)
        {
            var record = Record(journal.LastBatch + 1, journal.LastHash, commands, venue);
            journal.Append(journal.LastBatch + 1, record);
            records.Add(record);
        }
        return records;
    }

    [Fact]
    public async Task What_was_appended_is_read_back_byte_for_byte_after_opening_again()
    {
        await using var test = await TestCluster.NewDatabase();
        List<byte[]> written;
        using (var journal = new PostgresJournal(test.Database, Venue))
        {
            Assert.Equal(0, journal.LastBatch);
            Assert.Equal(new byte[32], journal.LastHash.ToArray());
            written = [.. Fill(journal, 20), .. Fill(journal, 2, commands: 8190)];
        }
        using var again = new PostgresJournal(test.Database, Venue);
        Assert.Equal(22, again.LastBatch);
        Assert.Equal(RecordCodec.Hash(written[^1]).ToArray(), again.LastHash.ToArray());
        Assert.Equal(written, again.ReadFrom(1).Select(r => r.ToArray()));
        Assert.Equal(written[14..], again.ReadFrom(15).Select(r => r.ToArray()));
        Assert.Empty(again.ReadFrom(23));
    }

    [Fact]
    public async Task A_stale_writer_is_fenced_and_stays_out()
    {
        await using var test = await TestCluster.NewDatabase();
        using var stale = new PostgresJournal(test.Database, Venue);
        Fill(stale, 3);
        using var owner = new PostgresJournal(test.Database, Venue);
        Fill(owner, 1);
        Assert.Throws<JournalFencedException>(() => { Fill(stale, 1); });
        Assert.Throws<IOException>(() => { Fill(stale, 1); });
        Fill(owner, 1);
        Assert.Equal(5, owner.ReadFrom(1).Count());
    }

    [Fact]
    public async Task Of_two_writers_that_begin_at_once_one_appends_each_batch()
    {
        await using var test = await TestCluster.NewDatabase();
        using var barrier = new Barrier(4);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            using var journal = new PostgresJournal(test.Database, Venue);
            barrier.SignalAndWait();
            try
            {
                Fill(journal, 1);
                return "appended";
            }
            catch (JournalFencedException)
            {
                return "fenced";
            }
        })));
        Assert.Equal(["appended", "fenced", "fenced", "fenced"], outcomes.Order());
    }

    [Fact]
    public async Task A_record_that_does_not_follow_from_the_last_hash_is_refused_by_the_database()
    {
        await using var test = await TestCluster.NewDatabase();
        using var journal = new PostgresJournal(test.Database, Venue);
        Fill(journal, 2);
        Assert.Throws<JournalFencedException>(() => journal.Append(3, Record(3, new byte[32])));
        using var again = new PostgresJournal(test.Database, Venue);
        Assert.Equal(2, again.LastBatch);
        Assert.Throws<ArgumentException>(() => again.Append(4, Record(4, again.LastHash)));
    }

    [Fact]
    public async Task Venues_do_not_see_each_other()
    {
        await using var test = await TestCluster.NewDatabase();
        var other = Venue + 1;
        using var one = new PostgresJournal(test.Database, Venue);
        using var two = new PostgresJournal(test.Database, other);
        Fill(one, 3);
        two.Append(1, Record(1, new byte[32], venue: other));
        Assert.Equal((3, 1), (one.ReadFrom(1).Count(), two.ReadFrom(1).Count()));
    }

    [Fact]
    public async Task A_damaged_or_missing_record_is_named()
    {
        await using var test = await TestCluster.NewDatabase();
        using var journal = new PostgresJournal(test.Database, Venue);
        Fill(journal, 5);
        await A.ExecuteAs(test.SuperuserConnectionString, "set session_replication_role = replica; update storage.book_journal set record = set_byte(record, 130, 255 - get_byte(record, 130)) where batch = 3");
        Assert.Equal(3, Assert.Throws<JournalCorruptException>(() => journal.ReadFrom(1).Count()).Batch);
        await A.ExecuteAs(test.SuperuserConnectionString, "set session_replication_role = replica; delete from storage.book_journal where batch = 3");
        Assert.Equal(3, Assert.Throws<JournalCorruptException>(() => journal.ReadFrom(2).Count()).Batch);
    }

    [Fact]
    public async Task Records_are_append_only_for_everybody_and_read_by_the_system_alone()
    {
        await using var test = await TestCluster.NewDatabase();
        using var journal = new PostgresJournal(test.Database, Venue);
        Fill(journal, 1);
        foreach (var sql in new[] { "update storage.book_journal set batch = 9", "delete from storage.book_journal", "truncate storage.book_journal" })
            Assert.Equal("23001", (await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(test.OwnerConnectionString, sql))).SqlState);
        await using var session = A.Sessions(test).Open(A.Person("Somebody", Guid.NewGuid(), "exchange.staff"));
        Assert.Equal(0L, await session.Scalar<long>("select count(*) from storage.book_journal"));
    }

    [Fact]
    public async Task A_lost_connection_is_an_unknown_outcome_and_never_a_quiet_one()
    {
        await using var test = await TestCluster.NewDatabase();
        using var journal = new PostgresJournal(test.Database, Venue);
        Fill(journal, 1);
        await A.ExecuteAs(test.SuperuserConnectionString, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{test.Name}' and application_name = 'verdigris'");
        Assert.Throws<IOException>(() => { Fill(journal, 1); });
        Assert.Throws<IOException>(() => { Fill(journal, 1); });
        using var again = new PostgresJournal(test.Database, Venue);
        Fill(again, 1);
        Assert.Equal(2, again.LastBatch);
    }

    [Fact]
    public async Task A_database_lost_while_the_journal_is_read_is_an_io_failure_like_any_other()
    {
        await using var test = await TestCluster.NewDatabase();
        using var journal = new PostgresJournal(test.Database, Venue);
        Fill(journal, 12, commands: 8190); // more than the connection holds at once
        using (var records = journal.ReadFrom(1).GetEnumerator())
        {
            Assert.True(records.MoveNext());
            await A.ExecuteAs(test.SuperuserConnectionString, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{test.Name}' and application_name = 'verdigris'");
            var lost = Assert.Throws<IOException>(() => { while (records.MoveNext()) { } });
            Assert.IsAssignableFrom<NpgsqlException>(lost.InnerException);
        }
        await A.ExecuteAs(test.OwnerConnectionString, "revoke select on storage.book_journal from verdigris_app");
        Assert.IsType<PostgresException>(Assert.Throws<IOException>(() => journal.ReadFrom(1).Count()).InnerException);
        await TestCluster.Superuser(await TestCluster.Get(), $"alter database {test.Name} allow_connections false");
        await TestCluster.Superuser(await TestCluster.Get(), $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{test.Name}'");
        Assert.Throws<IOException>(() => journal.ReadFrom(1).Count());
        Assert.Throws<IOException>(() => new PostgresJournal(test.Database, Venue));
    }

    [Fact]
    public async Task Speed_of_appends_is_printed()
    {
        await using var test = await TestCluster.NewDatabase();
        using var journal = new PostgresJournal(test.Database, Venue);
        foreach (var (batches, commands) in new[] { (300, 1), (20, 8190) })
        {
            Fill(journal, 2, commands);
            var started = Stopwatch.GetTimestamp();
            Fill(journal, batches, commands);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            TestContext.Current.TestOutputHelper?.WriteLine($"{commands} commands a batch, not flushed: {batches / seconds:0} batches/s, {batches * commands / seconds:0} commands/s");
            Assert.True(seconds < 60);
        }
    }
}
