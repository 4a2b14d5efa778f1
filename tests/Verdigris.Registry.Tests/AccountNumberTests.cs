using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;

namespace Verdigris.Registry.Tests;

/// <summary>Which numbers accounts get, and that a scheme's own account is there once.</summary>
public sealed class AccountNumberTests
{
    const long LastOfSchemes = 6_999_999_999, FirstOfCredits = 7_000_000_001;

    [Fact]
    public async Task Servers_that_start_at_once_on_an_empty_database_open_each_central_account_once_and_agree_on_it()
    {
        var database = await TestCluster.NewDatabase((RegistryRoom.Name, typeof(RegistryRoom).Assembly));
        var folder = Directory.CreateTempSubdirectory("verdigris-start-test");
        try
        {
            var clock = new TestClock();
            var sessions = new DbSessions(database.Database, clock);
            using var venue = Venue.Open(new VenueOptions { VenueId = 9, DataFolder = folder.FullName, NowMicros = () => clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
            var servers = Enumerable.Range(0, 4).Select(_ => new SchemeNumbers(Ask.Schemes, sessions, venue)).ToList();
            await Task.WhenAll(servers.Select(x => Task.Run(() => x.Start(default))));
            await using var s = sessions.Open(Actor.System);
            var opened = await s.All("select scheme, kind, account from registry.account where organisation_id is null", r => (Scheme: r.GetString(0), Kind: r.GetString(1), Account: r.GetInt64(2)), default);
            Assert.Equal(Ask.Schemes.All.Sum(x => x.Accounts.Count(a => a.Role != AccountRole.Holder) + 1), opened.Count);
            foreach (var (scheme, kind, account) in opened)
            {
                Assert.All(servers, x => Assert.Equal(account, x.Central(scheme, kind)));
                Assert.NotNull(venue.Read(b => b.Account(account)));
            }
            // One more, later: nothing new.
            await new SchemeNumbers(Ask.Schemes, sessions, venue).Start(default);
            Assert.Equal(opened.Count, (int)await s.Value<long>("select count(*) from registry.account", default));
        }
        finally
        {
            folder.Delete(recursive: true);
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Numbers_of_schemes_and_of_credits_never_meet_and_end_where_their_range_ends()
    {
        await using var w = await RegistryWorld.Ready();
        await using var s = w.Sessions.Open(Actor.System);
        Assert.InRange(w.SmelterAccount, 6_005_000_001, LastOfSchemes);
        Assert.Equal(FirstOfCredits, await CreditAccounts.Of(s, RegistryWorld.Smelter, default));
        Assert.Equal(FirstOfCredits + 1, await CreditAccounts.Of(s, RegistryWorld.Trader, default));
        // At the end of a range a number is refused, not taken from the next one's.
        await using var owner = new NpgsqlConnection(w.OwnerConnection);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        async Task<string> Fails(string sql) => (await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(sql, owner).ExecuteNonQueryAsync())).SqlState;
        foreach (var (sequence, last) in new[] { ("registry.account_number", LastOfSchemes - 6_000_000_000), ("registry.credit_account_number", 7_999_999_999) })
            Assert.Equal("2200H", await Fails($"select setval('{sequence}', {last}); select nextval('{sequence}')"));
        foreach (var account in new[] { 6_005_000_001, LastOfSchemes, LastOfSchemes + 1, 8_000_000_000 })
            Assert.Equal(PostgresErrorCodes.CheckViolation, await Fails($"insert into registry.credit_account values ({account}, gen_random_uuid(), 'open')"));
        foreach (var account in new[] { 6_005_000_000, FirstOfCredits - 1, FirstOfCredits })
            Assert.Equal(PostgresErrorCodes.CheckViolation, await Fails($"insert into registry.account (account, number, full_id, scheme, kind, name, state) values ({account}, 1, 'EU-100-1-1-1', 'eu-ets', 'other', 'x', 2)"));
        // What was given before the ranges were drawn stays.
        foreach (var account in new[] { 6_000_000_001, 6_005_000_000 }) Assert.Equal(1, await new NpgsqlCommand($"insert into registry.credit_account values ({account}, gen_random_uuid(), 'open')", owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
