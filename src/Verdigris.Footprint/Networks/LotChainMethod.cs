using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Networks;

/// <summary>
/// Method <c>lots.chain</c>: embedded emissions of lots made of lots (2025/2547 Annex III, equation 62), by names. Answers <c>lots</c>, one entry a lot in the order given; a lot after an unknown emission is null
/// and names the run it is for want of. The trace leads to the lot asked for, else to the last.
/// </summary>
sealed class LotChainMethod() : Calculator("lots.chain", "1.0", new("Chain of lots", "批次链隐含排放"),
    new InputField("runs", InputKind.List, new("Runs of production and what each emits itself", "生产批次及其自身排放"), Items:
    [
        Text("id", "Run", "生产批次"),
        new("directTco2e", InputKind.Decimal, new("Direct emissions", "直接排放"), false, "t CO2e", -1_000_000_000, Maximum: 1_000_000_000),
        new("indirectTco2e", InputKind.Decimal, new("Indirect emissions", "间接排放"), false, "t CO2e", -1_000_000_000, Maximum: 1_000_000_000),
    ]),
    new InputField("lots", InputKind.List, new("Lots that came out of the runs", "各批次生产的产出"), Items: [Text("id", "Lot", "批次"), Text("run", "Run", "生产批次"), new("massT", InputKind.Decimal, new("Mass", "质量"), true, "t", 0, true, 1_000_000_000)]),
    new InputField("uses", InputKind.List, new("What a run used of a lot", "生产所用的批次"), Required: false, Items: [Text("run", "Run", "生产批次"), Text("lot", "Lot", "批次"), new("massT", InputKind.Decimal, new("Mass used", "使用质量"), true, "t", 0, false, 1_000_000_000)]),
    Text("lot", "Lot the trace leads to", "计算过程所示批次", optional: true))
{
    protected override void Work(Working w)
    {
        var (runs, lots) = (w.Input.List("runs"), w.Input.List("lots"));
        var (runAt, lotAt) = (Places(w, "runs", runs), Places(w, "lots", lots));
        var chainLots = lots.Select((l, i) => new ChainLot(At(w, runAt, $"lots[{i}].run", l.Text("run")), l.Decimal("massT"))).ToArray();
        var links = w.Input.List("uses").Select((u, i) => new ChainLink(At(w, runAt, $"uses[{i}].run", u.Text("run")), At(w, lotAt, $"uses[{i}].lot", u.Text("lot")), u.Decimal("massT"))).ToArray();
        var traced = w.Input.TextOrNull("lot") is { } asked ? At(w, lotAt, "lot", asked) : lots.Count - 1;
        if (w.Refused) return;
        string NameOf(int lot) => lots[lot].Text("id");
        var chain = w.Value(LotChain.Calculate(runs.Select(r => new ChainRun(r.DecimalOrNull("directTco2e"), r.DecimalOrNull("indirectTco2e"))).ToArray(), chainLots, links, NameOf));
        foreach (var step in chain.Trace(traced, NameOf)) w.Note(step);
        var shares = Enumerable.Range(0, runs.Count).SelectMany(r => chain.Allocation(r)).ToDictionary(a => a.Lot);
        w.Put("lots", new JsonArray([.. lots.Select((l, i) => (JsonNode)new JsonObject
        {
            ["lot"] = l.Text("id"),
            ["directTco2ePerT"] = chain.DirectTco2ePerT(i),
            ["indirectTco2ePerT"] = chain.IndirectTco2ePerT(i),
            ["totalTco2ePerT"] = chain.DirectTco2ePerT(i) + chain.IndirectTco2ePerT(i),
            ["directTco2e"] = shares.TryGetValue(i, out var share) ? share.DirectTco2e : null,
            ["indirectTco2e"] = shares.TryGetValue(i, out share) ? share.IndirectTco2e : null,
            ["unknownBecauseOf"] = chain.UnknownBecauseOf(i) is { } run ? runs[run].Text("id") : null,
        })]));
        if (Enumerable.Range(0, lots.Count).Count(i => chain.DirectTco2ePerT(i) is null) is > 0 and var unknown)
            w.Warn("chain.unknown", $"{unknown} of {lots.Count} lots are unknown: an emission before them is not given.", $"{lots.Count} 个批次中有 {unknown} 个未知：其上游排放未给出。", "runs");
    }

    static Dictionary<string, int> Places(Working w, string field, IReadOnlyList<CalcInput> entries)
    {
        var at = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (i, entry) in entries.Index())
            if (!at.TryAdd(entry.Text("id"), i)) w.Refuse(Refusal.Of("chain.named-twice", $"{field}[{i}].id", ("given", entry.Text("id"))));
        return at;
    }

    static int At(Working w, Dictionary<string, int> places, string field, string name)
    {
        if (places.TryGetValue(name, out var at)) return at;
        w.Refuse(Refusal.Of("chain.not-named", field, ("given", name)));
        return 0;
    }
}
