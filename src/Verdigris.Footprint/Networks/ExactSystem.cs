using System.Numerics;

namespace Verdigris.Footprint.Networks;

/// <summary>
/// The solution of a small system in fractions: every number of the input is a whole number over a power of ten, so rows are scaled to whole numbers, eliminated without division remainders (Bareiss), and the
/// solution is y / d with one common denominator. Singular is decided, not guessed from small pivots.
/// </summary>
sealed class ExactSystem
{
    readonly BigInteger[] numerators;
    readonly BigInteger denominator;

    ExactSystem(BigInteger[] numerators, BigInteger denominator) => (this.numerators, this.denominator) = (numerators, denominator);

    /// <summary>Null where the system is singular.</summary>
    public static ExactSystem? Solve(int n, IEnumerable<Exchange> exchanges, IReadOnlyList<decimal> demand)
    {
        var m = Scaled(n, exchanges, demand);
        BigInteger last = 1;
        for (var k = 0; k < n; k++)
        {
            var pivot = Array.FindIndex(m, k, row => !row[k].IsZero);
            if (pivot < 0) return null;
            (m[k], m[pivot]) = (m[pivot], m[k]);
            for (var i = k + 1; i < n; i++)
            {
                for (var j = k + 1; j <= n; j++) m[i][j] = (m[i][j] * m[k][k] - m[i][k] * m[k][j]) / last;
                m[i][k] = 0;
            }
            last = m[k][k];
        }
        var y = new BigInteger[n];
        for (var i = n - 1; i >= 0; i--)
        {
            var sum = m[i][n] * last;
            for (var j = i + 1; j < n; j++) sum -= m[i][j] * y[j];
            y[i] = sum / m[i][i];
        }
        return last.Sign < 0 ? new([.. y.Select(BigInteger.Negate)], -last) : new(y, last);
    }

    /// <summary>Rows of A with f behind, each times the power of ten that makes all of it whole.</summary>
    static BigInteger[][] Scaled(int n, IEnumerable<Exchange> exchanges, IReadOnlyList<decimal> demand)
    {
        var rows = exchanges.ToLookup(e => e.Flow);
        var m = new BigInteger[n][];
        for (var i = 0; i < n; i++)
        {
            m[i] = new BigInteger[n + 1];
            var places = rows[i].Select(e => (int)e.Amount.Scale).Append(demand[i].Scale).Max();
            foreach (var e in rows[i]) m[i][e.Process] += Whole(e.Amount, places);
            m[i][n] = Whole(demand[i], places);
        }
        return m;
    }

    public int? FirstNegative() => Array.FindIndex(numerators, y => y.Sign < 0) is >= 0 and var at ? at : null;

    public decimal Supply(int process) => Decimal(numerators[process], denominator);

    public decimal Contribution(int process, decimal emissions) => Decimal(Whole(emissions, emissions.Scale) * numerators[process], denominator * BigInteger.Pow(10, emissions.Scale));

    public decimal Score(IReadOnlyList<decimal> emissions)
    {
        var places = emissions.Max(e => (int)e.Scale);
        var sum = BigInteger.Zero;
        for (var j = 0; j < numerators.Length; j++) sum += Whole(emissions[j], places) * numerators[j];
        return Decimal(sum, denominator * BigInteger.Pow(10, places));
    }

    static BigInteger Whole(decimal value, int places)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var magnitude = unchecked(((BigInteger)(uint)bits[2] << 64) + ((BigInteger)(uint)bits[1] << 32) + (uint)bits[0]);
        return (value < 0 ? -magnitude : magnitude) * BigInteger.Pow(10, places - value.Scale);
    }

    /// <summary>A fraction as the nearest decimal, half to even. The denominator is positive.</summary>
    /// <exception cref="OverflowException">Larger than a decimal can be.</exception>
    static decimal Decimal(BigInteger numerator, BigInteger denominator)
    {
        for (var places = 28; ; places--)
        {
            var scaled = BigInteger.Abs(numerator) * BigInteger.Pow(10, places);
            var whole = BigInteger.DivRem(scaled, denominator, out var rest);
            var half = (rest * 2).CompareTo(denominator);
            if (half > 0 || (half == 0 && !whole.IsEven)) whole++;
            if (whole.GetBitLength() > 96)
            {
                if (places == 0) throw new OverflowException();
                continue;
            }
            var low = (ulong)(whole & ulong.MaxValue);
            return new decimal(unchecked((int)low), unchecked((int)(low >> 32)), unchecked((int)(uint)(whole >> 64)), numerator.Sign < 0, (byte)places);
        }
    }
}
