using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Verdigris.Market.Tests.Fix;

/// <summary>The client as a process of its own.</summary>
sealed class NodeClient : IDisposable
{
    readonly Process process;
    readonly BlockingCollection<string> told = [];
    readonly List<string> all = [];

    public NodeClient(string folder, params string[] arguments)
    {
        process = new() { StartInfo = new("node", ["client.cjs", .. arguments]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true } };
        process.OutputDataReceived += (_, e) => { if (e.Data is { } line) told.Add(line); };
        process.ErrorDataReceived += (_, e) => { if (e.Data is { } line) told.Add("error: " + line); };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Task Say(string line) => process.StandardInput.WriteLineAsync(line);

    /// <summary>Waits for a line; others may come before it.</summary>
    public async Task Tells(string line)
    {
        await Task.Run(() =>
        {
            while (told.TryTake(out var next, TimeSpan.FromSeconds(120)))
            {
                all.Add(next);
                if (next == line) return;
            }
            Assert.Fail($"“{line}” was not told, but:\n{string.Join('\n', all)}");
        });
    }

    /// <summary>Waits for a line that may have come already, where the order of two is nobody's to say.</summary>
    public Task Told(string line) => all.Contains(line) ? Task.CompletedTask : Tells(line);

    public async Task<int> Exit()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
        told.Dispose();
    }
}

/// <summary>A line to the acceptor that can be cut.</summary>
sealed class CutLine : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentBag<TcpClient> ends = [];
    readonly IPEndPoint to;
    volatile bool cut;

    public CutLine(IPEndPoint to)
    {
        this.to = to;
        listener.Start();
        _ = Accept();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Cut()
    {
        cut = true;
        while (ends.TryTake(out var end)) end.Dispose();
    }

    public void Mend() => cut = false;

    public void Dispose()
    {
        Cut();
        listener.Dispose();
    }

    async Task Accept()
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptTcpClientAsync();
                if (cut)
                {
                    near.Dispose();
                    continue;
                }
                var far = new TcpClient();
                await far.ConnectAsync(to);
                ends.Add(near);
                ends.Add(far);
                _ = Pass(near, far);
                _ = Pass(far, near);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    static async Task Pass(TcpClient from, TcpClient into)
    {
        try
        {
            await from.GetStream().CopyToAsync(into.GetStream());
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It was cut.
        }
        into.Dispose();
    }
}
