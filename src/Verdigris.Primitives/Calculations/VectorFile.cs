using System.Text.Json;
using System.Text.Json.Nodes;

namespace Verdigris.Primitives.Calculations;

/// <summary>How one golden vector came out.</summary>
/// <param name="Problem">What differs, with expected and actual; null where it passed.</param>
public sealed record VectorOutcome(string File, int Line, string Id, string Method, string? Problem)
{
    public bool Passed => Problem is null;
}

/// <summary>
/// Golden vectors, one JSON object a line: <c>id, method, input, expected, rel_tol, source</c>; or <c>refused</c> (code and field) instead of <c>expected</c> where the input must be
/// refused. Expected is a subset of the result. Numbers compare with <c>|a - b| &lt;= rel_tol max(1, |b|)</c>; a number written as a string means its printed
/// places exactly. A file without vectors, a repeated id and an unreadable line count as failures.
/// </summary>
public static class VectorFile
{
    static readonly string[] Known = ["id", "method", "input", "expected", "refused", "rel_tol", "source"];

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<VectorOutcome> Run(string path, CalculatorSet calculators)
    {
        var outcomes = new List<VectorOutcome>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var line = 0;
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            outcomes.Add(One(path, line, text, calculators, ids));
        }
        if (outcomes.Count == 0) outcomes.Add(new(path, 0, "-", "-", "the file holds no vector"));
        return outcomes;
    }

    static VectorOutcome One(string path, int line, string text, CalculatorSet calculators, HashSet<string> ids)
    {
        JsonDocument document;
        try { document = JsonDocument.Parse(text); }
        catch (JsonException fault) { return new(path, line, "-", "-", "not JSON: " + fault.Message); }
        using (document)
        {
            var root = document.RootElement;
            string Text(string name) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
            var (id, method) = (Text("id"), Text("method"));
            VectorOutcome Bad(string problem) => new(path, line, id.Length > 0 ? id : "-", method.Length > 0 ? method : "-", problem);
            if (id.Length == 0 || method.Length == 0 || Text("source").Length == 0 || !root.TryGetProperty("input", out var input)) return Bad("id, method, input and source are needed");
            if (!ids.Add(id)) return Bad("this id stands already in the file");
            foreach (var member in root.EnumerateObject()) if (!Known.Contains(member.Name)) return Bad($"unknown field '{member.Name}'");
            var tolerance = 0m;
            if (root.TryGetProperty("rel_tol", out var given) && (!CalcInput.TryDecimal(given, out tolerance) || tolerance < 0)) return Bad("rel_tol is not a number of 0 or more");

            var answer = calculators.Run(method, input);
            if (root.TryGetProperty("refused", out var refused)) return Refused(refused, answer, Bad);
            if (!root.TryGetProperty("expected", out var expected) || expected.ValueKind != JsonValueKind.Object) return Bad("expected or refused is needed");
            if (!expected.EnumerateObject().Any()) return Bad("expected is empty: it would pass with anything");
            if (!answer.Ok) return Bad("refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} at {r.Field ?? "input"} ({Messages.Of(r, "en")})")));
            return Bad("") with { Problem = Difference("result", expected, answer.Value.Result.Result, tolerance) };
        }
    }

    static VectorOutcome Refused(JsonElement refused, Answer<(ICalculator, CalcResult)> answer, Func<string, VectorOutcome> bad)
    {
        if (answer.Ok) return bad("expected a refusal, but it was calculated");
        var code = refused.GetProperty("code").GetString();
        var field = refused.TryGetProperty("field", out var f) ? f.GetString() : null;
        var first = answer.Refusals[0];
        return first.Code == code && (field is null || first.Field == field) ? bad("") with { Problem = null } : bad($"expected {code} at {field ?? "any field"}, refused with {first.Code} at {first.Field}");
    }

    /// <summary>The first difference, or null.</summary>
    internal static string? Difference(string path, JsonElement expected, JsonNode? actual, decimal tolerance)
    {
        string Differs() => $"{path}: expected {expected.GetRawText()}, actual {actual?.ToJsonString() ?? "null"}";
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                if (actual is not JsonObject members) return Differs();
                foreach (var member in expected.EnumerateObject())
                {
                    if (!members.TryGetPropertyValue(member.Name, out var found)) return $"{path}.{member.Name}: expected {member.Value.GetRawText()}, but the field is missing";
                    if (Difference($"{path}.{member.Name}", member.Value, found, tolerance) is { } problem) return problem;
                }
                return null;
            case JsonValueKind.Array:
                if (actual is not JsonArray items || items.Count != expected.GetArrayLength()) return Differs();
                for (var i = 0; i < items.Count; i++)
                    if (Difference($"{path}[{i}]", expected[i], items[i], tolerance) is { } problem) return problem;
                return null;
            case JsonValueKind.Null: return actual is null ? null : Differs();
            case JsonValueKind.True or JsonValueKind.False: return actual?.GetValueKind() == expected.ValueKind ? null : Differs();
            case JsonValueKind.Number:
                return DecimalText.TryRead(expected.GetRawText(), out var b) && Number(actual) is { } a && Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(b)) ? null : Differs();
            default:
                var text = expected.GetString()!;
                if (actual?.GetValueKind() == JsonValueKind.String) return actual.GetValue<string>() == text ? null : Differs();
                return actual?.GetValueKind() == JsonValueKind.Number && actual.ToJsonString() == text ? null : Differs();
        }
    }

    static decimal? Number(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Number => DecimalText.TryRead(node.ToJsonString(), out var number) ? number : null,
        JsonValueKind.String => DecimalText.TryRead(node.GetValue<string>(), out var number) ? number : null,
        _ => null,
    };
}
