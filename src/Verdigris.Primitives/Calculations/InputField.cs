using System.Text.Json.Nodes;

namespace Verdigris.Primitives.Calculations;

/// <summary>What kind of value a field takes. A decimal may be written as a JSON number or as a string.</summary>
public enum InputKind { Decimal, Integer, Text, Choice, Date, Flag, Object }

/// <summary>One field of a method's input: it gives the JSON Schema, the check and the words of a form.</summary>
/// <param name="Unit">Shown beside the field; null where it has none.</param>
/// <param name="Minimum">Smallest value of a number.</param>
/// <param name="AboveMinimum">The minimum itself is not allowed.</param>
/// <param name="Choices">Values of a choice.</param>
/// <param name="Members">Schema of what an object's members look like, where the method reads it itself.</param>
public sealed record InputField(
    string Name, InputKind Kind, Bilingual Text, bool Required = true, string? Unit = null,
    decimal? Minimum = null, bool AboveMinimum = false, decimal? Maximum = null, IReadOnlyList<string>? Choices = null, JsonObject? Members = null)
{
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
        var properties = new JsonObject();
        foreach (var field in calculator.Fields) properties[field.Name] = field.Schema();
        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = calculator.Title.En,
            ["x-title-zh"] = calculator.Title.Zh,
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray(calculator.Fields.Where(f => f.Required).Select(f => (JsonNode)f.Name).ToArray()),
            ["additionalProperties"] = false,
        };
    }
}
