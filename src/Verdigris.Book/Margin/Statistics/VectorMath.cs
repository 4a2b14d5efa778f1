using System.Runtime.Intrinsics;

namespace Verdigris.Book;

/// <summary>
/// Exponential, logarithm and the normal distribution for eight numbers at a time, by operations that every machine rounds alike: no fused multiply-add, no platform functions. The same digits on every machine,
/// within a few units of the last place of <see cref="Verdigris.Primitives.Statistics.PortableMath"/>.
/// </summary>
static class VectorMath
{
    const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10, PerLn2 = 1.44269504088896340736;
    // Adding it leaves a whole number in the low bits of the mantissa.
    const double Whole = 6755399441055744.0;

    static readonly double[] Factorials = [1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1];
    static readonly double[] Odd = [1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3];
    static readonly double[] Above = [0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376];
    static readonly double[] Below = [0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752];

    /// <summary>0 below -708, infinite above 709.78.</summary>
    public static Vector512<double> Exp(Vector512<double> x)
    {
        var shifted = x * PerLn2 + Vector512.Create(Whole);
        var power = shifted - Vector512.Create(Whole);
        var r = x - power * Ln2High - power * Ln2Low;
        var sum = Series(r, Factorials);
        var scale = (Vector512.ShiftLeft(shifted.AsInt64(), 52) + Vector512.Create(1.0).AsInt64()).AsDouble();
        var value = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-708.0)), Vector512<double>.Zero, sum * scale);
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(709.78)), Vector512.Create(double.PositiveInfinity), value);
    }

    /// <summary>For finite, normal x above 0; anything else gives no meaningful number.</summary>
    public static Vector512<double> Log(Vector512<double> x)
    {
        var bits = x.AsInt64();
        // The exponent as a number, by the same trick backwards: its bits are put into the mantissa of 2^52.
        var exponent = (Vector512.ShiftRightLogical(bits, 52) | Vector512.Create(4503599627370496.0).AsInt64()).AsDouble() - Vector512.Create(4503599627370496.0 + 1023);
        var m = ((bits & Vector512.Create(0x000F_FFFF_FFFF_FFFF)) | Vector512.Create(1.0).AsInt64()).AsDouble();
        var high = Vector512.GreaterThan(m, Vector512.Create(1.4142135623730951));
        m = Vector512.ConditionalSelect(high, m * 0.5, m);
        exponent = Vector512.ConditionalSelect(high, exponent + Vector512<double>.One, exponent);
        var s = (m - Vector512<double>.One) / (m + Vector512<double>.One);
        var square = s * s;
        var sum = square * Series(square, Odd);
        return exponent * Ln2High + (2 * s + 2 * s * sum + exponent * Ln2Low);
    }

    /// <summary>Shares of a standard normal below and above a score: Hart's rational approximation as given by West (2005).</summary>
    public static (Vector512<double> Below, Vector512<double> Above) NormalShares(Vector512<double> score)
    {
        var x = Vector512.Abs(score);
        var e = Exp(x * x * -0.5);
        var tail = e * (Series(x, VectorMath.Above) / Series(x, VectorMath.Below));
        var far = Vector512.GreaterThanOrEqual(x, Vector512.Create(7.07106781186547));
        if (far != Vector512<double>.Zero)
        {
            var one = Vector512<double>.One;
            var fraction = x + Vector512.Create(0.65);
            for (var k = 4; k >= 1; k--) fraction = x + Vector512.Create((double)k) / fraction;
            tail = Vector512.ConditionalSelect(far, e / (fraction * 2.506628274631), tail);
            tail = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(37.0)), one - one, tail);
        }
        var rest = Vector512<double>.One - tail;
        var positive = Vector512.GreaterThan(score, Vector512<double>.Zero);
        return (Vector512.ConditionalSelect(positive, rest, tail), Vector512.ConditionalSelect(positive, tail, rest));
    }

    static Vector512<double> Series(Vector512<double> x, double[] terms)
    {
        var sum = Vector512.Create(terms[0]);
        for (var i = 1; i < terms.Length; i++) sum = sum * x + Vector512.Create(terms[i]);
        return sum;
    }
}
