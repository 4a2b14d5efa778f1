namespace Verdigris.Footprint.Statistics;

/// <summary>
/// Stabilised biconjugate gradients (van der Vorst 1992), preconditioned by incomplete factors without fill (Meijerink and van der Vorst 1977). A productive network is an M-matrix, for which these factors exist and are stable.
/// Own, because the library's incomplete factors look every entry up by row and column: 4 s for 2,000 processes, where these take 0.02.
/// </summary>
sealed class IncompleteFactors : ISystem
{
    const int MostIterations = 2_000;

    /// <summary>Where an iteration stops: the residual beside the right-hand side, in the Euclidean norm. Refinement does the rest.</summary>
    const double Enough = 1e-13;

    readonly SparseRows a;
    readonly double[] factors;
    readonly int[] diagonal;

    IncompleteFactors(SparseRows a, double[] factors, int[] diagonal) => (this.a, this.factors, this.diagonal) = (a, factors, diagonal);

    /// <summary>Null where a pivot vanishes.</summary>
    public static IncompleteFactors? Of(SparseRows a)
    {
        var n = a.Size;
        var factors = (double[])a.Values.Clone();
        var diagonal = new int[n];
        // Where the row being worked on has each column; -1 where it has none.
        var place = new int[n];
        Array.Fill(place, -1);
        var (start, columns) = (a.Starts, a.Columns);
        for (var i = 0; i < n; i++)
        {
            for (var k = start[i]; k < start[i + 1]; k++) place[columns[k]] = k;
            diagonal[i] = place[i];
            for (var k = start[i]; columns[k] < i; k++)
            {
                var above = columns[k];
                var factor = factors[k] /= factors[diagonal[above]];
                for (var l = diagonal[above] + 1; l < start[above + 1]; l++)
                    if (place[columns[l]] is >= 0 and var at) factors[at] -= factor * factors[l];
            }
            for (var k = start[i]; k < start[i + 1]; k++) place[columns[k]] = -1;
            if (factors[diagonal[i]] == 0 || !double.IsFinite(factors[diagonal[i]])) return null;
        }
        return new(a, factors, diagonal);
    }

    public int Solve(double[] right, double[] into)
    {
        var n = right.Length;
        var x = into;
        Array.Clear(x);
        var target = Enough * Norm(right);
        if (target == 0) return 0;
        var r = (double[])right.Clone();
        var shadow = (double[])right.Clone();
        double[] p = new double[n], v = new double[n], t = new double[n], pHat = new double[n], sHat = new double[n];
        double rho = 1, alpha = 1, omega = 1;
        for (var iteration = 1; iteration <= MostIterations; iteration++)
        {
            var rhoNext = Dot(shadow, r);
            if (rhoNext == 0) { (rhoNext, rho, alpha, omega) = (Restart(shadow, r), 1, 1, 1); Array.Clear(p); Array.Clear(v); }
            var beta = rhoNext / rho * (alpha / omega);
            rho = rhoNext;
            for (var i = 0; i < n; i++) p[i] = r[i] + beta * (p[i] - omega * v[i]);
            Precondition(p, pHat);
            a.Times(pHat, v);
            alpha = rho / Dot(shadow, v);
            if (!double.IsFinite(alpha)) return iteration;
            for (var i = 0; i < n; i++) r[i] -= alpha * v[i];
            for (var i = 0; i < n; i++) x[i] += alpha * pHat[i];
            if (Norm(r) <= target) return iteration;
            Precondition(r, sHat);
            a.Times(sHat, t);
            var size = Dot(t, t);
            omega = size == 0 ? 0 : Dot(t, r) / size;
            if (omega == 0 || !double.IsFinite(omega)) return iteration;
            for (var i = 0; i < n; i++)
            {
                x[i] += omega * sHat[i];
                r[i] -= omega * t[i];
            }
            if (Norm(r) <= target) return iteration;
        }
        return MostIterations;
    }

    static double Restart(double[] shadow, double[] r)
    {
        Array.Copy(r, shadow, r.Length);
        return Dot(r, r);
    }

    void Precondition(double[] right, double[] into)
    {
        var (start, columns, n) = (a.Starts, a.Columns, right.Length);
        for (var i = 0; i < n; i++)
        {
            var sum = right[i];
            for (var k = start[i]; k < diagonal[i]; k++) sum -= factors[k] * into[columns[k]];
            into[i] = sum;
        }
        for (var i = n - 1; i >= 0; i--)
        {
            var sum = into[i];
            for (var k = diagonal[i] + 1; k < start[i + 1]; k++) sum -= factors[k] * into[columns[k]];
            into[i] = sum / factors[diagonal[i]];
        }
    }

    static double Dot(double[] x, double[] y)
    {
        double sum = 0;
        for (var i = 0; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }

    static double Norm(double[] x) => Math.Sqrt(Dot(x, x));
}
