using System.Diagnostics;
using Npgsql;

namespace Verdigris.Bench.Load;

/// <summary>
/// The baseline everybody can build: double entry in PostgreSQL, one function call a transfer, both balances and the entry in one
/// transaction, durable at commit.
/// </summary>
static class PostgresLedger
{
    const string Schema = """
        drop schema if exists bench_ledger cascade; create schema bench_ledger;
        create table bench_ledger.account(id int primary key, balance bigint not null check (balance >= 0)) with (fillfactor = 50);
        create table bench_ledger.entry(id bigint generated always as identity primary key, debit int not null, credit int not null, amount bigint not null, at timestamptz not null default now());
        insert into bench_ledger.account select n, 1000000000 from generate_series(1, 10000) n;
        create function bench_ledger.transfer(d int, c int, a bigint) returns void language plpgsql as $$
        begin
          -- Locks in id order, so that two opposite transfers cannot wait for each other.
          perform 1 from bench_ledger.account where id in (d, c) order by id for update;
          update bench_ledger.account set balance = balance - a where id = d;
          update bench_ledger.account set balance = balance + a where id = c;
          insert into bench_ledger.entry(debit, credit, amount) values (d, c, a);
        end $$;
        """;

    public static async Task Create(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync();
    }

    /// <param name="hot">Draw accounts from the first ten instead of ten thousand.</param>
    public static async Task<(double PerSecond, Latencies Latencies)> Run(NpgsqlDataSource source, int clients, TimeSpan duration, bool hot = false)
    {
        var stop = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var begin = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(Enumerable.Range(0, clients).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            var latencies = new Latencies();
            await using var connection = await source.OpenConnectionAsync();
            await using var command = new NpgsqlCommand("select bench_ledger.transfer($1, $2, 1)", connection)
            {
                Parameters = { new NpgsqlParameter<int>(), new NpgsqlParameter<int>() },
            };
            await command.PrepareAsync();
            while (Stopwatch.GetTimestamp() < stop)
            {
                var range = hot ? 10 : 10_000;
                var d = random.Next(1, range + 1);
                var c = random.Next(1, range + 1);
                if (c == d) c = d % range + 1;
                ((NpgsqlParameter<int>)command.Parameters[0]).TypedValue = d;
                ((NpgsqlParameter<int>)command.Parameters[1]).TypedValue = c;
                var t = Stopwatch.GetTimestamp();
                await command.ExecuteNonQueryAsync();
                latencies.Record(Stopwatch.GetTimestamp() - t);
            }
            return latencies;
        })));
        var total = new Latencies();
        foreach (var l in all) total.Add(l);
        return (total.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds, total);
    }
}
