using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Verdigris.Footprint.Tests.Broker;

/// <summary>
/// A RabbitMQ with its MQTT plugin for one test: on the loopback, with free ports, a folder and a name server of its own, under an account without rights where the test runs as root. It ends with the test, and by itself
/// after some minutes where the test process dies.
/// </summary>
sealed class TestBroker : IAsyncDisposable
{
    const int LongestSeconds = 300;

    readonly string folder;
    readonly Process names, broker;

    TestBroker(string folder, Process names, Process broker, int amqp, int mqtt)
    {
        (this.folder, this.names, this.broker, MqttPort) = (folder, names, broker, mqtt);
        Address = new Uri($"amqp://guest:guest@127.0.0.1:{amqp}");
    }

    public Uri Address { get; }
    public int MqttPort { get; }

    public static async Task<TestBroker> Start()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"verdigris-broker-{Environment.ProcessId}-{Guid.NewGuid():N}"[..40]);
        foreach (var part in new[] { "mnesia", "log", "home" }) Directory.CreateDirectory(Path.Combine(folder, part));
        int amqp = FreePort(), mqtt = FreePort(), dist = FreePort(), namePort = FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "broker.conf"), $"listeners.tcp.1 = 127.0.0.1:{amqp}\nmqtt.listeners.tcp.1 = 127.0.0.1:{mqtt}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "plugins"), "[rabbitmq_mqtt].\n");
        var account = Environment.UserName == "root" ? "rabbitmq" : null;
        if (account is not null) Run("chown", "-R", account, folder);
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = Path.Combine(folder, "home"),
            ["LC_ALL"] = "C.UTF-8",
            ["ERL_EPMD_PORT"] = Text(namePort),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODENAME"] = $"verdigris{Environment.ProcessId}@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_DIST_PORT"] = Text(dist),
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "broker.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "plugins"),
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
        };
        var names = Begin(account, environment, "epmd", "-port", Text(namePort), "-address", "127.0.0.1");
        // Debian's wrapper in the path insists on its own account and folders; this is what it calls.
        var server = File.Exists("/usr/lib/rabbitmq/bin/rabbitmq-server") ? "/usr/lib/rabbitmq/bin/rabbitmq-server" : "rabbitmq-server";
        var started = new TestBroker(folder, names, Begin(account, environment, server), amqp, mqtt);
        var clock = Stopwatch.StartNew();
        while (!Listens(mqtt))
        {
            if (!started.broker.HasExited && clock.Elapsed < TimeSpan.FromSeconds(LongestSeconds / 2)) { await Task.Delay(200); continue; }
            var log = string.Join("\n", Directory.GetFiles(Path.Combine(folder, "log")).Select(File.ReadAllText));
            await started.DisposeAsync();
            throw new InvalidOperationException("The broker did not start: " + log[Math.Max(0, log.Length - 2000)..]);
        }
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { broker, names })
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    static Process Begin(string? account, Dictionary<string, string> environment, params string[] command)
    {
        // A group of its own that ends after a while, whatever becomes of this process.
        string[] words = [.. account is null ? Array.Empty<string>() : ["setpriv", $"--reuid={account}", $"--regid={account}", "--clear-groups", "--"], "timeout", "-k", "5", Text(LongestSeconds), .. command];
        var info = new ProcessStartInfo(words[0], words[1..]) { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        info.Environment.Clear();
        foreach (var (name, value) in environment) info.Environment[name] = value;
        var process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    static bool Listens(int port)
    {
        try
        {
            using var socket = new TcpClient();
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
