using System.Net.Sockets;

namespace Verdigris.Market.Fix;

/// <summary>A network connection: reads messages off it, writes to it with patience for a slow reader, and ends it so that what was said last arrives. Written to by one at a time.</summary>
sealed class FixLink(Socket socket, Stream stream, TimeProvider time) : IFixLink, IDisposable
{
    static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(10), ClosePatience = TimeSpan.FromSeconds(2);

    readonly FixFramer framer = new();
    readonly CancellationTokenSource ended = new();
    int closing;

    public string From { get; } = socket.RemoteEndPoint?.ToString() ?? "";

    /// <summary>Why it was closed from this side; null where it was not.</summary>
    public string? Why { get; private set; }

    /// <summary>Cancelled when the connection is over.</summary>
    public CancellationToken Ended => ended.Token;

    /// <returns>The next message as a copy; empty where something garbled was passed over; null at the end.</returns>
    public async ValueTask<byte[]?> Read(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                switch (framer.Next(out var message))
                {
                    case FixFrame.Message: return message.ToArray();
                    case FixFrame.Garbled: return [];
                }
                var count = await stream.ReadAsync(framer.Space(), ct);
                if (count == 0) return null;
                framer.Added(count);
            }
        }
        catch (Exception e) when (IsNetwork(e))
        {
            return null;
        }
    }

    public async ValueTask Send(ReadOnlyMemory<byte> bytes)
    {
        if (ended.IsCancellationRequested) return;
        using var patience = new CancellationTokenSource(WritePatience, time);
        try
        {
            await stream.WriteAsync(bytes, patience.Token);
            await stream.FlushAsync(patience.Token);
        }
        catch (Exception e) when (IsNetwork(e))
        {
            Close(patience.IsCancellationRequested ? "too slow to read" : "the connection broke");
        }
    }

    /// <summary>Says that nothing more comes, and gives the other side a moment to read what came last: a connection closed on unread bytes would take that away from it.</summary>
    public void Close(string why)
    {
        if (Interlocked.Exchange(ref closing, 1) != 0) return;
        Why = why;
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsNetwork(e))
        {
            // It is over already.
        }
        ended.CancelAfter(ClosePatience);
    }

    public void Dispose()
    {
        if (!ended.IsCancellationRequested) ended.Cancel();
        stream.Dispose();
        socket.Dispose();
        framer.Dispose();
    }

    internal static bool IsNetwork(Exception e) => e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or System.Security.Authentication.AuthenticationException or InvalidOperationException;
}
