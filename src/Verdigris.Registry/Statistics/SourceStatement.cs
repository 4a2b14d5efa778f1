using Verdigris.Primitives;

namespace Verdigris.Registry.Statistics;

public enum StatementKind { Growth, Change, Sum, Ratio }

/// <summary>What a source says of its own figures, reckoned again from the figures loaded.</summary>
/// <param name="Computed">Percent for growth and change; null where a figure it needs is missing.</param>
/// <param name="Within">How far apart the two may be: half of the last digit printed, and what rounded ends leave open.</param>
public sealed record SourceStatement(string Statement, StatementKind Kind, Bilingual Series, string? From, string To, decimal Printed, decimal? Computed, decimal Within, string Article, Bilingual? Note)
{
    public bool Agrees => Computed is { } computed && Math.Abs(computed - Printed) <= Within;

    /// <summary>Compound growth a year in percent from <paramref name="first"/> to <paramref name="last"/>, both above zero, over a number of years above zero.</summary>
    public static decimal Growth(decimal first, decimal last, int years)
    {
        if (first <= 0 || last <= 0) throw new ArgumentOutOfRangeException(nameof(first), "Growth needs values above zero.");
        return (Root(last / first, years) - 1) * 100;
    }

    public static decimal Change(decimal first, decimal last) => (last / first - 1) * 100;

    /// <summary>The nth root of a value above zero, to about twenty places (Newton).</summary>
    static decimal Root(decimal value, int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        // From above the root the steps only fall, so the first that does not is the end.
        var root = Math.Max(value, 1);
        while (true)
        {
            var under = value;
            for (var i = 1; i < n; i++) under /= root;
            var next = ((n - 1) * root + under) / n;
            if (next >= root) return root;
            root = next;
        }
    }
}
