using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Credits.Programmes;

namespace Verdigris.Registry.Credits.Eligibility;

/// <summary>Method <c>credits.eligibility</c>: what units may be used for on a day, use by use, with the conditions. What is not given is not known.</summary>
sealed class EligibilityMethod() : Calculator("credits.eligibility", "1", new("Uses of credits", "碳信用适用范围"), Text("programme", "Crediting programme", "减排机制"), Text("unitCode", "Unit", "单位代码", optional: true),
    Day("vintageFrom", "First day of the reductions", "减排起始日"), Day("vintageTo", "Last day of the reductions", "减排截止日"), Text("labels", "Labels, separated by |; - for none", "标签，以 | 分隔；无则填 -", optional: true),
    new InputField("sink", InputKind.Flag, new("Reductions can be reversed", "减排可能逆转"), false), Text("authorisedFor", "Uses authorised by the host country: ndc | international | other; - for none", "东道国授权用途：ndc | international | other；无则填 -", optional: true),
    new InputField("adjusted", InputKind.Flag, new("Corresponding adjustment made", "已作相应调整"), false), Day("on", "Day", "日期", optional: false))
{
    protected override void Work(Working w)
    {
        var rules = CreditRules.Of(w.Rules);
        if (rules.Programme(w.Input.Text("programme")) is not { } programme)
        {
            w.Stop<Done>(Refusal.NotFound("credits.programme-unknown", "programme", ("given", w.Input.Text("programme")), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code)))));
            return;
        }
        var facts = new UnitFacts(programme.Code, w.Input.TextOrNull("unitCode") ?? programme.Unit, w.Input.DateOrNull("vintageFrom"), w.Input.DateOrNull("vintageTo"), Words(w, "labels"), w.Input.Has("sink") ? w.Input.Flag("sink") : null,
            Words(w, "authorisedFor"), w.Input.Has("adjusted") ? w.Input.Flag("adjusted") : null);
        if (facts.Labels?.FirstOrDefault(l => rules.Labels.All(k => k.Code != l)) is { } unknown) w.Stop<Done>(Refusal.Of("credits.label-unknown", "labels", ("given", unknown), ("known", string.Join(", ", rules.Labels.Select(l => l.Code)))));
        var uses = new JsonArray();
        foreach (var answer in EligibilityRules.Of(w.Rules).All(facts, w.Input.DateOrNull("on")!.Value))
        {
            foreach (var c in answer.Conditions)
                w.Note(new($"{answer.Use}-{c.Condition}", new($"{answer.Name.En}: {c.Condition} {c.Needs}", $"{answer.Name.Zh}：{c.Condition} {c.Needs}"), null, [], c.Met switch { true => "met", false => "not-met", _ => "unknown" }, null, c.Rule));
            uses.Add(new JsonObject { ["use"] = answer.Use, ["verdict"] = Word(answer.Verdict), ["open"] = string.Join(", ", answer.Conditions.Where(c => c.Met is not true).Select(c => c.Condition)) });
            w.Put(answer.Use, Word(answer.Verdict));
        }
        w.Put("uses", uses);
    }

    static string Word(EligibilityVerdict verdict) => verdict switch { EligibilityVerdict.Eligible => "eligible", EligibilityVerdict.NotEligible => "not-eligible", _ => "not-determinable" };

    static HashSet<string>? Words(Working w, string field) => w.Input.TextOrNull(field) is not { } text ? null : text.Trim() == "-" ? [] : text.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
}
