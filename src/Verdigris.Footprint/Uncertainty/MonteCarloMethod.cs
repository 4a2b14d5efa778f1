using System.Text.Json.Nodes;
using Verdigris.Footprint.Statistics;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Uncertainty;

/// <summary>
/// Method <c>uncertainty.monte-carlo</c>: mean, spread and 95 % range of a sum of products of uncertain inputs by simulation, and which input the spread comes from. The seed is an input, so a figure can be
/// drawn again digit by digit.
/// </summary>
sealed class MonteCarloMethod() : Calculator("uncertainty.monte-carlo", "1.0", new("Uncertainty by simulation", "蒙特卡罗不确定度模拟"),
    Items("inputs", "Inputs", "输入量",
        Text("name", "Name", "名称"),
        Choice("distribution", "Distribution", "分布", Distributions),
        Number("value", "Mean (normal), median (lognormal), mode (triangular) or the value itself", "均值（正态）、中位数（对数正态）、众数（三角）或定值", min: -1_000_000_000_000m, optional: true),
        Number("sd", "Standard deviation", "标准差", above: true, optional: true),
        Number("uncertaintyPercent", "Half of the 95 % range", "95% 区间半宽", "%", above: true, max: 100_000, optional: true),
        Number("gsd", "Geometric standard deviation", "几何标准差", min: 1, above: true, max: 100, optional: true),
        Number("low", "Least value", "最小值", min: -1_000_000_000_000m, optional: true),
        Number("high", "Largest value", "最大值", min: -1_000_000_000_000m, optional: true),
        Text("group", "Group it is correlated within", "相关组", optional: true)),
    Items("terms", "Terms: the figure is their sum", "项：结果为各项之和",
        Text("product", "Names of inputs with * between them", "以 * 相连的输入量名称"),
        Number("coefficient", "Factor of the term; 1 where left out", "系数；未给出时为 1", min: -1_000_000_000_000m, optional: true)),
    new InputField("groups", InputKind.List, new("Groups of correlated inputs", "相关输入量组"), Required: false, Items: [Text("name", "Name", "名称"), Number("correlation", "Correlation of every two of them", "两两相关系数", max: 1)]),
    Whole("seed", "Seed", "随机种子", 0, int.MaxValue),
    Whole("draws", "Draws", "抽样次数", MonteCarlo.FewestDraws, MonteCarlo.MostDraws))
{
    static readonly string[] Distributions = ["fixed", "normal", "lognormal", "triangular", "uniform"];

    /// <summary>What each distribution is given by.</summary>
    static readonly Dictionary<string, string[]> Ways = new()
    {
        ["fixed"] = ["value"],
        ["normal"] = ["value + sd", "value + uncertaintyPercent"],
        ["lognormal"] = ["value + gsd"],
        ["triangular"] = ["value + low + high"],
        ["uniform"] = ["low + high"],
    };

    static readonly string[] Parameters = ["value", "sd", "uncertaintyPercent", "gsd", "low", "high"];

    protected override void Work(Working w)
    {
        var groups = w.Input.List("groups").Select(g => g.Text("name")).ToList();
        for (var i = 0; i < groups.Count; i++)
            if (groups.IndexOf(groups[i]) < i) w.Refuse(Refusal.Of("uncertainty.name-twice", $"groups[{i}].name", ("name", groups[i])));
        var inputs = w.Input.List("inputs").Select((input, i) => Read(w, input, $"inputs[{i}]", groups)).ToList();
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < inputs.Count; i++)
            if (!index.TryAdd(inputs[i].Name, i)) w.Refuse(Refusal.Of("uncertainty.name-twice", $"inputs[{i}].name", ("name", inputs[i].Name)));
        var terms = w.Input.List("terms").Select((term, i) => new UncertainTerm(term.DecimalOrNull("coefficient") ?? 1, Factors(w, term.Text("product"), $"terms[{i}].product", index))).ToList();
        if (w.Refused) return;
        WarnOf(w, inputs, terms);
        Put(w, inputs, terms, w.Value(MonteCarlo.Run(inputs, terms, [.. w.Input.List("groups").Select(g => g.Decimal("correlation"))], w.Input.Integer("seed"), w.Input.Integer("draws"))));
    }

    static UncertainInput Read(Working w, CalcInput input, string at, List<string> groups)
    {
        var name = input.Text("name");
        var distribution = input.Text("distribution");
        var given = string.Join(" + ", Parameters.Where(input.Has));
        if (!Ways[distribution].Contains(given)) w.Refuse(Refusal.Of("uncertainty.parameters", at, ("distribution", distribution), ("needs", string.Join(" | ", Ways[distribution])), ("given", given.Length > 0 ? given : "-")));
        var group = input.TextOrNull("group") is { } wanted ? groups.IndexOf(wanted) : -1;
        if (group < 0 && input.Has("group")) w.Refuse(Refusal.NotFound("uncertainty.unknown-group", at + ".group", ("given", input.Text("group")), ("known", string.Join(", ", groups.Take(60)))));
        decimal Of(string field) => input.DecimalOrNull(field) ?? 0;
        return distribution switch
        {
            "normal" => UncertainInput.Normal(name, Of("value"), input.DecimalOrNull("sd") ?? Of("uncertaintyPercent") / 100 * Math.Abs(Of("value")) / Simulation.HalfRange, group),
            "lognormal" => UncertainInput.Lognormal(name, Of("value"), Of("gsd"), group),
            "triangular" => UncertainInput.Triangular(name, Of("low"), Of("value"), Of("high"), group),
            "uniform" => UncertainInput.Uniform(name, Of("low"), Of("high"), group),
            _ => UncertainInput.Fixed(name, Of("value")),
        };
    }

    static List<int> Factors(Working w, string product, string at, Dictionary<string, int> index)
    {
        var factors = new List<int>();
        foreach (var name in product.Split('*', StringSplitOptions.TrimEntries))
            if (index.TryGetValue(name, out var i)) factors.Add(i);
            else w.Refuse(Refusal.NotFound("uncertainty.unknown-input", at, ("given", name), ("known", string.Join(", ", index.Keys.Take(60)))));
        return factors;
    }

    static void WarnOf(Working w, List<UncertainInput> inputs, List<UncertainTerm> terms)
    {
        var used = terms.SelectMany(t => t.Inputs).ToHashSet();
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            if (!used.Contains(i)) w.Warn("uncertainty.unused", $"{input.Name} stands in no term: its uncertainty is not in the result.", $"{input.Name} 未出现在任何项中：其不确定度未计入结果。", $"inputs[{i}]");
            if (input.Shape == Shape.Normal && input.Centre > 0 && input.Spread * 3 > input.Centre)
                w.Warn("uncertainty.below-zero", $"{input.Name} is drawn below zero now and then: is it lognormal?", $"{input.Name} 会抽到负值：是否应为对数正态分布？", $"inputs[{i}]");
        }
        if (inputs.Any(i => i.Group >= 0)) w.Warn("uncertainty.correlated", "The shares of correlated inputs overlap: take a group's together.", "相关输入量的贡献相互重叠：请按组合计。", "groups");
    }

    static void Put(Working w, List<UncertainInput> inputs, List<UncertainTerm> terms, MonteCarloResult r)
    {
        w.Note(new("draws", new("Drawn with xoshiro256**, one uniform number a group and an uncertain input, by inversion", "以 xoshiro256** 抽样，每组及每个不确定输入量一个均匀数，反函数法"), null, new JsonObject { ["inputs"] = inputs.Count, ["terms"] = terms.Count, ["seed"] = r.Seed }, r.Draws));
        var mean = w.Put("mean", w.Step("mean", "Mean", "均值", "sum(draw) / draws", null, r.Mean, ("draws", r.Draws)));
        var sd = w.Put("sd", w.Step("sd", "Standard deviation", "标准差", "sqrt(sum((draw - mean)^2) / (draws - 1))", null, r.Sd, ("mean", mean), ("draws", r.Draws)));
        w.Put("standardError", w.Step("standard-error", "Standard error of the mean", "均值的标准误", "sd / sqrt(draws)", null, r.StandardError, ("sd", sd), ("draws", r.Draws)));
        Percentile(w, "p2_5", "2.5 % of the draws lie below", "2.5% 分位数", r.P2_5);
        Percentile(w, "p50", "Half of the draws lie below", "中位数", r.P50);
        Percentile(w, "p97_5", "97.5 % of the draws lie below", "97.5% 分位数", r.P97_5);
        if (r.Mean != 0)
            w.Put("uncertaintyPercent", w.Step("uncertainty", "Half of the 95 % range", "95% 区间半宽", "(p97_5 - p2_5) / 2 / |mean| * 100", "%", (r.P97_5 - r.P2_5) / 2 / Math.Abs(mean) * 100, ("p97_5", r.P97_5), ("p2_5", r.P2_5), ("mean", mean)));
        var ranked = Enumerable.Range(0, inputs.Count).OrderByDescending(i => r.VarianceShares[i]);
        w.Put("contributions", new JsonArray([.. ranked.Select(i => (JsonNode)new JsonObject { ["input"] = inputs[i].Name, ["variancePercent"] = Working.Shown(r.VarianceShares[i] * 100) })]));
        w.Put("draws", r.Draws);
        w.Put("seed", r.Seed);
    }

    static void Percentile(Working w, string field, string en, string zh, decimal value)
    {
        w.Note(new(field, new(en, zh), null, [], Working.Shown(value)));
        w.Put(field, value);
    }
}
