using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What stands below the web application and outlives its requests: the database and the Book.</summary>
sealed class ServerParts : IAsyncDisposable
{
    PrivateCluster? cluster;
    Database? database;
    Venue? venue;
    FloorHost? floor;

    public Database Database => database ?? throw new InvalidOperationException("Not open.");
    public IVenue Venue => venue ?? throw new InvalidOperationException("Not open.");
    public IFloor Floor => floor ?? throw new InvalidOperationException("Not open.");

    /// <exception cref="StorageProblem">Folder or database cannot be used.</exception>
    public async Task Open(ServerOptions options, CancellationToken ct)
    {
        Directory.CreateDirectory(options.DataFolder);
        var say = new Progress(options.Say ?? Console.Out.WriteLine);
        if (options.PostgresConnection is { } given)
        {
            database = await Database.Given(given, options.PostgresAppConnection, options.DataFolder, ct);
        }
        else
        {
            cluster = await PrivateCluster.Start(options.DataFolder, say, ct);
            database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
        }
        await SchemaRunner.Apply(database, ct);
        await SchemaRunner.Apply(database, "server", typeof(ServerParts).Assembly, ct);
        await Rooms.ApplySchema(database, ct);
        (venue, floor) = BookOpening.Open(options);
    }

    public async ValueTask DisposeAsync()
    {
        if (venue is not null) await venue.DisposeAsync();
        if (database is not null) await database.DisposeAsync();
        if (cluster is not null) await cluster.DisposeAsync();
    }

    /// <summary>In the caller's thread and order, unlike <see cref="Progress{T}"/>.</summary>
    sealed class Progress(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }
}
