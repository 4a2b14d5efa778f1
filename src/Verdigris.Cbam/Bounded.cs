namespace Verdigris.Cbam;

/// <summary>Sums over entries of others: a figure larger than a decimal holds is nobody's emissions, and not known.</summary>
static class Bounded
{
    public static decimal? Of(Func<decimal?> figure)
    {
        try { return figure(); }
        catch (OverflowException) { return null; }
    }

    /// <summary>What stands for an unknown figure of several parts is given.</summary>
    public static T Of<T>(Func<T> figure, Func<T> unknown)
    {
        try { return figure(); }
        catch (OverflowException) { return unknown(); }
    }
}
