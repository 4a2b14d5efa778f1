using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Verdigris.Bench.Load;

/// <summary>
/// A bounded HTTP/1.1 load generator on raw sockets, so that the generator costs as little as it can on the processors it shares with
/// the server. Loopback only. One request in flight a connection; every response is read whole and its status counted.
/// </summary>
sealed class HttpLoad(int port, IReadOnlyList<byte[]> requests)
{
    /// <summary>Bytes of one GET request, ready to send.</summary>
    public static byte[] Get(string path, string? bearer = null, string? cookie = null)
    {
        var text = new StringBuilder($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n");
        if (bearer is not null) text.Append("Authorization: Bearer ").Append(bearer).Append("\r\n");
        if (cookie is not null) text.Append("Cookie: ").Append(cookie).Append("\r\n");
        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>Bytes of one POST request with a JSON body, ready to send.</summary>
    /// <param name="headers">Each as <c>Name: value</c>.</param>
    public static byte[] Post(string path, string json, params IEnumerable<string> headers)
    {
        var text = new StringBuilder($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n");
        foreach (var header in headers) text.Append(header).Append("\r\n");
        return Encoding.UTF8.GetBytes(text.Append("\r\n").Append(json).ToString());
    }

    /// <param name="connections">Sockets, each sending its next request when the last is answered.</param>
    /// <param name="pacePerSecond">Total rate to hold (open loop a connection: lateness counts as latency), or 0 for as fast as it goes.</param>
    /// <param name="once">Ends sooner, when every request was sent once.</param>
    public async Task<LoadResult> Run(int connections, TimeSpan duration, int pacePerSecond = 0, bool once = false)
    {
        var stop = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var started = Stopwatch.GetTimestamp();
        var workers = await Task.WhenAll(Enumerable.Range(0, connections).Select(n => Task.Run(() => Worker(n, connections, stop, pacePerSecond, once ? (requests.Count - n + connections - 1) / connections : long.MaxValue))));
        var elapsed = Stopwatch.GetElapsedTime(started);
        var latencies = new Latencies();
        long ok = 0, other = 0, bytes = 0;
        foreach (var w in workers) { latencies.Add(w.Latencies); ok += w.Ok; other += w.Other; bytes += w.Bytes; }
        return new LoadResult(ok, other, bytes, elapsed, latencies);
    }

    sealed record WorkerResult(Latencies Latencies, long Ok, long Other, long Bytes);

    async Task<WorkerResult> Worker(int number, int connections, long stop, int pacePerSecond, long most)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var buffer = new byte[64 * 1024];
        var latencies = new Latencies();
        long ok = 0, other = 0, bytes = 0, sent = 0;
        var next = number % requests.Count;
        var interval = pacePerSecond == 0 ? 0 : (long)((double)Stopwatch.Frequency * connections / pacePerSecond);
        var due = Stopwatch.GetTimestamp() + interval * number / Math.Max(1, connections);
        while (sent < most)
        {
            var begin = Stopwatch.GetTimestamp();
            if (interval > 0)
            {
                var wait = due - begin;
                if (wait > 0) { await Task.Delay(TimeSpan.FromSeconds((double)wait / Stopwatch.Frequency)); }
                begin = due;
                due += interval;
            }
            if (Stopwatch.GetTimestamp() >= stop) break;
            await socket.SendAsync(requests[next]);
            next = (next + connections) % requests.Count;
            var (status, length) = await ReadResponse(socket, buffer);
            bytes += length;
            if (status is >= 200 and < 300) ok++; else other++;
            // The timer's granularity (about 1 ms) is not the server's lateness: in paced runs only the time after sending is its own.
            latencies.Record(Stopwatch.GetTimestamp() - begin);
            sent++;
        }
        return new WorkerResult(latencies, ok, other, bytes);
    }

    static async ValueTask<(int Status, int Bytes)> ReadResponse(Socket socket, byte[] buffer)
    {
        int filled = 0, headerEnd = -1, total = -1, status = 0;
        while (total < 0 || filled < total)
        {
            // A body larger than the buffer is counted and thrown away.
            if (filled == buffer.Length) { total -= filled; filled = 0; }
            var n = await socket.ReceiveAsync(buffer.AsMemory(filled));
            if (n == 0) throw new IOException("The server closed the connection in the middle of a response.");
            filled += n;
            if (headerEnd >= 0) continue;
            headerEnd = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (headerEnd < 0) continue;
            var head = buffer.AsSpan(0, headerEnd);
            status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
            var at = head.IndexOf("Content-Length: "u8);
            if (at < 0) throw new IOException($"The load generator reads only responses with a Content-Length: {Encoding.ASCII.GetString(buffer, 0, Math.Min(filled, 1_000))}");
            var length = 0;
            for (var i = at + 16; i < head.Length && head[i] is >= (byte)'0' and <= (byte)'9'; i++) length = length * 10 + head[i] - '0';
            total = headerEnd + 4 + length;
        }
        return (status, total);
    }
}

/// <param name="Other">Responses with a status outside 2xx.</param>
sealed record LoadResult(long Ok, long Other, long Bytes, TimeSpan Elapsed, Latencies Latencies)
{
    public double PerSecond => (Ok + Other) / Elapsed.TotalSeconds;
}
