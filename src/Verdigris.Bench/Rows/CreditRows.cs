using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry;
using Verdigris.Registry.Credits;
using Verdigris.Storage;

namespace Verdigris.Bench.Rows;

/// <summary>Rows R1 and R3: a hundred million credits issued, and the registries' exports taken in, repeated to a million records with serial numbers of their own each time.</summary>
sealed class CreditRows(BenchOptions options)
{
    const long Credits = 100_000_000;

    int Records => options.Quick ? 100_000 : 1_000_000;

    public async Task<IEnumerable<BenchLine>> Run(Func<string, bool> wanted, CancellationToken ct)
    {
        await using var cluster = await PrivateCluster.Start(Path.Combine(options.Folder, "credits"), null, ct);
        await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
        await SchemaRunner.Apply(database, "storage", typeof(Database).Assembly, ct);
        await RegistryRoom.ApplySchema(database, ct);
        await using var venue = Venue.Open(new VenueOptions { VenueId = 3, DataFolder = Path.Combine(options.Folder, "credits-venue"), NowMicros = () => SystemClock.Instance.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 });
        var packs = RulePacks.Locate();
        var bench = await CreditBench.Open(new DbSessions(database, SystemClock.Instance), venue, packs, Path.Combine(options.Folder, "credits-evidence"), NullLogger<BookCommands>.Instance, ct);
        var lines = new List<BenchLine>();
        if (wanted("R1")) lines.Add(await Issue(bench, ct));
        if (wanted("R3"))
        {
            lines.Add(await Import(bench, ct));
            lines.Add(await Ask(bench, ct));
        }
        return lines;
    }

    static async Task<BenchLine> Issue(CreditBench bench, CancellationToken ct)
    {
        var milliseconds = new double[21];
        for (var i = -3; i < milliseconds.Length; i++) // the first compile
        {
            var begin = Stopwatch.GetTimestamp();
            await bench.IssueOneBlock(Credits, ct);
            if (i >= 0) milliseconds[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }
        Array.Sort(milliseconds);
        var median = milliseconds[milliseconds.Length / 2];
        return new("R1", $"issuance of {Credits:N0} credits", $"median {BenchTable.Ms(median)} ({BenchTable.Ms(milliseconds[0])} to {BenchTable.Ms(milliseconds[^1])})", "one block, < 5 ms", median < 5 && bench.Blocks == milliseconds.Length + 3, $"{bench.Blocks:N0} blocks of {Credits:N0}, durable in the Book", "one flush of the journal");
    }

    async Task<BenchLine> Import(CreditBench bench, CancellationToken ct)
    {
        var files = bench.Repeated(Records);
        var begin = Stopwatch.GetTimestamp();
        var (records, posted, kept, units) = await bench.Import(files, ct);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var rate = records / seconds;
        return new("R3", $"exports of seven registries, repeated to {records:N0} records", $"{rate:N0} records/s ({seconds:0.0} s)", ">= 50 k rows/s", rate >= 50_000, $"{posted:N0} posted with {units:N0} units, {kept:N0} kept as documents, none refused", "parsing, COPY of documents, commands and journal of the Book");
    }

    /// <summary>Row R3a: the public answer for one serial number with all those records there, right after they came in.</summary>
    static async Task<BenchLine> Ask(CreditBench bench, CancellationToken ct)
    {
        var milliseconds = new List<double>();
        await bench.AskStatus(300, async ask =>
        {
            var begin = Stopwatch.GetTimestamp();
            await ask();
            milliseconds.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }, ct);
        // The first questions compile.
        var sorted = milliseconds.Skip(10).Order().ToList();
        var (median, late) = (sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100]);
        return new("R3a", "life of one serial among them", $"median {BenchTable.Ms(median)}, p99 {BenchTable.Ms(late)}", "< 50 ms", late < 50, $"{sorted.Count:N0} numbers of blocks anywhere", "four to eight statements, and the Book in memory");
    }
}
