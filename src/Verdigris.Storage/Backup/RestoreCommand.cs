using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Verdigris.Book;

namespace Verdigris.Storage;

/// <param name="Batch">The Book's last batch after the restore.</param>
/// <param name="AuditRows">Rows of the audit trail whose chain was computed again and found whole.</param>
public sealed record RestoreReport(string DataFolder, long Batch, int Files, long AuditRows);

/// <summary>
/// <c>verdigris restore</c>: an archive into an empty folder (and an empty database). The whole archive is read and every hash compared before anything is written; then the
/// journal's chain and the audit trail's are computed again. What was half done at the time of the backup the server's reconciler completes at its next start.
/// </summary>
public static class RestoreCommand
{
    /// <exception cref="StorageProblem"><see cref="StorageCodes.RestoreNotEmpty"/>, <see cref="StorageCodes.BackupCorrupt"/>, <see cref="StorageCodes.RestoreFailed"/>; the data folder is then as
    /// it was.</exception>
    /// <param name="postgres">The connection of <c>--postgres</c>: an empty database to restore into; null: the data folder's own cluster.</param>
    /// <param name="postgresApp">Connection of the application's role there, where <c>DATA/postgres-app</c> cannot be made: another node made the role, or the operator did.</param>
    public static async Task<RestoreReport> Run(string archive, string dataFolder, IProgress<string>? progress, CancellationToken ct, string? postgres = null, string? postgresApp = null)
    {
        var root = Path.GetFullPath(dataFolder);
        if (!File.Exists(archive)) throw Failed($"{archive} does not exist", $"{archive} 不存在");
        if (File.Exists(root) || (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any()))
        {
            throw new StorageProblem(StorageCodes.RestoreNotEmpty,
                $"{root} is not empty: a restore goes into an empty or new folder only.", $"{root} 不为空：只能恢复到空目录或新目录。");
        }
        progress?.Report("verifying the archive");
        var manifest = await Verify(archive, ct);
        var existed = Directory.Exists(root);
        var work = $"{root}.restoring-{Environment.ProcessId}";
        var done = false;
        try
        {
            if (postgres is not null) await RefuseUsedDatabase(postgres, ct);
            Directory.CreateDirectory(work);
            progress?.Report("files");
            await Extract(archive, work, ct);
            CheckJournal(Path.Combine(work, "book", "journal"), manifest.Batch);
            Directory.CreateDirectory(root);
            foreach (var entry in Directory.EnumerateFileSystemEntries(work).Where(e => Path.GetFileName(e) != BackupManifest.DumpName).ToList())
                Directory.Move(entry, Path.Combine(root, Path.GetFileName(entry)));
            progress?.Report("database");
            long audited;
            await using (var database = await CommandDatabase.Open(root, postgres, postgresApp, progress, ct))
            {
                await RestoreDatabase(database, Path.Combine(work, BackupManifest.DumpName), work, ct);
                progress?.Report("verifying the audit trail");
                var audit = await AuditTrail.Verify(database.Database, ct);
                if (!audit.Whole) throw Corrupt($"the audit trail is broken at row {audit.FirstBroken}", $"审计记录在第 {audit.FirstBroken} 行断裂");
                await CheckAppRole(database.Database, ct);
                audited = audit.Rows;
            }
            done = true;
            return new(root, manifest.Batch, manifest.Files.Count, audited);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NpgsqlException)
        {
            throw Failed(e.Message, e.Message, e);
        }
        finally
        {
            if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
            if (!done)
            {
                if (postgres is not null && postgresApp is null && File.Exists(Path.Combine(root, "postgres-app"))) await DropAppRole(postgres);
                Undo(root, existed);
            }
        }
    }

    /// <summary>Reads the whole archive and compares every hash and length with the manifest; writes nothing.</summary>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.BackupCorrupt"/>.</exception>
    public static async Task<BackupManifest> Verify(string archive, CancellationToken ct)
    {
        var found = new Dictionary<string, (long Bytes, string Sha256)>();
        BackupManifest? manifest = null;
        try
        {
            await foreach (var entry in Entries(archive, ct))
            {
                if (manifest is not null) throw new InvalidDataException("something follows the manifest");
                if (entry.Name == BackupManifest.Name) manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(entry.DataStream!, StorageJson.Options, ct);
                else
                {
                    if (!Safe(entry.Name)) throw new InvalidDataException($"the entry {entry.Name} leads out of the folder");
                    var hash = entry.DataStream is null ? SHA256.HashData([]) : await SHA256.HashDataAsync(entry.DataStream, ct);
                    if (!found.TryAdd(entry.Name, (entry.Length, Convert.ToHexStringLower(hash)))) throw new InvalidDataException($"the entry {entry.Name} is there twice");
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException or ArgumentException)
        {
            throw Corrupt(e.Message, e.Message, e);
        }
        catch (IOException e)
        {
            throw Failed(e.Message, e.Message, e);
        }
        if (manifest is null) throw Corrupt("it is cut off: there is no manifest", "文件不完整：缺少清单");
        if (manifest.Format != BackupManifest.CurrentFormat) throw Corrupt($"the format {manifest.Format} is unknown", $"未知格式 {manifest.Format}");
        foreach (var file in manifest.Files)
        {
            if (!found.Remove(file.Path, out var there)) throw Corrupt($"{file.Path} is missing", $"缺少 {file.Path}");
            if (there != (file.Bytes, file.Sha256)) throw Corrupt($"{file.Path} does not have its hash", $"{file.Path} 的校验值不符");
        }
        if (found.Count > 0) throw Corrupt($"{found.Keys.First()} is not in the manifest", $"清单中没有 {found.Keys.First()}");
        if (!manifest.Files.Any(f => f.Path == BackupManifest.DumpName)) throw Corrupt("there is no database in it", "其中没有数据库");
        return manifest;
    }

    static async IAsyncEnumerable<TarEntry> Entries(string archive, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var file = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        await using var zip = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(zip);
        while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) throw new InvalidDataException($"the entry {entry.Name} is no file");
            yield return entry;
        }
    }

    static async Task Extract(string archive, string folder, CancellationToken ct)
    {
        await foreach (var entry in Entries(archive, ct))
        {
            if (entry.Name == BackupManifest.Name || !Safe(entry.Name)) continue;
            var path = Path.Combine(folder, entry.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 1 << 16,
            });
            if (entry.DataStream is not null) await entry.DataStream.CopyToAsync(file, ct);
            file.Flush(flushToDisk: true);
        }
    }

    static void CheckJournal(string folder, long batch)
    {
        long last = 0;
        try
        {
            var reader = new SegmentReader(new RealDisk(), folder);
            if (Directory.Exists(folder))
            {
                foreach (var _ in reader.Read(1)) last++;
            }
        }
        catch (JournalCorruptException e)
        {
            throw Corrupt($"the journal is damaged at batch {e.Batch}", $"账本日志在第 {e.Batch} 批损坏", e);
        }
        if (last != batch) throw Corrupt($"the journal ends at batch {last}, the manifest says {batch}", $"账本日志止于第 {last} 批，清单为 {batch}");
    }

    static async Task RestoreDatabase(CommandDatabase database, string dump, string work, CancellationToken ct)
    {
        var pgRestore = database.Binaries.PgRestore ?? throw Failed("pg_restore is missing: install the package postgresql-client", "缺少 pg_restore：请安装软件包 postgresql-client");
        // Default privileges name the owner role of the place the dump came from; the schema runner sets them again at the next start.
        var list = Path.Combine(work, "restore.list");
        await PostgresTools.Run(pgRestore, database.OwnerConnectionString, StorageCodes.RestoreFailed, ["--list", dump],
            async output => await File.WriteAllLinesAsync(list, (await output.ReadToEndAsync(ct)).Split('\n').Where(l => !l.Contains(" DEFAULT ACL ", StringComparison.Ordinal)), ct), ct);
        await PostgresTools.Run(pgRestore, database.OwnerConnectionString, StorageCodes.RestoreFailed,
            ["--exit-on-error", "--single-transaction", "--no-owner", "--no-comments", "--no-password", $"--use-list={list}", $"--dbname={new NpgsqlConnectionStringBuilder(database.OwnerConnectionString).Database}", dump], null, ct);
    }

    /// <summary>The rights in an archive name the application's role of the place it came from: here they must have reached the role the server will use.</summary>
    static async Task CheckAppRole(Database database, CancellationToken ct)
    {
        await using var connection = await database.App.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("select has_schema_privilege('storage', 'usage')", connection);
        if ((bool)(await command.ExecuteScalarAsync(ct))!) return;
        throw Failed($"the archive gives its rights to another role than {database.AppRole}", $"备份中的权限授予了 {database.AppRole} 以外的角色");
    }

    /// <summary>The password of a role this very restore made goes with the folder: the role goes too, so that the next attempt can make it again.</summary>
    static async Task DropAppRole(string postgres)
    {
        try
        {
            await using var connection = await Connect(postgres, CancellationToken.None);
            await using var command = new NpgsqlCommand($"drop owned by {Database.DefaultAppRole}; drop role {Database.DefaultAppRole}", connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException)
        {
            // The failure that led here is the one to tell.
        }
    }

    static async Task<NpgsqlConnection> Connect(string postgres, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database.Read(postgres, "--postgres").ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    static async Task RefuseUsedDatabase(string postgres, CancellationToken ct)
    {
        await using var connection = await Connect(postgres, ct);
        await using var command = new NpgsqlCommand("select count(*) from pg_namespace where nspname not in ('public', 'information_schema') and nspname !~ '^pg_'", connection);
        if ((long)(await command.ExecuteScalarAsync(ct))! == 0) return;
        throw new StorageProblem(StorageCodes.RestoreNotEmpty,
            $"The database {connection.Database} is not empty: a restore goes into an empty database only.", $"数据库 {connection.Database} 不为空：只能恢复到空数据库。");
    }

    static void Undo(string root, bool existed)
    {
        if (!Directory.Exists(root)) return;
        var pointer = Path.Combine(root, "postgres", "location");
        if (File.Exists(pointer) && File.ReadAllText(pointer).Trim() is { Length: > 0 } elsewhere && Directory.Exists(elsewhere)) Directory.Delete(elsewhere, recursive: true);
        foreach (var entry in Directory.EnumerateDirectories(root)) Directory.Delete(entry, recursive: true);
        foreach (var entry in Directory.EnumerateFiles(root)) File.Delete(entry);
        if (!existed) Directory.Delete(root);
    }

    static bool Safe(string name) => name.Length > 0 && !Path.IsPathRooted(name) && !name.Contains('\\') && !name.Contains('\0') && name.Split('/').All(part => part is not ("" or "." or ".."))
        && !name.StartsWith("postgres/", StringComparison.Ordinal) && name != "postgres";

    static StorageProblem Failed(string english, string chinese, Exception? inner = null) =>
        new(StorageCodes.RestoreFailed, $"Nothing was restored: {english.TrimEnd('.')}.", $"未能恢复：{chinese.TrimEnd('.')}。", inner);

    static StorageProblem Corrupt(string english, string chinese, Exception? inner = null) =>
        new(StorageCodes.BackupCorrupt, $"The archive is damaged: {english}. Nothing was restored.", $"备份文件已损坏：{chinese}。未作任何恢复。", inner);
}
