using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Product;

/// <summary>
/// Method <c>cn.product-footprint</c>: GB/T 44905-2024. Activity x factor x potential summed over the unit processes, divided by the declared output (1 t of remelt ingot or liquid aluminium). A stage
/// under 1 % may be left out, all together at most 5 %; how much of the result rests on site data is said.
/// </summary>
sealed class ProductStandard() : Calculator("cn.product-footprint", "1.0", new("Product footprint by GB/T 44905-2024", "产品碳足迹（GB/T 44905-2024）"),
    Number("outputT", "Declared output of the year", "声明单位年产量", "t", above: true),
    Choice("declaredUnit", "Declared unit", "声明单位", ["remelt-ingot", "liquid-aluminium"]),
    Whole("year", "Natural year of the data", "数据自然年", 2000, 2100),
    Choice("gwp", "Set of global warming potentials", "全球变暖潜势来源", Gwp.Sets),
    Items("flows", "Flows", "活动数据",
        Text("stage", "Stage", "阶段"), Text("name", "Flow", "名称"), Number("activity", "Amount", "活动数据", min: -1_000_000_000_000m), Number("factorKg", "Factor, kg of the gas a unit", "因子，kg 气体/单位", max: 1_000_000_000), Choice("gas", "Gas", "气体", Gwp.Gases),
        Choice("quality", "Site data, other primary data, or secondary data", "现场数据、其他初级数据或次级数据", ["site", "primary", "secondary"])),
    new InputField("cuts", InputKind.List, new("What is left out, with its estimated share", "舍去项及估计份额"), Required: false, Items: [Text("stage", "Stage", "阶段"), Number("percent", "Estimated share of the footprint", "估计占比", "%", max: 100)], AtLeast: 0))
{
    protected override void Work(Working w)
    {
        var (cut, cutRule) = w.Rule(ProductMethods.Pack, "cut-off", "cuts", null, "GBT-44905");
        var cuts = w.Input.List("cuts");
        for (var i = 0; i < cuts.Count; i++)
            if (cuts[i].Decimal("percent") >= cut.Decimal("singlePercent")) w.Refuse(Refusal.Of("product.cut-too-large", $"cuts[{i}].percent", ("given", DecimalText.Write(cuts[i].Decimal("percent"))), ("limit", DecimalText.Write(cut.Decimal("singlePercent")))) with { Rule = cutRule.Article });
        var left = cuts.Sum(c => c.Decimal("percent"));
        if (left > cut.Decimal("totalPercent")) w.Refuse(Refusal.Of("product.cuts-too-large", "cuts", ("given", DecimalText.Write(left)), ("limit", DecimalText.Write(cut.Decimal("totalPercent")))) with { Rule = cutRule.Article });
        if (w.Refused) return;
        var formula = w.Cite(ProductMethods.Pack, "GB/T 44905-2024, activity x factor x potential", RuleStatus.Recalled);
        JsonObject byStage = [];
        decimal total = 0, absolute = 0, site = 0;
        foreach (var (flow, i) in w.Input.List("flows").Select((f, i) => (f, i)))
        {
            var (potential, _) = Gwp.Of(w, flow.Text("gas"));
            var value = w.Step($"flow-{i + 1}", $"{flow.Text("stage")}: {flow.Text("name")}", $"{flow.Text("stage")}：{flow.Text("name")}", "activity * factorKg * gwp / 1000", "t CO2e", flow.Decimal("activity") * flow.Decimal("factorKg") * potential / 1000, formula, ("activity", flow.Decimal("activity")), ("factorKg", flow.Decimal("factorKg")), ("gwp", potential));
            total += value;
            absolute += Math.Abs(value);
            if (flow.Text("quality") == "site") site += Math.Abs(value);
            byStage[flow.Text("stage")] = (byStage[flow.Text("stage")]?.GetValue<decimal>() ?? 0) + value;
        }
        foreach (var stage in byStage.Select(s => s.Key).ToList()) byStage[stage] = Working.Shown(byStage[stage]!.GetValue<decimal>() / w["outputT"]);
        w.Put("totalTco2e", total);
        w.Put("byStage", byStage);
        w.Put("cutPercent", left);
        if (absolute > 0) w.Put("siteDataPercent", site / absolute * 100);
        w.Put("tco2ePerT", w.Step("per-t", "A tonne of the declared unit", "每吨声明单位", "totalTco2e / outputT", "t CO2e/t", total / w["outputT"], formula, ("totalTco2e", total), ("outputT", w["outputT"])));
    }
}

/// <summary>
/// Method <c>scrap.content</c>: metal with scrap in it by the three approaches of the field side by side. Cut-off: scrap enters without burden. Co-product: process scrap carries the footprint of the metal it
/// left. Substitution: cut-off less a credit for what is recycled afterwards. Rework within the same process is no recycled content (ISO 14021).
/// </summary>
sealed class ScrapContent() : Calculator("scrap.content", "1.0", new("Metal with scrap in it", "含再生料金属碳足迹"),
    Choice("approach", "Approach the figure is stated by", "采用的方法", ["cut-off", "co-product", "substitution"]),
    Number("primaryTco2ePerT", "Primary metal", "原生金属", "t CO2e/t", max: 1000),
    Number("remeltTco2ePerT", "Remelting of scrap", "废料重熔", "t CO2e/t", max: 1000),
    Number("postConsumerShare", "Post-consumer scrap, as a fraction of one", "消费后废料份额（小数）", max: 1),
    Number("preConsumerShare", "Pre-consumer scrap, as a fraction of one", "消费前废料份额（小数）", max: 1),
    Number("reworkShare", "Rework of the same process, as a fraction of one", "本工序返料份额（小数）", max: 1),
    Number("preConsumerTco2ePerT", "Footprint of the metal the pre-consumer scrap left", "消费前废料来源金属碳足迹", "t CO2e/t", max: 1000, optional: true),
    Number("recycledOutputTPerT", "Recycled after use a t of product", "使用后回收量", "t/t", max: 1, optional: true),
    Number("creditTco2ePerT", "Credit a t recycled", "每吨回收的抵减", "t CO2e/t", max: 1000, optional: true))
{
    protected override void Work(Working w)
    {
        decimal pre = w["preConsumerShare"], post = w["postConsumerShare"], rework = w["reworkShare"], primary = w["primaryTco2ePerT"], remelt = w["remeltTco2ePerT"];
        if (pre + post + rework > 1) { w.Stop<Done>(Refusal.Of("footprint.parts-over-whole", "postConsumerShare", ("given", DecimalText.Write(pre + post + rework)))); return; }
        // Rework carries what the process itself is made of, so it changes neither side: shares are of the metal that came from outside.
        var outside = 1 - rework;
        if (outside == 0) { w.Stop<Done>(Refusal.Of("calc.division-by-zero", "reworkShare", ("field", "1 - reworkShare"))); return; }
        (pre, post) = (pre / outside, post / outside);
        w.Put("preConsumerPercent", pre * 100);
        w.Put("postConsumerPercent", post * 100);
        w.Put("recycledContentPercent", w.Step("content", "Recycled content", "再生料含量", "(preConsumerShare + postConsumerShare) / (1 - reworkShare) * 100", "%", (pre + post) * 100, w.Cite(ProductMethods.Pack, "ISO 14021, recycled content", RuleStatus.Recalled), ("preConsumerShare", w["preConsumerShare"]), ("postConsumerShare", w["postConsumerShare"]), ("reworkShare", rework)));
        var approaches = new JsonObject();
        var cutOff = w.Step("cut-off", "Cut-off: scrap without burden", "切断法：废料不带负担", "(1 - r) * primary + r * remelt", "t CO2e/t", (1 - pre - post) * primary + (pre + post) * remelt, ("r", pre + post), ("primary", primary), ("remelt", remelt));
        approaches["cut-off"] = Working.Shown(cutOff);
        if (w.Input.DecimalOrNull("preConsumerTco2ePerT") is { } origin)
            approaches["co-product"] = Working.Shown(w.Step("co-product", "Co-product: process scrap carries its metal's footprint", "共产品法：工艺废料携带来源金属负担", "cutOff + pre * preConsumerTco2ePerT", "t CO2e/t", cutOff + pre * origin, ("cutOff", cutOff), ("pre", pre), ("preConsumerTco2ePerT", origin)));
        if (w.Input.DecimalOrNull("recycledOutputTPerT") is { } recycled && w.Input.DecimalOrNull("creditTco2ePerT") is { } credit)
            approaches["substitution"] = Working.Shown(w.Step("substitution", "Substitution: less what recycling saves", "替代法：扣减回收减排", "cutOff - recycledOutputTPerT * creditTco2ePerT", "t CO2e/t", cutOff - recycled * credit, ("cutOff", cutOff), ("recycledOutputTPerT", recycled), ("creditTco2ePerT", credit)));
        var approach = w.Input.Text("approach");
        if (approaches[approach] is not { } stated)
        {
            var field = approach == "co-product" ? "preConsumerTco2ePerT" : w.Input.Has("recycledOutputTPerT") ? "creditTco2ePerT" : "recycledOutputTPerT";
            w.Stop<Done>(Refusal.Of("calc.missing-field", field, ("field", field)));
            return;
        }
        w.Put("approach", approach);
        w.Put("tco2ePerT", stated.GetValue<decimal>());
        w.Put("approaches", approaches);
    }
}
