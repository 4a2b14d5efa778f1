using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Product;

/// <summary>
/// Method <c>iai.cradle-to-gate</c>: the matrix of five processes and six sources, a cell being measured, a default, or not known. A level is a set of cells. Where a cell of the level is not known
/// the whole is not known either: the sum of the known cells is given apart and the missing ones are named.
/// </summary>
sealed class CradleToGate() : Calculator("iai.cradle-to-gate", "1.0", new("Aluminium from cradle to gate", "铝“摇篮到大门”碳足迹"),
    Choice("level", "Level: which cells belong to it", "层级：包含的单元格", ["1", "2", "3"]),
    Items("processes", "Processes: how much of each product a tonne of aluminium takes", "各工序：每吨铝所需产品量",
        Choice("process", "Process", "工序", Processes),
        Number("tPerT", "t of its product a t of aluminium", "每吨铝用量", "t/t", max: 100)),
    Items("cells", "Cells: emissions a t of the process's product", "单元格：每吨工序产品排放",
        Choice("process", "Process", "工序", Processes),
        Choice("source", "Source", "排放源", ["electricity", "process-co2", "pfc", "thermal", "transport", "ancillary"]),
        Number("tco2ePerT", "Emissions", "排放", "t CO2e/t", min: -1000, max: 1000),
        Choice("basis", "Measured, or a default", "实测或默认", ["measured", "default"])))
{
    static readonly string[] Processes = ["mining", "refining", "anode", "electrolysis", "casting"];

    protected override void Work(Working w)
    {
        var quantities = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var (p, i) in w.Input.List("processes").Select((p, i) => (p, i)))
            if (!quantities.TryAdd(p.Text("process"), p.Decimal("tPerT"))) w.Refuse(Refusal.Of("product.twice", $"processes[{i}].process", ("given", p.Text("process"))));
        var cells = new Dictionary<(string Process, string Source), CalcInput>();
        foreach (var (c, i) in w.Input.List("cells").Select((c, i) => (c, i)))
        {
            var key = (c.Text("process"), c.Text("source"));
            if (!cells.TryAdd(key, c)) w.Refuse(Refusal.Of("product.twice", $"cells[{i}]", ("given", $"{key.Item1} / {key.Item2}")));
            if (!quantities.ContainsKey(key.Item1)) w.Refuse(Refusal.Of("product.no-quantity", "processes", ("given", key.Item1)));
        }
        if (w.Refused) return;
        var pack = w.Rules.Pack(ProductMethods.Pack);
        var wanted = pack.Table("levels").Rows.Where(r => r.Text("level") == w.Input.Text("level")).ToList();
        var missing = new JsonArray();
        JsonObject byProcess = [], bySource = [];
        decimal known = 0, measured = 0, absolute = 0;
        foreach (var row in wanted)
        {
            var (process, source) = (row.Text("process"), row.Text("source_of_emission"));
            if (!cells.TryGetValue((process, source), out var cell)) { missing.Add($"{process} / {source}"); continue; }
            var value = w.Step($"{process}-{source}", $"{process}, {source}", $"{process}，{source}", "tPerT * tco2ePerT", "t CO2e/t Al", quantities[process] * cell.Decimal("tco2ePerT"), row.Ref(pack), ("tPerT", quantities[process]), ("tco2ePerT", cell.Decimal("tco2ePerT")));
            known += value;
            absolute += Math.Abs(value);
            if (cell.Text("basis") == "measured") measured += Math.Abs(value);
            byProcess[process] = Working.Shown((byProcess[process]?.GetValue<decimal>() ?? 0) + value);
            bySource[source] = Working.Shown((bySource[source]?.GetValue<decimal>() ?? 0) + value);
        }
        foreach (var process in Processes) Plausible(w, process, cells.Where(c => c.Key.Process == process).Select(c => c.Value.Decimal("tco2ePerT")).ToList());
        if (missing.Count == 0 && w.Input.Text("level") == "3") Plausible(w, "whole", [known]);
        w.Put("knownTco2ePerT", w.Step("known", "All known cells", "全部已知单元格", "sum of the cells", "t CO2e/t Al", known));
        if (missing.Count == 0) w.Put("tco2ePerT", known); else w.Put("tco2ePerT", (JsonNode?)null);
        w.Put("missing", missing);
        w.Put("byProcess", byProcess);
        w.Put("bySource", bySource);
        if (absolute > 0) w.Put("measuredSharePercent", measured / absolute * 100);
    }

    static void Plausible(Working w, string process, List<decimal> cells)
    {
        if (cells.Count == 0) return;
        var (range, rule) = w.Rule(ProductMethods.Pack, "ranges", "cells", null, process);
        var sum = cells.Sum();
        // A process is above its range for certain; below it only when nothing is left out, which a part of the cells cannot tell.
        if (sum > range.Decimal("high")) w.Warn("product.above-range", $"{process}: {DecimalText.Write(Working.Shown(sum))} t/t lies above {rule.Article} ({DecimalText.Write(range.Decimal("low"))} to {DecimalText.Write(range.Decimal("high"))}).", $"{process}：{DecimalText.Write(Working.Shown(sum))} t/t 高于 {rule.Article}（{DecimalText.Write(range.Decimal("low"))} 至 {DecimalText.Write(range.Decimal("high"))}）。", "cells");
        else if (process == "whole" && sum < range.Decimal("low")) w.Warn("product.below-range", $"{DecimalText.Write(Working.Shown(sum))} t/t lies below {rule.Article} ({DecimalText.Write(range.Decimal("low"))} to {DecimalText.Write(range.Decimal("high"))}): is something left out?", $"{DecimalText.Write(Working.Shown(sum))} t/t 低于 {rule.Article}（{DecimalText.Write(range.Decimal("low"))} 至 {DecimalText.Write(range.Decimal("high"))}）：是否有遗漏？", "cells");
    }
}
