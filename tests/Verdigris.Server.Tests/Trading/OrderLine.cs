using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Verdigris.Server.Tests.Trading;

/// <summary>One connection: answers and reports come over it in any order.</summary>
sealed class OrderLine(ClientWebSocket socket) : IAsyncDisposable
{
    readonly Queue<JsonElement> reports = [];

    static ClientWebSocket Made(Browser? by, (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        if (by is not null) socket.Options.SetRequestHeader("Cookie", string.Join("; ", by.Cookies.Select(c => $"{c.Name}={c.Value}")));
        foreach (var (name, value) in headers) socket.Options.SetRequestHeader(name, value);
        socket.Options.CollectHttpResponseDetails = true;
        return socket;
    }

    static Uri At(Uri address) => new UriBuilder(address) { Scheme = "ws", Path = "/api/v1/market/orders/socket" }.Uri;

    public static async Task<OrderLine> Open(Uri address, Browser? by, params (string, string)[] headers)
    {
        var socket = Made(by, headers);
        await socket.ConnectAsync(At(address), default);
        return new(socket);
    }

    /// <summary>The status with which it was not opened.</summary>
    public static async Task<int> Refused(Uri address, Browser? by, params (string, string)[] headers)
    {
        using var socket = Made(by, headers);
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(At(address), default));
        return (int)socket.HttpStatusCode;
    }

    public Task Say(string text, CancellationToken ct = default) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, ct);

    public async Task<JsonElement> Ask(object line)
    {
        await Say(line as string ?? JsonSerializer.Serialize(line));
        return await Answer();
    }

    /// <summary>The next answer; reports before it are kept.</summary>
    public async Task<JsonElement> Answer()
    {
        while (true)
        {
            var heard = await Read();
            if (!heard.TryGetProperty("report", out var report)) return heard;
            reports.Enqueue(report);
        }
    }

    public async Task<JsonElement> Report() => reports.TryDequeue(out var there) ? there : (await Read()).GetProperty("report");

    async Task<JsonElement> Read()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (buffer, length) = (new byte[64 * 1024], 0);
        ValueWebSocketReceiveResult got;
        do
        {
            got = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            Assert.NotEqual(WebSocketMessageType.Close, got.MessageType);
            length += got.Count;
        }
        while (!got.EndOfMessage);
        return JsonDocument.Parse(buffer.AsMemory(0, length)).RootElement;
    }

    /// <summary>Waits until the server closes it, and with which status.</summary>
    public async Task<WebSocketCloseStatus?> Closed()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[64 * 1024];
        while ((await socket.ReceiveAsync(buffer, patience.Token)).MessageType != WebSocketMessageType.Close) { }
        return socket.CloseStatus;
    }

    public void Cut() => socket.Abort();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return default;
    }
}
