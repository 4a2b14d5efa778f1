using Verdigris.Footprint.Statistics;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Networks;

/// <param name="Name">What people call it; refusals name it.</param>
/// <param name="Supplier">Who runs it; null where nobody is named.</param>
public sealed record NetworkProcess(string Name, string? Supplier = null);

/// <summary>One entry of the technosphere: how much of a flow one unit of a process makes (positive) or uses (negative). Several entries of the same flow and process add up.</summary>
/// <param name="Flow">Row, from 0.</param>
/// <param name="Process">Column, from 0.</param>
public readonly record struct Exchange(int Flow, int Process, decimal Amount);

/// <summary>
/// Processes and what they exchange: A s = f, the supply s that answers a demand f, and the emissions B s of it (ISO 14044 inventory in its matrix form). Loops are allowed.
/// Flow i is spoken of by the name of process i. Immutable; thread-safe.
/// </summary>
public sealed class ProcessNetwork
{
    /// <summary>Up to here fractions of whole numbers are used: no rounding at all before the printed decimal.</summary>
    public const int ExactProcesses = 30;

    /// <summary>Up to here a dense factorisation is used, above it a sparse iteration.</summary>
    public const int DenseProcesses = 400;

    /// <summary>Largest residual of a row beside the sum of the sizes of its terms that is accepted.</summary>
    public const decimal ResidualLimit = 0.0000000001m;

    /// <summary>Largest estimated error of the score, beside the sum of the sizes of the contributions, that is accepted.</summary>
    public const decimal ErrorLimit = 0.000001m;

    readonly Exchange[] exchanges;

    ProcessNetwork(IReadOnlyList<NetworkProcess> processes, Exchange[] exchanges) => (Processes, this.exchanges) = (processes, exchanges);

    public IReadOnlyList<NetworkProcess> Processes { get; }

    /// <summary>How many entries the technosphere was given.</summary>
    public int Links => exchanges.Length;

    /// <summary>Refused: no process; more or fewer flows than processes; an entry outside; a flow that is used or never made although it stands in the network.</summary>
    /// <param name="flows">Number of flows (rows).</param>
    public static Answer<ProcessNetwork> Of(IReadOnlyList<NetworkProcess> processes, int flows, IEnumerable<Exchange> exchanges)
    {
        ArgumentNullException.ThrowIfNull(processes);
        if (processes.Count == 0) return Refusal.Of("lca.no-process", "processes");
        if (flows != processes.Count) return Refusal.Of("lca.not-square", "technosphere", ("flows", Text(flows)), ("processes", Text(processes.Count)));
        var entries = exchanges.Where(e => e.Amount != 0).ToArray();
        var made = new bool[flows];
        foreach (var e in entries)
        {
            if ((uint)e.Flow >= (uint)flows || (uint)e.Process >= (uint)flows) return Refusal.Of("lca.outside", "exchanges", ("flow", Text(e.Flow)), ("process", Text(e.Process)), ("processes", Text(flows)));
            if (e.Amount > 0) made[e.Flow] = true;
        }
        // Nothing makes it: whoever uses it would be silently switched off, or a demand for it could not be met.
        var unmade = Array.IndexOf(made, false);
        return unmade >= 0 ? Refusal.Of("lca.no-producer", $"technosphere[{Text(unmade)}]", ("flow", processes[unmade].Name)) : new ProcessNetwork(processes, entries);
    }

    /// <summary>
    /// Supply, score and contributions for a demand. Refused where A is singular, where a process would have to run backwards (unless <paramref name="displacing"/>), and where the residual or the
    /// estimated error passes its limit: never a number that does not solve the system.
    /// </summary>
    /// <param name="demand">By flow, in the flow's unit.</param>
    /// <param name="emissions">By process, for one unit of it; the score has their unit.</param>
    /// <param name="displacing">Co-products displace production elsewhere, so supplies may be negative.</param>
    public Answer<NetworkSolution> Solve(IReadOnlyList<decimal> demand, IReadOnlyList<decimal> emissions, bool displacing = false)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(emissions);
        if (demand.Count != Processes.Count) return Refusal.Of("lca.length", "demand", ("field", "demand"), ("given", Text(demand.Count)), ("processes", Text(Processes.Count)));
        if (emissions.Count != Processes.Count) return Refusal.Of("lca.length", "emissions", ("field", "emissions"), ("given", Text(emissions.Count)), ("processes", Text(Processes.Count)));
        if (demand.All(d => d == 0)) return Refusal.Of("lca.no-demand", "demand");
        try
        {
            return Processes.Count <= ExactProcesses ? Exact(demand, emissions, displacing) : Numeric(demand, emissions, displacing);
        }
        catch (OverflowException) { return Refusal.Of("calc.out-of-range", "technosphere"); }
    }

    Answer<NetworkSolution> Exact(IReadOnlyList<decimal> demand, IReadOnlyList<decimal> emissions, bool displacing)
    {
        var solved = ExactSystem.Solve(Processes.Count, exchanges, demand);
        if (solved is null) return Singular();
        if (!displacing && solved.FirstNegative() is { } backwards) return Backwards(backwards, solved.Supply(backwards));
        var supply = Enumerable.Range(0, Processes.Count).Select(solved.Supply).ToArray();
        var contributions = Enumerable.Range(0, Processes.Count).Select(j => solved.Contribution(j, emissions[j])).ToArray();
        return new NetworkSolution(Processes, SolvedBy.Exact, 0, Links, supply, contributions, solved.Score(emissions), 0, 0);
    }

    Answer<NetworkSolution> Numeric(IReadOnlyList<decimal> demand, IReadOnlyList<decimal> emissions, bool displacing)
    {
        var dense = Processes.Count <= DenseProcesses;
        var solved = NetworkNumbers.Solve(Processes.Count, exchanges, demand, dense);
        if (solved is null) return Singular();
        if (solved.Residual > ResidualLimit) return Refusal.Of("lca.residual", "technosphere", ("given", DecimalText.Write(solved.Residual)), ("limit", DecimalText.Write(ResidualLimit)), ("iterations", Text(solved.Iterations)));
        if (!displacing && solved.FirstNegative() is { } backwards) return Backwards(backwards, solved.Supply[backwards]);
        decimal size = 0, error = 0, score = 0;
        var contributions = new decimal[Processes.Count];
        for (var j = 0; j < contributions.Length; j++)
        {
            contributions[j] = emissions[j] * solved.Supply[j];
            score += contributions[j];
            size += Math.Abs(contributions[j]);
            error += Math.Abs(emissions[j]) * solved.Error[j];
        }
        return error > ErrorLimit * size
            ? Refusal.Of("lca.ill-conditioned", "technosphere", ("given", DecimalText.Write(DecimalText.Trim(Math.Round(error, 6)))), ("score", DecimalText.Write(DecimalText.Trim(Math.Round(score, 6)))))
            : new NetworkSolution(Processes, dense ? SolvedBy.DenseLu : SolvedBy.SparseIteration, solved.Iterations, Links, solved.Supply, contributions, score, solved.Residual, error);
    }

    static Refusal Singular() => Refusal.Of("lca.singular", "technosphere");

    Refusal Backwards(int process, decimal supply) => Refusal.Of("lca.negative-supply", "technosphere", ("process", Processes[process].Name), ("given", DecimalText.Write(DecimalText.Trim(Math.Round(supply, 12)))));

    static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
