using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Npgsql;

namespace Verdigris.Storage.Testing;

/// <summary>
/// One throw-away PostgreSQL for a test process, started when the first test asks: nothing is flushed, it lies in memory where there is room, and it ends with the
/// process however that ends. Each test takes a database of its own, copied from a template that holds the schemas it names.
/// </summary>
static class TestCluster
{
    static readonly Lazy<Task<PrivateCluster>> Cluster = new(Start);
    static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Templates = new();
    static readonly SemaphoreSlim Copying = new(1);
    static int count;

    /// <summary>The cluster itself, for tests that need its roles.</summary>
    public static Task<PrivateCluster> Get() => Cluster.Value;

    /// <summary>A fresh database with Storage's schema and those of the rooms given, in that order.</summary>
    public static Task<TestDatabase> NewDatabase(params (string Room, Assembly Scripts)[] rooms) => NewDatabase(string.Join('+', rooms.Select(r => r.Room)), async made =>
    {
        await SchemaRunner.Apply(made.Database, default);
        foreach (var (room, scripts) in rooms) await SchemaRunner.Apply(made.Database, room, scripts, default);
    });

    /// <summary>A fresh copy of a database that is made once in this process.</summary>
    /// <param name="name">Of what is made.</param>
    /// <param name="make">Fills an empty database and leaves no connection to it open.</param>
    public static async Task<TestDatabase> NewDatabase(string name, Func<TestDatabase, Task> make)
    {
        var cluster = await Get();
        return await Copy(cluster, await Templates.GetOrAdd(name, _ => new(() => MakeTemplate(cluster, make))).Value);
    }

    /// <summary>A fresh database without any schema.</summary>
    public static async Task<TestDatabase> NewEmptyDatabase() => await Copy(await Get(), "template1");

    static async Task<TestDatabase> Copy(PrivateCluster cluster, string template)
    {
        var name = $"t{Interlocked.Increment(ref count)}";
        await Copying.WaitAsync(); // PostgreSQL copies one template at a time
        try
        {
            await Superuser(cluster, $"create database {name} template {template} owner verdigris_owner");
        }
        finally
        {
            Copying.Release();
        }
        return new(cluster, name);
    }

    static async Task<string> MakeTemplate(PrivateCluster cluster, Func<TestDatabase, Task> make)
    {
        await using var made = await Copy(cluster, "template1");
        made.KeepOnDispose = true;
        await make(made);
        return made.Name;
    }

    internal static async Task Superuser(PrivateCluster cluster, string sql)
    {
        await using var connection = new NpgsqlConnection(SuperuserConnection(cluster));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await command.ExecuteNonQueryAsync();
    }

    internal static string SuperuserConnection(PrivateCluster cluster) => (string)typeof(PrivateCluster)
        .GetProperty("SuperuserConnectionString", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(cluster)! + ";Pooling=false";

    static async Task<PrivateCluster> Start()
    {
        var root = Directory.Exists("/dev/shm") && new DriveInfo("/dev/shm").AvailableFreeSpace > 2L << 30 ? "/dev/shm" : "/tmp";
        Sweep(root);
        var self = Process.GetCurrentProcess();
        var folder = Path.Combine(root, $"verdigris-test-{self.Id}-{StartTicks(self.Id)}");
        Directory.CreateDirectory(folder);
        var cluster = await PrivateCluster.Start(folder, new PrivateClusterOptions { Temporary = true, MaxConnections = 200 }, null, CancellationToken.None);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            cluster.Stop().AsTask().Wait(TimeSpan.FromSeconds(10));
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        };
        return cluster;
    }

    /// <summary>Removes what a process that no longer exists left behind (its guard has normally done so already).</summary>
    public static void Sweep(string root)
    {
        foreach (var folder in Directory.GetDirectories(root, "verdigris-test-*"))
        {
            var parts = Path.GetFileName(folder).Split('-');
            if (parts.Length != 4 || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var owner) || StartTicks(owner) == parts[3]) continue;
            try
            {
                foreach (var pidFile in Directory.GetFiles(folder, "postmaster.pid", SearchOption.AllDirectories))
                {
                    if (!int.TryParse(File.ReadLines(pidFile).First(), NumberStyles.None, CultureInfo.InvariantCulture, out var server)) continue;
                    if (File.Exists($"/proc/{server}/cwd") || Directory.Exists($"/proc/{server}/cwd"))
                    {
                        if (new FileInfo($"/proc/{server}/cwd").LinkTarget == Path.GetDirectoryName(pidFile)) Process.GetProcessById(server).Kill();
                    }
                }
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
            {
                // Another test process sweeps the same folder, or its guard is just deleting it.
            }
        }
    }

    /// <summary>When the process started, in the kernel's ticks: together with its number it names one process for ever. Empty when there is none.</summary>
    static string StartTicks(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

/// <summary>One database of the test cluster; dropped when disposed.</summary>
sealed class TestDatabase : IAsyncDisposable
{
    readonly PrivateCluster cluster;

    internal TestDatabase(PrivateCluster cluster, string name)
    {
        this.cluster = cluster;
        Name = name;
        OwnerConnectionString = new NpgsqlConnectionStringBuilder(cluster.OwnerConnectionString) { Database = name }.ConnectionString;
        AppConnectionString = new NpgsqlConnectionStringBuilder(cluster.AppConnectionString) { Database = name }.ConnectionString;
        SuperuserConnectionString = new NpgsqlConnectionStringBuilder(TestCluster.SuperuserConnection(cluster)) { Database = name }.ConnectionString;
        Database = new(OwnerConnectionString, AppConnectionString);
    }

    public string Name { get; }
    public string OwnerConnectionString { get; }
    public string AppConnectionString { get; }
    public string SuperuserConnectionString { get; }
    public Database Database { get; }
    internal bool KeepOnDispose { get; set; }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (!KeepOnDispose) await TestCluster.Superuser(cluster, $"drop database if exists {Name} with (force)");
    }
}
