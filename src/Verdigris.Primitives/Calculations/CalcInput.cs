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

    /// <summary>Most refusals told of one input: whoever sends a wrong file learns the rest after mending these, and a small input makes no large answer.</summary>
    public const int MostRefusals = 100;

    public static Answer<CalcInput> Read(JsonElement json, IReadOnlyList<InputField> fields)
    {
        var refusals = new List<Refusal>();
        CalcInput? input;
        try { input = Read(json, fields, "", refusals); }
        // JSON may hold half of a surrogate pair or bytes that are no UTF-8; both show only when the text is taken out.
        catch (InvalidOperationException) { return Refusal.Of("calc.text-broken"); }
        return refusals.Count > MostRefusals ? refusals.GetRange(0, MostRefusals) : refusals.Count > 0 ? refusals : input!;
    }

    /// <param name="path">Path of the object, with the dot that follows it; empty for the whole input.</param>
    static CalcInput? Read(JsonElement json, IReadOnlyList<InputField> fields, string path, List<Refusal> refusals)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            refusals.Add(path.Length == 0 ? Refusal.Of("calc.input-not-object") : Refusal.Of("calc.not-an-object", path[..^1], ("field", path[..^1])));
            return null;
        }
        var input = new CalcInput();
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            if (refusals.Count >= MostRefusals) return null;
            var at = path + member.Name;
            var field = fields.FirstOrDefault(f => f.Name == member.Name);
            if (field is null) refusals.Add(Refusal.Of("calc.unknown-field", at, ("field", at), ("known", string.Join(", ", fields.Select(f => f.Name)))));
            else if (!found.Add(field.Name)) refusals.Add(Refusal.Of("calc.field-twice", at, ("field", at)));
            else if (Value(member.Value, field, at, refusals) is { } value) input.values[field.Name] = value;
        }
        foreach (var field in fields)
            if (field.Required && !found.Contains(field.Name)) refusals.Add(Refusal.Of("calc.missing-field", path + field.Name, ("field", path + field.Name)));
        return input;
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

    /// <summary>Entries of a list; none where it was left out.</summary>
    public IReadOnlyList<CalcInput> List(string name) => values.TryGetValue(name, out var value) ? (IReadOnlyList<CalcInput>)value : [];

    /// <summary>Decimals of a list; none where it was left out.</summary>
    public IReadOnlyList<decimal> Numbers(string name) => values.TryGetValue(name, out var value) ? (IReadOnlyList<decimal>)value : [];

    /// <summary>Texts of a list; none where it was left out.</summary>
    public IReadOnlyList<string> Texts(string name) => values.TryGetValue(name, out var value) ? (IReadOnlyList<string>)value : [];

    /// <summary>Rows of decimals, all of one length.</summary>
    public IReadOnlyList<IReadOnlyList<decimal>> Matrix(string name) => values.TryGetValue(name, out var value) ? (IReadOnlyList<IReadOnlyList<decimal>>)value : [];

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

    /// <summary>The value, or null and what is wrong with it.</summary>
    static object? Value(JsonElement json, InputField field, string at, List<Refusal> refusals)
    {
        object? Refuse(string code, params (string, string)[] args)
        {
            refusals.Add(Refusal.Of(code, at, [("field", at), .. args]));
            return null;
        }
        switch (field.Kind)
        {
            case InputKind.Decimal:
                return Number(json, field, at, refusals);
            case InputKind.Integer:
                if (!TryDecimal(json, out var whole) || whole != decimal.Truncate(whole) || Math.Abs(whole) > int.MaxValue) return Refuse("calc.not-whole", ("given", Shown(json)));
                return InRange(whole, field, at, refusals) ? (int)whole : null;
            case InputKind.Date:
                return json.ValueKind == JsonValueKind.String && LocalDatePattern.Iso.Parse(json.GetString()!) is { Success: true, Value: var day } ? day : Refuse("calc.not-a-date", ("given", Shown(json)));
            case InputKind.Flag:
                return json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : Refuse("calc.not-a-flag", ("given", Shown(json)));
            case InputKind.Object:
                if (json.ValueKind != JsonValueKind.Object) return Refuse("calc.not-an-object");
                return Twice(json) is { } twice ? Refuse("calc.name-twice", ("name", twice)) : json;
            case InputKind.List or InputKind.Numbers or InputKind.Matrix or InputKind.Texts:
                if (json.ValueKind != JsonValueKind.Array) return Refuse("calc.not-a-list", ("given", Shown(json)));
                var length = json.GetArrayLength();
                if (length < field.AtLeast || length > InputField.MostItems) return Refuse("calc.list-length", ("given", Write(length)), ("least", Write(field.AtLeast)), ("most", Write(InputField.MostItems)));
                var before = refusals.Count;
                object list = field.Kind switch
                {
                    InputKind.List => json.EnumerateArray().Select((item, i) => Read(item, field.Items!, $"{at}[{i}].", refusals)!).ToList(),
                    InputKind.Numbers => Row(json, field, at, refusals),
                    InputKind.Texts => json.EnumerateArray().Select((item, i) => Text(item, $"{at}[{i}]", refusals)).ToList(),
                    _ => json.EnumerateArray().Select((row, i) => Row(row, field, $"{at}[{i}]", refusals)).ToList(),
                };
                if (list is List<IReadOnlyList<decimal>> rows && refusals.Count == before && rows.Any(r => r.Count != rows[0].Count)) return Refuse("calc.rows-differ");
                return refusals.Count == before ? list : null;
            default:
                if (!IsText(json, out var text)) return Refuse("calc.not-text");
                return field.Kind == InputKind.Choice && !field.Choices!.Contains(text) ? Refuse("calc.not-a-choice", ("given", text), ("known", string.Join(", ", field.Choices!))) : text;
        }
    }

    /// <summary>A name that stands twice in one object of a part that is read later; null where none does. Takes every text out on the way, so that a broken one is refused here.</summary>
    /// <exception cref="InvalidOperationException">A text is broken.</exception>
    static string? Twice(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String) json.GetString();
        if (json.ValueKind == JsonValueKind.Array) return json.EnumerateArray().Select(Twice).FirstOrDefault(t => t is not null);
        if (json.ValueKind != JsonValueKind.Object) return null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            if (!names.Add(member.Name)) return member.Name;
            if (Twice(member.Value) is { } inside) return inside;
        }
        return null;
    }

    static IReadOnlyList<decimal> Row(JsonElement json, InputField field, string at, List<Refusal> refusals)
    {
        if (json.ValueKind != JsonValueKind.Array) { refusals.Add(Refusal.Of("calc.not-a-list", at, ("field", at), ("given", Shown(json)))); return []; }
        return json.EnumerateArray().Select((item, i) => (decimal?)Number(item, field, $"{at}[{i}]", refusals) ?? 0).ToList();
    }

    static string Text(JsonElement json, string at, List<Refusal> refusals)
    {
        if (!IsText(json, out var text)) refusals.Add(Refusal.Of("calc.not-text", at, ("field", at)));
        return text;
    }

    static bool IsText(JsonElement json, out string text)
    {
        text = json.ValueKind == JsonValueKind.String ? json.GetString()! : "";
        return text.Length is > 0 and <= 200;
    }

    static object? Number(JsonElement json, InputField field, string at, List<Refusal> refusals)
    {
        if (TryDecimal(json, out var number)) return InRange(number, field, at, refusals) ? number : null;
        refusals.Add(Refusal.Of("calc.not-a-number", at, ("field", at), ("given", Shown(json))));
        return null;
    }

    static bool InRange(decimal value, InputField field, string at, List<Refusal> refusals)
    {
        if (field.Refuses(value, at) is not { } refusal) return true;
        refusals.Add(refusal);
        return false;
    }

    static string Write(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    internal static string Shown(JsonElement json) => json.GetRawText() is { Length: <= 60 } text ? text : json.GetRawText()[..57] + "...";
}
