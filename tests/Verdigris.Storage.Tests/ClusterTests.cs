using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Verdigris.Storage.Tests;

/// <summary>Real clusters in real folders. One collection, so that their start times are their own.</summary>
[Collection("clusters")]
public sealed class ClusterTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("verdigris-cluster-").FullName;
    readonly ITestOutputHelper output;

    public ClusterTests(ITestOutputHelper output)
    {
        this.output = output;
        // As every data folder a server run by root can share with PostgreSQL's own user.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    string Data => Path.Combine(folder, "data");

    public void Dispose()
    {
        foreach (var pidFile in Directory.GetFiles(folder, "postmaster.pid", SearchOption.AllDirectories))
        {
            var server = int.Parse(File.ReadLines(pidFile).First(), CultureInfo.InvariantCulture); // left only by a test that failed
            if (Posix.Alive(server) && new FileInfo($"/proc/{server}/cwd").LinkTarget == Path.GetDirectoryName(pidFile)) Process.GetProcessById(server).Kill();
        }
        Directory.Delete(folder, recursive: true);
    }

    static Task<PrivateCluster> Start(string data) => PrivateCluster.Start(data, null, CancellationToken.None);

    static async Task<T> Ask<T>(PrivateCluster cluster, string sql)
    {
        await using var connection = new NpgsqlConnection(cluster.OwnerConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    static async Task<string> Problem(string data) => (await Assert.ThrowsAsync<StorageProblem>(() => Start(data))).Code;

    [Theory]
    [InlineData(0, "256MB")]
    [InlineData(4L << 30, "256MB")]
    [InlineData(8L << 30, "512MB")]
    [InlineData(24L << 30, "1536MB")]
    [InlineData(512L << 30, "2048MB")]
    public void The_page_cache_is_a_sixteenth_of_the_memory_within_bounds(long memoryBytes, string expected) => Assert.Equal(expected, PrivateClusterOptions.SharedBuffersFor(memoryBytes));

    [Fact]
    public async Task The_first_start_makes_a_durable_cluster_and_the_second_keeps_the_data()
    {
        var lines = new List<string>();
        var cold = Stopwatch.GetTimestamp();
        await using (var cluster = await PrivateCluster.Start(Data, new Reporting(lines), default))
        {
            output.WriteLine($"cold start: {Stopwatch.GetElapsedTime(cold).TotalSeconds:0.00} s");
            Assert.Equal("on on on scram-sha-256", await Ask<string>(cluster, "select concat_ws(' ', current_setting('fsync'), current_setting('synchronous_commit'), current_setting('data_checksums'), current_setting('password_encryption'))"));
            Assert.Equal("", await Ask<string>(cluster, "select current_setting('listen_addresses')"));
            Assert.Equal(1, await A.ExecuteAs(cluster.OwnerConnectionString, "create table kept (x int); insert into kept values (7)"));
            Assert.False(await Ask<bool>(cluster, "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"));
        }
        Assert.Contains(lines, l => l.Contains("making the cluster", StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "postgres", "secret")));
        Assert.Empty(Directory.GetFiles(Data, "postmaster.pid", SearchOption.AllDirectories));
        var warm = Stopwatch.GetTimestamp();
        await using var again = await Start(Data);
        output.WriteLine($"warm start: {Stopwatch.GetElapsedTime(warm).TotalSeconds:0.00} s");
        Assert.Equal(7, await Ask<int>(again, "select x from kept"));
        var stop = Stopwatch.GetTimestamp();
        await again.Stop();
        await again.Stop();
        output.WriteLine($"stop: {Stopwatch.GetElapsedTime(stop).TotalSeconds:0.00} s");
    }

    [Fact]
    public async Task Passwords_are_asked_for_and_the_socket_is_the_owners_alone()
    {
        ModelCluster.CopyTo(Data);
        await using var cluster = await Start(Data);
        var wrong = new NpgsqlConnectionStringBuilder(cluster.AppConnectionString) { Password = "guess", Pooling = false }.ConnectionString;
        var refused = await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(wrong, "select 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        var socket = new NpgsqlConnectionStringBuilder(cluster.AppConnectionString).Host!;
        Assert.StartsWith("/", socket);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(socket));
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_turned_away_and_disturbs_nothing()
    {
        ModelCluster.CopyTo(Data);
        await using var cluster = await Start(Data);
        Assert.Equal(StorageCodes.FolderInUse, await Problem(Data));
        Assert.Equal(1, await Ask<int>(cluster, "select 1"));
        var running = PrivateCluster.Running(Data);
        Assert.Equal((cluster.OwnerConnectionString, cluster.AppConnectionString), running);
        await cluster.Stop();
        Assert.Null(PrivateCluster.Running(Data));
    }

    [Fact]
    public async Task More_work_at_once_than_the_cluster_has_connections_waits_for_its_turn()
    {
        ModelCluster.CopyTo(Data);
        await using var cluster = await Start(Data);
        await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
        // Twice as many as the cluster takes, all before the first has answered.
        var work = Enumerable.Range(0, 200).Select(async i =>
        {
            await using var connection = await database.App.OpenConnectionAsync();
            await using var command = new NpgsqlCommand("select $1::int from pg_sleep(0.05)", connection) { Parameters = { new() { Value = i } } };
            return (int)(await command.ExecuteScalarAsync())!;
        });
        Assert.Equal(Enumerable.Range(0, 200), await Task.WhenAll(work));
        Assert.Equal(1, await Ask<int>(cluster, "select 1"));
    }

    [Fact]
    public async Task When_the_server_is_killed_its_cluster_stops_by_itself_and_starts_again_with_everything_committed()
    {
        ModelCluster.CopyTo(Data);
        int server;
        using (var child = Child.Run(Data))
        {
            Assert.Equal("ready", await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
            server = int.Parse(File.ReadLines(Path.Combine(Data, "postgres", "data", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
            child.Kill(); // SIGKILL
            await child.WaitForExitAsync();
        }
        await using var cluster = await Start(Data);
        Assert.False(Posix.Alive(server));
        Assert.Equal(42, await Ask<int>(cluster, "select x from child"));
    }

    [Fact]
    public async Task A_cluster_left_behind_without_its_guard_is_stopped_cleanly_and_started_again()
    {
        ModelCluster.CopyTo(Data);
        var left = await Start(Data);
        await A.ExecuteAs(left.OwnerConnectionString, "create table kept as select 9 as x");
        var server = left.ServerProcessId;
        Process.GetProcessById(left.GuardProcessId).Kill();
        ((FileStream)typeof(PrivateCluster).GetField("ownership", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(left)!).Dispose();
        Assert.True(Posix.Alive(server));
        await using var cluster = await Start(Data);
        Assert.NotEqual(server, cluster.ServerProcessId);
        Assert.False(Posix.Alive(server));
        Assert.Equal(9, await Ask<int>(cluster, "select x from kept"));
    }

    [Fact]
    public async Task A_killed_postgres_recovers_and_a_pid_file_of_another_program_is_no_obstacle()
    {
        ModelCluster.CopyTo(Data);
        var first = await Start(Data);
        await A.ExecuteAs(first.OwnerConnectionString, "create table kept as select 5 as x");
        Process.GetProcessById(first.ServerProcessId).Kill();
        await first.Stop();
        var pidFile = Path.Combine(Data, "postgres", "data", "postmaster.pid");
        Assert.True(File.Exists(pidFile));
        var lines = File.ReadAllLines(pidFile);
        lines[0] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture); // the number now belongs to this test
        File.WriteAllLines(pidFile, lines);
        await using var cluster = await Start(Data);
        Assert.Equal(5, await Ask<int>(cluster, "select x from kept"));
    }

    [Fact]
    public async Task A_first_start_that_was_interrupted_leaves_nothing_in_the_way()
    {
        var half = Path.Combine(Data, "postgres", "data.new", "base");
        Directory.CreateDirectory(half);
        File.WriteAllText(Path.Combine(Data, "postgres", "data.new", "PG_VERSION"), "15");
        await using var cluster = await Start(Data);
        Assert.Equal(1, await Ask<int>(cluster, "select 1"));
        Assert.False(Directory.Exists(Path.Combine(Data, "postgres", "data.new")));
    }

    [Fact]
    public async Task Damaged_folders_are_named_and_left_as_they_are()
    {
        ModelCluster.CopyTo(Data);
        await (await Start(Data)).Stop();
        var version = Path.Combine(Data, "postgres", "data", "PG_VERSION");
        File.Move(version, version + ".away");
        Assert.Equal(StorageCodes.FolderCorrupt, await Problem(Data));
        File.WriteAllText(version, "9\n");
        var wrong = await Assert.ThrowsAsync<StorageProblem>(() => Start(Data));
        Assert.Equal(StorageCodes.BinariesWrongVersion, wrong.Code);
        Assert.Contains("postgresql-9", wrong.Line);
        File.Move(version + ".away", version, overwrite: true);

        var control = Path.Combine(Data, "postgres", "data", "global", "pg_control");
        var good = File.ReadAllBytes(control);
        File.WriteAllBytes(control, new byte[good.Length]);
        Assert.Equal(StorageCodes.FolderCorrupt, await Problem(Data));
        File.WriteAllBytes(control, good);

        var secret = Path.Combine(Data, "postgres", "secret");
        File.Move(secret, secret + ".away");
        Assert.Equal(StorageCodes.SecretMissing, await Problem(Data));
        File.Move(secret + ".away", secret);
        await using var cluster = await Start(Data);
        Assert.Equal(1, await Ask<int>(cluster, "select 1"));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_one_clear_line()
    {
        File.WriteAllText(Path.Combine(folder, "file"), "in the way");
        var problem = await Assert.ThrowsAsync<StorageProblem>(() => Start(Path.Combine(folder, "file", "data")));
        Assert.Equal(StorageCodes.FolderUnwritable, problem.Code);
        Assert.DoesNotContain('\n', problem.Line);
        Assert.Contains("不可写", problem.Line);
    }

    [Fact]
    public async Task A_long_path_gets_a_short_socket()
    {
        var data = Path.Combine(folder, new string('l', 60), new string('m', 60));
        await using var cluster = await Start(data);
        var socket = new NpgsqlConnectionStringBuilder(cluster.AppConnectionString).Host!;
        Assert.StartsWith("/tmp/verdigris-", socket);
        Assert.Equal(1, await Ask<int>(cluster, "select 1"));
        await cluster.Stop();
        Directory.Delete(socket, recursive: true);
    }

    [Fact]
    public async Task A_folder_that_postgres_cannot_enter_keeps_its_cluster_elsewhere_and_says_where()
    {
        if (!Posix.IsRoot) return; // an ordinary user runs PostgreSQL as himself
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string place;
        await using (var cluster = await Start(Data))
        {
            place = File.ReadAllText(Path.Combine(Data, "postgres", "location")).Trim();
            Assert.StartsWith("/var/lib/verdigris/", place);
            Assert.Equal(Path.Combine(place, "data"), cluster.DataFolder);
            Assert.True(File.Exists(Path.Combine(Data, "postgres", "secret")));
        }
        await using (var again = await Start(Data)) Assert.Equal(1, await Ask<int>(again, "select 1"));
        Directory.Delete(place, recursive: true);
    }

    [Fact]
    public void Binaries_come_from_the_distribution_newest_first_and_a_lone_wrapper_counts_for_nothing()
    {
        string Make(string path, params string[] programs)
        {
            Directory.CreateDirectory(Path.Combine(folder, path));
            foreach (var program in programs) File.WriteAllText(Path.Combine(folder, path, program), "");
            return Path.Combine(folder, path);
        }
        string[] whole = ["initdb", "pg_ctl", "postgres"];
        string nine = Make("postgresql/9/bin", whole), sixteen = Make("postgresql/16/bin", whole), half = Make("postgresql/18/bin", "postgres"), wrapper = Make("wrapper", "postgres"), path = Make("pgsql-17/bin", whole);
        var found = PostgresBinaries.All([nine, sixteen, half], [wrapper, path]);
        Assert.Equal([16, 9, 17], found.Select(b => b.Major));
        Assert.Equal(sixteen, PostgresBinaries.Choose(found, null).Folder);
        Assert.Equal(path, PostgresBinaries.Choose(found, 17).Folder);
        var missing = Assert.Throws<StorageProblem>(() => PostgresBinaries.Choose([], null));
        Assert.Equal(StorageCodes.BinariesMissing, missing.Code);
        Assert.Contains("package postgresql", missing.Line);
        Assert.Equal(StorageCodes.BinariesMissing, Assert.Throws<StorageProblem>(() => PostgresBinaries.Choose([new(nine, 9)], null)).Code);
    }

    [Fact]
    public async Task A_postgres_given_is_checked_and_gets_its_app_role()
    {
        ModelCluster.CopyTo(Data);
        await using var cluster = await Start(Data);
        var superuser = new NpgsqlConnectionStringBuilder(cluster.SuperuserConnectionString) { Database = "verdigris" }.ConnectionString;
        var own = Path.Combine(folder, "given");
        // The role is there, as from another node: its password is not taken from that node.
        Assert.Equal(StorageCodes.AppRoleSecretElsewhere, (await Assert.ThrowsAsync<StorageProblem>(() => Database.Given(superuser, null, own, default))).Code);
        Assert.False(File.Exists(Path.Combine(own, "postgres-app")));
        await using (var node = await Database.Given(superuser, cluster.AppConnectionString, own, default))
        {
            await using var command = node.App.CreateCommand("select current_user::text");
            Assert.Equal("verdigris_app", await command.ExecuteScalarAsync());
        }
        await A.ExecuteAs(superuser, "drop owned by verdigris_app; drop role verdigris_app");
        // Nobody made it, and this user may not.
        Assert.Equal(StorageCodes.AppRoleMissing, await Problem(cluster.OwnerConnectionString));
        await using (var database = await Database.Given(superuser, null, own, default))
        {
            await SchemaRunner.Apply(database, default);
            await using var command = database.App.CreateCommand("select current_user::text");
            Assert.Equal("verdigris_app", await command.ExecuteScalarAsync());
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(own, "postgres-app")));
        await using (var again = await Database.Given(superuser, null, own, default))
        {
            await using var command = again.App.CreateCommand("select 1");
            Assert.Equal(1, await command.ExecuteScalarAsync());
        }
        async Task<string> Problem(string connection) => (await Assert.ThrowsAsync<StorageProblem>(() => Database.Given(connection, null, Path.Combine(folder, "other"), default))).Code;
        Assert.Equal(StorageCodes.AppRoleSecretElsewhere, await Problem(cluster.OwnerConnectionString));
        Assert.Equal(StorageCodes.Unreachable, await Problem(new NpgsqlConnectionStringBuilder(superuser) { Password = "wrong" }.ConnectionString));
        Assert.Equal(StorageCodes.Unreachable, await Problem("Host=127.0.0.1;Port=1;Username=x;Database=y;Timeout=2"));
        Assert.Equal(StorageCodes.Unreachable, await Problem("postgresql://user@127.0.0.1:1/db?nonsense=1"));
        Assert.Equal(StorageCodes.Unreachable, await Problem("what is this"));
    }

    [Fact]
    public void A_connection_is_read_in_both_forms()
    {
        var uri = ConnectionText.Parse("postgresql://li%40wei:p%2Fw@db.example:6432/metals?sslmode=verify-full");
        Assert.Equal(("db.example", 6432, "metals", "li@wei", "p/w", SslMode.VerifyFull), (uri.Host, uri.Port, uri.Database, uri.Username, uri.Password, uri.SslMode));
        Assert.Equal("metals", ConnectionText.Parse("Host=h;Username=u;Database=metals").Database);
        Assert.Throws<ArgumentException>(() => ConnectionText.Parse("Host=h;Username=u"));
    }

    [Fact]
    public async Task The_journals_batches_are_flushed_and_their_speed_is_printed()
    {
        ModelCluster.CopyTo(Data);
        await using var cluster = await Start(Data);
        await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
        await SchemaRunner.Apply(database, default);
        using var journal = new PostgresJournal(database, 7);
        long batches = 0;
        foreach (var (count, commands) in new[] { (200, 1), (100, 100), (15, 8190) })
        {
            JournalTests.Fill(journal, 2, commands, 7);
            var started = Stopwatch.GetTimestamp();
            JournalTests.Fill(journal, count, commands, 7);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            batches += count + 2;
            output.WriteLine($"durable journal, {commands} commands a batch: {count / seconds:0} batches/s, {count * commands / seconds:0} commands/s");
        }
        Assert.Equal(batches, await Ask<long>(cluster, "select count(*) from storage.book_journal"));
        await using var setting = database.App.CreateCommand("select current_setting('fsync') || current_setting('synchronous_commit')");
        Assert.Equal("onon", await setting.ExecuteScalarAsync());
    }

    sealed class Reporting(List<string> lines) : IProgress<string>
    {
        public void Report(string value) => lines.Add(value);
    }
}

/// <summary>This test program run once more as a server that only holds a cluster, to be killed.</summary>
static class Child
{
    const string Variable = "VERDIGRIS_TEST_CHILD_CLUSTER";

    public static Process Run(string data) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        RedirectStandardOutput = true,
        Environment = { [Variable] = data },
    })!;

    [ModuleInitializer]
    internal static void BecomeServer()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } data) return;
        var cluster = PrivateCluster.Start(data, null, CancellationToken.None).GetAwaiter().GetResult();
        // Nothing of this assembly may run on another thread while its initializer does: hence no asynchronous method of its own.
        using (var connection = new NpgsqlConnection(cluster.OwnerConnectionString))
        {
            connection.Open();
            using var command = new NpgsqlCommand("create table child as select 42 as x", connection);
            command.ExecuteNonQuery();
        }
        Console.WriteLine("ready");
        Thread.Sleep(TimeSpan.FromMinutes(1));
        cluster.Stop().AsTask().GetAwaiter().GetResult();
        Environment.Exit(0);
    }
}
