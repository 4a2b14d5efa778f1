using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <param name="Group">The first word of the name.</param>
/// <param name="Title">In the request's language.</param>
/// <param name="Schema">Address of the JSON Schema of the input.</param>
/// <param name="Calculations">Address to post inputs to.</param>
/// <param name="Page">Address of the form for people.</param>
sealed record MethodSummary(string Method, string Version, string Group, string Title, string Schema, string Calculations, string Page);

/// <summary>JSON Schema (2020-12) of an input, as <see cref="InputField.SchemaOf"/> writes it; declared so that the API can be described, and a test reads real answers into it.</summary>
sealed record MethodSchema([property: JsonPropertyName("$schema")] string Dialect, string Title, [property: JsonPropertyName("x-title-zh")] string TitleZh, string Type, IReadOnlyDictionary<string, JsonElement> Properties, IReadOnlyList<string> Required, bool AdditionalProperties);

/// <summary>One input of a method: the fields its schema names.</summary>
sealed record CalculationInput
{
    [JsonExtensionData] public Dictionary<string, JsonElement>? Fields { get; init; }
}

/// <summary>What <see cref="CalculatorSet.Envelope"/> writes; declared so that the API can be described, and a test reads real answers into it.</summary>
/// <param name="Result">The fields of the method's result.</param>
/// <param name="Trace">The steps from input to result, in order.</param>
/// <param name="Warnings">What to know before using the result: defaults taken, values not confirmed.</param>
/// <param name="Rules">Every rule pack used.</param>
sealed record Calculation(string Method, string Version, IReadOnlyDictionary<string, JsonElement> Result, IReadOnlyList<CalculationStep> Trace, IReadOnlyList<CalculationWarning> Warnings, IReadOnlyList<CalculationRules> Rules);

/// <param name="Formula">With the names of the inputs; absent where the step compares or selects.</param>
sealed record CalculationStep(string Id, CalculationWords Text, string? Formula, IReadOnlyDictionary<string, JsonElement> Inputs, JsonElement Value, string? Unit, CalculationRule? Rule);

/// <param name="Status">verified, secondary or recalled: how sure the value behind the step is.</param>
sealed record CalculationRule(string Pack, string Version, string Article, string Status);

/// <param name="Field">The input field meant; null where none.</param>
sealed record CalculationWarning(string Code, CalculationWords Text, string? Field);

sealed record CalculationWords(string En, string Zh);

/// <param name="Sha256">Over every file of the pack.</param>
sealed record CalculationRules(string Pack, string Version, string Sha256);

/// <summary>The methods of all rooms for programs. Open to everybody: a method keeps nothing and knows nobody.</summary>
static class MethodApi
{
    /// <summary>Most inputs of one request.</summary>
    const int MostInputs = 1000;

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/methods").WithTags("Methods");
        g.MapGet("", (HttpContext http, CalculatorSet methods, IStrings texts) => Replies.List<IReadOnlyList<MethodSummary>>(http, [.. methods.All.Select(m => Summary(m, texts))]))
            .WithName("ListMethods").WithSummary("Methods of calculation (public)").Produces<IReadOnlyList<MethodSummary>>();
        g.MapGet("/{method}", (CalculatorSet methods, string method) => methods.Find(method) is { } found ? Json(InputField.SchemaOf(found)) : Unknown(methods, method))
            .WithName("GetMethod").WithSummary("JSON Schema of a method's input (public)").Produces<MethodSchema>();
        g.MapPost("/{method}/calculations", Calculate)
            .WithName("Calculate").WithSummary("Calculate one input, or a list of up to 1,000, answered by a list in the same order; nothing is kept. Of a list with a wrong input nothing is calculated, and the errors name it: [3].activity (public)")
            .Accepts<CalculationInput>("application/json").Produces<Calculation>();
    }

    static async Task<IResult> Calculate(HttpContext http, CalculatorSet methods, string method, CancellationToken ct)
    {
        if (methods.Find(method) is null) return Unknown(methods, method);
        JsonDocument body;
        try { body = await JsonDocument.ParseAsync(http.Request.Body, default, ct); }
        catch (JsonException fault) { return Replies.Refused(Refusal.Of("calc.input-not-json", null, ("detail", fault.Message))); }
        using (body)
        {
            var answer = body.RootElement.ValueKind == JsonValueKind.Array ? List(methods, method, body.RootElement, ct) : One(methods, method, body.RootElement);
            // What a method does not find in its tables is a wrong input, not a missing address.
            return answer.Ok ? Json(answer.Value) : Replies.Refused([.. answer.Refusals.Take(CalcInput.MostRefusals).Select(r => r with { Kind = RefusalKind.Invalid })]);
        }
    }

    static Answer<JsonNode> One(CalculatorSet methods, string method, JsonElement input)
    {
        var answer = methods.Run(method, input);
        return answer.Ok ? CalculatorSet.Envelope(answer.Value.Calculator, answer.Value.Result) : answer.Refusals.ToList();
    }

    static Answer<JsonNode> List(CalculatorSet methods, string method, JsonElement inputs, CancellationToken ct)
    {
        var count = inputs.GetArrayLength();
        if (count is 0 or > MostInputs) return Refusal.Of("methods.too-many-inputs", null, ("given", Numbers.Plain(count)), ("most", Numbers.Plain(MostInputs)));
        var (done, refusals) = (new JsonArray(), new List<Refusal>());
        foreach (var (i, input) in inputs.EnumerateArray().Index())
        {
            ct.ThrowIfCancellationRequested();
            if (refusals.Count >= CalcInput.MostRefusals) break;
            var answer = One(methods, method, input);
            if (answer.Ok) done.Add(answer.Value);
            else refusals.AddRange(answer.Refusals.Select(r => r with { Field = r.Field is null ? $"[{i}]" : $"[{i}].{r.Field}" }));
        }
        return refusals.Count > 0 ? refusals : done;
    }

    static IResult Unknown(CalculatorSet methods, string method) => Replies.Refused(methods.Run(method, default).Refusals);

    static MethodSummary Summary(ICalculator method, IStrings texts)
    {
        var address = $"/api/v1/methods/{method.Method}";
        return new(method.Method, method.Version, MethodWording.GroupOf(method), MethodWording.In(method.Title, texts), address, address + "/calculations", MethodWording.Page(method));
    }

    static IResult Json(JsonNode node) => Results.Bytes(Encoding.UTF8.GetBytes(CalculatorSet.Write(node)), "application/json");
}
