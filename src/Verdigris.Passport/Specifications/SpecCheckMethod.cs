using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Specifications;

/// <summary>Method <c>spec.check</c>: does an analysis meet a specification, or one of those a contract accepts?</summary>
public sealed class SpecCheckMethod : ICalculator
{
    public string Method => "spec.check";
    public string Version => "1.0";
    public Bilingual Title => new("Analysis against a specification", "分析结果与规格比对");

    public IReadOnlyList<InputField> Fields { get; } =
    [
        new("spec", InputKind.Text, new("Edition of a standard (id, name, alias) or contract code", "标准版本（编号、名称、别名）或合约代码")),
        new("results", InputKind.Object, new("Element to result: 0.0012, <0.0005, balance, or an object", "元素及其结果：0.0012、<0.0005、balance 或对象"), Unit: "percent mass fraction", Members: MemberSchema()),
        new("date", InputKind.Date, new("Day that chooses a contract's editions", "用于确定合约所适用标准版本的日期"), Required: false),
        new("guardBandFactor", InputKind.Decimal, new("k of a guard band k u around each value", "每个数值的保护带系数 k（保护带 = k·u）"), Required: false, Minimum: 0, Maximum: 10),
    ];

    public Answer<CalcResult> Calculate(CalcInput input, RulePacks rules)
    {
        var warnings = new List<CalcWarning>();
        var date = input.DateOrNull("date");
        var found = SpecBook.Of(rules).Find(input.Text("spec"), date);
        if (!found.Ok) return found.Refusals.ToList();
        var choice = found.Value;
        if (choice.Contract is not null && date is null)
            warnings.Add(new("calc.default", new("date not given: the editions without an end date were used.", "未给出 date：采用没有终止日期的标准版本。"), "date"));
        if (choice.Contract is null && date is { } day && choice.Editions[0] is var edition && ((edition.From is { } from && day < from) || (edition.To is { } to && day >= to)))
            warnings.Add(new("spec.edition-not-in-force", new($"{edition.Name} was not in force on {LocalDatePattern.Iso.Format(day)}.", $"{edition.Name} 在 {LocalDatePattern.Iso.Format(day)} 并未生效。"), "date"));
        foreach (var name in choice.NotHeld)
            warnings.Add(new("spec.limits-not-held", new($"The contract also accepts {name}, whose limits are not held.", $"合约也接受 {name}，但此处没有其限值。"), "spec"));
        var results = ReadResults(input.Object("results"), warnings);
        if (!results.Ok) return results.Refusals.ToList();
        var factor = input.DecimalOrNull("guardBandFactor");
        if (factor is null) warnings.Add(new("calc.default", new("guardBandFactor not given: 0, no guard band.", "未给出 guardBandFactor：按 0，即无保护带。"), "guardBandFactor"));
        if (choice.Editions.Count == 0) return Refusal.Of("spec.contract-without-quality", "spec", ("given", choice.Contract!));
        foreach (var e in choice.Editions)
            if (SpecCheck.Validate(e, results.Value, factor ?? 0) is { Count: > 0 } refusals) return Answer<CalcResult>.From(refusals);

        var decision = SpecCheck.Check(choice, results.Value, factor ?? 0);
        warnings.AddRange(decision.Decisive.Warnings);
        var result = Shown(decision.Decisive);
        result["verdict"] = Word(decision.Outcome);
        if (choice.Contract is not null)
        {
            result["contract"] = choice.Contract;
            result["editions"] = new JsonArray(decision.All.Select(v => (JsonNode)Shown(v)).ToArray());
            result["notHeld"] = Names(choice.NotHeld);
        }
        return new CalcResult(result, Trace(decision, results.Value), warnings);
    }

    static Answer<List<ElementResult>> ReadResults(JsonElement json, List<CalcWarning> warnings)
    {
        var results = new List<ElementResult>();
        var refusals = new List<Refusal>();
        foreach (var member in json.EnumerateObject())
        {
            var read = ReadResult(member.Name, member.Value, warnings);
            if (!read.Ok) refusals.AddRange(read.Refusals);
            else if (results.Any(r => r.Element == member.Name)) refusals.Add(Refusal.Of("calc.field-twice", "results." + member.Name, ("field", member.Name)));
            else results.Add(read.Value);
        }
        if (results.Count == 0 && refusals.Count == 0) refusals.Add(Refusal.Of("spec.no-results", "results"));
        return refusals.Count > 0 ? refusals : results;
    }

    static Answer<ElementResult> ReadResult(string element, JsonElement json, List<CalcWarning> warnings)
    {
        var field = "results." + element;
        if (json.ValueKind is JsonValueKind.String) return ElementResult.Read(element, json.GetString()!, field);
        if (json.ValueKind is JsonValueKind.Number) return ElementResult.Read(element, json.GetRawText(), field);
        if (json.ValueKind is not JsonValueKind.Object) return Refusal.Of("spec.result-unreadable", field, ("given", json.GetRawText()));
        var read = CalcInput.Read(json, ResultFields);
        if (!read.Ok) return read.Refusals.Select(r => r with { Field = $"{field}.{r.Field}" }).ToList();
        var given = read.Value;
        var result = ElementResult.Read(element, given.Text("value"), field + ".value", given.TextOrNull("unit") ?? "percent");
        if (!result.Ok || given.DecimalOrNull("expandedUncertainty") is not { } expanded) return result;
        if (given.DecimalOrNull("coverageFactor") is null)
            warnings.Add(new("calc.default", new("coverageFactor not given: 2.", "未给出 coverageFactor：按 2。"), field + ".coverageFactor"));
        return result.Value with
        {
            ExpandedUncertaintyPercent = given.TextOrNull("unit") == "ppm" ? expanded * 0.0001m : expanded,
            CoverageFactor = given.DecimalOrNull("coverageFactor") ?? 2,
        };
    }

    static readonly IReadOnlyList<InputField> ResultFields =
    [
        new("value", InputKind.Text, new("Result as printed", "所印结果")),
        new("unit", InputKind.Choice, new("Unit", "单位"), Required: false, Choices: ["percent", "ppm"]),
        new("expandedUncertainty", InputKind.Decimal, new("Expanded uncertainty U, in the unit", "扩展不确定度 U，单位同上"), Required: false, Minimum: 0),
        new("coverageFactor", InputKind.Decimal, new("Coverage factor k of U", "U 的包含因子 k"), Required: false, Minimum: 0, AboveMinimum: true, Maximum: 10),
    ];

    static JsonObject MemberSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "number" },
            new JsonObject { ["type"] = "string", ["pattern"] = @"^(balance|<? ?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)$" },
            new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject
                {
                    ["value"] = new JsonObject { ["type"] = "string" },
                    ["unit"] = new JsonObject { ["enum"] = new JsonArray("percent", "ppm") },
                    ["expandedUncertainty"] = new JsonObject { ["type"] = new JsonArray("number", "string") },
                    ["coverageFactor"] = new JsonObject { ["type"] = new JsonArray("number", "string") },
                },
                ["required"] = new JsonArray("value"),
                ["additionalProperties"] = false,
            }),
    };

    static JsonObject Shown(SpecVerdict verdict) => new()
    {
        ["verdict"] = Word(verdict.Outcome),
        ["edition"] = verdict.Edition.Id,
        ["editionName"] = verdict.Edition.Name,
        ["failed"] = Names(verdict.Failed),
        ["failedGroups"] = Names(verdict.FailedGroups),
        ["missing"] = Names(verdict.Missing),
        ["open"] = Names(verdict.Open),
        ["unconfirmed"] = Names(verdict.Unconfirmed),
    };

    static List<TraceStep> Trace(SpecDecision decision, List<ElementResult> results)
    {
        var steps = new List<TraceStep>();
        foreach (var verdict in decision.All)
        {
            foreach (var o in verdict.Limits)
            {
                var inputs = new JsonObject { ["limit"] = o.Limit.Shown };
                foreach (var element in o.Limit.Members ?? [o.Limit.Subject])
                    if (results.FirstOrDefault(r => r.Element == element) is { } result) inputs[element] = result.ToString();
                var value = new JsonObject { ["least"] = o.Least, ["most"] = o.Most, ["outcome"] = Word(o.Outcome) };
                if (o.Missing.Count > 0) value["missing"] = Names(o.Missing);
                steps.Add(new($"{verdict.Edition.Id}/{o.Limit.Subject}",
                    new($"{o.Limit.Subject} {o.Limit.Shown}: {(o.NothingReported ? "not checked" : Word(o.Outcome))}", $"{o.Limit.Subject} {o.Limit.Shown}：{(o.NothingReported ? "未检查" : SpecCheck.WordZh(o.Outcome))}"),
                    o.Limit.IsSum && o.Limit.Members is { } members ? string.Join(" + ", members) : null, inputs, value, "percent mass fraction", o.Limit.Rule));
            }
            steps.Add(new(verdict.Edition.Id, new($"{verdict.Edition.Name}: {Word(verdict.Outcome)}", $"{verdict.Edition.Name}：{SpecCheck.WordZh(verdict.Outcome)}"), null, [], Word(verdict.Outcome), null, verdict.Edition.Rule));
        }
        steps.Add(new("verdict", new($"{decision.Choice.Name}: {Word(decision.Outcome)}", $"{decision.Choice.Name}：{SpecCheck.WordZh(decision.Outcome)}"), null, [], Word(decision.Outcome)));
        return steps;
    }

    static string Word(SpecOutcome outcome) => outcome switch { SpecOutcome.Pass => "pass", SpecOutcome.Fail => "fail", _ => "indeterminate" };

    static JsonArray Names(IEnumerable<string> names) => new(names.Select(n => (JsonNode)n).ToArray());
}
