using System.Globalization;
using System.Text;
using Verdigris.Primitives;

namespace Verdigris.Registry.Credits.Serials;

/// <summary>
/// How one registry prints serial numbers: a pattern of fixed text and named parts, <c>ACR-{country:cc}-{project:n}-{start} to {end}</c>. The same pattern reads and writes. A part that stands twice must be the same both times.
/// Immutable, thread-safe.
/// </summary>
public sealed class SerialGrammar
{
    /// <summary>Largest number of a unit within its series.</summary>
    public const long LargestUnit = 9_999_999_999;

    const string Start = "start", End = "end";

    /// <param name="Name">Null for fixed text, which is then <paramref name="Word"/>; else the part, of the class <paramref name="Word"/>.</param>
    sealed record Piece(string? Name, string Word);

    readonly List<Piece> pieces = [];
    readonly List<string> names = [];
    readonly int[] series;

    /// <param name="pattern">Classes: n digits, cc two capitals, l capitals (may be none), w letters and digits, x letters, digits and underscores, yyyy a year, day ddmmyyyy, 01 a flag.</param>
    /// <param name="series">Parts that tell one run of counting from another.</param>
    /// <exception cref="FormatException">The pattern is not right.</exception>
    public SerialGrammar(string name, string programme, string unit, string pattern, IReadOnlyList<string> series, string example)
    {
        Name = name;
        Programme = programme;
        Unit = unit;
        Pattern = pattern;
        Example = example;
        var at = 0;
        while (at < pattern.Length)
        {
            var open = pattern.IndexOf('{', at);
            if (open != at) pieces.Add(new(null, open < 0 ? pattern[at..] : pattern[at..open]));
            if (open < 0) break;
            var close = pattern.IndexOf('}', open);
            if (close < 0) throw new FormatException($"The pattern of {name} has a brace without an end.");
            var inside = pattern[(open + 1)..close].Split(':');
            var kind = inside.Length == 2 ? inside[1] : "n";
            if (kind is not ("n" or "cc" or "l" or "w" or "x" or "yyyy" or "day" or "01")) throw new FormatException($"The pattern of {name} names the class '{kind}', which there is not.");
            pieces.Add(new(inside[0], kind));
            if (inside[0] is not (Start or End) && !names.Contains(inside[0])) names.Add(inside[0]);
            at = close + 1;
        }
        HasRange = pieces.Any(p => p.Name == Start);
        if (HasRange != pieces.Any(p => p.Name == End)) throw new FormatException($"The pattern of {name} has one end of the range only.");
        this.series = [.. series.Where(s => s.Length > 0).Select(s => names.IndexOf(s))];
        if (this.series.Contains(-1)) throw new FormatException($"The series of {name} names a part its pattern does not have.");
    }

    public string Name { get; }
    public string Programme { get; }
    public string Unit { get; }
    public string Pattern { get; }
    public string Example { get; }

    /// <summary>False where the registry prints first and last unit beside the serial number.</summary>
    public bool HasRange { get; }

    /// <summary>Named parts in the order they are printed, without the range.</summary>
    public IReadOnlyList<string> Names => names;

    internal int IndexOf(string part) => names.IndexOf(part);

    internal string SeriesOf(IReadOnlyList<string> parts) => series.Length == 1 ? parts[series[0]] : string.Join('-', series.Select(i => parts[i]));

    /// <summary>Takes a text apart.</summary>
    /// <param name="reached">How far the text fits, in characters, and the piece that does not: what a refusal shows.</param>
    /// <returns>Null where the text is not of this grammar.</returns>
    public SerialBlock? Read(string text, out int reached, out string expected)
    {
        var parts = new string?[names.Count];
        long first = 0, last = 0;
        reached = 0;
        expected = "";
        foreach (var piece in pieces)
        {
            if (piece.Name is null)
            {
                if (string.CompareOrdinal(text, reached, piece.Word, 0, piece.Word.Length) != 0)
                {
                    expected = $"'{piece.Word}'";
                    return null;
                }
                reached += piece.Word.Length;
                continue;
            }
            var length = Length(text, reached, piece.Word);
            var word = length < 0 ? null : text.Substring(reached, length);
            var index = names.IndexOf(piece.Name);
            if (word is null || (index >= 0 && parts[index] is { } before && before != word))
            {
                expected = index >= 0 && parts[index] is { } same ? $"{piece.Name} {same}" : $"{piece.Name} ({Describe(piece.Word)})";
                return null;
            }
            if (index >= 0) parts[index] = word;
            else if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > LargestUnit || word[0] == '0')
            {
                expected = $"{piece.Name} (1-{LargestUnit})";
                return null;
            }
            else if (piece.Name == Start) first = number;
            else last = number;
            reached += length;
        }
        if (reached != text.Length)
        {
            expected = "";
            return null;
        }
        if (HasRange && last < first)
        {
            expected = $"end >= {first.ToString(CultureInfo.InvariantCulture)}";
            return null;
        }
        return new(this, parts!, HasRange ? new SerialRange(first, last) : null);
    }

    /// <summary>Puts the parts together again.</summary>
    /// <exception cref="ArgumentException">Another number of parts, or a range too many or too few.</exception>
    public string Write(IReadOnlyList<string> parts, SerialRange? range)
    {
        if (parts.Count != names.Count) throw new ArgumentException($"{Name} has {names.Count} parts, not {parts.Count}.", nameof(parts));
        // A grammar without a range writes the serial number alone, and the range stands beside it.
        if (HasRange && range is null) throw new ArgumentException($"{Name} needs a range.", nameof(range));
        var text = new StringBuilder();
        foreach (var piece in pieces)
        {
            text.Append(piece.Name switch
            {
                null => piece.Word,
                Start => range!.Value.First.ToString(CultureInfo.InvariantCulture),
                End => range!.Value.Last.ToString(CultureInfo.InvariantCulture),
                _ => parts[names.IndexOf(piece.Name)],
            });
        }
        return text.ToString();
    }

    /// <summary>A block made of named parts; <c>credits.serial-part</c> where one is missing or cannot be printed.</summary>
    public Answer<SerialBlock> Make(IReadOnlyDictionary<string, string> values, SerialRange? range)
    {
        var missing = names.Where(n => values.GetValueOrDefault(n) is not { } v || Length(v, 0, pieces.First(p => p.Name == n).Word) != v.Length).ToList();
        if (missing.Count > 0) return missing.Select(n => Refusal.Of("credits.serial-part", n, ("part", n), ("expected", Describe(pieces.First(p => p.Name == n).Word)))).ToList();
        return new SerialBlock(this, [.. names.Select(n => values[n])], HasRange ? range ?? throw new ArgumentException("A range is needed.", nameof(range)) : null);
    }

    /// <summary>How many characters from a place on are of a class; -1 where too few are.</summary>
    static int Length(string text, int from, string kind)
    {
        var at = from;
        while (at < text.Length && Fits(text[at], kind)) at++;
        var length = at - from;
        return kind switch
        {
            "cc" => length >= 2 ? 2 : -1,
            "yyyy" => length >= 4 ? 4 : -1,
            "01" => length >= 1 && text[from] is '0' or '1' ? 1 : -1,
            "day" => length >= 8 && IsDay(text.AsSpan(from, 8)) ? 8 : -1,
            "l" => length,
            _ => length > 0 ? length : -1,
        };
    }

    static bool Fits(char c, string kind) => kind switch
    {
        "cc" or "l" => char.IsAsciiLetterUpper(c),
        "w" => char.IsAsciiLetterOrDigit(c),
        "x" => char.IsAsciiLetterOrDigit(c) || c == '_',
        _ => char.IsAsciiDigit(c),
    };

    static bool IsDay(ReadOnlySpan<char> text)
    {
        static int Number(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        var (day, month, year) = (Number(text[..2]), Number(text[2..4]), Number(text[4..]));
        return year is >= 1900 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= NodaTime.CalendarSystem.Iso.GetDaysInMonth(year, month);
    }

    static string Describe(string kind) => kind switch { "cc" => "AA", "l" => "A…", "w" => "A-Z0-9", "x" => "A-Z0-9_", "yyyy" => "YYYY", "day" => "DDMMYYYY", "01" => "0|1", _ => "0-9" };
}
