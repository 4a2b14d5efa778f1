namespace Verdigris.Cbam.Template;

/// <summary>
/// Embedded emissions over processes that consume each other's goods and precursors from elsewhere: SEE = (I − A)^-1 · own, with A[g, i] the tonnes of i a tonne of g takes (the form's hidden sheet InputOutput). Exact elimination in
/// decimals. A node that is not known makes unknown what takes it, and nothing else. Pure.
/// </summary>
static class SupplyChain
{
    public sealed record Result(IReadOnlyList<ChainFigure> Processes, IReadOnlyList<ChainFigure> Precursors, bool HasLoop);

    sealed record Node(string Id, string Name, decimal? ProductionT, decimal? ControlT, decimal? Direct, decimal? Indirect, decimal? Mwh, bool IsDefault, PriceLine? Price);

    public static Result Of(CommunicationReport r)
    {
        IReadOnlyList<ProductionProcess> processes = [.. r.Processes.Where(p => p.Category is not null).OrderBy(p => p.Slot)];
        IReadOnlyList<PurchasedPrecursor> precursors = [.. r.Precursors.Where(p => p.Category is not null).OrderBy(p => p.Slot)];
        IReadOnlyList<Node> nodes = [.. processes.Select(p => Of(p, r)), .. precursors.Select(p => Of(p, processes, r))];
        var (matrix, known) = Matrix(processes, precursors, nodes);
        var inverse = Inverse(matrix);
        IReadOnlyList<ChainFigure> figures = [.. nodes.Select((n, at) => Figure(n, inverse?[at], nodes, known))];
        return new([.. figures.Take(processes.Count)], [.. figures.Skip(processes.Count)], inverse is null);
    }

    /// <summary>The chain of a report whose figures no decimal holds.</summary>
    public static Result Unknown(CommunicationReport r)
    {
        static ChainFigure Of(string id, string name) => new(id, name, null, null, null, null, null, null, null, null, null, null, null);
        return new([.. r.Processes.Where(p => p.Category is not null).OrderBy(p => p.Slot).Select(p => Of($"P{p.Slot}", NameOf(p)))], [.. r.Precursors.Where(p => p.Category is not null).OrderBy(p => p.Slot).Select(p => Of($"PP{p.Slot}", NameOf(p)))], false);
    }

    /// <summary>Name by which a process is spoken of: its own, or number and category, as the form does.</summary>
    public static string NameOf(ProductionProcess p) => p.Name ?? $"P{p.Slot} - {p.Category}";

    public static string NameOf(PurchasedPrecursor p) => p.Name ?? $"PP{p.Slot} - {p.Category}";

    /// <summary>Whole production; null where no amount stands.</summary>
    public static decimal? Amount(IReadOnlyList<decimal?> routes) => routes.Any(a => a is not null) ? routes.Sum(a => a ?? 0) : null;

    static Node Of(ProductionProcess p, CommunicationReport r)
    {
        var amount = Amount(p.RouteAmountsT);
        var per = amount is > 0 ? amount : null;
        return new($"P{p.Slot}", NameOf(p), amount, amount - (p.MarketT ?? 0) - p.UsedInProcessT.Sum(u => u ?? 0) - (p.NonCbamT ?? 0), TemplateCalculation.Direct(p) / per, TemplateCalculation.Indirect(p) / per, p.ElectricityMwh / per, false,
            r.Prices.FirstOrDefault(l => l.Slot == p.Slot));
    }

    static Node Of(PurchasedPrecursor p, IReadOnlyList<ProductionProcess> processes, CommunicationReport r)
    {
        var amount = Amount(p.RouteAmountsT);
        return new($"PP{p.Slot}", NameOf(p), amount, amount - processes.Sum(x => p.UsedInProcessT.ElementAtOrDefault(x.Slot - 1) ?? 0) - (p.OtherT ?? 0), p.DirectTco2ePerT, p.ElectricityMwhPerT == 0 ? 0 : p.ElectricityMwhPerT * p.FactorTco2PerMwh, p.ElectricityMwhPerT,
            p.DirectSource == TemplateLists.Default, r.Prices.FirstOrDefault(l => l.Slot == TemplateWalk.MostProcesses + p.Slot));
    }

    /// <summary>I − A, and of which processes all that goes in is known.</summary>
    static (decimal[][] Matrix, bool[] Known) Matrix(IReadOnlyList<ProductionProcess> processes, IReadOnlyList<PurchasedPrecursor> precursors, IReadOnlyList<Node> nodes)
    {
        var matrix = Enumerable.Range(0, nodes.Count).Select(i => { var row = new decimal[nodes.Count]; row[i] = 1; return row; }).ToArray();
        var known = nodes.Select(_ => true).ToArray();
        for (var g = 0; g < processes.Count; g++)
            for (var i = 0; i < nodes.Count; i++)
            {
                if (i == g) continue;
                var used = i < processes.Count ? processes[i].UsedInProcessT.ElementAtOrDefault(processes[g].Slot - 1) : precursors[i - processes.Count].UsedInProcessT.ElementAtOrDefault(processes[g].Slot - 1);
                // Whatever goes wholly to the market goes into no process: the form greys these cells out.
                if (used is null && i < processes.Count && nodes[i].ProductionT is { } made && processes[i].MarketT == made) used = 0;
                if (used is null || nodes[g].ProductionT is not > 0) known[g] = false;
                else matrix[g][i] = -used.Value / nodes[g].ProductionT!.Value;
            }
        return (matrix, known);
    }

    /// <summary>By elimination with the largest pivot; null where there is none, which means that processes only feed each other.</summary>
    internal static decimal[][]? Inverse(decimal[][] matrix)
    {
        var n = matrix.Length;
        var work = matrix.Select((row, i) => { var wide = new decimal[2 * n]; row.CopyTo(wide, 0); wide[n + i] = 1; return wide; }).ToArray();
        for (var column = 0; column < n; column++)
        {
            var pivot = Enumerable.Range(column, n - column).MaxBy(r => Math.Abs(work[r][column]));
            if (Math.Abs(work[pivot][column]) < 0.000000000001m) return null;
            (work[column], work[pivot]) = (work[pivot], work[column]);
            var by = work[column][column];
            if (by != 1) for (var k = 0; k < 2 * n; k++) work[column][k] /= by;
            for (var row = 0; row < n; row++)
            {
                var factor = work[row][column];
                if (row == column || factor == 0) continue;
                for (var k = 0; k < 2 * n; k++) if (work[column][k] != 0) work[row][k] -= factor * work[column][k];
            }
        }
        var inverse = work.Select(row => row[n..]).ToArray();
        // A negative share means that a loop takes more than it gives.
        return inverse.Any(row => row.Any(v => v < 0)) ? null : inverse;
    }

    static ChainFigure Figure(Node node, decimal[]? shares, IReadOnlyList<Node> nodes, bool[] known)
    {
        decimal? Along(Func<Node, decimal?> own) => shares is null ? null : TemplateCalculation.Sum(nodes.Select((n, i) => shares[i] == 0 ? 0 : known[i] ? shares[i] * own(n) : null));
        var direct = Along(n => n.Direct);
        var fromDefaults = Along(n => n.IsDefault ? n.Direct : 0);
        return new(node.Id, node.Name, node.ProductionT, node.ControlT, node.Direct, node.Indirect, direct, Along(n => n.Indirect), node.Mwh, Along(n => n.Mwh), direct is > 0 ? fromDefaults / direct * 100 : null,
            nodes.Any(n => n.Price is not null) ? Along(n => Priced(n, n.Price?.PricePerTco2e)) : null, nodes.Any(n => n.Price is not null) ? Along(n => Priced(n, n.Price?.RebatePerTco2e)) : null);
    }

    /// <summary>Nothing entered for a part of the chain: nothing is due for it. A price without the share it covers is not known.</summary>
    static decimal? Priced(Node node, decimal? perTco2e) => perTco2e is null or 0 ? 0 : (node.Direct + node.Indirect) * node.Price!.CoveredPercent / 100 * perTco2e;
}
