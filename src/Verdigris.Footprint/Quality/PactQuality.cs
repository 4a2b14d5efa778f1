using System.Text.Json.Nodes;
using Verdigris.Footprint.Product;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Quality;

/// <summary>
/// Method <c>quality.pact</c>: what a product footprint rests on, as PACT v3 reports it: the share of primary data and the three indicators of data quality (technological, geographical, temporal; 1 to 5),
/// each weighted by the input's share of the absolute footprint without biogenic uptake. What was left out is checked against the exemption rule named. An indicator that one input lacks is unknown (null) as a whole.
/// </summary>
sealed class PactQuality() : Calculator("quality.pact", "1.0", new("Data quality and primary data share (PACT)", "数据质量与初级数据占比（PACT）"),
    Items("inputs", "Inputs of the footprint", "碳足迹各输入",
        Text("name", "Name", "名称"),
        Number("pcfKgCo2e", "Its part of the footprint, without biogenic uptake", "对碳足迹的贡献（不含生物源吸收）", "kg CO2e", min: -1_000_000_000_000m),
        Number("primaryDataPercent", "Share of it that is primary data", "初级数据占比", "%", max: 100, optional: true),
        Number("technological", "Technological score", "技术代表性评分", min: 1, max: 5, optional: true),
        Number("geographical", "Geographical score", "地理代表性评分", min: 1, max: 5, optional: true),
        Number("temporal", "Temporal score", "时间代表性评分", min: 1, max: 5, optional: true)),
    new InputField("exemptions", InputKind.List, new("What was left out, with its estimated share of the footprint", "舍去项及其估计占比"), Required: false, AtLeast: 0, Items: [Text("process", "Process", "过程"), Number("percent", "Share of the footprint", "占碳足迹比例", "%", max: 100)]),
    Choice("rule", "Rule the exemptions are held to", "适用的舍去规则", Rules, optional: true))
{
    static readonly string[] Rules = ["PACT", "IAI-2021", "GBT-44905"];

    protected override void Work(Working w)
    {
        var inputs = w.Input.List("inputs");
        var absolute = w.Step("absolute", "Absolute footprint", "碳足迹绝对值之和", "sum(|pcfKgCo2e|)", "kg CO2e", inputs.Sum(i => Math.Abs(i.Decimal("pcfKgCo2e"))));
        if (absolute == 0) w.Stop<Done>(Refusal.Of("calc.division-by-zero", "inputs", ("field", "sum(|pcfKgCo2e|)")));
        Weighted(w, inputs, absolute, "primaryDataPercent", "primaryDataShare", "Primary data share", "初级数据占比", "%");
        Weighted(w, inputs, absolute, "technological", "technologicalDqr", "Technological quality", "技术代表性", null);
        Weighted(w, inputs, absolute, "geographical", "geographicalDqr", "Geographical quality", "地理代表性", null);
        Weighted(w, inputs, absolute, "temporal", "temporalDqr", "Temporal quality", "时间代表性", null);
        Exempted(w);
    }

    static void Weighted(Working w, IReadOnlyList<CalcInput> inputs, decimal absolute, string field, string result, string en, string zh, string? unit)
    {
        decimal sum = 0, known = 0;
        foreach (var input in inputs)
            if (input.DecimalOrNull(field) is { } score)
            {
                var weight = Math.Abs(input.Decimal("pcfKgCo2e"));
                sum += score * weight;
                known += weight;
            }
        // An input that weighs nothing needs no score.
        if (known == absolute)
        {
            w.Put(result, w.Step(result, en, zh, $"sum({field} * |pcfKgCo2e|) / sum(|pcfKgCo2e|)", unit, sum / absolute, w.Cite(ProductMethods.Pack, "PACT v3, indicators weighted by the share of the absolute footprint", RuleStatus.Recalled), ("weightedSum", sum), ("absolute", absolute)));
            return;
        }
        w.Put(result, (JsonNode?)null);
        var share = DecimalText.Write(Math.Round(known / absolute * 100, 1));
        w.Warn("quality.unknown", $"{en}: known for {share} % of the footprint only, so it is not stated.", $"{zh}：仅 {share}% 的碳足迹有数据，故不给出。", field);
    }

    static void Exempted(Working w)
    {
        if (!w.Input.Has("exemptions"))
        {
            w.Put("exemptedEmissionsPercent", (JsonNode?)null);
            w.Put("exemptionsMet", (JsonNode?)null);
            w.Warn("quality.exemptions-unknown", "What was left out is not said; an empty list says that nothing was.", "未说明舍去项；空列表表示没有舍去。", "exemptions");
            return;
        }
        var name = w.Input.TextOrNull("rule") ?? Rules[0];
        if (!w.Input.Has("rule")) w.Warn("calc.default", $"rule not given: {name}.", $"未给出 rule：按 {name}。", "rule");
        var (row, rule) = w.Rule(ProductMethods.Pack, "cut-off", "rule", null, name);
        var exemptions = w.Input.List("exemptions");
        var findings = new JsonArray();
        if (row.DecimalOrNull("singlePercent") is { } single)
            foreach (var e in exemptions)
                // The Chinese standard lets go what is below its limit, the others what is up to it.
                if (name == "GBT-44905" ? e.Decimal("percent") >= single : e.Decimal("percent") > single)
                    Find(e.Text("process"), e.Decimal("percent"), single, $"{e.Text("process")} is {DecimalText.Write(e.Decimal("percent"))} % of the footprint; {name} exempts a process {(name == "GBT-44905" ? "below" : "up to")} {DecimalText.Write(single)} %.", $"{e.Text("process")} 占碳足迹 {DecimalText.Write(e.Decimal("percent"))}%；{name} 单项舍去限值为 {DecimalText.Write(single)}%{(name == "GBT-44905" ? "（不含）" : "")}。");
        var total = w.Step("exempted", "Left out together", "舍去合计", "sum(percent)", "%", exemptions.Sum(e => e.Decimal("percent")), rule);
        if (row.DecimalOrNull("totalPercent") is { } most && total > most)
            Find(null, total, most, $"All that is left out is {DecimalText.Write(total)} % of the footprint; {name} exempts at most {DecimalText.Write(most)} %.", $"舍去合计占碳足迹 {DecimalText.Write(total)}%；{name} 上限为 {DecimalText.Write(most)}%。");
        w.Put("exemptedEmissionsPercent", total);
        w.Put("exemptionRule", name);
        w.Put("exemptionsMet", findings.Count == 0);
        w.Put("findings", findings);

        void Find(string? process, decimal percent, decimal limit, string en, string zh)
        {
            findings.Add((JsonNode)new JsonObject { ["process"] = process, ["percent"] = percent, ["limit"] = limit });
            w.Warn("quality.exempted-too-much", en, zh, "exemptions");
        }
    }
}
