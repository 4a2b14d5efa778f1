using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Methods;

/// <summary>
/// Method <c>ets.free-allocation</c>: units given free for a year, by what the scheme does: benchmarks and historical activity, output of a class of plant, verified emissions, a balance value of
/// intensity, a baseline, or the plan of a party. What is given in the input says which; the scheme must have it.
/// </summary>
sealed class FreeAllocationMethod() : SchemeMethod("ets.free-allocation", new("Free allocation", "免费配额分配"), SchemeCode(), Year("Year of the allocation", "分配年度"),
    new InputField("subInstallations", InputKind.List, new("Sub-installations", "分装置"), Required: false, Items:
    [
        Number("benchmark", "Benchmark", "基准值", "units/t", optional: true), Text("product", "Product, for the scheme's own benchmark", "产品（取体系基准值）", optional: true),
        Number("historicalActivity", "Activity level", "活动水平"), Flag("carbonLeakage", "Exposed to carbon leakage", "存在碳泄漏风险"), Flag("districtHeating", "District heating", "区域供热"), Flag("borderGood", "Goods of the border measure", "边境措施商品"),
        Number("electricityFactor", "Direct over direct and indirect emissions", "直接排放占直接与间接排放之比", max: 1, optional: true),
    ]),
    Number("cscf", "Correction factor to assume", "假定的修正系数", max: 1, optional: true), Flag("generator", "Electricity generator", "发电企业"),
    Number("generationMwh", "Electricity, as the scheme counts it", "电量（按体系口径）", "MWh", optional: true), Number("output", "Output of the product", "产品产量", "t", optional: true),
    Text("unitClass", "Class of plant", "机组类别", optional: true), Number("outputBenchmark", "Units a unit of output, where the scheme's file has none", "每单位产出的配额（体系文件未载时）", "units", optional: true), Number("heatGj", "Heat supplied", "供热量", "GJ", optional: true),
    Flag("airCooled", "Cooled by air", "空冷"), Number("heatRatio", "Heat supplied over all heat and power", "供热比", max: 1, optional: true), Number("loadFactor", "Load factor", "负荷系数", max: 1, optional: true),
    Text("sector", "Sector of the scheme", "行业", optional: true), Number("verifiedTco2e", "Verified emissions", "经核查排放量", "t CO2e", optional: true),
    Number("intensity", "Intensity of the emissions", "排放强度", "t CO2e/t", above: true, optional: true), Number("balanceIntensity", "Balance value of the sector", "行业平衡值", "t CO2e/t", above: true, optional: true),
    Number("baselineTco2e", "Baseline", "基准线排放量", "t CO2e", optional: true), Text("baselineClass", "Class of the baseline", "基准线类别", optional: true), Text("party", "Party of the plans", "分配计划缔约方", optional: true))
{
    protected override void Work(Working w)
    {
        var (scheme, year) = (SchemeOf(w), w.Input.Integer("year"));
        switch (Way(w))
        {
            case "subInstallations": Benchmarks(w, scheme, year); break;
            case "generationMwh" or "output": Output(w, scheme, year); break;
            case "balanceIntensity": Balance(w, scheme, year); break;
            case "verifiedTco2e": Verified(w, scheme, year); break;
            case "party": Plan(w, scheme, year); break;
            default: Baseline(w, scheme, year); break;
        }
    }

    static string Way(Working w)
    {
        string[] ways = ["subInstallations", "generationMwh", "output", "balanceIntensity", "verifiedTco2e", "baselineTco2e", "party"];
        var given = ways.Where(w.Input.Has).ToList();
        if (given is ["balanceIntensity", "verifiedTco2e"]) return "balanceIntensity";
        return given is [var one] ? one : w.Stop<string>(Refusal.Of("calc.either", ways[0], ("choices", string.Join(" | ", ways))));
    }

    static void Benchmarks(Working w, Scheme scheme, int year)
    {
        Has(w, scheme, year, "benchmark");
        var given = w.Input.List("subInstallations");
        var parts = new List<SubInstallation>();
        for (var i = 0; i < given.Count; i++)
        {
            var (part, at) = (given[i], $"subInstallations[{i}]");
            var value = part.DecimalOrNull("benchmark");
            if (value is null == part.TextOrNull("product") is null) w.Stop<Done>(Refusal.Of("calc.either", $"{at}.benchmark", ("choices", "benchmark | product")));
            if (part.TextOrNull("product") is { } product)
            {
                var (row, rule) = w.Value(scheme.Rule("benchmarks", year, product));
                value = w.Step($"benchmark-{i + 1}", $"Benchmark of {product}", $"{product} 基准值", "", row.Text("unit"), row.Decimal("value"), rule);
            }
            parts.Add(new(value!.Value, part.Decimal("historicalActivity"), part.Flag("districtHeating") ? "heating" : part.Flag("carbonLeakage") ? "leakage" : "other", part.Flag("borderGood"), part.DecimalOrNull("electricityFactor") ?? 1));
        }
        var done = w.Value(FreeAllocation.Of(scheme, year, parts, w.Input.DecimalOrNull("cscf"), w.Input.Flag("generator")));
        for (var i = 0; i < parts.Count; i++)
        {
            w.Step($"part-{i + 1}", "Of the sub-installation", "分装置配额", "benchmark * activity * exposure * kept * electricity", "units", done.Parts[i].Units, done.Parts[i].ExposureRule,
                ("benchmark", parts[i].Benchmark), ("activity", parts[i].Activity), ("exposure", done.Parts[i].ExposureFactor), ("kept", done.Parts[i].Kept), ("electricity", parts[i].ElectricityFactor));
            if (done.Parts[i].KeptRule is { } kept) w.Step($"kept-{i + 1}", "Share kept beside the border measure", "边境措施下保留比例", "", "1", done.Parts[i].Kept, kept);
        }
        w.Put("preliminary", w.Step("preliminary", "Preliminary", "初步分配", "sum(parts)", "units", done.Preliminary));
        w.Put("correction", done.Correction);
        w.Put("allocation", w.Step("allocation", "Allocation, whole units", "分配量（取整）", "round(preliminary * correction)", "units", done.Units, done.CorrectionRule, ("preliminary", done.Preliminary), ("correction", done.Correction)));
    }

    static void Output(Working w, Scheme scheme, int year)
    {
        Has(w, scheme, year, "output");
        var (share, free) = Free(w, scheme, year, "output");
        var made = w.Input.DecimalOrNull("generationMwh") ?? w["output"];
        if (w.Input.DecimalOrNull("outputBenchmark") is { } own)
        {
            if (scheme.Rows("output-benchmarks", year).Any() || w.Input.Has("unitClass")) w.Stop<Done>(Refusal.Of("calc.either", "outputBenchmark", ("choices", "outputBenchmark | unitClass")));
            w.Put("allocation", w.Step("allocation", "Allocation", "分配量", "round(output * benchmark * share)", "units", scheme.Rounding("allocation").Apply(made * own * share), free, ("output", made), ("benchmark", own), ("share", share)));
            return;
        }
        if (w.Input.TextOrNull("unitClass") is not { } unit) { w.Stop<Done>(Refusal.Of("calc.missing-field", "unitClass", ("field", "unitClass"))); return; }
        var plant = new PlantOutput(unit, made, w.Input.DecimalOrNull("heatGj") ?? 0, w.Input.Has("airCooled") ? w.Input.Flag("airCooled") : null, w.Input.DecimalOrNull("heatRatio"), w.Input.DecimalOrNull("loadFactor"));
        var done = w.Value(OutputAllocation.Of(scheme, year, plant));
        w.Step("benchmark", "Benchmark of the class", "机组类别基准值", "", "units", done.Benchmark, done.Rule);
        foreach (var (correction, value, rule) in done.Factors) w.Step("correction-" + correction, $"Correction: {correction}", $"修正系数：{correction}", "", "1", value, rule);
        foreach (var missing in done.Missing) w.Warn("ets.correction-missing", $"The correction for {missing} was not given and is left out.", $"未给出修正项 {missing}，未予计入。");
        w.Put("allocation", w.Step("allocation", "Allocation", "分配量", "round((output * benchmark * corrections + heat) * share)", "units", share == 1 ? done.Units : scheme.Rounding("allocation").Apply(done.Units * share), done.Rule, ("output", plant.Output), ("benchmark", done.Benchmark), ("heat", done.HeatUnits), ("share", share)));
    }

    static void Verified(Working w, Scheme scheme, int year)
    {
        var sector = Sector(w);
        var (row, rule) = w.Value(scheme.Rule("allocation", year, sector, "verified"));
        var share = row.DecimalOrNull("freeShare") ?? 1;
        w.Put("allocation", w.Step("allocation", "Allocation", "分配量", "round(verified * share / unit)", "units", scheme.Rounding("allocation").Apply(w["verifiedTco2e"] * share / scheme.UnitMassT), rule, ("verified", w["verifiedTco2e"]), ("share", share), ("unit", scheme.UnitMassT)));
    }

    static void Balance(Working w, Scheme scheme, int year)
    {
        var sector = Sector(w);
        if (w.Input.DecimalOrNull("intensity") is null || w.Input.DecimalOrNull("verifiedTco2e") is null) w.Stop<Done>(Refusal.Of("calc.missing-field", w.Input.Has("intensity") ? "verifiedTco2e" : "intensity", ("field", w.Input.Has("intensity") ? "verifiedTco2e" : "intensity")));
        w.Value(scheme.Rule("allocation", year, sector, "balance"));
        var deviation = w.Step("deviation", "Distance from the balance value", "与平衡值的偏离", "intensity / balance - 1", "1", w["intensity"] / w["balanceIntensity"] - 1, ("intensity", w["intensity"]), ("balance", w["balanceIntensity"]));
        var (rate, rule) = w.Value(OutputAllocation.Rate(scheme, year, "surplus", deviation));
        w.Put("rate", w.Step("rate", "Surplus rate", "盈余率", "points(deviation)", "1", rate, rule, ("deviation", deviation)));
        w.Put("allocation", w.Step("allocation", "Allocation", "分配量", "round(verified * (1 + rate))", "units", scheme.Rounding("allocation").Apply(w["verifiedTco2e"] * (1 + rate)), rule, ("verified", w["verifiedTco2e"]), ("rate", rate)));
    }

    static void Baseline(Working w, Scheme scheme, int year)
    {
        Has(w, scheme, year, "baseline");
        if (w.Input.TextOrNull("baselineClass") is not { } of) { w.Stop<Done>(Refusal.Of("calc.missing-field", "baselineClass", ("field", "baselineClass"))); return; }
        var (row, rule) = w.Value(scheme.Rule("baselines", null, of, $"{year}"));
        var (free, _) = Free(w, scheme, year, "baseline");
        w.Put("allocation", w.Step("allocation", "Allocation", "分配量", "round(baseline * share * free / unit)", "units", scheme.Rounding("allocation").Apply(w["baselineTco2e"] * row.Decimal("share") * free / scheme.UnitMassT), rule,
            ("baseline", w["baselineTco2e"]), ("share", row.Decimal("share")), ("free", free), ("unit", scheme.UnitMassT)));
    }

    static void Plan(Working w, Scheme scheme, int year)
    {
        Has(w, scheme, year, "plan");
        if (scheme.Rows("periods").FirstOrDefault(p => p.Integer("firstYear") <= year && year <= p.Integer("lastYear")) is not { } period) { w.Stop<Done>(scheme.NoRule("periods", year)); return; }
        var (row, rule) = w.Value(scheme.Rule("plans", null, period.Text("period"), w.Input.Text("party")));
        w.Put("allocation", w.Step("allocation", "Allocation of the plan, a year", "计划年度分配量", "", "units", row.Decimal("unitsAYear"), rule));
    }

    /// <summary>Share of the result that is free in the sector given; where sectors have different shares and none is given, that is said.</summary>
    static (decimal Share, RuleRef? Rule) Free(Working w, Scheme scheme, int year, string method)
    {
        var rows = scheme.Rows("allocation", year).Where(r => r.Text("method") == method).ToList();
        if (w.Input.TextOrNull("sector") is { } sector)
        {
            var (row, rule) = w.Value(scheme.Rule("allocation", year, sector, method));
            return (row.DecimalOrNull("freeShare") ?? 1, rule);
        }
        if (rows.Any(r => r.Has("freeShare"))) w.Stop<Done>(Refusal.Of("calc.missing-field", "sector", ("field", "sector")));
        return (1, null);
    }

    static string Sector(Working w) => w.Input.TextOrNull("sector") ?? w.Stop<string>(Refusal.Of("calc.missing-field", "sector", ("field", "sector")));

    /// <summary>That the scheme gives units in this way in the year, to any sector.</summary>
    static void Has(Working w, Scheme scheme, int year, string method)
    {
        if (!scheme.Rows("allocation", year).Any(r => r.Text("method") == method)) w.Stop<Done>(scheme.NoRule("allocation", year, method));
    }
}

/// <summary>Method <c>ets.pre-allocation</c>: what is given before emissions are verified.</summary>
sealed class PreAllocationMethod() : SchemeMethod("ets.pre-allocation", new("Pre-allocation", "配额预分配"), SchemeCode(), Year("Year of the allocation", "分配年度"), Text("sector", "Sector of the scheme", "行业"), Number("verifiedBeforeTco2e", "Verified emissions of the year the share refers to", "比例所指年度经核查排放量", "t CO2e"))
{
    protected override void Work(Working w)
    {
        var (scheme, year, sector) = (SchemeOf(w), w.Input.Integer("year"), w.Input.Text("sector"));
        if (scheme.Rows("allocation", year).FirstOrDefault(r => r.Text("sector") == sector && r.Has("preShare")) is not { } row) { w.Stop<Done>(scheme.NoRule("allocation", year, sector)); return; }
        w.Put("allocation", w.Step("allocation", "Given beforehand", "预分配量", "round(verified * share)", "units", scheme.Rounding("allocation").Apply(w["verifiedBeforeTco2e"] * row.Decimal("preShare")), scheme.Ref(row), ("verified", w["verifiedBeforeTco2e"]), ("share", row.Decimal("preShare"))));
    }
}

/// <summary>Method <c>ets.activity-level</c>: the activity allocation is based on after a change.</summary>
sealed class ActivityLevelMethod() : SchemeMethod("ets.activity-level", new("Change of activity level", "活动水平变化"), SchemeCode(optional: true), Number("historical", "Historical activity level", "历史活动水平"),
    Numbers("years", "Activity of the last years", "最近年度活动水平"), Number("before", "Activity allocation is based on now", "当前分配所依据的活动水平", optional: true),
    Number("benchmark", "Units a unit of activity, for the least change", "每单位活动的配额（用于最小变化）", optional: true))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w, "eu-ets");
        var (activity, mean, rule) = w.Value(FreeAllocation.Activity(scheme, w["historical"], w.Input.Numbers("years"), w.Input.DecimalOrNull("before"), w.Input.DecimalOrNull("benchmark")));
        w.Put("mean", w.Step("mean", "Mean of the years", "年度均值", "sum(years) / count", null, mean));
        w.Put("activity", w.Step("activity", "Activity that counts", "适用的活动水平", "mean where it leaves the threshold, else historical", null, activity, rule, ("mean", mean), ("historical", w["historical"])));
    }
}

/// <summary>Method <c>ets.benchmark-update</c>: a benchmark after years of improvement.</summary>
sealed class BenchmarkUpdateMethod() : SchemeMethod("ets.benchmark-update", new("Update of a benchmark", "基准值更新"), Number("initial", "Benchmark at first", "初始基准值", above: true), Number("annualRate", "Improvement a year, as a fraction", "年改进率（小数）", max: 1),
    Whole("years", "Years of improvement", "改进年数", 0, 100, optional: true), Whole("places", "Printed places", "小数位", 0, 9, optional: true), SchemeCode(optional: true), Text("period", "Period of the update, which bounds the rate", "更新期（限定改进率）", optional: true))
{
    protected override void Work(Working w)
    {
        RuleRow? update = null;
        RuleRef? rule = null;
        if (w.Input.TextOrNull("period") is { } period) (update, rule) = w.Value(SchemeOf(w, "eu-ets").Rule("benchmark-updates", null, period));
        var years = w.Input.IntegerOrNull("years") ?? update?.Integer("years") ?? w.Stop<int>(Refusal.Of("calc.missing-field", "years", ("field", "years")));
        var places = w.Input.IntegerOrNull("places") ?? update?.Integer("places") ?? w.Stop<int>(Refusal.Of("calc.missing-field", "places", ("field", "places")));
        var (benchmark, rate) = FreeAllocation.Updated(w["initial"], w["annualRate"], years, places, update);
        w.Put("rate", w.Step("rate", "Rate that counts", "适用的改进率", "clamp(annualRate)", "1", rate, rule, ("annualRate", w["annualRate"])));
        w.Put("benchmark", w.Step("benchmark", "Benchmark", "基准值", "round(initial * (1 - years * rate))", null, benchmark, rule, ("initial", w["initial"]), ("years", years), ("rate", rate)));
    }
}
