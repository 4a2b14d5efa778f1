using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Npgsql;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Starts and stops a whole server: database, Book, rooms, web.</summary>
public static class ServerHost
{
    public const int Good = 0;
    /// <summary>Something outside the program is not as it should be; one line said what.</summary>
    public const int Unusable = 2;

    /// <summary>
    /// Runs until cancelled, Ctrl-C or SIGTERM, then stops everything it started. Returns <see cref="Good"/>, or <see cref="Unusable"/> after one line on
    /// standard error: port busy, data folder unwritable, damaged or in use, database unreachable.
    /// </summary>
    public static async Task<int> Run(ServerOptions options, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var server = await Start(options, stop.Token);
            var say = options.Say ?? Console.Out.WriteLine;
            foreach (var line in server.Welcome) say(line);
            await server.WaitForStop(stop.Token);
            return Good;
        }
        catch (StorageProblem problem)
        {
            await Console.Error.WriteLineAsync(problem.Line);
            return Unusable;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Good;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>A server that answers when this returns. Dispose it to stop it.</summary>
    /// <exception cref="StorageProblem">It cannot be started for a reason outside the program; nothing was left running.</exception>
    public static async Task<RunningServer> Start(ServerOptions options, CancellationToken ct)
    {
        if (!IPAddress.TryParse(options.Listen, out var address))
            throw new StorageProblem("server.address-invalid", $"{options.Listen} is no IP address.", $"{options.Listen} 不是 IP 地址。");
        if (options.Demo && !IPAddress.IsLoopback(address))
            throw new StorageProblem("server.demo-in-public", "The demo has well-known passwords and listens on the loopback only: add --no-demo.", "演示数据使用公开的密码，只能在本机回环地址上监听：请加 --no-demo。");
        CheckPort(address, options.Port, "--port");
        if (options.Fix?.At is { } fix) CheckPort(fix.Address, fix.Port, "--fix");
        var parts = new ServerParts();
        try
        {
            await parts.Open(options, ct);
            return await RunningServer.Start(options, address, parts, ct);
        }
        catch (Exception e)
        {
            await parts.DisposeAsync();
            throw Explained(e, options) ?? e;
        }
    }

    // Before anything is started: a busy port should cost no time and touch no data.
    static void CheckPort(IPAddress address, int port, string option)
    {
        if (port == 0) return;
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            probe.Bind(new IPEndPoint(address, port));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw PortBusy(port, option);
        }
        catch (SocketException e)
        {
            throw new StorageProblem("server.address-refused", $"Cannot listen on {address}:{port}: {e.Message}.", $"无法在 {address}:{port} 上监听：{e.Message}。", e);
        }
    }

    static StorageProblem PortBusy(int port, string option = "--port") =>
        new(StorageCodes.PortBusy, $"Port {port} is in use: stop what uses it, or give another with {option}.", $"端口 {port} 已被占用：请停止占用它的程序，或用 {option} 指定其他端口。");

    static StorageProblem? Explained(Exception error, ServerOptions options) => error switch
    {
        StorageProblem => null,
        IOException { InnerException: AddressInUseException } => PortBusy(options.Port),
        JournalFencedException fenced => new(StorageCodes.FolderInUse, $"{Path.GetFullPath(options.DataFolder)} is used by another server.", $"{Path.GetFullPath(options.DataFolder)} 正被另一个服务器使用。", fenced),
        JournalCorruptException broken => new(StorageCodes.FolderCorrupt, $"The Book's journal is damaged at batch {broken.Batch}: {broken.Message} Restore a backup.", $"账本日志在第 {broken.Batch} 批损坏：{broken.Message} 请恢复备份。", broken),
        PostgresException { SqlState: var state } refused when !state.StartsWith("08", StringComparison.Ordinal) && !state.StartsWith("28", StringComparison.Ordinal) && !state.StartsWith("57P", StringComparison.Ordinal) =>
            new("server.database-refused", $"The database refused a step of the start: {state}: {refused.MessageText}", $"数据库拒绝了启动步骤：{state}：{refused.MessageText}", refused),
        NpgsqlException away => new(StorageCodes.Unreachable, $"The database cannot be reached: {away.Message}", $"无法连接数据库：{away.Message}", away),
        UnauthorizedAccessException denied => new(StorageCodes.FolderUnwritable, $"The data folder cannot be written: {denied.Message}", $"数据目录不可写：{denied.Message}", denied),
        IOException io => new(StorageCodes.FolderUnwritable, $"The data folder cannot be used: {io.Message}", $"数据目录无法使用：{io.Message}", io),
        _ => null,
    };
}
