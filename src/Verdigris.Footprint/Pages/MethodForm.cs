using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;

namespace Verdigris.Footprint.Pages;

/// <summary>
/// What is typed into the form of a method: texts under the paths that refusals name (<c>legs[0].distanceKm</c>). It becomes the JSON a program would send, and takes such JSON back. A list of numbers or texts is
/// written with spaces or line breaks, a matrix with a line for each row, an object as JSON.
/// </summary>
public sealed partial class MethodForm(IReadOnlyList<InputField> fields)
{
    /// <summary>Most rows of a list a form shows; more is a file for the command or the API.</summary>
    public const int MostRows = 100;

    /// <summary>Before the paths in names of inputs.</summary>
    public const string Prefix = "Input.";

    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<Dictionary<string, string>>> rows = fields.Where(f => f.Kind == InputKind.List).ToDictionary(f => f.Name, f => Enumerable.Range(0, f.Required ? Math.Max(1, f.AtLeast) : 0).Select(_ => new Dictionary<string, string>()).ToList(), StringComparer.Ordinal);

    public IReadOnlyList<InputField> Fields => fields;

    /// <summary>How many rows a list has.</summary>
    public int Rows(string list) => rows[list].Count;

    /// <summary>What stands in a field; null where nothing does.</summary>
    public string? this[string path] => RowPath().Match(path) is { Success: true } row ? rows[row.Groups["list"].Value][Index(row)].GetValueOrDefault(row.Groups["field"].Value) : texts.GetValueOrDefault(path);

    /// <summary>Takes what was posted; names that the method does not have mean nothing.</summary>
    public void Take(IEnumerable<KeyValuePair<string, string>> posted)
    {
        foreach (var list in rows.Values) list.Clear();
        foreach (var (name, text) in posted)
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var path = name[Prefix.Length..];
            if (RowPath().Match(path) is not { Success: true } row) texts[path] = text;
            else if (rows.TryGetValue(row.Groups["list"].Value, out var list) && Index(row) < MostRows)
            {
                while (list.Count <= Index(row)) list.Add([]);
                list[Index(row)][row.Groups["field"].Value] = text;
            }
        }
    }

    /// <summary>Takes an input as a program would send it. A list with more rows than a form shows is cut.</summary>
    public void Fill(JsonObject input)
    {
        texts.Clear();
        foreach (var list in rows.Values) list.Clear();
        foreach (var field in fields)
        {
            if (input[field.Name] is not { } value) continue;
            if (field.Kind != InputKind.List) texts[field.Name] = TextOf(field, value);
            else if (value is JsonArray items)
                foreach (var item in items.Take(MostRows).OfType<JsonObject>())
                    rows[field.Name].Add(field.Items!.Where(f => item[f.Name] is not null).ToDictionary(f => f.Name, f => TextOf(f, item[f.Name]!), StringComparer.Ordinal));
        }
    }

    /// <summary>Does what a button of the form asks: <c>add:LIST</c> or <c>remove:LIST[n]</c>. False where it asks nothing of that kind.</summary>
    public bool Act(string? act)
    {
        if (act is null || Button().Match(act) is not { Success: true } button || !rows.TryGetValue(button.Groups["list"].Value, out var list)) return false;
        if (button.Groups["what"].Value == "add")
        {
            if (list.Count < MostRows) list.Add([]);
        }
        else if (int.TryParse(button.Groups["row"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < list.Count) list.RemoveAt(at);
        return true;
    }

    /// <summary>The input as JSON. What cannot be read as its kind goes in as it was typed, so that the method's own check names it.</summary>
    public JsonObject Input()
    {
        var input = Of(fields.Where(f => f.Kind != InputKind.List), name => texts.GetValueOrDefault(name));
        foreach (var field in fields.Where(f => f.Kind == InputKind.List))
            if (field.Required || rows[field.Name].Count > 0) input[field.Name] = new JsonArray([.. rows[field.Name].Select(row => (JsonNode)Of(field.Items!, name => row.GetValueOrDefault(name)))]);
        return input;
    }

    /// <summary>Refusals under the fields of the form: what is said of a part inside a field is said of the field.</summary>
    public IReadOnlyList<Refusal> Placed(IEnumerable<Refusal> refusals) => [.. refusals.Select(r => r.Field is { } field ? r with { Field = Nearest(field) } : r)];

    string? Nearest(string field)
    {
        for (var path = field; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
            if (RowPath().Match(path) is { Success: true } row ? fields.FirstOrDefault(f => f.Name == row.Groups["list"].Value)?.Items?.Any(f => f.Name == row.Groups["field"].Value) == true : fields.Any(f => f.Name == path)) return path;
        return null;
    }

    /// <summary>A list inside a row has no rows of its own on a form: it is typed as JSON, as an object is.</summary>
    static JsonObject Of(IEnumerable<InputField> fields, Func<string, string?> text)
    {
        var made = new JsonObject();
        foreach (var field in fields)
            if (text(field.Name)?.Trim() is { Length: > 0 } typed) made[field.Name] = Value(field.Kind, typed);
        return made;
    }

    static JsonNode? Value(InputKind kind, string typed) => kind switch
    {
        InputKind.Decimal or InputKind.Integer => Number(typed),
        InputKind.Flag => typed switch { "true" => true, "false" => false, _ => typed },
        InputKind.Numbers => Row(typed),
        InputKind.Texts => new JsonArray([.. typed.Split([' ', '\t', '\r', '\n', ';'], StringSplitOptions.RemoveEmptyEntries).Select(t => (JsonNode)t)]),
        InputKind.Matrix => new JsonArray([.. typed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => (JsonNode)Row(line))]),
        InputKind.Object or InputKind.List => Parsed(typed),
        _ => typed,
    };

    static JsonNode Number(string typed) => Numbers.TryParse(typed, out var value) ? JsonValue.Create(value) : JsonValue.Create(typed);

    static JsonArray Row(string typed) => new([.. typed.Split([' ', '\t', '\r', '\n', ';'], StringSplitOptions.RemoveEmptyEntries).Select(Number)]);

    static JsonNode? Parsed(string typed)
    {
        try
        {
            var node = JsonNode.Parse(typed);
            // A broken text in it shows only when it is written.
            _ = node?.ToJsonString();
            return node;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException) { return typed; }
    }

    static string TextOf(InputField field, JsonNode value) => (field.Kind, value) switch
    {
        (InputKind.Numbers or InputKind.Texts, JsonArray numbers) => string.Join(' ', numbers.Select(n => n?.ToString())),
        (InputKind.Matrix, JsonArray lines) => string.Join('\n', lines.Select(l => l is JsonArray row ? string.Join(' ', row.Select(n => n?.ToString())) : l?.ToString())),
        (_, JsonObject or JsonArray) => value.ToJsonString(Readable),
        (InputKind.Flag, _) => value.ToJsonString(),
        _ => value.ToString(),
    };

    static int Index(Match row) => int.TryParse(row.Groups["row"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : int.MaxValue;

    [GeneratedRegex(@"^(?<list>[A-Za-z0-9]+)\[(?<row>[0-9]{1,4})\]\.(?<field>[A-Za-z0-9]+)$")]
    private static partial Regex RowPath();

    [GeneratedRegex(@"^(?<what>add|remove):(?<list>[A-Za-z0-9]+)(\[(?<row>[0-9]{1,4})\])?$")]
    private static partial Regex Button();
}
