using System.Buffers;
using System.Buffers.Text;

namespace Verdigris.Market.Fix;

/// <summary>What was found at the front of what has arrived.</summary>
enum FixFrame
{
    /// <summary>No whole message yet.</summary>
    None,
    /// <summary>A message whose length and check sum are right.</summary>
    Message,
    /// <summary>Something that is none and is ignored (FIX 4.4 volume 2, "garbled message").</summary>
    Garbled,
}

/// <summary>
/// Cuts a stream of bytes into messages. A message begins with <c>8=FIX</c>; its BodyLength leads to the check sum, and the message goes to the end of the first check sum field at or behind that place. It is garbled where that is not exactly the
/// place, where the sum is another, or where the third field is not MsgType. What it keeps is bounded by <see cref="MostBytes"/>: a longer message is garbled. Not thread-safe.
/// </summary>
sealed class FixFramer : IDisposable
{
    /// <summary>Of one message.</summary>
    public const int MostBytes = 64 << 10;

    const int FirstSize = 8 << 10;
    const byte Soh = 1;

    byte[] bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
    int begin, end;

    /// <summary>Bytes kept that are not yet a message.</summary>
    public int Waiting => end - begin;

    /// <summary>Where the next bytes go; <see cref="Added"/> says how many came.</summary>
    public Memory<byte> Space()
    {
        if (begin == end) begin = end = 0;
        if (end == bytes.Length)
        {
            if (begin > 0)
            {
                bytes.AsSpan(begin, Waiting).CopyTo(bytes);
            }
            else
            {
                var larger = ArrayPool<byte>.Shared.Rent(bytes.Length * 2);
                bytes.AsSpan(0, end).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(bytes);
                bytes = larger;
            }
            (begin, end) = (0, end - begin);
        }
        return bytes.AsMemory(end);
    }

    public void Added(int count) => end += count;

    /// <param name="message">Good until the next call of <see cref="Space"/>.</param>
    public FixFrame Next(out ReadOnlyMemory<byte> message)
    {
        message = default;
        var stream = bytes.AsSpan(begin, Waiting);
        var start = stream.IndexOf("8=FIX"u8);
        if (start < 0)
        {
            // The end may be the beginning of a message.
            Skip(Math.Max(0, Waiting - 4));
            return FixFrame.None;
        }
        if (start > 0)
        {
            Skip(start);
            stream = stream[start..];
        }
        var version = stream.IndexOf(Soh);
        if (version < 0 || stream.Length < version + 3) return version > 16 || Waiting > 32 ? Garbled(2) : FixFrame.None;
        if (version > 16 || stream[version + 1] != '9' || stream[version + 2] != '=') return Garbled(2);
        var lengthAt = version + 3;
        var lengthEnd = stream[lengthAt..].IndexOf(Soh);
        if (lengthEnd < 0) return Waiting - lengthAt > 8 ? Garbled(2) : FixFrame.None;
        if (!Utf8Parser.TryParse(stream.Slice(lengthAt, lengthEnd), out int length, out var used) || used != lengthEnd || length is < 1 or > MostBytes) return Garbled(2);
        var body = lengthAt + lengthEnd + 1;
        var sumAt = body + length;
        if (stream.Length < sumAt) return FixFrame.None;
        var found = stream[(sumAt - 1)..].IndexOf("\u000110="u8);
        if (found < 0) return Waiting > 2 * MostBytes ? Garbled(2) : FixFrame.None;
        var sum = sumAt - 1 + found + 4;
        var sumEnd = stream[sum..].IndexOf(Soh);
        if (sumEnd < 0) return Waiting - sum > 8 ? Garbled(2) : FixFrame.None;
        var frame = bytes.AsMemory(begin, sum + sumEnd + 1);
        Skip(frame.Length);
        if (found != 0 || sumEnd != 3 || !stream[body..].StartsWith("35="u8) || !FixFormats.Count(stream.Slice(sum, 3), out var given) || given != Sum(stream[..sumAt])) return FixFrame.Garbled;
        message = frame;
        return FixFrame.Message;
    }

    /// <summary>The sum of all bytes modulo 256.</summary>
    public static int Sum(ReadOnlySpan<byte> of)
    {
        uint sum = 0;
        foreach (var b in of) sum += b;
        return (int)(sum & 255);
    }

    public void Dispose()
    {
        if (bytes.Length == 0) return;
        ArrayPool<byte>.Shared.Return(bytes, clearArray: true); // a logon may still stand in it
        bytes = [];
        begin = end = 0;
    }

    FixFrame Garbled(int skip)
    {
        Skip(skip);
        return FixFrame.Garbled;
    }

    void Skip(int count) => begin += count;
}
