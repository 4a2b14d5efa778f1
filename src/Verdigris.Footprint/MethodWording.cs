using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;

namespace Verdigris.Footprint;

/// <summary>How methods and what they answer are named where people and programs meet them.</summary>
static class MethodWording
{
    public static string In(Bilingual text, IStrings texts) => texts.Language == StringCatalogue.Chinese ? text.Zh : text.En;

    /// <summary>The first word of the name: <c>aluminium</c> of <c>aluminium.pfc-slope</c>.</summary>
    public static string GroupOf(ICalculator method) => method.Method.Split('.')[0];

    public static string Page(ICalculator method) => "/methods/" + method.Method;

    /// <summary>A value on a page: numbers grouped with the places they carry, null as unknown, parts of parts as JSON.</summary>
    public static string Plain(JsonNode? value, IStrings texts) => value switch
    {
        null => texts["web.unknown"],
        JsonValue v when v.TryGetValue<decimal>(out var number) => Numbers.Grouped(number),
        JsonValue v when v.TryGetValue<int>(out var whole) => Numbers.Grouped(whole),
        JsonValue v when v.TryGetValue<bool>(out var yes) => texts[yes ? "footprint.yes" : "footprint.no"],
        JsonArray { Count: 0 } => texts["footprint.none"],
        JsonValue v => v.ToString(),
        _ => CalculatorSet.Write(value),
    };

    /// <summary>A method's title; its name where there is none of that name.</summary>
    public static string TitleOf(string method, IStrings texts) => Known(method) is { } known ? In(known.Title, texts) : method;

    /// <summary>A field of a method in words; its name where it is not known.</summary>
    public static string FieldOf(string method, string field, IStrings texts) => Field(method, field) is { } known ? In(known.Text, texts) : field;

    /// <summary>Unit of a field of a method, in brackets; empty where it has none or is not known.</summary>
    public static string UnitOf(string method, string field) => Field(method, field)?.Unit is { } unit ? $"({unit})" : "";

    static ICalculator? Known(string method) => FootprintMethods.All.FirstOrDefault(m => m.Method == method);

    static InputField? Field(string method, string field) => Known(method)?.Fields.FirstOrDefault(f => f.Name == field);

    /// <summary>A scope in words; anything else as it is.</summary>
    public static string Scope(string name, IStrings texts) => name is "direct" or "indirect" or "upstream" ? texts["footprint.scope." + name] : name;

    /// <summary>A result whose nodes belong to nobody yet.</summary>
    public static CalcResult Copy(CalcResult result) => new(result.Result.DeepClone().AsObject(), [.. result.Trace.Select(t => t with { Inputs = t.Inputs.DeepClone().AsObject(), Value = t.Value?.DeepClone() })], result.Warnings);
}
