using Verdigris.Footprint.Uncertainty;
using Verdigris.Primitives.Statistics;

namespace Verdigris.Footprint.Statistics;

/// <summary>Draws of a sum of products of uncertain inputs.</summary>
sealed class Simulation
{
    /// <summary>Half of the 95 % range of a normal distribution, in standard deviations.</summary>
    public const decimal HalfRange = 1.959963984540054m;

    readonly struct Source(UncertainInput input)
    {
        public readonly Shape Shape = input.Shape;
        public readonly int Group = input.Group;
        public readonly double Centre = (double)input.Centre, Low = (double)input.Low, High = (double)input.High;
        // For a lognormal one the logarithms, so that a draw needs one exponential.
        public readonly double Spread = input.Shape == Shape.Lognormal ? PortableMath.Log((double)input.Spread) : (double)input.Spread;
        readonly double logCentre = input.Shape == Shape.Lognormal ? PortableMath.Log((double)input.Centre) : 0;

        public double OfScore(double z) => Shape switch
        {
            Shape.Normal => Centre + Spread * z,
            Shape.Lognormal => PortableMath.Exp(logCentre + Spread * z),
            _ => OfShare(PortableMath.NormalShare(z)),
        };

        public double OfShare(double u)
        {
            if (Shape == Shape.Uniform) return Low + (High - Low) * u;
            if (Shape != Shape.Triangular) return OfScore(PortableMath.NormalQuantile(u));
            var rising = (Centre - Low) * (High - Low);
            return u * (High - Low) < Centre - Low ? Low + Math.Sqrt(u * rising) : High - Math.Sqrt((1 - u) * (High - Centre) * (High - Low));
        }
    }

    readonly Source[] sources;
    readonly double[] coefficients, together, apart;
    readonly int[] ends, factors;

    public Simulation(IReadOnlyList<UncertainInput> inputs, IReadOnlyList<UncertainTerm> terms, IReadOnlyList<decimal> correlations)
    {
        sources = [.. inputs.Select(i => new Source(i))];
        coefficients = [.. terms.Select(t => (double)t.Coefficient)];
        factors = [.. terms.SelectMany(t => t.Inputs)];
        ends = new int[terms.Count];
        for (int i = 0, at = 0; i < ends.Length; i++) ends[i] = at += terms[i].Inputs.Count;
        together = [.. correlations.Select(c => Math.Sqrt((double)c))];
        apart = [.. correlations.Select(c => Math.Sqrt((double)(1 - c)))];
    }

    /// <summary>Null where all draws are the same.</summary>
    /// <exception cref="OverflowException">A figure is beyond a decimal.</exception>
    public MonteCarloResult? Run(long seed, int draws)
    {
        var random = Xoshiro.OfSeed(seed);
        var n = sources.Length;
        double[] x = new double[n], group = new double[together.Length], results = new double[draws];
        // Sums about the central values, so that nothing is lost where a spread is small beside its value.
        double[] sum = new double[n], squares = new double[n], mixed = new double[n];
        for (var i = 0; i < n; i++) x[i] = sources[i].Centre;
        var centre = Figure(x);
        double total = 0, totalSquares = 0;
        for (var draw = 0; draw < draws; draw++)
        {
            for (var g = 0; g < group.Length; g++) group[g] = PortableMath.NormalQuantile(random.Uniform());
            for (var i = 0; i < n; i++) x[i] = Draw(in sources[i], random, group);
            var figure = Figure(x);
            results[draw] = figure;
            var y = figure - centre;
            total += y;
            totalSquares += y * y;
            for (var i = 0; i < n; i++)
            {
                var off = x[i] - sources[i].Centre;
                sum[i] += off;
                squares[i] += off * off;
                mixed[i] += off * y;
            }
        }
        var variance = (totalSquares - total * total / draws) / (draws - 1);
        if (!double.IsFinite(variance)) throw new OverflowException();
        if (!(variance > 0)) return null;
        var sd = Math.Sqrt(variance);
        Array.Sort(results);
        return new((decimal)(centre + total / draws), (decimal)sd, (decimal)(sd / Math.Sqrt(draws)), At(results, 0.025), At(results, 0.5), At(results, 0.975), Shares(draws, total, variance, sum, squares, mixed), draws, seed);
    }

    double Draw(in Source source, Xoshiro random, double[] group)
    {
        if (source.Shape == Shape.Fixed) return source.Centre;
        var u = random.Uniform();
        return source.Group < 0 ? source.OfShare(u) : source.OfScore(together[source.Group] * group[source.Group] + apart[source.Group] * PortableMath.NormalQuantile(u));
    }

    double Figure(double[] x)
    {
        double figure = 0;
        for (int i = 0, at = 0; i < ends.Length; i++)
        {
            var term = coefficients[i];
            for (; at < ends[i]; at++) term *= x[factors[at]];
            figure += term;
        }
        return figure;
    }

    static decimal[] Shares(int draws, double total, double variance, double[] sum, double[] squares, double[] mixed)
    {
        var explained = new double[sum.Length];
        double all = 0;
        for (var i = 0; i < sum.Length; i++)
        {
            var own = (squares[i] - sum[i] * sum[i] / draws) / (draws - 1);
            var with = (mixed[i] - sum[i] * total / draws) / (draws - 1);
            explained[i] = own > 0 ? with * with / own / variance : 0;
            all += explained[i];
        }
        return [.. explained.Select(e => all > 0 ? (decimal)(e / all) : 0)];
    }

    static decimal At(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return (decimal)(sorted[below] + (at - below) * (sorted[above] - sorted[below]));
    }
}
