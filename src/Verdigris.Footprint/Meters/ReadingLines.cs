using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Meters;

/// <param name="Count">Lines that hold something.</param>
/// <param name="Refused">The first of them, as many as were asked for.</param>
/// <param name="UnknownTag">A line names a tag that is not known here.</param>
sealed record LinesRead(int Count, List<(int Tag, Reading Reading)> Readings, List<RefusedLine> Refused, bool UnknownTag);

/// <summary>
/// Readings as JSON, one a line: <c>{"tag":"line1.kwh","at":"2026-11-20T08:00:00.250Z","value":1234.5,"quality":"good"}</c>. The time is RFC 3339 with any offset, or a whole number of milliseconds since 1970; the value a
/// number or a text that is one; the quality good, uncertain or bad, good where it is left out.
/// </summary>
static class ReadingLines
{
    public const int MostLines = 200_000, MostRefused = 100, LargestBytes = 32 << 20, LargestSentBytes = 8 << 20;

    public static LinesRead Read(ReadOnlySpan<byte> body, FacilityTags tags, Instant now, MeterLimits limits, int mostRefused = MostRefused)
    {
        var readings = new List<(int, Reading)>(Math.Min(body.Length / 60 + 1, MostLines));
        var refused = new List<RefusedLine>();
        var (count, line, unknown) = (0, 0, false);
        long first = (now - limits.Kept).ToUnixTimeMilliseconds(), last = (now + limits.Ahead).ToUnixTimeMilliseconds();
        while (!body.IsEmpty && count <= MostLines)
        {
            var end = body.IndexOf((byte)'\n');
            var text = end < 0 ? body : body[..end];
            body = end < 0 ? [] : body[(end + 1)..];
            line++;
            if (text.TrimEnd((byte)'\r').Trim((byte)' ').IsEmpty) continue;
            count++;
            var (tag, reading, refusal) = One(text, tags, first, last, limits);
            if (refusal is null) readings.Add((tag, reading));
            else
            {
                unknown |= refusal.Code == "meter.tag-unknown";
                if (refused.Count < mostRefused) refused.Add(new(line, refusal.Code, refusal.Field, new(Words(refusal, "en"), Words(refusal, "zh"))));
            }
        }
        return new(count, readings, refused, unknown);
    }

    static string Words(Refusal refusal, string language) => Messages.Of(refusal, language, typeof(ReadingLines).Assembly);

    static (int Tag, Reading Reading, Refusal? Refusal) One(ReadOnlySpan<byte> text, FacilityTags tags, long first, long last, MeterLimits limits)
    {
        (int Id, bool Retired)? tag = null;
        long? at = null;
        decimal? value = null;
        var quality = ReadingQuality.Good;
        var seen = 0;
        try
        {
            var json = new Utf8JsonReader(text);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return Refused("meter.line-not-object", null);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var member = json.ValueTextEquals("tag"u8) ? 1 : json.ValueTextEquals("at"u8) ? 2 : json.ValueTextEquals("value"u8) ? 4 : json.ValueTextEquals("quality"u8) ? 8 : 0;
                if (member == 0) return Refused("calc.unknown-field", json.GetString(), ("field", json.GetString()!), ("known", "tag, at, value, quality"));
                if ((seen & member) != 0) return Refused("calc.field-twice", json.GetString(), ("field", json.GetString()!));
                seen |= member;
                json.Read();
                switch (member)
                {
                    case 1:
                        if (!Tag(ref json, tags, out var found)) return Refused("meter.tag-unknown", "tag", ("given", Shown(ref json)));
                        if (found.Retired) return Refused("meter.tag-retired", "tag", ("given", Shown(ref json)));
                        tag = found;
                        break;
                    case 2:
                        at = Time(ref json);
                        if (at is null) return Refused("meter.time", "at", ("given", Shown(ref json)));
                        if (at < first) return Refused("meter.too-late", "at", ("given", Shown(ref json)), ("days", $"{limits.Kept.Days}"));
                        if (at > last) return Refused("meter.in-future", "at", ("given", Shown(ref json)), ("minutes", $"{limits.Ahead.TotalMinutes:0}"));
                        break;
                    case 4:
                        if (!Number(ref json, out var number)) return Refused("calc.not-a-number", "value", ("field", "value"), ("given", Shown(ref json)));
                        if (!Reading.Fits(number)) return Refused("meter.value", "value", ("given", Shown(ref json)), ("places", $"{Reading.MostPlaces}"));
                        value = number;
                        break;
                    default:
                        if (json.TokenType != JsonTokenType.String) return Refused("calc.not-a-choice", "quality", ("field", "quality"), ("given", Shown(ref json)), ("known", "good, uncertain, bad"));
                        if (json.ValueTextEquals("good"u8)) quality = ReadingQuality.Good;
                        else if (json.ValueTextEquals("uncertain"u8)) quality = ReadingQuality.Uncertain;
                        else if (json.ValueTextEquals("bad"u8)) quality = ReadingQuality.Bad;
                        else return Refused("calc.not-a-choice", "quality", ("field", "quality"), ("given", Shown(ref json)), ("known", "good, uncertain, bad"));
                        break;
                }
            }
            // Reads to the end: what follows the object is a fault too.
            while (json.Read()) { }
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return Refused("meter.line-not-object", null);
        }
        var missing = tag is null ? "tag" : at is null ? "at" : value is null ? "value" : null;
        return missing is not null ? Refused("calc.missing-field", missing, ("field", missing)) : (tag!.Value.Id, new(at!.Value, value!.Value, quality), null);
    }

    static (int, Reading, Refusal?) Refused(string code, string? field, params (string, string)[] args) => (0, default, Refusal.Of(code, field, args));

    static bool Tag(ref Utf8JsonReader json, FacilityTags tags, out (int Id, bool Retired) tag)
    {
        tag = default;
        if (json.TokenType != JsonTokenType.String || json.ValueSpan.Length > 80) return false;
        Span<char> name = stackalloc char[80];
        return tags.Find(name[..json.CopyString(name)], out tag);
    }

    static bool Number(ref Utf8JsonReader json, out decimal number)
    {
        if (json.TokenType == JsonTokenType.Number && json.ValueSpan.Length <= 40) return json.TryGetDecimal(out number);
        number = 0;
        return json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= 40 && DecimalText.TryRead(json.GetString(), out number);
    }

    /// <summary>The form nearly every meter sends is read without an allocation: 2026-11-20T08:00:00Z, with up to three places of the second.</summary>
    static long? Time(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Number) return json.TryGetInt64(out var ms) && ms is >= 0 and < 253_402_300_800_000 ? ms : null;
        if (json.TokenType != JsonTokenType.String || json.ValueSpan.Length > 40) return null;
        var text = json.ValueSpan;
        if (text.Length is 20 or >= 22 and <= 24 && text[^1] == 'Z' && json.TryGetDateTime(out var time) && time.Kind == DateTimeKind.Utc) return (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        var parsed = OffsetDateTimePattern.Rfc3339.Parse(json.GetString()!.ToUpperInvariant());
        // Finer than a millisecond would be another time than the one kept.
        return parsed.Success && parsed.Value.Year is > 1970 and < 9999 && parsed.Value.NanosecondOfSecond % 1_000_000 == 0 ? parsed.Value.ToInstant().ToUnixTimeMilliseconds() : null;
    }

    static string Shown(ref Utf8JsonReader json)
    {
        var text = System.Text.Encoding.UTF8.GetString(json.ValueSpan);
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
