using Verdigris.Primitives.Statistics;

namespace Verdigris.Book;

/// <summary>
/// Prices of options on a future that may be exercised at any time, by the binomial tree of Cox, Ross and Rubinstein (1979): u = e^(s sqrt dt), d = 1/u, a chance of (1-d)/(u-d) of going up, because a future costs nothing to hold; at every
/// node the larger of holding and exercising.
/// </summary>
static class AmericanTree
{
    /// <param name="steps">1 or more; time and memory grow with its square and itself.</param>
    /// <returns>Price, and its change by the forward over the first step (0 or +-1 without time or volatility).</returns>
    public static (double Value, double Delta) Value(bool isCall, double forward, double strike, double years, double rate, double volatility, int steps)
    {
        var sign = isCall ? 1.0 : -1.0;
        if (years <= 0 || volatility <= 0 || forward <= 0) return (Math.Max(sign * (forward - strike), 0), sign * (forward - strike) > 0 ? sign : 0);
        var dt = years / steps;
        var move = volatility * Math.Sqrt(dt);
        var (up, down) = (PortableMath.Exp(move), PortableMath.Exp(-move));
        var share = (1 - down) / (up - down);
        var discount = PortableMath.Exp(-rate * dt);
        var (rise, fall) = (discount * share, discount * (1 - share));
        // What exercise brings at F u^k for k = -steps .. steps.
        var gains = new double[2 * steps + 1];
        for (var k = -steps; k <= steps; k++) gains[k + steps] = sign * (forward * PortableMath.Exp(k * move) - strike);
        var values = new double[steps + 1];
        for (var j = 0; j <= steps; j++) values[j] = Math.Max(gains[2 * j], 0);
        for (var step = steps - 1; step >= 1; step--)
            for (var j = 0; j <= step; j++)
                values[j] = Math.Max(rise * values[j + 1] + fall * values[j], gains[2 * j - step + steps]);
        var delta = (values[1] - values[0]) / (forward * (up - down));
        return (Math.Max(rise * values[1] + fall * values[0], gains[steps]), delta);
    }
}
