using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace Verdigris.Footprint.Statistics;

/// <summary>LU factors with row pivots, for networks of some hundred processes.</summary>
sealed class DenseFactors(LU<double> factors) : ISystem
{
    /// <summary>Null where a pivot is zero.</summary>
    public static DenseFactors? Of(SparseRows a)
    {
        var dense = Matrix<double>.Build.Dense(a.Size, a.Size);
        for (var i = 0; i < a.Size; i++)
            for (var k = a.Starts[i]; k < a.Starts[i + 1]; k++) dense[i, a.Columns[k]] = a.Values[k];
        var factors = dense.LU();
        for (var i = 0; i < a.Size; i++)
            if (factors.U[i, i] == 0 || !double.IsFinite(factors.U[i, i])) return null;
        return new(factors);
    }

    public int Solve(double[] right, double[] into)
    {
        factors.Solve(Vector<double>.Build.Dense(right)).CopyTo(Vector<double>.Build.Dense(into));
        return 0;
    }
}
