using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Verdigris.Server.Tests.Durability;

/// <summary>The real program as a process of its own, with the demo, on a free port.</summary>
sealed partial class ServerProcess(Process process, Uri address)
{
    public Uri Address => address;

    public static async Task<ServerProcess> Start(string data)
    {
        var said = new List<string>();
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = Run(data, line =>
        {
            lock (said) said.Add(line);
            if (Where().Match(line) is { Success: true } match) address.TrySetResult(new Uri(match.Groups[1].Value));
        });
        var ended = process.WaitForExitAsync();
        if (await Task.WhenAny(address.Task, ended, Task.Delay(TimeSpan.FromMinutes(8))) != address.Task)
        {
            if (!process.HasExited) process.Kill();
            lock (said) Assert.Fail("The server did not start: " + string.Join(" | ", said));
        }
        return new(process, await address.Task);
    }

    /// <summary>Starts the program and kills it some time after it said a line.</summary>
    /// <returns>The last line about the demo before the kill; null where the server was up already.</returns>
    public static async Task<string?> KilledAt(string data, string line, int afterMs)
    {
        var said = new List<string>();
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = Run(data, one =>
        {
            lock (said) said.Add(one);
            if (one.StartsWith(line, StringComparison.Ordinal) || Where().IsMatch(one)) heard.TrySetResult();
        });
        var ended = process.WaitForExitAsync();
        if (await Task.WhenAny(heard.Task, ended, Task.Delay(TimeSpan.FromMinutes(8))) != heard.Task)
        {
            if (!process.HasExited) process.Kill();
            lock (said) Assert.Fail($"The server did not say '{line}': " + string.Join(" | ", said));
        }
        await Task.Delay(afterMs);
        process.Kill();
        await ended;
        lock (said) return said.Any(l => Where().IsMatch(l)) ? null : said.Last(l => l.StartsWith("Demo", StringComparison.Ordinal));
    }

    static Process Run(string data, Action<string> heard)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in new[] { Path.Combine(AppContext.BaseDirectory, "verdigris.dll"), "up", "--port", "0", "--data", data }) info.ArgumentList.Add(word);
        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, e) => { if (e.Data is { } line) heard(line); };
        process.ErrorDataReceived += (_, e) => { if (e.Data is { } line) heard(line); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>SIGKILL: nothing of the program runs after it.</summary>
    public void Kill()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
    }

    /// <summary>PostgreSQL's guard stops the cluster a moment after the server is gone; then the folder can go.</summary>
    public static async Task DeleteWhenStopped(DirectoryInfo folder)
    {
        for (var i = 0; i < 100 && File.Exists(Path.Combine(folder.FullName, "postgres", "data", "postmaster.pid")); i++) await Task.Delay(100);
        folder.Delete(recursive: true);
    }

    [GeneratedRegex("Verdigris: (http://\\S+)")]
    private static partial Regex Where();
}
