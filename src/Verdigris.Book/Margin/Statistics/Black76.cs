using System.Runtime.Intrinsics;

namespace Verdigris.Book;

/// <summary>
/// Prices of European options on a future by Black (1976): C = e^-rT (F N(d1) - K N(d2)), P = e^-rT (K N(-d2) - F N(-d1)), d1,2 = (ln(F/K) +- s^2 T / 2) / (s sqrt T). Without time or volatility, and for a forward at or below zero,
/// what exercise would bring, discounted. Eight options at a time; the same digits on every machine.
/// </summary>
static class Black76
{
    /// <summary>Prices columns of options. All columns have one length.</summary>
    /// <param name="years">Time to expiry, 0 or more.</param>
    /// <param name="rate">Continuous rate a year.</param>
    public static void Values(ReadOnlySpan<double> forward, ReadOnlySpan<double> strike, ReadOnlySpan<double> years, ReadOnlySpan<double> rate, ReadOnlySpan<double> volatility, Span<double> call, Span<double> put)
    {
        var i = 0;
        for (; i + 8 <= forward.Length; i += 8)
        {
            var (c, p) = Value(Vector512.Create(forward[i..]), Vector512.Create(strike[i..]), Vector512.Create(years[i..]), Vector512.Create(rate[i..]), Vector512.Create(volatility[i..]));
            c.CopyTo(call[i..]);
            p.CopyTo(put[i..]);
        }
        for (; i < forward.Length; i++)
        {
            var (c, p) = Value(Vector512.Create(forward[i]), Vector512.Create(strike[i]), Vector512.Create(years[i]), Vector512.Create(rate[i]), Vector512.Create(volatility[i]));
            (call[i], put[i]) = (c[0], p[0]);
        }
    }

    static (Vector512<double> Call, Vector512<double> Put) Value(Vector512<double> f, Vector512<double> k, Vector512<double> t, Vector512<double> r, Vector512<double> vol)
    {
        var zero = Vector512<double>.Zero;
        var discount = VectorMath.Exp(-(r * t));
        var spread = vol * Vector512.Sqrt(t);
        var d1 = VectorMath.Log(f / k) / spread + spread * 0.5;
        var (below1, above1) = VectorMath.NormalShares(d1);
        var (below2, above2) = VectorMath.NormalShares(d1 - spread);
        var sure = Vector512.LessThanOrEqual(spread, zero) | Vector512.LessThanOrEqual(f, zero);
        var call = Vector512.ConditionalSelect(sure, Vector512.Max(f - k, zero), Vector512.Max(f * below1 - k * below2, zero));
        var put = Vector512.ConditionalSelect(sure, Vector512.Max(k - f, zero), Vector512.Max(k * above2 - f * above1, zero));
        return (discount * call, discount * put);
    }

    public static (double Call, double Put) Value(double forward, double strike, double years, double rate, double volatility)
    {
        var (call, put) = Value(Vector512.Create(forward), Vector512.Create(strike), Vector512.Create(years), Vector512.Create(rate), Vector512.Create(volatility));
        return (call[0], put[0]);
    }
}
