using Verdigris.Footprint.Statistics;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Uncertainty;

public enum Shape { Fixed, Normal, Lognormal, Triangular, Uniform }

/// <summary>A number that is known with a spread.</summary>
/// <param name="Centre">Mean of a normal, median of a lognormal, mode of a triangular, middle of a uniform one.</param>
/// <param name="Spread">Standard deviation of a normal one; geometric standard deviation (above 1) of a lognormal one; else 0.</param>
/// <param name="Low">Least value of a triangular or uniform one.</param>
/// <param name="High">Largest value of a triangular or uniform one.</param>
/// <param name="Group">Index of the group it is correlated within; -1 for none.</param>
public sealed record UncertainInput(string Name, Shape Shape, decimal Centre, decimal Spread = 0, decimal Low = 0, decimal High = 0, int Group = -1)
{
    public static UncertainInput Fixed(string name, decimal value) => new(name, Shape.Fixed, value);
    public static UncertainInput Normal(string name, decimal mean, decimal sd, int group = -1) => new(name, Shape.Normal, mean, sd, Group: group);
    public static UncertainInput Lognormal(string name, decimal median, decimal gsd, int group = -1) => new(name, Shape.Lognormal, median, gsd, Group: group);
    public static UncertainInput Triangular(string name, decimal low, decimal mode, decimal high, int group = -1) => new(name, Shape.Triangular, mode, 0, low, high, group);
    public static UncertainInput Uniform(string name, decimal low, decimal high, int group = -1) => new(name, Shape.Uniform, (low + high) / 2, 0, low, high, group);
}

/// <summary>One term of the figure: the product of some inputs times a coefficient. The figure is the sum of the terms.</summary>
/// <param name="Inputs">Indices of inputs; one may stand twice.</param>
public sealed record UncertainTerm(decimal Coefficient, IReadOnlyList<int> Inputs);

/// <param name="Sd">Standard deviation of the draws (n - 1).</param>
/// <param name="StandardError">Of the mean: Sd / sqrt(n).</param>
/// <param name="P2_5">Interpolated between the draws beside it (n - 1 steps), as the other percentiles.</param>
/// <param name="VarianceShares">By input: squared correlation with the figure beside their sum. They sum to 1; the noise of one is about 1/n.</param>
public sealed record MonteCarloResult(decimal Mean, decimal Sd, decimal StandardError, decimal P2_5, decimal P50, decimal P97_5, IReadOnlyList<decimal> VarianceShares, int Draws, long Seed);

/// <summary>
/// Simulation of a sum of products of uncertain inputs. The same seed gives the same digits on every machine: generator, logarithm, exponential and quantiles are worked out here by additions,
/// multiplications, divisions and square roots alone, which round the same everywhere. A draw takes one number for each group, then one for each uncertain input, in their order.
/// </summary>
public static class MonteCarlo
{
    public const int FewestDraws = 100, MostDraws = 1_000_000;

    /// <summary>Draws times inputs.</summary>
    public const long MostWork = 500_000_000;

    /// <summary>Refused: nothing uncertain; a spread or range that makes no distribution; too much work; a figure beyond what can be counted.</summary>
    /// <param name="correlations">By group, 0 to 1: the correlation of every two inputs of it (of their normal scores).</param>
    public static Answer<MonteCarloResult> Run(IReadOnlyList<UncertainInput> inputs, IReadOnlyList<UncertainTerm> terms, IReadOnlyList<decimal> correlations, long seed, int draws)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(terms);
        ArgumentNullException.ThrowIfNull(correlations);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, FewestDraws);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(draws, MostDraws);
        if (terms.Any(t => t.Inputs.Any(i => (uint)i >= (uint)inputs.Count)) || inputs.Any(i => i.Group >= correlations.Count) || correlations.Any(c => c is < 0 or > 1)) throw new ArgumentException("A term, a group or a correlation does not exist.");
        for (var i = 0; i < inputs.Count; i++)
            if (Fault(inputs[i], $"inputs[{i}]") is { } refusal) return refusal;
        if (draws * (long)inputs.Count > MostWork) return Refusal.Of("uncertainty.too-much-work", "draws", ("given", $"{draws * (long)inputs.Count}"), ("limit", $"{MostWork}"));
        if (!terms.SelectMany(t => t.Inputs).Any(i => inputs[i].Shape != Shape.Fixed)) return Refusal.Of("uncertainty.nothing-uncertain", "inputs");
        try { return new Simulation(inputs, terms, correlations).Run(seed, draws) is { } result ? result : Refusal.Of("uncertainty.no-variance", "terms"); }
        catch (OverflowException) { return Refusal.Of("calc.out-of-range", "inputs"); }
    }

    static Refusal? Fault(UncertainInput input, string at) => input.Shape switch
    {
        Shape.Normal when input.Spread <= 0 => Refusal.Of("uncertainty.spread", at, ("input", input.Name)),
        Shape.Lognormal when input.Centre <= 0 => Refusal.Of("uncertainty.median", at, ("input", input.Name)),
        Shape.Lognormal when input.Spread <= 1 => Refusal.Of("uncertainty.gsd", at, ("input", input.Name)),
        Shape.Triangular or Shape.Uniform when input.Low >= input.High || input.Centre < input.Low || input.Centre > input.High => Refusal.Of("uncertainty.range", at, ("input", input.Name)),
        _ => null,
    };
}
