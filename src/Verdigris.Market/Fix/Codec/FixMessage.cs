using System.Text;
using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>Where a field stands.</summary>
enum FixPart : byte { Header, Body, Trailer }

/// <summary>A field of a message read.</summary>
/// <param name="Tag">0 or less where it is no tag of the standard; <see cref="FixMessage.NoTag"/> where it is no number.</param>
record struct FixField(int Tag, int Offset, int Length, FixPart Part, byte Depth);

/// <summary>
/// A message as fields over its own copy of the bytes. Reused for one message after the other; a message put by is a <see cref="Copy"/>. What <see cref="Value"/> and the others find are fields of the message itself, not those of entries of groups.
/// Not thread-safe.
/// </summary>
sealed class FixMessage
{
    public const int NoTag = int.MinValue;
    const byte Soh = 1;

    byte[] bytes = new byte[512];
    int length;
    FixField[] fields = new FixField[48];
    int count;

    public Span<FixField> Fields => fields.AsSpan(0, count);
    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, length);

    /// <summary>Null where the dictionary has no such message.</summary>
    public FixMessageType? Type { get; private set; }

    /// <summary>MsgType as it was sent.</summary>
    public ReadOnlySpan<byte> TypeText => Value(FixTag.MsgType);

    /// <summary>Its place in the sender's order; 0 where it has none.</summary>
    public long Sequence { get; private set; }

    public bool PossDup => Is(FixTag.PossDupFlag, 'Y');

    /// <summary>Takes a message apart.</summary>
    /// <param name="frame">Whole, ends with the separator.</param>
    public void Read(ReadOnlySpan<byte> frame, FixDictionary dictionary)
    {
        if (bytes.Length < frame.Length) bytes = new byte[Math.Max(frame.Length, bytes.Length * 2)];
        frame.CopyTo(bytes);
        (length, count) = (frame.Length, 0);
        var part = FixPart.Header;
        for (var at = 0; at < length;)
        {
            var rest = frame[at..];
            var equals = rest.IndexOf((byte)'=');
            var stop = rest.IndexOf(Soh);
            if (stop < 0) stop = rest.Length;
            if (equals < 0 || equals > stop)
            {
                Add(new(NoTag, at, stop, FixPart.Body, 0));
                at += stop + 1;
                continue;
            }
            var tag = TagOf(rest[..equals]);
            var size = stop - equals - 1;
            if (dictionary.Field(tag) is { Format: FixFormat.Data } data && DataLength(data.LengthTag, rest.Length - equals - 1, rest[(equals + 1)..]) is { } given) size = given;
            if (part < FixPart.Trailer && dictionary.Trailer.Has(tag)) part = FixPart.Trailer;
            else if (part == FixPart.Header && !dictionary.Header.Has(tag)) part = FixPart.Body;
            Add(new(tag, at + equals + 1, size, part, 0));
            at += equals + size + 2;
        }
        Type = dictionary.Message(TypeText);
        Sequence = Count(FixTag.MsgSeqNum) ?? 0;
    }

    /// <summary>A copy that stays what it is.</summary>
    public FixMessage Copy() => new() { bytes = bytes[..length], length = length, fields = fields[..count], count = count, Type = Type, Sequence = Sequence };

    public bool Has(int tag) => IndexOf(tag) >= 0;

    /// <summary>Empty where there is none.</summary>
    public ReadOnlySpan<byte> Value(int tag) => IndexOf(tag) is >= 0 and var i ? Value(fields[i]) : [];

    public ReadOnlySpan<byte> Value(FixField field) => bytes.AsSpan(field.Offset, field.Length);

    public bool Is(int tag, char value) => Value(tag) is [var only] && only == value;

    /// <summary>The value of a field of one character, or 0.</summary>
    public char Char(int tag) => Value(tag) is [var only, ..] ? (char)only : '\0';

    /// <summary>In Latin 1, which loses no byte; null where there is none.</summary>
    public string? Text(int tag) => IndexOf(tag) is >= 0 and var i ? Encoding.Latin1.GetString(Value(fields[i])) : null;

    public long? Count(int tag) => FixFormats.Count(Value(tag), out var number) ? number : null;

    public decimal? Number(int tag) => FixFormats.Number(Value(tag), out var number) ? number : null;

    public Instant? Time(int tag) => FixFormats.Timestamp(Value(tag), out var time) ? time : null;

    public LocalDate? Date(int tag) => FixFormats.Date(Value(tag), out var year, out var month, out var day) ? new LocalDate(year, month, day) : null;

    /// <summary>Values of one field in the entries of a group, in their order. The dictionary has been asked before: see <see cref="FixValidator"/>.</summary>
    /// <param name="tag">A field of the entries themselves, not of groups inside.</param>
    public IEnumerable<string> InGroup(int group, int tag)
    {
        var at = IndexOf(group);
        if (at < 0) yield break;
        var depth = fields[at].Depth;
        for (var i = at + 1; i < count && fields[i].Depth > depth; i++)
            if (fields[i].Tag == tag && fields[i].Depth == depth + 1) yield return Encoding.Latin1.GetString(Value(fields[i]));
    }

    public override string ToString() => Encoding.Latin1.GetString(Bytes).Replace('\u0001', '|');

    int IndexOf(int tag)
    {
        for (var i = 0; i < count; i++)
            if (fields[i].Tag == tag && fields[i].Depth == 0) return i;
        return -1;
    }

    // The field right before says how long the data is; a length that leads elsewhere than to a separator is not believed.
    int? DataLength(int lengthTag, int room, ReadOnlySpan<byte> rest) =>
        count > 0 && fields[count - 1].Tag == lengthTag && FixFormats.Count(Value(fields[count - 1]), out var given) && given < room && rest[(int)given] == Soh ? (int)given : null;

    static int TagOf(ReadOnlySpan<byte> text) => text.Length <= 9 && FixFormats.Whole(text, out var tag) ? (int)tag : NoTag;

    void Add(FixField field)
    {
        if (count == fields.Length) Array.Resize(ref fields, count * 2);
        fields[count++] = field;
    }
}
