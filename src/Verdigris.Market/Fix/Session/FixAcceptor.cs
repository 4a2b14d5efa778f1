using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Verdigris.Market.Fix;

/// <summary>Where the acceptor listens.</summary>
/// <param name="At">Null: nowhere. Port 0 takes a free one.</param>
/// <param name="Reflect">The diagnostic profile instead of the market.</param>
/// <param name="Certificate">With its key: connections are TLS 1.2 or 1.3. Null: they are not encrypted.</param>
public sealed record FixOptions(IPEndPoint? At, bool Reflect = false, X509Certificate2? Certificate = null)
{
    /// <summary>Connections at once, logged on or not.</summary>
    public int MostConnections { get; init; } = 256;

    /// <summary>How long a connection may take to log on.</summary>
    public TimeSpan LogonPatience { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Finds whom a logon belongs to.</summary>
interface IFixDirectory : IAsyncDisposable
{
    /// <summary>Makes ready whoever there is.</summary>
    Task Open(CancellationToken ct);

    /// <summary>The session of a logon, its sender's word checked; null where there is none or the word is wrong.</summary>
    Task<FixCounterparty?> Find(FixMessage logon, CancellationToken ct);

    void Tick();
}

/// <summary>Listens for FIX connections, reads the logon of each and hands it to the session it belongs to. Nothing is answered to who does not log on in time and rightly: the connection is closed.</summary>
sealed partial class FixAcceptor(FixOptions options, IFixDirectory directory, FixDictionary dictionary, TimeProvider time, ILogger<FixAcceptor> log) : BackgroundService
{
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    readonly ConcurrentDictionary<Task, byte> connections = new();
    readonly TaskCompletionSource<IPEndPoint> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it listens, once it does.</summary>
    public Task<IPEndPoint> Listening => listening.Task;

    public int Connections => connections.Count;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.At is not { } at) return;
        using var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(at);
            listener.Listen(64);
            await directory.Open(stoppingToken);
        }
        catch (SocketException e)
        {
            listening.TrySetException(e);
            LogCannotListen(log, at, e.Message);
            return;
        }
        listening.TrySetResult((IPEndPoint)listener.LocalEndPoint!);
        LogListening(log, listener.LocalEndPoint, options.Certificate is null ? "" : " with TLS");
        await using var clock = time.CreateTimer(_ => directory.Tick(), null, Beat, Beat);
        try
        {
            while (true)
            {
                Socket socket;
                try
                {
                    socket = await listener.AcceptAsync(stoppingToken);
                }
                catch (SocketException)
                {
                    continue; // it was gone before it was taken
                }
                if (connections.Count >= options.MostConnections)
                {
                    socket.Dispose();
                    continue;
                }
                var connection = Connection(socket, stoppingToken);
                connections.TryAdd(connection, 0);
                _ = connection.ContinueWith(c => connections.TryRemove(c, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                if (connection.IsCompleted) connections.TryRemove(connection, out _);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
        await directory.DisposeAsync();
        await Task.WhenAll(connections.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task Connection(Socket socket, CancellationToken ct)
    {
        await Task.Yield();
        try
        {
            socket.NoDelay = true;
            using var link = await Opened(socket, ct);
            if (link is not null) await Serve(link, ct);
        }
        catch (Exception e) when (FixLink.IsNetwork(e))
        {
            // It was gone before it was heard.
        }
        finally
        {
            socket.Dispose();
        }
    }

    async Task Serve(FixLink link, CancellationToken ct)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, link.Ended);
        if (await Logon(link, both.Token) is not ({ } counterparty, { } logon)) return;
        LogOn(log, counterparty.Terms.Theirs, link.From);
        await counterparty.Serve(link, logon, both.Token);
        LogOff(log, counterparty.Terms.Theirs, link.Why ?? "closed by the other side");
    }

    async Task<(FixCounterparty? Counterparty, byte[]? Logon)> Logon(FixLink link, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(options.LogonPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        var first = await link.Read(both.Token);
        if (first is not { Length: > 0 }) return default;
        var message = new FixMessage();
        message.Read(first, dictionary);
        if (message.Type?.Type != FixType.Logon) return default;
        try
        {
            if (await directory.Find(message, both.Token) is { } counterparty) return (counterparty, first);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            LogFailed(log, e);
        }
        LogRefused(log, link.From, FixRedaction.Text(first));
        return default;
    }

    async Task<FixLink?> Opened(Socket socket, CancellationToken ct)
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (options.Certificate is null) return new FixLink(socket, plain, time);
        var secure = new SslStream(plain);
        using var patience = new CancellationTokenSource(options.LogonPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = options.Certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }, both.Token);
            return new FixLink(socket, secure, time);
        }
        catch (Exception e) when (FixLink.IsNetwork(e))
        {
            await secure.DisposeAsync();
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listens for FIX at {Address}{Tls}")]
    static partial void LogListening(ILogger log, EndPoint? address, string tls);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot listen for FIX at {Address}: {Reason}")]
    static partial void LogCannotListen(ILogger log, IPEndPoint address, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Theirs} comes by FIX from {From}")]
    static partial void LogOn(ILogger log, string theirs, string from);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Theirs} has left FIX: {Why}")]
    static partial void LogOff(ILogger log, string theirs, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A FIX logon from {From} was refused: {Logon}")]
    static partial void LogRefused(ILogger log, string from, string logon);

    [LoggerMessage(Level = LogLevel.Error, Message = "A FIX logon could not be checked")]
    static partial void LogFailed(ILogger log, Exception e);
}

/// <summary>The one session of the diagnostic profile.</summary>
sealed class FixReflectionDirectory(FixDictionary dictionary, TimeProvider time, ILogger<FixAcceptor> log) : IFixDirectory
{
    readonly FixCounterparty only = new(FixReflection.Terms, dictionary, new FixMemoryStore(), new FixReflection(), time, log);

    public Task Open(CancellationToken ct) => Task.CompletedTask;

    public Task<FixCounterparty?> Find(FixMessage logon, CancellationToken ct) =>
        Task.FromResult(logon.Text(FixTag.SenderCompID) == FixReflection.Theirs && logon.Text(FixTag.TargetCompID) == FixReflection.Ours ? only : null);

    public void Tick() => only.Tick();

    public ValueTask DisposeAsync() => only.DisposeAsync();
}
