using System.Globalization;
using System.Text;
using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>A message to be sent, without what the session puts in front of it.</summary>
/// <param name="Body">Fields of the body, separators included.</param>
/// <param name="Routing">Fields of the header that are the message's own, in ascending order; empty for most.</param>
/// <param name="Keep">Whether it is sent again when asked for; what is stale by then is passed over.</param>
sealed record FixOut(string Type, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Routing = default, bool Keep = true);

/// <summary>Writes fields one after the other. Callers write them in ascending order, entries of a group behind their counter. Not thread-safe.</summary>
sealed class FixBody
{
    const byte Soh = 1;

    byte[] bytes = new byte[256];
    int length;

    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

    public FixOut As(string type) => new(type, Bytes.ToArray());

    public FixBody Add(int tag, ReadOnlySpan<byte> value)
    {
        Tag(tag, value.Length);
        value.CopyTo(bytes.AsSpan(length));
        length += value.Length;
        return End();
    }

    /// <summary>What has no place in Latin 1 becomes a question mark, what would end the field a space; nothing where there is no text.</summary>
    public FixBody Add(int tag, string? value)
    {
        if (string.IsNullOrEmpty(value)) return this;
        Tag(tag, value.Length);
        var written = Encoding.Latin1.GetBytes(value, bytes.AsSpan(length));
        foreach (ref var b in bytes.AsSpan(length, written)) if (b < 32) b = 32;
        length += written;
        return End();
    }

    public FixBody Add(int tag, char value) => Add(tag, [(byte)value]);

    public FixBody Add(int tag, bool value) => Add(tag, value ? 'Y' : 'N');

    public FixBody Add(int tag, long value)
    {
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out var written, default, CultureInfo.InvariantCulture);
        return Add(tag, text[..written]);
    }

    /// <summary>Nothing where there is no number.</summary>
    public FixBody Add(int tag, decimal? value)
    {
        if (value is not { } number) return this;
        Span<byte> text = stackalloc byte[32];
        number.TryFormat(text, out var written, default, CultureInfo.InvariantCulture);
        return Add(tag, text[..written]);
    }

    public FixBody Add(int tag, Instant value)
    {
        Span<byte> text = stackalloc byte[21];
        return Add(tag, text[..FixFormats.WriteTimestamp(value, text)]);
    }

    public FixBody Add(int tag, LocalDate value) => Add(tag, string.Create(CultureInfo.InvariantCulture, $"{value.Year:0000}{value.Month:00}{value.Day:00}"));

    /// <summary>Fields that are written already.</summary>
    public FixBody Raw(ReadOnlySpan<byte> fields)
    {
        Room(fields.Length);
        fields.CopyTo(bytes.AsSpan(length));
        length += fields.Length;
        return this;
    }

    void Tag(int tag, int value)
    {
        Room(value + 14);
        tag.TryFormat(bytes.AsSpan(length), out var written, default, CultureInfo.InvariantCulture);
        length += written;
        bytes[length++] = (byte)'=';
    }

    FixBody End()
    {
        bytes[length++] = Soh;
        return this;
    }

    void Room(int more)
    {
        if (length + more > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + more));
    }

    internal void Clear() => length = 0;
}

/// <summary>Puts messages into bytes: header in ascending order behind its first three fields, length and check sum. Not thread-safe.</summary>
sealed class FixEncoder(string sender, string target)
{
    readonly FixBody inner = new();

    /// <param name="sent">When it was sent first, where this is a repeat; the message then says so.</param>
    public byte[] Encode(FixOut message, long sequence, Instant now, Instant? sent = null)
    {
        inner.Clear();
        inner.Add(FixTag.MsgType, message.Type).Add(FixTag.MsgSeqNum, sequence);
        if (sent is not null) inner.Add(FixTag.PossDupFlag, true);
        inner.Add(FixTag.SenderCompID, sender).Add(FixTag.SendingTime, now).Add(FixTag.TargetCompID, target);
        var routing = message.Routing.Span;
        var before = sent is null ? routing.Length : Before(routing, FixTag.OrigSendingTime);
        inner.Raw(routing[..before]);
        if (sent is { } first) inner.Add(FixTag.OrigSendingTime, first);
        inner.Raw(routing[before..]).Raw(message.Body.Span);
        var body = inner.Bytes;
        Span<byte> head = stackalloc byte[24];
        "8=FIX.4.4\u00019="u8.CopyTo(head);
        body.Length.TryFormat(head[12..], out var digits, default, CultureInfo.InvariantCulture);
        head[12 + digits] = 1;
        head = head[..(13 + digits)];
        var bytes = new byte[head.Length + body.Length + 7];
        head.CopyTo(bytes);
        body.CopyTo(bytes.AsSpan(head.Length));
        var sum = FixFramer.Sum(bytes.AsSpan(0, bytes.Length - 7));
        "10="u8.CopyTo(bytes.AsSpan(bytes.Length - 7));
        for (var i = 2; i >= 0; i--, sum /= 10) bytes[bytes.Length - 4 + i] = (byte)('0' + sum % 10);
        bytes[^1] = 1;
        return bytes;
    }

    // Where the first field stands whose tag is not smaller.
    static int Before(ReadOnlySpan<byte> fields, int tag)
    {
        for (var at = 0; at < fields.Length;)
        {
            var equals = fields[at..].IndexOf((byte)'=');
            if (FixFormats.Count(fields.Slice(at, equals), out var found) && found >= tag) return at;
            at += fields[at..].IndexOf((byte)1) + 1;
        }
        return fields.Length;
    }
}
