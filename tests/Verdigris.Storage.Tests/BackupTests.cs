using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;

namespace Verdigris.Storage.Tests;

[Collection("clusters")]
public sealed class BackupTests : IDisposable
{
    static readonly UInt128 Venue = BookId.From(new Guid("aaaaaaaa-0000-7000-8000-000000000002"));

    readonly string folder = Directory.CreateTempSubdirectory("verdigris-backup-").FullName;
    readonly ManualClock clock = new(Instant.FromUtc(2026, 11, 20, 9, 0));

    public BackupTests() => File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);

    string Data => Path.Combine(folder, "data");
    string Copy => Path.Combine(folder, "copy");
    string Archive => Path.Combine(folder, "verdigris.tgz");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static void Append(SegmentJournal journal, int batches)
    {
        for (var i = 0; i < batches; i++)
        {
            var record = new byte[RecordCodec.RecordLength(1)];
            RecordCodec.Commands(record, 1)[0] = new() { Id = (UInt128)(journal.LastBatch + 1), Operation = Operation.Pulse };
            RecordCodec.Seal(record, Venue, journal.LastBatch + 1, journal.LastBatch + 1, journal.LastBatch, 1, journal.LastHash);
            journal.Append(journal.LastBatch + 1, record);
        }
    }

    static SegmentJournal Journal(string data) => SegmentJournal.Open(new RealDisk(), Path.Combine(data, "book", "journal"), Venue, new(SegmentBytes: 2000, StepBytes: 1000));

    /// <summary>A data folder with everything in it; returns the evidence's hash.</summary>
    async Task<string> Fill(Database database)
    {
        await SchemaRunner.Apply(database, default);
        await SchemaRunner.Apply(database, "lab", [new SchemaScript(1, "lab", "create table lab.sample (id int primary key, note text);")], default);
        await using (var session = new DbSessions(database, clock).Open(Actor.System))
        {
            await session.InTransaction(async ct =>
            {
                await session.Execute("insert into lab.sample select i, '样品 ' || i from generate_series(1, 1000) i", ct);
                for (var i = 0; i < 5; i++) await session.Audit(new("sample.taken", "sample", $"{i}", "原因"), ct);
            });
        }
        using (var journal = Journal(Data)) Append(journal, 25);
        Directory.CreateDirectory(Path.Combine(Data, "book", "snapshots"));
        File.WriteAllText(Path.Combine(Data, "book", "venue-id"), "x");
        File.WriteAllText(Path.Combine(Data, "book", "snapshots", 20.ToString("D19") + ".vbs"), "state of batch 20");
        File.WriteAllText(Path.Combine(Data, "book", "snapshots", 26.ToString("D19") + ".vbs"), "state of a later batch");
        Directory.CreateDirectory(Path.Combine(Data, "keys"));
        File.WriteAllText(Path.Combine(Data, "keys", "key-1.xml"), "<key/>");
        return await new EvidenceStore(Data).Put(new MemoryStream(Encoding.UTF8.GetBytes("scan")), "image/png", default);
    }

    [Fact]
    public async Task Database_journal_and_evidence_come_back_as_they_were_and_the_server_may_run_meanwhile()
    {
        ModelCluster.CopyTo(Data);
        string evidence;
        BackupReport report;
        await using (var cluster = await PrivateCluster.Start(Data, null, default))
        {
            await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
            evidence = await Fill(database);
            report = await BackupCommand.Run(Data, Archive, clock, null, default);
            using var journal = Journal(Data);
            Append(journal, 5);
            await using var later = new DbSessions(database, clock).Open(Actor.System);
            await later.Audit(new("sample.taken", "sample", "later"));
        }
        Assert.Equal(25, report.Batch);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Archive));
        Assert.Equal(["data", "verdigris.tgz"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());

        var restored = await RestoreCommand.Run(Archive, Copy, null, default);
        Assert.Equal((25L, 5L), (restored.Batch, restored.AuditRows));
        using (var journal = Journal(Copy))
        {
            Assert.Equal((25, 0), (journal.LastBatch, journal.CutBytes));
            Append(journal, 1);
        }
        Assert.Equal("scan", new StreamReader(new EvidenceStore(Copy).Open(evidence)!).ReadToEnd());
        Assert.Equal("<key/>", File.ReadAllText(Path.Combine(Copy, "keys", "key-1.xml")));
        Assert.Equal([20.ToString("D19") + ".vbs"], Directory.GetFiles(Path.Combine(Copy, "book", "snapshots")).Select(Path.GetFileName));
        Assert.NotEqual(File.ReadAllText(Path.Combine(Data, "postgres", "secret")), File.ReadAllText(Path.Combine(Copy, "postgres", "secret")));
        await using var again = await PrivateCluster.Start(Copy, null, default);
        await using var copy = new Database(again.OwnerConnectionString, again.AppConnectionString);
        await SchemaRunner.Apply(copy, default);
        await SchemaRunner.Apply(copy, "lab", [new SchemaScript(1, "lab", "create table lab.sample (id int primary key, note text);"), new SchemaScript(2, "more", "create table lab.more (id int);")], default);
        await using var session = new DbSessions(copy, clock).Open(Actor.System);
        Assert.Equal("样品 1000", await session.Scalar<string>("select note from lab.sample where id = 1000"));
        Assert.Equal(0L, await session.Scalar<long>("select count(*) from lab.more"));
        await session.Audit(new("sample.taken", "sample", "after"));
        Assert.Equal((6L, null), ((await AuditTrail.Verify(copy)).Rows, (await AuditTrail.Verify(copy)).FirstBroken));
        Assert.Equal("23001", (await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(again.OwnerConnectionString, "delete from storage.audit_event"))).SqlState);
    }

    [Fact]
    public async Task A_command_committed_while_the_backup_begins_is_in_both_or_in_neither()
    {
        ModelCluster.CopyTo(Data);
        var venue = new LedgerVenue();
        await using (var cluster = await PrivateCluster.Start(Data, null, default))
        {
            await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
            await SchemaRunner.Apply(database, default);
            using var journal = Journal(Data);
            venue.Committed += batch => Append(journal, 1); // each command is one batch
            var sessions = new DbSessions(database, clock);
            var commands = new BookCommands(sessions, venue, [new Quiet()], NullLogger<BookCommands>.Instance);
            using var stop = new CancellationTokenSource();
            var load = Task.Run(async () =>
            {
                await using var session = sessions.Open(Actor.System);
                while (!stop.IsCancellationRequested)
                {
                    var id = await session.InTransaction(ct => commands.Enqueue(session, "test.quiet", "s", new { }, [new() { Operation = Operation.Pulse }], ct));
                    await commands.Run(session, id, default);
                }
            });
            await Task.Delay(300);
            var report = await BackupCommand.Run(Data, Archive, clock, null, default);
            await stop.CancelAsync();
            await load;
            Assert.True(journal.LastBatch > report.Batch, "the load went on during the backup");
        }
        var restored = await RestoreCommand.Run(Archive, Copy, null, default);
        await using var again = await PrivateCluster.Start(Copy, null, default);
        await using var copy = new Database(again.OwnerConnectionString, again.AppConnectionString);
        await using var check = new DbSessions(copy, clock).Open(Actor.System);
        var rows = await check.Scalar<long>("select count(*) from storage.book_command");
        var finished = await check.Scalar<long>("select count(*) from storage.book_command where state = 'Finished'");
        Assert.InRange(restored.Batch, finished, rows);
        Assert.True(finished > 0);
    }

    [Fact]
    public async Task A_damaged_archive_is_refused_before_anything_is_written()
    {
        ModelCluster.CopyTo(Data);
        await using (var cluster = await PrivateCluster.Start(Data, null, default))
        {
            await using var database = new Database(cluster.OwnerConnectionString, cluster.AppConnectionString);
            await Fill(database);
        }
        await BackupCommand.Run(Data, Archive, clock, null, default); // starts and stops the cluster itself
        var whole = File.ReadAllBytes(Archive);
        foreach (var (name, bytes) in new[] { ("cut", whole[..(whole.Length / 2)]), ("empty", []), ("text", "this is no archive"u8.ToArray()) })
        {
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            Assert.Equal((name, StorageCodes.BackupCorrupt), (name, (await Assert.ThrowsAsync<StorageProblem>(() => RestoreCommand.Run(Path.Combine(folder, name), Copy, null, default))).Code));
        }
        foreach (var change in new[] { "flip", "drop", "add", "climb" })
        {
            var changed = Path.Combine(folder, change);
            Rewrite(Archive, changed, change);
            Assert.Equal((change, StorageCodes.BackupCorrupt), (change, (await Assert.ThrowsAsync<StorageProblem>(() => RestoreCommand.Run(changed, Copy, null, default))).Code));
        }
        Assert.False(Directory.Exists(Copy));
        Assert.Empty(Directory.GetDirectories(folder, "*restoring*"));
        Assert.Equal(StorageCodes.BackupFailed, (await Assert.ThrowsAsync<StorageProblem>(() => BackupCommand.Run(Data, Archive, clock, null, default))).Code);
        Assert.Equal(StorageCodes.BackupFailed, (await Assert.ThrowsAsync<StorageProblem>(() => BackupCommand.Run(Path.Combine(folder, "nowhere"), Archive + "2", clock, null, default))).Code);
    }

    [Fact]
    public async Task A_folder_with_anything_in_it_is_never_restored_over()
    {
        Directory.CreateDirectory(Copy);
        File.WriteAllText(Path.Combine(Copy, "mine"), "keep");
        File.WriteAllText(Archive, "anything");
        Assert.Equal(StorageCodes.RestoreNotEmpty, (await Assert.ThrowsAsync<StorageProblem>(() => RestoreCommand.Run(Archive, Copy, null, default))).Code);
        Assert.Equal("keep", File.ReadAllText(Path.Combine(Copy, "mine")));
        Assert.Equal(StorageCodes.RestoreFailed, (await Assert.ThrowsAsync<StorageProblem>(() => RestoreCommand.Run(Archive + ".none", Path.Combine(folder, "new"), null, default))).Code);
    }

    [Fact]
    public void Of_a_journal_whose_last_record_is_half_written_the_whole_ones_are_taken()
    {
        using (var journal = Journal(Data)) Append(journal, 25);
        var files = new JournalFiles(Path.Combine(Data, "book", "journal"));
        Assert.Equal(25, files.LastWholeBatch());
        var last = Directory.GetFiles(Path.Combine(Data, "book", "journal"), "*.vbj").Order().Last();
        var bytes = File.ReadAllBytes(last);
        var end = Array.FindLastIndex(bytes, b => b != 0) + 1;
        Array.Clear(bytes, end - 100, 100);
        File.WriteAllBytes(last, bytes);
        Assert.Equal(24, files.LastWholeBatch());
        Assert.Equal(24 * RecordCodec.RecordLength(1), files.Slices(24).Sum(s => s.Bytes));
        Assert.Equal(10 * RecordCodec.RecordLength(1), files.Slices(10).Sum(s => s.Bytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Damage_before_the_end_of_the_journal_is_named_and_never_cut_away(int fromTheEnd)
    {
        using (var journal = Journal(Data)) Append(journal, 24);
        var files = new JournalFiles(Path.Combine(Data, "book", "journal"));
        var damaged = Directory.GetFiles(Path.Combine(Data, "book", "journal"), "*.vbj").Order().SkipLast(fromTheEnd).Last();
        var bytes = File.ReadAllBytes(damaged);
        Assert.True(Array.FindLastIndex(bytes, b => b != 0) > 2 * RecordCodec.RecordLength(1), "more than one record lies in it");
        bytes[120] ^= 1;
        File.WriteAllBytes(damaged, bytes);
        Assert.Throws<JournalCorruptException>(() => files.Slices(files.LastWholeBatch()));
    }

    [Fact]
    public async Task With_a_database_of_the_operators_own_any_node_takes_a_backup_and_a_restore_leaves_other_nodes_passwords_alone()
    {
        // A private cluster stands in for the operator's server; its superuser makes the databases and the role.
        var server = Path.Combine(folder, "server");
        ModelCluster.CopyTo(server);
        await using var cluster = await PrivateCluster.Start(server, null, default);
        string On(string database) => new NpgsqlConnectionStringBuilder(cluster.SuperuserConnectionString) { Database = database }.ConnectionString;
        await A.ExecuteAs(On("verdigris"), "drop owned by verdigris_app; drop role verdigris_app");
        foreach (var name in new[] { "live", "copy_a", "copy_b", "copy_c" }) await A.ExecuteAs(On("verdigris"), $"create database {name}");
        Directory.CreateDirectory(Data);
        string app;
        await using (var first = await Database.Given(On("live"), null, Data, default))
        {
            await Fill(first);
            app = first.AppConnectionString;
        }
        var password = File.ReadAllText(Path.Combine(Data, "postgres-app"));

        // A second node: its data folder has no password, the backup needs none, and the role is as it was.
        var second = Path.Combine(folder, "second");
        Directory.CreateDirectory(second);
        Assert.Equal(0, (await BackupCommand.Run(second, Archive + ".second", clock, null, default, On("live"))).Batch);
        Assert.Equal(25, (await BackupCommand.Run(Data, Archive, clock, null, default, On("live"))).Batch);
        Assert.Empty(Directory.GetFileSystemEntries(second));
        Assert.Equal(password, File.ReadAllText(Path.Combine(Data, "postgres-app")));

        async Task<string> Refused(string database, string? with) => (await Assert.ThrowsAsync<StorageProblem>(() => RestoreCommand.Run(Archive, Copy, null, default, On(database), with))).Code;
        Assert.Equal(StorageCodes.AppRoleSecretElsewhere, await Refused("copy_a", null));
        Assert.Equal(StorageCodes.RestoreNotEmpty, await Refused("live", app));
        Assert.Equal(StorageCodes.RestoreFailed, await Refused("copy_c", new NpgsqlConnectionStringBuilder(app) { Database = "copy_c", Password = "wrong" }.ConnectionString));
        Assert.Equal(StorageCodes.Unreachable, await Refused("copy_a", "what is this"));
        Assert.False(Directory.Exists(Copy));
        await using (var still = NpgsqlDataSource.Create(app + ";Pooling=false")) // the first node still gets in
        {
            await using var ask = still.CreateCommand("select current_user::text");
            Assert.Equal("verdigris_app", await ask.ExecuteScalarAsync());
        }

        var appThere = new NpgsqlConnectionStringBuilder(app) { Database = "copy_a" }.ConnectionString;
        Assert.Equal((25L, 5L), (await RestoreCommand.Run(Archive, Copy, null, default, On("copy_a"), appThere)) is var done ? (done.Batch, done.AuditRows) : default);
        await using (var copy = await Database.Given(On("copy_a"), appThere, Copy, default))
        {
            await SchemaRunner.Apply(copy, default);
            await using var session = new DbSessions(copy, clock).Open(Actor.System);
            Assert.Equal("样品 1000", await session.Scalar<string>("select note from lab.sample where id = 1000"));
        }

        // On a server where nobody made the role a restore makes it; one that fails leaves neither role nor folder.
        foreach (var database in new[] { "live", "copy_a", "copy_c" }) await A.ExecuteAs(On(database), "drop owned by verdigris_app");
        await A.ExecuteAs(On("verdigris"), "drop role verdigris_app");
        // Lab's rows do not fit where the operator forbids the schema's name: pg_restore fails half-way.
        await A.ExecuteAs(On("copy_b"), "create function public.no_lab() returns event_trigger language plpgsql as $$ begin if current_query() ~* 'create table lab' then raise 'no room for lab'; end if; end $$; create event trigger no_lab on ddl_command_start execute function public.no_lab()");
        var fresh = Path.Combine(folder, "fresh");
        Assert.Equal(StorageCodes.RestoreFailed, (await Assert.ThrowsAsync<StorageProblem>(() => RestoreCommand.Run(Archive, fresh, null, default, On("copy_b")))).Code);
        Assert.False(Directory.Exists(fresh));
        await using (var roles = NpgsqlDataSource.Create(On("copy_b") + ";Pooling=false"))
        {
            await using var ask = roles.CreateCommand("select count(*) from pg_roles where rolname = 'verdigris_app'");
            Assert.Equal(0L, await ask.ExecuteScalarAsync());
        }
        await A.ExecuteAs(On("copy_b"), "drop event trigger no_lab");
        Assert.Equal(25, (await RestoreCommand.Run(Archive, fresh, null, default, On("copy_b"))).Batch);
        Assert.True(File.Exists(Path.Combine(fresh, "postgres-app")));
        await using var made = await Database.Given(On("copy_b"), null, fresh, default);
        await using var last = new DbSessions(made, clock).Open(Actor.System);
        Assert.Equal("样品 1", await last.Scalar<string>("select note from lab.sample where id = 1"));
    }

    static void Rewrite(string from, string to, string change)
    {
        using var reader = new TarReader(new GZipStream(File.OpenRead(from), CompressionMode.Decompress));
        using var writer = new TarWriter(new GZipStream(File.Create(to), CompressionLevel.Fastest), TarEntryFormat.Pax);
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.Name.EndsWith("key-1.xml", StringComparison.Ordinal))
            {
                if (change == "drop") continue;
                if (change == "flip") entry.DataStream = new MemoryStream("<kez/>"u8.ToArray());
            }
            if (entry.Name == "manifest.json" && (change is "add" or "climb"))
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, change == "climb" ? "../outside" : "extra") { DataStream = new MemoryStream([1]) });
            writer.WriteEntry(entry);
        }
    }

    sealed class Quiet : IBookCommandKind
    {
        public string Kind => "test.quiet";
        public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) => Task.CompletedTask;
    }
}
