namespace Verdigris.Primitives;

/// <summary>
/// How a rule rounds: a named value applied once, at the end. Unknown or hidden rounding is how sums stop adding up.
/// </summary>
/// <param name="Name">What a trace shows, for example <c>CBAM certificates</c>.</param>
/// <param name="Digits">Decimal places kept, 0-28; negative rounds to tens, hundreds…</param>
/// <param name="Article">Act and article, or standard and clause, that orders it; null where the house chose it.</param>
public sealed record RoundingRule(string Name, MidpointRounding Mode, int Digits, string? Article = null)
{
    /// <summary>Comparison of an analysis with a printed limit: half to even at the limit's printed places.</summary>
    public static RoundingRule AtLimit(int digits) => new("at the limit's decimals", MidpointRounding.ToEven, digits);

    public decimal Apply(decimal value)
    {
        if (Digits >= 0) return Math.Round(value, Digits, Mode);
        var unit = Unit;
        return Math.Round(value / unit, Mode) * unit;
    }

    /// <summary>
    /// Parts of a total in proportion to weights, each rounded, that add up to the rounded total exactly: every part is rounded down and what is left goes,
    /// one unit each, to the parts that lost most (largest remainder; ties to the earlier part).
    /// </summary>
    /// <exception cref="ArgumentException">No weights, a negative weight, or weights that add up to zero.</exception>
    public IReadOnlyList<decimal> Apportion(decimal total, IReadOnlyList<decimal> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Any(w => w < 0)) throw new ArgumentException("A weight is negative.", nameof(weights));
        var sum = weights.Sum();
        if (sum == 0) throw new ArgumentException("The weights add up to zero.", nameof(weights));
        var unit = Unit;
        var units = Apply(Math.Abs(total)) / unit;
        var exact = weights.Select(w => units * w / sum).ToList();
        var parts = exact.Select(decimal.Floor).ToList();
        var left = units - parts.Sum();
        foreach (var i in Enumerable.Range(0, parts.Count).OrderByDescending(i => exact[i] - parts[i]).ThenBy(i => i))
        {
            if (left <= 0) break;
            if (weights[i] == 0) continue;
            parts[i] += 1;
            left -= 1;
        }
        return parts.Select(p => (total < 0 ? -p : p) * unit).ToList();
    }

    decimal Unit
    {
        get
        {
            var unit = 1m;
            for (var i = 0; i < Math.Abs(Digits); i++) unit = Digits > 0 ? unit / 10m : unit * 10m;
            return unit;
        }
    }
}
