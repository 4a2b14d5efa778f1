using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Calculations;

/// <summary>The methods a program offers, and the one way to run them: find, read the input strictly, calculate, write the answer.</summary>
public sealed class CalculatorSet
{
    readonly SortedDictionary<string, ICalculator> methods = new(StringComparer.Ordinal);
    readonly RulePacks rules;

    /// <exception cref="ArgumentException">Two methods have the same name.</exception>
    public CalculatorSet(RulePacks rules, params IEnumerable<ICalculator> calculators)
    {
        this.rules = rules;
        foreach (var calculator in calculators)
            if (!methods.TryAdd(calculator.Method, calculator)) throw new ArgumentException($"Method {calculator.Method} is registered twice.", nameof(calculators));
    }

    public IReadOnlyCollection<ICalculator> All => methods.Values;

    public ICalculator? Find(string method) => methods.GetValueOrDefault(method);

    public Answer<(ICalculator Calculator, CalcResult Result)> Run(string method, JsonElement input)
    {
        if (!methods.TryGetValue(method, out var calculator))
            return Refusal.NotFound("calc.unknown-method", "method", ("method", method), ("known", string.Join(", ", methods.Keys)));
        var read = CalcInput.Read(input, calculator.Fields);
        if (!read.Ok) return read.Refusals.ToList();
        Answer<CalcResult> result;
        // Inputs are bounded one by one; only their product can still leave the range of a decimal.
        try { result = calculator.Calculate(read.Value, rules); }
        catch (OverflowException) { return Refusal.Of("calc.out-of-range"); }
        return result.Ok ? (calculator, result.Value) : result.Refusals.ToList();
    }

    /// <summary><c>{"method","version","result","trace","warnings","rules"}</c>; <c>rules</c> names each pack used with its hash.</summary>
    public static JsonObject Envelope(ICalculator calculator, CalcResult answer)
    {
        var packs = answer.Trace.Select(t => t.Rule).OfType<RuleRef>().DistinctBy(r => r.Pack);
        return new JsonObject
        {
            ["method"] = calculator.Method,
            ["version"] = calculator.Version,
            ["result"] = answer.Result,
            ["trace"] = new JsonArray(answer.Trace.Select(t => (JsonNode)Step(t)).ToArray()),
            ["warnings"] = new JsonArray(answer.Warnings.Select(w => (JsonNode)new JsonObject { ["code"] = w.Code, ["text"] = Both(w.Text), ["field"] = w.Field }).ToArray()),
            ["rules"] = new JsonArray(packs.Select(p => (JsonNode)new JsonObject { ["pack"] = p.Pack, ["version"] = p.Version, ["sha256"] = p.Sha256 }).ToArray()),
        };
    }

    /// <summary>One line of JSON, Chinese left readable.</summary>
    public static string Write(JsonNode node) => node.ToJsonString(Options);

    static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static JsonObject Step(TraceStep step)
    {
        var json = new JsonObject { ["id"] = step.Id, ["text"] = Both(step.Text) };
        if (step.Formula is not null) json["formula"] = step.Formula;
        json["inputs"] = step.Inputs;
        json["value"] = step.Value;
        if (step.Unit is not null) json["unit"] = step.Unit;
        if (step.Rule is { } rule)
            json["rule"] = new JsonObject { ["pack"] = rule.Pack, ["version"] = rule.Version, ["article"] = rule.Article, ["status"] = rule.Status.ToString().ToLowerInvariant() };
        return json;
    }

    static JsonObject Both(Bilingual text) => new() { ["en"] = text.En, ["zh"] = text.Zh };
}
