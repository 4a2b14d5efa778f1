using System.Text.Json.Nodes;

namespace Verdigris.Primitives.Calculations;

/// <summary>What kind of value a field takes. A decimal may be written as a JSON number or as a string.</summary>
public enum InputKind
{
    Decimal, Integer, Text, Choice, Date, Flag, Object,
    /// <summary>Objects, each with the fields in <see cref="InputField.Items"/>.</summary>
    List,
    /// <summary>Decimals, each within the field's range.</summary>
    Numbers,
    /// <summary>Rows of decimals, all of one length.</summary>
    Matrix,
    /// <summary>Texts, each of 1 to 200 characters.</summary>
    Texts,
}

/// <summary>One field of a method's input: it gives the JSON Schema, the check and the words of a form.</summary>
/// <param name="Unit">Shown beside the field; null where it has none.</param>
/// <param name="Minimum">Smallest value of a number.</param>
/// <param name="AboveMinimum">The minimum itself is not allowed.</param>
/// <param name="Choices">Values of a choice.</param>
/// <param name="Members">Schema of what an object's members look like, where the method reads it itself.</param>
/// <param name="Items">Fields of a list's entries.</param>
/// <param name="AtLeast">Fewest entries of a list.</param>
public sealed record InputField(
    string Name, InputKind Kind, Bilingual Text, bool Required = true, string? Unit = null,
    decimal? Minimum = null, bool AboveMinimum = false, decimal? Maximum = null, IReadOnlyList<string>? Choices = null, JsonObject? Members = null,
    IReadOnlyList<InputField>? Items = null, int AtLeast = 1)
{
    /// <summary>Most entries of a list: more is a file, not an input.</summary>
    public const int MostItems = 10_000;

    /// <summary>Why a number is not taken: <c>calc.not-above</c>, <c>calc.below-minimum</c> or <c>calc.above-maximum</c>, with the limit; null where it lies in the range.</summary>
    /// <param name="at">Path of the value; the field's name where null.</param>
    public Refusal? Refuses(decimal value, string? at = null)
    {
        var (code, limit) = Minimum is { } low && (value < low || (AboveMinimum && value == low)) ? (AboveMinimum ? "calc.not-above" : "calc.below-minimum", low)
            : Maximum is { } high && value > high ? ("calc.above-maximum", high) : (null, 0m);
        return code is null ? null : Refusal.Of(code, at ?? Name, ("field", at ?? Name), ("given", DecimalText.Write(value)), ("limit", DecimalText.Write(limit)));
    }

    JsonObject Schema()
    {
        var schema = new JsonObject { ["title"] = Text.En, ["x-title-zh"] = Text.Zh };
        if (Unit is not null) schema["x-unit"] = Unit;
        switch (Kind)
        {
            case InputKind.Decimal:
                schema["type"] = new JsonArray("number", "string");
                schema["pattern"] = @"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$";
                break;
            case InputKind.Integer: schema["type"] = "integer"; break;
            case InputKind.Choice: schema["enum"] = new JsonArray(Choices!.Select(c => (JsonNode)c).ToArray()); break;
            case InputKind.Date: schema["type"] = "string"; schema["format"] = "date"; break;
            case InputKind.Flag: schema["type"] = "boolean"; break;
            case InputKind.Object:
                schema["type"] = "object";
                if (Members is not null) schema["additionalProperties"] = Members.DeepClone();
                break;
            case InputKind.List:
                schema["type"] = "array";
                schema["items"] = ObjectSchema(Items!);
                schema["minItems"] = AtLeast;
                schema["maxItems"] = MostItems;
                return schema;
            case InputKind.Numbers or InputKind.Matrix:
                var number = new JsonObject { ["type"] = new JsonArray("number", "string") };
                if (Minimum is { } least) number[AboveMinimum ? "exclusiveMinimum" : "minimum"] = least;
                if (Maximum is { } most) number["maximum"] = most;
                schema["type"] = "array";
                schema["items"] = Kind == InputKind.Numbers ? number : new JsonObject { ["type"] = "array", ["items"] = number };
                schema["minItems"] = AtLeast;
                schema["maxItems"] = MostItems;
                return schema;
            case InputKind.Texts:
                schema["type"] = "array";
                schema["items"] = new JsonObject { ["type"] = "string", ["minLength"] = 1 };
                schema["minItems"] = AtLeast;
                schema["maxItems"] = MostItems;
                return schema;
            default: schema["type"] = "string"; schema["minLength"] = 1; break;
        }
        if (Minimum is { } low) schema[AboveMinimum ? "exclusiveMinimum" : "minimum"] = low;
        if (Maximum is { } high) schema["maximum"] = high;
        return schema;
    }

    /// <summary>JSON Schema (2020-12) of a whole input.</summary>
    public static JsonObject SchemaOf(ICalculator calculator)
    {
        ArgumentNullException.ThrowIfNull(calculator);
        var schema = ObjectSchema(calculator.Fields);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", calculator.Title.En);
        schema.Insert(2, "x-title-zh", calculator.Title.Zh);
        return schema;
    }

    static JsonObject ObjectSchema(IReadOnlyList<InputField> fields)
    {
        var properties = new JsonObject();
        foreach (var field in fields) properties[field.Name] = field.Schema();
        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray(fields.Where(f => f.Required).Select(f => (JsonNode)f.Name).ToArray()),
            ["additionalProperties"] = false,
        };
    }
}
