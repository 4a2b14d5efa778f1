using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace Verdigris.Storage;

/// <summary>How documents look as <c>jsonb</c>: camel case, enumerations by name, times in RFC 3339 with any offset and written in UTC, quantities as exact decimals.</summary>
public static class StorageJson
{
    public static JsonSerializerOptions Options { get; } = Make();

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <exception cref="JsonException">The text is not a <typeparamref name="T"/>.</exception>
    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException($"null is no {typeof(T).Name}.");

    static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // stored, never put into a page unescaped
            NumberHandling = JsonNumberHandling.Strict,
            // Which of two quantities was meant nobody can say: the last is not taken for it.
            AllowDuplicateProperties = false,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.Converters.Add(new InstantConverter());
        options.Converters.Add(new PatternConverter<LocalDate>(LocalDatePattern.Iso));
        options.Converters.Add(new PatternConverter<LocalTime>(LocalTimePattern.ExtendedIso));
        options.Converters.Add(new UInt128Converter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    sealed class PatternConverter<T>(IPattern<T> pattern) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && pattern.Parse(reader.GetString()!) is { Success: true } parsed ? parsed.Value
            : throw new JsonException($"This is no {typeof(T).Name} in ISO 8601.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(pattern.Format(value));
    }

    /// <summary>A moment as RFC 3339 has it: with any offset, or Z, since without one it would be no moment. Kept and written in UTC.</summary>
    sealed class InstantConverter : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Rfc3339(reader.GetString()!) is { } instant ? instant : throw new JsonException("This is no time in RFC 3339 with an offset.");

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) => writer.WriteStringValue(InstantPattern.ExtendedIso.Format(value));

        static Instant? Rfc3339(string text)
        {
            // RFC 3339, 5.6: T and Z may be in lower case; 4.3: -00:00 is UTC whose local offset nobody knows.
            var upper = text.ToUpperInvariant();
            if (upper.EndsWith("-00:00", StringComparison.Ordinal)) upper = upper[..^6] + "Z";
            if (OffsetDateTimePattern.Rfc3339.Parse(upper) is not { Success: true, Value: var given }) return null;
            // At the edge of the calendar the same moment in UTC may lie outside of it.
            return given.Year is > 1 and < 9999 ? given.ToInstant() : null;
        }
    }

    /// <summary>A 128-bit id of the Book, written as the GUID of the same bits.</summary>
    sealed class UInt128Converter : JsonConverter<UInt128>
    {
        public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => BookId.From(reader.GetGuid());
        public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) => writer.WriteStringValue(BookId.ToGuid(value));
    }
}
