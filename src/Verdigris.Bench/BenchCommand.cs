using Verdigris.Bench.Rows;
using Verdigris.Storage;

namespace Verdigris.Bench;

/// <param name="Folder">Where the measured venues and the private cluster live while they are measured; on the disk that is to be measured.</param>
/// <param name="Quick">A sixth of the time: for a look, not for a table.</param>
sealed record BenchOptions(string Folder, bool Quick)
{
    public TimeSpan Seconds(double full) => TimeSpan.FromSeconds(Quick ? Math.Max(0.5, full / 6) : full);
}

/// <summary><c>verdigris bench</c>: the published targets beside what this machine does now, with the baselines it can run itself.</summary>
public static class BenchCommand
{
    /// <summary>Rows this build measures, in the order they run.</summary>
    public static IReadOnlyList<string> AllRows { get; } = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "P1", "P2", "P3", "P4", "F1", "F2", "F3", "F4", "C1", "R1", "R2", "R3", "M1", "M2", "M3", "M3-FLOOR", "M3-HTTP", "M4", "M5", "M6"];

    /// <param name="rows">Rows to run; empty = all.</param>
    /// <returns>0 when all ran (met or not: the machine may be shared), 2 for an unknown row.</returns>
    public static async Task<int> Run(IReadOnlyCollection<string> rows, string? folder, bool quick, TextWriter output, TextWriter error, CancellationToken ct)
    {
        var unknown = rows.FirstOrDefault(r => !AllRows.Contains(r, StringComparer.OrdinalIgnoreCase));
        if (unknown is not null)
        {
            await error.WriteLineAsync($"verdigris: there is no row {unknown}; rows: {string.Join(", ", AllRows)}. / 没有 {unknown} 这一行。");
            return 2;
        }
        var root = Path.Combine(folder ?? Path.GetTempPath(), "verdigris-bench-" + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(root);
        try
        {
            Machine.Describe(root, output);
            var lines = new List<BenchLine>();
            await Measure(new BenchOptions(root, quick), r => rows.Count == 0 || rows.Contains(r, StringComparer.OrdinalIgnoreCase), lines, output, ct);
            BenchTable.Print(lines, output);
            return 0;
        }
        finally { Directory.Delete(root, recursive: true); }
    }

    static async Task Measure(BenchOptions options, Func<string, bool> wanted, List<BenchLine> lines, TextWriter output, CancellationToken ct)
    {
        var book = new BookRows(options);
        double? postgresBest = null;
        if (wanted("B1")) await Add("B1", book.Batches);
        if (wanted("B2") || wanted("B6"))
        {
            await using var cluster = await PrivateCluster.Start(Path.Combine(options.Folder, "data"), null, ct);
            await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
            await SchemaRunner.Apply(database, "storage", typeof(Database).Assembly, ct);
            var postgres = new PostgresRows(options, database);
            if (wanted("B2"))
                await Add("PostgreSQL", async () =>
                {
                    var (best, own) = await postgres.DoubleEntry();
                    postgresBest = best;
                    return own;
                });
            if (wanted("B6")) await Add("B6", postgres.Journal);
        }
        if (wanted("B2")) await Add("B2", () => book.Singles(postgresBest));
        if (wanted("B3")) await Add("B3", book.Latency);
        if (wanted("B4")) await Add("B4", book.Serials);
        if (wanted("B5") || wanted("B8")) await Add("B5, B8", book.Restart);
        if (wanted("B7")) await Add("B7", book.Tail);
        if (wanted("P1") || wanted("P2") || wanted("P3") || wanted("P4")) await Add("P1-P4", () => new PassportRows(options).Run(wanted, ct));

        var footprint = new FootprintRows(options);
        if (wanted("F1")) await Add("F1", () => Task.FromResult(footprint.Chain()));
        if (wanted("F2")) await Add("F2", () => Task.FromResult(footprint.Network()));
        if (wanted("F3")) await Add("F3", () => Task.FromResult(footprint.Simulation()));
        if (wanted("F4")) await Add("F4", () => new MeterRows(options).Run(ct));
        if (wanted("C1")) await Add("C1", () => Task.FromResult(new CbamRows(options).Declaration()));
        if (wanted("R1") || wanted("R3")) await Add("R1, R3", () => new CreditRows(options).Run(wanted, ct));
        if (wanted("R2")) await Add("R2", () => Task.FromResult(new RegistryRows(options).Compliance()));
        if (wanted("M4")) await Add("M4", () => Task.FromResult(new AuctionRows(options).Clearing()));
        if (wanted("M5")) await Add("M5", () => Task.FromResult(new MarginRows(options).Run()));
        if (wanted("M1")) await Add("M1", () => Task.FromResult(new MatchingRows(options).Throughput()));
        if (wanted("M6")) await Add("M6", () => new MarketDataRows(options).Run(ct));
        if (wanted("M2")) await Add("M2", () => Task.FromResult(new MatchingRows(options).Latency()));
        if (wanted("M3") || wanted("M3-FLOOR"))
        {
            await Add("M3", new FloorRows(options).Groups);
            await Add("M3", new FloorRows(options).Latency);
        }
        if (wanted("M3") || wanted("M3-HTTP")) await Add("M3-HTTP", () => new OrderEntryRow(options).Run(ct));

        async Task Add(string name, Func<Task<IEnumerable<BenchLine>>> run)
        {
            ct.ThrowIfCancellationRequested();
            await output.WriteLineAsync($"measuring {name} ...");
            GC.Collect();
            lines.AddRange(await run());
        }
    }
}
