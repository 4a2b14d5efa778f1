namespace Verdigris.Book;

/// <summary>Something deposited as margin: money of another currency, or units.</summary>
/// <param name="Value">At today's price, smallest unit of the currency the margin is asked in; 0 or more.</param>
/// <param name="Haircut">Share that does not count, 0 to 1.</param>
/// <param name="MostShare">Largest share of the whole requirement that this kind may cover; null for no limit.</param>
public sealed record CollateralItem(string Kind, long Value, decimal Haircut, decimal? MostShare = null);

/// <summary>What counts of one kind. <paramref name="AfterHaircut"/> is rounded down; <paramref name="Counted"/> is that or its limit.</summary>
public sealed record CollateralLine(string Kind, long Value, long AfterHaircut, long Counted);

/// <summary>Values what is deposited: price x quantity less a haircut, and no kind beyond its share of the requirement. All roundings are down, in favour of the clearing house.</summary>
public static class CollateralValue
{
    /// <summary>One line a kind in the order first seen; limits are shares of the requirement.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A haircut or share outside 0 to 1, or a value below 0.</exception>
    public static IReadOnlyList<CollateralLine> Of(IReadOnlyList<CollateralItem> items, long requirement)
    {
        ArgumentNullException.ThrowIfNull(items);
        var lines = new List<CollateralLine>();
        foreach (var kind in items.GroupBy(i => i.Kind, StringComparer.Ordinal))
        {
            var (value, after) = (0L, 0L);
            foreach (var item in kind)
            {
                if (item.Value < 0 || item.Haircut is < 0 or > 1 || item.MostShare is < 0 or > 1) throw new ArgumentOutOfRangeException(nameof(items), item, "A value below 0, or a share outside 0 to 1.");
                value = checked(value + item.Value);
                after = checked(after + decimal.ToInt64(decimal.Floor(item.Value * (1 - item.Haircut))));
            }
            var most = kind.Min(i => i.MostShare) is { } share ? decimal.ToInt64(decimal.Floor(Math.Max(0, requirement) * share)) : long.MaxValue;
            lines.Add(new(kind.Key, value, after, Math.Min(after, most)));
        }
        return lines;
    }
}
