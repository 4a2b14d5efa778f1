using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>
/// The server's own PostgreSQL inside the data folder (see <see cref="ClusterPlaces"/>): made on the first start, reached by a Unix socket only, stopped with
/// the server. A small guard process holds one end of a pipe whose other end is this process: when this process ends for whatever reason, even by
/// <c>kill -9</c>, the guard stops PostgreSQL cleanly. One server at a time uses a data folder.
/// </summary>
public sealed class PrivateCluster : IAsyncDisposable
{
    const string DatabaseName = "verdigris", SuperuserName = "postgres", OwnerName = "verdigris_owner", AppName = "verdigris_app";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // $1 what to remove at the end ("" = nothing), $2 log, then the server and its arguments. Closing standard input stops the server.
    const string Guard = """
        trap '' INT TERM HUP
        remove=$1; log=$2; shift 2
        exec 3<&0 </dev/null >>"$log" 2>&1
        "$@" 3<&- &
        server=$!
        (read -r _ <&3; kill -INT $server 2>/dev/null) &
        watch=$!
        wait $server; code=$?
        kill -KILL $watch 2>/dev/null
        if [ -n "$remove" ]; then rm -rf "$remove"; fi
        exit $code
        """;

    readonly ClusterPlaces places;
    readonly FileStream ownership;
    readonly Process guard;
    readonly bool temporary;
    bool stopped;

    /// <summary>Connections that the application leaves to those of the owner, of a superuser and of another program's look at the data: it waits for one of its own instead of being turned away.</summary>
    const int LeftToOthers = 15;

    PrivateCluster(ClusterPlaces places, ClusterSecret secret, FileStream ownership, Process guard, PostgresBinaries binaries, bool temporary, int mostConnections)
    {
        this.places = places;
        this.ownership = ownership;
        this.guard = guard;
        this.temporary = temporary;
        Binaries = binaries;
        SuperuserConnectionString = Connection(places, SuperuserName, secret.Superuser, "postgres");
        OwnerConnectionString = Connection(places, OwnerName, secret.Owner, DatabaseName);
        AppConnectionString = App(places, secret, mostConnections);
    }

    /// <summary>Role that owns the schemas: DDL, no superuser.</summary>
    public string OwnerConnectionString { get; }

    /// <summary>Role of the running server: subject to row-level security, no DDL.</summary>
    public string AppConnectionString { get; }

    /// <summary>For tests and repair only.</summary>
    internal string SuperuserConnectionString { get; }

    /// <summary>The programs of the version that runs.</summary>
    public PostgresBinaries Binaries { get; }

    internal string DataFolder => places.Data;
    internal int GuardProcessId => guard.Id;
    internal int ServerProcessId => ReadPid(places) ?? throw new InvalidOperationException("The cluster does not run.");

    /// <inheritdoc cref="Start(string, PrivateClusterOptions, IProgress{string}?, CancellationToken)"/>
    public static Task<PrivateCluster> Start(string dataFolder, IProgress<string>? progress, CancellationToken ct) =>
        Start(dataFolder, new PrivateClusterOptions(), progress, ct);

    /// <summary>
    /// Makes the cluster where there is none, recovers one that was left behind, starts it, and makes sure of its roles and database.
    /// </summary>
    /// <exception cref="StorageProblem">See <see cref="StorageCodes"/>. Nothing in the data folder was damaged.</exception>
    public static async Task<PrivateCluster> Start(string dataFolder, PrivateClusterOptions options, IProgress<string>? progress, CancellationToken ct)
    {
        var newest = PostgresBinaries.Find();
        var user = UnprivilegedUser.Choose();
        var places = ClusterPlaces.Prepare(dataFolder, user);
        var ownership = Own(places);
        try
        {
            await EndPrevious(places, progress, ct);
            var major = places.MajorVersion();
            var binaries = major is null || major == newest.Major ? newest : PostgresBinaries.Find(major);
            var secret = ClusterSecret.Read(places.Secret);
            if (major is not null && secret is null)
            {
                throw new StorageProblem(StorageCodes.SecretMissing,
                    $"{places.Secret} is missing: without its passwords the database cannot be opened. Put the file back, or restore a backup into an empty folder.",
                    $"缺少 {places.Secret}：没有其中的密码无法打开数据库。请放回该文件，或把备份恢复到空目录。");
            }
            if (options.Temporary) user.TakeOver(Path.GetFullPath(dataFolder)); // so that the guard can delete it
            if (major is null)
            {
                progress?.Report($"PostgreSQL {binaries.Major}: making the cluster in {places.Data}");
                secret ??= ClusterSecret.Random();
                secret.Write(places.Secret);
                await Initialise(places, binaries, user, secret, options.Temporary, ct);
            }
            progress?.Report($"PostgreSQL {binaries.Major}: starting");
            var guard = await Launch(places, binaries, user, options, dataFolder, ct);
            var cluster = new PrivateCluster(places, secret!, ownership, guard, binaries, options.Temporary, options.MaxConnections);
            try
            {
                await cluster.EnsureRolesAndDatabase(secret!, ct);
                return cluster;
            }
            catch
            {
                await cluster.Stop();
                throw;
            }
        }
        catch
        {
            await ownership.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Connection strings of a cluster that another process of this machine runs in the data folder (for the command line beside a running server);
    /// null where none runs.
    /// </summary>
    public static (string Owner, string App)? Running(string dataFolder)
    {
        var secrets = Path.Combine(Path.GetFullPath(dataFolder), "postgres");
        if (!File.Exists(Path.Combine(secrets, "owner.lock"))) return null;
        var places = ClusterPlaces.Prepare(dataFolder, UnprivilegedUser.Choose());
        if (ReadPid(places) is not { } pid || !Posix.Alive(pid) || ClusterSecret.Read(places.Secret) is not { } secret) return null;
        return (Connection(places, OwnerName, secret.Owner, DatabaseName), App(places, secret, new PrivateClusterOptions().MaxConnections));
    }

    /// <summary>Stops PostgreSQL: sessions are ended, everything committed is on disk. Safe to call twice.</summary>
    public async ValueTask Stop()
    {
        if (stopped) return;
        stopped = true;
        NpgsqlConnection.ClearAllPools();
        var pid = ReadPid(places);
        guard.StandardInput.Close();
        using (var patience = new CancellationTokenSource(Patience))
        {
            try
            {
                await guard.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                if (pid is { } server) Posix.Signal(server, Posix.SigQuit);
                await guard.WaitForExitAsync(CancellationToken.None);
            }
        }
        guard.Dispose();
        await ownership.DisposeAsync();
        if (temporary && Directory.Exists(places.Secrets)) TryDelete(places.Secrets);
    }

    public ValueTask DisposeAsync() => Stop();

    static FileStream Own(ClusterPlaces places)
    {
        try
        {
            return new FileStream(places.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageProblem(StorageCodes.FolderUnwritable,
                $"The data folder {DataFolder()} belongs to another user: start as that user, or give another folder with --data.", $"数据目录 {DataFolder()} 属于其他用户：请以该用户启动，或用 --data 指定其他目录。", e);
        }
        catch (IOException e)
        {
            throw new StorageProblem(StorageCodes.FolderInUse, $"Another server uses the data folder {DataFolder()}.", $"另一个服务正在使用数据目录 {DataFolder()}。", e);
        }

        string DataFolder() => Path.GetDirectoryName(Path.GetDirectoryName(places.Lock))!;
    }

    /// <summary>
    /// A cluster whose server was killed is normally being stopped by its guard: wait for that; one without a guard is stopped here. A pid file whose number now
    /// belongs to another program is removed, because PostgreSQL itself would refuse to start on it.
    /// </summary>
    static async Task EndPrevious(ClusterPlaces places, IProgress<string>? progress, CancellationToken ct)
    {
        if (ReadPid(places) is not { } pid) return;
        if (!IsServerOf(pid, places))
        {
            if (Posix.Alive(pid) && ReadPid(places) == pid) File.Delete(places.PidFile);
            return;
        }
        progress?.Report("PostgreSQL of the previous run is still stopping");
        var started = Stopwatch.GetTimestamp();
        var asked = false;
        while (IsServerOf(pid, places))
        {
            var waited = Stopwatch.GetElapsedTime(started);
            if (!asked && waited > TimeSpan.FromSeconds(1)) asked = Posix.Signal(pid, Posix.SigInt);
            if (waited > Patience) Posix.Signal(pid, Posix.SigQuit);
            if (waited > Patience * 2)
            {
                throw new StorageProblem(StorageCodes.FolderInUse,
                    $"PostgreSQL of a previous run (process {pid}) does not stop.",
                    $"上一次运行的 PostgreSQL（进程 {pid}）无法停止。");
            }
            await Task.Delay(20, ct);
        }
    }

    static bool IsServerOf(int pid, ClusterPlaces places)
    {
        if (!Posix.Alive(pid)) return false;
        try
        {
            // A postmaster works in its data folder.
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget is { } folder && Path.GetFullPath(folder) == RealPath(places.Data);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var parent = Path.GetDirectoryName(full);
        if (parent is null) return full;
        var here = Path.Combine(RealPath(parent), Path.GetFileName(full));
        return new DirectoryInfo(here).LinkTarget is null ? here : RealPath(new DirectoryInfo(here).ResolveLinkTarget(true)!.FullName);
    }

    static int? ReadPid(ClusterPlaces places)
    {
        try
        {
            return File.Exists(places.PidFile) && int.TryParse(File.ReadLines(places.PidFile).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            return null; // removed between the two looks
        }
    }

    static async Task Initialise(ClusterPlaces places, PostgresBinaries binaries, UnprivilegedUser user, ClusterSecret secret, bool temporary, CancellationToken ct)
    {
        // Made beside its place and renamed when whole, so that an interrupted first start leaves nothing that looks like a cluster.
        if (Directory.Exists(places.HalfMade)) Directory.Delete(places.HalfMade, recursive: true);
        List<string> arguments =
        [
            "-D", places.HalfMade, "-U", SuperuserName, "--pwfile=/dev/stdin", "--auth=scram-sha-256", "--encoding=UTF8",
            "--locale=" + (HasUnicodeLocale() ? "C.UTF-8" : "C"), "--no-instructions",
        ];
        arguments.Add("--no-sync"); // flushed below at once instead of file by file
        if (!temporary) arguments.Add("--data-checksums");
        // initdb opens the password file by name: a pipe's name works for whoever owns it, so it goes through the shell's own.
        var info = user.Command("/bin/sh", ["-c", "cat | \"$0\" \"$@\"", binaries.Initdb, .. arguments]);
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        await process.StandardInput.WriteLineAsync(secret.Superuser);
        process.StandardInput.Close();
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
        {
            var reason = LastLine(await errors) ?? LastLine(await output) ?? $"exit code {process.ExitCode}";
            if (Directory.Exists(places.HalfMade)) TryDelete(places.HalfMade);
            throw new StorageProblem(StorageCodes.StartFailed, $"initdb failed: {reason}", $"initdb 失败：{reason}");
        }
        if (!temporary) Posix.FlushFileSystem(places.HalfMade);
        Directory.Move(places.HalfMade, places.Data);
        if (!temporary) Posix.FlushFolder(places.Home);
    }

    static bool HasUnicodeLocale() => Directory.Exists("/usr/lib/locale/C.utf8") || Directory.Exists("/usr/lib/locale/C.UTF-8");

    static async Task<Process> Launch(ClusterPlaces places, PostgresBinaries binaries, UnprivilegedUser user, PrivateClusterOptions options, string dataFolder, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (File.Exists(places.Log)) File.Move(places.Log, places.Log + ".1", overwrite: true);
            var remove = options.Temporary ? Path.GetFullPath(dataFolder) : "";
            // A session of its own: Ctrl-C in the terminal is for the server, which then stops PostgreSQL in its own order.
            var setsid = File.Exists("/usr/bin/setsid") ? "/usr/bin/setsid" : null;
            string[] shell = ["/bin/sh", "-c", Guard, "verdigris-postgres-guard", remove, places.Log, binaries.Postgres, "-D", places.Data, .. options.Arguments(places)];
            var info = setsid is null ? user.Command(shell[0], shell.Skip(1)) : user.Command(setsid, shell);
            info.RedirectStandardInput = true;
            var guard = Process.Start(info)!;
            try
            {
                while (!guard.HasExited)
                {
                    if (Ready(places)) return guard;
                    if (Stopwatch.GetElapsedTime(started) > Patience * 4) break; // crash recovery of much work takes a while
                    await Task.Delay(10, ct);
                }
            }
            catch
            {
                guard.StandardInput.Close();
                throw;
            }
            guard.StandardInput.Close();
            await guard.WaitForExitAsync(CancellationToken.None);
            guard.Dispose();
            var log = File.Exists(places.Log) ? File.ReadAllText(places.Log) : "";
            // Backends of a killed postmaster need a moment to notice.
            if (log.Contains("shared memory block", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10))
            {
                await Task.Delay(100, ct);
                continue;
            }
            throw Failed(log, places);
        }
    }

    static StorageProblem Failed(string log, ClusterPlaces places)
    {
        var reason = log.Split('\n').FirstOrDefault(l => l.Contains("FATAL", StringComparison.Ordinal) || l.Contains("PANIC", StringComparison.Ordinal)) ?? LastLine(log) ?? "no output";
        if (log.Contains("Address already in use", StringComparison.Ordinal))
        {
            return new(StorageCodes.PortBusy, $"PostgreSQL cannot listen: {reason} (log: {places.Log})", $"PostgreSQL 无法监听：{reason}（日志：{places.Log}）");
        }
        var corrupt = log.Contains("PANIC", StringComparison.Ordinal) || log.Contains("pg_control", StringComparison.Ordinal) || log.Contains("control file", StringComparison.Ordinal)
            || log.Contains("incompatible with server", StringComparison.Ordinal) || log.Contains("could not locate a valid checkpoint", StringComparison.Ordinal);
        return corrupt
            ? new(StorageCodes.FolderCorrupt, $"The PostgreSQL data folder is damaged: {reason} (log: {places.Log})", $"PostgreSQL 数据目录已损坏：{reason}（日志：{places.Log}）")
            : new(StorageCodes.StartFailed, $"PostgreSQL did not start: {reason} (log: {places.Log})", $"PostgreSQL 未能启动：{reason}（日志：{places.Log}）");
    }

    static bool Ready(ClusterPlaces places)
    {
        try
        {
            if (!File.Exists(places.PidFile)) return false;
            var lines = File.ReadAllLines(places.PidFile);
            return lines.Length >= 8 && lines[7].Trim() == "ready";
        }
        catch (IOException)
        {
            return false; // being written
        }
    }

    async Task EnsureRolesAndDatabase(ClusterSecret secret, CancellationToken ct)
    {
        try
        {
            await using var owner = new NpgsqlConnection(OwnerConnectionString + ";Pooling=false");
            await owner.OpenAsync(ct);
            return;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            // first start, or one interrupted before this point
        }
        await using var superuser = new NpgsqlConnection(SuperuserConnectionString + ";Pooling=false");
        await superuser.OpenAsync(ct);
        await Execute(superuser, $"""
            do $$ begin
              if not exists (select from pg_roles where rolname = '{OwnerName}') then create role {OwnerName} login nosuperuser createdb; end if;
              if not exists (select from pg_roles where rolname = '{AppName}') then create role {AppName} login nosuperuser nobypassrls; end if;
            end $$;
            alter role {OwnerName} password '{secret.Owner}';
            alter role {AppName} password '{secret.App}';
            """, ct);
        await using var exists = new NpgsqlCommand($"select count(*) from pg_database where datname = '{DatabaseName}'", superuser);
        if ((long)(await exists.ExecuteScalarAsync(ct))! == 0) await Execute(superuser, $"create database {DatabaseName} owner {OwnerName}", ct);
        await Execute(superuser, $"revoke all on database {DatabaseName} from public; grant connect, temporary on database {DatabaseName} to {AppName}", ct);
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    static string App(ClusterPlaces places, ClusterSecret secret, int mostConnections) => new NpgsqlConnectionStringBuilder(Connection(places, AppName, secret.App, DatabaseName)) { MaxPoolSize = Math.Max(1, mostConnections - LeftToOthers) }.ConnectionString;

    static string Connection(ClusterPlaces places, string user, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = places.SocketFolder,
        Port = 5432,
        Username = user,
        Password = password,
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    static string? LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();

    static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Left for the next start, which removes a half-made folder first.
        }
    }
}
