using System.CommandLine;
using System.Globalization;
using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Cli.Verbs;

/// <summary><c>backup DATA FILE</c> and <c>restore FILE DATA</c>: database, journal and evidence together, at one batch number.</summary>
static class BackupVerbs
{
    public static IEnumerable<Command> Create()
    {
        var backupData = Data();
        var archive = new Argument<string>("FILE") { Description = "Archive to write; it must not exist" };
        var backupPostgres = Postgres();
        var backup = new Command("backup", "Take database, journal and evidence into one archive; the server may be running") { backupData, archive, backupPostgres };
        backup.SetAction(parsed => Backup(parsed.GetValue(backupData)!, parsed.GetValue(archive)!, parsed.GetValue(backupPostgres)));

        var from = new Argument<string>("FILE") { Description = "Archive made by verdigris backup" };
        var restoreData = Data();
        var restorePostgres = Postgres();
        var restoreApp = new Option<string?>("--postgres-app") { Description = "Connection of the application's role there, where you or another node made it", HelpName = "CONNECTION" };
        var restore = new Command("restore", "Put an archive into an empty data folder") { from, restoreData, restorePostgres, restoreApp };
        restore.SetAction(parsed => Restore(parsed.GetValue(from)!, parsed.GetValue(restoreData)!, parsed.GetValue(restorePostgres), parsed.GetValue(restoreApp)));
        return [backup, restore];
    }

    static Argument<string> Data() => new("DATA") { Description = "Data folder of the server (.verdigris)" };

    static Option<string?> Postgres() => new("--postgres") { Description = "The connection given to verdigris up --postgres, if one was", HelpName = "CONNECTION" };

    static Task<int> Backup(string data, string archive, string? postgres) => Guarded(async stop =>
    {
        if (!Directory.Exists(data)) return Shell.Fail($"There is no folder {data}. / 目录 {data} 不存在。");
        var report = await BackupCommand.Run(data, archive, SystemClock.Instance, new Lines(), stop, postgres);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Archive}: batch {report.Batch}, {report.Files} files, {report.ArchiveBytes} bytes"));
        return Shell.Done;
    });

    static Task<int> Restore(string archive, string data, string? postgres, string? postgresApp) => Guarded(async stop =>
    {
        var report = await RestoreCommand.Run(archive, data, new Lines(), stop, postgres, postgresApp);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.DataFolder}: batch {report.Batch}, {report.Files} files, {report.AuditRows} audit rows verified"));
        return Shell.Done;
    });

    static Task<int> Guarded(Func<CancellationToken, Task<int>> work) => Shell.UntilSignal(async stop =>
    {
        try { return await work(stop); }
        catch (StorageProblem problem) { return Shell.Fail(problem.Line); }
    });

    sealed class Lines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
