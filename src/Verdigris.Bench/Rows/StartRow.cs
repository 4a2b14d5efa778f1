using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Verdigris.Bench.Rows;

/// <summary>Row P4: the program started as a process of its own over data that is there, until its first page has come.</summary>
static partial class StartRow
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <param name="certificates">How many lie there; 0 where only the demo does.</param>
    public static async Task<BenchLine> Measure(string folder, long certificates, int times, CancellationToken ct)
    {
        var seconds = new List<double>();
        for (var i = 0; i < times; i++) seconds.Add(await Once(folder, ct));
        seconds.Sort();
        var loaded = certificates == 0 ? "demo loaded" : string.Create(CultureInfo.InvariantCulture, $"demo and {certificates:N0} certificates loaded");
        return new("P4", $"start of the program to its first page, {loaded}, {times} times", $"median {Text(seconds[seconds.Count / 2])} s, slowest {Text(seconds[^1])} s", "< 6 s", seconds[^1] < 6, "-", "PostgreSQL's start; code compiled at first use");
    }

    static async Task<double> Once(string folder, CancellationToken ct)
    {
        var begin = Stopwatch.GetTimestamp();
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in new[] { Assembly.GetEntryAssembly()!.Location, "up", "--port", "0", "--data", folder }) info.ArgumentList.Add(word);
        using var process = Process.Start(info)!;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(Patience);
            var address = await Address(process, patience.Token);
            _ = process.StandardOutput.ReadToEndAsync(ct);
            using var http = new HttpClient { BaseAddress = address };
            await http.GetStringAsync("/", patience.Token);
            return Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
        finally
        {
            await Stop(process);
        }
    }

    static async Task<Uri> Address(Process process, CancellationToken ct)
    {
        while (await process.StandardOutput.ReadLineAsync(ct) is { } line)
            if (Said().Match(line) is { Success: true } said) return new Uri(said.Groups["address"].Value);
        throw new InvalidOperationException("The program did not start: " + (await process.StandardError.ReadToEndAsync(ct)).Trim());
    }

    // As Ctrl-C would: a server that was killed looks through more at its next start.
    static async Task Stop(Process process)
    {
        if (process.HasExited) return;
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try { await process.WaitForExitAsync(patience.Token); }
        catch (OperationCanceledException) { process.Kill(entireProcessTree: true); }
    }

    static string Text(double seconds) => seconds.ToString("0.00", CultureInfo.InvariantCulture);

    [GeneratedRegex("^Verdigris: (?<address>http://\\S+)")]
    private static partial Regex Said();
}
