using Verdigris.Footprint.Networks;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Emissions;

/// <summary>One good uses another: t of the precursor a t of the good. Indices into the list of goods, from 0.</summary>
public readonly record struct Use(int Good, int Precursor, decimal TPerT);

/// <summary>
/// Embedded emissions of all goods of an installation at once, as the Commission's template works them out: SEE = (I - A)^-1 own, where A[g, i] is the t of i used for a t of g. Loops are allowed. Up to thirty goods are solved in
/// fractions, without rounding; purchased precursors are goods whose own emissions are their SEE.
/// </summary>
public static class EmbeddedMatrix
{
    /// <summary>SEE of every good, t CO2e per t, in the order given.</summary>
    /// <param name="own">Own specific emissions, t CO2e per t.</param>
    /// <returns>Refused (<c>lca.*</c>) where a loop uses more than it makes or an index lies outside.</returns>
    public static Answer<IReadOnlyList<decimal>> Solve(IReadOnlyList<decimal> own, IReadOnlyList<Use> uses)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(uses);
        // Demand for a t of one good; what is used stands as a negative entry in the column of the user.
        var exchanges = Enumerable.Range(0, own.Count).Select(g => new Exchange(g, g, 1)).Concat(uses.Select(u => new Exchange(u.Precursor, u.Good, -u.TPerT)));
        var network = ProcessNetwork.Of([.. Enumerable.Range(0, own.Count).Select(g => new NetworkProcess($"{g}"))], own.Count, exchanges);
        if (!network.Ok) return Answer<IReadOnlyList<decimal>>.From(network.Refusals);
        var see = new decimal[own.Count];
        for (var good = 0; good < see.Length; good++)
        {
            var demand = new decimal[own.Count];
            demand[good] = 1;
            var solved = network.Value.Solve(demand, own);
            if (!solved.Ok) return Answer<IReadOnlyList<decimal>>.From(solved.Refusals);
            see[good] = solved.Value.Score;
        }
        return see;
    }
}
