using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>A client that shares no code with the acceptor: jspurefix, an engine for Node.js.</summary>
public sealed class IndependentClientTests
{
    [Fact]
    public async Task An_independent_client_logs_on_trades_loses_its_connection_and_recovers_what_it_missed()
    {
        var folder = Checkout.Path("tests/Verdigris.Market.Tests/Fix/client");
        Assert.True(File.Exists(Path.Combine(folder, "node_modules", "jspurefix", "package.json")), "jspurefix is missing: install Node.js with npm and build the tests again.");
        await using var world = await FixWorld.Begin();
        var row = await world.Register("ALPHA", "vd_alpha1", "T1");
        await world.Register("BETA", "vd_beta2", "T2");
        using var beta = new FixClient(world, "BETA", "vd_beta2");
        await beta.Logon();
        using var line = new Line(world.At);
        var numbers = Directory.CreateTempSubdirectory("verdigris-fix-");
        using var alpha = new Program(folder, line.Port.ToString(CultureInfo.InvariantCulture), "ALPHA", FixDirectory.Ours, "vd_alpha1", FixWorld.SecretOf("vd_alpha1"), SmallDesk.Symbol, numbers.FullName);
        try
        {
            await alpha.Tells("ready");
            await alpha.Say("order A1 1 100 71.20");
            await alpha.Tells("8 A1 0 0 100 N");
            await beta.Say("D", $"11=B1|38=40|40=2|44=71.00|54=2|55={SmallDesk.Symbol}|60=NOW|");
            await alpha.Tells("8 A1 F 40 60 N");
            line.Cut();
            await beta.Say("D", $"11=B2|38=25|40=2|44=71.00|54=2|55={SmallDesk.Symbol}|60=NOW|");
            for (var i = 0; (await world.Desks.Standing(row.Id, default))!.Numbers.Report < 6 && i < 500; i++) await Task.Delay(20);
            line.Mend();
            await alpha.Tells("8 A1 F 65 35 Y");
            await alpha.Say("cancel A2 A1 1");
            await alpha.Tells("8 A2 4 65 0 N");
            await alpha.Say("logout");
            Assert.Equal(0, await alpha.Exit());
            Assert.Equal(3, world.Desk.Entered);
        }
        finally
        {
            numbers.Delete(recursive: true);
        }
    }

    /// <summary>The client as a process of its own.</summary>
    sealed class Program : IDisposable
    {
        readonly Process process;
        readonly BlockingCollection<string> told = [];
        readonly List<string> all = [];

        public Program(string folder, params string[] arguments)
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
    sealed class Line : IDisposable
    {
        readonly TcpListener listener = new(IPAddress.Loopback, 0);
        readonly ConcurrentBag<TcpClient> ends = [];
        readonly IPEndPoint to;
        volatile bool cut;

        public Line(IPEndPoint to)
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
}
