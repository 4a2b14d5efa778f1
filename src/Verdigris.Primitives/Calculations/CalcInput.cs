using System.Text.Json;
using NodaTime;
using NodaTime.Text;

namespace Verdigris.Primitives.Calculations;

/// <summary>
/// An input read strictly: only declared fields, each once, each of its kind and within its range. Numbers come through as the decimals
/// that were written, never through binary floating point. JSON null is no value: leave an optional field out instead.
/// </summary>
public sealed class CalcInput
{
    readonly Dictionary<string, object> values = new(StringComparer.Ordinal);

    CalcInput() { }

    public static Answer<CalcInput> Read(JsonElement json, IReadOnlyList<InputField> fields)
    {
        if (json.ValueKind != JsonValueKind.Object) return Refusal.Of("calc.input-not-object");
        var input = new CalcInput();
        var refusals = new List<Refusal>();
        foreach (var member in json.EnumerateObject())
        {
            var field = fields.FirstOrDefault(f => f.Name == member.Name);
            if (field is null) refusals.Add(Refusal.Of("calc.unknown-field", member.Name, ("field", member.Name), ("known", string.Join(", ", fields.Select(f => f.Name)))));
            else if (input.values.ContainsKey(field.Name)) refusals.Add(Refusal.Of("calc.field-twice", field.Name, ("field", field.Name)));
            else if (Value(member.Value, field, out var refusal) is { } value) input.values[field.Name] = value;
            else refusals.Add(refusal!);
        }
        foreach (var field in fields)
            if (field.Required && !input.values.ContainsKey(field.Name) && refusals.All(r => r.Field != field.Name))
                refusals.Add(Refusal.Of("calc.missing-field", field.Name, ("field", field.Name)));
        return refusals.Count > 0 ? refusals : input;
    }

    public bool Has(string name) => values.ContainsKey(name);
    public decimal Decimal(string name) => (decimal)values[name];
    public decimal? DecimalOrNull(string name) => values.TryGetValue(name, out var value) ? (decimal)value : null;
    public int Integer(string name) => (int)values[name];
    public int? IntegerOrNull(string name) => values.TryGetValue(name, out var value) ? (int)value : null;
    public string Text(string name) => (string)values[name];
    public string? TextOrNull(string name) => values.TryGetValue(name, out var value) ? (string)value : null;
    public LocalDate? DateOrNull(string name) => values.TryGetValue(name, out var value) ? (LocalDate)value : null;
    public bool Flag(string name) => values.TryGetValue(name, out var value) && (bool)value;
    public JsonElement Object(string name) => (JsonElement)values[name];

    /// <summary>Reads a JSON number, or a string that is one.</summary>
    public static bool TryDecimal(JsonElement json, out decimal value)
    {
        value = 0;
        return json.ValueKind switch
        {
            JsonValueKind.Number => DecimalText.TryRead(json.GetRawText(), out value),
            JsonValueKind.String => DecimalText.TryRead(json.GetString(), out value),
            _ => false,
        };
    }

    static object? Value(JsonElement json, InputField field, out Refusal? refusal)
    {
        refusal = null;
        switch (field.Kind)
        {
            case InputKind.Decimal:
                if (!TryDecimal(json, out var number)) { refusal = Refusal.Of("calc.not-a-number", field.Name, ("field", field.Name), ("given", Shown(json))); return null; }
                return InRange(number, field, out refusal) ? number : null;
            case InputKind.Integer:
                if (!TryDecimal(json, out var whole) || whole != decimal.Truncate(whole) || Math.Abs(whole) > int.MaxValue) { refusal = Refusal.Of("calc.not-whole", field.Name, ("field", field.Name), ("given", Shown(json))); return null; }
                return InRange(whole, field, out refusal) ? (int)whole : null;
            case InputKind.Date:
                if (json.ValueKind == JsonValueKind.String && LocalDatePattern.Iso.Parse(json.GetString()!) is { Success: true, Value: var day }) return day;
                refusal = Refusal.Of("calc.not-a-date", field.Name, ("field", field.Name), ("given", Shown(json)));
                return null;
            case InputKind.Flag:
                if (json.ValueKind is JsonValueKind.True or JsonValueKind.False) return json.GetBoolean();
                refusal = Refusal.Of("calc.not-a-flag", field.Name, ("field", field.Name), ("given", Shown(json)));
                return null;
            case InputKind.Object:
                if (json.ValueKind == JsonValueKind.Object) return json;
                refusal = Refusal.Of("calc.not-an-object", field.Name, ("field", field.Name));
                return null;
            default:
                if (json.ValueKind != JsonValueKind.String || json.GetString() is not { Length: > 0 and <= 200 } text) { refusal = Refusal.Of("calc.not-text", field.Name, ("field", field.Name)); return null; }
                if (field.Kind == InputKind.Choice && !field.Choices!.Contains(text)) { refusal = Refusal.Of("calc.not-a-choice", field.Name, ("field", field.Name), ("given", text), ("known", string.Join(", ", field.Choices!))); return null; }
                return text;
        }
    }

    static bool InRange(decimal value, InputField field, out Refusal? refusal)
    {
        refusal = null;
        if (field.Minimum is { } low && (value < low || (field.AboveMinimum && value == low)))
            refusal = Refusal.Of(field.AboveMinimum ? "calc.not-above" : "calc.below-minimum", field.Name, ("field", field.Name), ("given", DecimalText.Write(value)), ("limit", DecimalText.Write(low)));
        else if (field.Maximum is { } high && value > high)
            refusal = Refusal.Of("calc.above-maximum", field.Name, ("field", field.Name), ("given", DecimalText.Write(value)), ("limit", DecimalText.Write(high)));
        return refusal is null;
    }

    internal static string Shown(JsonElement json) => json.GetRawText() is { Length: <= 60 } text ? text : json.GetRawText()[..57] + "...";
}
