using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Facilities;

/// <summary>
/// Method <c>facility.footprint</c>: a whole facility over a period, in one call. Each stream names a method and its input; the streams add up by scope, process and tonne of product. One set of global
/// warming potentials holds for all. Biogenic CO2 stands apart and is in no sum. Trace and warnings of every stream are kept, with the stream's id before them.
/// </summary>
/// <param name="methods">The methods a stream may name.</param>
sealed class FacilityFootprint(IReadOnlyList<ICalculator> methods) : Calculator("facility.footprint", "1.0", new("Footprint of a facility", "企业（装置）碳足迹"),
    Text("facility", "Facility", "设施名称"),
    Day("from", "First day of the period", "期初日", optional: false),
    Day("to", "Last day of the period", "期末日", optional: false),
    Text("product", "Product", "产品"),
    Number("productionT", "Production", "产量", "t", above: true),
    Choice("gwp", "Set of global warming potentials, for every stream", "全球变暖潜势来源（适用于全部源流）", Gwp.Sets),
    Items("streams", "Source streams", "源流",
        Text("id", "Id of the stream", "源流编号"),
        Text("process", "Process it belongs to", "所属工序"),
        Choice("scope", "Direct, electricity and heat bought (indirect), or upstream", "直接、间接（外购电热）或上游", [Direct, Indirect, Upstream]),
        Text("method", "Method", "方法"),
        new InputField("input", InputKind.Object, new("Input of the method", "方法输入")),
        Number("uncertaintyPercent", "Uncertainty of the stream, half of the 95 % range", "源流不确定度（95% 区间半宽）", "%", max: 1000, optional: true),
        Choice("basis", "Measured, or a default", "实测或默认", ["measured", "default"])),
    new InputField("checks", InputKind.List, new("Checks that add nothing, such as physical limits", "不计入合计的检查，例如物理限值"), Required: false, Items: [Text("method", "Method", "方法"), new("input", InputKind.Object, new("Input of the method", "方法输入"))], AtLeast: 0))
{
    const string Direct = "direct", Indirect = "indirect", Upstream = "upstream";

    protected override void Work(Working w)
    {
        if (w.Input.DateOrNull("to") < w.Input.DateOrNull("from")) w.Refuse(Refusal.Of("facility.period", "to"));
        var set = new CalculatorSet(w.Rules, methods);
        var streams = w.Input.List("streams").Select((given, i) => One(w, set, given, i)).ToList();
        foreach (var twice in streams.GroupBy(s => s.Id).Where(g => g.Count() > 1)) w.Refuse(Refusal.Of("facility.stream-twice", "streams", ("given", twice.Key)));
        Checks(w, set);
        if (w.Refused) return;

        var production = w["productionT"];
        decimal Sum(string scope) => streams.Where(s => s.Scope == scope).Sum(s => s.Tco2e);
        decimal direct = Sum(Direct), indirect = Sum(Indirect), upstream = Sum(Upstream), total = direct + indirect + upstream;
        w.Put("directTco2e", w.Step("direct", "Direct", "直接排放", "sum of direct streams", "t CO2e", direct));
        w.Put("pfcTco2e", streams.Sum(s => s.PfcTco2e));
        w.Put("indirectTco2e", w.Step("indirect", "Electricity and heat bought", "间接排放", "sum of indirect streams", "t CO2e", indirect));
        w.Put("upstreamTco2e", w.Step("upstream", "Upstream", "上游排放", "sum of upstream streams", "t CO2e", upstream));
        w.Put("totalTco2e", w.Step("total", "Facility", "合计", "direct + indirect + upstream", "t CO2e", total, ("direct", direct), ("indirect", indirect), ("upstream", upstream)));
        w.Put("biogenicTco2", streams.Sum(s => s.BiogenicTco2));
        w.Put("directTco2ePerT", w.Step("direct-per-t", "Direct, a tonne of product", "单位产品直接排放", "direct / productionT", "t CO2e/t", direct / production, ("direct", direct), ("productionT", production)));
        w.Put("indirectTco2ePerT", w.Step("indirect-per-t", "Indirect, a tonne of product", "单位产品间接排放", "indirect / productionT", "t CO2e/t", indirect / production, ("indirect", indirect), ("productionT", production)));
        w.Put("totalTco2ePerT", w.Step("total-per-t", "A tonne of product", "单位产品排放", "total / productionT", "t CO2e/t", total / production, ("total", total), ("productionT", production)));
        w.Put("byProcess", new JsonObject(streams.GroupBy(s => s.Process).Select(g => KeyValuePair.Create(g.Key, (JsonNode?)Working.Shown(g.Sum(s => s.Tco2e) / production)))));
        w.Put("streams", new JsonArray([.. streams.Select(s => (JsonNode)new JsonObject
        {
            ["id"] = s.Id,
            ["process"] = s.Process,
            ["scope"] = s.Scope,
            ["method"] = s.Method,
            ["tco2e"] = Working.Shown(s.Tco2e),
            ["biogenicTco2"] = Working.Shown(s.BiogenicTco2),
            ["tco2ePerT"] = Working.Shown(s.Tco2e / production),
            ["percent"] = total == 0 ? null : Working.Shown(s.Tco2e / total * 100),
            ["basis"] = s.Basis,
        })]));
        Quality(w, streams, total);
    }

    sealed record Stream(string Id, string Process, string Scope, string Method, decimal Tco2e, decimal BiogenicTco2, decimal PfcTco2e, decimal? UncertaintyPercent, string Basis);

    Stream One(Working w, CalculatorSet set, CalcInput given, int index)
    {
        var at = $"streams[{index}]";
        var (id, method) = (given.Text("id"), given.Text("method"));
        var unknown = new Stream(id, given.Text("process"), given.Text("scope"), method, 0, 0, 0, given.DecimalOrNull("uncertaintyPercent"), given.Text("basis"));
        if (Run(w, set, method, given.Object("input"), at, id) is not { } result) return unknown;
        if (StreamRun.Emission(method, result) is not { } emission) { w.Refuse(Refusal.Of("facility.no-emission", $"{at}.method", ("given", method))); return unknown; }
        return unknown with { Tco2e = emission.Tco2e, BiogenicTco2 = emission.BiogenicTco2, PfcTco2e = emission.PfcTco2e };
    }

    void Checks(Working w, CalculatorSet set)
    {
        var findings = new JsonArray();
        foreach (var (check, i) in w.Input.List("checks").Select((c, i) => (c, i)))
            if (Run(w, set, check.Text("method"), check.Object("input"), $"checks[{i}]", check.Text("method"))?["findings"] is JsonArray found)
                foreach (var finding in found) findings.Add(finding!.DeepClone());
        w.Put("findings", findings);
    }

    /// <summary>Runs a method for a part of the facility; its refusals, trace and warnings become the facility's.</summary>
    static JsonObject? Run(Working w, CalculatorSet set, string method, JsonElement input, string at, string id)
    {
        var answer = StreamRun.Calculate(set, method, JsonObject.Create(input)!, w.Input.Text("gwp"));
        if (!answer.Ok)
        {
            foreach (var refusal in answer.Refusals) w.Refuse(refusal with { Field = refusal.Code == "calc.unknown-method" ? $"{at}.method" : $"{at}.input{(refusal.Field is null ? "" : "." + refusal.Field)}" });
            return null;
        }
        var result = answer.Value;
        foreach (var step in result.Trace) w.Note(step with { Id = $"{id}/{step.Id}" });
        foreach (var warning in result.Warnings.Where(r => !r.Code.StartsWith("rule.", StringComparison.Ordinal))) w.Warn(warning.Code, $"{id}: {warning.Text.En}", $"{id}：{warning.Text.Zh}", $"{at}.input{(warning.Field is null ? "" : "." + warning.Field)}");
        return result.Result;
    }

    static void Quality(Working w, IReadOnlyList<Stream> streams, decimal total)
    {
        var bases = w.Input.List("streams").Where(s => s.Text("method") == "electricity.location-based").Select(s => s.Object("input").TryGetProperty("basis", out var basis) ? basis.ToString() : "direct").Distinct().ToList();
        if (bases.Count > 1) w.Warn("facility.bases-mixed", "Electricity is counted on two bases, direct and life cycle, which are unlike.", "电力排放混用了直接与生命周期两种口径，二者不可比。", "streams");
        var absolute = streams.Sum(s => Math.Abs(s.Tco2e));
        if (absolute > 0) w.Put("measuredSharePercent", streams.Where(s => s.Basis == "measured").Sum(s => Math.Abs(s.Tco2e)) / absolute * 100);
        if (total == 0 || streams.Any(s => s.UncertaintyPercent is null))
        {
            w.Put("uncertaintyPercent", (JsonNode?)null);
            if (streams.Any(s => s.UncertaintyPercent is not null)) w.Warn("facility.uncertainty-incomplete", $"No uncertainty for the whole: {string.Join(", ", streams.Where(s => s.UncertaintyPercent is null).Select(s => s.Id))} has none.", $"无法给出整体不确定度：{string.Join("、", streams.Where(s => s.UncertaintyPercent is null).Select(s => s.Id))} 未给出。", "streams");
            return;
        }
        var squares = streams.Sum(s => s.UncertaintyPercent!.Value * s.Tco2e * (s.UncertaintyPercent.Value * s.Tco2e));
        w.Put("uncertaintyPercent", w.Step("uncertainty", "Uncertainty of the whole", "整体不确定度", "sqrt(sum((uncertaintyPercent * tco2e)^2)) / abs(total)", "%", DecimalText.Sqrt(squares) / Math.Abs(total), w.Cite("footprint/streams", "IPCC 2006 vol. 1 ch. 3, sum of uncertain parts"), ("total", total)));
    }
}
