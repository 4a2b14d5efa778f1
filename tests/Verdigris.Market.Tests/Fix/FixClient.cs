using System.Net.Sockets;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>A member's program over the network, of this project's own codec.</summary>
sealed class FixClient(FixWorld world, string compId, string client) : IDisposable
{
    TcpClient? socket;
    FixFramer framer = new();

    public int Next { get; set; } = 1;
    public string? Secret { get; set; } = FixWorld.SecretOf(client);

    static string Stamp => DateTime.UtcNow.ToString("yyyyMMdd-HH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture);

    public async Task<string?> Logon(string more = "")
    {
        Lose();
        for (var i = 0; ; i++)
        {
            socket = new();
            await socket.ConnectAsync(world.At);
            await Write("A", Next, $"98=0|108=30|{more}554={Secret}|");
            var answer = await Read(2_000);
            if (answer is not null || i == 20) { Next++; return answer; }
            if (Secret != FixWorld.SecretOf(client)) return null;
            await Task.Delay(50); // the connection before is not gone yet
        }
    }

    public Task Say(string type, string body, string head = "") => Write(type, Next++, body, head);

    public async Task Write(string type, int sequence, string body, string head = "") => await socket!.GetStream().WriteAsync(Wire.Frame($"35={type}|34={sequence}|{head}49={compId}|52={Stamp}|56=VERDIGRIS|{body.Replace("NOW", Stamp, StringComparison.Ordinal)}"));

    public async Task<string?> Read(int milliseconds = 10_000)
    {
        using var patience = new CancellationTokenSource(milliseconds);
        try
        {
            while (true)
            {
                if (framer.Next(out var message) != FixFrame.None) return Wire.Text(message.Span);
                var count = await socket!.GetStream().ReadAsync(framer.Space(), patience.Token);
                if (count == 0) return null;
                framer.Added(count);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Lose()
    {
        socket?.Dispose();
        framer.Dispose();
        framer = new();
    }

    public void Dispose() => Lose();
}
