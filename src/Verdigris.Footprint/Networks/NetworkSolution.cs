namespace Verdigris.Footprint.Networks;

public enum SolvedBy
{
    /// <summary>In fractions of whole numbers.</summary>
    Exact,
    /// <summary>Dense factorisation with pivots, refined once.</summary>
    DenseLu,
    /// <summary>Preconditioned sparse iteration.</summary>
    SparseIteration,
}

/// <param name="Supplier">Null: of the processes nobody is named for.</param>
/// <param name="Processes">How many of them take part.</param>
public sealed record SupplierContribution(string? Supplier, int Processes, decimal Contribution);

/// <summary>What a network answers to a demand.</summary>
/// <param name="Iterations">Of the sparse iteration, with its refinements; 0 for the others.</param>
/// <param name="Links">Entries of the technosphere.</param>
/// <param name="Supply">Units each process runs; 28 digits where exact, else 15.</param>
/// <param name="Contributions">Emissions of each process: its emissions a unit x its supply. They add up to the score (exactly, but for the last place of a decimal where the fractions do not end).</param>
/// <param name="Residual">Largest |f - A s| of a row beside the sizes of the row's terms (componentwise backward error); 0 where exact.</param>
/// <param name="ScoreError">Estimated error of the score in its own unit: the row errors and the rounding carried through the network once more. A bound where no process displaces another.</param>
public sealed record NetworkSolution(
    IReadOnlyList<NetworkProcess> Processes, SolvedBy SolvedBy, int Iterations, int Links,
    IReadOnlyList<decimal> Supply, IReadOnlyList<decimal> Contributions, decimal Score, decimal Residual, decimal ScoreError)
{
    /// <summary>Indices of the processes, largest contribution (by size) first; equal ones in their order.</summary>
    public IReadOnlyList<int> Ranked() => [.. Enumerable.Range(0, Contributions.Count).OrderByDescending(j => Math.Abs(Contributions[j]))];

    /// <summary>Contributions by supplier, largest (by size) first. All of the score is in them.</summary>
    public IReadOnlyList<SupplierContribution> BySupplier() =>
    [
        .. Enumerable.Range(0, Contributions.Count).Where(j => Supply[j] != 0).GroupBy(j => Processes[j].Supplier)
            .Select(g => new SupplierContribution(g.Key, g.Count(), g.Sum(j => Contributions[j]))).OrderByDescending(s => Math.Abs(s.Contribution)).ThenBy(s => s.Supplier, StringComparer.Ordinal),
    ];
}
