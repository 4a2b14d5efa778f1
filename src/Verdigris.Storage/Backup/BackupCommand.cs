using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using NodaTime;
using Npgsql;

namespace Verdigris.Storage;

/// <param name="Batch">The Book's last batch in the archive.</param>
/// <param name="ArchiveBytes">Size of the archive on disk.</param>
public sealed record BackupReport(string Archive, long Batch, int Files, long ArchiveBytes);

/// <summary>
/// <c>verdigris backup</c>: database, the Book's journal and evidence in one archive, at one batch number, also while the server runs. The database's snapshot is taken
/// first, under a lock that keeps new book commands from committing, and the journal's end is read before the lock is let go: every command in the archived
/// journal has its row in the archived database, and what that row still waits for the reconciler completes after a restore.
/// </summary>
public static class BackupCommand
{
    /// <param name="archive">File to write; it must not exist.</param>
    /// <param name="postgres">The connection of <c>--postgres</c>, where the server uses one.</param>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.BackupFailed"/> and what opening the database throws. No archive is left then.</exception>
    public static async Task<BackupReport> Run(string dataFolder, string archive, IClock clock, IProgress<string>? progress, CancellationToken ct, string? postgres = null)
    {
        var root = Path.GetFullPath(dataFolder);
        var target = Path.GetFullPath(archive);
        if (!Directory.Exists(root)) throw Failed($"the data folder {root} does not exist", $"数据目录 {root} 不存在");
        if (File.Exists(target)) throw Failed($"{target} exists already", $"{target} 已存在");
        var partial = target + ".partial";
        var dump = target + ".dump.partial";
        try
        {
            await using var database = await CommandDatabase.OpenToRead(root, postgres, progress, ct);
            await using var connection = await database.Database.Owner.OpenConnectionAsync(ct);
            var pgDump = database.Binaries.PgDump ?? throw Failed("pg_dump is missing: install the package postgresql-client", "缺少 pg_dump：请安装软件包 postgresql-client");
            await Execute(connection, $"select pg_advisory_lock({BookCommands.BackupLock})", ct);
            await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
            await using var export = new NpgsqlCommand("select pg_export_snapshot()", connection);
            var snapshot = (string)(await export.ExecuteScalarAsync(ct))!;
            var segments = new JournalFiles(Path.Combine(root, "book", "journal"));
            var batch = segments.LastWholeBatch();
            await Execute(connection, $"select pg_advisory_unlock({BookCommands.BackupLock})", ct);

            progress?.Report("database");
            await PostgresTools.Run(pgDump, database.OwnerConnectionString, StorageCodes.BackupFailed,
                ["--format=custom", "--compress=1", "--no-comments", "--no-password", $"--snapshot={snapshot}", $"--file={dump}"], null, ct);
            var files = new List<BackupFile>();
            await using (var file = new FileStream(partial, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 1 << 20,
            }))
            {
                await using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
                await using (var tar = new TarWriter(zip, TarEntryFormat.Pax))
                {
                    await Add(tar, files, BackupManifest.DumpName, dump, null, clock, ct);
                    progress?.Report($"book, {batch} batches");
                    foreach (var (path, bytes) in segments.Slices(batch)) await Add(tar, files, BackupManifest.JournalFolder + Path.GetFileName(path), path, bytes, clock, ct);
                    progress?.Report("files");
                    foreach (var relative in OtherFiles(root, batch)) await Add(tar, files, relative, Path.Combine(root, relative), null, clock, ct);
                    var manifest = new BackupManifest(BackupManifest.CurrentFormat, clock.GetCurrentInstant(), batch, connection.PostgreSqlVersion.Major, files);
                    await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupManifest.Name)
                    {
                        DataStream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, StorageJson.Options)),
                        ModificationTime = clock.GetCurrentInstant().ToDateTimeOffset(),
                    }, ct);
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, target);
            Posix.FlushFolder(Path.GetDirectoryName(target)!);
            return new(target, batch, files.Count, new FileInfo(target).Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) // a damaged journal too
        {
            throw Failed(e.Message, e.Message, e);
        }
        catch (NpgsqlException e)
        {
            throw Failed($"the database does not answer ({e.Message})", $"数据库无响应（{e.Message}）", e);
        }
        finally
        {
            File.Delete(partial);
            File.Delete(dump);
        }
    }

    static IEnumerable<string> OtherFiles(string root, long batch)
    {
        foreach (var path in Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal))
        {
            var relative = Path.GetRelativePath(root, path);
            if (BackupManifest.Excluded(relative)) continue;
            // A snapshot beyond the journal would be the state of batches that the archive does not hold.
            if (Path.GetExtension(path) == ".vbs" && (!long.TryParse(Path.GetFileNameWithoutExtension(path), out var of) || of > batch)) continue;
            yield return relative;
        }
    }

    static async Task Add(TarWriter tar, List<BackupFile> files, string name, string path, long? bytes, IClock clock, CancellationToken ct)
    {
        await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        var length = bytes ?? source.Length;
        await using var slice = new HashedSlice(source, length);
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = slice,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            ModificationTime = clock.GetCurrentInstant().ToDateTimeOffset(),
        }, ct);
        files.Add(new(name, length, slice.Sha256()));
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        await command.ExecuteNonQueryAsync(ct);
    }

    static StorageProblem Failed(string english, string chinese, Exception? inner = null) =>
        new(StorageCodes.BackupFailed, $"The backup was not made: {english.TrimEnd('.')}.", $"未能完成备份：{chinese.TrimEnd('.')}。", inner);
}
