using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Verdigris.Server.Tests.Trading;

/// <summary>Follows a series over the feed and puts its frames together, as a member's program would: an increment has to fit on what is there.</summary>
sealed class Follower : IAsyncDisposable
{
    readonly CancellationTokenSource over = new();
    readonly Lock gate = new();
    readonly List<string> wrong = [];
    Task reading = Task.CompletedTask;
    long sequence;

    public string Bids { get; private set; } = "";
    public string Asks { get; private set; } = "";
    public string Phase { get; private set; } = "";
    public decimal DayLots { get; private set; }

    /// <summary>High, low and close of the day; null where there are none.</summary>
    public (decimal? High, decimal? Low, decimal? Close) Day { get; private set; }

    /// <summary>Trades that were taken back, as the frames told of them.</summary>
    public Dictionary<long, (decimal Price, long Lots, bool Timed)> TakenBack { get; } = [];

    /// <summary>Minutes that were corrected: lots and high of each.</summary>
    public Dictionary<string, (long Lots, decimal? High)> Minutes { get; } = [];

    /// <summary>Trades by their ids, in the order they came; one that comes twice is wrong.</summary>
    public List<long> Trades { get; } = [];

    public static Follower Events(Uri address, string series)
    {
        var follower = new Follower();
        follower.reading = follower.ReadEvents(address, series);
        return follower;
    }

    public static async Task<Follower> Socket(Uri address, string series)
    {
        var (follower, socket) = (new Follower(), new ClientWebSocket());
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/api/v1/market/feed/socket", Query = "series=" + Uri.EscapeDataString(series) }.Uri, default);
        follower.reading = follower.ReadSocket(socket);
        return follower;
    }

    public async Task Sees(Func<Follower, bool> done, string what)
    {
        for (var i = 0; i < 1_200; i++)
        {
            lock (gate)
            {
                Assert.Equal([], wrong);
                if (done(this)) return;
            }
            await Task.Delay(50);
        }
        Assert.Fail($"The feed never showed {what}: bids {Bids}, asks {Asks}, phase {Phase}, trades {Trades.Count}, lots {DayLots}.");
    }

    async Task ReadEvents(Uri address, string series)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = address };
            await using var stream = await http.GetStreamAsync("/api/v1/market/feed?series=" + Uri.EscapeDataString(series), over.Token);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            while (await reader.ReadLineAsync(over.Token) is { } line)
                if (line.StartsWith("data: ", StringComparison.Ordinal)) Take(line["data: ".Length..]);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException) { }
    }

    async Task ReadSocket(ClientWebSocket socket)
    {
        using var _ = socket;
        var buffer = new byte[256 * 1024];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult got;
                do
                {
                    got = await socket.ReceiveAsync(buffer.AsMemory(length), over.Token);
                    length += got.Count;
                }
                while (!got.EndOfMessage);
                if (got.MessageType == WebSocketMessageType.Close) return;
                Take(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException) { }
    }

    void Take(string text)
    {
        var frame = JsonDocument.Parse(text).RootElement;
        lock (gate)
        {
            var number = frame.GetProperty("sequence").GetInt64();
            if (frame.GetProperty("type").GetString() == "snapshot") Trades.Clear();
            else if (frame.GetProperty("after").GetInt64() != sequence) wrong.Add($"an increment after {frame.GetProperty("after")} came where {sequence} was");
            sequence = number;
            if (frame.TryGetProperty("phase", out var phase)) Phase = phase.GetString()!;
            if (frame.TryGetProperty("bids", out var bids)) Bids = Levels(bids);
            if (frame.TryGetProperty("asks", out var asks)) Asks = Levels(asks);
            if (frame.TryGetProperty("day", out var day)) (DayLots, Day) = (day.GetProperty("lots").GetDecimal(), (Price(day, "high"), Price(day, "low"), Price(day, "close")));
            foreach (var trade in All(frame, "trades").Select(t => t.GetProperty("trade").GetInt64()))
            {
                if (Trades.Contains(trade)) wrong.Add($"trade {trade} came twice");
                Trades.Add(trade);
            }
            foreach (var back in All(frame, "takenBack"))
            {
                Trades.Remove(back.GetProperty("trade").GetInt64());
                TakenBack[back.GetProperty("trade").GetInt64()] = (back.GetProperty("price").GetDecimal(), back.GetProperty("lots").GetInt64(), back.TryGetProperty("takenBackAt", out _));
            }
            foreach (var minute in All(frame, "candles")) Minutes[minute.GetProperty("start").GetString()!] = (minute.GetProperty("lots").GetInt64(), Price(minute, "high"));
        }
    }

    static IEnumerable<JsonElement> All(JsonElement frame, string name) => frame.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];

    static decimal? Price(JsonElement of, string name) => of.GetProperty(name) is { ValueKind: JsonValueKind.Number } price ? price.GetDecimal() : null;

    /// <summary>75x2 74.5x1: price and lots.</summary>
    static string Levels(JsonElement levels) => string.Join(" ", levels.EnumerateArray().Select(l => string.Create(CultureInfo.InvariantCulture, $"{l[0].GetDecimal() / 1.00m:0.##}x{l[1].GetInt64()}")));

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await reading;
        over.Dispose();
    }
}
