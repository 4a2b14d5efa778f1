using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Verdigris.Market.Fix;

/// <summary>What a field's value looks like.</summary>
enum FixFormat : byte { Text, Char, Whole, Count, Number, Boolean, Words, Timestamp, Date, Time, MonthYear, Data }

/// <summary>A field as the dictionary has it.</summary>
/// <param name="LengthTag">For data, the field before it that says how many bytes it has; else 0.</param>
/// <param name="Values">Allowed values; empty where any is.</param>
sealed record FixFieldType(int Tag, string Name, FixFormat Format, int LengthTag, IReadOnlyList<byte[]> Values)
{
    /// <summary>Whether a value is one of <see cref="Values"/>; of several words, each must be.</summary>
    public bool Allows(ReadOnlySpan<byte> value)
    {
        if (Values.Count == 0) return true;
        if (Format != FixFormat.Words) return Has(value);
        foreach (var range in value.Split((byte)' ')) if (!Has(value[range])) return false;
        return true;
    }

    bool Has(ReadOnlySpan<byte> value)
    {
        foreach (var allowed in Values) if (value.SequenceEqual(allowed)) return true;
        return false;
    }
}

/// <summary>Which fields stand in a message, a header or an entry of a group, which of them must, and which begin groups.</summary>
sealed class FixShape
{
    readonly ulong[] allowed = new ulong[FixDictionary.Tags / 64];
    readonly Dictionary<int, FixShape> groups = [];
    readonly List<int> required = [];

    /// <summary>The first field of an entry, where this is a group's.</summary>
    public int Delimiter { get; private set; }

    /// <summary>Tags in ascending order.</summary>
    public IReadOnlyList<int> Required => required;

    public bool Has(int tag) => tag is >= 0 and < FixDictionary.Tags && (allowed[tag >> 6] & (1UL << (tag & 63))) != 0;

    /// <summary>The entries that a field counts, or null where it counts none.</summary>
    public FixShape? Group(int tag) => groups.Count == 0 ? null : groups.GetValueOrDefault(tag);

    /// <summary>Reads items as the table writes them: <c>11! 453(448! 447)</c>. An exclamation mark says needed, brackets hold a group's entry.</summary>
    /// <exception cref="FormatException">They are not like that.</exception>
    public static FixShape Read(ReadOnlySpan<char> items)
    {
        var at = 0;
        var shape = Read(items, ref at);
        return at == items.Length ? shape : throw new FormatException($"A bracket too many in the FIX dictionary: {items}");
    }

    static FixShape Read(ReadOnlySpan<char> items, ref int at)
    {
        var shape = new FixShape();
        while (at < items.Length && items[at] != ')')
        {
            if (items[at] == ' ')
            {
                at++;
                continue;
            }
            var begin = at;
            while (at < items.Length && char.IsAsciiDigit(items[at])) at++;
            var tag = int.Parse(items[begin..at], NumberStyles.None, CultureInfo.InvariantCulture);
            if (shape.Delimiter == 0) shape.Delimiter = tag;
            shape.allowed[tag >> 6] |= 1UL << (tag & 63);
            if (at < items.Length && items[at] == '!')
            {
                shape.required.Add(tag);
                at++;
            }
            if (at >= items.Length || items[at] != '(') continue;
            at++;
            shape.groups[tag] = Read(items, ref at);
            at++;
        }
        shape.required.Sort();
        return shape;
    }
}

/// <summary>A type of message.</summary>
/// <param name="Admin">Belongs to the session; else to the application.</param>
sealed record FixMessageType(string Type, string Name, bool Admin, FixShape Body);

/// <summary>
/// FIX 4.4 as a table (<c>data/fix/fix44.txt</c>, made from a published dictionary): a line <c>F</c> a field with number, name, format and allowed values, <c>H</c> and <c>T</c> the header and the trailer, <c>M</c> a message. Immutable.
/// </summary>
sealed class FixDictionary
{
    /// <summary>Fields of the standard have smaller numbers; the largest of 4.4 is 956.</summary>
    public const int Tags = 1024;

    readonly FixFieldType?[] fields = new FixFieldType?[Tags];
    readonly FrozenDictionary<string, FixMessageType> messages;
    readonly FrozenDictionary<string, FixMessageType>.AlternateLookup<ReadOnlySpan<char>> byType;

    FixDictionary(IEnumerable<string> lines)
    {
        var found = new Dictionary<string, FixMessageType>();
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            switch (words[0])
            {
                case "F": Field(words); break;
                case "H": Header = FixShape.Read(line.AsSpan(2)); break;
                case "T": Trailer = FixShape.Read(line.AsSpan(2)); break;
                case "M": found[words[1]] = new(words[1], words[3], words[2] == "admin", FixShape.Read(line.AsSpan(Math.Min(line.Length, 5 + words[1].Length + words[2].Length + words[3].Length)))); break;
                default: throw new FormatException($"No line of a FIX dictionary: {line}");
            }
        }
        messages = found.ToFrozenDictionary();
        byType = messages.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public FixShape Header { get; private set; } = new();
    public FixShape Trailer { get; private set; } = new();
    public IEnumerable<FixMessageType> Messages => messages.Values;

    /// <summary>The table of a data folder.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static FixDictionary Read(string dataFolder) => new(File.ReadLines(Path.Combine(dataFolder, "fix", "fix44.txt")));

    public FixFieldType? Field(int tag) => tag is >= 0 and < Tags ? fields[tag] : null;

    public FixMessageType? Message(ReadOnlySpan<byte> type)
    {
        if (type.Length is 0 or > 4) return null;
        Span<char> text = stackalloc char[4];
        return byType.TryGetValue(text[..Encoding.Latin1.GetChars(type, text)], out var message) ? message : null;
    }

    void Field(string[] words)
    {
        var tag = int.Parse(words[1], NumberStyles.None, CultureInfo.InvariantCulture);
        var format = words[3].Split(':');
        fields[tag] = new(tag, words[2], FormatOf(format[0]), format.Length > 1 ? int.Parse(format[1], NumberStyles.None, CultureInfo.InvariantCulture) : 0, [.. words.Skip(4).Select(Encoding.ASCII.GetBytes)]);
    }

    static FixFormat FormatOf(string type) => type switch
    {
        "CHAR" => FixFormat.Char,
        "INT" => FixFormat.Whole,
        "LENGTH" or "NUMINGROUP" or "SEQNUM" => FixFormat.Count,
        "AMT" or "FLOAT" or "PERCENTAGE" or "PRICE" or "PRICEOFFSET" or "QTY" => FixFormat.Number,
        "BOOLEAN" => FixFormat.Boolean,
        "MULTIPLEVALUESTRING" => FixFormat.Words,
        "UTCTIMESTAMP" => FixFormat.Timestamp,
        "UTCDATEONLY" or "LOCALMKTDATE" => FixFormat.Date,
        "UTCTIMEONLY" => FixFormat.Time,
        "MONTHYEAR" => FixFormat.MonthYear,
        "DATA" => FixFormat.Data,
        _ => FixFormat.Text,
    };
}
