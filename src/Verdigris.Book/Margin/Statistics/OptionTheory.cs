using Verdigris.Primitives;
using Verdigris.Primitives.Statistics;

namespace Verdigris.Book;

/// <summary>The theory of options in decimals: what goes in and comes out is exact to fifteen digits, what lies between is binary floating point by operations that every machine rounds alike.</summary>
public static class OptionTheory
{
    /// <summary>Most steps of a tree.</summary>
    public const int MostSteps = 5_000;

    /// <summary>Black-76 with its greeks. Without time or volatility the greeks of second order are 0 and delta is that of exercise. Refuses <c>option.terms</c>.</summary>
    public static Answer<OptionFigures> European(OptionTerms terms)
    {
        if (Wrong(terms) is { } wrong) return wrong;
        var (f, k, t, r, s) = Read(terms);
        var (call, put) = Black76.Value(f, k, t, r, s);
        var discount = PortableMath.Exp(-r * t);
        var spread = s * Math.Sqrt(t);
        if (spread <= 0 || f <= 0)
            return new OptionFigures(Decimal(call), Decimal(put), Decimal(f > k ? discount : 0), Decimal(f < k ? -discount : 0), 0, 0, Decimal(r * call), Decimal(r * put), Decimal(-t * call), Decimal(-t * put));
        var d1 = PortableMath.Log(f / k) / spread + spread / 2;
        var density = PortableMath.Exp(-d1 * d1 / 2) / Math.Sqrt(2 * Math.PI);
        var decay = f * discount * density * s / (2 * Math.Sqrt(t));
        return new OptionFigures(Decimal(call), Decimal(put), Decimal(discount * PortableMath.NormalShare(d1)), Decimal(-discount * PortableMath.NormalShare(-d1)), Decimal(discount * density / (f * spread)),
            Decimal(f * discount * density * Math.Sqrt(t)), Decimal(r * call - decay), Decimal(r * put - decay), Decimal(-t * call), Decimal(-t * put));
    }

    /// <summary>The tree of Cox, Ross and Rubinstein. Refuses <c>option.terms</c> and <c>option.steps</c> (2 to <see cref="MostSteps"/>).</summary>
    public static Answer<TreeFigures> American(OptionTerms terms, int steps)
    {
        if (Wrong(terms) is { } wrong) return wrong;
        if (steps is < 2 or > MostSteps) return Refusal.Of("option.steps", "steps", ("given", $"{steps}"), ("most", $"{MostSteps}"));
        var (f, k, t, r, s) = Read(terms);
        var (call, put) = (AmericanTree.Value(true, f, k, t, r, s, steps), AmericanTree.Value(false, f, k, t, r, s, steps));
        return new TreeFigures(Decimal(call.Value), Decimal(put.Value), Decimal(call.Delta), Decimal(put.Delta));
    }

    /// <summary>
    /// The volatility at which the formula (or, for an American option, the tree) gives a price, to 10^-9, by halving: a price rises with volatility, so this always ends. Refuses <c>option.terms</c> and
    /// <c>option.price-bounds</c> (a price below what exercise brings, or that no volatility up to 10 reaches).
    /// </summary>
    /// <param name="terms">Its volatility is not read.</param>
    public static Answer<decimal> ImpliedVolatility(OptionTerms terms, bool isCall, decimal price, ExerciseStyle style, int steps = 200)
    {
        if (Wrong(terms with { Volatility = 1 }) is { } wrong) return wrong;
        if (terms.Years <= 0 || terms.Forward <= 0) return Refusal.Of("option.terms", "years");
        if (steps is < 2 or > MostSteps) return Refusal.Of("option.steps", "steps", ("given", $"{steps}"), ("most", $"{MostSteps}"));
        var (f, k, t, r, _) = Read(terms);
        var wanted = (double)price;
        double At(double volatility)
        {
            if (style == ExerciseStyle.American) return AmericanTree.Value(isCall, f, k, t, r, volatility, steps).Value;
            var (call, put) = Black76.Value(f, k, t, r, volatility);
            return isCall ? call : put;
        }
        var (low, high) = (0.0, 10.0);
        var (least, most) = (At(low), At(high));
        if (wanted < least || wanted > most)
            return Refusal.Of("option.price-bounds", "price", ("given", DecimalText.Write(price)), ("least", DecimalText.Write(Decimal(least))), ("most", DecimalText.Write(Decimal(most))));
        while (high - low > 1e-10)
        {
            var middle = (low + high) / 2;
            if (At(middle) < wanted) low = middle;
            else high = middle;
        }
        return Math.Round(Decimal((low + high) / 2), 9);
    }

    static Refusal? Wrong(OptionTerms t) =>
        t.Strike <= 0 ? Of("strike", t.Strike) : Math.Abs(t.Forward) > 1_000_000_000_000m ? Of("forward", t.Forward) : t.Strike > 1_000_000_000_000m ? Of("strike", t.Strike) : t.Years is < 0 or > 100 ? Of("years", t.Years)
        : t.Rate is < -1 or > 1 ? Of("rate", t.Rate) : t.Volatility is < 0 or > 10 ? Of("volatility", t.Volatility) : null;

    static Refusal Of(string field, decimal given) => Refusal.Of("option.terms", field, ("field", field), ("given", DecimalText.Write(given)));

    static (double F, double K, double T, double R, double S) Read(OptionTerms t) => ((double)t.Forward, (double)t.Strike, (double)t.Years, (double)t.Rate, (double)t.Volatility);

    /// <summary>Fifteen significant digits: how a decimal is made of a binary number.</summary>
    internal static decimal Decimal(double value) => (decimal)value;
}
