using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Networks;

/// <summary>
/// Method <c>lca.solve</c>: a network of processes, loops allowed: A s = f, score = B s, contributions by process and supplier. The network is a matrix (rows are flows, columns processes; what is made is
/// positive, what is used negative) or, where it is large, a list of its entries.
/// </summary>
sealed class LcaSolve() : Calculator("lca.solve", "1.0", new("Process network", "过程网络求解"),
    new InputField("technosphere", InputKind.Matrix, new("Technosphere: rows are flows, columns processes", "技术矩阵：行为流，列为过程"), Required: false, Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m),
    new InputField("exchanges", InputKind.List, new("Technosphere by its entries, where most are zero", "技术矩阵的非零元素"), Required: false, Items:
    [
        Whole("flow", "Row, from 0", "行，从 0 起", 0, InputField.MostItems - 1),
        Whole("process", "Column, from 0", "列，从 0 起", 0, InputField.MostItems - 1),
        Number("amount", "Made (positive) or used (negative) for one unit of the process", "每单位过程的产出（正）或消耗（负）", min: -1_000_000_000_000m),
    ]),
    new InputField("demand", InputKind.Numbers, new("Demand by flow", "各流的需求量"), Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m),
    new InputField("emissions", InputKind.Numbers, new("Emissions of one unit of each process", "每单位过程的排放"), Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m),
    new InputField("processes", InputKind.List, new("Names and suppliers, in the order of the columns", "过程名称与供应商（按列顺序）"), Required: false, Items: [Text("name", "Name", "名称"), Text("supplier", "Supplier", "供应商", optional: true)]),
    new InputField("displacing", InputKind.Flag, new("Co-products displace other production: supplies may be negative", "副产品替代其他生产：供给量可为负"), Required: false))
{
    /// <summary>Processes whose contribution has a step of its own.</summary>
    const int Shown = 30;

    protected override void Work(Working w)
    {
        var (columns, rows, exchanges) = w.Either("technosphere", "exchanges") == 0 ? Dense(w) : Listed(w);
        var named = w.Input.List("processes");
        if (w.Input.Has("processes") && named.Count != columns) w.Stop<Done>(Refusal.Of("lca.length", "processes", ("field", "processes"), ("given", $"{named.Count}"), ("processes", $"{columns}")));
        IReadOnlyList<NetworkProcess> processes = named.Count > 0 ? [.. named.Select(p => new NetworkProcess(p.Text("name"), p.TextOrNull("supplier")))] : [.. Enumerable.Range(0, columns).Select(j => new NetworkProcess($"{j}"))];
        var network = w.Value(ProcessNetwork.Of(processes, rows, exchanges));
        Put(w, w.Value(network.Solve(w.Input.Numbers("demand"), w.Input.Numbers("emissions"), w.Input.Flag("displacing"))));
    }

    static (int Columns, int Rows, IEnumerable<Exchange> Exchanges) Dense(Working w)
    {
        var matrix = w.Input.Matrix("technosphere");
        return (matrix[0].Count, matrix.Count, matrix.SelectMany((row, i) => row.Select((amount, j) => new Exchange(i, j, amount))));
    }

    static (int Columns, int Rows, IEnumerable<Exchange> Exchanges) Listed(Working w)
    {
        var (columns, rows) = (w.Input.Numbers("emissions").Count, w.Input.Numbers("demand").Count);
        return (columns, rows, w.Input.List("exchanges").Select(e => new Exchange(e.Integer("flow"), e.Integer("process"), e.Decimal("amount"))));
    }

    static void Put(Working w, NetworkSolution s)
    {
        var emissions = w.Input.Numbers("emissions");
        var (en, zh, by) = s.SolvedBy switch
        {
            SolvedBy.Exact => ("Solved in fractions, without rounding", "以分数求解，无舍入", "exact"),
            SolvedBy.DenseLu => ("Solved by dense LU factors with pivots", "以选主元的稠密 LU 分解求解", "dense-lu"),
            _ => ("Solved by BiCGStab on incomplete LU factors", "以不完全 LU 预条件的 BiCGStab 迭代求解", "sparse-iteration"),
        };
        w.Note(new("method", new(en, zh), "technosphere * supply = demand", new JsonObject { ["processes"] = s.Processes.Count, ["links"] = s.Links, ["iterations"] = s.Iterations }, by));
        w.Step("residual", "Largest residual of a row beside the sum of the sizes of its terms", "各行残差与其各项绝对值之和的最大比值", "max(|demand - technosphere * supply| / (|technosphere| * |supply| + |demand|))", null, s.Residual, ("limit", ProcessNetwork.ResidualLimit));
        foreach (var j in s.Ranked().Take(Shown))
            w.Step($"process-{j}", $"Emissions of {s.Processes[j].Name}", $"{s.Processes[j].Name} 的排放", "emissions * supply", null, s.Contributions[j], ("emissions", emissions[j]), ("supply", s.Supply[j]));
        w.Put("score", w.Step("score", "Emissions of the demand", "需求对应的排放", "sum(emissions * supply)", null, s.Score, ("error", s.ScoreError)));
        w.Put("supply", new JsonArray([.. s.Supply.Select(v => (JsonNode)Working.Shown(v))]));
        w.Put("contributions", new JsonArray([.. s.Contributions.Select(v => (JsonNode)Working.Shown(v))]));
        if (s.Processes.Any(p => p.Supplier is not null))
            w.Put("bySupplier", new JsonArray([.. s.BySupplier().Select(g => (JsonNode)new JsonObject { ["supplier"] = g.Supplier, ["processes"] = g.Processes, ["contribution"] = Working.Shown(g.Contribution) })]));
        w.Put("residual", s.Residual);
        w.Put("solvedBy", by);
        if (s.SolvedBy != SolvedBy.Exact)
        {
            w.Put("scoreError", s.ScoreError);
            w.Warn("lca.rounded", $"More than {ProcessNetwork.ExactProcesses} processes are solved in binary floating point: the score may be off by about {DecimalText.Write(Working.Shown(s.ScoreError))}.",
                $"超过 {ProcessNetwork.ExactProcesses} 个过程时以二进制浮点求解：结果误差约 {DecimalText.Write(Working.Shown(s.ScoreError))}。");
        }
        if (s.Supply.Any(v => v < 0)) w.Warn("lca.displaced", "Some processes run backwards: their production is displaced by co-products.", "部分过程的供给量为负：其生产被副产品替代。", "displacing");
    }
}
