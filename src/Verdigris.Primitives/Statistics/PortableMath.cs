namespace Verdigris.Primitives.Statistics;

/// <summary>
/// Exponential, logarithm and the normal distribution by operations that every machine rounds alike (+ - * / and the square root). The platform's own differ in the last place from one C library to the next,
/// and a simulation would then not give the same digits again.
/// </summary>
public static class PortableMath
{
    // ln 2 in two parts: the first has zeros at its end, so that its product with an exponent is exact.
    const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;

    /// <summary>Within two units of the last place; 0 below -745, infinite above 709.78.</summary>
    public static double Exp(double x)
    {
        if (!(x <= 709.78)) return double.IsNaN(x) ? x : double.PositiveInfinity;
        if (x < -745) return 0;
        var power = Math.Round(x / (Ln2High + Ln2Low));
        var r = x - power * Ln2High - power * Ln2Low;
        // |r| <= ln 2 / 2: thirteen terms of the series leave 10^-18.
        var sum = 1.0;
        for (var n = 13; n >= 1; n--) sum = 1 + r / n * sum;
        return Math.ScaleB(sum, (int)power);
    }

    /// <summary>Within two units of the last place, for finite x above 0.</summary>
    public static double Log(double x)
    {
        var exponent = Math.ILogB(x);
        var m = Math.ScaleB(x, -exponent);
        if (m > 1.4142135623730951) (m, exponent) = (m / 2, exponent + 1);
        // ln m = 2 artanh s; |s| <= 0.172, so twelve terms leave 10^-19.
        var s = (m - 1) / (m + 1);
        var square = s * s;
        double sum = 0;
        for (var n = 23; n >= 3; n -= 2) sum = square * (1.0 / n + sum);
        return exponent * Ln2High + (2 * s + 2 * s * sum + exponent * Ln2Low);
    }

    /// <summary>Standard normal score below which a share of 0 to 1 lies: Wichura's AS 241 (1988), within 10^-15 of it.</summary>
    public static double NormalQuantile(double share)
    {
        var q = share - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            var c = 0.180625 - q * q;
            return q * (((((((2509.0809287301226727 * c + 33430.575583588128105) * c + 67265.770927008700853) * c + 45921.953931549871457) * c + 13731.693765509461125) * c + 1971.5909503065514427) * c + 133.14166789178437745) * c + 3.387132872796366608)
                / (((((((5226.495278852854561 * c + 28729.085735721942674) * c + 39307.89580009271061) * c + 21213.794301586595867) * c + 5394.1960214247511077) * c + 687.1870074920579083) * c + 42.313330701600911252) * c + 1);
        }
        var r = Math.Sqrt(-Log(q < 0 ? share : 1 - share));
        double tail;
        if (r <= 5)
        {
            r -= 1.6;
            tail = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734)
                / (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1);
        }
        else
        {
            r -= 5;
            tail = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r + 6.6579046435011037772)
                / (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1);
        }
        return q < 0 ? -tail : tail;
    }

    /// <summary>Share of a standard normal below a score: Hart's rational approximation as given by West (2005), within 10^-15.</summary>
    public static double NormalShare(double score)
    {
        var x = Math.Abs(score);
        if (x > 37) return score > 0 ? 1 : 0;
        var e = Exp(-x * x / 2);
        var tail = x < 7.07106781186547
            ? e * ((((((0.0352624965998911 * x + 0.700383064443688) * x + 6.37396220353165) * x + 33.912866078383) * x + 112.079291497871) * x + 221.213596169931) * x + 220.206867912376)
                / (((((((0.0883883476483184 * x + 1.75566716318264) * x + 16.064177579207) * x + 86.7807322029461) * x + 296.564248779674) * x + 637.333633378831) * x + 793.826512519948) * x + 440.413735824752)
            : e / (2.506628274631 * (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))));
        return score > 0 ? 1 - tail : tail;
    }
}
