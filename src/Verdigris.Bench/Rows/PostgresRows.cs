using Verdigris.Bench.Load;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Bench.Rows;

/// <summary>The PostgreSQL baseline of B2 and row B6: the Book with its journal as PostgreSQL rows.</summary>
sealed class PostgresRows(BenchOptions options, Database database)
{
    /// <summary>Best of one and sixteen clients: what B2 is compared with.</summary>
    public async Task<(double Best, IEnumerable<BenchLine> Lines)> DoubleEntry()
    {
        await PostgresLedger.Create(database.Owner);
        await PostgresLedger.Run(database.Owner, 16, options.Seconds(1));
        var (one, oneLatency) = await PostgresLedger.Run(database.Owner, 1, options.Seconds(3));
        var (sixteen, _) = await PostgresLedger.Run(database.Owner, 16, options.Seconds(3));
        var (hot, _) = await PostgresLedger.Run(database.Owner, 16, options.Seconds(3), hot: true);
        return (Math.Max(one, sixteen),
            [new("-", "baseline: double entry in PostgreSQL, one function a transfer", $"1 client {BenchTable.Rate(one)}, 16 clients {BenchTable.Rate(sixteen)}, ten hot accounts {BenchTable.Rate(hot)}", "-", null, $"p50 {BenchTable.Ms(oneLatency.Ms(.5))} with one client", "its own flush and locks")]);
    }

    public async Task<IEnumerable<BenchLine>> Journal()
    {
        using var world = new BookWorld(options.Folder);
        await using var venue = Venue.Open(world.Options, new PostgresJournal(database, world.Options.VenueId + (UInt128)(uint)Environment.ProcessId));
        await world.SetUp(venue);
        await BookRows.Drive(world, venue, 8_190, 2, options.Seconds(1));
        var (rate, _) = await BookRows.Drive(world, venue, 8_190, 2, options.Seconds(5));
        return [new("B6", "PostgreSQL journal, batch of 8,190", BenchTable.Rate(rate), ">= 1x TigerBeetle's recorded 376 k/s", rate >= 376e3, $"{BenchTable.X(rate / 376e3)} of the recorded peer", "PostgreSQL's log: a megabyte a row, one commit a batch")];
    }
}
