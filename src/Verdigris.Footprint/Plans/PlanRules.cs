using System.Text.Json;
using System.Text.RegularExpressions;
using Verdigris.Footprint.Facilities;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Plans;

/// <summary>Whether a plan can be worked by: its methods exist, its input is complete and nothing in it is said twice, and each meter is as certain as its tier demands. Pure.</summary>
static partial class PlanRules
{
    public const int MostStreams = 200;

    /// <summary>Stream id of the production, which every report has beside the plan's streams.</summary>
    public const string Production = "production";

    /// <summary>Methods a stream may be calculated by.</summary>
    public static IReadOnlyList<ICalculator> Methods { get; } = [.. FootprintMethods.All.Where(m => m is not FacilityFootprint)];

    public static IReadOnlyList<Refusal> Check(PlanContent content, CalculatorSet methods, RulePacks rules)
    {
        var wrong = new List<Refusal>();
        Texts.Check(content.Product, "content.product", 200, wrong);
        if (!Gwp.Sets.Contains(content.Gwp)) wrong.Add(Refusal.Of("calc.not-a-choice", "content.gwp", ("field", "gwp"), ("given", content.Gwp ?? ""), ("known", string.Join(", ", Gwp.Sets))));
        if (content.Streams is not { Count: > 0 and <= MostStreams }) { wrong.Add(Refusal.Of("plan.stream-count", "content.streams", ("most", $"{MostStreams}"))); return wrong; }
        foreach (var twice in content.Streams.GroupBy(s => s.Id).Where(g => g.Count() > 1)) wrong.Add(Refusal.Of("facility.stream-twice", "content.streams", ("given", twice.Key ?? "")));
        for (var i = 0; i < content.Streams.Count; i++) CheckStream(content.Streams[i], $"content.streams[{i}]", content.Gwp, methods, rules, wrong);
        return wrong;
    }

    static void CheckStream(PlanStream stream, string at, string? gwp, CalculatorSet methods, RulePacks rules, List<Refusal> wrong)
    {
        if (stream.Id is not { } id || !StreamId().IsMatch(id) || id == Production) wrong.Add(Refusal.Of("plan.stream-id", at + ".id", ("given", stream.Id ?? "")));
        Texts.Check(stream.Process, at + ".process", 200, wrong);
        Texts.Check(stream.Meter, at + ".meter", 200, wrong);
        Texts.Check(stream.Responsible, at + ".responsible", 200, wrong);
        if (!Enum.IsDefined(stream.Scope)) wrong.Add(Refusal.Of("request.word-unknown", at + ".scope", ("given", $"{stream.Scope}")));
        if (!Enum.IsDefined(stream.Gaps)) wrong.Add(Refusal.Of("request.word-unknown", at + ".gaps", ("given", $"{stream.Gaps}")));
        if (stream.UncertaintyPercent is < 0 or > 1000) wrong.Add(Refusal.Of("calc.above-maximum", at + ".uncertaintyPercent", ("field", "uncertaintyPercent"), ("given", $"{stream.UncertaintyPercent}"), ("limit", "1000")));
        if (Methods.FirstOrDefault(m => m.Method == stream.Method) is not { } method)
        {
            wrong.Add(Refusal.Of("calc.unknown-method", at + ".method", ("method", stream.Method ?? ""), ("known", string.Join(", ", Methods.Select(m => m.Method)))));
            return;
        }
        Input(stream, method, at, gwp, wrong);
        Tier(stream, at, methods, wrong);
    }

    /// <summary>Fixed and measured input together make an input the method takes; tried with one in the place of every measured number.</summary>
    static void Input(PlanStream stream, ICalculator method, string at, string? gwp, List<Refusal> wrong)
    {
        var before = wrong.Count;
        if (stream.Measured is not { Count: > 0 }) wrong.Add(Refusal.Of("plan.nothing-measured", at + ".measured"));
        if (stream.Fixed is null) wrong.Add(Refusal.Of("plan.fixed-missing", at + ".fixed"));
        if (wrong.Count > before || stream.Fixed is not { } laidDown || stream.Measured is not { } measured) return;
        foreach (var field in measured)
        {
            var known = method.Fields.FirstOrDefault(f => f.Name == field);
            if (known is null) wrong.Add(Refusal.Of("calc.unknown-field", at + ".measured", ("field", field ?? ""), ("known", string.Join(", ", method.Fields.Select(f => f.Name)))));
            else if (known.Kind is not (InputKind.Decimal or InputKind.Integer)) wrong.Add(Refusal.Of("plan.measured-not-number", at + ".measured", ("field", field!)));
            else if (laidDown.ContainsKey(field!)) wrong.Add(Refusal.Of("plan.fixed-and-measured", at + ".measured", ("field", field!)));
        }
        foreach (var twice in measured.GroupBy(f => f).Where(g => g.Count() > 1)) wrong.Add(Refusal.Of("calc.field-twice", at + ".measured", ("field", twice.Key ?? "")));
        if (wrong.Count > before) return;
        var trial = laidDown.DeepClone().AsObject();
        if (trial["gwp"] is { } own && own.ToString() != gwp) { wrong.Add(Refusal.Of("facility.gwp-differs", at + ".fixed.gwp", ("given", own.ToString()), ("gwp", gwp ?? ""))); return; }
        if (method.Fields.Any(f => f.Name == "gwp")) trial["gwp"] = gwp;
        foreach (var field in measured) trial[field] = 1;
        var read = CalcInput.Read(JsonSerializer.SerializeToElement(trial), method.Fields);
        foreach (var refusal in read.Refusals.Where(r => !measured.Contains(r.Field ?? ""))) wrong.Add(refusal with { Field = $"{at}.fixed.{refusal.Field}" });
    }

    static void Tier(PlanStream stream, string at, CalculatorSet methods, List<Refusal> wrong)
    {
        if (stream.RequiredTier is null && stream.TierKind is null) return;
        if (stream.RequiredTier is null || stream.TierKind is null) { wrong.Add(Refusal.Of("plan.tier-both", at + (stream.RequiredTier is null ? ".requiredTier" : ".tierKind"))); return; }
        if (stream.UncertaintyPercent is not { } uncertainty) { wrong.Add(Refusal.Of("plan.tier-needs-uncertainty", at + ".uncertaintyPercent")); return; }
        var tier = methods.Run("mrr.tier-check", JsonSerializer.SerializeToElement(new { kind = stream.TierKind, uncertaintyPercent = uncertainty, requiredTier = stream.RequiredTier }));
        if (!tier.Ok) wrong.AddRange(tier.Refusals.Select(r => r with { Field = at + (r.Field == "kind" ? ".tierKind" : ".requiredTier") }));
        else if (!tier.Value.Result.Result["met"]!.GetValue<bool>()) wrong.Add(Refusal.Of("plan.tier-not-met", at + ".uncertaintyPercent", ("given", DecimalText.Write(uncertainty)), ("tier", stream.RequiredTier)));
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,39}$")]
    public static partial Regex StreamId();
}
