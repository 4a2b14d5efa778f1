using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

/// <summary>The small vocabulary the tests share.</summary>
static class A
{
    public static readonly ManualClock Clock = new(Instant.FromUtc(2026, 11, 20, 9, 0));

    public static DbSessions Sessions(TestDatabase test) => new(test.Database, Clock);

    public static Actor Person(string name, Guid organisation, params string[] roles) => new(Guid.NewGuid(), name, organisation, new HashSet<string>(roles));

    /// <summary>A database with one table of a test room besides Storage's own.</summary>
    public static async Task<TestDatabase> NoteDatabase()
    {
        var test = await TestCluster.NewDatabase();
        await using var owner = await test.Database.Owner.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("create table public.note (id int generated always as identity primary key, text text not null); grant all on public.note to verdigris_app", owner);
        await command.ExecuteNonQueryAsync();
        return test;
    }

    public static async Task<T> Scalar<T>(this DbSession session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, await session.Connection());
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public static async Task Execute(this DbSession session, string sql, CancellationToken ct = default)
    {
        await using var command = new NpgsqlCommand(sql, await session.Connection(ct));
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task<int> ExecuteAs(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync();
    }
}

/// <summary>A clock the test moves.</summary>
sealed class ManualClock(Instant start) : IClock
{
    long ticks = start.ToUnixTimeTicks();

    public Instant GetCurrentInstant() => Instant.FromUnixTimeTicks(Interlocked.Read(ref ticks));
    public void Advance(Duration by) => Interlocked.Add(ref ticks, by.BclCompatibleTicks);
}
