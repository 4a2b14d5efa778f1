using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Verdigris.Primitives;

/// <summary>
/// One byte form of a JSON value, for signatures and hashes: RFC 8785 for the JSON this product makes. Names sorted by UTF-16 code unit, no blanks, shortest
/// escapes, UTF-8. Numbers are kept decimal and must be ones that RFC 8785 (which goes through binary doubles) writes alike: at most 15 significant
/// digits and either zero or from 1e-6 to below 1e21 in size; other numbers travel as strings.
/// </summary>
public static class CanonicalJson
{
    /// <exception cref="ArgumentException">A name twice in one object, a lone surrogate, or a number outside the range above.</exception>
    public static byte[] Write(JsonElement value)
    {
        var text = new StringBuilder();
        try { Append(text, value); }
        catch (InvalidOperationException fault) { throw new ArgumentException("A string holds half of a surrogate pair.", nameof(value), fault); }
        try { return new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text.ToString()); }
        catch (EncoderFallbackException fault) { throw new ArgumentException("A string holds half of a surrogate pair.", nameof(value), fault); }
    }

    /// <summary>Parses and writes again.</summary>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static byte[] Write(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        if (reader.Read()) throw new JsonException("More than one value.");
        return Write(document.RootElement);
    }

    static void Append(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = value.EnumerateObject().Select(m => (m.Name, m.Value)).ToList();
                members.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
                text.Append('{');
                for (var i = 0; i < members.Count; i++)
                {
                    if (i > 0)
                    {
                        if (members[i].Name == members[i - 1].Name) throw new ArgumentException($"The name '{members[i].Name}' stands twice in one object.");
                        text.Append(',');
                    }
                    AppendString(text, members[i].Name);
                    text.Append(':');
                    Append(text, members[i].Value);
                }
                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    if (!first) text.Append(',');
                    first = false;
                    Append(text, item);
                }
                text.Append(']');
                break;
            case JsonValueKind.String: AppendString(text, value.GetString()!); break;
            case JsonValueKind.Number: AppendNumber(text, value.GetRawText()); break;
            case JsonValueKind.True: text.Append("true"); break;
            case JsonValueKind.False: text.Append("false"); break;
            case JsonValueKind.Null: text.Append("null"); break;
            default: throw new ArgumentException("Not a JSON value.");
        }
    }

    static void AppendNumber(StringBuilder text, string raw)
    {
        if (!DecimalText.TryRead(raw, out var value)) throw new ArgumentException($"The number {raw} has no exact decimal form here; write it as a string.");
        value = DecimalText.Trim(value);
        if (value == 0) { text.Append('0'); return; }
        var written = Math.Abs(value).ToString(CultureInfo.InvariantCulture);
        var significant = written.Replace(".", "", StringComparison.Ordinal).Trim('0').Length;
        if (significant > 15 || Math.Abs(value) is < 0.000001m or >= 1e21m) throw new ArgumentException($"The number {raw} is outside what is written alike everywhere; write it as a string.");
        if (value < 0) text.Append('-');
        text.Append(written);
    }

    static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\b': text.Append("\\b"); break;
                case '\t': text.Append("\\t"); break;
                case '\n': text.Append("\\n"); break;
                case '\f': text.Append("\\f"); break;
                case '\r': text.Append("\\r"); break;
                case < ' ': text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: text.Append(c); break;
            }
        }
        text.Append('"');
    }
}
