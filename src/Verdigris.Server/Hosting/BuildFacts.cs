using System.Reflection;
using System.Runtime.InteropServices;
using Npgsql;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What this server is made of.</summary>
sealed class BuildFacts(Database database, IVenue venue)
{
    public string Version { get; } = typeof(BuildFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public string Runtime { get; } = $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}";

    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<string> PostgresVersion(CancellationToken ct)
    {
        await using var command = database.App.CreateCommand("show server_version");
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>The Book's id and last durable batch; null when it has stopped.</summary>
    public (string Venue, long LastBatch)? Book()
    {
        try
        {
            return (BookId.ToGuid(venue.VenueId).ToString(), venue.Read(state => state.LastBatch));
        }
        catch (VenueStoppedException)
        {
            return null;
        }
    }
}
