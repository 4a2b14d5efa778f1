using System.CommandLine;
using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Book;
using Command = System.CommandLine.Command;

namespace Verdigris.Cli.Verbs;

/// <summary><c>book verify DATA</c> and <c>book export DATA FILE</c>. DATA is the server's data folder, or the folder of one venue in it. The server may be running.</summary>
static class BookVerb
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "Data folder of the server (.verdigris), or of a venue" };
        var verify = new Command("verify", "Verify journal, replay and snapshots; print the Merkle root of each day") { data };
        verify.SetAction(parsed => Verify(parsed.GetValue(data)!));

        var from = new Argument<string>("DATA") { Description = "Data folder of the server (.verdigris), or of a venue" };
        var file = new Argument<string>("FILE") { Description = "File to write; it must not exist" };
        var export = new Command("export", "Write what an auditor needs into a file") { from, file };
        export.SetAction(parsed => Export(parsed.GetValue(from)!, parsed.GetValue(file)!));

        return new Command("book", "Verify or export the Book's journal") { verify, export };
    }

    static string? Venue(string data) => new[] { Path.Combine(data, "book"), data }.FirstOrDefault(folder => Directory.Exists(Path.Combine(folder, "journal")));

    static int NoJournal(string data) => Shell.Fail($"There is no journal in {data}. / {data} 中没有日志。");

    static int Verify(string data)
    {
        if (Venue(data) is not { } folder) return NoJournal(data);
        var report = BookVerifier.Verify(new RealDisk(), folder);
        Console.Out.WriteLine($"venue {report.VenueId:x32}");
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.LastBatch} batches, {report.Commands} commands, to {When(report.LastTimeMicros)}"));
        Console.Out.WriteLine($"last record {Convert.ToHexStringLower(report.LastHash)}");
        Console.Out.WriteLine($"state       {Convert.ToHexStringLower(report.StateHash)}");
        foreach (var day in report.DailyRoots) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{day.Day:yyyy-MM-dd}  batches {day.FirstBatch}-{day.LastBatch}  {Convert.ToHexStringLower(day.Root)}"));
        if (report.SnapshotsVerified.Count > 0) Console.Out.WriteLine($"snapshots verified: {string.Join(", ", report.SnapshotsVerified)}");
        if (!report.TailIsClean) Console.Out.WriteLine("the journal ends in the middle of a batch that was never acknowledged (a crash, or a venue that is writing now)");
        foreach (var problem in report.Problems) Console.Out.WriteLine("WRONG " + problem);
        Console.Out.WriteLine(report.Problems.Count == 0 ? "the Book is whole / 账本完整" : $"{report.Problems.Count} problems / 发现 {report.Problems.Count} 个问题");
        return report.Problems.Count == 0 ? Shell.Done : Shell.DoesNotHold;
    }

    static int Export(string data, string file)
    {
        if (Venue(data) is not { } folder) return NoJournal(data);
        if (File.Exists(file)) return Shell.Fail($"{file} exists already. / {file} 已存在。");
        // The name appears only once the whole export is there.
        var partial = file + ".partial";
        try
        {
            ExportSummary summary;
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write)) summary = BookExporter.Export(new RealDisk(), folder, stream);
            File.Move(partial, file);
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Batches} batches, {summary.Commands} commands, {summary.Effects} effects, {summary.Bytes} bytes"));
            Console.Out.WriteLine($"sha256 {Convert.ToHexStringLower(summary.Sha256)}");
            return Shell.Done;
        }
        catch (JournalCorruptException damaged) { return Shell.Fail($"The journal is damaged at batch {damaged.Batch}: {damaged.Message} / 日志在第 {damaged.Batch} 批处损坏。"); }
        finally { File.Delete(partial); }
    }

    static string When(long micros) => micros == 0 ? "-" : InstantPattern.General.Format(Instant.FromUnixTimeTicks(micros * 10));
}
