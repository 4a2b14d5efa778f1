using System.Text.Json.Nodes;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Methods;

/// <summary>Method <c>cbam.embedded-emissions</c>: a t of good from its process and precursors (Eq 62), or the totals of several goods.</summary>
sealed class EmbeddedMethod() : LineMethod("cbam.embedded-emissions", new("Embedded emissions", "隐含排放"),
    Number("processEmissions", "Emissions of the process a t of good", "每吨商品的工序排放", "t CO2e/t", optional: true), Precursors(1), Day("importDate", "Day of importation, where default values are needed", "进口日期（需用默认值时）"),
    new InputField("goods", InputKind.List, new("Goods with their emissions", "商品及其排放"), Required: false, Items: [Mass, Number("direct", "Direct", "直接", "t CO2e/t"), Number("indirect", "Indirect", "间接", "t CO2e/t")]))
{
    protected override void Work(Working w)
    {
        if (w.Either("processEmissions", "goods") == 1) Goods(w);
        else One(w);
    }

    static void Goods(Working w)
    {
        var total = TransitionalReport.Total(RulesOf(w).Transitional, [.. w.Input.List("goods").Select(g => new ReportedGood(g.Decimal("massT"), g.Decimal("direct"), g.Decimal("indirect")))], null);
        w.Put("directTco2e", w.Step("direct", "Direct", "直接", "sum(massT * direct)", "t CO2e", total.DirectTco2e));
        w.Put("indirectTco2e", w.Step("indirect", "Indirect", "间接", "sum(massT * indirect)", "t CO2e", total.IndirectTco2e));
        w.Put("totalTco2e", w.Step("total", "Total", "合计", "direct + indirect", "t CO2e", total.TotalTco2e, ("direct", total.DirectTco2e), ("indirect", total.IndirectTco2e)));
        w.Put("perTonne", Number(total.PerTonneTco2e));
    }

    static void One(Working w)
    {
        var precursors = w.Input.List("precursors");
        for (var i = 0; i < precursors.Count; i++)
        {
            var known = precursors[i].Has("specificEmbedded");
            if (!known && !precursors[i].Has("cn")) w.Refuse(Refusal.Of("cbam.precursor-open", $"precursors[{i}].cn"));
            else if (!known && !w.Input.Has("importDate")) w.Refuse(Refusal.Of("cbam.date-needed", "importDate"));
        }
        if (w.Refused) return;
        var year = w.Input.Has("importDate") ? Imports(w).Year : TransitionalValues.Ends.Year;
        // A precursor of which only the figure is given counts as any good of Annex II would.
        var data = (PrecursorsOf(w.Input) ?? []).Select(p => p.Cn.Length > 0 ? p : p with { Cn = "76011010" });
        var figures = new Figures(RulesOf(w), CbamScenario.InForce, year, new Steps(w));
        var see = figures.Embedded(new("", true, "aluminium", true, true, null, null, null), new(DirectTco2ePerT: w["processEmissions"], Precursors: [.. data]), year);
        w.Put("specificEmbedded", Number(see));
        w.Put("status", see is null ? "not-determinable" : "computed");
        w.Put("reasons", ReasonList(figures.Reasons));
    }
}

/// <summary>Method <c>cbam.embedded-matrix</c>: all goods of an installation at once, loops allowed.</summary>
sealed class MatrixMethod() : LineMethod("cbam.embedded-matrix", new("Embedded emissions of an installation", "装置隐含排放（矩阵法）"),
    Items("processes", "Processes and purchased precursors", "工序与外购前体", Text("name", "Name", "名称"), Number("own", "Own emissions a t; of a purchased precursor its embedded emissions", "自身单位排放；外购前体取其隐含排放", "t CO2e/t")),
    new InputField("uses", InputKind.List, new("What uses what", "消耗关系"), Required: false, AtLeast: 0, Items: [Text("good", "Good", "商品"), Text("precursor", "Precursor", "前体"), Number("tPerT", "Used a t of good", "每吨商品消耗量", "t/t", max: 1000)]))
{
    protected override void Work(Working w)
    {
        var processes = w.Input.List("processes");
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < processes.Count; i++)
            if (!index.TryAdd(processes[i].Text("name"), i)) w.Refuse(Refusal.Of("cbam.name-twice", $"processes[{i}].name", ("given", processes[i].Text("name"))));
        var uses = w.Input.List("uses");
        var read = new List<Use>(uses.Count);
        for (var i = 0; i < uses.Count; i++)
        {
            if (!index.TryGetValue(uses[i].Text("good"), out var good)) w.Refuse(Refusal.Of("cbam.name-unknown", $"uses[{i}].good", ("given", uses[i].Text("good"))));
            else if (!index.TryGetValue(uses[i].Text("precursor"), out var precursor)) w.Refuse(Refusal.Of("cbam.name-unknown", $"uses[{i}].precursor", ("given", uses[i].Text("precursor"))));
            else read.Add(new(good, precursor, uses[i].Decimal("tPerT")));
        }
        if (w.Refused) return;
        var see = w.Value(EmbeddedMatrix.Solve([.. processes.Select(p => p.Decimal("own"))], read));
        w.Put("processes", new JsonArray([.. processes.Select((p, i) => (JsonNode)new JsonObject { ["name"] = p.Text("name"), ["specificEmbedded"] = Working.Shown(w.Step($"see-{i + 1}", p.Text("name"), p.Text("name"), "(I - A)^-1 own", "t CO2e/t", see[i])) })]));
    }
}

/// <summary>Method <c>cbam.supplier-average</c>: several producers of one precursor, Article 14 of 2025/2547.</summary>
sealed class SuppliesMethod() : LineMethod("cbam.supplier-average", new("Several suppliers of a precursor", "多供应商前体平均值"),
    Items("supplies", "Supplies", "供应", Mass, Number("specificEmbedded", "Embedded emissions", "单位隐含排放", "t CO2e/t", optional: true), new InputField("used", InputKind.Flag, new("Its use in the good is proven", "已证明用于该商品"), Required: false)),
    new InputField("subset", InputKind.Flag, new("Only the supplies whose use is proven", "仅计已证明使用者"), Required: false))
{
    protected override void Work(Working w)
    {
        var average = w.Value(Supplies.Average([.. w.Input.List("supplies").Select(s => new Supply(s.Decimal("massT"), s.DecimalOrNull("specificEmbedded"), s.Flag("used")))], w.Input.Flag("subset")));
        w.Put("specificEmbedded", w.Step("average", "Average weighted by mass", "按质量加权平均", "sum(massT * specificEmbedded) / sum(massT)", "t CO2e/t", average));
    }
}

/// <summary>Method <c>cbam.transitional</c>: goods of a quarter of the transitional period; what is not given comes from the world defaults and counts as estimated.</summary>
sealed class TransitionalMethod() : LineMethod("cbam.transitional", new("Report of the transitional period", "过渡期报告"), Imported,
    Items("goods", "Goods of the quarter", "当季商品", Cn, Mass, Number("direct", "Direct, by actual data", "直接（实际）", "t CO2e/t", optional: true), Number("indirect", "Indirect, by actual data", "间接（实际）", "t CO2e/t", optional: true),
        new InputField("estimated", InputKind.Flag, new("The figures are estimates", "数据为估计值"), Required: false)))
{
    protected override void Work(Working w)
    {
        var day = Imports(w);
        if (day < TransitionalValues.Begins || day >= TransitionalValues.Ends) w.Stop<Done>(Refusal.Of("cbam.not-transitional", "importDate"));
        var goods = w.Input.List("goods");
        var read = new List<ReportedGood>(goods.Count);
        for (var i = 0; i < goods.Count; i++)
        {
            var given = goods[i];
            var code = Scope.Cn8(given.Text("cn"));
            var complex = code is null ? null : RulesOf(w).Scope.Good(code, day).Complex;
            if (given.Has("direct") != given.Has("indirect")) w.Refuse(Refusal.Of("cbam.both-emissions", $"goods[{i}].{(given.Has("direct") ? "indirect" : "direct")}"));
            else if (given.DecimalOrNull("direct") is { } direct) read.Add(new(given.Decimal("massT"), direct, given.Decimal("indirect"), given.Flag("estimated"), complex));
            else if (code is not null && RulesOf(w).Transitional.Find(code) is { } world)
            {
                read.Add(new(given.Decimal("massT"), world.DirectTco2ePerT, world.IndirectTco2ePerT, true, complex));
                w.Step($"default-{i + 1}", "World default, direct", "全球默认值（直接）", "table", "t CO2e/t", world.DirectTco2ePerT, world.Rule);
            }
            else w.Refuse(Refusal.NotFound("cbam.no-transitional-default", $"goods[{i}].cn", ("given", given.Text("cn"))));
        }
        if (w.Refused) return;
        var total = TransitionalReport.Total(RulesOf(w).Transitional, read, day);
        w.Put("directTco2e", total.DirectTco2e);
        w.Put("indirectTco2e", total.IndirectTco2e);
        w.Put("totalTco2e", w.Step("total", "Total", "合计", "sum(massT * (direct + indirect))", "t CO2e", total.TotalTco2e));
        w.Put("perTonne", Number(total.PerTonneTco2e));
        w.Put("estimatedFraction", Number(total.EstimatedFraction));
        w.Put("limitFraction", Number(total.LimitFraction));
        w.Put("withinLimit", total.WithinLimit);
    }
}
