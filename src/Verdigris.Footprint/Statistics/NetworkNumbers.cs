using Verdigris.Footprint.Networks;

namespace Verdigris.Footprint.Statistics;

/// <param name="Supply">To 15 digits; 0 where the error alone can explain it.</param>
/// <param name="Error">Estimated error of each supply.</param>
/// <param name="Residual">Componentwise backward error.</param>
sealed record NumericSolution(decimal[] Supply, decimal[] Error, decimal Residual, int Iterations)
{
    public int? FirstNegative() => Array.FindIndex(Supply, x => x < 0) is >= 0 and var at ? at : null;
}

/// <summary>A s = f in binary floating point, with what is needed to trust it: the residual of every row and the error it can have caused.</summary>
static class NetworkNumbers
{
    /// <summary>Rounding of one operation.</summary>
    const double Unit = 1.1102230246251565e-16;

    const int Refinements = 4;

    /// <summary>Null where the system is singular as far as it can be told: no pairing of flows with processes, a pivot that vanishes, or a solution that is not finite.</summary>
    /// <exception cref="OverflowException">A supply is larger than a decimal can be.</exception>
    public static NumericSolution? Solve(int n, Exchange[] exchanges, IReadOnlyList<decimal> demand, bool dense)
    {
        var a = SparseRows.Of(n, exchanges);
        var producer = a.Pairing();
        if (producer is null) return null;
        var f = new double[n];
        for (var i = 0; i < n; i++) f[i] = (double)demand[i];
        a = a.Arranged(producer, f);
        var scale = a.Scale(f);
        ISystem? system = dense ? DenseFactors.Of(a) : IncompleteFactors.Of(a);
        if (system is null) return null;

        var s = new double[n];
        var iterations = system.Solve(f, s);
        var r = new double[n];
        var residual = Backward(a, f, s, r);
        var correction = new double[n];
        for (var i = 0; i < Refinements && residual > 4 * Unit && double.IsFinite(residual); i++)
        {
            iterations += system.Solve(r, correction);
            for (var j = 0; j < n; j++) correction[j] += s[j];
            var better = new double[n];
            var refined = Backward(a, f, correction, better);
            if (!(refined < residual)) break;
            (s, correction, r, residual) = (correction, s, better, refined);
        }
        if (!Array.TrueForAll(s, double.IsFinite)) return null;

        // What is left of each row, and the rounding of working it out, carried through the network once more.
        var left = new double[n];
        a.Residual(f, s, left, sizes: r);
        for (var i = 0; i < n; i++) left[i] = Math.Abs(left[i]) + (a.Count(i) + 1) * Unit * r[i];
        iterations += system.Solve(left, correction);
        if (!Array.TrueForAll(correction, double.IsFinite)) return null;
        var largest = s.Max(Math.Abs);
        var supply = new decimal[n];
        var errors = new decimal[n];
        for (var j = 0; j < n; j++)
        {
            double value = s[j] * scale[j], error = Math.Abs(correction[j] * scale[j]);
            // A process nobody needs must not seem to run, least of all backwards by what the rounding of the largest supply leaves behind.
            var nothing = value < 0 ? Math.Abs(value) <= 10 * error || Math.Abs(s[j]) <= Unit * largest : value <= error;
            supply[j] = nothing ? 0 : (decimal)value;
            errors[j] = (decimal)error;
        }
        return new(supply, errors, residual < 1e18 ? (decimal)residual : decimal.MaxValue, iterations);
    }

    /// <summary>
    /// Largest |f - A s| of a row beside |A| |s| + |f| (Oettli and Prager); the residuals themselves are left in <paramref name="r"/>. A row whose terms are all lost in the rounding of the largest supply, as of a
    /// process nobody needs, is held against that supply instead (Arioli, Demmel and Duff 1989).
    /// </summary>
    static double Backward(SparseRows a, double[] f, double[] s, double[] r)
    {
        var sizes = new double[f.Length];
        a.Residual(f, s, r, sizes);
        double largest = 0, worst = 0;
        foreach (var x in s) largest = Math.Max(largest, Math.Abs(x));
        for (var i = 0; i < r.Length; i++)
        {
            // Rows are scaled to a largest entry near 1.
            var size = sizes[i] > 1000 * f.Length * Unit * (largest + Math.Abs(f[i])) ? sizes[i] : sizes[i] + largest;
            var share = size > 0 ? Math.Abs(r[i]) / size : 0;
            if (!(share <= worst)) worst = share;
        }
        return worst;
    }
}

/// <summary>A system whose matrix has been prepared: solves for a right-hand side and says how many iterations it took.</summary>
interface ISystem
{
    int Solve(double[] right, double[] into);
}
