using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>Runs <c>pg_dump</c> and <c>pg_restore</c>. The password goes by the environment, never on the command line.</summary>
static class PostgresTools
{
    /// <exception cref="StorageProblem">The program failed; its last line is in the text.</exception>
    public static async Task Run(string program, string connectionString, string code, IEnumerable<string> arguments, Func<StreamReader, Task>? output, CancellationToken ct)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        var info = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in arguments) info.ArgumentList.Add(argument);
        foreach (var variable in info.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList()) info.Environment.Remove(variable);
        info.Environment["LC_ALL"] = "C";
        info.Environment["PGHOST"] = connection.Host;
        info.Environment["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture);
        info.Environment["PGUSER"] = connection.Username;
        info.Environment["PGDATABASE"] = connection.Database;
        if (connection.Password is not null) info.Environment["PGPASSWORD"] = connection.Password;
        if (connection.RootCertificate is not null) info.Environment["PGSSLROOTCERT"] = connection.RootCertificate;
        info.Environment["PGSSLMODE"] = connection.SslMode switch
        {
            SslMode.VerifyCA => "verify-ca",
            SslMode.VerifyFull => "verify-full",
            var mode => mode.ToString().ToLowerInvariant(),
        };
        using var process = Process.Start(info)!;
        try
        {
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(ct);
            if (output is not null) await output(process.StandardOutput);
            else await process.StandardOutput.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            if (process.ExitCode == 0) return;
            var reason = (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"exit code {process.ExitCode}";
            var name = Path.GetFileName(program);
            throw new StorageProblem(code, $"{name} failed: {reason}", $"{name} 失败：{reason}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}

/// <summary>
/// The database of a data folder for a command beside or without a running server: the one given, the running server's own, or the private cluster started for the
/// time of the command.
/// </summary>
sealed class CommandDatabase : IAsyncDisposable
{
    PrivateCluster? started;

    public required Database Database { get; init; }
    public required PostgresBinaries Binaries { get; init; }
    public string OwnerConnectionString => Database.OwnerConnectionString;

    /// <summary>For reading: with a database given, the owner's connection is all that is needed, and no role of any node is touched.</summary>
    public static async Task<CommandDatabase> OpenToRead(string dataFolder, string? postgres, IProgress<string>? progress, CancellationToken ct) =>
        await Open(dataFolder, postgres, postgres, progress, ct);

    /// <param name="app">Connection of the application's role in the database given; null: the one of <c>DATA/postgres-app</c>, made where it is missing.</param>
    public static async Task<CommandDatabase> Open(string dataFolder, string? postgres, string? app, IProgress<string>? progress, CancellationToken ct)
    {
        if (postgres is not null)
        {
            var given = await Database.Given(postgres, app, dataFolder, ct);
            return new() { Database = given, Binaries = PostgresBinaries.Find() };
        }
        if (PrivateCluster.Running(dataFolder) is { } running)
        {
            var major = ClusterPlaces.Prepare(dataFolder, UnprivilegedUser.Choose()).MajorVersion();
            return new() { Database = new(running.Owner, running.App), Binaries = PostgresBinaries.Find(major) };
        }
        var cluster = await PrivateCluster.Start(dataFolder, progress, ct);
        return new() { Database = new(cluster.OwnerConnectionString, cluster.AppConnectionString), Binaries = cluster.Binaries, started = cluster };
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (started is not null) await started.Stop();
    }
}
